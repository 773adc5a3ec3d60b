"""What was wasted and why, and what vials of another size would have saved."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, bindparam, func, select

from dispensary import lookup
from dispensary.reports.figures.used import first_request, moments
from dispensary.reports.figures.value import latest_costs
from dispensary.rules.figures.amounts import nearest
from dispensary.rules.figures.span import months_before
from dispensary.rules.figures.waste import DoseGiven, drawing, other_sizes
from dispensary.rules.place import PlaceKind
from dispensary.rules.practice import Practice
from dispensary.rules.product import Product
from dispensary.rules.quantity import Dose, millilitres
from dispensary.rules.stock_act import StockActKind
from dispensary.rules.vial import VialEntryKind
from dispensary.schema.stock import lot, movement, place, stock_act
from dispensary.schema.vials import draw, vial, vial_entry


@dataclass(frozen=True, slots=True)
class WasteRow:
    """What was destroyed sealed, or wasted out of opened vials, of a product for one reason.

    `what` is `destroyed` or `from a vial`; sealed units are whole, and 0 from a vial. `value_micros` is at
    the cost of the lots, in millionths of the currency to the nearest one; `unknown_ul` has no known cost
    and is in no value, which is None where no cost is known.
    """

    product: str
    what: str
    reason: str
    times: int
    units: int
    volume_ul: int
    unknown_ul: int
    value_micros: int | None


@dataclass(frozen=True, slots=True)
class SizeRow:
    """What the drawn doses of a product would have wasted in vials of another size.

    `opened` and `wasted_ul` are reckoned for the product itself as for the other one, one vial open at a
    time, so that like is compared with like. `saved_ul` is below 0 where the other wastes more.
    `saved_micros` is what the units would have cost less, in millionths of the currency, at the cost of
    each product's newest lot; None where either is not known.
    """

    product: str
    fill_ml: Decimal
    doses: int
    opened: int
    wasted_ul: int
    other: str
    other_fill_ml: Decimal
    other_opened: int
    other_wasted_ul: int
    saved_ul: int
    saved_micros: int | None


@dataclass(frozen=True, slots=True)
class Waste:
    """The window, what was wasted by product and reason, and the other sizes, the best first of each product."""

    first: date
    last: date
    rows: tuple[WasteRow, ...]
    sizes: tuple[SizeRow, ...]


_DESTROYED = (
    select(
        lot.c.product_id,
        stock_act.c.reason,
        lot.c.unit_cost_micros,
        func.sum(movement.c.units).label("units"),
        func.count().label("times"),
    )
    .join(movement, movement.c.request_id == stock_act.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(place, place.c.id == movement.c.to_place_id)
    .where(
        stock_act.c.site_id == bindparam("site"),
        stock_act.c.kind == StockActKind.DESTROY,
        place.c.kind == PlaceKind.WASTE,
        stock_act.c.at >= bindparam("start"),
        stock_act.c.at < bindparam("end"),
    )
    .group_by(lot.c.product_id, stock_act.c.reason, lot.c.unit_cost_micros)
)
_FROM_VIALS = (
    select(
        lot.c.product_id,
        vial_entry.c.reason,
        lot.c.unit_cost_micros,
        func.sum(vial_entry.c.volume_ul).label("volume_ul"),
        func.count().label("times"),
    )
    .join(vial, vial.c.id == vial_entry.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(
        vial.c.site_id == bindparam("site"),
        vial_entry.c.kind == VialEntryKind.WASTE,
        vial_entry.c.request_id > bindparam("after"),
        vial_entry.c.at >= bindparam("start"),
        vial_entry.c.at < bindparam("end"),
    )
    .group_by(lot.c.product_id, vial_entry.c.reason, lot.c.unit_cost_micros)
)
_DOSES = (
    select(lot.c.product_id, draw.c.at, draw.c.dose_mcg)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(draw.c.site_id == bindparam("site"), draw.c.at >= bindparam("start"), draw.c.at < bindparam("end"))
    .order_by(draw.c.at, draw.c.id)
)


def waste(db: Connection, site_id: int, on: datetime, practice: Practice) -> Waste:
    """The waste of the practice's months of history that ended yesterday; `on` is aware, in the pharmacy's zone."""
    window = months_before(on.date(), practice.history_months)
    products = lookup.products(db)
    given = {"site": site_id, **moments(window, on.tzinfo)}
    return Waste(
        window.first,
        window.last,
        _rows(db, given, products),
        _sizes(db, given, products, practice.dead_volume_ul),
    )


@dataclass
class _Sum:
    times: int = 0
    units: int = 0
    volume_ul: int = 0
    unknown_ul: int = 0
    value: Fraction | None = None

    def add(self, times: int, units: int, volume_ul: int, cost: int | None, fill_ul: int) -> None:
        self.times, self.units, self.volume_ul = self.times + times, self.units + units, self.volume_ul + volume_ul
        if cost is None:
            self.unknown_ul += volume_ul
        else:
            self.value = (self.value or Fraction()) + Fraction(volume_ul * cost, fill_ul)


def _rows(db: Connection, given: Mapping[str, object], products: Mapping[int, Product]) -> tuple[WasteRow, ...]:
    sums: dict[tuple[str, str, str], _Sum] = defaultdict(_Sum)
    for row in db.execute(_DESTROYED, given):
        product, units = products[row.product_id], int(row.units)
        of = sums[product.code, "destroyed", row.reason or ""]
        of.add(row.times, units, units * product.fill_ul, row.unit_cost_micros, product.fill_ul)
    start = given["start"]
    assert isinstance(start, datetime), "the window begins at a moment"
    for entry in db.execute(_FROM_VIALS, {**given, "after": first_request(db, start)}):
        product = products[entry.product_id]
        of = sums[product.code, "from a vial", entry.reason or ""]
        of.add(entry.times, 0, int(entry.volume_ul), entry.unit_cost_micros, product.fill_ul)
    return tuple(
        WasteRow(*key, of.times, of.units, of.volume_ul, of.unknown_ul, None if of.value is None else nearest(of.value))
        for key, of in sorted(sums.items())
    )


def _sizes(
    db: Connection, given: Mapping[str, object], products: Mapping[int, Product], dead_volume_ul: int
) -> tuple[SizeRow, ...]:
    doses: dict[int, list[DoseGiven]] = defaultdict(list)
    for row in db.execute(_DOSES, given):
        doses[row.product_id].append(DoseGiven(row.at.astimezone(UTC), Dose(row.dose_mcg)))
    costs = latest_costs(db)
    ids = {product.code: product_id for product_id, product in products.items()}
    end = given["end"]
    assert isinstance(end, datetime), "the window ends at a moment"
    found: list[SizeRow] = []
    for product_id, drawn in doses.items():
        product = products[product_id]
        own = drawing(drawn, product, dead_volume_ul, end.astimezone(UTC))
        if own is None:
            continue
        cost = costs.get(product_id)
        for other in other_sizes(product, products.values()):
            its = drawing(drawn, other, dead_volume_ul, end.astimezone(UTC))
            if its is None:
                continue
            its_cost = costs.get(ids[other.code])
            saved = None if cost is None or its_cost is None else own.units * cost - its.units * its_cost
            found.append(
                SizeRow(
                    product.code,
                    millilitres(product.fill_ul),
                    len(drawn),
                    own.units,
                    own.wasted_ul,
                    other.code,
                    millilitres(other.fill_ul),
                    its.units,
                    its.wasted_ul,
                    own.wasted_ul - its.wasted_ul,
                    saved,
                )
            )
    return tuple(sorted(found, key=lambda row: (row.product, -row.saved_ul, row.other)))
