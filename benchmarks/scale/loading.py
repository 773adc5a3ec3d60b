"""Prepared rows into the tables of a real schema, many at a time, on either engine.

SQLite takes them by `executemany` and PostgreSQL by COPY, each in one transaction. Foreign keys are not looked
at row by row (`verify` looks at all of them afterwards, or the server does where they are asked for), and SQLite
does not wait for the disk: the database is thrown away. No trigger, index or constraint of the schema is dropped.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from dispensary import database

Cells = Sequence[Any]
AT_ONCE = 20_000
"""Rows that wait in memory before they are written."""


class Loader(Protocol):
    """A database that is being loaded."""

    def write(self, table: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        """All the rows into the table."""

    def moment(self, utc: str) -> str:
        """A moment of UTC, `2026-11-21 14:30:00.000000`, as the column holds it."""


class _Sqlite:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def write(self, table: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        marks = ", ".join("?" * len(columns))
        self._db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    def moment(self, utc: str) -> str:
        return utc


class _Postgresql:
    def __init__(self, db: Any) -> None:
        self._db = db

    def write(self, table: str, columns: Sequence[str], rows: Iterable[Cells]) -> None:
        with self._db.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def moment(self, utc: str) -> str:
        return f"{utc}+00"


@contextmanager
def loading(url: str) -> Iterator[Loader]:
    """The database, to be written to until the block ends; nothing of it stays where the block fails."""
    parsed = database.parse_url(url)
    if parsed.drivername == "sqlite":
        raw = sqlite3.connect(str(parsed.database), isolation_level=None)
        try:
            for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000"):
                raw.execute(f"PRAGMA {pragma}")
            raw.execute("BEGIN IMMEDIATE")
            yield _Sqlite(raw)
            raw.execute("COMMIT")
            raw.execute("ANALYZE")
        finally:
            raw.close()
        return
    import psycopg

    where = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(where) as server:
        # The triggers of foreign keys would look up every row; the owner of the benchmark's server may say so.
        server.execute("SET session_replication_role = replica")
        yield _Postgresql(server)
        _count_on(server)
    with psycopg.connect(where, autocommit=True) as server:
        server.execute("ANALYZE")


def _count_on(server: Any) -> None:
    """The server's own counters go on behind the ids that were given."""
    counted = server.execute(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND table_schema = 'public' "
        "AND column_default LIKE 'nextval%'"
    ).fetchall()
    for (table,) in counted:
        server.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) "
            f"FROM {table}"
        )
