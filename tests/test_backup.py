"""Backups: taken while counters dispense, whole or not at all, and the way back on both engines."""

import io
import json
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import exc, inspect, select, text

import dispensary
from dispensary import database
from dispensary.backups import copying, manifest, parcel, placing, seal
from dispensary.backups.copying import DamagedDatabase
from dispensary.backups.manifest import Manifest
from dispensary.backups.proving import Proof, drill, prove
from dispensary.backups.restoring import (
    DamagedBackup,
    DatabaseThere,
    NotABackup,
    NotTaken,
    UnreadableBackup,
    restore,
    unpacked,
)
from dispensary.backups.seal import CHUNK, HEADER, TAG, WrongPassphrase
from dispensary.backups.taking import back_up
from dispensary.database import NoPharmacy, OtherSchema
from dispensary.errors import Refused
from dispensary.exports.files import FileExists, FileNotSaved, NoFolder, NotAPlainFile
from dispensary.schema import metadata
from dispensary.schema.trust import audit_event
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, admin, an_rx, dispensed, rows, server_uri, units_at
from tests.faults.books import require_sound
from tests.faults.counter import UNITS_OF_A_PRESCRIPTION, Counter, Desk, looping
from tests.refusing import refused

PASSPHRASE = "five words that nobody knows"
SALT = bytes(range(32))
SETTINGS = b'name = "Corner Pharmacy"\n'
SEED = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
FLIPS = 300
OLD = sorted((Path(__file__).parent / "golden" / "schemas").glob("*.sql"))
_names = count(1)


def no_pause() -> None:
    """Nobody else is there."""


def ask() -> str:
    return PASSPHRASE


def taken(shop: Shop, file: Path, *, sealed: bool = False, force: bool = False) -> Manifest:
    lock = (PASSPHRASE, SALT) if sealed else None
    return back_up(shop.engine, file, settings=SETTINGS, on=NOW, lock=lock, force=force)


def restored(file: Path, url: str) -> Proof:
    to = database.parse_url(url)
    return prove(restore(file, to, ask, no_pause).manifest, to, no_pause)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the order of their keys."""

    def read(db):
        tables = metadata.sorted_tables
        return {table.name: sorted((tuple(row) for row in db.execute(select(table))), key=repr) for table in tables}

    return shop.read(read)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request, tmp_path: Path) -> Iterator[str]:
    """The URL of a place, on each engine, where nothing is."""
    if request.param == "sqlite":
        (tmp_path / "elsewhere").mkdir()
        yield f"sqlite:///{tmp_path}/elsewhere/pharmacy.db"
        return
    uri = request.getfixturevalue("postgres_server")
    name = f"elsewhere{next(_names)}"
    admin(uri, f"CREATE DATABASE {name}")
    yield server_uri(uri, name)
    admin(uri, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Names are relative, and what is temporary stands in a folder of its own."""
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return Path()


@pytest.fixture
def quick(monkeypatch) -> None:
    """A passphrase costs its half second once."""
    monkeypatch.setattr(seal, "_keys", cache(seal._keys))


# What a backup is.


def test_a_backup_says_what_it_holds(busy, here):
    told = taken(busy, here / "b")
    end = busy.read(lambda db: db.execute(text("SELECT sequence, hash FROM head")).one())
    assert (told.schema, told.engine, told.taken) == (
        database.SCHEMA, busy.engine.dialect.name, "2026-11-21T14:30:00+00:00",
    )  # fmt: skip
    assert [(chain.origin, chain.events, chain.head) for chain in told.chains] == [("test-origin", *end)]
    assert told.rows == {"alembic_version": 1, **{name: len(found) for name, found in content(busy).items()}}
    assert stat.S_IMODE((here / "b").stat().st_mode) == 0o600
    assert listing(here.absolute().parent / "temporary") == []


def test_any_tar_opens_it_and_any_sqlite_the_database_in_it(busy, here):
    told = taken(busy, here / "b")
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


