"""Prescriptions: what was ordered, what was handed over against it, and what is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from dispensary import lookup
from dispensary.reports.disclosed import Disclosed
from dispensary.rules.directions import render
from dispensary.rules.numbers import Record
from dispensary.rules.product import Form, Route
from dispensary.rules.refills import PrescriptionState, left, states_on
from dispensary.rules.safety import Finding
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient as patients
from dispensary.schema.people import prescriber
from dispensary.schema.prescribing import dispense, finding, prescription
from dispensary.schema.stock import lot, movement


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One dose by one route at one interval, such as `every 2 to 3 days`."""

    dose_mcg: int
    route: Route
    interval: str


@dataclass(frozen=True, slots=True)
class FilledLot:
    """Units of one lot in a fill."""

    lot: str
    units: int
    expires: date


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill, what came back of it, and what the checks found with the reasons that were given."""

    dispense: str
    fill: int
    on: date
    product: str
    lots: tuple[FilledLot, ...]
    units: int
    returned: int
    days_supply: int
    next_injection: date
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PrescriptionRow:
    """A prescription in a list. One of `quantity_units` and `days` is what a fill supplies."""

    rx: str
    patient: str
    prescriber: str
    form: Form
    directions: str
    quantity_units: int | None
    days: int | None
    written: date
    valid_until: date
    refills: int
    refills_left: int
    state: PrescriptionState
    next_injection: date | None


@dataclass(frozen=True, slots=True)
class PrescriptionDetail:
    """A prescription with its people and its fills. `units_left` is None for one written in days."""

    rx: str
    patient: str
    patient_name: str
    born: date
    prescriber: str
    prescriber_name: str
    profession: str
    form: Form
    directions: str
    directions_as_written: str
    phases: tuple[PhaseRow, ...]
    indication: str
    quantity_units: int | None
    days: int | None
    written: date
    valid_until: date
    refills: int
    refills_left: int
    units_left: int | None
    state: PrescriptionState
    next_injection: date | None
    fills: tuple[FillRow, ...]


_FILLS = (
    select(dispense, product.c.code)
    .join(product, product.c.id == dispense.c.product_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .order_by(dispense.c.fill)
)
_LOTS = (
    select(dispense.c.id, lot.c.number, lot.c.expires, func.sum(movement.c.units).label("units"))
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .group_by(dispense.c.id, lot.c.id)
    .order_by(dispense.c.id, func.min(movement.c.id))
)
_FINDINGS = (
    select(finding)
    .join(dispense, dispense.c.id == finding.c.dispense_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .order_by(finding.c.dispense_id, finding.c.id)
)
_LIST = (
    select(
        prescription,
        patients.c.number.label("patient"),
        prescriber.c.number.label("prescriber"),
    )
    .join(patients, patients.c.id == prescription.c.patient_id)
    .join(prescriber, prescriber.c.id == prescription.c.prescriber_id)
    .where(prescription.c.site_id == bindparam("site"))
    .order_by(prescription.c.number)
)
_FILLED = (
    select(dispense.c.prescription_id, *lookup.FILL_COLUMNS)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .where(dispense.c.site_id == bindparam("site"))
    .order_by(dispense.c.prescription_id, dispense.c.fill)
)


def show_prescription(db: Connection, site_id: int, rx: str, on: datetime) -> Disclosed[PrescriptionDetail]:
    """The prescription of this number with all of its fills.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotANumber and NotFound.
    """
    found = lookup.prescription_by_number(db, site_id, rx)
    detail = PrescriptionDetail(
        rx=Record.PRESCRIPTION.number(found.number),
        patient=Record.PATIENT.number(found.patient.number),
        patient_name=found.patient.name,
        born=found.patient.born,
        prescriber=Record.PRESCRIBER.number(found.prescriber_number),
        prescriber_name=found.prescriber,
        profession=found.profession,
        form=found.form,
        directions=render(found.directions),
        directions_as_written=found.directions_as_written,
        phases=tuple(PhaseRow(phase.dose.mcg, phase.route, str(phase.interval)) for phase in found.directions.phases),
        indication=found.indication,
        quantity_units=found.quantity_units,
        days=found.days,
        written=found.written,
        valid_until=found.valid_until,
        refills=found.refills,
        refills_left=found.left.refills,
        units_left=found.left.units,
        state=states_on(found.valid_until, found.left.fills, on.date())[0],
        next_injection=found.next_injection,
        fills=_fills(db, found, on),
    )
    return Disclosed(detail, frozenset({found.patient.number}))


def _fills(db: Connection, found: lookup.Prescription, on: datetime) -> tuple[FillRow, ...]:
    given = {"prescription": found.id}
    lots = _by(db.execute(_LOTS, given), "id")
    findings = _by(db.execute(_FINDINGS, given), "dispense_id")
    returned = {fill.id: int(fill.returned) for fill in found.fills}
    return tuple(
        FillRow(
            dispense=Record.DISPENSE.number(row.number),
            fill=row.fill,
            on=row.at.astimezone(on.tzinfo).date(),
            product=row.code,
            lots=tuple(FilledLot(line.number, int(line.units), line.expires) for line in lots[row.id]),
            units=row.units,
            returned=returned[row.id],
            days_supply=row.days_supply,
            next_injection=row.next_injection,
            findings=tuple(
                Finding(each.code, each.severity, each.message, each.reason) for each in findings.get(row.id, ())
            ),
        )
        for row in db.execute(_FILLS, given)
    )


def _by(rows: Iterable[Row[Any]], column: str) -> dict[int, list[Row[Any]]]:
    """The rows by a column that they are sorted by."""
    return {key: list(group) for key, group in groupby(rows, key=lambda row: int(getattr(row, column)))}


def prescriptions(
    db: Connection, site_id: int, today: date, patient: str | None = None
) -> Disclosed[tuple[PrescriptionRow, ...]]:
    """All prescriptions, or those of one patient (P12 or identifier), by number; raises NotFound."""
    listed, filled = _LIST, _FILLED
    if patient is not None:
        of_patient = prescription.c.patient_id == lookup.patient_by_number(db, site_id, patient).id
        listed, filled = listed.where(of_patient), filled.where(of_patient)
    rows = db.execute(listed, {"site": site_id}).all()
    fills = _by(db.execute(filled, {"site": site_id}), "prescription_id")
    return Disclosed(
        tuple(_row(row, fills.get(row.id, []), today) for row in rows), frozenset(row.patient for row in rows)
    )


def _row(row: Row[Any], fills: list[Row[Any]], today: date) -> PrescriptionRow:
    remaining = left(row.quantity_units, row.refills, lookup.handed_over(fills))
    return PrescriptionRow(
        rx=Record.PRESCRIPTION.number(row.number),
        patient=Record.PATIENT.number(row.patient),
        prescriber=Record.PRESCRIBER.number(row.prescriber),
        form=row.form,
        directions=row.directions,
        quantity_units=row.quantity_units,
        days=row.days,
        written=row.written,
        valid_until=row.valid_until,
        refills=row.refills,
        refills_left=remaining.refills,
        state=states_on(row.valid_until, remaining.fills, today)[0],
        next_injection=lookup.first_uncovered(fills),
    )
