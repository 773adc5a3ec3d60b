"""What was begun and waits for its end: vials past their hour, patients to call, open counts, unprinted labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, union

from dispensary import print_jobs
from dispensary.lots import OF_RECALL
from dispensary.print_jobs import Standing
from dispensary.rules.numbers import Record
from dispensary.rules.printer import JobState
from dispensary.rules.recall import Contact
from dispensary.rules.shelf import State
from dispensary.schema.catalogue import product
from dispensary.schema.counting import count_closing, stock_count
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, prescription
from dispensary.schema.recalls import recall, recall_contact, recall_withdrawal
from dispensary.schema.stock import lot, movement, place
from dispensary.schema.vials import draw, vial


@dataclass(frozen=True, slots=True)
class LateVial:
    """An opened vial with something left in it that must not be used: past its hour, or of a lot that is not usable."""

    vial: str
    product: str
    lot: str
    place: str
    remaining_ul: int
    discard_at: datetime
    state: State


@dataclass(frozen=True, slots=True)
class OpenRecall:
    """A recall with patients whom nobody has reached."""

    recall: str
    reference: str
    patients: int
    not_reached: int


@dataclass(frozen=True, slots=True)
class OpenCount:
    """A count that nobody closed."""

    count: str
    by: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """All of it."""

    vials: tuple[LateVial, ...] = ()
    recalls: tuple[OpenRecall, ...] = ()
    counts: tuple[OpenCount, ...] = ()
    labels: tuple[Standing, ...] = ()


_VIALS = (
    select(
        vial.c.number,
        product.c.code,
        lot.c.number.label("lot"),
        place.c.code.label("place"),
        vial.c.remaining_ul,
        vial.c.discard_at,
        lot.c.state,
    )
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == vial.c.place_id)
    .where(
        vial.c.site_id == bindparam("site"),
        vial.c.remaining_ul > 0,
        or_(vial.c.discard_at <= bindparam("now"), lot.c.state != State.AVAILABLE),
    )
    .order_by(vial.c.number)
)
_ERASED = select(patient.c.id).where(patient.c.erased_at.is_not(None))
# Driven from the open recalls: the ledger is read for their lots alone. Who was erased cannot be called.
OPEN_RECALLS = (
    select(
        recall.c.id,
        recall.c.number,
        recall.c["class"].label("class_"),
        recall.c.reference,
        recall.c.dated,
        recall.c.reason,
    )
    .outerjoin(recall_withdrawal, recall_withdrawal.c.recall_id == recall.c.id)
    .where(recall.c.site_id == bindparam("site"), recall_withdrawal.c.recall_id.is_(None))
    .order_by(recall.c.number)
)
"""The recalls of a site that nobody withdrew."""
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
_COUNTS = (
    select(stock_count.c.number, user.c.name)
    .join(user, user.c.id == stock_count.c.by_id)
    .outerjoin(count_closing, count_closing.c.count_id == stock_count.c.id)
    .where(stock_count.c.site_id == bindparam("site"), count_closing.c.count_id.is_(None))
    .order_by(stock_count.c.number)
)


def unfinished(db: Connection, site_id: int, now: datetime) -> Unfinished:
    """What waits for somebody at this moment."""
    given = {"site": site_id, "now": now}
    return Unfinished(
        vials=tuple(LateVial(Record.VIAL.number(row.number), *row[1:]) for row in db.execute(_VIALS, given)),
        recalls=tuple(_recalls(db, site_id)),
        counts=tuple(OpenCount(Record.COUNT.number(row.number), row.name) for row in db.execute(_COUNTS, given)),
        labels=tuple(
            each for each in print_jobs.unfinished(db, site_id) if each.state_at(now) is not JobState.BEING_SENT
        ),
    )


def patients_of_recall(db: Connection, site_id: int, recall_id: int) -> tuple[set[int], set[int]]:
    """The ids of the patients who got some of what is recalled, and of those whom nobody has reached."""
    got = set(db.execute(_GOT, {"site": site_id, "recall": recall_id}).scalars())
    return got, got - set(db.execute(_REACHED, {"recall": recall_id}).scalars())


def _recalls(db: Connection, site_id: int) -> Iterator[OpenRecall]:
    for row in db.execute(OPEN_RECALLS, {"site": site_id}).all():
        got, missing = patients_of_recall(db, site_id, row.id)
        if missing:
            yield OpenRecall(Record.RECALL.number(row.number), row.reference, len(got), len(missing))
