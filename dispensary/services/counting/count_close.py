"""Closing a count: its variances become movements, or it is abandoned and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, select

from dispensary import audit, ledger, lots, places, request
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.places import StockPlace
from dispensary.rules.access import Act, require
from dispensary.rules.counting import (
    Correction,
    Counted,
    Entry,
    PlaceCorrected,
    ReturnsAmongStock,
    named_lots,
    puts_returns_among_stock,
    require_closable,
)
from dispensary.rules.people import Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.practice import Practice
from dispensary.rules.shelf import Operation
from dispensary.schema.counting import count_closing, count_entry
from dispensary.schema.stock import balance, movement
from dispensary.schema.trust import audit_event
from dispensary.schema.trust import request as requests
from dispensary.services.counting.count import Count, open_count


class AbandonNeedsReason(Refused):
    """A count that is given up, and nobody said why."""

    sentence = "{count} cannot be abandoned without a reason: nothing was changed; give --reason."
    count: str


@dataclass(frozen=True, slots=True)
class CloseCount:
    """The end of a count; the reason is of its variances, or of its being abandoned."""

    key: str
    count: str
    reason: str | None = None
    abandon: bool = False


@dataclass(frozen=True, slots=True)
class ClosedLine:
    """What was counted of a lot at a place, what the books had at that moment, and the difference."""

    product: str
    lot: str
    expires: date
    place: str
    book_units: int
    counted_units: int
    variance: int


@dataclass(frozen=True, slots=True)
class CountDone:
    """The receipt. The reason is kept where there is something to be explained."""

    count: str
    key: str
    abandoned: bool
    reason: str | None
    lines: tuple[ClosedLine, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A lot at a place, with what the rules know of it."""

    lot: lots.Lot
    place_id: int
    counted: Counted


_Key = tuple[int, int]
"""A lot and a place."""


def _event_of(request_id: Any) -> Any:
    """The event of a request: its place in the chain is the order in which two of one lot were written.

    Entries and closings hold their lots until they end, and take the chain's head last; so their events stand
    in the chain in the order in which they had the lot, whatever the counters' clocks say.
    """
    return and_(
        requests.c.id == request_id,
        audit_event.c.site_id == requests.c.site_id,
        audit_event.c.at == requests.c.at,
        audit_event.c.request_key == requests.c.key,
    )


_ENTRIES = (
    select(
        count_entry.c.lot_id,
        count_entry.c.place_id,
        count_entry.c.units,
        count_entry.c.book_units,
        audit_event.c.sequence,
        count_entry.c.by_id,
    )
    .select_from(count_entry)
    .join(requests, requests.c.id == count_entry.c.request_id)
    .join(audit_event, _event_of(count_entry.c.request_id))
    .where(count_entry.c.count_id == bindparam("count"))
    .order_by(audit_event.c.sequence)
)
_CORRECTIONS = (
    select(
        movement.c.lot_id, movement.c.from_place_id, movement.c.to_place_id, movement.c.units, audit_event.c.sequence
    )
    .select_from(movement)
    .join(count_closing, count_closing.c.request_id == movement.c.request_id)
    .join(requests, requests.c.id == movement.c.request_id)
    .join(audit_event, _event_of(movement.c.request_id))
    .where(
        movement.c.lot_id.in_(bindparam("lots", expanding=True)),
        (movement.c.from_place_id == bindparam("variance")) | (movement.c.to_place_id == bindparam("variance")),
    )
)
_BALANCES = select(balance.c.lot_id, balance.c.place_id, balance.c.units).where(
    balance.c.lot_id.in_(bindparam("lots", expanding=True))
)


def close_count(db: Connection, order: CloseCount, *, practice: Practice, on: datetime, by: Person) -> CountDone:
    """End the count and correct the books by what it found, or abandon it.

    Raises NotFound, CountClosed, NotCounted, CountAgain, CountOutdated, VarianceNeedsReason, ReturnsAmongStock,
    AbandonNeedsReason, and NotAllowed where somebody else than a pharmacist closes one with a large variance.
    """
    claimed = request.claim(db, "count close", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, CountDone)
    count = open_count(db, order.count, by)
    lines: Sequence[_Line] = ()
    if order.abandon:
        if order.reason is None:
            raise AbandonNeedsReason(count=count.number)
    else:
        variance = places.place_of_kind(db, by.site_id, PlaceKind.VARIANCE)
        by_id = {each.id: each for each in places.stock_places(db, by.site_id)}
        lines, corrected = _lines(db, count, variance, by_id)
        for line in lines:
            line.lot.require(Operation.COUNT, on.date())
        _require_closable(count, lines, practice.large_variance_units, order.reason, by)
        _require_returns_apart(count, lines, corrected, by_id)
        ledger_lines = [_movement(line, variance) for line in lines if line.counted.found]
        if ledger_lines:
            ledger.post(db, ledger_lines, request_id=claimed, on=on, by=by)
    explained = order.abandon or any(line.counted.found for line in lines)
    done = CountDone(
        count=count.number,
        key=order.key,
        abandoned=order.abandon,
        reason=order.reason if explained else None,
        lines=tuple(_closed(line) for line in lines if line.counted.entries),
    )
    head = audit.take(db, by.site_id)
    db.execute(
        insert(count_closing).values(count_id=count.id, request_id=claimed, reason=done.reason, at=on, by_id=by.user_id)
    )
    audit.record(db, head, audit.Event("count close", count.number, order.key, _told(done, lines)), on=on, by=by)
    request.keep(db, claimed, done)
    return done


