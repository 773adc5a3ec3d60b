"""A consistent copy of a pharmacy as a SQLite database without a name, while others go on writing."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from dispensary import database, ownership
from dispensary.backups.rows import carry
from dispensary.errors import NotSaved, Refused

PAGES = 1000
"""Pages copied before the others have their turn."""

RESTARTS = 3
"""How often the copying begins anew since somebody wrote, before it is done in one go while they wait."""

LOCKED = 1000
"""How often the copying waits 10 ms for a writer to finish."""


class DamagedDatabase(Refused):
    """What was copied is not sound (exit status 4, as for `verify`)."""

    exit_status = 4
    sentence = (
        "{database} is damaged ({problem}): no backup was made; keep the database as it is, "
        "run `dispensary verify`, and keep the backups that you have."
    )
    database: str
    problem: str


class _Written(Exception):
    """Others wrote again and again while the copying had begun."""


@contextmanager
def copied(engine: Engine, schema: str) -> Iterator[tuple[sqlite3.Connection, BinaryIO]]:
    """A sound copy at one moment, with its bytes to read; it has no name, so that nothing outlives the program.

    `schema` is that of the database. Raises DamagedDatabase, and NotSaved where the server or the file does
    not answer; what is written to the temporary folder may raise sqlite3.Error or OSError.
    """
    with tempfile.TemporaryDirectory(prefix="dispensary-") as folder:
        file = Path(folder) / "copy.db"
        if engine.dialect.name == "postgresql":
            _make_tables(file, schema)
        else:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
        # One writes, the other reads what became of it.
        filling, copy = (sqlite3.connect(file, isolation_level=None) for _ in range(2))
        content = file.open("r+b", buffering=0)
        try:
            file.unlink()
            filling.execute("PRAGMA journal_mode = OFF")
            if engine.dialect.name == "postgresql":
                _carry_over(engine, filling)
            else:
                _copy_pages(engine, filling)
            filling.close()
            # The copy of a database with a write-ahead log would ask for one too (sqlite.org/fileformat.html, 1.3.3).
            os.pwrite(content.fileno(), b"\1\1", 18)
            require_sound(copy, database.shown(engine.url))
            _end_sessions(copy)
            yield copy, content
        finally:
            content.close()
            filling.close()
            copy.close()


def _end_sessions(copy: sqlite3.Connection) -> None:
    """Leave out the sessions: who was logged in, or disabled since, must not be so again where it is restored."""
    copy.execute("PRAGMA journal_mode = OFF")
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'session'").fetchone():
        copy.execute("DELETE FROM session")


def require_sound(copy: sqlite3.Connection, name: str) -> None:
    """Nothing, where SQLite finds the file whole and all references answered; else DamagedDatabase."""
    try:
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        lost = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as problem:
        raise DamagedDatabase(database=name, problem=str(problem)) from None
    if found != "ok":
        raise DamagedDatabase(database=name, problem=str(found).splitlines()[0])
    if lost is not None:
        raise DamagedDatabase(database=name, problem=f"a row of {lost[0]} names a row of {lost[2]} that is not there")


def _copy_pages(engine: Engine, copy: sqlite3.Connection) -> None:
    """SQLite's own online backup, in steps between which others write; each of their writes begins it anew."""
    # Not one of those that read: its moment would hold up the others all the while.
    with closing(engine.raw_connection()) as lent:
        own = lent.driver_connection
        assert isinstance(own, sqlite3.Connection)
        try:
            own.backup(copy, pages=PAGES, progress=_Watch().see, sleep=0.01)
        except _Written:
            own.backup(copy, progress=_Watch().see, sleep=0.01)


class _Watch:
    """Counts how often the copying began anew, and how often it had to wait."""

    def __init__(self) -> None:
        self.least: int | None = None
        self.restarts = 0
        self.locked = 0

    def see(self, status: int, remaining: int, _total: int) -> None:
        """Called after each step."""
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self.locked += 1
            if self.locked == LOCKED:
                raise NotSaved(problem="another program keeps the database locked", retry="end it and try again")
            return
        if self.least is not None and remaining > self.least:
            self.restarts += 1
            if self.restarts == RESTARTS:
                raise _Written
        self.least = remaining


def _make_tables(file: Path, schema: str) -> None:
    engine = database.open_engine(database.parse_url(str(file)), lambda: None)
    try:
        ownership.upgrade(engine, schema)
    except NotSaved as problem:
        # It is not the pharmacy's database that failed.
        raise sqlite3.OperationalError(problem.problem) from None
    finally:
        engine.dispose()


def _carry_over(engine: Engine, copy: sqlite3.Connection) -> None:
    """All rows of one snapshot of the server."""
    lent = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool, hide_parameters=True)
    event.listen(lent, "begin", _begin)
    with database.reading(engine) as source, lent.connect() as target, target.begin():
        carry(source, target)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
