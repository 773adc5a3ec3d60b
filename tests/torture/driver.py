"""The program's own engine on a disk of recording.py: its pragmas and transactions, on the SQLite that APSW brings.

SQLAlchemy keeps its dialect for the driver of the standard library; what follows behaves like that driver.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import apsw
from sqlalchemy import Engine, event

from dispensary import database
from tests.faults.counter import pause
from tests.torture.recording import Disk

MODES = {"journal": (3, 51, 2), "wal": (3, 51, 3)}
"""How the program keeps a database, each with the version of SQLite that makes it do so."""


@contextmanager
def engine_on(disk: Disk | None, file: Path, mode: str, *pragmas: str) -> Iterator[Engine]:
    """The program's own engine on the disk, or on that of the machine, in one of the modes.

    The pragmas follow its own, to see that the harness sees what they weaken.
    """
    with mock.patch.object(sqlite3, "sqlite_version_info", MODES[mode]):
        engine = database.open_engine(database.parse_url(str(file)), pause)

        @event.listens_for(engine, "do_connect")
        def _connect(*_: Any) -> Driver:
            with _as_sqlite3():
                return Driver(apsw.Connection(str(file), vfs=None if disk is None else disk.name))

        @event.listens_for(engine, "connect")
        def _set(connection: Driver, _record: Any) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")

        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    try:
        yield
    except apsw.ConstraintError as problem:
        raise sqlite3.IntegrityError(str(problem)) from None
    except (apsw.NotADBError, apsw.CorruptError) as problem:
        raise sqlite3.DatabaseError(str(problem)) from None
    except apsw.Error as problem:
        raise sqlite3.OperationalError(str(problem)) from None


class Driver:
    """A connection of APSW as SQLAlchemy knows those of the standard library, with `isolation_level` None."""

    isolation_level: None = None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def cursor(self) -> "DriverCursor":
        return DriverCursor(self._connection)

    def execute(self, statement: str) -> "DriverCursor":
        cursor = self.cursor()
        cursor.execute(statement)
        return cursor

    def create_function(self, name: str, arguments: int, function: Any, *, deterministic: bool = False) -> None:
        self._connection.create_scalar_function(name, function, arguments, deterministic=deterministic)

    def commit(self) -> None:
        if self._connection.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        with _as_sqlite3():
            self._connection.close()


class DriverCursor:
    """Fetches all rows at once."""

    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[Any, ...]] = []
        self.description: tuple[tuple[Any, ...], ...] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, given: Any = ()) -> "DriverCursor":
        cursor = self._connection.cursor()
        self.description = None

        def describe(tracing: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
            # An empty result has no description any more once it was asked for.
            columns = tracing.get_description()
            self.description = tuple((name, None, None, None, None, None, None) for name, _ in columns) or None
            return True

        cursor.exec_trace = describe
        with _as_sqlite3():
            self._rows = list(cursor.execute(statement, tuple(given)))
        changes = statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")
        self.rowcount = self._connection.changes() if changes else -1
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def executemany(self, statement: str, many: Any) -> "DriverCursor":
        total = 0
        for given in many:
            self.execute(statement, given)
            total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._rows = []
