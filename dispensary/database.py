"""Engines, pragmas, transactions, and whether the schema is this program's.

SQLite: BEGIN IMMEDIATE for every write, since the driver's default loses updates; WAL with
synchronous=FULL from SQLite 3.51.3, and before it a rollback journal with synchronous=EXTRA, since
3.7.0 to 3.51.2 can corrupt a WAL file on a checkpoint race (sqlite.org/wal.html).
PostgreSQL: READ COMMITTED with conditional updates.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, event, exc, func, inspect, select, text
from sqlalchemy.engine import URL

from dispensary import server_address, server_roles
from dispensary.errors import Contended, NotSaved, Refused

SCHEMA = "0006"
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
    with storage(engine), engine.connect().execution_options(writes=True) as connection:
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
    with storage(engine), engine.connect().execution_options(**isolation) as connection:
        moment = connection.begin()
        try:
            yield connection
        finally:
            # Nothing to commit, which a damaged file would refuse.
            moment.rollback()


def streamed(db: Connection, query: Executable, given: Mapping[str, object], at_once: int) -> Iterator[Any]:
    """The rows, so many at a time in memory; whoever stops reading lets the server's cursor go."""
    with db.execute(query, given, execution_options={"yield_per": at_once}) as rows:
        yield from rows


def _worth_repeating(problem: exc.DBAPIError) -> bool:
    # 40001 serialization failure, 40P01 deadlock: PostgreSQL asks for the transaction again.
    return getattr(problem.orig, "sqlstate", None) in ("40001", "40P01")


@contextmanager
def storage(engine: Engine) -> Iterator[None]:
    """What fails within is told as NotSaved or NotADatabase, without values; a fault of the program as it is."""
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


def hold(db: Connection, what: str, *which: int) -> None:
    """Others who would hold the same wait until the transaction ends; for rows that the program may not lock.

    To lock a row takes the right to change it. On SQLite the transaction has locked everything.
    """
    if db.dialect.name != "sqlite":
        named = " ".join((what, *map(str, which)))
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(named, 0))))