def _lines(
    db: Connection, count: Count, variance: Place, by_id: Mapping[int, StockPlace]
) -> tuple[list[_Line], dict[_Key, list[Correction]]]:
    """Every lot that was to be counted, or was, at each place, its lot locked; and the corrections of these lots."""
    scope = db.execute(lots.OF_COUNT, {"count": count.id}).all()
    locked = {each.id: each for each in lots.locked(db, (row.lot_id for row in scope))}
    units = {(row.lot_id, row.place_id): row.units for row in db.execute(_BALANCES, {"lots": list(locked)})}
    entries: dict[_Key, list[Entry]] = {}
    for lot_id, place_id, *found in db.execute(_ENTRIES, {"count": count.id}):
        entries.setdefault((lot_id, place_id), []).append(Entry(*found))
    corrections: dict[_Key, list[Correction]] = {}
    for row in db.execute(_CORRECTIONS, {"lots": list(locked), "variance": variance.id}):
        came = row.from_place_id == variance.id
        key = (row.lot_id, row.to_place_id if came else row.from_place_id)
        corrections.setdefault(key, []).append(Correction(row.units if came else -row.units, row.sequence))
    lines = []
    for lot_id, place_id in sorted((row.lot_id, row.place_id) for row in scope):
        key, lot = (lot_id, place_id), locked[lot_id]
        counted = Counted(
            lot.number,
            lot.product,
            by_id[place_id].code,
            units.get(key, 0),
            entries.get(key, ()),
            corrections.get(key, ()),
        )
        lines.append(_Line(lot, place_id, counted))
    lines.sort(key=lambda line: (line.counted.place, line.lot.product, line.lot.expires, line.lot.number))
    return lines, corrections


def _require_closable(count: Count, lines: Sequence[_Line], large: int, reason: str | None, by: Person) -> None:
    """Raises what the rules refuse, and NotAllowed; the last, so that two persons have counted before."""
    counted = [line.counted for line in lines]
    require_closable(count.number, counted, large, reason)
    if any(each.is_large(large) for each in counted):
        require(by, Act.LARGE_VARIANCE)


def _require_returns_apart(
    count: Count,
    lines: Sequence[_Line],
    corrected: Mapping[_Key, Sequence[Correction]],
    by_id: Mapping[int, StockPlace],
) -> None:
    """Raises ReturnsAmongStock, looking at every place where counts have ever corrected a lot that this one does."""
    now = {(line.lot.id, line.place_id): line.counted.found for line in lines}
    of_lot: dict[int, list[PlaceCorrected]] = {}
    for key in sorted(now.keys() | corrected.keys()):
        found = now.get(key, 0)
        ever = found + sum(each.units for each in corrected.get(key, ()))
        returned = by_id[key[1]].kind is PlaceKind.RETURNED
        of_lot.setdefault(key[0], []).append(PlaceCorrected(returned, found, ever))
    if mixed := {lot_id for lot_id, each in of_lot.items() if puts_returns_among_stock(each)}:
        named = {f"lot {line.lot.number} of {line.lot.product}": None for line in lines if line.lot.id in mixed}
        apart = next(each.code for each in by_id.values() if each.kind is PlaceKind.RETURNED)
        raise ReturnsAmongStock(count=count.number, lots=named_lots(list(named)), returned=apart)


def _movement(line: _Line, variance: Place) -> Movement:
    where, found = Place(line.place_id, stocked=True), line.counted.found
    source, target = (variance, where) if found > 0 else (where, variance)
    return Movement(line.lot.id, line.lot.product_id, line.lot.expires, source, target, abs(found))


def _closed(line: _Line) -> ClosedLine:
    lot, counted = line.lot, line.counted
    units = counted.entries[-1].units
    return ClosedLine(lot.product, lot.number, lot.expires, counted.place, units - counted.found, units, counted.found)


def _told(done: CountDone, counted: Sequence[_Line]) -> dict[str, object]:
    """The values of the event: what was counted, each balance before and after, and a line for each movement."""
    lines = []
    for line in done.lines:
        if line.variance:
            ends = (line.place, PlaceKind.VARIANCE.value)
            ends = ends if line.variance < 0 else ends[::-1]
            lines.append([line.product, line.lot, line.expires, *ends, abs(line.variance)])
    return {
        "abandoned": done.abandoned,
        "reason": done.reason,
        "counted": [
            [line.product, line.lot, line.expires, line.place, line.book_units, line.counted_units]
            for line in done.lines
        ],
        "balances": [_balances(line.lot, line.counted) for line in counted if line.counted.found],
        "lines": lines,
    }


def _balances(lot: lots.Lot, counted: Counted) -> list[object]:
    was = counted.book_units
    return [lot.product, lot.number, lot.expires, counted.place, was, was + counted.found]
