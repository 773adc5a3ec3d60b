"""What the prescriptions say will be wanted: who comes when, for how much of which product.

A prescription is walked as a counter would serve it: the next fill when the patient has nothing left,
of the product of the last fill, in the units or for the days that are prescribed. Where the refills or
the validity end and the directions do not, it goes on with a new prescription of the same kind; how
many patients get one is told by habits.py.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple, TypeAlias

from dispensary.errors import Refused
from dispensary.rules.course import Course
from dispensary.rules.dates import months_later
from dispensary.rules.life import Act, LifeState, life_after
from dispensary.rules.product import Form, Product
from dispensary.rules.refills import Drawn, Fill, Left, Standing, Terms, standing
from dispensary.rules.supply import supply_of, units_for_days

RENEWED_MONTHS = 12
"""How long a prescription is taken to be valid that is not written yet."""


class Wanted(NamedTuple):
    """One fill or draw that is expected on a day.

    `units` are sealed units. A draw from a vial that is kept has none, and takes `volume_ul` out of one.
    `visit` counts from 0 for the first one. `renewals` are the prescriptions that are to be written before it.
    """

    on: date
    product_id: int
    units: int
    volume_ul: int
    doses: int
    visit: int
    renewals: int


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of a fill that came back on a day."""

    on: date
    fill_id: int
    units: int


class Seen(NamedTuple):
    """How many of the fills, draws and returns of a prescription had happened."""

    fills: int
    draws: int
    returns: int


@dataclass
class Prescribed:
    """A prescription with all that happened to it, so that it can be seen as it stood on any day.

    `entered` is the day on which it was written into the books. Fills, draws, returns and acts are in
    their order. The fills' own `returned` is left out of account; what came back stands in `returns`.
    `fill_products` and `draw_products` are the product ids of the fills and draws.
    """

    number: int
    patient: int
    form: Form
    terms: Terms
    valid_until: date
    entered: date
    product_id: int | None = None
    acts: tuple[tuple[date, Act], ...] = ()
    fills: tuple[Fill, ...] = ()
    fill_products: tuple[int, ...] = ()
    returns: tuple[Returned, ...] = ()
    draws: tuple[Drawn, ...] = ()
    draw_products: tuple[int, ...] = ()
    _standings: dict[Seen, Standing] = field(default_factory=dict)
    _walks: dict[tuple[Seen, date, date, int, int], "_Walk"] = field(default_factory=dict)

    def seen(self, before: date) -> Seen:
        """What had happened before the day."""
        return Seen(
            bisect_left(self.fills, before, key=lambda fill: fill.on),
            bisect_left(self.draws, before, key=lambda draw: draw.on),
            bisect_left(self.returns, before, key=lambda back: back.on),
        )

    def life(self, before: date) -> LifeState:
        """What people had made of it before the day."""
        acts = [act for on, act in self.acts if on < before]
        return life_after(acts[-1] if acts else None)

    def standing(self, seen: Seen) -> Standing:
        """Where it stood then."""
        if seen not in self._standings:
            back: dict[int, int] = {}
            for each in self.returns[: seen.returns]:
                back[each.fill_id] = back.get(each.fill_id, 0) + each.units
            given = [_with_returned(fill, back.get(fill.id, 0)) for fill in self.fills[: seen.fills]]
            self._standings[seen] = standing(self.terms, given, self.draws[: seen.draws])
        return self._standings[seen]

    def by_draw(self, seen: Seen) -> bool:
        """Whether what was given last was drawn from a vial."""
        if not seen.draws:
            return False
        return not seen.fills or self.draws[seen.draws - 1].order > self.fills[seen.fills - 1].order

    def product(self, seen: Seen, usual: Mapping[Form, int]) -> int | None:
        """The product of what was given last, else the one that is prescribed, else the usual one of the form."""
        if self.by_draw(seen):
            return self.draw_products[seen.draws - 1]
        if seen.fills:
            return self.fill_products[seen.fills - 1]
        return self.product_id or usual.get(self.form)

    def wanted(
        self, seen: Seen, today: date, due: date, lag: int, product_id: int, products: Mapping[int, Product]
    ) -> "_Walk":
        """What it wants from today on, where the patient has nothing left on `due` and comes `lag` days later.

        `today` matters where that day has passed or units are owed.
        """
        stands = self.standing(seen)
        first = max(today, due + timedelta(days=lag))
        key = (seen, today if stands.owed is not None else first, due, lag, product_id)
        if key not in self._walks:
            walk = _drawn if self.by_draw(seen) else _filled
            visit = _Visit(today, first, due, lag, _rest(self.terms, self.draws[: seen.draws]))
            self._walks[key] = _Walk(walk(self, stands, visit, products[product_id], product_id))
        return self._walks[key]


def _with_returned(fill: Fill, units: int) -> Fill:
    return fill if fill.returned == units else replace(fill, returned=units)


