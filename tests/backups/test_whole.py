"""A backup is whole or it is not there."""

import os
import random
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

import dispensary
from dispensary import database
from dispensary.backups.proving import drill
from dispensary.backups.restoring import restore
from dispensary.exports.files import FileExists, NoFolder, NotAPlainFile
from dispensary.schema.sign_in import session
from dispensary.services.people.sign_in import open_session
from tests.backups.backed_up import SEED, ask, listing, no_pause, taken
from tests.build import a_lot
from tests.faults.counter import Counter, backing_up
from tests.refusing import refused


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


def test_nobody_is_logged_in_where_it_is_restored(shop, here):
    """A session that was ended since, or whose user was disabled, is not open again."""
    alex = shop.by()
    shop.write(lambda db: open_session(db, alex, "0" * 64, "till-1", on=shop.on))
    taken(shop, here / "b")
    restore(here / "b", database.parse_url(str(here / "r.db")), ask, no_pause)
    with closing(sqlite3.connect(here / "r.db")) as db:
        assert db.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM audit_event WHERE kind = 'login'").fetchone() == (1,)
    assert shop.read(lambda db: db.execute(select(session.c.ended_at)).scalars().all()) == [None]


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
    import resource, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from dispensary import database
    from dispensary.backups.taking import back_up
    from dispensary.errors import Refused

    engine = database.open_engine(database.parse_url(sys.argv[1]), pause=lambda: None)
    database.check_schema(engine)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    print("ready", flush=True)
    try:
        back_up(engine, Path("b"), settings=None, on=datetime.now(UTC), force=True)
    except Refused as refused:
        sys.exit(f"{refused.exit_status} {refused}")
"""


def test_a_killed_backup_leaves_no_part_of_a_file(shop, url, here, monkeypatch):
    a_lot(shop, units=10)
    moments = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201
    whole = 0
    temporary = here.absolute().parent / "temporary"
    # Their socket stands in the folder for what is temporary, and its path must be short.
    monkeypatch.setattr("tempfile.tempdir", None)

    def begun() -> Counter:
        counter = Counter(backing_up, url, here.absolute(), temporary)
        assert counter.said() == "ready"
        return counter

    # A server's rows take longer than a file's pages: killed in the first backup, or in the one over it.
    first = begun()
    began = time.monotonic()
    assert first.said() == "done"
    most = 2 * (time.monotonic() - began)
    first.kill()
    first.close()
    Path("b").unlink()
    for _ in range(8):
        counter = begun()
        time.sleep(moments.uniform(0, most))
        counter.kill()
        counter.close()
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
