"""Average monthly consumption and months of stock, of each product and of each form, vial size and preservative."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dispensary.reports.figures.basis import Basis
from dispensary.rules.figures.amounts import MONTH_DAYS
from dispensary.rules.figures.consumption import FORMULA, Consumption, consumption, months_of_stock
from dispensary.rules.figures.span import Span, month, months_before
from dispensary.rules.figures.stock_days import DaysInStock
from dispensary.rules.product import Form


@dataclass(frozen=True, slots=True)
class MonthUsed:
    """The units that patients got from `first` to `last`, and the days of it without anything usable."""

    first: date
    last: date
    units: int
    stock_out_days: int


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What patients got of a product, or of a group, in which `product` and `name` are empty.

    `a_month` is the average monthly consumption in units, None where it was never in stock.
    `months_of_stock` is how long the usable units last at that rate, None where nothing is used.
    `by_month` is the window month by month, the oldest first.
    """

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str
    units: int
    days_in_stock: int
    stock_out_days: int
    a_month: Decimal | None
    usable_units: int
    months_of_stock: Decimal | None
    by_month: tuple[MonthUsed, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """The window and the formula, products by code, and groups by form, vial size and preservative."""

    first: date
    last: date
    formula: str
    products: tuple[UsageRow, ...]
    groups: tuple[UsageRow, ...]


def usage(basis: Basis) -> Usage:
    """The usage of the practice's months of history that ended yesterday.

    Of all that was used in it or stands on hand. A group is in stock on the days on which any of its products is.
    """
    window = months_before(basis.today, basis.history)
    wanted = {
        product_id
        for product_id in {*basis.past.used, *basis.usable}
        if basis.usable.get(product_id) or any(day in window for day in basis.past.used.get(product_id, {}))
    }
    groups: dict[tuple[Form, Decimal, str], list[int]] = defaultdict(list)
    for product_id in wanted:
        facts = basis.facts(product_id)
        groups[facts["form"], facts["fill_ml"], facts["preservative"]].append(product_id)
    products = [_row(basis, window, [product_id], whole=False) for product_id in wanted]
    return Usage(
        window.first,
        window.last,
        FORMULA,
        tuple(sorted(products, key=lambda row: row.product)),
        tuple(_row(basis, window, groups[key], whole=True) for key in sorted(groups)),
    )


def _row(basis: Basis, window: Span, product_ids: Iterable[int], *, whole: bool) -> UsageRow:
    ids = list(product_ids)
    used = _added(basis.past.used.get(each, {}) for each in ids)
    stock = DaysInStock(window)
    for each in ids:
        days = basis.past.in_stock.get(each)
        if days is not None:
            stock = stock.with_days(day for day in window if day in days)
    found = consumption(window, used, stock)
    usable = sum(basis.usable.get(each, 0) for each in ids)
    facts = basis.facts(ids[0])
    a_day = found.a_day
    return UsageRow(
        product="" if whole else facts["product"],
        name="" if whole else facts["name"],
        form=facts["form"],
        fill_ml=facts["fill_ml"],
        preservative=facts["preservative"],
        units=found.units,
        days_in_stock=found.days_in_stock,
        stock_out_days=found.stock_out_days,
        a_month=found.a_month,
        usable_units=usable,
        months_of_stock=months_of_stock(usable, None if a_day is None else a_day * MONTH_DAYS),
        by_month=tuple(_of_month(basis, number, used, stock) for number in range(-basis.history, 0)),
    )


def _of_month(basis: Basis, number: int, used: Mapping[date, int], stock: DaysInStock) -> MonthUsed:
    of = month(basis.today, number)
    found: Consumption = consumption(of, used, stock)
    return MonthUsed(of.first, of.last, found.units, found.stock_out_days)


def _added(each: Iterable[Mapping[date, int]]) -> dict[date, int]:
    found: dict[date, int] = defaultdict(int)
    for days in each:
        for day, units in days.items():
            found[day] += units
    return dict(found)
