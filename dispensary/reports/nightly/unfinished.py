"""What was begun and waits for its end: vials past their hour, patients to call, open counts, unprinted labels."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select

from dispensary import print_jobs
from dispensary.print_jobs import Standing
from dispensary.reports.nightly.safety import RecallLine, recalls
from dispensary.rules.numbers import Record
from dispensary.rules.printer import JobState
from dispensary.rules.shelf import State
from dispensary.schema.catalogue import product
from dispensary.schema.counting import count_closing, stock_count
from dispensary.schema.people import user
from dispensary.schema.stock import lot, place
from dispensary.schema.vials import vial


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
class OpenCount:
    """A count that nobody closed."""

    count: str
    by: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """All of it."""

    vials: tuple[LateVial, ...] = ()
    recalls: tuple[RecallLine, ...] = ()
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
        recalls=recalls(db, site_id),
        counts=tuple(OpenCount(Record.COUNT.number(row.number), row.name) for row in db.execute(_COUNTS, given)),
        labels=tuple(
            each for each in print_jobs.unfinished(db, site_id) if each.state_at(now) is not JobState.BEING_SENT
        ),
    )
