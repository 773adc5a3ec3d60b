"""How long units last: injections served, days' supply, waste, and the units that some days need.

An interval such as every 2 to 3 days is walked at both its ends, and each figure is the cautious
one: the fewest doses, the most waste, the latest day a unit is needed, the earliest day without one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dispensary.errors import Refused
from dispensary.rules.directions import Directions, Pace, injections
from dispensary.rules.product import Product
from dispensary.rules.quantity import millilitres, plain

IN_USE_DAYS = 28
"""A multi-dose vial is used for 28 days from its first puncture, unless the manufacturer says otherwise (USP <797>)."""


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

    `doses` whole doses at the least, `waste_ul` the microlitres then left over. `last_injection`
    is the latest day of the last injection. `next_injection` is the earliest day of the first one
    that is not covered, `days_supply` days after `first_injection`.
    """

    units: int
    doses: int
    first_injection: date
    last_injection: date
    next_injection: date
    days_supply: int
    waste_ul: int


class _Opening(NamedTuple):
    """Units that are opened together (one, or those of one large dose) and the injections that they serve."""

    units: int
    doses: int
    first: date
    last: date


def _openings(directions: Directions, product: Product, start: date, pace: Pace) -> Iterator[_Opening]:
    """The units in the order of use, until the calendar's end.

    Ampoules, single-dose vials, vials of unstated kind and unpreserved vials serve one injection
    (USP <797>, CDC: single-dose containers are never kept). A preserved multi-dose vial serves
    whole doses while less than 28 days of 24 hours have passed since its first; a dose at exactly
    that hour is too late. A dose above the fill takes as many units as hold it.
    """
    dose_ul = product.strength.volume_ul(directions.phase.dose)
    units = _units_a_dose(dose_ul, product)
    most = product.fill_ul // dose_ul if product.multi_dose and units == 1 else 1
    first = last = start
    doses = 0
    for on in injections(directions, start, pace=pace):
        if doses == most or (on - first).days >= IN_USE_DAYS:
            yield _Opening(units, doses, first, last)
            first, doses = on, 0
        last, doses = on, doses + 1


def _paces(directions: Directions) -> tuple[Pace, ...]:
    """Both ends of a range; without a range they are the same walk."""
    interval = directions.phase.interval
    return (Pace.SLOW,) if interval.least == interval.most else (Pace.QUICK, Pace.SLOW)


def _units_a_dose(dose_ul: int, product: Product) -> int:
    return -(-dose_ul // product.fill_ul)


def supply_of(units: int, directions: Directions, product: Product, start: date) -> Supply:
    """What `units` (from 1) serve from `start`; raises TooFewUnits, SupplyBeyondCalendar, NotAWholeMicrolitre."""
    dose_ul = product.strength.volume_ul(directions.phase.dose)
    needed = _units_a_dose(dose_ul, product)
    if units < needed:
        raise TooFewUnits(
            product=product.code,
            dose=str(directions.phase.dose),
            volume=f"{plain(millilitres(dose_ul))} mL",
            fill=product.fill,
            units=units,
            needed=needed,
        )
    served = [_served(units, directions, product, start, pace) for pace in _paces(directions)]
    doses = min(walk.doses for walk in served)
    next_injection = min(walk.next for walk in served)
    return Supply(
        units=units,
        doses=doses,
        first_injection=start,
        last_injection=max(walk.last for walk in served),
        next_injection=next_injection,
        days_supply=(next_injection - start).days,
        waste_ul=units * product.fill_ul - doses * dose_ul,
    )


class _Served(NamedTuple):
    """What units serve at one pace."""

    doses: int
    last: date
    next: date


def _served(units: int, directions: Directions, product: Product, start: date, pace: Pace) -> _Served:
    used = doses = 0
    last = start
    for opening in _openings(directions, product, start, pace):
        used += opening.units
        if used > units:
            return _Served(doses, last, opening.first)
        doses += opening.doses
        last = opening.last
    raise SupplyBeyondCalendar(asked=f"{units} units", product=product.code)


def units_for_days(days: int, directions: Directions, product: Product, start: date) -> int:
    """The least units that serve every injection of `days` days (from 1), `start` being the first of them.

    Raises SupplyBeyondCalendar and NotAWholeMicrolitre.
    """
    return max(_units_at(days, directions, product, start, pace) for pace in _paces(directions))


def _units_at(days: int, directions: Directions, product: Product, start: date, pace: Pace) -> int:
    units = 0
    for opening in _openings(directions, product, start, pace):
        if (opening.first - start).days >= days:
            return units
        units += opening.units
    raise SupplyBeyondCalendar(asked=f"{days} days", product=product.code)


def last_injection(directions: Directions, product: Product, start: date) -> Callable[[int], date]:
    """For allocation: the latest day on which the first n units (from 1) are needed; it never falls with n.

    A unit that fills a dose only in part is needed on the day of that dose. Beyond the calendar it
    is the calendar's last day.
    """
    walks = [_needed(directions, product, start, pace) for pace in _paces(directions)]
    days: list[date] = []

    def latest(units: int) -> date:
        while len(days) < units:
            days.append(max(next(walk, date.max) for walk in walks))
        return days[units - 1]

    return latest


def _needed(directions: Directions, product: Product, start: date, pace: Pace) -> Iterator[date]:
    """The day on which each unit is last needed, unit by unit."""
    for opening in _openings(directions, product, start, pace):
        yield from [opening.last] * opening.units