def test_a_sealed_backup_shows_nothing(busy, here, quick):
    taken(busy, here / "b", sealed=True)
    assert drill(here / "b", ask, no_pause).ok
    assert b"test-origin" not in Path("b").read_bytes()
    taken(busy, here / "plain")
    # What it says and what it holds are as long as they were.
    size = Path("plain").stat().st_size
    assert Path("b").stat().st_size == HEADER + size + TAG * -(-size // CHUNK)


def test_the_same_letters_in_another_encoding_open_it(busy, here):
    back_up(busy.engine, here / "b", settings=None, on=NOW, lock=("blåbærsyltetøy", SALT))
    assert drill(here / "b", lambda: "bla\u030abærsyltetøy", no_pause).ok


def test_a_database_with_a_write_ahead_log_is_backed_up(sqlite_template, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    other = sqlite3.connect("x.db")
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("INSERT INTO site (name, origin) VALUES ('In the log', 'log')")
    other.commit()
    with pytest.MonkeyPatch.context() as patch:
        # This program's own pragma would end the log where SQLite is too old for one.
        patch.setattr(database, "_set_pragmas", lambda *_: None)
        engine = database.open_engine(database.parse_url("x.db"), no_pause)
        told = taken(Shop(engine, NOW), here / "b")
        engine.dispose()
    other.close()
    assert told.rows["site"] == 2
    with unpacked(here / "b", ask) as backup:
        assert backup.database.read_bytes()[18:20] == b"\1\1"


# The way back.


def test_everything_comes_back_on_either_engine(busy, elsewhere, here):
    told = taken(busy, here / "b")
    proof = restored(here / "b", elsewhere)
    assert (proof.ok, proof.verified, proof.problems, proof.chains) == (True, True, (), told.chains)
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    back = Shop(engine, NOW)
    assert content(back) == content(busy)
    if engine.dialect.name == "sqlite":
        assert stat.S_IMODE(Path(str(engine.url.database)).stat().st_mode) == 0o600
        assert listing(Path(str(engine.url.database)).parent) == ["pharmacy.db"]
    engine.dispose()


def test_dispensing_goes_on_after_a_restore(shop, elsewhere, here):
    a_lot(shop, units=20)
    rx = an_rx(shop, a_patient(shop), a_prescriber(shop), units=4)
    before = dispensed(shop, rx, key="before")
    taken(shop, here / "b")
    assert restored(here / "b", elsewhere).ok
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    back = Shop(engine, shop.on, _keys=count(100))
    # What was asked before the backup is answered with the same words.
    assert dispensed(back, rx, key="before") == before
    a_lot(back, lot="B2", units=5)
    another = an_rx(back, a_patient(back, identifier="MRN-2"), a_prescriber(back, npi="1245319599"), units=3)
    assert dispensed(back, another).dispense == "D2"
    assert units_at(back, "A1") == 20 - 4 - 3
    with pytest.raises((Refused, exc.IntegrityError), match="append-only"):
        back.write(lambda db: db.execute(text("DELETE FROM movement")))
    require_sound(back)
    engine.dispose()


def test_a_backup_of_a_restored_pharmacy_is_the_same(busy, elsewhere, here):
    told = taken(busy, here / "b")
    assert restored(here / "b", elsewhere).ok
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    again = taken(Shop(engine, NOW), here / "c")
    engine.dispose()
    assert (again.chains, again.rows, again.schema) == (told.chains, told.rows, told.schema)


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_a_backup_of_an_old_schema_comes_back_as_it_is_and_is_upgraded(file, elsewhere, here):
    db = sqlite3.connect("old.db")
    db.executescript(file.read_text("utf-8"))
    db.close()
    engine = database.open_engine(database.parse_url("old.db"), no_pause)
    told = taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    assert told.schema == file.stem
    rehearsed = drill(here / "b", ask, no_pause)
    assert (rehearsed.ok, rehearsed.verified, rehearsed.schema) == (True, True, file.stem)
    proof = restored(here / "b", elsewhere)
    assert (proof.ok, proof.verified, proof.schema) == (True, False, file.stem)
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    with pytest.raises(OtherSchema, match="dispensary upgrade"):
        database.check_schema(engine)
    # From this engine too, before its upgrade.
    assert taken(Shop(engine, NOW), here / "c").rows == told.rows
    database.upgrade(engine)
    back = Shop(engine, NOW, _keys=count(1000))
    require_sound(back)
    a_lot(back, lot="NEW", units=5)
    require_sound(back)
    engine.dispose()


def test_a_drill_leaves_nothing(busy, here):
    taken(busy, here / "b")
    proof = drill(here / "b", ask, no_pause)
    assert (proof.ok, proof.database) == (True, "drill of b")
    assert listing(here) == ["b"]
    assert listing(here.absolute().parent / "temporary") == []


def test_a_drill_finds_books_that_do_not_agree(shop, here):
    a_lot(shop, units=10)
    shop.write(lambda db: db.execute(text("UPDATE balance SET units = 11")))
    taken(shop, here / "b")
    proof = drill(here / "b", ask, no_pause)
    assert not proof.ok
    assert any("A1" in problem for problem in proof.problems), proof.problems


def test_a_drill_of_an_old_schema_finds_a_broken_chain(here):
    db = sqlite3.connect("old.db")
    db.executescript(OLD[0].read_text("utf-8"))
    db.execute("UPDATE head SET hash = '0'")
    db.commit()
    db.close()
    engine = database.open_engine(database.parse_url("old.db"), no_pause)
    taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    proof = drill(here / "b", ask, no_pause)
    assert [problem.split(":")[0] for problem in proof.problems] == ["audit chain"]


def test_a_restored_pharmacy_that_was_changed_is_told_apart(shop, here):
    a_lot(shop, units=10)
    told = taken(shop, here / "b")
    a_lot(shop, lot="B2")
    shop.write(lambda db: db.execute(text("UPDATE alembic_version SET version_num = '0003'")))
    proof = prove(told, shop.engine.url, no_pause)
    assert proof.problems[:2] == (
        f"the schema is 0003 and the backup says {database.SCHEMA}",
        "the heads of the audit chains are not those of the backup",
    )
    assert proof.problems[2].startswith("other numbers of rows in answer, audit_event, ")


# Others go on meanwhile.


def test_a_backup_while_two_counters_dispense_is_a_moment_of_the_chain(shop, url, here, monkeypatch):
    # Their socket stands in the folder for what is temporary, and its path must be short.
    monkeypatch.setattr("tempfile.tempdir", None)
    a_lot(shop, lot="HOT", units=1_000_000, expires="2036-06-30")
    prescriber = a_prescriber(shop)
    written = [
        [
            an_rx(
                shop,
                a_patient(shop, identifier=f"MRN-{name}-{number}"),
                prescriber,
                directions="1 mg IM daily",
                units=UNITS_OF_A_PRESCRIPTION,
                refills=0,
            )
            for number in range(12)
        ]
        for name in "ab"
    ]
    desk = Desk(url, shop.on, shop.by())
    # Keys of their own: the second counter begins where the first one cannot come to.
    first = Counter(looping, desk, 0, written[0] + written[1])
    second = Counter(looping, desk, 12 * UNITS_OF_A_PRESCRIPTION, written[0] + written[1])
    told: list[Manifest] = []
    acknowledged = 0
    try:
        for counter in (first, second):
            counter.said()
        for number in range(6):
            told.append(taken(shop, here / f"b{number}"))
            for counter in (first, second):
                # One that nobody listens to stops at some time.
                acknowledged += len(counter.said_before_its_end())
            time.sleep(0.1)
    finally:
        for counter in (first, second):
            counter.kill()
            counter.close()
    chain = shop.read(lambda db: dict(db.execute(select(audit_event.c.sequence, audit_event.c.hash)).all()))
    lengths = [each.chains[0].events for each in told]
    assert lengths == sorted(set(lengths)), "nobody dispensed meanwhile"
    for number, each in enumerate(told):
        assert chain[each.chains[0].events] == each.chains[0].head
        assert drill(here / f"b{number}", ask, no_pause).problems == ()
    print(f"{len(told)} backups at events {lengths}, {acknowledged} dispenses meanwhile")  # noqa: T201
    require_sound(shop)


def test_copying_that_is_always_begun_anew_ends_in_one_go(sqlite_template, here, monkeypatch):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    other = sqlite3.connect("x.db", isolation_level=None)
    monkeypatch.setattr(copying, "PAGES", 10)
    steps = []
    see = copying._Watch.see

    def write_and_see(self, status, remaining, total):
        steps.append(remaining)
        if remaining:
            other.execute("INSERT INTO site (name, origin) VALUES ('Another', ?)", (f"another-{len(steps)}",))
        see(self, status, remaining, total)

    monkeypatch.setattr(copying._Watch, "see", write_and_see)
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    told = taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    assert steps[-1] == 0
    assert told.rows["site"] == len(steps)
    other.close()


def test_a_database_that_stays_locked_is_not_saved(sqlite_template, here, monkeypatch):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    monkeypatch.setattr(copying, "LOCKED", 3)
    watch = copying._Watch()
    for _ in range(2):
        watch.see(sqlite3.SQLITE_BUSY, 10, 10)
    refused(database.NotSaved, lambda: watch.see(sqlite3.SQLITE_BUSY, 10, 10))
    engine.dispose()


# Whole or not at all.


def test_what_is_there_is_not_written_over(busy, here):
    Path("b").write_bytes(b"precious")
    Path("target").write_bytes(b"precious")
    Path("link").symlink_to("target")
    refused(FileExists, lambda: taken(busy, here / "b"))
    for force in (False, True):
        with pytest.raises(NotAPlainFile):
            taken(busy, here / "link", force=force)
    with pytest.raises(NoFolder):
        taken(busy, here / "none" / "b")
    assert [Path(name).read_bytes() for name in ("b", "target")] == [b"precious"] * 2
    taken(busy, here / "b", force=True)
    assert drill(here / "b", ask, no_pause).ok
    assert stat.S_IMODE(Path("b").stat().st_mode) == 0o600
    assert listing(here) == ["b", "link", "target"]


def test_a_file_that_appears_meanwhile_is_not_written_over(here):
    def race():
        with placing.placed(Path("b"), force=False) as file:
            file.write(b"ours")
            Path("b").write_bytes(b"theirs")

    refused(FileExists, race)
    assert Path("b").read_bytes() == b"theirs"
    assert listing(here) == ["b"]


@pytest.mark.parametrize("force", [False, True])
def test_without_nameless_files_it_is_written_as_any_other(here, force, monkeypatch):
    monkeypatch.setattr(placing, "_nameless", lambda folder: None)
    with placing.placed(Path("b"), force=force) as file:
        file.write(b"whole")
    assert Path("b").read_bytes() == b"whole"


def run(code: str, *given: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *given],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(dispensary.__file__).parent.parent),
            "TMPDIR": str(cwd.absolute().parent / "temporary"),
        },
    )


