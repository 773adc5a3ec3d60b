"""Excursions of a place, as they were recorded, and the lots that were held for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

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
HELD = (
    select(lot_act.c.excursion_id, product.c.code, lot.c.number)
    .join(lot, lot.c.id == lot_act.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
)
"""The lots that were held for excursions, as `held_for` wants them."""

_HELD = (
    HELD.join(excursion, excursion.c.id == lot_act.c.excursion_id)
    .where(excursion.c.place_id == bindparam("place"))
    .order_by(product.c.code, lot.c.number)
)


def excursions_of(db: Connection, place_id: int, zone: tzinfo | None) -> tuple[ExcursionRow, ...]:
    """Every excursion of the place, the earliest first, with moments in the zone."""
    given = {"place": place_id}
    held = held_for(db.execute(_HELD, given))
    return tuple(ExcursionRow(**told(row, held, zone)) for row in db.execute(_EXCURSIONS, given))


def held_for(rows: Iterable[Any]) -> dict[int, list[HeldLot]]:
    """The lots of rows of HELD, in their order, by the id of the excursion."""
    held: dict[int, list[HeldLot]] = defaultdict(list)
    for row in rows:
        held[row.excursion_id].append(HeldLot(row.code, row.number))
    return held


def told(row: Any, held: Mapping[int, list[HeldLot]], zone: tzinfo | None) -> dict[str, Any]:
    """What an ExcursionRow tells of the row of an excursion, by its names."""
    return {
        "temperature": row.temperature,
        "began": row.began.astimezone(zone),
        "ended": row.ended.astimezone(zone),
        "lowest_centidegrees": row.lowest,
        "highest_centidegrees": row.highest,
        "mean_kinetic_centidegrees": row.mean_kinetic,
        "why": row.why,
        "held": tuple(held.get(row.id, ())),
    }
