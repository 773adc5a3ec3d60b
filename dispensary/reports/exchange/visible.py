"""What happened to lots, as supply chains are told of it: received, made, dispensed and destroyed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from heapq import merge
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, null, select

from dispensary import lookup
from dispensary.reports.exchange.fills import BATCH
from dispensary.reports.exchange.period import Period
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.catalogue import pack
from dispensary.schema.compounding import batch
from dispensary.schema.prescribing import dispense
from dispensary.schema.stock import lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request


class Step(StrEnum):
    """What happened."""

    RECEIVED = "received"
    MADE = "made"
    DISPENSED = "dispensed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class ToldUnits:
    """Units of the lot: of a pack by its GTIN, where it was one, with the serial that the pack bore."""

    units: int
    gtin: str | None = None
    of_pack: int | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class ToldStep:
    """What one document did to one lot. `packs` are the product's packs with a GTIN and the units in each."""

    step: Step
    number: str
    at: datetime
    product: str
    name: str
    lot: str
    expires: date
    parts: tuple[ToldUnits, ...]
    packs: tuple[tuple[str, int], ...]


_LOT = (lot.c.product_id, lot.c.number.label("lot"), lot.c.expires)
_OWN = (null().label("gtin"), null().label("of_pack"), null().label("serial"))
_waste = place.alias("waste")
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
        select(batch.c.number, batch.c.at, *_LOT, batch.c.units, *_OWN)
        .join(lot, lot.c.id == batch.c.lot_id)
        .where(batch.c.site_id == bindparam("site"))
        .order_by(batch.c.at, batch.c.id),
    ),
    Step.DISPENSED: (
        Record.DISPENSE,
        dispense.c.at,
        select(dispense.c.number, dispense.c.at, *_LOT, movement.c.units, *_OWN)
        .join(movement, movement.c.request_id == dispense.c.request_id)
        .join(lot, lot.c.id == movement.c.lot_id)
        .where(dispense.c.site_id == bindparam("site"))
        .order_by(dispense.c.at, dispense.c.id, lot.c.id, movement.c.id),
    ),
    Step.DESTROYED: (
        Record.STOCK_ACT,
        stock_act.c.at,
        select(stock_act.c.number, stock_act.c.at, *_LOT, movement.c.units, *_OWN)
        .join(movement, movement.c.request_id == stock_act.c.request_id)
        .join(lot, lot.c.id == movement.c.lot_id)
        .join(_waste, _waste.c.id == movement.c.to_place_id)
        .where(
            stock_act.c.site_id == bindparam("site"),
            stock_act.c.kind == StockActKind.DESTROY,
            _waste.c.kind == PlaceKind.WASTE,
        )
        .order_by(stock_act.c.at, stock_act.c.id, lot.c.id, movement.c.id),
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
        found = db.execute(query.where(period.holds(at, on)), {"site": site_id}, execution_options={"yield_per": BATCH})
        for _, group in groupby(found, key=lambda row: (row.number, row.product_id, row.lot)):
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
            )

    return merge(*map(of, Step), key=lambda each: each.at)


def _parts(rows: list[Any]) -> Iterator[ToldUnits]:
    """What has a serial stands alone; the rest is summed."""
    sums: dict[tuple[str | None, int | None], int] = {}
    for row in rows:
        if row.serial is None:
            sums[row.gtin, row.of_pack] = sums.get((row.gtin, row.of_pack), 0) + row.units
        else:
            yield ToldUnits(row.units, row.gtin, row.of_pack, row.serial)
    for (gtin, of_pack), units in sums.items():
        yield ToldUnits(units, gtin, of_pack)
