"""What keeps stock from patients: excursions of the day, lots that are held or recalled, and open recalls."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, and_, bindparam, or_, select

from dispensary.reports.nightly.day import Day
from dispensary.reports.nightly.unfinished import OPEN_RECALLS, patients_of_recall
from dispensary.reports.stock.stock import StockRow
from dispensary.reports.storage.excursions import HeldLot
from dispensary.rules.numbers import Record
from dispensary.rules.product import Temperature
from dispensary.rules.recall import RecallClass
from dispensary.rules.shelf import State
from dispensary.schema.catalogue import product
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import lot, place
from dispensary.schema.storage import excursion, place_log


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
_HELD = (
    select(lot_act.c.excursion_id, product.c.code, lot.c.number)
    .join(lot, lot.c.id == lot_act.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .where(lot_act.c.excursion_id.in_(bindparam("excursions", expanding=True)))
    .order_by(lot_act.c.id)
)


def excursions(db: Connection, day: Day, zone: tzinfo | None) -> tuple[ExcursionLine, ...]:
    """Those that were on the day or became known on it, the earliest first, with moments in the zone."""
    found = db.execute(_EXCURSIONS, day).all()
    held: dict[int, list[HeldLot]] = defaultdict(list)
    for row in db.execute(_HELD, {"excursions": [row.id for row in found]}):
        held[row.excursion_id].append(HeldLot(row.code, row.number))
    return tuple(
        ExcursionLine(
            place=row.code,
            temperature=row.temperature,
            began=row.began.astimezone(zone),
            ended=row.ended.astimezone(zone),
            lowest_centidegrees=row.lowest,
            highest_centidegrees=row.highest,
            mean_kinetic_centidegrees=row.mean_kinetic,
            why=row.why,
            held=tuple(held[row.id]),
        )
        for row in found
    )


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
        got, missing = patients_of_recall(db, site_id, row.id)
        lines.append(
            RecallLine(
                Record.RECALL.number(row.number), RecallClass(row.class_), row.reference, row.dated, row.reason,
                len(got), len(missing),
            )
        )  # fmt: skip
    return tuple(lines)
