"""The lots of the pharmacy with their states, and why."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from dispensary import lookup
from dispensary.lots import STOOD_HERE
from dispensary.rules.shelf import State, days_left, state_on
from dispensary.schema.catalogue import product as products
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import balance, lot, place
from dispensary.schema.vials import vial


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot in a list. `why` is the reason of the last act on it, empty where it is available."""

    lot: str
    product: str
    name: str
    expires: date
    days_left: int
    state: State
    units: int
    opened_vials: int
    why: str


_units = (
    select(func.coalesce(func.sum(balance.c.units), 0))
    .join(place, place.c.id == balance.c.place_id)
    .where(balance.c.lot_id == lot.c.id, place.c.site_id == bindparam("site"))
    .scalar_subquery()
    .label("units")
)
_vials = (
    select(func.count())
    .where(vial.c.lot_id == lot.c.id, vial.c.site_id == bindparam("site"), vial.c.remaining_ul > 0)
    .scalar_subquery()
    .label("vials")
)
_why = (
    select(lot_act.c.reason)
    .where(lot_act.c.lot_id == lot.c.id)
    .order_by(lot_act.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("why")
)
_LOTS = (
    select(lot.c.number, products.c.code, products.c.name, lot.c.expires, lot.c.state, _units, _vials, _why)
    .join(products, products.c.id == lot.c.product_id)
    .where(STOOD_HERE)
)
_LEFT = _LOTS.where(or_(_units > 0, _vials > 0))


def lot_list(
    db: Connection,
    site_id: int,
    today: date,
    *,
    state: State | None = None,
    product: str | None = None,
    used_up: bool = False,
) -> tuple[LotRow, ...]:
    """Lots of which anything is left, and with `used_up` those that only have a story; by product, expiry and lot.

    `state` is the one on the day. Raises NotFound for a product that does not exist.
    """
    wanted = _LOTS if used_up else _LEFT
    if product is not None:
        wanted = wanted.where(lot.c.product_id == lookup.product_by_code(db, product)[0])
    rows = [_row(row, today) for row in db.execute(wanted, {"site": site_id})]
    # Sorted here, because the engines do not agree on the order of text.
    return tuple(
        sorted((row for row in rows if state in (None, row.state)), key=lambda row: (row.product, row.expires, row.lot))
    )


def _row(row: Any, today: date) -> LotRow:
    return LotRow(
        lot=row.number,
        product=row.code,
        name=row.name,
        expires=row.expires,
        days_left=days_left(row.expires, today),
        state=state_on(row.state, row.expires, today),
        units=int(row.units),
        opened_vials=row.vials,
        why="" if row.state is State.AVAILABLE else row.why or "",
    )
