"""What patients got and brought back on a day, line by line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import lot, movement, place
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial

Day = Mapping[str, object]
"""The `site`, and the moments of `start` and `end`."""


@dataclass(frozen=True, slots=True)
class LotUnits:
    """Units of one lot."""

    lot: str
    units: int


@dataclass(frozen=True, slots=True)
class DispensedLine:
    """A fill of the day. The patient is a number here, because the report is printed and left lying."""

    dispense: str
    rx: str
    patient: str
    product: str
    lots: tuple[LotUnits, ...]
    units: int
    by: str


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """Units of a lot that came back on the day."""

    return_: str
    dispense: str
    product: str
    lot: str
    units: int
    place: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A dose that was drawn out of a vial on the day; a prescription is not always there."""

    draw: str
    vial: str
    rx: str | None
    patient: str
    product: str
    lot: str
    dose_mcg: int
    volume_ul: int
    by: str


_DISPENSED = (
    select(
        dispense.c.number,
        prescription.c.number.label("rx"),
        patient.c.number.label("patient"),
        product.c.code,
        lot.c.number.label("lot"),
        movement.c.units,
        user.c.name.label("by"),
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(product, product.c.id == dispense.c.product_id)
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(user, user.c.id == dispense.c.by_id)
    .where(
        dispense.c.site_id == bindparam("site"),
        dispense.c.at >= bindparam("start"),
        dispense.c.at < bindparam("end"),
    )
    .order_by(dispense.c.number, movement.c.id)
)
OF_THE_DAY = (
    request.c.site_id == bindparam("site"),
    request.c.at >= bindparam("start"),
    request.c.at < bindparam("end"),
)
"""The requests of the day."""
_RETURNED = (
    select(
        dispense_return.c.number,
        dispense.c.number.label("dispense"),
        product.c.code,
        lot.c.number.label("lot"),
        movement.c.units,
        place.c.code.label("place"),
        dispense_return.c.reason,
        user.c.name.label("by"),
    )
    .join(dispense, dispense.c.id == dispense_return.c.dispense_id)
    .join(request, request.c.id == dispense_return.c.request_id)
    .join(movement, movement.c.request_id == request.c.id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == movement.c.to_place_id)
    .join(user, user.c.id == request.c.by_id)
    .where(*OF_THE_DAY)
    .order_by(dispense_return.c.number, movement.c.id)
)
_DRAWN = (
    select(
        draw.c.number,
        vial.c.number.label("vial"),
        prescription.c.number.label("rx"),
        patient.c.number.label("patient"),
        product.c.code,
        lot.c.number.label("lot"),
        draw.c.dose_mcg,
        draw.c.volume_ul,
        user.c.name.label("by"),
    )
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .outerjoin(prescription, prescription.c.id == draw.c.prescription_id)
    .join(user, user.c.id == draw.c.by_id)
    .where(draw.c.site_id == bindparam("site"), draw.c.at >= bindparam("start"), draw.c.at < bindparam("end"))
    .order_by(draw.c.number)
)


def rows_of(db: Connection, statement: Select[Any], day: Day) -> Iterable[Any]:
    """The rows of the statement on that day."""
    return db.execute(statement, day)


def dispensed(db: Connection, day: Day) -> tuple[DispensedLine, ...]:
    """The fills, by number."""
    return tuple(_dispensed(rows_of(db, _DISPENSED, day)))


def drawn(db: Connection, day: Day) -> tuple[DrawnLine, ...]:
    """The doses out of vials, by number."""
    return tuple(
        DrawnLine(
            Record.DRAW.number(row.number),
            Record.VIAL.number(row.vial),
            row.rx and Record.PRESCRIPTION.number(row.rx),
            Record.PATIENT.number(row.patient),
            *row[4:],
        )
        for row in rows_of(db, _DRAWN, day)
    )


def returned(db: Connection, day: Day) -> tuple[ReturnedLine, ...]:
    """What came back, by number."""
    return tuple(
        ReturnedLine(Record.RETURN.number(row.number), Record.DISPENSE.number(row.dispense), *row[2:])
        for row in rows_of(db, _RETURNED, day)
    )


def _dispensed(rows: Iterable[Any]) -> Iterable[DispensedLine]:
    for number, group in groupby(rows, key=lambda row: row.number):
        movements = list(group)
        first = movements[0]
        lots: dict[str, int] = {}
        for row in movements:
            lots[row.lot] = lots.get(row.lot, 0) + row.units
        yield DispensedLine(
            dispense=Record.DISPENSE.number(number),
            rx=Record.PRESCRIPTION.number(first.rx),
            patient=Record.PATIENT.number(first.patient),
            product=first.code,
            lots=tuple(LotUnits(name, units) for name, units in lots.items()),
            units=sum(lots.values()),
            by=first.by,
        )
