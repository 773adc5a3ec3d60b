"""Which product serves a fill: the one that wastes least, then takes the fewest units, then the least volume."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused
from dispensary.rules.allocation import Allocation, OnHand, allocate
from dispensary.rules.directions import Directions
from dispensary.rules.product import Preserved, Product
from dispensary.rules.shelf import ALLOWED, Operation, state_on
from dispensary.rules.supply import Supply, last_injection, supply_of, units_for_days


class MoreThanPrescribed(Refused):
    """More units than the fill may hold."""

    sentence = "{wanted} units of {product} are more than the {most} that this fill may hold: give at most {most}."
    product: str
    wanted: int
    most: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A product with its lots on hand."""

    product_id: int
    product: Product
    lots: tuple[OnHand, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be served: `units` where they are said, else at most `most` units, else units for `days`."""

    directions: Directions
    start: date
    units: int | None
    most: int | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The product, what it serves, and its lots."""

    stock: Stock
    supply: Supply
    allocation: Allocation


def units_of(wanted: Wanted, product: Product) -> int:
    """The units of the product for this fill; raises MoreThanPrescribed."""
    most = wanted.most
    if wanted.days is not None:
        most = units_for_days(wanted.days, wanted.directions, product, wanted.start)
    assert most is not None, "a prescription is written in units or in days"
    units = most if wanted.units is None else wanted.units
    if units > most:
        raise MoreThanPrescribed(product=product.code, wanted=units, most=most)
    return units


def choose(stocks: Sequence[Stock], wanted: Wanted, today: date) -> Choice:
    """The best of the products whose lots serve the whole fill; a fill is never mixed from two products.

    Where none serves it, what the best of them refuses is raised: ShortStock, TooFewUnits,
    MoreThanPrescribed, NotAWholeMicrolitre. `stocks` must not be empty.
    """
    refusals: list[tuple[int, Refused]] = []
    plans: list[tuple[tuple[int, int, int, date, str], Stock, Supply]] = []
    supplies: dict[tuple[object, ...], Supply] = {}
    for stock in stocks:
        try:
            supply = _supply(wanted, stock.product, supplies)
        except Refused as refusal:
            refusals.append((1, refusal))
            continue
        first = next((lot.expires for lot in sorted(stock.lots, key=_expiry) if _is_usable(lot, today)), date.max)
        volume_ul = supply.units * stock.product.fill_ul
        plans.append(((supply.waste_ul, supply.units, volume_ul, first, stock.product.code), stock, supply))
    for _, stock, supply in sorted(plans, key=lambda plan: plan[0]):
        try:
            return Choice(stock, supply, _lots(stock, supply, wanted, today))
        except Refused as refusal:
            refusals.append((0, refusal))
    raise min(refusals, key=lambda ranked: ranked[0])[1]


def _supply(wanted: Wanted, product: Product, known: dict[tuple[object, ...], Supply]) -> Supply:
    """What the fill's units serve; products that differ in nothing that matters to it share the answer."""
    alike = (units_of(wanted, product), product.strength, product.fill_ul, product.multi_dose)
    if alike not in known:
        known[alike] = supply_of(alike[0], wanted.directions, product, wanted.start)
    return known[alike]


def _lots(stock: Stock, supply: Supply, wanted: Wanted, today: date) -> Allocation:
    return allocate(
        supply.units,
        stock.lots,
        product=stock.product.code,
        today=today,
        last_injection=last_injection(wanted.directions, stock.product, wanted.start),
    )


def _expiry(lot: OnHand) -> date:
    return lot.expires


def _is_usable(lot: OnHand, today: date) -> bool:
    return ALLOWED[state_on(lot.state, lot.expires, today), Operation.DISPENSE]


def preservative_free(stocks: Iterable[Stock], today: date) -> str:
    """What stands on hand without any preservative, as a message names it."""
    found = []
    for stock in stocks:
        if stock.product.preservatives.known is Preserved.NONE:
            units = sum(lot.units for lot in stock.lots if _is_usable(lot, today))
            if units:
                found.append(f"{units} of {stock.product.code} ({stock.product.fill} {stock.product.container})")
    return ", ".join(found) or "none"
