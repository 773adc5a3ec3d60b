"""The migrations on both engines: up, down and up again, equal to the metadata, and the append-only tables closed."""

import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, exc, inspect, select, text
from sqlalchemy import event as events_of_engine

from dispensary import database, ownership, schema, shipped
from dispensary.schema import whole
from dispensary.schema.whole import metadata
from tests.build import admin, server_uri
from tests.owning import owning

APPEND_ONLY = [
    "answer",
    "audit_event",
    "badge",
    "batch",
    "batch_ingredient",
    "checked_pack",
    "count_closing",
    "count_entry",
    "count_line",
    "dispense",
    "dispense_return",
    "draw",
    "draw_finding",
    "excursion",
    "finding",
    "hand_over_check",
    "light_exposure",
    "lot_act",
    "movement",
    "pin",
    "place_log",
    "prescription_act",
    "print_attempt",
    "print_job",
    "reading",
    "recall",
    "recall_contact",
    "recall_withdrawal",
    "receipt",
    "receipt_line",
    "request",
    "site_right",
    "stock_act",
    "stock_count",
    "unmet_demand",
    "vial_entry",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table."""
    if request.param == "sqlite":
        engine = database.open_engine(database.parse_url(str(tmp_path / "empty.db")), pause=lambda: None)
        yield engine
        engine.dispose()
        return
    uri = request.getfixturevalue("postgres_server")
    admin(uri, "CREATE DATABASE empty")
    engine = database.open_engine(database.parse_url(server_uri(uri, "empty")), pause=lambda: None)
    yield engine
    engine.dispose()
    admin(uri, "DROP DATABASE empty WITH (FORCE)")


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(shipped.folder("migrations")))
    return made


def downgrade(engine: Engine) -> None:
    with owning(engine) as connection:
        made = config()
        made.attributes["connection"] = connection
        command.downgrade(made, "base")


def reference(key, dialect: str) -> str:
    # SQLite keeps the name of a reference that came with an added column and does not tell it.
    name = key["name"] if dialect == "postgresql" else ""
    return f"{name} {key['constrained_columns']} {key['referred_table']} {key['referred_columns']}"


def shape(engine: Engine) -> dict[str, object]:
    """Everything that the database says of its tables, and its triggers."""
    with engine.connect() as db:
        seen = inspect(db)
        tables = {
            name: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)],
                sorted(reference(key, engine.dialect.name) for key in seen.get_foreign_keys(name)),
                sorted(str(check["name"]) for check in seen.get_check_constraints(name)),
                sorted(str(index["name"]) for index in seen.get_indexes(name)),
            )
            for name in seen.get_table_names()
        }
        where = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if engine.dialect.name == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        triggers = sorted(db.execute(text(where)).scalars())
    return {"tables": tables, "triggers": triggers}


def test_the_schema_is_the_head_of_the_migrations():
    assert ScriptDirectory.from_config(config()).get_heads() == [database.SCHEMA]


def test_up_down_and_up_again(empty):
    ownership.upgrade(empty)
    first = shape(empty)
    assert database.schema_of(empty) == database.SCHEMA
    downgrade(empty)
    assert list(shape(empty)["tables"]) == ["alembic_version"]
    if empty.dialect.name == "postgresql":
        with empty.connect() as db:
            assert db.execute(text("SELECT count(*) FROM pg_proc WHERE proname = 'append_only'")).scalar() == 0
    ownership.upgrade(empty)
    assert shape(empty) == first


def test_upgrading_twice_changes_nothing(empty):
    ownership.upgrade(empty)
    first = shape(empty)
    ownership.upgrade(empty)
    assert shape(empty) == first


def test_the_metadata_is_what_the_migrations_make(empty):
    ownership.upgrade(empty)
    with empty.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_checks_and_indexes_are_those_of_the_metadata(empty):
    ownership.upgrade(empty)
    migrated = shape(empty)["tables"]
    downgrade(empty)
    with owning(empty) as db:
        metadata.create_all(db)
    assert shape(empty)["tables"] == migrated


def test_a_failed_upgrade_leaves_nothing(empty):
    def refuse(_connection, _cursor, statement, *_rest):
        if "CREATE TABLE finding" in statement:
            raise KeyboardInterrupt

    events_of_engine.listen(empty, "before_cursor_execute", refuse)
    with pytest.raises(KeyboardInterrupt):
        ownership.upgrade(empty)
    assert shape(empty)["tables"] == {}


def test_references_hold_after_an_upgrade(empty):
    ownership.upgrade(empty)
    with pytest.raises(exc.IntegrityError):
        database.transaction(empty, lambda db: db.execute(text("INSERT INTO pack (product_id, units) VALUES (77, 1)")))


def refused(shop, statement: str) -> str:
    with pytest.raises(exc.DBAPIError) as problem, owning(shop.engine) as db:
        db.execute(text(statement))
    return str(problem.value.orig)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_are_appended_and_never_changed(busy, table):
    rows = busy.read(lambda db: db.execute(select(metadata.tables[table])).all())
    assert rows
    column = next(iter(metadata.tables[table].columns)).name
    names = ", ".join(each.name for each in metadata.tables[table].columns)
    statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
    if busy.engine.dialect.name == "sqlite":
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT {names} FROM {table}")
        statements.append(f"REPLACE INTO {table} SELECT {names} FROM {table}")
    else:
        keys = ", ".join(each.name for each in metadata.tables[table].primary_key)
        statements.append(f"TRUNCATE {table} CASCADE")
        statements.append(
            f"INSERT INTO {table} SELECT {names} FROM {table} "
            f"ON CONFLICT ({keys}) DO UPDATE SET {column} = excluded.{column}"
        )
    for statement in statements:
        assert "is append-only" in refused(busy, statement), statement
    assert busy.read(lambda db: db.execute(select(metadata.tables[table])).all()) == rows


def test_the_append_only_tables_are_those_of_the_migration():
    revisions = ScriptDirectory.from_config(config()).walk_revisions()
    assert sorted(table for revision in revisions for table in revision.module.APPEND_ONLY) == APPEND_ONLY


def test_the_whole_metadata_leaves_out_no_module_of_tables():
    modules = {module.name for module in pkgutil.iter_modules(schema.__path__)}
    assert modules - {"base", "whole"} <= vars(whole).keys()
