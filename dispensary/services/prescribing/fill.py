"""A fill that was dispensed, by its number, with its patient locked and what of it has come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from dispensary import ledger, lookup
from dispensary.lookup import Patient
from dispensary.rules.numbers import Record, parse_number
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.stock import lot, movement, place


@dataclass(frozen=True, slots=True)
class LockedFill:
    """A fill as it was handed over, or is to be. `lines` are its movements, each with the units that came back."""

    id: int
    dispense: str
    """The number that people type."""
    rx: str
    product: str
    units: int
    at: datetime
    by_id: int
    by: str
    patient: Patient
    lines: Sequence[Any]


_DISPENSE = (
    select(
        dispense.c.id,
        dispense.c.request_id,
        dispense.c.units,
        dispense.c.at,
        dispense.c.by_id,
        user.c.name.label("by"),
        product.c.code.label("product"),
        prescription.c.number.label("rx"),
        prescription.c.patient_id,
        patient.c.number.label("patient"),
    )
    .join(user, user.c.id == dispense.c.by_id)
    .join(product, product.c.id == dispense.c.product_id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .where(dispense.c.site_id == bindparam("site"), dispense.c.number == bindparam("number"))
)
_LINES = (
    select(
        movement.c.id,
        movement.c.units,
        lot.c.id.label("lot_id"),
        lot.c.number.label("lot"),
        lot.c.expires,
        movement.c.from_place_id,
        place.c.code.label("place"),
        product.c.id.label("product_id"),
        product.c.code,
        ledger.returned().label("returned"),
    )
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == movement.c.from_place_id)
    .where(movement.c.request_id == bindparam("request"))
    .order_by(movement.c.id)
)


def locked(db: Connection, site_id: int, given: str) -> LockedFill:
    """The fill of this number (D12): who would return or check it too waits until the transaction ends.

    Raises NotANumber, NotFound and PatientErased.
    """
    number = parse_number(Record.DISPENSE, given)
    row = db.execute(_DISPENSE, {"site": site_id, "number": number}).first()
    if row is None:
        raise lookup.no_such(Record.DISPENSE, number)
    # What a fill was never changes; what came back of it, and whose it is, is read behind the lock.
    lookup.lock_patient(db, row.patient_id)
    recipient = lookup.patient_by_number(db, site_id, Record.PATIENT.number(row.patient))
    return LockedFill(
        id=row.id,
        dispense=Record.DISPENSE.number(number),
        rx=Record.PRESCRIPTION.number(row.rx),
        product=row.product,
        units=row.units,
        at=row.at,
        by_id=row.by_id,
        by=row.by,
        patient=recipient,
        lines=db.execute(_LINES, {"request": row.request_id}).all(),
    )
