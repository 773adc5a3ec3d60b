"""Calling the patients of a recall: what came of each call."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, bindparam, insert, select, union

from dispensary import audit, lookup, lots, request
from dispensary.errors import Refused
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.recall import Contact
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.recalls import recall_contact
from dispensary.schema.stock import movement
from dispensary.schema.vials import draw, vial


class NotConcerned(Refused):
    """A patient who never got anything of what is recalled."""

    sentence = (
        "{patient} got nothing of what {recall} covers: nothing was written; "
        "`dispensary recall show {recall}` lists who did."
    )
    patient: str
    recall: str


@dataclass(frozen=True, slots=True)
class Called:
    """Whom somebody called because of which recall, and what came of it."""

    key: str
    recall: str
    patient: str
    contact: Contact
    note: str


@dataclass(frozen=True, slots=True)
class ContactNoted:
    """The receipt; the JSON key of the contact is `outcome`, as the option is called."""

    recall: str
    patient: str
    key: str
    outcome: Contact
    note: str


_CONCERNED = union(
    select(prescription.c.patient_id)
    .join(dispense, dispense.c.prescription_id == prescription.c.id)
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .where(movement.c.lot_id.in_(lots.OF_RECALL), prescription.c.patient_id == bindparam("patient")),
    select(draw.c.patient_id)
    .join(vial, vial.c.id == draw.c.vial_id)
    .where(vial.c.lot_id.in_(lots.OF_RECALL), draw.c.patient_id == bindparam("patient")),
)


def note_contact(db: Connection, order: Called, *, on: datetime, by: Person) -> ContactNoted:
    """Append what came of the call. Raises NotFound, PatientErased, NamesThePatient, RecallWithdrawn, NotConcerned."""
    whose = partial(lookup.whose, db, by.site_id, order.patient)
    claimed = request.claim(db, "recall contact", order.key, order, on=on, by=by, about=whose)
    if isinstance(claimed, str):
        return request.again(claimed, ContactNoted)
    row = lots.recall_by_number(db, by.site_id, order.recall)
    lots.require_open(row, on)
    # An erasure of the patient waits for the call, or the call for it.
    patient = lookup.locked_patient(db, by.site_id, order.patient)
    patient.require_nameless("note", order.note)
    noted = ContactNoted(
        recall=Record.RECALL.number(row.number),
        patient=Record.PATIENT.number(patient.number),
        key=order.key,
        outcome=order.contact,
        note=order.note,
    )
    if db.execute(_CONCERNED, {"recall": row.id, "patient": patient.id}).first() is None:
        raise NotConcerned(patient=noted.patient, recall=noted.recall)
    db.execute(
        insert(recall_contact).values(
            recall_id=row.id,
            patient_id=patient.id,
            request_id=claimed,
            contact=order.contact,
            note=order.note,
            at=on,
            by_id=by.user_id,
        )
    )
    commitment = audit.commitment(patient.audit_key, patient.number)
    values = {"contact": order.contact, "note": order.note}
    event = audit.Event("recall contact", noted.recall, order.key, values, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, noted)
    return noted
