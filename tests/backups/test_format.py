"""What a backup is: a tar with a manifest and a SQLite file, sealed where there is a passphrase."""

import io
import random
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import text

from dispensary import database
from dispensary.backups import manifest, seal
from dispensary.backups.proving import drill
from dispensary.backups.seal import CHUNK, HEADER, TAG
from dispensary.backups.taking import back_up
from dispensary.schema.trust import audit_event
from dispensary.schema.whole import metadata
from tests.backups.backed_up import PASSPHRASE, SALT, SETTINGS, ask, content, listing, no_pause, taken
from tests.build import NOW, Shop, rows
from tests.faults.books import require_sound


def test_a_backup_says_what_it_holds(busy, here):
    told = taken(busy, here / "b")
    ends = "SELECT origin, sequence, hash FROM head JOIN site ON site.id = site_id ORDER BY site_id"
    chains = [tuple(row) for row in busy.read(lambda db: db.execute(text(ends)).all())]
    assert (told.schema, told.engine, told.taken) == (
        database.SCHEMA, busy.engine.dialect.name, "2026-11-21T14:30:00+00:00",
    )  # fmt: skip
    assert [chain[0] for chain in chains] == ["test-origin", "north"]
    assert [(chain.origin, chain.events, chain.head) for chain in told.chains] == chains
    assert told.rows == {"alembic_version": 1, **{name: len(found) for name, found in content(busy).items()}}
    assert stat.S_IMODE((here / "b").stat().st_mode) == 0o600
    assert listing(here.absolute().parent / "temporary") == []


def test_any_tar_opens_it_and_any_sqlite_the_database_in_it(busy, kept, here):
    told = kept[0]
    shutil.copy(kept[1], here / "b")
    assert subprocess.run(["tar", "xzf", "b"], capture_output=True, text=True, check=True).stderr == ""
    assert listing(here) == ["b", "manifest.json", "pharmacy.db", "settings.toml"]
    assert manifest.read(Path("manifest.json").read_bytes()) == told
    assert Path("settings.toml").read_bytes() == SETTINGS
    engine = database.open_engine(database.parse_url("pharmacy.db"), no_pause)
    database.check_schema(engine)
    copy = Shop(engine, NOW)
    assert content(copy) == content(busy)
    require_sound(copy)
    engine.dispose()


def test_what_is_secret_is_not_in_it(sqlite_template, here):
    """The key that signs stands beside the database and stays there."""
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    Path("x.key").write_text("PRIVATE KEY")
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    with tarfile.open("b") as tar:
        assert tar.getnames() == ["manifest.json", "settings.toml", "pharmacy.db"]


def test_a_sealed_backup_shows_nothing(busy, kept, here, quick):
    taken(busy, here / "b", sealed=True)
    assert drill(here / "b", ask, no_pause).ok
    assert b"test-origin" not in Path("b").read_bytes()
    # What it says and what it holds are as long as they were.
    size = kept[1].stat().st_size
    assert Path("b").stat().st_size == HEADER + size + TAG * -(-size // CHUNK)


def test_the_same_letters_in_another_encoding_open_it(busy, here):
    back_up(busy.engine, here / "b", settings=None, on=NOW, lock=("blåbærsyltetøy", SALT))
    assert drill(here / "b", lambda: "bla\u030abærsyltetøy", no_pause).ok


def test_rows_keep_their_number(busy, kept):
    """No table is forgotten: those of the copy are those of the database."""
    told = kept[0]
    assert set(told.rows) == {*metadata.tables, "alembic_version"}
    assert told.rows["audit_event"] == rows(busy, audit_event)


def test_chunks_in_another_order_or_left_out_are_caught(here, quick):
    out = io.BytesIO()
    chunks = [bytes([number]) * CHUNK for number in range(3)]
    with seal.sealing(out, PASSPHRASE, SALT) as stream:
        for chunk in chunks:
            stream.write(chunk)
    whole = out.getvalue()
    head, body = whole[:HEADER], whole[HEADER:]
    parts = [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]
    assert len(parts) == 3

    def opened(*order: int) -> bytes:
        return b"".join(seal.unsealed(io.BytesIO(head + b"".join(parts[i] for i in order)), PASSPHRASE, "b"))

    assert opened(0, 1, 2) == b"".join(chunks)
    for order in ((1, 0, 2), (0, 2), (1, 2), (0, 1), (0,), (), (0, 1, 1), (0, 1, 2, 2), (2,)):
        with pytest.raises(seal.Broken):
            opened(*order)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_stream_of_any_length_comes_back(size, quick):
    out = io.BytesIO()
    data = random.Random(size).randbytes(size)
    with seal.sealing(out, PASSPHRASE, SALT) as stream:
        for at in range(0, size, 1000):
            stream.write(data[at : at + 1000])
    assert b"".join(seal.unsealed(io.BytesIO(out.getvalue()), PASSPHRASE, "b")) == data
