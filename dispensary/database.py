"""Engines, pragmas, transactions and the schema's version; the only importer of Alembic.

SQLite: BEGIN IMMEDIATE for every write, since the driver's default loses updates; WAL with
synchronous=FULL from SQLite 3.51.3, and before it a rollback journal with synchronous=EXTRA, since
3.7.0 to 3.51.2 can corrupt a WAL file on a checkpoint race (sqlite.org/wal.html).
PostgreSQL: READ COMMITTED with conditional updates.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, func, inspect, select, text
from sqlalchemy.engine import URL

from dispensary import server_address, server_roles, shipped
from dispensary.errors import Contended, NotSaved, Refused

SCHEMA = "0005"
"""The schema that this program reads and writes: the head of the migrations."""

ATTEMPTS = 1000
"""How often a counter asks for the database, or decides anew, before it gives up."""

CLASHES = 3
"""How often a write may break a constraint before that is called a fault of the program."""

Result = TypeVar("Result")
Pause = Callable[[], None]
"""Waits a short random time; random and sleep belong to the caller."""


class NotADatabase(Refused):
    """The URL or file is not a database that this program can use."""

    sentence = "{database} is not a dispensary database ({problem}): name another with --database."
    database: str
    problem: str


class NoPharmacy(Refused):
    """There is no database yet."""

    sentence = "There is no pharmacy at {database}: create it with `dispensary init`."
    database: str


class OtherSchema(Refused):
    """The database has an older or newer schema."""

    sentence = "{database} has schema {found} and this program needs {needed}: {way_out}."
    database: str
    found: str
    needed: str
    way_out: str


def parse_url(given: str) -> URL:
    """A SQLAlchemy URL from `sqlite:///file`, `postgresql://...` or a file's path; raises NotADatabase."""
    if "://" not in given:
        if _NEARLY_A_SERVER.search(given):
            # It may hold a password, as what follows may.
            raise NotADatabase(database="...", problem="a server is written postgresql://USER@HOST/NAME")
        return URL.create("sqlite", database=str(Path(given).expanduser()))
    try:
        url = server_address.read(given)
    except (exc.ArgumentError, ValueError):
        raise NotADatabase(database=_scheme(given), problem="it is not a valid URL") from None
    if "@" in f"{url.username}{url.host}":
        # The rest of a password that was not escaped would be shown as the name of the server or of the user.
        raise NotADatabase(database=_scheme(given), problem="an @ in its password is written as %40")
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    other = shown(url) or "sqlite://" if url.drivername == "sqlite" else _scheme(given)
    raise NotADatabase(database=other, problem="only sqlite:///FILE and postgresql:// are known")


_NEARLY_A_SERVER = re.compile(r"^\s*postgres\w*:|password\s*=", re.IGNORECASE)
_SHOWN_OPTIONS = ("host", "port", "dbname", "user", "sslmode", "target_session_attrs")


def _scheme(given: str) -> str:
    """What is repeated of a URL that is none: its scheme, since the rest may hold a password."""
    scheme = given.split("://")[0]
    return f"{scheme}://..." if re.fullmatch(r"\w[\w+.-]*", scheme) else "://..."


def shown(url: URL) -> str:
    """The database as messages name it, never with a password."""
    if url.drivername == "sqlite":
        return url.database or ""
    others = [name for name in url.query if name not in _SHOWN_OPTIONS]
    scheme = url.drivername.split("+")[0]
    return server_address.shown(url.difference_update_query(others).set(drivername=scheme))


def reading_url(url: URL) -> URL:
    """The same database for who only reads: at a standby where one answers; a file is the same."""
    return url if url.drivername == "sqlite" else server_address.for_reading(url)


