"""What stands there now, and on which past days there was anything to give."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, not_, or_, select

from dispensary.database import streamed
from dispensary.ledger import IN_STOCK
from dispensary.reports.figures.used import AT_ONCE, first_request, moments
from dispensary.rules.figures.span import Span
from dispensary.rules.figures.stock_days import DaysInStock, LotPast, days_in_stock
from dispensary.rules.lot_life import AFTER
from dispensary.rules.moments import day_in
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Product
from dispensary.rules.shelf import ALLOWED, Operation, State, state_on
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import balance, lot, movement, place
from dispensary.schema.vials import vial, vial_entry


@dataclass(frozen=True, slots=True)
class Standing:
    """Units of a lot of a product that stand at a site, of which `usable` may be dispensed today."""

    lot_id: int
    lot: str
    product_id: int
    expires: date
    state: State
    units: int
    usable: int
    unit_cost_micros: int | None


_SALEABLE = [kind for kind in PlaceKind if kind.saleable]
_STANDS = (
    select(
        balance.c.lot_id,
        lot.c.number,
        balance.c.product_id,
        balance.c.expires,
        lot.c.state,
        lot.c.unit_cost_micros,
        place.c.kind,
        func.sum(balance.c.units).label("units"),
    )
    .join(lot, lot.c.id == balance.c.lot_id)
    .join(place, place.c.id == balance.c.place_id)
    .where(IN_STOCK, place.c.site_id == bindparam("site"))
    .group_by(
        balance.c.lot_id,
        lot.c.number,
        balance.c.product_id,
        balance.c.expires,
        lot.c.state,
        lot.c.unit_cost_micros,
        place.c.kind,
    )
    .order_by(balance.c.product_id, balance.c.expires, balance.c.lot_id, place.c.kind)
)
_from, _to = place.alias("from_place"), place.alias("to_place")
_out = and_(_from.c.site_id == bindparam("site"), _from.c.kind.in_(_SALEABLE))
_in = and_(_to.c.site_id == bindparam("site"), _to.c.kind.in_(_SALEABLE))
# What goes from one shelf to another neither comes nor goes.
_MOVED = (
    select(movement.c.lot_id, lot.c.product_id, lot.c.expires, movement.c.at, movement.c.units, _in.label("came"))
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .where(
        movement.c.request_id > bindparam("after"),
        movement.c.at >= bindparam("start"),
        or_(and_(_in, not_(_out)), and_(_out, not_(_in))),
    )
)
_STATES = select(lot_act.c.lot_id, lot_act.c.at, lot_act.c.act).order_by(lot_act.c.id)
_OPEN = (
    select(
        lot.c.product_id,
        vial.c.opened_at,
        vial.c.discard_at,
        select(func.max(vial_entry.c.at)).where(vial_entry.c.vial_id == vial.c.id).scalar_subquery().label("last"),
        vial.c.remaining_ul,
    )
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(
        vial.c.site_id == bindparam("site"),
        vial.c.request_id > bindparam("after"),
        vial.c.discard_at > bindparam("start"),
    )
)


def standing(db: Connection, site_id: int, today: date) -> list[Standing]:
    """Every lot with units at the site, by product, expiry and receipt; once for usable and other places together."""
    found: dict[int, Standing] = {}
    for row in db.execute(_STANDS, {"site": site_id}):
        state = state_on(row.state, row.expires, today)
        units = int(row.units)
        usable = units if row.kind.saleable and ALLOWED[state, Operation.DISPENSE] else 0
        before = found.get(row.lot_id)
        if before is not None:
            units, usable = units + before.units, usable + before.usable
        found[row.lot_id] = Standing(
            row.lot_id, row.number, row.product_id, row.expires, state, units, usable, row.unit_cost_micros
        )
    return list(found.values())


def in_stock(
    db: Connection, site_id: int, span: Span, on: datetime, products: Mapping[int, Product]
) -> dict[int, DaysInStock]:
    """By product id, the days of the span on which anything sealed or open could be given."""
    zone = on.tzinfo
    start = moments(span, zone)["start"]
    saleable: dict[int, Any] = {}
    for row in db.execute(_STANDS.where(place.c.kind.in_(_SALEABLE)), {"site": site_id}):
        _, expires, units = saleable.get(row.lot_id, (0, row.expires, 0))
        saleable[row.lot_id] = (row.product_id, expires, units + int(row.units))
    came: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    went: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    given = {"site": site_id, "start": start, "after": first_request(db, start)}
    for row in streamed(db, _MOVED, given, AT_ONCE):
        saleable.setdefault(row.lot_id, (row.product_id, row.expires, 0))
        (came if row.came else went)[row.lot_id][day_in(row.at, zone)] += row.units
    states = _states(db, saleable, on)
    lots: dict[int, list[LotPast]] = defaultdict(list)
    for lot_id, (product_id, expires, units) in saleable.items():
        lots[product_id].append(LotPast(expires, units, came[lot_id], went[lot_id], tuple(states[lot_id])))
    opened = _opened(db, site_id, start, on, products)
    return {product_id: days_in_stock(span, lots[product_id], opened[product_id]) for product_id in {*lots, *opened}}


def _states(db: Connection, lots: Iterable[int], on: datetime) -> Mapping[int, list[tuple[date, State]]]:
    """What the lots became and when; acts about lots are few, and read whole."""
    wanted = set(lots)
    found: dict[int, list[tuple[date, State]]] = defaultdict(list)
    now: dict[int, State] = {}
    for row in db.execute(_STATES):
        if row.lot_id in wanted:
            now[row.lot_id] = AFTER[now.get(row.lot_id, State.AVAILABLE), row.act]
            found[row.lot_id].append((day_in(row.at, on.tzinfo), now[row.lot_id]))
    return found


def _opened(
    db: Connection, site_id: int, start: datetime, on: datetime, products: Mapping[int, Product]
) -> Mapping[int, list[Span]]:
    """The days on which opened vials could be drawn from: from the opening until the hour or the last entry."""
    longest = max((product.kept_days for product in products.values()), default=0)
    earliest = start - timedelta(days=longest + 1)
    found: dict[int, list[Span]] = defaultdict(list)
    given = {"site": site_id, "start": start, "after": first_request(db, earliest)}
    for row in db.execute(_OPEN, given):
        ends = row.discard_at if row.remaining_ul else min(row.last or row.opened_at, row.discard_at)
        last = day_in(ends, on.tzinfo)
        found[row.product_id].append(Span(day_in(row.opened_at, on.tzinfo), last + timedelta(days=1)))
    return found
