"""Rows as their events tell of them: what is read from a table, under the names that events use."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, Text, cast, literal, select

from dispensary.rules.numbers import Record
from dispensary.schema.people import patient
from dispensary.schema.trust import request

Values = Mapping[str, object]
Parts = Counter[tuple[object, ...]]

PATIENT = (patient.c.audit_key, patient.c.number, patient.c.erased_at)
"""What the commitment to a patient is made of; it is not compared any more once the patient was erased."""


@dataclass(frozen=True, slots=True)
class ToldParts:
    """The rows that belong to a row, and how its event tells of them; the first column is the request's key.

    What `kept` and `told` give first names the part. `told` gets the event's values with its subject, patient,
    moment (at), person (by) and kind (act).
    """

    what: str
    rows: Select[Any]
    kept: Callable[[Row[Any]], tuple[object, ...]]
    told: Callable[[Values, Sequence[Row[Any]]], Parts]


@dataclass(frozen=True, slots=True)
class Told:
    """The rows of a table, and the kinds of event that tell of them, each of one row.

    `rows` is None where an event tells of several or of none: all of them are `parts` then. `before` is what an
    event means by silence: one of the first schema, or of a kind that has no such value. `sealed` are the columns
    that events tell sealed by the patient's key.
    """

    table: Table
    kinds: tuple[str, ...]
    kind: ColumnElement[str]
    rows: Select[Any] | None
    before: Values = field(default_factory=dict)
    parts: tuple[ToldParts, ...] = ()
    sealed: tuple[str, ...] = ()


def number_of(record: Record, number: ColumnElement[int]) -> ColumnElement[str]:
    """The number as events write it."""
    return literal(record.value) + cast(number, Text)


def rows_of(table: Table, subject: ColumnElement[str], *columns: ColumnElement[Any]) -> Select[Any]:
    """Rows with the key of their request, and with what their event should say."""
    return (
        select(request.c.key, subject.label("subject"), *columns)
        .select_from(table)
        .join(request, request.c.id == table.c.request_id)
    )


def day(value: date) -> str:
    """A day as events write it."""
    return value.isoformat()


def listed(values: Values, name: str) -> Iterable[Any]:
    """The list of that name in an event's values; nothing where there is none."""
    found = values.get(name, ())
    return found if isinstance(found, list) else ()
