"""Who owns a pharmacy on PostgreSQL, and what the program may do to which table; told here and nowhere else.

Two roles that nobody can log in as, named after the database. `<database>_owner` owns everything and
acts for `init`, `upgrade` and `restore` alone. `<database>_app` owns nothing and is what every other
connection becomes, whoever logged in: it reads all, appends to all, and changes what CHANGES says.
Tables of a copied or renamed database keep their owner, and the roles are those of the tables.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exc, text

from dispensary.errors import Refused

VERSION_TABLE = "alembic_version"
"""Tells the schema; the program reads it and never writes it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What the program may do to rows that are there: set these columns, and delete the rows or not."""

    columns: tuple[str, ...] = ()
    delete: bool = False


_COUNTERS = (
    "patients", "prescribers", "prescriptions", "receipts", "dispenses", "returns", "vials",
    "draws", "stock_acts", "counts", "recalls", "batches", "prints",
)  # fmt: skip

CHANGES: Mapping[str, Change] = {
    # What is kept beside the movements and entries, in the same transaction.
    "balance": Change(("units",)),
    "vial": Change(("remaining_ul", "state", "place_id", "patient_id")),
    "head": Change(("sequence", "hash", "at", *_COUNTERS)),
    # What is decided about a lot and a product.
    "lot": Change(("state", "unit_cost_micros")),
    "product": Change(("minimum_units", "in_use_days", "light_limit_minutes")),
    # A patient's record, which can be corrected and erased.
    "patient": Change(("identifier", "name", "born", "language", "audit_key", "erased_at")),
    "prescription": Change(("directions_as_written", "indication")),
    "patient_sensitivity": Change(delete=True),
    "patient_condition": Change(delete=True),
    "patient_medicine": Change(delete=True),
    "patient_level": Change(("level",), delete=True),
    "patient_change": Change(delete=True),
    # Signing in.
    "user_account": Change(("disabled_at",)),
    "wrong_pins": Change(("in_a_row", "last_at")),
    "session": Change(("used_at", "ended_at")),
}
"""The tables whose rows the program changes; all others are appended to and read."""


class NeedsAdministrator(Refused):
    """The login may not make or hand over what the roles need."""

    sentence = (
        "{login} may not set up the roles of {database}: let whoever administers the server run this in that "
        "database once, and run the same command again: {statements} Nothing was changed."
    )
    login: str
    database: str
    statements: str


class NameTooLong(Refused):
    """PostgreSQL cuts longer names, and the roles of two pharmacies might become the same."""

    sentence = "The name of {database} has more than {most} bytes, so that its roles would have no names: shorten it."
    database: str
    most: int = 57


class LoginThere(Refused):
    """A role of that name exists."""

    sentence = "The server has a role {login} already: choose another name, or have it dropped there first."
    login: str


@dataclass(frozen=True, slots=True)
class Roles:
    """The database, the login, the role that owns, the one that acts; `there` where the tables have that owner."""

    database: str
    login: str
    owner: str
    application: str
    there: bool


# One question a connection, and none where there are no tables or no roles yet.
_BECOME = """
    SELECT set_config('role', application.rolname, false)
    FROM pg_class version JOIN pg_namespace space ON space.oid = version.relnamespace
    JOIN pg_roles application
        ON application.rolname = regexp_replace(pg_get_userbyid(version.relowner), '_owner$', '_app')
    WHERE version.relname = 'alembic_version' AND version.relkind = 'r' AND space.nspname = 'public'
        AND pg_get_userbyid(version.relowner) ~ '_owner$'
"""


def become_application(connection: Any, _record: object) -> None:
    """Act as the application's role from here on; for a connection that was made just now."""
    connection.autocommit = True
    connection.execute(_BECOME)
    connection.autocommit = False


