"""Entering a prescription."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert

from dispensary import audit, lookup, request
from dispensary.errors import Refused
from dispensary.rules.directions import parse, render
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.product import Form
from dispensary.rules.safety import StoppedByChecks, thousandfold
from dispensary.schema.prescribing import prescription

MOST_REFILLS = 99
MOST_DAYS = 366
MOST_UNITS = 1000


class NotAPrescription(Refused):
    """A prescription that cannot be: a date in the wrong order, or too much of something."""

    sentence = "The prescription cannot be entered: {problem}."
    problem: str


@dataclass(frozen=True, slots=True)
class NewPrescription:
    """A prescription to enter; one of `quantity_units` and `days` is what one fill supplies."""

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


@dataclass(frozen=True, slots=True)
class PrescriptionAdded:
    """The number to use in later commands, with what the directions were read as."""

    rx: str
    patient: str
    prescriber: str
    form: Form
    directions: str
    written: date
    valid_until: date
    refills: int


def default_validity(written: date) -> date:
    """The last day of validity where the prescriber gives none: one year.

    Norway: forskrift 2022-06-02-977 § 4-4. United States: state law, for non-controlled medicines
    usually one year.
    """
    try:
        return written.replace(year=written.year + 1)
    except ValueError:
        return written.replace(year=written.year + 1, day=28)


def prescribe(db: Connection, new: NewPrescription, *, on: datetime, by: Person) -> PrescriptionAdded:
    """Enter the prescription.

    Raises NotAPrescription, StoppedByChecks (a thousandfold dose), NotFound and what the grammar of
    directions refuses.
    """
    claimed = request.claim(db, "rx add", new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PrescriptionAdded)
    directions = parse(new.directions)
    slips = tuple(thousandfold(directions))
    if slips:
        raise StoppedByChecks(
            messages=" ".join(slip.message for slip in slips), findings=slips, outcome="Nothing was entered"
        )
    patient = lookup.patient_by_number(db, by.site_id, new.patient)
    prescriber = lookup.prescriber_by_number(db, by.site_id, new.prescriber)
    valid_until = new.valid_until or default_validity(new.written)
    _require_order(new, patient.born, valid_until, on.date())
    head = audit.take(db, by.site_id, "prescriptions")
    number = head.number
    db.execute(
        insert(prescription).values(
            site_id=by.site_id,
            number=number,
            request_id=claimed,
            patient_id=patient.id,
            prescriber_id=prescriber["id"],
            form=new.form,
            directions=render(directions),
            directions_as_written=new.directions,
            quantity_units=new.quantity_units,
            days=new.days,
            refills=new.refills,
            written=new.written,
            valid_until=valid_until,
            indication=new.indication,
        )
    )
    added = PrescriptionAdded(
        rx=Record.PRESCRIPTION.number(number),
        patient=Record.PATIENT.number(patient.number),
        prescriber=Record.PRESCRIBER.number(prescriber["number"]),
        form=new.form,
        directions=render(directions),
        written=new.written,
        valid_until=valid_until,
        refills=new.refills,
    )
    values = {
        "prescriber": added.prescriber,
        "form": added.form,
        "directions": added.directions,
        "quantity_units": new.quantity_units,
        "days": new.days,
        "refills": new.refills,
        "written": new.written,
        "valid_until": valid_until,
    }
    commitment = audit.commitment(patient.audit_key, patient.number)
    audit.record(db, head, audit.Event("rx add", added.rx, new.key, values, patient=commitment), on=on, by=by)
    request.keep(db, claimed, added)
    return added


def _require_order(new: NewPrescription, born: date, valid_until: date, today: date) -> None:
    problems = {
        f"it was written on {new.written}, after today {today}": new.written > today,
        f"it was written on {new.written}, before the patient was born": new.written < born,
        f"it is valid until {valid_until}, before it was written": valid_until < new.written,
        f"it ended on {valid_until}; ask for a new one": valid_until < today,
        f"{new.refills} refills are more than {MOST_REFILLS}": new.refills > MOST_REFILLS,
        f"{new.quantity_units} units for one fill are more than {MOST_UNITS}": (new.quantity_units or 0) > MOST_UNITS,
        f"{new.days} days for one fill are more than {MOST_DAYS}": (new.days or 0) > MOST_DAYS,
        "one fill is given either as --quantity or as --days": (new.quantity_units is None) == (new.days is None),
    }
    for problem, is_so in problems.items():
        if is_so:
            raise NotAPrescription(problem=problem)
