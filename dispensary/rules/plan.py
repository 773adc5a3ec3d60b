"""What directions mean before anything is saved: the injections and what they need of a product."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import takewhile

from dispensary.errors import Refused
from dispensary.rules.course import Course
from dispensary.rules.directions import Directions, Phase
from dispensary.rules.grammar.words import ENGLISH, interval_text, lasting_text
from dispensary.rules.product import Product, Route
from dispensary.rules.safety import require_no_slip
from dispensary.rules.supply import supply_of, units_for_days

USUAL_DAYS = 90
"""How far a plan looks where nobody says."""


MOST_DAYS = 3660


class PlanTooLong(Refused):
    """A plan of more days than anybody reads."""

    sentence = f"{{days}} days are too many to plan: ask for 1 to {MOST_DAYS}."
    days: int


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One dose by one route `every 2 to 3 days`, `for 6 to 7 days`; `lasting` is empty where nothing is said."""

    dose_mcg: int
    route: Route
    interval: str
    lasting: str
    as_needed: bool


@dataclass(frozen=True, slots=True)
class PlannedInjection:
    """One injection; its volume needs a product."""

    on: date
    dose_mcg: int
    volume_ul: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The injections of some days, the most that the directions can mean, and what they need.

    The last five and `product` are None without a product. `why` says why that product.
    """

    sentence: str
    phases: tuple[PhaseRow, ...]
    injections: tuple[PlannedInjection, ...]
    total_mcg: int
    volume_ul: int | None = None
    units: int | None = None
    waste_ul: int | None = None
    days_supply: int | None = None
    last_injection: date | None = None
    product: str | None = None
    why: str = ""


def phase_rows(directions: Directions) -> tuple[PhaseRow, ...]:
    """The phases in words."""
    return tuple(map(_phase_row, directions.phases))


def _phase_row(phase: Phase) -> PhaseRow:
    return PhaseRow(
        phase.dose.mcg,
        phase.route,
        interval_text(phase.interval, ENGLISH),
        lasting_text(phase.lasting, ENGLISH),
        phase.as_needed,
    )


def plan(
    directions: Directions,
    sentence: str,
    *,
    start: date,
    days: int,
    product: Product | None,
    units: int | None = None,
    why: str = "",
) -> Plan:
    """The plan for that many days from `start`, or for those that `units` of the product serve.

    Raises PlanTooLong, StoppedByChecks (a thousandfold dose), NotAWholeMicrolitre and TooFewUnits.
    """
    if days > MOST_DAYS:
        raise PlanTooLong(days=days)
    require_no_slip(directions, "Nothing was planned")
    course = Course(directions, start)
    supply = None
    if product is not None:
        supply = supply_of(units or units_for_days(days, course, product), course, product)
    if supply is not None and units is not None:
        days = supply.days_supply
    end = start + timedelta(days=days)
    planned = tuple(
        PlannedInjection(each.on, each.dose.mcg, None if product is None else product.strength.volume_ul(each.dose))
        for each in takewhile(lambda each: each.on < end, course.injections())
    )
    bare = Plan(sentence, phase_rows(directions), planned, sum(each.dose_mcg for each in planned), why=why)
    if product is None or supply is None:
        return bare
    return replace(
        bare,
        volume_ul=sum(each.volume_ul or 0 for each in planned),
        units=supply.units,
        waste_ul=supply.waste_ul,
        days_supply=supply.days_supply,
        last_injection=supply.last_injection,
        product=product.code,
    )
