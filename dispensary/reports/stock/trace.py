"""Where the units of a lot went: every patient who got some, what was made of it, and every other movement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row

from dispensary import lots
from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.stock.lot_story import Story, made_with, story_of
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Units that a dispense handed to a patient; what came back later stands among the other movements."""

    dispense: str
    patient: str
    units: int
    on: date


@dataclass(frozen=True, slots=True)
class Drawn:
    """A dose that a patient got out of an opened vial."""

    draw: str
    vial: str
    patient: str
    volume_ul: int
    on: date


@dataclass(frozen=True, slots=True)
class OtherMovement:
    """Units that moved otherwise. `kind` is the command, such as `return`; `dispense` the one it takes back.

    `number` is that of the vial, batch, count, return or stock act that moved them.
    """

    kind: str
    dispense: str | None
    units: int
    from_: str
    to: str
    on: date
    number: str | None


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """An ingredient of the batch that the lot is; `product` and `units` where it was stock."""

    batch: str
    name: str
    product: str | None
    lot: str
    expires: date
    units: int | None
    amount: str


@dataclass(frozen=True, slots=True)
class MadeInto:
    """A lot that was made of this one, or of one that was made of it: `amount` of `of_lot` is in it.

    `units` are those of the stock, None where `of_lot` is a powder or a diluent.
    """

    batch: str
    product: str
    lot: str
    of_lot: str
    units: int | None
    amount: str
    made: int
    on: date
    dispensed: tuple[HandedOver, ...]
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The story of one lot: units received, units on hand, and where the others went, oldest first.

    `product` is None for a powder or a diluent, which is not stock: there is only what was made with it.
    """

    lot: str
    product: str | None
    received: int
    on_hand: int
    dispensed: tuple[HandedOver, ...]
    other: tuple[OtherMovement, ...]
    made_from: tuple[MadeFrom, ...]
    made_into: tuple[MadeInto, ...]
    drawn: tuple[Drawn, ...]


def trace(db: Connection, site_id: int, lot: str, on: datetime) -> Disclosed[tuple[Trace, ...]]:
    """The lot's story, once for each product that has a lot of this number, and once more for what is not stock.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotFound.
    """
    number = lot.strip()
    found, uses = lots.numbered(db, site_id, number), made_with(db, site_id, number)
    if not found and not uses:
        raise NotFound(what="lot", given=quoted(lot), way_out="`dispensary stock` shows the lots on hand")
    story = story_of(db, site_id, [*found, *(row.lot_id for row in uses)])
    traces = sorted((_trace(story, lot_id, on) for lot_id in found), key=lambda each: str(each.product))
    if uses:
        traces.append(_not_stock(story, number, uses, on))
    rows = [row for of_lot in (*story.movements.values(), *story.draws.values()) for row in of_lot]
    patients = frozenset(row.patient for row in rows if row.patient is not None)
    return Disclosed(tuple(traces), patients)


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A line of the trace as a list: units handed over or a dose drawn for a patient, or a lot that was made.

    `kind` is the command: dispense, draw or repack. `of_lot` is what the lot was made of, for repack.
    """

    kind: str
    number: str
    on: date
    product: str
    lot: str
    patient: str | None
    vial: str | None
    units: int | None
    volume_ul: int | None
    of_lot: str | None


def trace_lines(traces: Iterable[Trace]) -> Iterator[TraceLine]:
    """Each lot that was made, and each patient of the lots and of what was made of them, every one of them once."""
    lines: dict[TraceLine, None] = {}
    for each in traces:
        if each.product is not None:
            lines.update(dict.fromkeys(_to_patients(each.product, each.lot, each.dispensed, each.drawn)))
        for made in each.made_into:
            line = TraceLine(
                "repack", made.batch, made.on, made.product, made.lot, None, None, made.made, None, made.of_lot
            )
            lines[line] = None
            lines.update(dict.fromkeys(_to_patients(made.product, made.lot, made.dispensed, made.drawn)))
    return iter(lines)


def _to_patients(
    product: str, lot: str, dispensed: Iterable[HandedOver], drawn: Iterable[Drawn]
) -> Iterator[TraceLine]:
    for fill in dispensed:
        yield TraceLine("dispense", fill.dispense, fill.on, product, lot, fill.patient, None, fill.units, None, None)
    for dose in drawn:
        yield TraceLine("draw", dose.draw, dose.on, product, lot, dose.patient, dose.vial, None, dose.volume_ul, None)


