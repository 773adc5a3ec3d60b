"""All rows of a pharmacy from one database to another, whichever engine each of them has."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Inspector,
    LargeBinary,
    MetaData,
    Table,
    exc,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.types import NullType, TypeEngine

from dispensary.schema.base import Instant

BATCH = 2000
"""Rows held in memory at a time."""

_VERSION = "alembic_version"


class Unfit(Exception):
    """The other database does not take the rows of a table."""

    def __init__(self, table: str, problem: str) -> None:
        super().__init__(table, problem)
        self.table = table
        self.problem = problem


def carry(source: Connection, target: Connection) -> None:
    """Every row into the tables of the same schema, which are empty; raises Unfit.

    On PostgreSQL the numbers of later rows follow those of the carried ones.
    """
    for table in _tables(source):
        for batch in _batches(source, table):
            try:
                target.execute(insert(table), batch)
            except exc.StatementError as problem:
                raise Unfit(table.name, (str(problem.orig).strip() or "no reason given").splitlines()[0]) from None
        if target.dialect.name == "postgresql":
            _count_on(target, table)


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    # A row refers only to rows before it.
    query = select(table).order_by(*(table.primary_key.columns or table.columns))
    with source.execute(query, execution_options={"yield_per": BATCH}) as rows:
        try:
            for batch in rows.mappings().partitions():
                yield [dict(row) for row in batch]
        except (TypeError, ValueError) as problem:
            # SQLite keeps whatever somebody wrote into a column.
            raise Unfit(table.name, f"a row cannot be read: {problem}") from None


def _tables(db: Connection) -> list[Table]:
    """The tables, those that others refer to first, with what the database says of their columns."""
    seen: Inspector = inspect(db)
    sorted_names = [name for name, _ in seen.get_sorted_table_and_fkc_names() if name is not None]
    metadata = MetaData()
    return [_table(seen, metadata, name) for name in sorted_names if name != _VERSION]


def _table(seen: Inspector, metadata: MetaData, name: str) -> Table:
    keys = seen.get_pk_constraint(name)["constrained_columns"]
    columns = [
        Column(each["name"], _kind(each["type"]), primary_key=each["name"] in keys, autoincrement=False)
        for each in seen.get_columns(name)
    ]
    return Table(name, metadata, *columns)


def _kind(of: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that reads and writes a column on both engines."""
    for kind, both in ((DateTime, Instant()), (Date, Date()), (Boolean, Boolean()), (LargeBinary, LargeBinary())):
        if isinstance(of, kind):
            return both
    return NullType()


def _count_on(target: Connection, table: Table) -> None:
    """The next number of each counting column follows the last one."""
    quoted = target.dialect.identifier_preparer.format_table(table)
    for column in table.primary_key.columns:
        counter = target.execute(select(func.pg_get_serial_sequence(quoted, column.name))).scalar()
        if counter is not None:
            # A table without rows gives nothing, and the counter stays at its start.
            target.execute(select(func.setval(counter, select(func.max(column)).scalar_subquery())))