BACK_UP = """
    import resource, signal, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from dispensary import database
    from dispensary.backups.taking import back_up
    from dispensary.errors import Refused

    engine = database.open_engine(database.parse_url(sys.argv[1]), pause=lambda: None)
    database.check_schema(engine)
    if int(sys.argv[2]):
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    print("ready", flush=True)
    try:
        while True:
            back_up(engine, Path("b"), settings=None, on=datetime.now(UTC), force=True)
            print("done", flush=True)
    except Refused as refused:
        sys.exit(f"{refused.exit_status} {refused}")
"""


def test_a_killed_backup_leaves_no_part_of_a_file(shop, url, here):
    a_lot(shop, units=10)
    moments = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201
    whole = 0
    temporary = here.absolute().parent / "temporary"
    for _ in range(8):
        ran = run(BACK_UP, url, "0", cwd=here)
        assert ran.stdout is not None
        assert ran.stdout.readline() == "ready\n"
        # A server's rows take longer than a file's pages.
        time.sleep(moments.uniform(0, 0.12 if shop.engine.dialect.name == "sqlite" else 3))
        ran.send_signal(signal.SIGKILL)
        ran.communicate()
        # A folder for the new name of a file that is replaced may be left, and a temporary one; no row is in them.
        assert [name for name in listing(here) if not name.startswith(".dispensary-")] in ([], ["b"])
        for left in temporary.rglob("*.db"):
            if shop.engine.dialect.name == "sqlite":
                # The name of a file that nothing was written to yet.
                assert left.stat().st_size == 0
                continue
            # The tables that wait for a server's rows, and none of those.
            db = sqlite3.connect(left)
            filled = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'lot'").fetchone() == (1,)
            assert not (filled and db.execute("SELECT count(*) FROM lot").fetchone()[0])
            db.close()
        if Path("b").exists():
            whole += 1
            assert drill(here / "b", ask, no_pause).ok
            Path("b").unlink()
    print(f"8 killed while they wrote; {whole} left the whole file of the one before, and the others none")  # noqa: T201