def roles_of(db: Connection) -> Roles:
    """The roles that the tables have, or those that the name of the database gives; raises NameTooLong."""
    row = db.execute(
        text(
            "SELECT current_database() AS name, session_user AS login, (SELECT pg_get_userbyid(relowner) FROM pg_class "
            "WHERE relname = 'alembic_version' AND relkind = 'r' AND relnamespace = to_regnamespace('public')) AS own"
        )
    ).one()
    there = row.own is not None and row.own.endswith("_owner")
    base = row.own.removesuffix("_owner") if there else row.name
    if len(base.encode()) > NameTooLong.most:
        raise NameTooLong(database=row.name)
    return Roles(row.name, row.login, f"{base}_owner", f"{base}_app", there)


def become_owner(db: Connection) -> Roles:
    """Make what is missing of the roles, hand everything to the owner, and act as it; in the caller's transaction.

    The connection must not serve anybody afterwards. Raises NeedsAdministrator and NameTooLong.
    """
    db.execute(text("SET ROLE NONE"))
    # Who does the same at the same time finds it done.
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('dispensary roles', 0))"))
    roles = roles_of(db)
    statements = missing(db, roles)
    acting = f"SET ROLE {_quoted(db, roles.owner)}"
    with _permitted(roles, statements):
        for statement in statements:
            db.exec_driver_sql(statement)
        # To take away what one may not take away is a warning, and no error.
        if missing(db, roles):
            raise _needs_administrator(roles, statements)
        db.exec_driver_sql(acting)
    return roles


@contextmanager
def _permitted(roles: Roles, statements: list[str]) -> Iterator[None]:
    try:
        yield
    except exc.ProgrammingError as problem:
        # 42501 insufficient privilege.
        if getattr(problem.orig, "sqlstate", None) != "42501":
            raise
        raise _needs_administrator(roles, statements) from None


def _needs_administrator(roles: Roles, statements: list[str]) -> NeedsAdministrator:
    return NeedsAdministrator(login=roles.login, database=roles.database, statements="; ".join(statements) + ";")


