"""What keeps stock from patients: excursions of the day, lots that are held or recalled, and open recalls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, and_, bindparam, or_, select, union

from dispensary.lots import OF_RECALL, OPEN_RECALLS
from dispensary.reports.nightly.day import Day
from dispensary.reports.stock.stock import StockRow
from dispensary.reports.storage.excursions import HELD, HeldLot, held_for, told
from dispensary.rules.numbers import Record
from dispensary.rules.product import Temperature
from dispensary.rules.recall import Contact, RecallClass
from dispensary.rules.shelf import State
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.recalls import lot_act, recall_contact
from dispensary.schema.stock import movement, place
from dispensary.schema.storage import excursion, place_log
from dispensary.schema.vials import draw, vial


@dataclass(frozen=True, slots=True)
class ExcursionLine:
    """A time in which a place was outside its class, and the lots that were held for it.

    Temperatures are hundredths of a degree Celsius.
    """

    place: str
    temperature: Temperature
    began: datetime
    ended: datetime
    lowest_centidegrees: int
    highest_centidegrees: int
    mean_kinetic_centidegrees: int
    why: str
    held: tuple[HeldLot, ...]


@dataclass(frozen=True, slots=True)
class HoldLine:
    """Units of a lot that is held or recalled, at a place."""

    product: str
    lot: str
    place: str
    state: State
    units: int


@dataclass(frozen=True, slots=True)
class RecallLine:
    """A recall that nobody withdrew: the patients who got some of it, and those whom nobody has reached."""

    recall: str
    class_: RecallClass
    reference: str
    dated: date
    reason: str
    patients: int
    not_reached: int


_EXCURSIONS = (
    select(excursion, place.c.code)
    .join(place, place.c.id == excursion.c.place_id)
    .join(place_log, place_log.c.id == excursion.c.log_id)
    .where(
        place.c.site_id == bindparam("site"),
        or_(
            and_(excursion.c.ended >= bindparam("start"), excursion.c.began < bindparam("end")),
            and_(place_log.c.at >= bindparam("start"), place_log.c.at < bindparam("end")),
        ),
    )
    .order_by(excursion.c.began, excursion.c.id)
)
_HELD = HELD.where(lot_act.c.excursion_id.in_(bindparam("excursions", expanding=True))).order_by(lot_act.c.id)
_ERASED = select(patient.c.id).where(patient.c.erased_at.is_not(None))
# Driven from the open recalls: the ledger is read for their lots alone.
_GOT = union(
    select(prescription.c.patient_id)
    .join(dispense, dispense.c.prescription_id == prescription.c.id)
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .where(
        movement.c.lot_id.in_(OF_RECALL),
        dispense.c.site_id == bindparam("site"),
        prescription.c.patient_id.not_in(_ERASED),
    ),
    select(draw.c.patient_id)
    .join(vial, vial.c.id == draw.c.vial_id)
    .where(vial.c.lot_id.in_(OF_RECALL), draw.c.site_id == bindparam("site"), draw.c.patient_id.not_in(_ERASED)),
)
_REACHED = (
    select(recall_contact.c.patient_id)
    .distinct()
    .where(recall_contact.c.recall_id == bindparam("recall"), recall_contact.c.contact != Contact.NOT_REACHED)
)


def excursions(db: Connection, day: Day, zone: tzinfo | None) -> tuple[ExcursionLine, ...]:
    """Those that were on the day or became known on it, the earliest first, with moments in the zone."""
    found = db.execute(_EXCURSIONS, day).all()
    held = held_for(db.execute(_HELD, {"excursions": [row.id for row in found]}))
    return tuple(ExcursionLine(place=row.code, **told(row, held, zone)) for row in found)


def holds(rows: Iterable[StockRow]) -> tuple[HoldLine, ...]:
    """What of the stock is held or recalled, the recalled first."""
    found = [
        HoldLine(row.product, row.lot, row.place, row.state, row.units)
        for row in rows
        if row.state in (State.RECALLED, State.HELD)
    ]
    return tuple(sorted(found, key=lambda line: line.state is not State.RECALLED))


def recalls(db: Connection, site_id: int) -> tuple[RecallLine, ...]:
    """The open recalls, by number; the erased, whom nobody can call, are not counted."""
    lines = []
    for row in db.execute(OPEN_RECALLS, {"site": site_id}).all():
        got = set(db.execute(_GOT, {"site": site_id, "recall": row.id}).scalars())
        reached = db.execute(_REACHED, {"recall": row.id}).scalars()
        lines.append(
            RecallLine(
                recall=Record.RECALL.number(row.number),
                class_=RecallClass(row.class_),
                reference=row.reference,
                dated=row.dated,
                reason=row.reason,
                patients=len(got),
                not_reached=len(got.difference(reached)),
            )
        )
    return tuple(lines)
