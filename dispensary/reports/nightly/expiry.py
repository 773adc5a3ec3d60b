"""What expires, by bands of days left: lots, units, what they cost, and what will really be left over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from dispensary.ledger import IN_STOCK
from dispensary.reports.figures.value import ExpiryRow
from dispensary.reports.stock.stock import StockRow
from dispensary.rules.shelf import BANDS, State, band_of
from dispensary.schema.catalogue import product
from dispensary.schema.stock import balance, lot, place

LATER = "later"
"""The band of what has more days left than the others hold."""


@dataclass(frozen=True, slots=True)
class BandLine:
    """What stands at the site and has so many days left; `band` is `expired`, `30`, `60`, `90`, `180` or `later`.

    `unused_units` are the usable ones that the forecast use will leave when they expire. Values are in
    millionths of the pharmacy's currency, of the units with a known cost, None where there is none;
    `unknown_units` have no known cost.
    """

    band: str
    lots: int
    units: int
    unknown_units: int
    value_micros: int | None
    unused_units: int
    unused_value_micros: int | None


Costs = Mapping[tuple[str, str], int | None]
"""What a unit of each lot cost, by product and lot, in millionths of the currency."""

_COSTS = (
    select(product.c.code, lot.c.number, lot.c.unit_cost_micros)
    .select_from(balance)
    .join(lot, lot.c.id == balance.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == balance.c.place_id)
    .where(IN_STOCK, place.c.site_id == bindparam("site"))
)


def costs_of(db: Connection, site_id: int) -> Costs:
    """The cost of every lot with units at the site."""
    rows = db.execute(_COSTS, {"site": site_id})
    return {(row.code, row.number): None if row.unit_cost_micros is None else int(row.unit_cost_micros) for row in rows}


def bands(rows: Iterable[StockRow], costs: Costs, left_over: Sequence[ExpiryRow]) -> tuple[BandLine, ...]:
    """Every band, the soonest first, also where nothing is in it."""
    names = (State.EXPIRED.value, *map(str, BANDS), LATER)
    stands: dict[str, list[StockRow]] = {name: [] for name in names}
    for row in rows:
        stands[band_of(row.days_left) or LATER].append(row)
    unused: dict[str, list[ExpiryRow]] = {name: [] for name in names}
    for each in left_over:
        unused[each.band or LATER].append(each)
    return tuple(_line(name, stands[name], costs, unused[name]) for name in names)


def _line(name: str, rows: Sequence[StockRow], costs: Costs, left_over: Sequence[ExpiryRow]) -> BandLine:
    of = [(row.units, costs.get((row.product, row.lot))) for row in rows]
    known = [units * cost for units, cost in of if cost is not None]
    lost = [row.unused_value_micros for row in left_over if row.unused_units and row.unused_value_micros is not None]
    return BandLine(
        band=name,
        lots=len({(row.product, row.lot) for row in rows}),
        units=sum(units for units, _ in of),
        unknown_units=sum(units for units, cost in of if cost is None),
        value_micros=sum(known) if known else None,
        unused_units=sum(row.unused_units for row in left_over),
        unused_value_micros=sum(lost) if lost else None,
    )
