"""Prescriptions: what was ordered, what became of it, what is left, and whether it can be dispensed today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from dispensary import dispensable, lookup
from dispensary import prescriptions as records
from dispensary.dispensable import Asked
from dispensary.prescriptions import Prescription
from dispensary.reports.disclosed import Disclosed
from dispensary.rules.finding import Finding
from dispensary.rules.grammar import render
from dispensary.rules.life import Act, PrescriptionState
from dispensary.rules.numbers import Record
from dispensary.rules.plan import PhaseRow, phase_rows
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.rules.safety import blocking
from dispensary.rules.supply import Course
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, finding, hand_over_check, prescription_act, unmet_demand
from dispensary.schema.stock import lot, movement

COMING = 6
"""So many coming injections are shown."""


@dataclass(frozen=True, slots=True)
class FilledLot:
    """Units of one lot in a fill."""

    lot: str
    units: int
    expires: date


@dataclass(frozen=True, slots=True)
class FillRow:
    """One hand-over, what came back of it, and what the checks found with the reasons that were given.

    `prescribed_units` is what the whole fill should hold, `completes` the dispense whose owed units
    these are, `checked_by` the second person who scanned it.
    """

    dispense: str
    fill: int
    on: date
    by: str
    product: str
    lots: tuple[FilledLot, ...]
    units: int
    prescribed_units: int
    returned: int
    completes: str | None
    days_supply: int
    next_injection: date
    checked_by: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ActRow:
    """What a person decided about the prescription."""

    act: Act
    on: date
    by: str
    reason: str
    to_pharmacy: str | None


@dataclass(frozen=True, slots=True)
class DemandRow:
    """A fill that could not be handed over for want of stock."""

    on: date
    by: str
    product: str
    units: int
    usable_units: int


@dataclass(frozen=True, slots=True)
class Today:
    """Whether the prescription can be dispensed today: what of, or why not, and from which day it can.

    `findings` are what the checks find today, those that need a reason among them. `earliest` is the
    first day on which it can be dispensed without one, None where only a person can change that.
    """

    possible: bool
    units: int | None
    product: str | None
    why: str
    why_not: tuple[str, ...]
    earliest: date | None
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
    """The whole story of a prescription.

    `units_left` is None for one written in days. `owed_units` of the last fill are still to be
    collected. `coming` are the next injections.
    """

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
    owed_units: int
    product: str | None
    as_written: bool
    state: PrescriptionState
    next_injection: date | None
    coming: tuple[date, ...]
    fills: tuple[FillRow, ...]
    acts: tuple[ActRow, ...]
    unmet: tuple[DemandRow, ...]
    today: Today


_checker = user.alias("checker")
_FILLS = (
    select(dispense, product.c.code, user.c.name.label("by"), _checker.c.name.label("checked_by"))
    .join(product, product.c.id == dispense.c.product_id)
    .join(user, user.c.id == dispense.c.by_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .outerjoin(_checker, _checker.c.id == hand_over_check.c.by_id)
    .where(dispense.c.prescription_id == bindparam("prescription"))
    .order_by(dispense.c.fill)
)
_ACTS = (
    select(prescription_act, user.c.name.label("by"))
    .join(user, user.c.id == prescription_act.c.by_id)
    .where(prescription_act.c.prescription_id == bindparam("prescription"))
    .order_by(prescription_act.c.id)
)
_UNMET = (
    select(unmet_demand, product.c.code, user.c.name.label("by"))
    .join(product, product.c.id == unmet_demand.c.product_id)
    .join(user, user.c.id == unmet_demand.c.by_id)
    .where(unmet_demand.c.prescription_id == bindparam("prescription"))
    .order_by(unmet_demand.c.id)
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


def show_prescription(
    db: Connection, site_id: int, rx: str, *, practice: Practice, on: datetime
) -> Disclosed[PrescriptionDetail]:
    """The prescription of this number: who, what, its fills, and whether it can be dispensed at `on`.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotANumber and NotFound.
    """
    found = records.by_number(db, site_id, rx, today=on.date(), zone=on.tzinfo)
    standing = found.standing
    state = found.states_on(on.date())[0]
    ended = state not in (PrescriptionState.ACTIVE, PrescriptionState.HELD, PrescriptionState.EXHAUSTED)
    detail = PrescriptionDetail(
        rx=found.rx,
        patient=Record.PATIENT.number(found.patient.number),
        patient_name=found.patient.name,
        born=found.patient.born,
        prescriber=Record.PRESCRIBER.number(found.prescriber_number),
        prescriber_name=found.prescriber,
        profession=found.profession,
        form=found.form,
        directions=render(found.directions),
        directions_as_written=found.directions_as_written,
        phases=phase_rows(found.directions),
        indication=found.indication,
        quantity_units=found.quantity_units,
        days=found.days,
        written=found.written,
        valid_until=found.valid_until,
        refills=found.refills,
        refills_left=standing.left.refills,
        units_left=standing.left.units,
        owed_units=standing.owed.units if standing.owed and not ended else 0,
        product=found.product,
        as_written=found.as_written,
        state=state,
        next_injection=standing.next_injection,
        coming=() if ended else _coming(found, on.date()),
        fills=_fills(db, found),
        acts=tuple(
            ActRow(row.act, row.at.astimezone(on.tzinfo).date(), row.by, row.reason, row.to_pharmacy)
            for row in db.execute(_ACTS, {"prescription": found.id})
        ),
        unmet=tuple(
            DemandRow(row.at.astimezone(on.tzinfo).date(), row.by, row.code, row.units, row.usable_units)
            for row in db.execute(_UNMET, {"prescription": found.id})
        ),
        today=_today(db, found, practice, on, site_id),
    )
    return Disclosed(detail, frozenset({found.patient.number}))


def _coming(rx: Prescription, today: date) -> tuple[date, ...]:
    """The next injections, those that the last fill covers among them."""
    supplied = rx.standing.supplied
    start, before = (supplied[-1][0], supplied[:-1]) if supplied else (today, ())
    course = Course(rx.directions, start, before)
    if course.completed:
        return ()
    return tuple(islice((each.on for each in course.injections() if each.on >= today), COMING))


def _fills(db: Connection, found: Prescription) -> tuple[FillRow, ...]:
    given = {"prescription": found.id}
    lots = _by(db.execute(_LOTS, given), "id")
    findings = _by(db.execute(_FINDINGS, given), "dispense_id")
    fills = {fill.id: fill for fill in found.fills}
    return tuple(
        FillRow(
            dispense=Record.DISPENSE.number(row.number),
            fill=row.fill,
            on=fills[row.id].on,
            by=row.by,
            product=row.code,
            lots=tuple(FilledLot(line.number, int(line.units), line.expires) for line in lots[row.id]),
            units=row.units,
            prescribed_units=fills[row.id].prescribed_units,
            returned=fills[row.id].returned,
            completes=None if row.completes_id is None else Record.DISPENSE.number(fills[row.completes_id].number),
            days_supply=row.days_supply,
            next_injection=row.next_injection,
            checked_by=row.checked_by,
            findings=tuple(
                Finding(each.code, each.severity, each.message, each.source or "", each.reason, each.reason_code)
                for each in findings.get(row.id, ())
            ),
        )
        for row in db.execute(_FILLS, given)
    )


def _by(rows: Iterable[Row[Any]], column: str) -> dict[int, list[Row[Any]]]:
    """The rows by a column that they are sorted by."""
    return {key: list(group) for key, group in groupby(rows, key=lambda row: int(getattr(row, column)))}


def _today(db: Connection, rx: Prescription, practice: Practice, on: datetime, site_id: int) -> Today:
    today = on.date()
    decision = dispensable.decide_today(db, rx, Asked(), practice=practice, on=on, site_id=site_id)
    in_the_way = blocking(decision.found)
    why_not = [found.message for found in in_the_way]
    if decision.refusal is not None:
        why_not.append(str(decision.refusal))
    choice = decision.choice
    earliest = rx.standing.earliest_fill(practice.early_refill_percent)
    only_early = choice is not None and all(found.code == "early_refill" for found in in_the_way)
    return Today(
        possible=not why_not,
        units=None if choice is None else choice.supply.units,
        product=None if choice is None else choice.stock.product.code,
        why="" if choice is None else choice.why,
        why_not=tuple(why_not),
        earliest=max(today, earliest or today) if only_early else None,
        findings=decision.found,
    )


def prescriptions(
    db: Connection, site_id: int, on: datetime, patient: str | None = None
) -> Disclosed[tuple[PrescriptionRow, ...]]:
    """All prescriptions, or those of one patient (P12 or identifier), by number; raises NotFound."""
    patient_id = None if patient is None else lookup.patient_by_number(db, site_id, patient).id
    found = list(records.all_of_site(db, site_id, zone=on.tzinfo, patient_id=patient_id))
    return Disclosed(tuple(_row(rx, on.date()) for rx in found), frozenset(rx.patient.number for rx in found))


def _row(rx: Prescription, today: date) -> PrescriptionRow:
    return PrescriptionRow(
        rx=rx.rx,
        patient=Record.PATIENT.number(rx.patient.number),
        prescriber=Record.PRESCRIBER.number(rx.prescriber_number),
        form=rx.form,
        directions=render(rx.directions),
        quantity_units=rx.quantity_units,
        days=rx.days,
        written=rx.written,
        valid_until=rx.valid_until,
        refills=rx.refills,
        refills_left=rx.standing.left.refills,
        state=rx.states_on(today)[0],
        next_injection=rx.standing.next_injection,
    )
