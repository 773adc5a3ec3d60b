"""Which product serves a fill: the one that wastes least, then takes the fewest units, then costs least.

One ranking serves the counter, which has stock (choose), and the plan, which needs none (propose).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from dispensary.errors import Refused
from dispensary.rules.allocation import Allocation, OnHand, ShortStock, allocate
from dispensary.rules.course import Course
from dispensary.rules.product import Preserved, Product
from dispensary.rules.quantity import counted, ml
from dispensary.rules.shelf import ALLOWED, Operation, state_on
from dispensary.rules.supply import Supply, last_injection, supply_of, units_for_days

_EXPIRES = attrgetter("expires")
_Kind: TypeAlias = tuple[int, int, int]
"""All of a product that matters to a supply: strength, fill, and how long it is kept open."""


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
    """What is to be served: `units` where they are said, else at most `most` units, else units for `days`.

    Units that are prescribed stay as prescribed even where the course needs fewer; days never take
    more than what completes the course.
    """

    course: Course
    units: int | None
    most: int | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product, the most units that the fill may hold of it, and what the fill's units serve."""

    product: Product
    prescribed_units: int
    supply: Supply

    @property
    def rank(self) -> tuple[int, int, int]:
        """The least waste first, then the fewest units, then the least volume.

        The volume protects the patient: where neither waste nor units tell two products apart, a
        prescription for 4 units may mean four doses in 1 mL vials or forty in 10 mL vials, and it is
        the smaller that is handed over, whatever it costs. Cost then compares like with like.
        """
        supply = self.supply
        return supply.waste_ul, supply.units, supply.volume_ul

    def __str__(self) -> str:
        return f"{self.product.code} ({self.product.fill})"


@dataclass(frozen=True, slots=True)
class Choice:
    """The product, what it serves, its lots, and why it was chosen, in a line.

    `prescribed_units` is what the whole fill should hold of the product, of which the rest is owed.
    """

    stock: Stock
    supply: Supply
    allocation: Allocation
    prescribed_units: int
    why: str


def propose(products: Iterable[Product], wanted: Wanted) -> tuple[Candidate, ...]:
    """The products that can serve the fill, whatever is on hand, the best first; equals in the order of their codes.

    Where none can, what the first of them refuses is raised: CourseCompleted, TooFewUnits,
    MoreThanPrescribed, SupplyBeyondCalendar, NotAWholeMicrolitre. `products` must not be empty.
    """
    plans, refusals = _plans(products, wanted)
    if not plans:
        raise refusals[0]
    return tuple(sorted(plans, key=lambda plan: (plan.rank, plan.product.code)))


def choose(stocks: Sequence[Stock], wanted: Wanted, today: date) -> Choice:
    """The best of the products whose lots serve the whole fill; a fill is never mixed from two products.

    The least waste, then the fewest units (see Candidate.rank), then the cheapest, where a cost that is
    not known comes after those that are; then the lot that expires first (FEFO), then the code.
    Where none serves it, what the best of them refuses is raised: ShortStock, of a product that can
    serve a part if there is one, or what propose raises. `stocks` must not be empty.
    """
    plans, refusals = _plans((stock.product for stock in stocks), wanted)
    if not plans:
        raise refusals[0]
    lots = _Lots({stock.product.code: stock for stock in stocks}, wanted, today)
    short: list[tuple[Candidate, ShortStock]] = []
    ordered = sorted(plans, key=lambda plan: (plan.rank, lots.first_expiry(plan), plan.product.code))
    for _, group in groupby(ordered, key=lambda plan: plan.rank):
        served = lots.serving(list(group), short)
        if served:
            best, runner_up = served[0], served[1] if len(served) > 1 else None
            why = _why(best, runner_up, ordered, short, lots)
            plan = best.plan
            return Choice(lots.stocks[plan.product.code], plan.supply, best.allocation, plan.prescribed_units, why)
    # min keeps the order of the plans among those that can hand over a part, and among those that cannot.
    raise min((refusal for _, refusal in short), key=lambda refusal: refusal.available == 0)


def _plans(products: Iterable[Product], wanted: Wanted) -> tuple[list[Candidate], list[Refused]]:
    """What each product would serve, and why the others cannot, in the order of their codes."""
    plans: list[Candidate] = []
    refusals: list[Refused] = []
    known: dict[_Kind, tuple[int, Supply]] = {}
    for product in sorted(products, key=lambda product: product.code):
        kind = _kind(product)
        try:
            # Products that differ in nothing that matters to the supply share the answer.
            if kind not in known:
                known[kind] = _supply(product, wanted)
        except Refused as refusal:
            refusals.append(refusal)
        else:
            plans.append(Candidate(product, *known[kind]))
    return plans, refusals


def _supply(product: Product, wanted: Wanted) -> tuple[int, Supply]:
    """The most units of the product that the fill may hold, and what its units serve."""
    most = wanted.most if wanted.days is None else units_for_days(wanted.days, wanted.course, product)
    assert most is not None, "a prescription is written in units or in days"
    units = most if wanted.units is None else wanted.units
    if units > most:
        raise MoreThanPrescribed(product=product.code, wanted=units, most=most)
    return most, supply_of(units, wanted.course, product)