def test_the_copy_loses_its_name_before_any_row_is_in_it(shop, here, monkeypatch):
    a_lot(shop, units=10)
    rows: list[int] = []
    unlink = Path.unlink

    def looked_at(path: Path, **given: bool) -> None:
        if path.name == "copy.db":
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
                tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                filled = [name for name in tables if db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]]
            # Which schema it is, and no row of the pharmacy.
            assert set(filled) <= {"alembic_version"}
            rows.append(path.stat().st_size)
        unlink(path, **given)

    monkeypatch.setattr(Path, "unlink", looked_at)
    taken(shop, here / "b")
    assert len(rows) == 1
    assert rows[0] == 0 or shop.engine.dialect.name == "postgresql"


@pytest.mark.parametrize("size", [1000, 20_000, 300_000])
def test_a_full_disk_leaves_nothing(busy, here, size):
    url = busy.engine.url.render_as_string(hide_password=False)
    ran = run(BACK_UP, url, str(size), cwd=here)
    out, err = ran.communicate()
    assert (ran.returncode, out) == (1, "ready\n")
    assert err.startswith("3 b could not be written (")
    assert len(err.splitlines()) == 1
    assert listing(here) == []
    assert listing(here.absolute().parent / "temporary") == []


def test_a_restore_to_a_full_disk_leaves_nothing(busy, here, monkeypatch):
    taken(busy, here / "b")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(FileNotSaved, lambda: restored(here / "b", "sqlite:///new.db"))
    assert listing(here) == ["b"]


