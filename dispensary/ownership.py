"""What the owner of a database does to it: its schema, and on a server its roles and logins; runs the migrations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from dispensary import server_roles, shipped
from dispensary.database import SCHEMA, reading, storage
from dispensary.errors import NotSaved


def upgrade(engine: Engine, to: str = SCHEMA, fill: Callable[[Connection], None] | None = None) -> None:
    """Bring an empty or older database to this program's schema, or to the one named, in one transaction.

    `fill` puts rows into the new tables, in the same transaction. On PostgreSQL the owner's role does all of it, and
    the application gets its rights; raises NeedsAdministrator and NameTooLong.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(shipped.folder("migrations")).replace("%", "%%"))
    with _alone(engine) as connection:
        if engine.dialect.name == "sqlite":
            # A batch alter with foreign keys on would erase the children of the altered table.
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            roles = None if engine.dialect.name == "sqlite" else server_roles.become_owner(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            if roles is not None:
                server_roles.grant(connection, roles)
            if fill is not None:
                fill(connection)
            if engine.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise NotSaved(problem=f"the upgrade would break {len(broken)} references")
    # Connections of before act as whoever logged in.
    engine.dispose()


def needs_roles(engine: Engine) -> bool:
    """Whether an upgrade has roles or rights to set up on the server, be the schema as it may."""
    if engine.dialect.name == "sqlite":
        return False
    with reading(engine) as db:
        roles = server_roles.roles_of(db)
        return not roles.there or server_roles.granted_otherwise(db, roles) != ([], [])


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A connection that writes and never returns to the pool, where others would go on with its settings or role."""
    with storage(engine), engine.connect().execution_options(writes=True) as connection:
        connection.detach()
        raw = _driver(connection)
        try:
            yield connection
        finally:
            if connection.invalidated:
                # What was interrupted is nobody's any more, and would hold its locks.
                raw.close()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def add_login(engine: Engine, name: str, password: str, keep: Callable[[], None]) -> str:
    """A login for a counter, member of the application's role; `keep` keeps the password before the login counts.

    Returns the application's role. Raises LoginThere, NeedsAdministrator and what `keep` refuses.
    """
    with _alone(engine) as connection, connection.begin():
        roles = server_roles.roles_of(connection)
        encrypt = _driver(connection).pgconn.encrypt_password
        verifier = encrypt(password.encode(), name.encode(), b"scram-sha-256")
        server_roles.make_login(connection, roles, name, verifier.decode())
        keep()
    return roles.application


def require_no_role(engine: Engine, name: str) -> None:
    """Nothing, where the server has no role of that name; else LoginThere."""
    with reading(engine) as db:
        server_roles.require_free(db, name)
