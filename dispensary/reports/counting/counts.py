"""A count as it stands: blind while it is open, with books and variances once it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.lots import OF_COUNT
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.schema.catalogue import product
from dispensary.schema.counting import count_closing, count_entry, stock_count
from dispensary.schema.people import user
from dispensary.schema.stock import lot, movement, place


@dataclass(frozen=True, slots=True)
class CountLine:
    """A lot at a place, who counted it and how many units they found.

    While the count is open, `counted_units` are those that the reader has entered, so that a second
    count is blind too; `book_units` and `variance` are there once it is closed.
    """

    product: str
    lot: str
    expires: date
    place: str
    counted_by: tuple[str, ...]
    counted_units: int | None
    book_units: int | None
    variance: int | None


@dataclass(frozen=True, slots=True)
class CountSheet:
    """A count: what is counted, since when and by whom, and how far it is. `state` is open, closed or abandoned."""

    count: str
    state: str
    place: str | None
    product: str | None
    started_at: datetime
    started_by: str
    reason: str | None
    lines: tuple[CountLine, ...]


_COUNT = (
    select(
        stock_count.c.id,
        stock_count.c.at,
        user.c.name.label("by"),
        place.c.code.label("place"),
        product.c.code.label("product"),
        count_closing.c.request_id.label("closing"),
        count_closing.c.reason,
    )
    .join(user, user.c.id == stock_count.c.by_id)
    .outerjoin(place, place.c.id == stock_count.c.place_id)
    .outerjoin(product, product.c.id == stock_count.c.product_id)
    .outerjoin(count_closing, count_closing.c.count_id == stock_count.c.id)
    .where(stock_count.c.site_id == bindparam("site"), stock_count.c.number == bindparam("number"))
)
_scope = OF_COUNT.subquery()
_LINES = (
    select(
        _scope.c.lot_id,
        _scope.c.place_id,
        lot.c.number,
        lot.c.expires,
        product.c.code.label("product"),
        place.c.code.label("place"),
    )
    .join(lot, lot.c.id == _scope.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == _scope.c.place_id)
)
_ENTRIES = (
    select(count_entry.c.lot_id, count_entry.c.place_id, count_entry.c.units, count_entry.c.by_id, user.c.name)
    .join(user, user.c.id == count_entry.c.by_id)
    .where(count_entry.c.count_id == bindparam("count"))
    .order_by(count_entry.c.id)
)
_to = place.alias("to_place")
_VARIANCES = (
    select(
        movement.c.lot_id,
        movement.c.from_place_id,
        movement.c.to_place_id,
        movement.c.units,
        _to.c.kind.label("to_kind"),
    )
    .join(_to, _to.c.id == movement.c.to_place_id)
    .where(movement.c.request_id == bindparam("closing"))
)

_Key = tuple[int, int]


def count_sheet(db: Connection, given: str, *, zone: tzinfo | None, by: Person) -> CountSheet:
    """The count of this number as the person may see it, by the clock of the zone; raises NotFound."""
    number = parse_number(Record.COUNT, given)
    row = db.execute(_COUNT, {"site": by.site_id, "number": number}).first()
    if row is None:
        raise lookup.no_such(Record.COUNT, number)
    entries: dict[_Key, list[Any]] = {}
    for entry in db.execute(_ENTRIES, {"count": row.id}):
        entries.setdefault((entry.lot_id, entry.place_id), []).append(entry)
    variances = _variances(db, row.closing)
    # A count without variances keeps no reason, so one that has a reason and no movements was abandoned.
    abandoned = row.reason is not None and not variances
    state = "open" if row.closing is None else "abandoned" if abandoned else "closed"
    lines = []
    for line in db.execute(_LINES, {"count": row.id}):
        key = (line.lot_id, line.place_id)
        variance = variances.get(key, 0) if state == "closed" and key in entries else None
        lines.append(_line(line, entries.get(key, ()), variance, by if state == "open" else None))
    return CountSheet(
        count=Record.COUNT.number(number),
        state=state,
        place=row.place,
        product=row.product,
        started_at=row.at.astimezone(zone),
        started_by=row.by,
        reason=row.reason,
        lines=tuple(sorted(lines, key=lambda line: (line.place, line.product, line.expires, line.lot))),
    )


def _variances(db: Connection, closing: int | None) -> dict[_Key, int]:
    found = {}
    for row in db.execute(_VARIANCES, {"closing": closing}):
        lost = row.to_kind is PlaceKind.VARIANCE
        key = (row.lot_id, row.from_place_id if lost else row.to_place_id)
        found[key] = -row.units if lost else row.units
    return found


def _line(line: Any, entries: Sequence[Any], variance: int | None, reader: Person | None) -> CountLine:
    """The line with the units of the last entry; for a reader of an open count, of the last one of their own."""
    seen = [entry.units for entry in entries if reader is None or entry.by_id == reader.user_id]
    units = seen[-1] if seen else None
    return CountLine(
        product=line.product,
        lot=line.number,
        expires=line.expires,
        place=line.place,
        counted_by=tuple(entry.name for entry in entries),
        counted_units=units,
        book_units=None if variance is None or units is None else units - variance,
        variance=variance,
    )