def open_engine(url: URL, pause: Pause) -> Engine:
    """An engine whose connections are safe to write with; `pause` waits between attempts to lock."""
    try:
        engine = create_engine(
            url,
            hide_parameters=True,
            execution_options={"pause": pause},
        )
    except ImportError:
        raise NotADatabase(
            database=shown(url), problem="PostgreSQL needs the extra: pip install 'dispensary[postgres]'"
        ) from None
    if url.drivername == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    else:
        event.listen(engine, "connect", server_roles.become_application)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    durable = ("WAL", "FULL") if sqlite3.sqlite_version_info >= (3, 51, 3) else ("DELETE", "EXTRA")
    for pragma in (
        "busy_timeout = 10000",
        "foreign_keys = ON",
        # Without it, INSERT OR REPLACE walks round the append-only triggers.
        "recursive_triggers = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        # What is erased is overwritten, and does not wait in free pages for somebody who looks.
        "secure_delete = ON",
        f"journal_mode = {durable[0]}",
        f"synchronous = {durable[1]}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite's own busy handler starves some counters for seconds; short random waits are fair.
    pause: Pause = connection.get_execution_options()["pause"]
    raw = connection.connection.dbapi_connection
    assert raw is not None
    cursor = raw.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        for attempt in range(ATTEMPTS):
            try:
                cursor.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem) or attempt == ATTEMPTS - 1:
                    raise
                pause()
    finally:
        cursor.execute("PRAGMA busy_timeout = 10000")


def transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """The result of `work` in one write transaction, committed; decided anew where another counter was first.

    Raises what `work` refuses, with nothing written, and NotSaved where the storage failed.
    """
    pause: Pause = engine.get_execution_options()["pause"]
    clashes = 0
    with _storage(engine), engine.connect().execution_options(writes=True) as connection:
        for _ in range(ATTEMPTS):
            try:
                with connection.begin():
                    return work(connection)
            except Contended:
                pause()
            except exc.IntegrityError:
                # Another counter has just entered the same record: decided anew, the record is found.
                clashes += 1
                if clashes == CLASHES:
                    raise
                pause()
            except exc.DBAPIError as problem:
                if not _worth_repeating(problem):
                    raise
                pause()
    raise NotSaved(problem="other counters were always first")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database and writes nothing."""
    isolation: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        isolation = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _storage(engine), engine.connect().execution_options(**isolation) as connection:
        moment = connection.begin()
        try:
            yield connection
        finally:
            # Nothing to commit, which a damaged file would refuse.
            moment.rollback()


def _worth_repeating(problem: exc.DBAPIError) -> bool:
    # 40001 serialization failure, 40P01 deadlock: PostgreSQL asks for the transaction again.
    return getattr(problem.orig, "sqlstate", None) in ("40001", "40P01")


@contextmanager
def _storage(engine: Engine) -> Iterator[None]:
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as problem:
        # BEGIN IMMEDIATE is sent past SQLAlchemy, and so are its errors.
        cause = problem.orig if isinstance(problem, exc.DBAPIError) else problem
        said = (str(cause).strip() or type(cause).__name__).splitlines()[0]
        if "not a database" in said:
            raise NotADatabase(database=shown(engine.url), problem=said) from None
        if isinstance(problem, (exc.IntegrityError, exc.DataError)):
            # A fault of the program; what the server says of it holds values.
            raise
        raise NotSaved(problem=said) from None


def check_schema(engine: Engine) -> None:
    """Nothing, where the database has this program's schema; else NoPharmacy, NotADatabase or OtherSchema."""
    found = schema_of(engine)
    if found is None:
        raise NoPharmacy(database=shown(engine.url))
    if found != SCHEMA:
        older = found < SCHEMA
        way_out = "run `dispensary upgrade`, after a backup" if older else "use the newer program that wrote it"
        raise OtherSchema(database=shown(engine.url), found=found, needed=SCHEMA, way_out=way_out)


def schema_of(engine: Engine) -> str | None:
    """The version of the schema, or None where the database is empty or missing; raises NotADatabase."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        if file.is_dir():
            raise NotADatabase(database=shown(engine.url), problem="it is a folder")
        # Connecting would create the file.
        if not file.exists():
            return None
    try:
        with reading(engine) as db:
            return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    except (NotSaved, exc.NoResultFound, exc.MultipleResultsFound):
        with reading(engine) as db:
            if inspect(db).get_table_names():
                raise NotADatabase(database=shown(engine.url), problem="it holds other tables") from None
        return None


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
    with _storage(engine), engine.connect().execution_options(writes=True) as connection:
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


def hold(db: Connection, what: str, *which: int) -> None:
    """Others who would hold the same wait until the transaction ends; for rows that the program may not lock.

    To lock a row takes the right to change it. On SQLite the transaction has locked everything.
    """
    if db.dialect.name != "sqlite":
        named = " ".join((what, *map(str, which)))
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(named, 0))))
