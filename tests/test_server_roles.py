"""PostgreSQL's roles: the application owns nothing and changes what it must; init, upgrade and restore set them up."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, exc, inspect, text
from sqlalchemy.engine import make_url

from dispensary import database, ownership, server_roles
from dispensary.backups.proving import prove
from dispensary.backups.restoring import restore
from dispensary.backups.taking import back_up
from dispensary.errors import NotSaved, Refused
from dispensary.reports.verify import verify
from dispensary.reports.verify.guards import APPEND_ONLY
from dispensary.schema.whole import metadata
from dispensary.server_roles import CHANGES, LoginThere, NameTooLong, NeedsAdministrator
from tests.build import NOW, Shop, a_lot, admin, an_rx, dispensed, opened, server_uri
from tests.everything import everything_done
from tests.owning import owning
from tests.refusing import refused
from tests.reports.planting import found, found_after

GUARDED = sorted(table.name for table in APPEND_ONLY)

_names = count(1)


def an_engine(url):
    return database.open_engine(database.parse_url(str(url)), pause=lambda: None)


@pytest.fixture
def bare(postgres_server) -> Iterator[str]:
    """The URL of a new database, which has nothing in it."""
    name = f"bare{next(_names)}"
    admin(postgres_server, f"CREATE DATABASE {name}")
    yield server_uri(postgres_server, name)
    admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def served(postgres_server) -> Iterator[Shop]:
    """A pharmacy on the server, newly opened."""
    name = f"served{next(_names)}"
    admin(postgres_server, f"CREATE DATABASE {name} TEMPLATE template")
    engine = an_engine(server_uri(postgres_server, name))
    yield Shop(engine, NOW)
    engine.dispose()
    admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def login(postgres_server) -> Iterator[str]:
    """The name of a login without any right, which goes with all that it has."""
    name = f"login{next(_names)}"
    admin(postgres_server, f"CREATE ROLE {name} LOGIN")
    yield name
    admin(postgres_server, f"DROP OWNED BY {name}")
    admin(postgres_server, f"DROP ROLE {name}")


def as_login(url, name):
    return make_url(str(url)).set(username=name, password=None).render_as_string(hide_password=False)


def url_of(shop):
    return shop.engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def story(postgres_server) -> Iterator[tuple[Shop, dict[str, set[str]]]]:
    """A pharmacy in which everything was done, and what its statements changed: columns by table, DELETE as a word."""
    admin(postgres_server, "CREATE DATABASE story TEMPLATE template")
    engine = an_engine(server_uri(postgres_server, "story"))
    # The tables of a copy have their roles, and the database itself is open to all.
    ownership.upgrade(engine)
    changed: dict[str, set[str]] = {}

    @event.listens_for(engine, "before_cursor_execute")
    def _listen(_connection, _cursor, statement, *_rest):
        for table, columns in changes_of(statement):
            changed.setdefault(table, set()).update(columns)

    shop = Shop(engine, NOW)
    everything_done(shop)
    yield shop, changed
    engine.dispose()
    admin(postgres_server, "DROP DATABASE story WITH (FORCE)")


def changes_of(statement: str) -> Iterator[tuple[str, set[str]]]:
    """Each table whose rows the statement changes, with the columns that it sets, or DELETE."""
    for pattern in (
        r"^UPDATE (\w+) SET (.*?) (?:FROM|WHERE)\b",
        r"^INSERT INTO (\w+) .* DO UPDATE SET (.*?)(?: RETURNING|$)",
    ):
        for table, assigned in re.findall(pattern, statement, re.DOTALL):
            yield table, set(re.findall(r"(?:^|, )(\w+) ?=", assigned))
    for table in re.findall(r"^DELETE FROM (\w+)", statement):
        yield table, {"DELETE"}


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        ("UPDATE lot SET state=%(a)s, cost=%(b)s WHERE lot.id = 1", [("lot", {"state", "cost"})]),
        ("UPDATE balance SET units=(balance.units - %(t)s) WHERE balance.lot_id = 1", [("balance", {"units"})]),
        ("INSERT INTO balance (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET units = (balance.units + excluded.units)",
         [("balance", {"units"})]),
        ("DELETE FROM patient_medicine WHERE 1 = 1", [("patient_medicine", {"DELETE"})]),
        ("INSERT INTO request (key) VALUES (1) ON CONFLICT DO NOTHING RETURNING id", []),
        ("SELECT units FROM balance FOR UPDATE", []),
    ],
)  # fmt: skip
def test_the_listener_reads_statements(statement, changes):
    assert list(changes_of(statement)) == changes


# Done by commands that the story leaves out.
ELSEWHERE = {
    "product": {"minimum_units", "in_use_days"},
    "patient": {"identifier", "name", "born", "language", "audit_key", "erased_at"},
    "patient_sensitivity": {"DELETE"},
    "patient_condition": {"DELETE"},
    "patient_medicine": {"DELETE"},
    "patient_level": {"level", "DELETE"},
    "patient_change": {"DELETE"},
    "user_account": {"disabled_at"},
    "wrong_pins": {"in_a_row", "last_at"},
    "session": {"used_at", "ended_at"},
}


def test_what_the_program_may_change_is_what_its_statements_change(story):
    _, changed = story
    allowed = {name: {*change.columns, *(["DELETE"] if change.delete else [])} for name, change in CHANGES.items()}
    beyond = {name: columns - allowed.get(name, set()) for name, columns in changed.items()}
    assert not any(beyond.values()), beyond
    unused = {name: columns - changed.get(name, set()) for name, columns in allowed.items()}
    more = {name: columns - ELSEWHERE.get(name, set()) for name, columns in unused.items()}
    assert not any(more.values()), more


def test_what_the_program_may_change_is_there_and_nothing_of_it_is_append_only():
    for name, change in CHANGES.items():
        assert set(change.columns) <= set(metadata.tables[name].columns.keys())
    assert not set(CHANGES) & set(GUARDED)


def test_everything_can_be_done_and_verified_with_the_applications_rights(story):
    shop, _ = story
    with database.reading(shop.engine) as db:
        roles = server_roles.roles_of(db)
        assert db.execute(text("SELECT current_user, session_user")).one() == ("template_app", "postgres")
        assert (roles.owner, roles.application, roles.there) == ("template_owner", "template_app", True)
        assert server_roles.granted_otherwise(db, roles) == ([], [])
    assert "append-only" not in found(shop)


def refusal(shop, statement):
    with pytest.raises(exc.DBAPIError) as problem, shop.engine.begin() as db:
        db.exec_driver_sql(statement)
    return problem.value.orig


@pytest.mark.parametrize("table", GUARDED)
def test_what_is_append_only_is_closed_by_privileges(story, table):
    shop, _ = story
    columns = list(metadata.tables[table].columns.keys())
    keys = ", ".join(key.name for key in metadata.tables[table].primary_key)
    for statement in (
        *(f"UPDATE {table} SET {column} = {column}" for column in columns),
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} ADD COLUMN more integer",
        f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"DROP TABLE {table} CASCADE",
        f"SELECT * FROM {table} FOR UPDATE",
        f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({keys}) DO UPDATE SET {columns[0]} = 1",
        f"CREATE TRIGGER mine AFTER INSERT ON {table} EXECUTE FUNCTION append_only()",
    ):
        problem = refusal(shop, statement)
        assert problem.sqlstate == "42501", (statement, problem)


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "ALTER FUNCTION append_only() RENAME TO other",
        "DROP FUNCTION append_only() CASCADE",
        "CREATE TABLE mine (x integer)",
        "CREATE TEMPORARY TABLE mine (x integer)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "SELECT setval('movement_id_seq', 1)",
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO alembic_version VALUES ('0001')",
        "UPDATE movement SET units = units + 1",
        "COPY movement TO PROGRAM 'cat'",
    ],
)
def test_the_application_makes_and_unmakes_nothing(story, statement):
    shop, _ = story
    assert refusal(shop, statement).sqlstate == "42501"


def test_every_connection_of_the_pool_acts_as_the_application(served):
    with served.engine.connect() as one, served.engine.connect() as two:
        assert {db.execute(text("SELECT current_user")).scalar_one() for db in (one, two)} == {"template_app"}
    # A transaction that was rolled back leaves it so.
    with served.engine.connect() as db:
        db.rollback()
        assert db.execute(text("SELECT current_user")).scalar_one() == "template_app"


def test_a_new_pharmacy_has_roles_of_its_name_and_is_closed_to_others(bare, login):
    engine = an_engine(bare)
    with database.reading(engine) as db:
        assert db.execute(text("SELECT current_user")).scalar_one() == "postgres"
    ownership.upgrade(engine)
    name = engine.url.database
    # The pool's connections of before are gone.
    with database.reading(engine) as db:
        assert db.execute(text("SELECT current_user")).scalar_one() == f"{name}_app"
        owners = db.execute(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")).scalars()
        assert list(owners) == [f"{name}_owner"]
        assert not db.execute(
            text("SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname ~ :n"), {"n": f"^{name}_"}
        ).scalar()
    engine.dispose()
    other = an_engine(as_login(bare, login))
    with pytest.raises(NotSaved, match="permission denied for database"):
        database.schema_of(other)
    other.dispose()


def test_two_that_set_up_the_same_database_at_once_agree(bare):
    engines = [an_engine(bare) for _ in range(2)]
    problems = []

    def work(engine):
        try:
            ownership.upgrade(engine)
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with database.reading(engines[0]) as db:
        assert server_roles.granted_otherwise(db, server_roles.roles_of(db)) == ([], [])
    for engine in engines:
        engine.dispose()


def test_an_earlier_pharmacy_gets_its_roles_by_an_upgrade(served):
    """As earlier releases left it: all of it belongs to the login, and everybody may connect."""
    with owning(served.engine) as db:
        for table in inspect(db).get_table_names():
            db.exec_driver_sql(f"ALTER TABLE {table} OWNER TO postgres")
        db.exec_driver_sql("ALTER FUNCTION append_only() OWNER TO postgres")
        db.exec_driver_sql("GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC")
    served.engine.dispose()
    name = served.engine.url.database
    assert (
        found(served)["append-only"] == f"the tables of {name} belong to no role of their own: run `dispensary upgrade`"
    )
    assert ownership.needs_roles(served.engine)
    ownership.upgrade(served.engine)
    assert not ownership.needs_roles(served.engine)
    assert "append-only" not in found(served)
    assert served.read(lambda db: db.execute(text("SELECT current_user")).scalar_one()) == f"{name}_app"
    dispensed(served, an_rx_with_stock(served))


def an_rx_with_stock(shop):
    a_lot(shop, units=10)
    return an_rx(shop)


def test_who_may_not_make_roles_is_told_what_an_administrator_runs(bare, login, postgres_server):
    name = make_url(bare).database
    own = an_engine(as_login(bare, login))
    with pytest.raises(NeedsAdministrator) as caught:
        ownership.upgrade(own)
    sentence = str(caught.value)
    assert sentence.replace(login, "LOGIN").replace(name, "NAME") == (
        "LOGIN may not set up the roles of NAME: let whoever administers the server run this in that database once, "
        'and run the same command again: CREATE ROLE "NAME_owner" NOLOGIN; GRANT "NAME_owner" TO "LOGIN"; '
        'CREATE ROLE "NAME_app" NOLOGIN; GRANT "NAME_app" TO "LOGIN"; REVOKE ALL ON DATABASE "NAME" FROM PUBLIC; '
        'GRANT CONNECT ON DATABASE "NAME" TO "NAME_owner", "NAME_app"; REVOKE ALL ON SCHEMA public FROM PUBLIC; '
        'GRANT USAGE, CREATE ON SCHEMA public TO "NAME_owner"; GRANT USAGE ON SCHEMA public TO "NAME_app"; '
        "Nothing was changed."
    )
    assert database.schema_of(own) is None
    own.dispose()
    # The administrator does as the sentence says, word by word, and the same login goes on.
    for statement in caught.value.statements.removesuffix(";").split("; "):
        admin(bare, statement)
    ownership.upgrade(own)
    with database.reading(own) as db:
        assert db.execute(text("SELECT current_user, session_user")).one() == (f"{name}_app", login)
    own.dispose()


def test_who_may_make_roles_and_owns_the_database_sets_it_up_alone(bare, login):
    name = make_url(bare).database
    admin(bare, f"ALTER ROLE {login} CREATEROLE")
    admin(bare, f"ALTER DATABASE {name} OWNER TO {login}")
    own = opened(as_login(bare, login))
    shop = Shop(own, NOW)
    dispensed(shop, an_rx_with_stock(shop))
    assert "append-only" not in found(shop)
    own.dispose()
    admin(bare, f"ALTER DATABASE {name} OWNER TO postgres")
    admin(bare, f"DROP OWNED BY {name}_owner, {name}_app")
    admin(bare, f"DROP ROLE {name}_owner, {name}_app")


def test_each_sentence_of_the_roles(postgres_server, served):
    refused(
        NeedsAdministrator, lambda: raised(NeedsAdministrator(login="kim", database="d", statements="GRANT a TO b;"))
    )
    name = "n" * 58
    admin(postgres_server, f"CREATE DATABASE {name}")
    engine = an_engine(server_uri(postgres_server, name))
    refused(NameTooLong, lambda: ownership.upgrade(engine))
    engine.dispose()
    admin(postgres_server, f"DROP DATABASE {name}")
    refused(LoginThere, lambda: ownership.add_login(served.engine, "postgres", "x", lambda: None))


def raised(problem: Refused):
    raise problem


def test_a_counters_login_can_do_the_day_and_no_more(served):
    name = f"till{next(_names)}"
    kept = []
    assert ownership.add_login(served.engine, name, "s3cret", lambda: kept.append(True)) == "template_app"
    assert kept == [True]
    try:
        with owning(served.engine) as db:
            stored = db.execute(text("SELECT rolpassword FROM pg_authid WHERE rolname = :n"), {"n": name}).scalar_one()
        assert stored.startswith("SCRAM-SHA-256$")
        shop = Shop(an_engine(as_login(url_of(served), name)), NOW)
        with database.reading(shop.engine) as db:
            assert db.execute(text("SELECT current_user, session_user")).one() == ("template_app", name)
        everything_done(shop)
        assert "append-only" not in found(shop)
        for statement in ("SET ROLE template_owner", "SET ROLE postgres", "DELETE FROM movement"):
            assert refusal(shop, statement).sqlstate == "42501"
        # Nor without the program, which acts as the application by itself.
        with pytest.raises(NeedsAdministrator):
            ownership.upgrade(shop.engine)
        with pytest.raises(NeedsAdministrator) as caught:
            ownership.add_login(shop.engine, "another", "x", lambda: None)
        assert caught.value.statements == 'CREATE ROLE "another" LOGIN IN ROLE "template_app";'
        shop.engine.dispose()
    finally:
        with owning(served.engine) as db:
            db.exec_driver_sql(f"DROP ROLE {name}")


def test_a_backup_needs_only_reading_and_a_restore_ends_with_the_rights(story, bare, tmp_path):
    shop, _ = story
    back_up(shop.engine, tmp_path / "b", settings=None, on=NOW)
    url = database.parse_url(bare)
    told = restore(tmp_path / "b", url, lambda: "", lambda: None).manifest
    assert "append-only" not in "".join(prove(told, url, lambda: None).problems)
    engine = an_engine(bare)
    with database.reading(engine) as db:
        roles = server_roles.roles_of(db)
        assert (roles.owner, roles.there) == (f"{url.database}_owner", True)
        assert server_roles.granted_otherwise(db, roles) == ([], [])
        assert server_roles.missing(db, roles) == []
    a_lot(Shop(engine, NOW + timedelta(days=30), _keys=count(900)), lot="Z9")
    engine.dispose()


def test_a_login_whose_password_cannot_be_kept_is_not_made(served):
    def keep():
        raise NotSaved(problem="no room")

    with pytest.raises(NotSaved):
        ownership.add_login(served.engine, "lost", "x", keep)
    assert served.read(lambda db: db.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'lost'")).scalar()) is None


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("GRANT UPDATE ON movement TO template_app", "template_app has a right too many: movement: UPDATE"),
        (
            "GRANT UPDATE (hash) ON audit_event TO PUBLIC",
            "template_app has a right too many: audit_event: UPDATE of hash",
        ),
        ("GRANT DELETE ON audit_event TO template_app", "template_app has a right too many: audit_event: DELETE"),
        ("GRANT TRUNCATE ON answer TO template_app", "template_app has a right too many: answer: TRUNCATE"),
        ("GRANT UPDATE (expires) ON lot TO template_app", "template_app has a right too many: lot: UPDATE of expires"),
        ("REVOKE INSERT ON draw FROM template_app", "template_app lacks a right: draw: INSERT"),
        ("ALTER TABLE movement OWNER TO template_app", "the program acts as template_app, who owns the table movement"),
        ("GRANT template_owner TO template_app", "the program acts as template_app, who owns the table "),
        ("ALTER ROLE template_app SUPERUSER", "the program acts as template_app, a superuser, whom no right binds"),
    ],
)
def test_verify_names_what_the_program_may_do_beyond_its_role(story, planted, said):
    shop, _ = story
    assert found_after(shop, planted)["append-only"].startswith(said)


@pytest.mark.parametrize("table", ["movement", "audit_event", "pin", "badge", "site_right"])
def test_verify_names_a_trigger_that_is_missing(story, table):
    shop, _ = story
    wrong = found_after(shop, f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
    assert wrong["append-only"] == (
        f"{table} can be changed, since its trigger {table}_append_only is not there as it was made"
    )


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("postgres", "the program acts as postgres, a superuser, whom no right binds"),
        ("template_owner", "the program acts as template_owner, who owns the table alembic_version"),
    ],
)
def test_verify_names_who_acts_as_more_than_the_application(story, role, said):
    shop, _ = story
    with owning(shop.engine) as db:
        db.exec_driver_sql(f"SET LOCAL ROLE {role}")
        assert next(check.detail for check in verify(db).checks if check.name == "append-only") == said
