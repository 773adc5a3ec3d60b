"""From prescriptions and days of use to the series of each product that forecasts are made of."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import groupby
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

    `patient` and `rx` are numbers. `late_days` is for how long the patient has been expected already.
    """

    patient: int
    rx: int
    wanted: Wanted
    share: Fraction
    late_days: int


@dataclass(frozen=True)
class Past:
    """What forecasts are made of, by product id where it says so.

    `prescribed` has the prescriptions by patient. It is gone through several times and never held, and may
    be read anew each time. `used` are units by day, through yesterday; `in_stock` covers
    `span(today, months, history)`.
    `most_on_hand` is the product of each form of which most is on hand, for a form of which none was used.
    """

    today: date
    prescribed: Iterable[Prescribed]
    products: Mapping[int, Product]
    used: Mapping[int, Mapping[date, int]]
    in_stock: Mapping[int, DaysInStock]
    most_on_hand: Mapping[Form, int]

    @cached_property
    def outcomes(self) -> Counter[Outcome]:
        """How patients have kept to their schedules, and how often."""
        return Counter(each for of in self.by_patient() for each in outcomes(of, self.today, self.out_days))

    def out_days(self, product_id: int, part: Span) -> int:
        """How many days of the part the product was out of stock, as far as it is known."""
        days = self.in_stock.get(product_id)
        return 0 if days is None else days.without(part)

    def by_patient(self) -> Iterator[list[Prescribed]]:
        """The prescriptions of each patient and form, in the order in which they were entered."""
        for _, of_patient in groupby(self.prescribed, key=lambda rx: rx.patient):
            found: dict[Form, list[Prescribed]] = defaultdict(list)
            for rx in sorted(of_patient, key=lambda rx: (rx.entered, rx.number)):
                found[rx.form].append(rx)
            yield from found.values()


def span(today: date, months: int, history: int) -> Span:
    """The past days that a forecast of so many months from so many of history looks at."""
    return Span(month(today, min(months_needed(months, history))).first, today)


def series_of(past: Past, months: int, history: int) -> dict[int, Series]:
    """The series of every product that was used or is wanted."""
    looks = [_of_month(past, *each, history) for each in months_needed(months, history).items()]
    for of_patient in past.by_patient():
        for look in looks:
            look.add(of_patient, past)
    wanted: dict[int, dict[int, dict[date, Fraction]]] = defaultdict(dict)
    for look in looks:
        for product_id, days in look.wanted(past.products).items():
            wanted[product_id][look.number] = days
    empty = DaysInStock(span(past.today, months, history))
    found: dict[int, Series] = {}
    for product_id in sorted({*wanted, *past.used}):
        used = past.used.get(product_id, {})
        # On a day on which it was given it was in stock, whatever the books say of the day's end.
        stood = past.in_stock.get(product_id, empty).with_days(day for day, units in used.items() if units)
        found[product_id] = Series(past.today, used, stood, wanted.get(product_id, {}))
    return found


def expected(past: Past, end: date, history: int) -> list[Expected]:
    """Who is expected from today to the day before `end`, by day, with all that has happened until now."""
    ahead = _ahead(past, 0, end, history)
    found = [
        Expected(rx.patient, rx.number, wanted, ahead.kept.share(*chance), 0 if wanted.visit else chance.late)
        for of_patient in past.by_patient()
        for rx, wanted, chance in _of_patient(past, of_patient, ahead)
    ]
    return sorted(found, key=lambda each: (each.wanted.on, each.rx))


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


class _Ahead(NamedTuple):
    """The day on which somebody looks ahead to the day before `end`, knowing what happened before `before`.

    `kept` are the habits and `usual` the products of each form, as they were known then.
    """

    today: date
    before: date
    end: date
    kept: Habits
    usual: Mapping[Form, int]


class _Chance(NamedTuple):
    """On what the share of patients that come to a visit depends: see Habits.share."""

    late: int
    first_renewals: int
    visit: int
    renewals: int