def _trace(story: Story, lot_id: int, on: datetime) -> Trace:
    rows = story.movements[lot_id]
    # Derived from the movements that are listed, so that the lines account for what is on hand.
    into = sum(row.units for row in rows if row.to_kind.stocked)
    out = sum(row.units for row in rows if row.from_kind.stocked)
    return Trace(
        lot=rows[0].lot,
        product=rows[0].code,
        received=sum(row.units for row in rows if row.from_kind is PlaceKind.SUPPLIER),
        on_hand=into - out,
        dispensed=_dispensed(story, lot_id, on),
        other=tuple(
            _other(row, on) for row in rows if row.dispense is None and row.from_kind is not PlaceKind.SUPPLIER
        ),
        made_from=tuple(map(made_from, story.ingredients.get(lot_id, ()))),
        made_into=tuple(_made_into(story, story.made_into.get(lot_id, ()), on)),
        drawn=_drawn(story, lot_id, on),
    )


def _not_stock(story: Story, number: str, uses: Iterable[Row[Any]], on: datetime) -> Trace:
    """The story of a powder or a diluent: what was made with it."""
    return Trace(
        lot=number,
        product=None,
        received=0,
        on_hand=0,
        dispensed=(),
        other=(),
        made_from=(),
        made_into=tuple(_made_into(story, uses, on)),
        drawn=(),
    )


def made_from(row: Row[Any]) -> MadeFrom:
    """The ingredient of a row of `ingredient_rows`."""
    return MadeFrom(
        Record.BATCH.number(row.number), row.name, row.code, row.lot_number, row.expires, row.units, row.amount
    )


def _made_into(story: Story, uses: Iterable[Row[Any]], on: datetime) -> Iterator[MadeInto]:
    """Each lot that was made by these uses, followed by those that were made of it."""
    for row in uses:
        yield MadeInto(
            batch=Record.BATCH.number(row.number),
            product=row.code,
            lot=row.lot,
            of_lot=row.of_lot,
            units=row.units,
            amount=row.amount,
            made=row.made,
            on=_day(row, on),
            dispensed=_dispensed(story, row.lot_id, on),
            drawn=_drawn(story, row.lot_id, on),
        )
        yield from _made_into(story, story.made_into.get(row.lot_id, ()), on)


def _other(row: Row[Any], on: datetime) -> OtherMovement:
    numbers = (
        (Record.RETURN, row.return_),
        (Record.VIAL, row.vial),
        (Record.STOCK_ACT, row.stock_act),
        (Record.COUNT, row.count_),
        (Record.BATCH, row.batch),
    )
    return OtherMovement(
        kind=row.kind,
        dispense=row.undone and Record.DISPENSE.number(row.undone),
        units=row.units,
        from_=row.from_,
        to=row.to,
        on=_day(row, on),
        number=next((record.number(number) for record, number in numbers if number is not None), None),
    )


def _dispensed(story: Story, lot_id: int, on: datetime) -> tuple[HandedOver, ...]:
    """One line a dispense, also where it took the lot from two places."""
    rows = [row for row in story.movements.get(lot_id, ()) if row.dispense is not None]
    return tuple(
        HandedOver(
            dispense=Record.DISPENSE.number(number),
            patient=Record.PATIENT.number(movements[0].patient),
            units=sum(row.units for row in movements),
            on=_day(movements[0], on),
        )
        for number, group in groupby(rows, key=lambda row: row.dispense)
        for movements in [list(group)]
    )


def _drawn(story: Story, lot_id: int, on: datetime) -> tuple[Drawn, ...]:
    return tuple(
        Drawn(
            draw=Record.DRAW.number(row.number),
            vial=Record.VIAL.number(row.vial),
            patient=Record.PATIENT.number(row.patient),
            volume_ul=row.volume_ul,
            on=_day(row, on),
        )
        for row in story.draws.get(lot_id, ())
    )


def _day(row: Row[Any], on: datetime) -> date:
    """The day in the pharmacy's own zone."""
    return day_in(row.at, on.tzinfo)
