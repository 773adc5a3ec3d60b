"""How long units last: injections served, days' supply, waste, and the units that some days need.

Ranges such as every 2 to 3 days are walked at their ends (schedule.py), and each figure is the
cautious one: the fewest doses, the most waste, the latest day a unit is needed, the earliest day
without one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from dispensary.errors import Refused
from dispensary.rules import schedule
from dispensary.rules.course import Course
from dispensary.rules.product import Product
from dispensary.rules.quantity import Dose, ml
from dispensary.rules.schedule import Pace, Position


class TooFewUnits(Refused):
    """The units do not hold one whole dose."""

    sentence = (
        "one dose of {dose} is {volume} of {product} and a unit holds {fill}: {units} will not do; "
        "give at least {needed} units."
    )
    product: str
    dose: str
    volume: str
    fill: str
    units: int
    needed: int


class SupplyBeyondCalendar(Refused):
    """The supply would end after the last year that a date can hold."""

    sentence = "{asked} of {product} would last beyond the year 9999; ask for fewer."
    asked: str
    product: str


@dataclass(frozen=True, slots=True)
class Supply:
    """What some units serve.

    `doses` whole doses at the least, `volume_ul` their microlitres, `waste_ul` the microlitres then
    left over. `last_injection` is the latest day of the last injection. `next_injection` is the
    earliest day of the first one that is not covered, `days_supply` days after `first_injection`.
    Where the supply `completes` the directions at every pace, all of that is of their longest way,
    and `next_injection` is the first day on which nothing is left to inject.
    """

    units: int
    doses: int
    first_injection: date
    last_injection: date
    next_injection: date
    days_supply: int
    volume_ul: int
    waste_ul: int
    completes: bool


class _Opening(NamedTuple):
    """Units that are opened together (one, or those of one large dose) and the injections that they serve."""

    units: int
    doses: int
    volume_ul: int
    first: date
    last: date
    position: Position
    """The phase that comes after the last of the injections, or the end of the course."""


def _openings(course: Course, product: Product, pace: Pace, position: Position) -> Iterator[_Opening]:
    """The units in the order of use, until the end of the course or of the calendar.

    Ampoules, single-dose vials, vials of unstated kind and unpreserved vials serve one injection
    (USP <797>, CDC: single-dose containers are never kept). A preserved multi-dose vial serves
    injections while what remains of it holds the next dose and less than its in-use days of 24 hours
    have passed since its first; a dose at exactly that hour is too late. A dose above the fill takes as
    many units as hold it, and what is over is waste.
    """
    fill_ul, kept_days = product.fill_ul, product.kept_days
    dose: Dose | None = None
    first = last = course.start
    units = doses = given_ul = left_ul = dose_ul = 0
    after = position
    for on, next_dose, position_after, _ in schedule.walk(course.directions, course.start, pace, position):
        if next_dose is not dose:
            dose, dose_ul = next_dose, product.strength.volume_ul(next_dose)
        if dose_ul <= left_ul and (on - first).days < kept_days:
            doses += 1
            given_ul += dose_ul
            left_ul -= dose_ul
        else:
            if units:
                yield _Opening(units, doses, given_ul, first, last, after)
            units, doses, given_ul, first = -(-dose_ul // fill_ul), 1, dose_ul, on
            left_ul = fill_ul - dose_ul if kept_days else 0
        last, after = on, position_after
    # What is left when the calendar ends is no whole answer; consumers ask whether the course did.
    yield _Opening(units, doses, given_ul, first, last, after)


class _Served(NamedTuple):
    """What units serve at one pace."""

    doses: int
    volume_ul: int
    last: date
    next: date
    completes: bool


def supply_of(units: int, course: Course, product: Product) -> Supply:
    """What `units` (from 1) serve; raises CourseCompleted, TooFewUnits, SupplyBeyondCalendar, NotAWholeMicrolitre."""
    _require_measurable(course, product)
    served = [_served(units, course, product, pace, position) for pace, position in course.left]
    short = [walk for walk in served if not walk.completes]
    if short:
        # The fewest doses, and where they are as few the least of them, so that waste is the most.
        doses, volume_ul = min((walk.doses, walk.volume_ul) for walk in short)
        next_injection = min(walk.next for walk in short)
    else:
        doses, volume_ul = max((walk.doses, walk.volume_ul) for walk in served)
        next_injection = max(walk.next for walk in served)
    if doses == 0:
        raise _too_few(units, course, product)
    return Supply(
        units=units,
        doses=doses,
        first_injection=course.start,
        last_injection=max(walk.last for walk in served),
        next_injection=next_injection,
        days_supply=(next_injection - course.start).days,
        volume_ul=volume_ul,
        waste_ul=units * product.fill_ul - volume_ul,
        completes=not short,
    )


def _served(units: int, course: Course, product: Product, pace: Pace, position: Position) -> _Served:
    used = doses = volume_ul = 0
    last = course.start
    for opening in _openings(course, product, pace, position):
        used += opening.units
        if used > units:
            return _Served(doses, volume_ul, last, opening.first, completes=False)
        doses += opening.doses
        volume_ul += opening.volume_ul
        last, position = opening.last, opening.position
    if not course.is_end(position):
        raise SupplyBeyondCalendar(asked=f"{units} units", product=product.code)
    assert position.began is not None, "the end of a course has its day"
    return _Served(doses, volume_ul, last, position.began, completes=True)


def _too_few(units: int, course: Course, product: Product) -> TooFewUnits:
    """The largest of the doses that may come next, which differ where a phase may be over at one pace only."""
    doses = [
        next(schedule.injections(course.directions, course.start, pace, position)).dose
        for pace, position in course.left
    ]
    dose = max(doses)
    dose_ul = product.strength.volume_ul(dose)
    return TooFewUnits(
        product=product.code,
        dose=str(dose),
        volume=ml(dose_ul),
        fill=product.fill,
        units=units,
        needed=-(-dose_ul // product.fill_ul),
    )


def units_for_days(days: int, course: Course, product: Product) -> int:
    """The least units that serve every injection of `days` days (from 1), the course's start being the first of them.

    Never more than what completes the course. Raises CourseCompleted, SupplyBeyondCalendar and
    NotAWholeMicrolitre.
    """
    _require_measurable(course, product)
    return max(_units_at(days, course, product, pace, position) for pace, position in course.left)


def _units_at(days: int, course: Course, product: Product, pace: Pace, position: Position) -> int:
    units = 0
    for opening in _openings(course, product, pace, position):
        if (opening.first - course.start).days >= days:
            return units
        units += opening.units
        position = opening.position
    if not course.is_end(position):
        raise SupplyBeyondCalendar(asked=f"{days} days", product=product.code)
    return units


def last_injection(course: Course, product: Product) -> Callable[[int], date]:
    """For allocation: the latest day on which the first n units (from 1) are needed; it never falls with n.

    A unit that fills a dose only in part is needed on the day of that dose. Units beyond the course
    are not needed later than its last injection. Beyond the calendar it is the calendar's last day.
    """
    walks = [_needed(course, product, pace, position) for pace, position in course.left]
    days: list[date] = []

    def latest(units: int) -> date:
        while len(days) < units:
            days.append(max(next(walk) for walk in walks))
        return days[units - 1]

    return latest


def days_of_units(units: int, course: Course, product: Product) -> tuple[tuple[date, ...], ...]:
    """For each of `units` in the order of use, the days of the injections that it serves, for a course of one pace.

    Units of one large dose all have its day. A unit that holds no whole dose, or lies beyond the course, has
    none. Raises CourseCompleted and NotAWholeMicrolitre.
    """
    ((pace, position),) = course.left
    days = (each.on for each in course.injections())
    found: list[tuple[date, ...]] = []
    for opening in _openings(course, product, pace, position):
        if len(found) + opening.units > units:
            break
        found += [tuple(islice(days, opening.doses))] * opening.units
    return (*found, *[()] * (units - len(found)))


def _needed(course: Course, product: Product, pace: Pace, position: Position) -> Iterator[date]:
    """The day on which each unit is last needed, unit by unit, without end."""
    last = course.start
    for opening in _openings(course, product, pace, position):
        last, position = opening.last, opening.position
        yield from [last] * opening.units
    rest = last if course.is_end(position) else date.max
    while True:
        yield rest


def _require_measurable(course: Course, product: Product) -> None:
    """Every dose that is still to come is a whole number of microlitres; raises NotAWholeMicrolitre."""
    first = course.left[0][1].phase
    for _, position in course.left[1:]:
        first = min(first, position.phase)
    for phase in course.directions.phases[first:]:
        product.strength.volume_ul(phase.dose)
