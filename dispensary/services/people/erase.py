"""Erasing a patient: all that the record says about a person goes, with the key; movements and documents stay."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, func, select, union, union_all, update

from dispensary import audit, lookup, prescriptions, request
from dispensary.lookup import Patient
from dispensary.rules import erasure
from dispensary.rules.erasure import AlreadyErased, NotErasable
from dispensary.rules.life import PrescriptionState
from dispensary.rules.lot_life import LotAct
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Language, Person
from dispensary.rules.practice import Practice
from dispensary.rules.recall import Contact
from dispensary.rules.vial import VialState
from dispensary.schema import trust
from dispensary.schema.people import (
    patient,
    patient_change,
    patient_condition,
    patient_level,
    patient_medicine,
    patient_sensitivity,
)
from dispensary.schema.prescribing import (
    dispense,
    dispense_return,
    hand_over_check,
    prescription,
    prescription_act,
    unmet_demand,
)
from dispensary.schema.recalls import lot_act, recall, recall_contact, recall_withdrawal
from dispensary.schema.stock import movement
from dispensary.schema.vials import draw, vial


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whom to erase, by number alone, since an identifier would stand in the request for good; and why."""

    key: str
    patient: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erased:
    """The receipt: the day in the pharmacy's own time zone."""

    patient: str
    key: str
    erased_on: date


_GOES_ON = {PrescriptionState.ACTIVE, PrescriptionState.HELD}
_OWN: BindParameter[int] = bindparam("patient")
_OPEN_VIAL = (
    select(vial.c.number)
    .where(vial.c.patient_id == _OWN, vial.c.state != VialState.DISCARDED)
    .order_by(vial.c.number)
    .limit(1)
)
_GOT = union(
    select(movement.c.lot_id)
    .join(dispense, dispense.c.request_id == movement.c.request_id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .where(prescription.c.patient_id == _OWN),
    select(vial.c.lot_id).join(draw, draw.c.vial_id == vial.c.id).where(draw.c.patient_id == _OWN),
)
_TO_BE_CALLED = (
    select(recall.c.number)
    .outerjoin(recall_withdrawal, recall_withdrawal.c.recall_id == recall.c.id)
    .where(
        recall.c.site_id == bindparam("site"),
        recall_withdrawal.c.recall_id.is_(None),
        exists().where(lot_act.c.recall_id == recall.c.id, lot_act.c.act == LotAct.RECALL, lot_act.c.lot_id.in_(_GOT)),
        ~exists().where(
            recall_contact.c.recall_id == recall.c.id,
            recall_contact.c.patient_id == _OWN,
            recall_contact.c.contact != Contact.NOT_REACHED,
        ),
    )
    .order_by(recall.c.number)
    .limit(1)
)
_own_rx = prescription.c.patient_id == _OWN
_own_fill = dispense.c.prescription_id.in_(select(prescription.c.id).where(_own_rx))
_ENTRIES = union_all(
    select(prescription.c.request_id).where(_own_rx),
    *(
        select(table.c.request_id).join(prescription, prescription.c.id == table.c.prescription_id).where(_own_rx)
        for table in (dispense, prescription_act, unmet_demand)
    ),
    *(
        select(table.c.request_id).join(dispense, dispense.c.id == table.c.dispense_id).where(_own_fill)
        for table in (dispense_return, hand_over_check)
    ),
    *(select(table.c.request_id).where(table.c.patient_id == _OWN) for table in (draw, recall_contact, patient_change)),
)
# That the person was entered is no entry of the kind that must be kept.
_LAST = select(func.max(trust.request.c.at)).where(trust.request.c.id.in_(_ENTRIES))
_LAST_LEVEL = select(func.max(patient_level.c.taken_on)).where(patient_level.c.patient_id == _OWN)
_LISTS = (patient_sensitivity, patient_condition, patient_medicine, patient_level, patient_change)


def erase(db: Connection, order: Erasure, *, practice: Practice, on: datetime, by: Person) -> Erased:
    """Erase what the record says about the person, what the prescriber wrote, and the key of the audit's commitments.

    Raises NotAllowed, NotANumber, NotFound, AlreadyErased, NamesThePatient and NotErasable.
    """
    number = Record.PATIENT.number(parse_number(Record.PATIENT, order.patient))
    claimed = request.claim(db, "patient erase", order.key, replace(order, patient=number), on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Erased)
    # Another counter's prescription or fill is seen from here on.
    found = lookup.locked_patient(db, by.site_id, number, erased_too=True)
    if found.erased_at is not None:
        raise AlreadyErased(patient=number, on=day_in(found.erased_at, on.tzinfo))
    found.require_nameless("reason", order.reason)
    _require_done_with(db, found, number, on, by)
    erasure.require_kept(_last_entry(db, found, on), practice.keep_records_years, on.date(), number)
    _empty(db, found.id, number, on)
    # The last event that has the commitment; nobody can compute it any more.
    commitment = audit.commitment(found.audit_key, found.number)
    event = audit.Event("patient erase", number, order.key, {"reason": order.reason}, patient=commitment)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    erased = Erased(number, order.key, on.date())
    request.keep(db, claimed, erased)
    return erased


def _require_done_with(db: Connection, found: Patient, number: str, on: datetime, by: Person) -> None:
    """Nothing, where no work for the patient is left to do; else NotErasable."""
    for rx in prescriptions.all_of_site(db, by.site_id, zone=on.tzinfo, patient_id=found.id):
        states = rx.states_on(on.date())
        if _GOES_ON.issuperset(states):
            way_out = f"cancel it first with `dispensary rx cancel {rx.rx}`"
            raise NotErasable(patient=number, why=f"{rx.rx} is {states[0]}", way_out=way_out)
    given = {"patient": found.id, "site": by.site_id}
    opened = db.execute(_OPEN_VIAL, given).scalar()
    if opened is not None:
        name = Record.VIAL.number(opened)
        way_out = f"discard it first with `dispensary vial discard {name}`"
        raise NotErasable(patient=number, why=f"the opened vial {name} serves this patient alone", way_out=way_out)
    recalled = db.execute(_TO_BE_CALLED, given).scalar()
    if recalled is not None:
        name = Record.RECALL.number(recalled)
        way_out = f"call first and note it with `dispensary recall contact {name} --patient {number}`"
        raise NotErasable(patient=number, why=f"nobody has reached the patient about recall {name}", way_out=way_out)


def _last_entry(db: Connection, found: Patient, on: datetime) -> date | None:
    """The day of the last entry about the patient after the first one, if there was any."""
    given = {"patient": found.id}
    last = db.execute(_LAST, given).scalar()
    days = (None if last is None else day_in(last, on.tzinfo), db.execute(_LAST_LEVEL, given).scalar())
    return max((day for day in days if day is not None), default=None)


def _empty(db: Connection, patient_id: int, number: str, on: datetime) -> None:
    for table in _LISTS:
        db.execute(delete(table).where(table.c.patient_id == patient_id))
    # What the directions mean stays, since the fills rest on it.
    written = update(prescription).where(prescription.c.patient_id == patient_id)
    db.execute(written.values(directions_as_written="", indication=""))
    db.execute(
        update(patient)
        .where(patient.c.id == patient_id)
        .values(
            # No identifier looks like our own number, so that nobody has this one.
            identifier=number,
            name=erasure.NAME,
            born=erasure.BORN,
            language=Language.ENGLISH,
            audit_key=b"",
            erased_at=on,
        )
    )