def _kind(product: Product) -> _Kind:
    return product.strength.mcg_per_ml, product.fill_ul, product.kept_days


class _Served(NamedTuple):
    """A plan whose lots are there."""

    plan: Candidate
    allocation: Allocation


class _Lots:
    """The lots of one fill's products, allocated no oftener than it takes to tell the plans apart."""

    def __init__(self, stocks: dict[str, Stock], wanted: Wanted, today: date) -> None:
        self.stocks = stocks
        self._wanted = wanted
        self._today = today
        self._needed: dict[_Kind, tuple[Callable[[int], date], int]] = {}

    def first_expiry(self, plan: Candidate) -> date:
        """When the first usable lot of the product expires."""
        # Sorted, since it is most often the first of them: a counter reads hundreds of lots.
        lots = sorted(self.stocks[plan.product.code].lots, key=_EXPIRES)
        return next((lot.expires for lot in lots if _is_usable(lot, self._today)), date.max)

    def serving(self, group: Sequence[Candidate], short: list[tuple[Candidate, ShortStock]]) -> list[_Served]:
        """Those of one rank whose lots serve the fill, the cheapest first; the others go to `short`.

        Where the cost of no lot is known, the first one is enough.
        """
        priced = len(group) > 1 and any(
            lot.unit_cost_micros is not None for plan in group for lot in self.stocks[plan.product.code].lots
        )
        served: list[_Served] = []
        for plan in group:
            try:
                served.append(_Served(plan, self._allocated(plan)))
            except ShortStock as refusal:
                short.append((plan, refusal))
                continue
            if not priced:
                break
        return sorted(served, key=_cost)

    def _allocated(self, plan: Candidate) -> Allocation:
        course, product, kind = self._wanted.course, plan.product, _kind(plan.product)
        if kind not in self._needed:
            self._needed[kind] = self._days(product), units_for_days(1, course, product)
        needed, units_a_dose = self._needed[kind]
        return allocate(
            plan.supply.units,
            self.stocks[product.code].lots,
            product=product.code,
            today=self._today,
            last_injection=needed,
            units_a_dose=units_a_dose,
        )

    def _days(self, product: Product) -> Callable[[int], date]:
        """The day on which each unit is last needed; units for days are for those days, whoever injects less often."""
        needed = last_injection(self._wanted.course, product)
        if self._wanted.days is None:
            return needed
        last = self._wanted.course.start + timedelta(days=self._wanted.days - 1)
        return lambda units: min(needed(units), last)


def _cost(served: _Served) -> tuple[bool, int]:
    """Sorts the cheapest first, and what is not known last."""
    cost = served.allocation.cost_micros
    return cost is None, cost or 0


def _is_usable(lot: OnHand, today: date) -> bool:
    return ALLOWED[state_on(lot.state, lot.expires, today), Operation.DISPENSE]


def _why(
    best: _Served,
    runner_up: _Served | None,
    ordered: Sequence[Candidate],
    short: Sequence[tuple[Candidate, ShortStock]],
    lots: _Lots,
) -> str:
    """What speaks for the plan, and against one other: a better one that is short, else the next one."""
    supply = best.plan.supply
    units = counted(supply.units, "unit")
    said = f"{best.plan}: {units}, {ml(supply.waste_ul) + ' wasted' if supply.waste_ul else 'nothing wasted'}"
    if short:
        plan, refusal = short[0]
        return f"{said}; {plan} is short, {refusal.available:,} of {refusal.wanted:,} usable."
    others = [plan for plan in ordered if plan is not best.plan]
    if not others:
        return f"{said}; no other product {'serves it' if len(lots.stocks) > 1 else 'to choose from'}."
    other = runner_up.plan if runner_up is not None else others[0]
    return f"{said}; {other} {_against(other.supply, supply) or _dearer(best, runner_up) or _later(best, other, lots)}."


def _against(its: Supply, mine: Supply) -> str:
    if its.waste_ul > mine.waste_ul:
        return f"would waste {ml(its.waste_ul)}"
    if its.units > mine.units:
        return f"would take {its.units:,} units"
    return f"would hand over {ml(its.volume_ul + its.waste_ul)}" if its.volume_ul > mine.volume_ul else ""


def _dearer(best: _Served, runner_up: _Served | None) -> str:
    if runner_up is None or _cost(runner_up) == _cost(best):
        return ""
    return "has no known cost" if runner_up.allocation.cost_micros is None else "would cost more"


def _later(best: _Served, other: Candidate, lots: _Lots) -> str:
    expires = lots.first_expiry(other)
    if expires == date.max:
        return "is not usable"
    return f"expires later, on {expires}" if expires > lots.first_expiry(best.plan) else "would do as well"


def preservative_free(stocks: Iterable[Stock], today: date) -> str:
    """What stands on hand without any preservative, as a message names it."""
    found = []
    for stock in stocks:
        if stock.product.preservatives.known is Preserved.NONE:
            units = sum(lot.units for lot in stock.lots if _is_usable(lot, today))
            if units:
                found.append(f"{units} of {stock.product.code} ({stock.product.fill} {stock.product.container})")
    return ", ".join(found) or "none"
