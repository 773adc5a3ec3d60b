"""Entering a prescription."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import Connection, insert

from dispensary import audit, lookup, prescriptions, request
from dispensary.errors import Refused
from dispensary.rules.canonical import added
from dispensary.rules.dates import months_later
from dispensary.rules.grammar import parse, render
from dispensary.rules.life import PrescriptionState
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.plan import PhaseRow, phase_rows
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.rules.quantity import Strength
from dispensary.rules.safety import require_no_slip
from dispensary.rules.sealed import sealed
from dispensary.schema.prescribing import prescription

MOST_DAYS = 366
MOST_UNITS = 1000


class NotAPrescription(Refused):
    """A prescription that cannot be: a date in the wrong order, or too much of something."""

    sentence = "The prescription cannot be entered: {problem}."
    problem: str


@dataclass(frozen=True, slots=True)
class NewPrescription:
    """A prescription to enter; one of `quantity_units` and `days` is what one fill supplies.

    `product` is the code of the product that the prescriber named, and `as_written` whether another
    maker's is refused.
    """

    key: str
    patient: str
    prescriber: str
    form: Form
    directions: str
    quantity_units: int | None
    days: int | None
    refills: int
    written: date
    valid_until: date | None
    indication: str
    product: str | None = added(None)
    as_written: bool = added(False)


@dataclass(frozen=True, slots=True)
class PrescriptionAdded:
    """The number to use in later commands, with what the directions were read as, and what was noticed."""

    rx: str
    patient: str
    prescriber: str
    form: Form
    directions: str
    written: date
    valid_until: date
    refills: int
    phases: tuple[PhaseRow, ...] = ()
    refills_left: int = 0
    fills: tuple[str, ...] = ()
    state: PrescriptionState = PrescriptionState.ACTIVE
    product: str | None = None
    notes: tuple[str, ...] = ()


def prescribe(
    db: Connection, new: NewPrescription, *, practice: Practice, on: datetime, by: Person
) -> PrescriptionAdded:
    """Enter the prescription; without a date it is valid for the months of the practice.

    Raises NotAPrescription, StoppedByChecks (a thousandfold dose), NotFound, PatientErased and what the grammar
    of directions refuses.
    """
    whose = partial(lookup.whose, db, by.site_id, new.patient)
    claimed = request.claim(db, "rx add", new.key, new, on=on, by=by, about=whose)
    if isinstance(claimed, str):
        return request.again(claimed, PrescriptionAdded)
    product_id, strengths = _product(db, new)
    directions = parse(new.directions, strengths)
    require_no_slip(directions, "Nothing was entered")
    patient = lookup.locked_patient(db, by.site_id, new.patient)
    prescriber = lookup.prescriber_by_number(db, by.site_id, new.prescriber)
    valid_until = new.valid_until or months_later(new.written, practice.validity_months)
    _require_order(new, patient.born, valid_until, on.date(), practice)
    active = _active(db, patient.id, on, by)
    head = audit.take(db, by.site_id, "prescriptions")
    told = {
        "form": new.form,
        "directions": render(directions),
        "quantity_units": new.quantity_units,
        "days": new.days,
        "refills": new.refills,
        "written": new.written,
        "valid_until": valid_until,
        "as_written": new.as_written,
    }
    words = {"directions_as_written": new.directions, "indication": new.indication}
    ids = {"patient_id": patient.id, "prescriber_id": prescriber["id"], "product_id": product_id}
    row = {"site_id": by.site_id, "number": head.number, "request_id": claimed}
    db.execute(insert(prescription).values({**row, **ids, **told, **words}))
    added = PrescriptionAdded(
        rx=Record.PRESCRIPTION.number(head.number),
        patient=Record.PATIENT.number(patient.number),
        prescriber=Record.PRESCRIBER.number(prescriber["number"]),
        form=new.form,
        directions=render(directions),
        written=new.written,
        valid_until=valid_until,
        refills=new.refills,
        phases=phase_rows(directions),
        refills_left=new.refills,
        product=new.product,
        notes=active,
    )
    values = {
        **told,
        **{name: sealed(patient.audit_key, name, said) for name, said in words.items()},
        "prescriber": added.prescriber,
        "product": new.product,
    }
    commitment = audit.commitment(patient.audit_key, patient.number)
    audit.record(db, head, audit.Event("rx add", added.rx, new.key, values, patient=commitment), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def _product(db: Connection, new: NewPrescription) -> tuple[int | None, frozenset[Strength]]:
    """The product that the prescriber named, and the strengths in which a dose in mL is read."""
    if new.product is None:
        return None, lookup.strengths_of(db, new.form)
    product_id, product = lookup.product_by_code(db, new.product)
    if product.form is not new.form:
        raise NotAPrescription(problem=f"{product.code} is {product.form} and the form is {new.form}")
    return product_id, frozenset({product.strength})


def _active(db: Connection, patient_id: int, on: datetime, by: Person) -> tuple[str, ...]:
    """A note for each B12 prescription that the patient has already."""
    today = on.date()
    return tuple(
        f"The patient has another active B12 prescription: {other.rx}, {other.form}, {render(other.directions)}."
        for other in prescriptions.all_of_site(db, by.site_id, zone=on.tzinfo, patient_id=patient_id)
        if PrescriptionState.ACTIVE in other.states_on(today)
    )


def _require_order(new: NewPrescription, born: date, valid_until: date, today: date, practice: Practice) -> None:
    longest = months_later(new.written, practice.validity_months)
    problems = {
        f"it was written on {new.written}, after today {today}": new.written > today,
        f"it was written on {new.written}, before the patient was born": new.written < born,
        f"it is valid until {valid_until}, before it was written": valid_until < new.written,
        f"it ended on {valid_until}; ask for a new one": valid_until < today,
        f"it is valid until {valid_until} and may be until {longest} at most": valid_until > longest,
        f"{new.refills} refills are more than {practice.most_refills}": new.refills > practice.most_refills,
        f"{new.quantity_units} units for one fill are more than {MOST_UNITS}": (new.quantity_units or 0) > MOST_UNITS,
        f"{new.days} days for one fill are more than {MOST_DAYS}": (new.days or 0) > MOST_DAYS,
        "a product must be named with --product, where no other may be given": new.as_written and new.product is None,
        "one fill is given either as --quantity or as --days": (new.quantity_units is None) == (new.days is None),
    }
    for problem, is_so in problems.items():
        if is_so:
            raise NotAPrescription(problem=problem)
