"""What the labels of a dispense say: one for each lot that it was filled from."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from dispensary import audit, lookup, prescriptions, request
from dispensary.labelling.text import DispenseFacts
from dispensary.rules.grammar import from_canonical
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person, Pharmacy, Role
from dispensary.rules.product import HOUSE
from dispensary.schema.catalogue import pack, product
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, hand_over_check, prescription
from dispensary.schema.stock import lot, movement
from dispensary.schema.trust import answer
from dispensary.services.prescribing.dispense import Dispensed

_checker = user.alias("checker")
_DISPENSE = (
    select(
        dispense.c.number,
        dispense.c.request_id,
        dispense.c.product_id,
        dispense.c.fill,
        dispense.c.at,
        prescription.c.number.label("rx"),
        user.c.name.label("dispensed_by"),
        user.c.role,
        _checker.c.name.label("checked_by"),
        answer.c.receipt,
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(user, user.c.id == dispense.c.by_id)
    .join(answer, answer.c.request_id == dispense.c.request_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .outerjoin(_checker, _checker.c.id == hand_over_check.c.by_id)
    .where(dispense.c.site_id == bindparam("site"), dispense.c.number == bindparam("number"))
)
_LOTS = (
    select(lot.c.number, lot.c.expires, func.sum(movement.c.units).label("units"))
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(movement.c.request_id == bindparam("request"))
    .group_by(lot.c.id, lot.c.number, lot.c.expires)
    .order_by(lot.c.expires, lot.c.id)
)
# Only the GTIN of a single unit may stand on a single unit.
_UNIT_GTIN = select(func.min(pack.c.gtin)).where(pack.c.product_id == bindparam("product"), pack.c.units == 1)


def label_facts(
    db: Connection, number: str, *, pharmacy: Pharmacy, on: datetime, by: Person
) -> tuple[DispenseFacts, ...]:
    """The facts of each label of the dispense, in the order of use; raises NotFound."""
    wanted = parse_number(Record.DISPENSE, number)
    row = db.execute(_DISPENSE, {"site": by.site_id, "number": wanted}).first()
    if row is None:
        raise lookup.NotFound(
            what="dispense", given=Record.DISPENSE.number(wanted), way_out="`dispensary rx show` lists the fills"
        )
    written = Record.PRESCRIPTION.number(row.rx)
    rx = prescriptions.by_number(db, by.site_id, written, today=on.date(), zone=on.tzinfo)
    ((_, labelled),) = lookup.products(db, product.c.id == row.product_id).items()
    gtin = db.execute(_UNIT_GTIN, {"product": row.product_id}).scalar()
    lots = db.execute(_LOTS, {"request": row.request_id}).all()
    # As it stood at this fill, so that a reprint says what the first print said.
    receipt = request.again(row.receipt, Dispensed)
    return tuple(
        DispenseFacts(
            country=pharmacy.country,
            language=rx.patient.language,
            pharmacy=pharmacy.name,
            address=pharmacy.address,
            phone=pharmacy.phone,
            rx=Record.PRESCRIPTION.number(rx.number),
            dispense=Record.DISPENSE.number(row.number),
            fill=row.fill,
            dispensed_on=row.at.astimezone(on.tzinfo).date(),
            patient=rx.patient.name,
            born=rx.patient.born,
            prescriber=rx.prescriber,
            profession=rx.profession,
            # What the pharmacy compounds itself carries its name.
            product=replace(labelled, labeler=pharmacy.name) if labelled.labeler == HOUSE else labelled,
            units=int(each.units),
            directions=from_canonical(receipt.directions) if receipt.directions else rx.directions,
            directions_as_written=rx.directions_as_written,
            indication=rx.indication,
            lot=each.number,
            expires=each.expires,
            gtin=gtin,
            part=part,
            parts=len(lots),
            refills_left=receipt.refills_left,
            dispensed_by=row.dispensed_by,
            checked_by=row.checked_by or (row.dispensed_by if row.role is Role.PHARMACIST else ""),
        )
        for part, each in enumerate(lots, 1)
    )


def reprint(db: Connection, number: str, *, pharmacy: Pharmacy, on: datetime, by: Person) -> tuple[DispenseFacts, ...]:
    """The facts of each label once more, with an event that they were printed again; raises NotFound."""
    facts = label_facts(db, number, pharmacy=pharmacy, on=on, by=by)
    rx = prescriptions.by_number(db, by.site_id, facts[0].rx, today=on.date(), zone=on.tzinfo)
    patient = audit.commitment(rx.patient.audit_key, rx.patient.number)
    audit.record(
        db,
        audit.take(db, by.site_id),
        audit.Event("label print", facts[0].dispense, "", {}, patient=patient),
        on=on,
        by=by,
    )
    return facts
