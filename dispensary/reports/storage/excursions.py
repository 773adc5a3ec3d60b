"""Excursions of a place, as they were recorded, and the lots that were held for them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection, bindparam, select

from dispensary.rules.product import Temperature
from dispensary.schema.catalogue import product
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import lot
from dispensary.schema.storage import excursion


@dataclass(frozen=True, slots=True)
class HeldLot:
    """A lot that was held for an excursion."""

    product: str
    lot: str


@dataclass(frozen=True, slots=True)
class ExcursionRow:
    """A time outside what the class allows; temperatures are hundredths of a degree Celsius."""

    temperature: Temperature
    began: datetime
    ended: datetime
    lowest_centidegrees: int
    highest_centidegrees: int
    mean_kinetic_centidegrees: int
    why: str
    held: tuple[HeldLot, ...]


_EXCURSIONS = (
    select(excursion).where(excursion.c.place_id == bindparam("place")).order_by(excursion.c.began, excursion.c.id)
)
_HELD = (
    select(lot_act.c.excursion_id, product.c.code, lot.c.number)
    .join(excursion, excursion.c.id == lot_act.c.excursion_id)
    .join(lot, lot.c.id == lot_act.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .where(excursion.c.place_id == bindparam("place"))
    .order_by(product.c.code, lot.c.number)
)


def excursions_of(db: Connection, place_id: int, zone: tzinfo | None) -> tuple[ExcursionRow, ...]:
    """Every excursion of the place, the earliest first, with moments in the zone."""
    held: dict[int, list[HeldLot]] = defaultdict(list)
    for row in db.execute(_HELD, {"place": place_id}):
        held[row.excursion_id].append(HeldLot(row.code, row.number))
    return tuple(
        ExcursionRow(
            row.temperature,
            row.began.astimezone(zone),
            row.ended.astimezone(zone),
            row.lowest,
            row.highest,
            row.mean_kinetic,
            row.why,
            tuple(held[row.id]),
        )
        for row in db.execute(_EXCURSIONS, {"place": place_id})
    )
