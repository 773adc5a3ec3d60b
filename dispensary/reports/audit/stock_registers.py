"""The registers of dispensing, receiving and destruction: a line for each change, with what was left afterwards.

A controlled environment expects of such a register who, when, what, which lot, how much, with whom as a witness, why,
and the balance after each line, as the records of controlled substances have it (21 CFR 1304.22). Rows come one at a
time: a register of ten years holds no more in memory than one of a day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from heapq import merge
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, select

from dispensary.database import streamed
from dispensary.reports.period import Period
from dispensary.rules.moments import on_both_clocks
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.vial import VialEntryKind
from dispensary.schema.catalogue import product
from dispensary.schema.compounding import batch
from dispensary.schema.people import patient, prescriber, user
from dispensary.schema.prescribing import dispense, dispense_return, hand_over_check, prescription
from dispensary.schema.stock import lot, movement, place, receipt, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial, vial_entry

BATCH = 2000
"""Rows fetched at a time."""


class StockRegister(StrEnum):
    """What a register of stock tells."""

    DISPENSING = "dispensing"
    """What patients got, as units and as doses out of opened vials, and what came back of it."""
    RECEIVING = "receiving"
    """What came from suppliers or was made here, and what went back to suppliers."""
    DESTRUCTION = "destruction"
    """Units that were destroyed, and what was left in opened vials."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A line: in UTC and by the pharmacy's clock. Units are as they change the stock, so what leaves it is below 0.

    `balance` is what the pharmacy has of the product after the line, in units, wherever it stands, held and
    recalled ones included; acts of other registers come between. A dose or a rest out of an opened vial is in
    `volume_ul`, below 0 as well, and changes no balance: its unit left the stock when it was opened.
    """

    at: str
    local: str
    act: str
    number: str
    product: str
    lot: str
    expires: date
    units: int
    balance: int
    volume_ul: int
    place: str
    patient: str | None
    rx: str | None
    prescriber: str | None
    by: str
    second: str | None
    """Who checked or witnessed it."""
    reason: str | None


_STOCKED = [kind for kind in PlaceKind if kind.stocked]

_source, _target = place.alias("source"), place.alias("target")
_fill, _witness, _checker = dispense.alias("fill"), user.alias("witness"), user.alias("checker")
_CHANGE = case((_target.c.kind.in_(_STOCKED), movement.c.units), else_=0) - case(
    (_source.c.kind.in_(_STOCKED), movement.c.units), else_=0
)
_MOVED = (
    movement.join(request, request.c.id == movement.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .join(_target, _target.c.id == movement.c.to_place_id)
)
_BEFORE = (
    select(lot.c.product_id, func.sum(_CHANGE).label("units"))
    .select_from(_MOVED)
    .where(request.c.site_id == bindparam("site"), movement.c.at < bindparam("begins", type_=movement.c.at.type))
    .group_by(lot.c.product_id)
)
_OF_FILL = (
    _MOVED.join(product, product.c.id == lot.c.product_id)
    .join(user, user.c.id == movement.c.by_id)
    .outerjoin(dispense, dispense.c.request_id == request.c.id)
    .outerjoin(dispense_return, dispense_return.c.request_id == request.c.id)
    .outerjoin(_fill, _fill.c.id == func.coalesce(dispense.c.id, dispense_return.c.dispense_id))
    .outerjoin(prescription, prescription.c.id == _fill.c.prescription_id)
    .outerjoin(patient, patient.c.id == prescription.c.patient_id)
    .outerjoin(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .outerjoin(receipt, receipt.c.request_id == request.c.id)
    .outerjoin(stock_act, stock_act.c.request_id == request.c.id)
    .outerjoin(batch, batch.c.request_id == request.c.id)
    .outerjoin(_checker, _checker.c.id == func.coalesce(hand_over_check.c.by_id, batch.c.checked_by_id))
    .outerjoin(_witness, _witness.c.id == stock_act.c.witness_id)
)
_MOVEMENTS = (
    select(
        movement.c.at,
        movement.c.id,
        request.c.kind.label("act"),
        product.c.id.label("product_id"),
        product.c.code,
        lot.c.number.label("lot"),
        lot.c.expires,
        _CHANGE.label("change"),
        _source.c.kind.label("source"),
        _target.c.kind.label("target"),
        case((_target.c.kind.in_(_STOCKED), _target.c.code), else_=_source.c.code).label("place"),
        dispense.c.number.label("dispense"),
        dispense_return.c.number.label("dispense_return"),
        receipt.c.number.label("receipt"),
        stock_act.c.number.label("stock_act"),
        batch.c.number.label("batch"),
        prescription.c.number.label("rx"),
        patient.c.number.label("patient"),
        prescriber.c.number.label("prescriber"),
        user.c.name.label("by"),
        func.coalesce(_checker.c.name, _witness.c.name).label("second"),
        func.coalesce(stock_act.c.reason, dispense_return.c.reason).label("reason"),
    )
    .select_from(_OF_FILL)
    .where(request.c.site_id == bindparam("site"))
    .order_by(movement.c.at, movement.c.id)
)
_OF_VIAL = (
    vial_entry.join(vial, vial.c.id == vial_entry.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == vial.c.place_id)
    .join(user, user.c.id == vial_entry.c.by_id)
    .join(request, request.c.id == vial_entry.c.request_id)
    .outerjoin(draw, and_(draw.c.request_id == vial_entry.c.request_id, vial_entry.c.kind == VialEntryKind.DRAW))
    .outerjoin(prescription, prescription.c.id == draw.c.prescription_id)
    .outerjoin(patient, patient.c.id == draw.c.patient_id)
    .outerjoin(prescriber, prescriber.c.id == prescription.c.prescriber_id)
)
_VOLUMES = (
    select(
        vial_entry.c.at,
        vial_entry.c.id,
        vial_entry.c.volume_ul,
        vial_entry.c.reason,
        request.c.kind.label("act"),
        product.c.id.label("product_id"),
        product.c.code,
        lot.c.number.label("lot"),
        lot.c.expires,
        place.c.code.label("place"),
        vial.c.number.label("vial"),
        draw.c.number.label("draw"),
        draw.c.reason.label("unprescribed"),
        prescription.c.number.label("rx"),
        patient.c.number.label("patient"),
        prescriber.c.number.label("prescriber"),
        user.c.name.label("by"),
    )
    .select_from(_OF_VIAL)
    .where(vial.c.site_id == bindparam("site"))
    .order_by(vial_entry.c.at, vial_entry.c.id)
)
_ENTRIES = {StockRegister.DISPENSING: VialEntryKind.DRAW, StockRegister.DESTRUCTION: VialEntryKind.WASTE}


def stock_register(
    db: Connection, site_id: int, register: StockRegister, period: Period, on: datetime
) -> Iterator[RegisterRow]:
    """The lines of the period, the oldest first; days are those of the zone of `on`."""
    zone = on.tzinfo
    balances: dict[int, int] = {}
    if (begins := period.begins(zone)) is not None:
        found = db.execute(_BEFORE, {"site": site_id, "begins": begins})
        balances = {row.product_id: int(row.units) for row in found}
    moved = streamed(db, _MOVEMENTS.where(*period.where(movement.c.at, zone)), {"site": site_id}, BATCH)
    entry = _ENTRIES.get(register)
    volumes: Iterable[Any] = ()
    if entry is not None:
        query = _VOLUMES.where(vial_entry.c.kind == entry, *period.where(vial_entry.c.at, zone))
        volumes = streamed(db, query, {"site": site_id}, BATCH)
    for row in merge(moved, volumes, key=attrgetter("at")):
        if "volume_ul" in row._fields:
            yield _volume(row, balances, on)
            continue
        balances[row.product_id] = balances.get(row.product_id, 0) + row.change
        if _belongs(row, register):
            yield _moved(row, balances, on)


def _belongs(row: Any, register: StockRegister) -> bool:
    """Whether the movement is one of the register: what a batch was made of is none of receiving."""
    match register:
        case StockRegister.DISPENSING:
            return PlaceKind.PATIENTS in (row.source, row.target)
        case StockRegister.RECEIVING:
            return PlaceKind.SUPPLIER in (row.source, row.target) or row.source is PlaceKind.COMPOUNDING
    return row.target is PlaceKind.WASTE


def _moved(row: Any, balances: dict[int, int], on: datetime) -> RegisterRow:
    numbers = {
        Record.DISPENSE: row.dispense,
        Record.RETURN: row.dispense_return,
        Record.RECEIPT: row.receipt,
        Record.STOCK_ACT: row.stock_act,
        Record.BATCH: row.batch,
    }
    return RegisterRow(
        *on_both_clocks(row.at, on.tzinfo),
        act=row.act,
        number=next((kind.number(number) for kind, number in numbers.items() if number is not None), ""),
        product=row.code,
        lot=row.lot,
        expires=row.expires,
        units=row.change,
        balance=balances[row.product_id],
        volume_ul=0,
        place=row.place,
        patient=_named(Record.PATIENT, row.patient),
        rx=_named(Record.PRESCRIPTION, row.rx),
        prescriber=_named(Record.PRESCRIBER, row.prescriber),
        by=row.by,
        second=row.second,
        reason=row.reason,
    )


def _volume(row: Any, balances: dict[int, int], on: datetime) -> RegisterRow:
    number = Record.VIAL.number(row.vial) if row.draw is None else Record.DRAW.number(row.draw)
    return RegisterRow(
        *on_both_clocks(row.at, on.tzinfo),
        act=row.act,
        number=number,
        product=row.code,
        lot=row.lot,
        expires=row.expires,
        units=0,
        balance=balances.get(row.product_id, 0),
        volume_ul=-row.volume_ul,
        place=row.place,
        patient=_named(Record.PATIENT, row.patient),
        rx=_named(Record.PRESCRIPTION, row.rx),
        prescriber=_named(Record.PRESCRIBER, row.prescriber),
        by=row.by,
        second=None,
        reason=row.reason if row.draw is None else row.unprescribed,
    )


def _named(kind: Record, number: int | None) -> str | None:
    return None if number is None else kind.number(number)