def missing(db: Connection, roles: Roles) -> list[str]:
    """What is to be done before the owner can act, as the statements that do it."""
    owner, application, login, database = (
        _quoted(db, name) for name in (roles.owner, roles.application, roles.login, roles.database)
    )
    known = set(db.execute(text("SELECT rolname FROM pg_roles")).scalars())
    superuser = db.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")).scalar_one()
    statements = []
    for name, quoted in ((roles.owner, owner), (roles.application, application)):
        if name not in known:
            statements.append(f"CREATE ROLE {quoted} NOLOGIN")
        if not superuser and (name not in known or not _can_become(db, name)):
            statements.append(f"GRANT {quoted} TO {login}")
    if db.execute(_OPEN_DATABASE).scalar_one():
        statements.append(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        statements.append(f"GRANT CONNECT ON DATABASE {database} TO {owner}, {application}")
    if roles.owner not in known or not db.execute(_OWNER_CREATES, {"owner": roles.owner}).scalar_one():
        statements.append("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        statements.append(f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}")
        statements.append(f"GRANT USAGE ON SCHEMA public TO {application}")
    for kind, name in db.execute(_FOREIGN, {"owner": roles.owner}):
        statements.append(f"ALTER {kind} {_quoted(db, name)} OWNER TO {owner}")
    return statements


_OPEN_DATABASE = text(
    "SELECT has_database_privilege('public', current_database(), 'CONNECT') "
    "OR has_database_privilege('public', current_database(), 'TEMPORARY')"
)
_OWNER_CREATES = text(
    "SELECT has_schema_privilege(:owner, 'public', 'CREATE') AND NOT has_schema_privilege('public', 'public', 'USAGE')"
)
# What belongs to the pharmacy is what the owner of the version's table owns; others' tables stay theirs.
_FOREIGN = text(
    """
    WITH here AS (SELECT relowner AS owner FROM pg_class WHERE relname = 'alembic_version' AND relkind = 'r'
        AND relnamespace = to_regnamespace('public'))
    SELECT 'TABLE', relname FROM pg_class, here
    WHERE relkind = 'r' AND relnamespace = to_regnamespace('public') AND relowner = here.owner
        AND pg_get_userbyid(relowner) <> :owner
    UNION ALL
    SELECT 'FUNCTION', proname FROM pg_proc, here
    WHERE proname = 'append_only' AND pronamespace = to_regnamespace('public') AND proowner = here.owner
        AND pg_get_userbyid(proowner) <> :owner
    ORDER BY 1, 2
    """
)


def _can_become(db: Connection, role: str) -> bool:
    return bool(db.execute(text("SELECT pg_has_role(session_user, :role, 'SET')"), {"role": role}).scalar_one())


def _quoted(db: Connection, name: str) -> str:
    return db.dialect.identifier_preparer.quote_identifier(name)


def grant(db: Connection, roles: Roles) -> None:
    """Give the application what CHANGES says, and take everything else from it and from everybody.

    The owner does so after the migrations; tables and columns that an earlier schema lacks are left out.
    """
    application = _quoted(db, roles.application)
    columns = _columns(db)
    tables = {name: _quoted(db, name) for name in columns}
    everything = ", ".join(tables.values())
    appended = ", ".join(quoted for name, quoted in tables.items() if name != VERSION_TABLE)
    statements = [
        f"REVOKE ALL ON {everything} FROM PUBLIC, {application}",
        f"GRANT SELECT ON {everything} TO {application}",
        f"GRANT INSERT ON {appended} TO {application}",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {application}",
    ]
    for name, change in CHANGES.items():
        there = [_quoted(db, column) for column in change.columns if column in columns.get(name, ())]
        if there:
            statements.append(f"GRANT UPDATE ({', '.join(there)}) ON {tables[name]} TO {application}")
        if change.delete and name in tables:
            statements.append(f"GRANT DELETE ON {tables[name]} TO {application}")
    for statement in statements:
        db.exec_driver_sql(statement)


def _columns(db: Connection) -> dict[str, list[str]]:
    """The columns of each table, system columns apart."""
    found: dict[str, list[str]] = {}
    for table, column in db.execute(_COLUMNS):
        found.setdefault(table, []).append(column)
    return found


_COLUMNS = text(
    "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
    "WHERE relkind = 'r' AND relnamespace = to_regnamespace('public') AND attnum > 0 AND NOT attisdropped "
    "ORDER BY relname, attnum"
)
_GRANTED = text(
    """
    SELECT relname, privilege FROM pg_class,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
    WHERE relkind = 'r' AND relnamespace = to_regnamespace('public')
        AND has_table_privilege(:role, pg_class.oid, privilege)
    UNION ALL
    SELECT relname, 'UPDATE of ' || attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relkind = 'r' AND relnamespace = to_regnamespace('public') AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege(:role, pg_class.oid, attnum, 'UPDATE')
    """
)


def granted_otherwise(db: Connection, roles: Roles) -> tuple[list[str], list[str]]:
    """The privileges that the application has beyond those of `grant`, and those that it lacks, as TABLE: PRIVILEGE."""
    there = {f"{table}: {privilege}" for table, privilege in db.execute(_GRANTED, {"role": roles.application})}
    wanted = set()
    for table, columns in _columns(db).items():
        change = CHANGES.get(table, Change())
        wanted.add(f"{table}: SELECT")
        if table != VERSION_TABLE:
            wanted.add(f"{table}: INSERT")
        if change.delete:
            wanted.add(f"{table}: DELETE")
        wanted.update(f"{table}: UPDATE of {column}" for column in change.columns if column in columns)
    return sorted(there - wanted), sorted(wanted - there)


def require_free(db: Connection, name: str) -> None:
    """Nothing, where the server has no role of that name; else LoginThere."""
    if db.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).scalar() is not None:
        raise LoginThere(login=name)


def make_login(db: Connection, roles: Roles, name: str, verifier: str) -> None:
    """A role for a counter to log in as, which may become the application and nothing else.

    `verifier` is the SCRAM-SHA-256 one of its password, which the server never sees. Raises LoginThere and
    NeedsAdministrator.
    """
    db.execute(text("SET ROLE NONE"))
    require_free(db, name)
    made = f"CREATE ROLE {_quoted(db, name)} LOGIN IN ROLE {_quoted(db, roles.application)}"
    with _permitted(roles, [made]):
        db.exec_driver_sql(f"{made} PASSWORD '{verifier}'")
