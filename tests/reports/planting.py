"""Planting faults into a database past the program, and what `verify` says of them."""

import sqlite3

from sqlalchemy import text

from dispensary.reports.verify import verify
from tests.build import Shop


def plant(shop: Shop, *statements: str) -> None:
    """Run the statements as somebody would who owns the server or the file, and who leaves no trace of that."""
    if shop.engine.dialect.name == "sqlite":
        with sqlite3.connect(str(shop.engine.url.database)) as db:
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement)
            for _, made in triggers:
                db.execute(made)
        db.close()
        return
    with shop.engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            db.execute(text(statement))


def found(shop: Shop) -> dict[str, str]:
    """The details of the checks that failed, by name."""
    verified = shop.read(verify)
    wrong = {check.name: check.detail for check in verified.checks if not check.ok}
    assert verified.ok == (not wrong)
    return wrong


def found_after(shop: Shop, *statements: str) -> dict[str, str]:
    """What `verify` finds once the statements were planted; then everything is as it was."""
    with shop.engine.connect() as db:
        transaction = db.begin()
        if shop.engine.dialect.name == "sqlite":
            db.execute(text("PRAGMA defer_foreign_keys = ON"))
            triggers = db.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            statements = (
                *(f"DROP TRIGGER {trigger.name}" for trigger in triggers),
                *statements,
                *(trigger.sql for trigger in triggers),
            )
        else:
            db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            db.exec_driver_sql(statement)
        wrong = {check.name: check.detail for check in verify(db).checks if not check.ok}
        transaction.rollback()
    return wrong


def placed(shop: Shop, statement: str) -> str:
    """The statement with what each engine writes in its own way: the {zone} of a moment, {true} and {false}."""
    if shop.engine.dialect.name == "sqlite":
        return statement.format(zone="", true="1", false="0")
    return statement.format(zone="+00", true="true", false="false")
