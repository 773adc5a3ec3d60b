"""What happened to lots, as supply chains are told of it: where they came from, who got them, what came back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from heapq import merge
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, null, select

from dispensary import lookup
from dispensary.database import streamed
from dispensary.reports.exchange.fills import BATCH
from dispensary.reports.period import Period
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import StockActKind
from dispensary.rules.vial import VialEntryKind
from dispensary.schema.catalogue import pack
from dispensary.schema.compounding import batch
from dispensary.schema.prescribing import dispense, dispense_return
from dispensary.schema.stock import lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial, vial_entry


class Step(StrEnum):
    """What happened."""

    RECEIVED = "received"
    MADE = "made"
    DISPENSED = "dispensed"
    DRAWN = "drawn"
    """A dose out of an opened vial."""
    RETURNED = "returned"
    RESTOCKED = "restocked"
    """Units of a fill that never left."""
    SENT_BACK = "sent back"
    DESTROYED = "destroyed"
    WASTED = "wasted"
    """What was lost or left of an opened vial."""


@dataclass(frozen=True, slots=True)
class ToldUnits:
    """Units of the lot: of a pack by its GTIN, where it was one, with the serial that the pack bore."""

    units: int
    gtin: str | None = None
    of_pack: int | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class ToldStep:
    """What one document did to one lot. `packs` are the product's packs with a GTIN and the units in each.

    What comes out of an opened vial is `volume_ul` and has no parts; all else has parts and no volume.
    """

    step: Step
    number: str
    at: datetime
    product: str
    name: str
    lot: str
    expires: date
    parts: tuple[ToldUnits, ...]
    packs: tuple[tuple[str, int], ...]
    volume_ul: int


_LOT = (lot.c.product_id, lot.c.number.label("lot"), lot.c.expires)
_NO_PACK = (null().label("gtin"), null().label("of_pack"), null().label("serial"))
_MOVED = (movement.c.units, *_NO_PACK, null().label("volume_ul"))
_target = place.alias("target")


def _of_fill(document: Any, at: Any, *where: Any) -> Select[Any]:
    """The movements of a fill, or of what came back of one."""
    return (
        select(document.c.number, at.label("at"), *_LOT, *_MOVED)
        .join(request, request.c.id == document.c.request_id)
        .join(movement, movement.c.request_id == request.c.id)
        .join(lot, lot.c.id == movement.c.lot_id)
        .where(document.c.site_id == bindparam("site"), *where)
        .order_by(at, document.c.id, lot.c.id, movement.c.id)
    )


def _of_act(kind: StockActKind, target: PlaceKind) -> Select[Any]:
    """The movements of such acts to where units leave the pharmacy."""
    return (
        select(stock_act.c.number, stock_act.c.at, *_LOT, *_MOVED)
        .join(movement, movement.c.request_id == stock_act.c.request_id)
        .join(lot, lot.c.id == movement.c.lot_id)
        .join(_target, _target.c.id == movement.c.to_place_id)
        .where(stock_act.c.site_id == bindparam("site"), stock_act.c.kind == kind, _target.c.kind == target)
        .order_by(stock_act.c.at, stock_act.c.id, lot.c.id, movement.c.id)
    )


def _of_vial(taken: Any, number: Any, *where: Any) -> Select[Any]:
    """Volumes that were taken out of opened vials."""
    return (
        select(number.label("number"), taken.c.at, *_LOT, null().label("units"), *_NO_PACK, taken.c.volume_ul)
        .join(vial, vial.c.id == taken.c.vial_id)
        .join(lot, lot.c.id == vial.c.lot_id)
        .where(vial.c.site_id == bindparam("site"), *where)
        .order_by(taken.c.at, vial.c.id, taken.c.id)
    )


_SOURCES: Mapping[Step, tuple[Record, Any, Select[Any]]] = {
    Step.RECEIVED: (
        Record.RECEIPT,
        request.c.at,
        select(
            receipt.c.number,
            request.c.at,
            *_LOT,
            receipt_line.c.units,
            pack.c.gtin,
            pack.c.units.label("of_pack"),
            receipt_line.c.serial,
            null().label("volume_ul"),
        )
        .join(request, request.c.id == receipt.c.request_id)
        .join(receipt_line, receipt_line.c.receipt_id == receipt.c.id)
        .join(lot, lot.c.id == receipt_line.c.lot_id)
        .outerjoin(pack, pack.c.id == receipt_line.c.pack_id)
        .where(receipt.c.site_id == bindparam("site"))
        .order_by(request.c.at, receipt.c.id, lot.c.id, receipt_line.c.id),
    ),
    Step.MADE: (
        Record.BATCH,
        batch.c.at,
        select(batch.c.number, batch.c.at, *_LOT, batch.c.units, *_NO_PACK, null().label("volume_ul"))
        .join(lot, lot.c.id == batch.c.lot_id)
        .where(batch.c.site_id == bindparam("site"))
        .order_by(batch.c.at, batch.c.id),
    ),
    Step.DISPENSED: (Record.DISPENSE, dispense.c.at, _of_fill(dispense, dispense.c.at)),
    Step.DRAWN: (Record.DRAW, draw.c.at, _of_vial(draw, draw.c.number)),
    Step.RETURNED: (
        Record.RETURN,
        request.c.at,
        _of_fill(dispense_return, request.c.at, dispense_return.c.undelivered.is_(False)),
    ),
    Step.RESTOCKED: (
        Record.RETURN,
        request.c.at,
        _of_fill(dispense_return, request.c.at, dispense_return.c.undelivered.is_(True)),
    ),
    Step.SENT_BACK: (Record.STOCK_ACT, stock_act.c.at, _of_act(StockActKind.SEND_BACK, PlaceKind.SUPPLIER)),
    Step.DESTROYED: (Record.STOCK_ACT, stock_act.c.at, _of_act(StockActKind.DESTROY, PlaceKind.WASTE)),
    Step.WASTED: (
        Record.VIAL,
        vial_entry.c.at,
        _of_vial(vial_entry, vial.c.number, vial_entry.c.kind == VialEntryKind.WASTE),
    ),
}


def steps(db: Connection, site_id: int, period: Period, on: datetime) -> Iterator[ToldStep]:
    """All that happened in the period, the oldest first, a thousand rows of each kind at a time in memory."""
    packs: dict[int, tuple[tuple[str, int], ...]] = {}
    for row in db.execute(select(pack).where(pack.c.gtin.is_not(None)).order_by(pack.c.units.desc(), pack.c.gtin)):
        packs[row.product_id] = (*packs.get(row.product_id, ()), (row.gtin, row.units))
    products = lookup.products(db)

    def of(step: Step) -> Iterator[ToldStep]:
        record, at, query = _SOURCES[step]
        found = streamed(db, query.where(*period.where(at, on.tzinfo)), {"site": site_id}, BATCH)
        for _, group in groupby(found, key=lambda row: (row.number, row.at, row.product_id, row.lot)):
            rows = list(group)
            first = rows[0]
            yield ToldStep(
                step=step,
                number=record.number(first.number),
                at=first.at.astimezone(on.tzinfo),
                product=products[first.product_id].code,
                name=products[first.product_id].name,
                lot=first.lot,
                expires=first.expires,
                parts=tuple(_parts(rows)),
                packs=packs.get(first.product_id, ()),
                volume_ul=sum(row.volume_ul or 0 for row in rows),
            )

    return merge(*map(of, Step), key=lambda each: each.at)


def _parts(rows: list[Any]) -> Iterator[ToldUnits]:
    """What has a serial stands alone; the rest is summed."""
    sums: dict[tuple[str | None, int | None], int] = {}
    for row in rows:
        if row.units is None:
            continue
        if row.serial is None:
            sums[row.gtin, row.of_pack] = sums.get((row.gtin, row.of_pack), 0) + row.units
        else:
            yield ToldUnits(row.units, row.gtin, row.of_pack, row.serial)
    for (gtin, of_pack), units in sums.items():
        yield ToldUnits(units, gtin, of_pack)