def test_a_damaged_database_makes_no_backup(sqlite_template, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    with sqlite3.connect("x.db") as db:
        db.execute("INSERT INTO pack (product_id, units) VALUES (77, 1)")
    db.close()
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    shop = Shop(engine, NOW)
    refusal = refused(DamagedDatabase, lambda: taken(shop, here / "b"))
    assert refusal.exit_status == 4
    damaged = bytearray(sqlite_template.read_bytes())
    for page in range(2, len(damaged) // 4096):
        damaged[page * 4096 : page * 4096 + 100] = bytes(100)
    Path("y.db").write_bytes(damaged)
    other = database.open_engine(database.parse_url("y.db"), no_pause)
    with pytest.raises(Refused):
        taken(Shop(other, NOW), here / "b")
    assert listing(here) == ["x.db", "y.db"]
    engine.dispose()
    other.dispose()


def test_what_is_no_pharmacy_or_newer_is_not_backed_up(shop, here):
    engine = database.open_engine(database.parse_url("none.db"), no_pause)
    refused(NoPharmacy, lambda: taken(Shop(engine, NOW), here / "b"))
    shop.write(lambda db: db.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(OtherSchema, match="newer program"):
        taken(shop, here / "b")
    assert listing(here) == []


# Nothing is overwritten by a restore.


def test_a_database_that_is_there_stays(busy, elsewhere, here):
    taken(busy, here / "b")
    assert restored(here / "b", elsewhere).ok
    with pytest.raises(DatabaseThere, match="nothing was restored"):
        restored(here / "b", elsewhere)


@pytest.mark.parametrize("name", ["x.db", "x.db-journal", "x.db-wal", "x.db-shm"])
def test_a_file_that_is_there_or_would_be_played_in_stays(busy, here, name):
    taken(busy, here / "b")
    Path(name).write_bytes(b"precious")
    refused(DatabaseThere, lambda: restored(here / "b", "sqlite:///x.db"))
    assert Path(name).read_bytes() == b"precious"
    Path(name).unlink()
    Path(name).symlink_to("nowhere")
    refused(DatabaseThere, lambda: restored(here / "b", "sqlite:///x.db"))
    assert listing(here) == sorted(["b", name])


def test_somebody_elses_tables_stay(busy, postgres_server, here):
    taken(busy, here / "b")
    admin(postgres_server, "CREATE DATABASE theirs")
    uri = server_uri(postgres_server, "theirs")
    try:
        engine = database.open_engine(database.parse_url(uri), no_pause)
        with engine.begin() as db:
            db.execute(text("CREATE TABLE mine (x integer)"))
        with pytest.raises(DatabaseThere, match="it holds tables"):
            restored(here / "b", uri)
        with engine.connect() as db:
            assert inspect(db).get_table_names() == ["mine"]
        engine.dispose()
    finally:
        admin(postgres_server, "DROP DATABASE theirs WITH (FORCE)")


def test_a_database_that_appears_meanwhile_stays(busy, here, monkeypatch):
    taken(busy, here / "b")
    link = os.link
    monkeypatch.setattr(os, "link", lambda *given: Path("x.db").write_bytes(b"theirs") and link(*given))
    refused(DatabaseThere, lambda: restored(here / "b", "sqlite:///x.db"))
    assert Path("x.db").read_bytes() == b"theirs"


def test_without_links_the_database_gets_its_name_all_the_same(busy, here, monkeypatch):
    taken(busy, here / "b")

    def none(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    assert restored(here / "b", "sqlite:///x.db").ok
    assert listing(here) == ["b", "x.db"]


def test_what_the_server_does_not_take_leaves_nothing_there(sqlite_template, postgres_server, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    admin(postgres_server, "CREATE DATABASE strict")
    uri = server_uri(postgres_server, "strict")
    try:
        for change, number in (("name = 'a' || char(0)", 1), ("disabled_at = 'yesterday'", 2)):
            with sqlite3.connect("x.db") as db:
                db.execute(f"UPDATE user_account SET {change}")
            db.close()
            taken(Shop(engine, NOW), here / f"b{number}")
            server = database.shown(database.parse_url(uri))
            refused(NotTaken, lambda: restored(here / f"b{number}", uri), folder=server)  # noqa: B023
        there = database.open_engine(database.parse_url(uri), no_pause)
        assert database.schema_of(there) is None
        there.dispose()
    finally:
        engine.dispose()
        admin(postgres_server, "DROP DATABASE strict WITH (FORCE)")


# What is not what was written.


@pytest.fixture(scope="module")
def two(sqlite_template, tmp_path_factory) -> tuple[bytes, bytes]:
    """A backup of a small pharmacy, plain and sealed."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url(str(folder / "x.db")), no_pause)
    shop = Shop(engine, NOW)
    for sealed in (False, True):
        taken(shop, folder / str(sealed), sealed=sealed)
    engine.dispose()
    return (folder / "False").read_bytes(), (folder / "True").read_bytes()


def caught(data: bytes) -> Refused:
    Path("b").write_bytes(data)
    with pytest.raises(Refused) as caught, unpacked(Path("b"), ask):
        pass
    assert listing(Path().absolute().parent / "temporary") == []
    return caught.value


@pytest.mark.parametrize("sealed", [False, True])
def test_every_flipped_byte_is_caught(two, sealed, here, quick):
    data = two[sealed]
    print(f"seed {SEED}, {len(data)} bytes")  # noqa: T201
    chance = random.Random(SEED)
    ends = range(HEADER + 100), range(len(data) - 120, len(data))
    spread = chance.sample(range(len(data)), FLIPS)
    for place in (*ends[0], *ends[1], *spread):
        changed = bytearray(data)
        changed[place] ^= chance.randrange(1, 256)
        kind = caught(bytes(changed))
        assert type(kind) in ((NotABackup,) if place < len(seal.MAGIC) else ()) + (DamagedBackup,), (place, kind)


@pytest.mark.parametrize("sealed", [False, True])
def test_every_cut_and_every_addition_is_caught(two, sealed, here, quick):
    data = two[sealed]
    chance = random.Random(SEED)
    cuts = {0, 1, 2, HEADER, HEADER + 1, len(data) - TAG, len(data) - 1, *chance.sample(range(len(data)), 50)}
    for end in cuts:
        assert isinstance(caught(data[:end]), (NotABackup, DamagedBackup))
    for more in (b"\0", b"more", data):
        assert isinstance(caught(data + more), DamagedBackup)


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


def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart(two, here):
    Path("b").write_bytes(two[1])

    def opened(passphrase):
        with unpacked(Path("b"), lambda: passphrase):
            pass

    refused(WrongPassphrase, lambda: opened("five words that somebody knows"))
    for place in (len(seal.MAGIC) + 3, HEADER - 3, HEADER + 5):
        changed = bytearray(two[1])
        changed[place] ^= 1
        Path("b").write_bytes(changed)
        refused(DamagedBackup, lambda: opened(PASSPHRASE))


def test_what_is_no_backup_says_so(here):
    Path("b").write_text("a shopping list")
    Path("folder").mkdir()
    refused(NotABackup, lambda: restored(Path("b"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("none"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("folder"), "sqlite:///x.db"))
    refused(UnreadableBackup, lambda: restored(Path("a\0b"), "sqlite:///x.db"))
    assert listing(here) == ["b", "folder"]


def forged(tmp: Path, **changes: object) -> None:
    """A backup whose hash is right and whose manifest says something else."""
    subprocess.run(["tar", "xzf", "b"], check=True)
    told = json.loads(Path("manifest.json").read_text()) | changes
    members = [(name, Path(name).read_bytes()) for name in ("settings.toml", "pharmacy.db")]
    members.insert(0, ("manifest.json", json.dumps(told).encode()))
    with open(tmp, "wb") as out:
        parcel.pack(out, [(name, len(data), io.BytesIO(data)) for name, data in members])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": "dispensary backup 2"}, "its format is not dispensary backup 1"),
        ({"more": 1}, "its manifest cannot be read"),
        ({"chains": [{"origin": "x"}]}, "its manifest cannot be read"),
        ({"schema": "../x"}, "its manifest cannot be used"),
        ({"sha256": "0"}, "its database is not the one that it was made with"),
        ({"settings": "0"}, "its settings are not those that it was made with"),
        ({"settings": None}, "it holds no pharmacy.db where one belongs"),
        ({"chains": []}, "its manifest tells of another database"),
        ({"rows": {}}, "its manifest tells of another database"),
        ({"schema": "0001"}, "its manifest tells of another database"),
    ],
)
def test_a_manifest_that_does_not_fit_is_caught(two, here, changes, says):
    Path("b").write_bytes(two[0])
    forged(Path("c"), **changes)
    with pytest.raises(DamagedBackup, match=says):
        restored(Path("c"), "sqlite:///x.db")
    assert not Path("x.db").exists()


def test_a_schema_that_this_program_does_not_know_is_refused(two, here):
    Path("b").write_bytes(two[0])
    forged(Path("c"), schema="0999")
    with pytest.raises(OtherSchema, match="use the newer program that wrote it"):
        restored(Path("c"), "sqlite:///x.db")


def test_rows_keep_their_number(busy, here):
    """No table is forgotten: those of the copy are those of the database."""
    told = taken(busy, here / "b")
    assert set(told.rows) == {*metadata.tables, "alembic_version"}
    assert told.rows["audit_event"] == rows(busy, audit_event)
