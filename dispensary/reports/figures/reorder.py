"""What to order: products at or below their reorder point, with a proposed order in whole packs."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, select

from dispensary.reports.figures.basis import Basis
from dispensary.reports.figures.value import latest_costs
from dispensary.rules.figures.amounts import tenths
from dispensary.rules.figures.consumption import months_of_stock
from dispensary.rules.figures.forecast import Forecast
from dispensary.rules.figures.reorder import reorder
from dispensary.rules.figures.rundown import LotLeft, run_down
from dispensary.rules.product import Form
from dispensary.schema.catalogue import pack, product


@dataclass(frozen=True, slots=True)
class ReorderRow:
    """A product with its reorder point, in units.

    `usable_units` may be dispensed today, of which `expiring_units` will expire unused before the next
    delivery can come; `other_units` stand at the site and may not be dispensed (held, recalled, expired,
    set aside). `demand_units` is the forecast of `days` days, lead time and review period together;
    `reorder_point` is that and `safety_units`, or `minimum_units` where that is more. `months_of_stock`
    is by the forecast, of what will not expire before. What is on order already is not known. The order is
    `order_packs` of `pack_units`, None where nobody knows the pack; nothing is ordered where `below` is no.
    `order_value_micros` is at the cost of the lot received last, None where that is not known.
    """

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str
    usable_units: int
    expiring_units: int
    other_units: int
    forecast_a_month: Decimal
    months_of_stock: Decimal | None
    days: int
    demand_units: int
    safety_units: int
    minimum_units: int | None
    reorder_point: int
    below: bool
    order_units: int
    order_packs: int
    pack_units: int | None
    order_value_micros: int | None


_MINIMA = select(product.c.id, product.c.minimum_units).where(product.c.minimum_units.is_not(None))
_PACKS = select(pack.c.product_id, pack.c.units)


def reorders(db: Connection, basis: Basis) -> tuple[ReorderRow, ...]:
    """Every product that was used, is wanted, stands on hand or has a minimum; by code."""
    minima: dict[int, int] = {row.id: row.minimum_units for row in db.execute(_MINIMA)}
    packs: dict[int, list[int]] = defaultdict(list)
    for row in db.execute(_PACKS):
        packs[row.product_id].append(row.units)
    costs = latest_costs(db)
    wanted = {*basis.forecasts, *minima, *basis.stands_of}
    rows = [
        _row(basis, product_id, minima.get(product_id), packs[product_id], costs.get(product_id))
        for product_id in wanted
    ]
    return tuple(sorted(rows, key=lambda each: each.product))


def _row(basis: Basis, product_id: int, minimum: int | None, packs: list[int], cost: int | None) -> ReorderRow:
    of = basis.forecasts.get(product_id) or Forecast(basis.today, {}, (Fraction(),), ())
    stands = basis.stands_of.get(product_id, [])
    usable = sum(each.usable for each in stands)
    days = basis.policy.lead_time_days + basis.policy.review_days
    lots = [LotLeft(each.lot_id, each.expires, each.usable, each.lot_id) for each in stands if each.usable]
    expiring = sum(
        each.unused for each in run_down(lots, of, basis.today) if (each.lot.expires - basis.today).days < days
    )
    decided = reorder(of, usable - expiring, minimum, packs, basis.policy)
    order = decided.order
    return ReorderRow(
        **basis.facts(product_id),
        usable_units=usable,
        expiring_units=expiring,
        other_units=sum(each.units for each in stands) - usable,
        forecast_a_month=tenths(of.a_month),
        months_of_stock=months_of_stock(usable - expiring, of.a_month),
        days=days,
        demand_units=decided.demand,
        safety_units=decided.safety,
        minimum_units=minimum,
        reorder_point=decided.point,
        below=order is not None,
        order_units=0 if order is None else order.units,
        order_packs=0 if order is None else order.packs,
        pack_units=None if order is None else order.pack_units,
        order_value_micros=None if order is None or cost is None else order.units * cost,
    )
