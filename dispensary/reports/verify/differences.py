"""How many differences a check names, and the statement's first rows."""

from typing import Any

from sqlalchemy import Connection, CursorResult, Select, select

SHOWN = 3
"""Differences that are named; one more is fetched, to know that there are more."""


def first(db: Connection, statement: Select[Any]) -> CursorResult[Any]:
    """The first rows that the statement finds.

    PostgreSQL plans it as if all of them were wanted: to the first few that are asked for it goes lot by lot, and
    where nothing differs that is all lots times all movements.
    """
    found = statement.cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    return db.execute(select(found).limit(SHOWN + 1))
