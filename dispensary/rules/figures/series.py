"""From prescriptions and days of use to the series of each product that forecasts are made of."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from dispensary.rules.dates import months_later
from dispensary.rules.figures.forecast import Series, months_needed
from dispensary.rules.figures.habits import LATE_DAYS, Habits, Outcome, days_late, habits, outcomes
from dispensary.rules.figures.scheduled import Prescribed, Wanted
from dispensary.rules.figures.span import Span, month
from dispensary.rules.figures.stock_days import DaysInStock
from dispensary.rules.life import LifeState
from dispensary.rules.product import Form, Product


@dataclass(frozen=True, slots=True)
class Expected:
    """A visit that a prescription lets expect, with the share of such patients that come.

    `late_days` is for how long the patient has been expected already.
    """

    rx: Prescribed
    wanted: Wanted
    share: Fraction
    late_days: int


@dataclass(frozen=True)
class Past:
    """What forecasts are made of, by product id where it says so.

    `used` are units by day, through yesterday; `in_stock` covers `span(today, months, history)`.
    `most_on_hand` is the product of each form of which most is on hand, for a form of which none was used.
    """

    today: date
    prescribed: Sequence[Prescribed]
    products: Mapping[int, Product]
    used: Mapping[int, Mapping[date, int]]
    in_stock: Mapping[int, DaysInStock]
    most_on_hand: Mapping[Form, int]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """How patients have kept to their schedules."""
        return outcomes(self.prescribed, self.today, self.out_days)

    def out_days(self, product_id: int, part: Span) -> int:
        """How many days of the part the product was out of stock, as far as it is known."""
        days = self.in_stock.get(product_id)
        return 0 if days is None else days.without(part)

    @cached_property
    def by_patient(self) -> list[list[Prescribed]]:
        """The prescriptions of each patient and form, in the order in which they were entered."""
        found: dict[tuple[int, Form], list[Prescribed]] = defaultdict(list)
        for rx in sorted(self.prescribed, key=lambda rx: (rx.entered, rx.number)):
            found[rx.patient, rx.form].append(rx)
        return list(found.values())


def span(today: date, months: int, history: int) -> Span:
    """The past days that a forecast of so many months from so many of history looks at."""
    _, first = months_needed(months, history)
    return Span(month(today, first).first, today)


def series_of(past: Past, months: int, history: int) -> dict[int, Series]:
    """The series of every product that was used or is wanted."""
    wanted: dict[int, dict[int, dict[date, Fraction]]] = defaultdict(dict)
    numbers, _ = months_needed(months, history)
    for number in numbers:
        for product_id, days in _by_product(past, number, months, history).items():
            wanted[product_id][number] = days
    of = Span(month(past.today, numbers[0]).first, past.today)
    empty = DaysInStock(of)
    found: dict[int, Series] = {}
    for product_id in sorted({*wanted, *past.used}):
        used = past.used.get(product_id, {})
        # On a day on which it was given it was in stock, whatever the books say of the day's end.
        stood = past.in_stock.get(product_id, empty).with_days(day for day, units in used.items() if units)
        found[product_id] = Series(past.today, used, stood, wanted.get(product_id, {}))
    return found


def expected(past: Past, end: date, history: int) -> list[Expected]:
    """Who is expected from today to the day before `end`, by day, with all that has happened until now."""
    found = list(_expected(past, 0, end, history))
    return sorted(found, key=lambda each: (each.wanted.on, each.rx.number))


def usual(past: Past, day: date, history: int, *, or_on_hand: bool = False) -> dict[Form, int]:
    """The product of each form of which most was used in the months before the day, or of which most is on hand."""
    before = Span(month(day, -history).first, day)
    most: dict[Form, tuple[int, int]] = {}
    for product_id, used in past.used.items():
        form = past.products[product_id].form
        units = sum(units for on, units in used.items() if on in before)
        if units > most.get(form, (0, 0))[0]:
            most[form] = units, product_id
    found = dict(past.most_on_hand) if or_on_hand else {}
    return found | {form: product_id for form, (_, product_id) in most.items()}


def _by_product(past: Past, number: int, months: int, history: int) -> Mapping[int, dict[date, Fraction]]:
    """What was wanted of each product by day, as it was known when month `number` began."""
    end = month(past.today, number + months).first
    days: dict[int, dict[date, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    # Of a past month nothing after today is compared.
    for each in _expected(past, number, min(end, past.today) if number else end, history):
        units = units_of(each.wanted, past.products) * each.share
        days[each.wanted.product_id][each.wanted.on] += units
    return days


def _expected(past: Past, number: int, end: date, history: int) -> Iterator[Expected]:
    """Who is expected from the beginning of month `number` on, as it was known then; of today, as it is known now."""
    today = month(past.today, number).first
    before = today if number else today + timedelta(days=1)
    given = usual(past, today, history, or_on_hand=not number)
    kept = habits(past.outcomes, Span(months_later(today, -history), today))
    for each in past.by_patient:
        yield from _of_patient(past, each, _Moment(today, before, end), kept, given)


class _Moment(NamedTuple):
    """The day on which somebody looks ahead to the day before `end`, knowing what happened before `before`."""

    today: date
    before: date
    end: date


def _of_patient(
    past: Past, prescribed: Sequence[Prescribed], at: _Moment, kept: Habits, usual: Mapping[Form, int]
) -> Iterator[Expected]:
    """What a patient wants of a form: by the last prescription, once what the others supply is used up."""
    entered = [rx for rx in prescribed if rx.entered < at.before]
    active = [rx for rx in entered if rx.life(at.before) is LifeState.ACTIVE]
    if not active:
        return
    rx = active[-1]
    seen = rx.seen(at.before)
    product_id = rx.product(seen, usual)
    if product_id is None:
        return
    supplied = (each.standing(each.seen(at.before)).next_injection for each in entered)
    due = max((day for day in supplied if day is not None), default=rx.entered)
    late = max(0, days_late(due, at.today, product_id, past.out_days))
    if late > LATE_DAYS:
        return
    first_renewals = 0
    for each in rx.wanted(seen, at.today, due, kept.lag, product_id, past.products).until(at.end):
        if each.visit == 0:
            first_renewals = each.renewals
        share = kept.share(late, first_renewals, each.visit, each.renewals)
        yield Expected(rx, each, share, late if each.visit == 0 else 0)


def units_of(wanted: Wanted, products: Mapping[int, Product]) -> Fraction:
    """Its units; of a draw from a vial that is kept, its part of one."""
    return wanted.units + Fraction(wanted.volume_ul, products[wanted.product_id].fill_ul)
