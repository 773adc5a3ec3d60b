"""Generated pharmacies with known truth: patients who come by their directions, and a pharmacy that serves them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from dispensary.rules.figures.forecast import Compared, forecast
from dispensary.rules.figures.scheduled import Prescribed
from dispensary.rules.figures.series import Past, series_of, span
from dispensary.rules.figures.span import Span
from dispensary.rules.figures.stock_days import DaysInStock, days_in_stock
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.product import Form
from dispensary.rules.refills import Fill, Terms, standing
from dispensary.rules.supply import supply_of, units_for_days
from tests.build import FORMULARY

TODAY = date(2026, 11, 21)
BEGAN = date(2025, 7, 1)
PRODUCTS = dict(enumerate((row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")), start=1))
IDS = {product.code: number for number, product in PRODUCTS.items()}
VIALS_OF_1 = IDS["US-CY-ARG1"]

MONTHLY = ("1 mg IM monthly", 1, None, 11)
QUARTERLY = ("1 mg IM monthly", 3, None, 3)
WEEKLY = ("1 mg IM weekly", 4, None, 12)
LOADING = ("1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly", None, 30, 11)


@dataclass
class Pharmacy:
    """What it was like, and what its books say of it."""

    rx: list[Prescribed] = field(default_factory=list)
    used: Counter[date] = field(default_factory=Counter)
    out: list[Span] = field(default_factory=list)
    began: date = BEGAN

    def past(self, today: date, months: int = 3, history: int = 6) -> Past:
        """The books as they stand on the morning of the day."""
        of = span(today, months, history)
        stock = days_in_stock(of, [], [Span(self.began, today)])
        for out in self.out:
            stock = DaysInStock(of, stock.bits & ~days_in_stock(of, [], [out]).bits)
        used = {day: units for day, units in self.used.items() if day < today}
        return Past(
            today, self.rx, PRODUCTS, {VIALS_OF_1: used}, {VIALS_OF_1: stock}, {Form.CYANOCOBALAMIN: VIALS_OF_1}
        )

    def used_in(self, of: Span) -> int:
        return sum(units for day, units in self.used.items() if day in of)


@dataclass
class Truth:
    """How patients behave. `arrivals` is the mean number of new patients on a day."""

    seed: int
    at_first: int = 40
    arrivals: Callable[[date], float] = lambda day: 0.1
    kinds: tuple[tuple[str, int | None, int | None, int], ...] = (MONTHLY, QUARTERLY, WEEKLY)
    stops: Callable[[date], float] = lambda day: 0.01
    """The chance that a patient does not come any more, at each visit."""
    renews: float = 0.9
    late: int = 4
    """The most days that a patient is late."""
    out: tuple[Span, ...] = ()
    walk_ins: float = 0.0
    """Units on a day that no prescription in the books foresees."""


def generated(truth: Truth, end: date) -> Pharmacy:
    """The pharmacy from BEGAN to the day before `end`."""
    chance, made = Random(truth.seed), Pharmacy(out=list(truth.out))
    for number in range(truth.at_first):
        _patient(truth, chance, made, BEGAN + timedelta(days=chance.randrange(60)), number, end)
    for day in Span(BEGAN, end):
        for _ in range(_poisson(chance, truth.arrivals(day))):
            _patient(truth, chance, made, day, len(made.rx), end)
        if not any(day in out for out in truth.out):
            made.used[day] += _poisson(chance, truth.walk_ins)
    return made


def _poisson(chance: Random, mean: float) -> int:
    count, left = 0, chance.expovariate(1)
    while left < mean:
        count, left = count + 1, left + chance.expovariate(1)
    return count


def _patient(truth: Truth, chance: Random, made: Pharmacy, day: date, patient: int, end: date) -> None:
    directions, units, days, refills = chance.choice(truth.kinds)
    while day < end:
        rx = Prescribed(
            len(made.rx) + 1, patient, Form.CYANOCOBALAMIN, Terms(parse(directions), units, days, refills),
            day + timedelta(days=364), day,
        )  # fmt: skip
        made.rx.append(rx)
        last = _filled(truth, chance, made, rx, day, end)
        if last is None or chance.random() > truth.renews:
            return
        day, directions = last, directions.rsplit("then ", 1)[-1]


def _filled(truth: Truth, chance: Random, made: Pharmacy, rx: Prescribed, day: date, end: date) -> date | None:
    """The day on which a new prescription is wanted, or None where the patient does not come any more."""
    product = PRODUCTS[VIALS_OF_1]
    while True:
        day += timedelta(days=chance.randint(0, truth.late))
        for out in truth.out:
            if day in out:
                day = out.end + timedelta(days=chance.randint(0, 3))
        if day >= end or chance.random() < truth.stops(day):
            return None
        stands = standing(rx.terms, rx.fills)
        if stands.left.fills <= 0 or day > rx.valid_until:
            return day
        course = stands.course(rx.terms.directions, day)
        units = rx.terms.quantity_units or units_for_days(rx.terms.days or 0, course, product)
        served = supply_of(units, course, product)
        number = len(rx.fills) + 1
        rx.fills += (
            Fill(
                number, number, day, product, units, 0, units, None, served.doses, course.start,
                served.next_injection, number,
            ),
        )  # fmt: skip
        rx.fill_products += (VIALS_OF_1,)
        made.used[day] += units
        day = served.next_injection


SURGE = Span(date(2026, 2, 1), date(2026, 3, 1))
FAST = Span(date(2026, 4, 5), date(2026, 4, 25)), Span(date(2026, 8, 25), date(2026, 9, 20))
KNOWN: dict[str, dict[str, Any]] = {
    "steady": {},
    "growing": {"at_first": 20, "arrivals": lambda day: 0.05 + 0.25 * (day - BEGAN).days / 500},
    "three months a fill": {"at_first": 40, "kinds": (QUARTERLY,)},
    "twelve weeks a fill": {"at_first": 40, "kinds": (("1 mg IM weekly", 12, None, 3),)},
    "loading doses, steadily": {"at_first": 30, "kinds": (LOADING, MONTHLY), "arrivals": lambda day: 0.2},
    "loading doses, a campaign": {
        "at_first": 30, "kinds": (LOADING,), "arrivals": lambda day: 1.0 if day in SURGE else 0.03,
    },
    "patients stop": {
        "at_first": 80, "arrivals": lambda day: 0.05, "stops": lambda day: 0.25 if day >= date(2026, 3, 1) else 0.01,
    },
    "stock-outs": {"out": FAST},
    "late patients": {"late": 12},
    "some without prescriptions": {"walk_ins": 1.0},
}  # fmt: skip
"""Pharmacies whose prescriptions know more than an average does."""
UNKNOWN: dict[str, dict[str, Any]] = {
    "no prescriptions": {"at_first": 0, "arrivals": lambda day: 0.0, "walk_ins": 3.0},
    "a new prescription for each fill": {
        "at_first": 120,
        "arrivals": lambda day: 0.4,
        "kinds": (("1 mg IM monthly", 1, None, 0),),
    },
}
"""Pharmacies whose prescriptions know next to nothing of the next month."""


def compared(truth: dict[str, Any], seed: int, history: int) -> tuple[Compared, ...]:
    """The last months of such a pharmacy, each held against the forecast and the average of its beginning."""
    past = generated(Truth(seed, **truth), TODAY).past(TODAY, 1, history)
    return forecast(series_of(past, 1, history)[VIALS_OF_1], 1, history).compared
