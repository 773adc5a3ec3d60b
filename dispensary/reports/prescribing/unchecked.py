"""Fills that no second person has checked, for a pharmacy whose settings ask for it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from dispensary.prescriptions import RETURNED
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, hand_over_check, prescription


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A fill, its day by the pharmacy's clock, and who dispensed it."""

    dispense: str
    rx: str
    on: date
    by: str


_UNCHECKED = (
    select(dispense.c.number, prescription.c.number.label("rx"), dispense.c.at, user.c.name)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(user, user.c.id == dispense.c.by_id)
    .outerjoin(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .where(
        dispense.c.site_id == bindparam("site"),
        dispense.c.at >= bindparam("start", type_=dispense.c.at.type),
        dispense.c.at < bindparam("end", type_=dispense.c.at.type),
        hand_over_check.c.id.is_(None),
        # What came back whole is not handed over.
        dispense.c.units > RETURNED,
    )
    # By the moment, whose index finds the day; the numbers rise with it.
    .order_by(dispense.c.at, dispense.c.number)
)


def unchecked(db: Connection, site_id: int, start: datetime, end: datetime) -> tuple[Unchecked, ...]:
    """The fills from `start` to before `end` that nobody checked, by number; `start` is in the pharmacy's time zone."""
    rows = db.execute(_UNCHECKED, {"site": site_id, "start": start, "end": end})
    return tuple(
        Unchecked(
            Record.DISPENSE.number(row.number),
            Record.PRESCRIPTION.number(row.rx),
            day_in(row.at, start.tzinfo),
            row.name,
        )
        for row in rows
    )
