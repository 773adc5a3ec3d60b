"""Databases on the tests' server that are brought back after each test: to make one anew takes ten times as long."""

from dataclasses import dataclass

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from dispensary import database
from tests.build import admin, server_uri

USES = 100
"""After so many tests it is made anew, before what was deleted slows it down."""

_CATALOGUES = (
    "pg_attrdef", "pg_attribute", "pg_class", "pg_constraint", "pg_default_acl", "pg_event_trigger", "pg_extension",
    "pg_index", "pg_inherits", "pg_largeobject_metadata", "pg_namespace", "pg_policy", "pg_proc", "pg_rewrite",
    "pg_sequence", "pg_trigger", "pg_type",
)  # fmt: skip
# Whatever changes a schema adds a row to a catalogue, takes one away, or writes one in a later transaction.
_SHAPE = " UNION ALL ".join(
    f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}"
    + (" WHERE nspname !~ '^pg_(toast_)?temp_'" if name == "pg_namespace" else "")
    for name in _CATALOGUES
)
_SETTINGS = """
    SELECT setrole, setconfig FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Content:
    """What a database holds: which schema, the rows of its tables as COPY writes them, and where its sequences are."""

    shape: list[tuple[object, ...]]
    rows: dict[str, bytes]
    sequences: list[tuple[str, int | None]]


class Kept:
    """A copy of the template, under a name of its own on the server of the URI."""

    def __init__(self, uri: str, name: str, template: str) -> None:
        self.uri, self.name, self.template = uri, name, template
        self._uses = 0
        self._content: Content | None = None

    def fresh(self) -> str:
        """Its URL; it is as the template is, and nobody is connected to it."""
        if self._uses % USES == 0 or not self._brought_back():
            self.dropped()
            admin(self.uri, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
            with self.connected() as db:
                self._content = content_of(db)
        self._uses += 1
        return server_uri(self.uri, self.name)

    def dropped(self) -> None:
        admin(self.uri, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def connected(self) -> psycopg.Connection:
        url = database.parse_url(server_uri(self.uri, self.name)).set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False))

    def _brought_back(self) -> bool:
        """Whether that could be done with the rows alone."""
        assert self._content is not None
        try:
            db = self.connected()
        except psycopg.OperationalError:
            # Somebody took it away, or lets nobody in.
            return False
        with db:
            db.execute(_OTHERS)
            if _shape(db) != self._content.shape:
                return False
            # Neither foreign keys nor what keeps a ledger append-only.
            db.execute("SET session_replication_role = replica")
            db.execute(SQL("; ").join(SQL("DELETE FROM {}").format(Identifier(name)) for name in self._content.rows))
            for name, rows in self._content.rows.items():
                if rows:
                    with db.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(name))) as copy:
                        copy.write(rows)
            db.execute(
                SQL("; ").join(
                    SQL("SELECT setval({}, {}, {})").format(Literal(name), last or 1, last is not None)
                    for name, last in self._content.sequences
                )
            )
        return True


def content_of(db: psycopg.Connection) -> Content:
    tables = [name for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    rows = {}
    for name in tables:
        with db.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(name))) as copy:
            rows[name] = b"".join(map(bytes, copy))
    sequences = db.execute("SELECT quote_ident(sequencename), last_value FROM pg_sequences").fetchall()
    return Content(_shape(db), rows, sequences)


def _shape(db: psycopg.Connection) -> list[tuple[object, ...]]:
    return [*db.execute(_SHAPE).fetchall(), *db.execute(_SETTINGS).fetchall()]
