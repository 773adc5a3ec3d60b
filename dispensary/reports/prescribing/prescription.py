"""Prescriptions: what was ordered, what became of it, what is left, and whether it can be dispensed today."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlalchemy import Connection

from dispensary import dispensable, lookup
from dispensary import prescriptions as records
from dispensary.dispensable import Asked
from dispensary.prescriptions import Prescription
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.prescribing import prescription_story as story
from dispensary.reports.prescribing.prescription_story import ActRow, DemandRow, DrawRow, FillRow
from dispensary.rules.course import Course
from dispensary.rules.finding import Finding
from dispensary.rules.grammar import render
from dispensary.rules.life import PrescriptionState
from dispensary.rules.numbers import Record
from dispensary.rules.plan import PhaseRow, phase_rows
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.rules.safety import blocking

COMING = 6
"""So many coming injections are shown."""


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
    born: date | None
    """None where the patient was erased."""
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
    draws: tuple[DrawRow, ...]
    acts: tuple[ActRow, ...]
    unmet: tuple[DemandRow, ...]
    today: Today


def show_prescription(
    db: Connection, site_id: int, rx: str, *, practice: Practice, on: datetime
) -> Disclosed[PrescriptionDetail]:
    """The prescription of this number: who, what, its fills, and whether it can be dispensed at `on`.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotANumber and NotFound.
    """
    found = records.by_number(db, site_id, rx, today=on.date(), zone=on.tzinfo)
    standing = found.standing
    state = found.states_on(on.date())[0]
    detail = PrescriptionDetail(
        rx=found.rx,
        patient=Record.PATIENT.number(found.patient.number),
        patient_name=found.patient.name,
        born=None if found.patient.erased_at else found.patient.born,
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
        owed_units=standing.owed.units if standing.owed and not state.is_over else 0,
        product=found.product,
        as_written=found.as_written,
        state=state,
        next_injection=standing.next_injection,
        coming=() if state.is_over else _coming(found, on.date()),
        fills=story.fills(db, found),
        draws=story.draws(db, found, on.tzinfo),
        acts=story.acts(db, found, on.tzinfo),
        unmet=story.unmet(db, found, on.tzinfo),
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
    patient_id = None if patient is None else lookup.patient_by_number(db, site_id, patient, erased_too=True).id
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
