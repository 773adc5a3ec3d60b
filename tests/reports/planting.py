"""Planting faults into a database past the program, and what `verify` says of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from dispensary.reports import verify as verification
from dispensary.reports.verify import foundations
from tests.build import Shop
from tests.owning import owning


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
    with owning(shop.engine) as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            db.execute(text(statement))


def found(shop: Shop) -> dict[str, str]:
    """The details of the checks that failed, by name."""
    return shop.read(found_in)


def found_in(db: Connection) -> dict[str, str]:
    verified = verification.verify(db)
    wrong = {check.name: check.detail for check in verified.checks if not check.ok}
    assert verified.ok == (not wrong)
    return wrong


def found_after(shop: Shop, *statements: str) -> dict[str, str]:
    """What `verify` finds once the statements were planted; then everything is as it was."""
    with planted(shop, *statements) as db:
        return found_in(db)


def told_by(shop: Shop, check: str, *statements: str) -> str:
    """The detail of that check, which fails once the statements were planted; then everything is as it was.

    The first fault for a check on an engine is one for `verify` as a whole, which must not be ok; the others are
    for the check alone.
    """
    asked = shop.engine.name, check
    if asked not in _ASKED_AS_A_WHOLE:
        _ASKED_AS_A_WHOLE.add(asked)
        return found_after(shop, *statements)[check]
    with planted(shop, *statements) as db:
        alone = only(db, check)
    assert not alone.ok
    return alone.detail


_ASKED_AS_A_WHOLE: set[tuple[str, str]] = set()


def only(db: Connection, check: str) -> verification.Check:
    """That check of those of `verify`."""
    known = {each[0]: each for each in (*foundations.STORAGE, *foundations.SQLITE, *verification._BOOKS)}
    return verification._check(db, *known[check])


@contextmanager
def planted(shop: Shop, *statements: str) -> Iterator[Connection]:
    """The database once the statements were planted, as it is for this connection alone."""
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
            application = db.execute(text("SELECT current_user")).scalar_one()
            db.execute(text("SET LOCAL ROLE NONE"))
            db.execute(text("SET LOCAL session_replication_role = replica"))
            statements = (*statements, f'SET LOCAL ROLE "{application}"')
        for statement in statements:
            db.exec_driver_sql(statement)
        yield db
        transaction.rollback()


def placed(shop: Shop, statement: str) -> str:
    """The statement with what each engine writes in its own way: the {zone} of a moment, {true} and {false}."""
    if shop.engine.dialect.name == "sqlite":
        return statement.format(zone="", true="1", false="0")
    return statement.format(zone="+00", true="true", false="false")
