"""What patients still have to get of fills that were handed over short."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select

from dispensary import prescriptions
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, prescription


@dataclass(frozen=True, slots=True)
class OwedLine:
    """Units of a fill that are still to be collected, since the day of the fill."""

    dispense: str
    rx: str
    product: str
    owed_units: int
    since: date


_rest = dispense.alias("rest")
_COLLECTED = (
    select(func.coalesce(func.sum(_rest.c.units), 0)).where(_rest.c.completes_id == dispense.c.id).scalar_subquery()
)
# Those that may be owed; the rules then say whether they are.
_SHORT = (
    select(dispense.c.number, prescription.c.number.label("rx"), product.c.code, dispense.c.at)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(product, product.c.id == dispense.c.product_id)
    .where(
        dispense.c.site_id == bindparam("site"),
        dispense.c.completes_id.is_(None),
        dispense.c.units < dispense.c.prescribed_units,
        prescription.c.valid_until >= bindparam("today"),
        patient.c.erased_at.is_(None),
        dispense.c.prescribed_units - dispense.c.units > _COLLECTED,
    )
    .order_by(dispense.c.number)
)


def owed(db: Connection, site_id: int, on: datetime) -> tuple[OwedLine, ...]:
    """Every fill of which something is owed at that moment, the oldest first."""
    today, zone = on.date(), on.tzinfo
    lines = []
    for row in db.execute(_SHORT, {"site": site_id, "today": today}).all():
        rx = Record.PRESCRIPTION.number(row.rx)
        found = prescriptions.by_number(db, site_id, rx, today=today, zone=zone)
        of = found.standing.owed
        if of is not None and of.number == row.number and not found.states_on(today)[0].is_over:
            lines.append(OwedLine(Record.DISPENSE.number(row.number), rx, row.code, of.units, day_in(row.at, zone)))
    return tuple(lines)
