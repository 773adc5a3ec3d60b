"""How many differences a check names, and the statement's first rows."""

from typing import Any

from sqlalchemy import Connection, CursorResult, Select

SHOWN = 3
"""Differences that are named; one more is fetched, to know that there are more."""


def first(db: Connection, statement: Select[Any]) -> CursorResult[Any]:
    """The first rows that the statement finds."""
    return db.execute(statement.limit(SHOWN + 1))
