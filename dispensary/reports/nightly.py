"""The pharmacy's day in one report: what needs a person, the stock, and what happened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dispensary.audit import Entry
from dispensary.reports.attention import BelowMinimum, Overridden, Seen, sentences
from dispensary.reports.chain import head_of
from dispensary.reports.expiring import ExpiringRow, expiring_of
from dispensary.reports.stock import StockRow, stock, stock_by
from dispensary.reports.unchecked import unchecked
from dispensary.reports.unmet import Unmet, unmet
from dispensary.rules.numbers import Record
from dispensary.rules.product import Form
from dispensary.rules.safety import OTHER
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, dispense_return, finding, prescription
from dispensary.schema.stock import lot, movement, place, receipt, receipt_line
from dispensary.schema.trust import request


@dataclass(frozen=True, slots=True)
class StockGroup:
    """Units of one form, vial size and preservative."""

    form: Form
    fill_ml: Decimal
    preservative: str
    units: int
    usable_units: int


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
class ReceivedLine:
    """Units of a lot that a delivery of the day brought."""

    receipt: str
    product: str
    lot: str
    expires: date
    units: int
    place: str
    by: str


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """How often a finding was overridden on the day, by its code and the code of the reason."""

    code: str
    reason_code: str
    times: int


@dataclass(frozen=True, slots=True)
class Nightly:
    """One pharmacy-local day; the stock and `audit`, the end of the chain, are of the moment of the report.

    The end of the chain, kept elsewhere, shows whether the chain was altered later.
    """

    day: date
    needs_a_person: tuple[str, ...]
    stock: tuple[StockGroup, ...]
    expiring: tuple[ExpiringRow, ...]
    below_minimum: tuple[BelowMinimum, ...]
    dispensed: tuple[DispensedLine, ...]
    returned: tuple[ReturnedLine, ...]
    received: tuple[ReceivedLine, ...]
    overrides: tuple[OverrideCount, ...]
    unmet: tuple[Unmet, ...]
    audit: Entry

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must look at something (exit status 4)."""
        return bool(self.needs_a_person)


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
_OVERRIDDEN = (
    select(
        dispense.c.number,
        finding.c.code,
        finding.c.message,
        finding.c.reason,
        func.coalesce(finding.c.reason_code, OTHER).label("reason_code"),
        user.c.name.label("by"),
    )
    .join(finding, finding.c.dispense_id == dispense.c.id)
    .join(user, user.c.id == dispense.c.by_id)
    .where(
        dispense.c.site_id == bindparam("site"),
        dispense.c.at >= bindparam("start"),
        dispense.c.at < bindparam("end"),
        finding.c.reason.is_not(None),
    )
    .order_by(dispense.c.number, finding.c.id)
)
_OF_THE_DAY = (
    request.c.site_id == bindparam("site"),
    request.c.at >= bindparam("start"),
    request.c.at < bindparam("end"),
)
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
    .where(*_OF_THE_DAY)
    .order_by(dispense_return.c.number, movement.c.id)
)
_RECEIVED = (
    select(
        receipt.c.number,
        product.c.code,
        lot.c.number.label("lot"),
        lot.c.expires,
        receipt_line.c.units,
        place.c.code.label("place"),
        user.c.name.label("by"),
    )
    .join(request, request.c.id == receipt.c.request_id)
    .join(receipt_line, receipt_line.c.receipt_id == receipt.c.id)
    .join(lot, lot.c.id == receipt_line.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == receipt_line.c.place_id)
    .join(user, user.c.id == request.c.by_id)
    .where(*_OF_THE_DAY)
    .order_by(receipt.c.number, receipt_line.c.id)
)
_MINIMA = select(product.c.code, product.c.name, product.c.minimum_units).where(product.c.minimum_units.is_not(None))


MORNING = time(6)
"""Before this hour, by the pharmacy's clock, the day that a report is about is the one that has just ended."""


def reported_day(on: datetime) -> date:
    """The day that a report made at this moment is about, so that a job at 02:00 tells of yesterday."""
    return on.date() - timedelta(days=1) if on.time() < MORNING else on.date()


def nightly(
    db: Connection, site_id: int, on: datetime, day: date | None = None, *, second_check: bool = False
) -> Nightly:
    """What happened on `day` (else the day of `on`), and the stock as it stands at `on`.

    `on` is an aware moment in the pharmacy's own time zone. With `second_check`, fills that no second
    person has scanned need somebody.
    """
    day = on.date() if day is None else day
    start = datetime.combine(day, time.min, on.tzinfo)
    end = datetime.combine(day + timedelta(days=1), time.min, on.tzinfo)
    given = {"site": site_id, "start": start, "end": end}
    rows = stock(db, site_id, on.date())
    below_minimum = _below_minimum(rows, db.execute(_MINIMA))
    answered = db.execute(_OVERRIDDEN, given).all()
    seen = Seen(
        below_minimum=below_minimum,
        overridden=tuple(
            Overridden(Record.DISPENSE.number(row.number), row.message, row.reason, row.by) for row in answered
        ),
        unmet=unmet(db, site_id, start, end),
        unchecked=unchecked(db, site_id, start, end) if second_check else (),
    )
    return Nightly(
        day=day,
        needs_a_person=sentences(rows, seen),
        stock=tuple(StockGroup(**group) for group in stock_by(rows, ("form", "fill_ml", "preservative"))),
        expiring=expiring_of(rows, on.date()),
        below_minimum=below_minimum,
        dispensed=tuple(_dispensed(db.execute(_DISPENSED, given))),
        returned=tuple(
            ReturnedLine(
                Record.RETURN.number(row.number),
                Record.DISPENSE.number(row.dispense),
                row.code,
                row.lot,
                row.units,
                row.place,
                row.reason,
                row.by,
            )
            for row in db.execute(_RETURNED, given)
        ),
        received=tuple(
            ReceivedLine(
                Record.RECEIPT.number(row.number), row.code, row.lot, row.expires, row.units, row.place, row.by
            )
            for row in db.execute(_RECEIVED, given)
        ),
        overrides=_counted(answered),
        unmet=seen.unmet,
        audit=head_of(db, site_id),
    )


def _counted(answered: Iterable[Any]) -> tuple[OverrideCount, ...]:
    counts = Counter((row.code, row.reason_code) for row in answered)
    return tuple(OverrideCount(*codes, times) for codes, times in sorted(counts.items()))


def _below_minimum(rows: Sequence[StockRow], minima: Iterable[Any]) -> tuple[BelowMinimum, ...]:
    """The products with fewer usable units than their minimum, by code; also those with none at all."""
    usable = {group["product"]: group["usable_units"] for group in stock_by(rows, ("product",))}
    below = [
        BelowMinimum(row.code, row.name, row.minimum_units, usable.get(row.code, 0))
        for row in minima
        if usable.get(row.code, 0) < row.minimum_units
    ]
    return tuple(sorted(below, key=lambda found: found.product))


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
