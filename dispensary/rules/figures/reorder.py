"""When to order and how much: the use until the next delivery can come, a safety stock, whole packs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist

from dispensary.rules.figures.amounts import MONTH_DAYS, at_least, nearest
from dispensary.rules.figures.forecast import Compared, Forecast

LEAST_COMPARED = 3
"""Months that must be compared before their errors say how unsure the forecast is."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the pharmacy orders; the settings of the practice say what each is."""

    lead_time_days: int
    review_days: int
    order_days: int
    service_percent: int


@dataclass(frozen=True, slots=True)
class Order:
    """Whole packs of one size; the size is None where nobody knows it, and `packs` then counts units."""

    packs: int
    pack_units: int | None

    @property
    def units(self) -> int:
        """The units in them."""
        return self.packs * (self.pack_units or 1)


@dataclass(frozen=True, slots=True)
class Reorder:
    """The reorder point and what it is made of, in units.

    `demand` is the forecast of lead time and review period together, `safety` the safety stock,
    `point` their sum, or the least that was set for the product where that is more. `order` is None
    where there is more than `point`.
    """

    demand: int
    safety: int
    point: int
    order: Order | None


def reorder(
    forecast: Forecast, usable_units: int, minimum_units: int | None, packs: Iterable[int], policy: Policy
) -> Reorder:
    """Whether to order, and what.

    Whoever does not order today can order in `review_days`, and has it `lead_time_days` after that: so
    long must last what is there. The order fills up to the point and `order_days` of use beyond it.
    What is on order already is not known. `packs` are the sizes in units.
    """
    until_next = policy.lead_time_days + policy.review_days
    demand = at_least(forecast.first_days(until_next))
    safety = safety_stock(forecast, until_next, policy.service_percent)
    point = max(demand + safety, minimum_units or 0)
    if usable_units > point or not point:
        return Reorder(demand, safety, point, None)
    cycle = forecast.first_days(until_next + policy.order_days) - forecast.first_days(until_next)
    wanted = point + at_least(cycle) - usable_units
    return Reorder(demand, safety, point, whole_packs(wanted, packs) if wanted > 0 else None)


def safety_stock(forecast: Forecast, days: int, service_percent: int) -> int:
    """Units against the error of the forecast over so many days: z x the error of a month x the root of days / 30.4375.

    z is the quantile of the normal distribution that so many percent of the cycles are served with.
    Rounded up to whole units.
    """
    root = (monthly_error(forecast) ** 2 * _decimal(days / MONTH_DAYS)).sqrt()
    units = quantile(service_percent) * root
    return at_least(Fraction(units.quantize(Decimal("0.001"))))


def monthly_error(forecast: Forecast) -> Decimal:
    """The root of the mean square of the months' errors, in units.

    Where fewer than LEAST_COMPARED months could be compared, the root of a month's forecast, as of
    patients who come independently of each other (Poisson).
    """
    compared = forecast.compared
    if len(compared) < LEAST_COMPARED:
        return _decimal(forecast.a_month).sqrt()
    squares = sum((_error(each) ** 2 for each in compared), Fraction())
    return _decimal(squares / len(compared)).sqrt()


def _error(each: Compared) -> Fraction:
    return each.used - each.forecast


@lru_cache(maxsize=64)
def quantile(percent: int) -> Decimal:
    """The quantile of the normal distribution for 50 to 99 percent, to three decimals: 1.645 for 95."""
    return Decimal(nearest(Fraction(NormalDist().inv_cdf(percent / 100)) * 1000)).scaleb(-3)


def whole_packs(units: int, packs: Iterable[int]) -> Order:
    """The least that holds the units (from 1) in whole packs of one size, then the fewest packs."""
    sizes = sorted(set(packs))
    if not sizes:
        return Order(units, None)
    orders = (Order(-(-units // size), size) for size in sizes)
    return min(orders, key=lambda order: (order.units, order.packs))


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)
