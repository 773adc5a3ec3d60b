"""What a table for analysis is made of: columns by name and kind, and the rows that they are read from."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, FromClause, Row, Select, Text, select, type_coerce

BATCH = 5000
"""Rows held in memory at a time."""

PATIENT = "patient"
"""The column of whoever is concerned, by number."""


class Kind(StrEnum):
    """What a cell of a column is."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "true or false"
    DAY = "day"
    """By the pharmacy's clock, as ISO 8601."""
    MOMENT = "moment"
    """In UTC, as ISO 8601 to the microsecond."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, which ends in its unit where it has one; `of` is where its cells come from."""

    name: str
    kind: Kind
    of: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name. What has an `at` as its first column happened, and grows for ever; the rest is as it is."""

    name: str
    columns: tuple[Column, ...]
    joined: FromClause
    where: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...]

    @property
    def happened(self) -> bool:
        """Whether its rows have a moment, by which they can be parted."""
        return self.columns[0].name == "at"

    @property
    def names_patients(self) -> bool:
        """Whether its rows say whom they are about."""
        return any(column.name == PATIENT for column in self.columns)

    @property
    def without_patients(self) -> "Table":
        """The same without the patients' numbers."""
        return replace(self, columns=tuple(column for column in self.columns if column.name != PATIENT))

    @property
    def rows(self) -> Select[Any]:
        """Its rows in the order in which they were written."""
        of = [column.of.label(column.name) for column in self.columns]
        return select(*of).select_from(self.joined).where(*self.where).order_by(*self.order)


def rows_of(db: Connection, table: Table, site_id: int) -> Generator[Sequence[Row[Any]], None, None]:
    """The rows of the site in the order in which they were written, BATCH of them at a time; to be closed."""
    with db.execute(table.rows, {"site": site_id}, execution_options={"yield_per": BATCH}) as rows:
        yield from rows.partitions()


def table(
    name: str,
    of: FromClause,
    columns: Sequence[Column],
    *links: Any,
    where: Sequence[ColumnElement[bool]] = (),
    order: Sequence[ColumnElement[Any]] = (),
) -> Table:
    """The table of the rows of `of`, joined by each link, `other.id == row.other_id`, in their order.

    Where the column at the right may be empty, so may what is joined.
    """
    joined = of
    for link in links:
        joined = joined.join(link.left.table, link, isouter=link.right.nullable)
    return Table(name, tuple(columns), joined, tuple(where), tuple(order) or (of.c.id,))


def text(name: str, of: ColumnElement[Any]) -> Column:
    """A column of text."""
    # A word of a closed list is its text here, and need not be looked up for every row.
    return Column(name, Kind.TEXT, type_coerce(of, Text))


def whole(name: str, of: ColumnElement[Any]) -> Column:
    """A column of whole numbers."""
    return Column(name, Kind.WHOLE, of)


def day(name: str, of: ColumnElement[Any]) -> Column:
    """A column of days."""
    return Column(name, Kind.DAY, of)


def truth(name: str, of: ColumnElement[Any]) -> Column:
    """A column of what is so or not."""
    return Column(name, Kind.TRUTH, of)


def at(of: ColumnElement[Any]) -> Column:
    """The column of the moment at which a row happened."""
    # As the driver gives it: many rows are of one moment, which `moment_of` makes of it.
    return Column("at", Kind.MOMENT, type_coerce(of, DateTime(timezone=True)))


def moment_of(at: datetime) -> datetime:
    """The moment of what stands in a column `at`."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