class _Visit(NamedTuple):
    """The day it is, the day of the next visit, the day on which the patient has nothing left, and the habit.

    `rest_days` are those of a prescription's fill in days that draws have begun and not used up.
    """

    today: date
    on: date
    due: date
    lag: int
    rest_days: int

    def after(self, due: date) -> "_Visit":
        return self._replace(on=max(self.on, due + timedelta(days=self.lag)), due=due)


_Steps: TypeAlias = Iterator[date | Wanted]
"""Before each step its day, because most walks end before it, and to reckon it is what costs."""


class _Walk:
    """What a prescription wants, walked once and only as far as anybody has asked."""

    def __init__(self, steps: _Steps) -> None:
        self._steps = steps
        self._done: list[Wanted] = []
        self._next = date.min

    def until(self, end: date) -> Iterator[Wanted]:
        """What is wanted before the day."""
        while self._next < end:
            step = next(self._steps, date.max)
            if isinstance(step, Wanted):
                self._done.append(step)
            else:
                self._next = step
        return islice(self._done, bisect_left(self._done, end, key=lambda each: each.on))


def _whole(terms: Terms) -> Left:
    """What a new prescription of the same kind allows."""
    units = None if terms.quantity_units is None else terms.quantity_units * (1 + terms.refills)
    return Left(1 + terms.refills, terms.refills, units)


def _filled(rx: Prescribed, stands: Standing, visit: _Visit, product: Product, product_id: int) -> _Steps:
    terms, supplied, owed = rx.terms, list(stands.supplied), stands.owed
    left, valid_until, renewals, number = stands.left, rx.valid_until, 0, 0
    while True:
        # What is owed may be collected at any time.
        on = visit.on if owed is None else visit.today
        yield on
        # What a patient collects early is used when the rest is.
        course = Course(terms.directions, max(visit.on, visit.due), tuple(supplied))
        if course.completed:
            return
        if owed is None and (not left.fills or visit.on > valid_until):
            left, renewals = _whole(terms), renewals + 1
            valid_until = months_later(visit.on, RENEWED_MONTHS)
        try:
            units = _units(terms, left, course, product) if owed is None else owed.units
            served = supply_of(units, course, product)
        except Refused:
            # The product cannot serve these directions: nobody knows what will be taken instead.
            return
        yield Wanted(on, product_id, units, 0, served.doses, number, renewals)
        number += owed is None
        supplied.append((course.start, served.doses))
        left = _after(left, units, whole=owed is None)
        owed = None
        if served.completes:
            return
        visit = visit.after(served.next_injection)


def _units(terms: Terms, left: Left, course: Course, product: Product) -> int:
    if terms.quantity_units is not None:
        return min(terms.quantity_units, left.units or 0)
    assert terms.days is not None, "a prescription is written in units or in days"
    return units_for_days(terms.days, course, product)


def _after(left: Left, units: int, *, whole: bool) -> Left:
    if left.units is None:
        return Left(left.fills - whole, left.refills, None)
    rest = max(0, left.units - units)
    return Left(rest, left.refills, rest)


def _drawn(rx: Prescribed, stands: Standing, visit: _Visit, product: Product, product_id: int) -> _Steps:
    """Dose by dose; a prescription that is used up or over goes on with a new one."""
    course = Course(rx.terms.directions, max(visit.on, visit.due), stands.supplied)
    if course.completed:
        return
    left_ul, ends = _volume(rx.terms, stands.left, product, visit.on, rx.valid_until, visit.rest_days)
    renewals = 0
    for number, injection in enumerate(course.injections()):
        yield injection.on
        try:
            volume_ul = product.strength.volume_ul(injection.dose)
        except Refused:
            return
        units = 0 if product.kept_days else -(-volume_ul // product.fill_ul)
        taken = units * product.fill_ul or volume_ul
        if taken > left_ul or injection.on > ends:
            renewals += 1
            valid = months_later(injection.on, RENEWED_MONTHS)
            left_ul, ends = _volume(rx.terms, _whole(rx.terms), product, injection.on, valid)
        left_ul -= taken
        yield Wanted(injection.on, product_id, units, 0 if units else volume_ul, 1, number, renewals)


def _rest(terms: Terms, draws: Sequence[Drawn]) -> int:
    covered = 0
    for each in draws:
        covered = (0 if covered >= (terms.days or 0) else covered) + (each.next_injection - each.on).days
    return max(0, (terms.days or 0) - covered) if draws else 0


def _volume(
    terms: Terms, left: Left, product: Product, first: date, valid_until: date, rest_days: int = 0
) -> tuple[int, date]:
    """The microlitres that are left, and the last day on which any of them may be drawn."""
    if terms.quantity_units is not None:
        return (left.units or 0) * product.fill_ul, valid_until
    assert terms.days is not None, "a prescription is written in units or in days"
    return _NO_LIMIT, min(valid_until, first + timedelta(days=rest_days + left.fills * terms.days - 1))


_NO_LIMIT = 10**12