@dataclass(frozen=True)
class _Month:
    """What was wanted in the days `of` from the beginning of month `number` on, as it was known then.

    `volumes` are microlitres by product id, day and chance: whole numbers, because there are many to add.
    """

    number: int
    of: Span
    ahead: _Ahead
    volumes: dict[tuple[int, date, _Chance], int]

    def add(self, prescribed: Sequence[Prescribed], past: Past) -> None:
        """What a patient wants of a form."""
        for _, wanted, chance in _of_patient(past, prescribed, self.ahead):
            volume_ul = wanted.units * past.products[wanted.product_id].fill_ul + wanted.volume_ul
            self.volumes[wanted.product_id, wanted.on, chance] += volume_ul

    def wanted(self, products: Mapping[int, Product]) -> dict[int, dict[date, Fraction]]:
        """The units of each product by day; of a draw from a vial that is kept, its part of one."""
        days: dict[int, dict[date, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for (product_id, on, chance), volume_ul in self.volumes.items():
            days[product_id][on] += Fraction(volume_ul, products[product_id].fill_ul) * self.ahead.kept.share(*chance)
        return {product_id: _spread(wanted, self.ahead.kept, self.of) for product_id, wanted in days.items()}


def _of_month(past: Past, number: int, months: int, history: int) -> _Month:
    of = Span(month(past.today, number).first, month(past.today, number + months).first)
    if number:
        # Of a past month nothing after today is compared.
        of = Span(of.first, min(of.end, past.today))
    ahead = _ahead(past, number, of.end, history)
    # Who comes early comes within these days, though not due in them.
    ahead = ahead._replace(end=of.end + timedelta(days=ahead.kept.early))
    return _Month(number, of, ahead, defaultdict(int))


def _spread(wanted: Mapping[date, Fraction], kept: Habits, of: Span) -> dict[date, Fraction]:
    """The same units over the days on which such patients come; whom the first day expects already, it keeps."""
    found: dict[date, Fraction] = defaultdict(Fraction)
    for on, units in wanted.items():
        if on == of.first:
            found[on] += units
            continue
        for days, share in kept.spread.items():
            day = max(of.first, on + timedelta(days=days))
            if day in of:
                found[day] += units * share
    return dict(found)


def _ahead(past: Past, number: int, end: date, history: int) -> _Ahead:
    """From the beginning of month `number` on, as it was known then; from today on, as it is known now."""
    today = month(past.today, number).first
    before = today if number else today + timedelta(days=1)
    kept = habits(past.outcomes, Span(months_later(today, -history), today))
    return _Ahead(today, before, end, kept, usual(past, today, history, or_on_hand=not number))


def _of_patient(
    past: Past, prescribed: Sequence[Prescribed], ahead: _Ahead
) -> Iterator[tuple[Prescribed, Wanted, _Chance]]:
    """What a patient wants of a form: by the last prescription, once what the others supply is used up."""
    entered = [rx for rx in prescribed if rx.entered < ahead.before]
    active = [rx for rx in entered if rx.life(ahead.before) is LifeState.ACTIVE]
    if not active:
        return
    rx = active[-1]
    seen = rx.seen(ahead.before)
    product_id = rx.product(seen, ahead.usual)
    if product_id is None:
        return
    supplied = (each.standing(each.seen(ahead.before)).next_injection for each in entered)
    due = max((day for day in supplied if day is not None), default=rx.entered)
    late = max(0, days_late(due, ahead.today, product_id, past.out_days))
    if late > LATE_DAYS:
        return
    first_renewals = 0
    for each in rx.wanted(seen, ahead.today, due, ahead.kept.lag, product_id, past.products).until(ahead.end):
        if each.visit == 0:
            first_renewals = each.renewals
        yield rx, each, _Chance(late, first_renewals, each.visit, each.renewals)
