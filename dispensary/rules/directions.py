"""Directions as data: what the prescriber wants injected, phase by phase.

`grammar/` reads and writes them as text, `schedule.py` says on which days they mean an injection.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from dispensary.errors import Refused
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose

MOST_PHASES = 6


class Unit(StrEnum):
    """What an interval and a duration count in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    DOSE = "dose"
    """Durations only: for 7 doses."""


MOST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 24, Unit.YEAR: 5}
"""The longest interval that is read, in each unit."""

MOST_TIMES = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 15, Unit.YEAR: 24}
"""The most injections in one unit that are read as `n times a week`."""

LONGEST = {Unit.DAY: 999, Unit.WEEK: 260, Unit.MONTH: 120, Unit.YEAR: 10, Unit.DOSE: 999}
"""The longest duration that is read, in each unit."""


class NotAnInterval(Refused):
    """An interval outside its bounds, or with its numbers in the wrong order."""

    sentence = (
        f"{{given}} is not an interval, and more than once a day is not read: give 1 to {MOST[Unit.DAY]} days, "
        f"1 to {MOST[Unit.WEEK]} weeks, 1 to {MOST[Unit.MONTH]} months, up to {MOST_TIMES[Unit.WEEK]} times a week, "
        f"{MOST_TIMES[Unit.MONTH]} a month or {MOST_TIMES[Unit.YEAR]} a year, the lower number first, "
        "such as every 2 to 3 days."
    )
    given: str


class NotADuration(Refused):
    """A duration outside its bounds, or with its numbers in the wrong order."""

    sentence = (
        f"{{given}} is not a duration: give 1 to {LONGEST[Unit.DAY]} days, {LONGEST[Unit.WEEK]} weeks, "
        f"{LONGEST[Unit.MONTH]} months or {LONGEST[Unit.DOSE]} doses, the lower number first, such as for 2 to 3 weeks."
    )
    given: str


class EndlessPhase(Refused):
    """A phase that nobody can tell the end of, before another one."""

    sentence = (
        "{phase} has no end and another phase follows it: say how long it lasts, "
        "such as 1 mg IM daily for 7 days, then 1 mg IM monthly."
    )
    phase: str


class PhasesOutOfOrder(Refused):
    """A phase that ends before the one in front of it."""

    sentence = "The phase until {later} comes after the phase until {earlier}: put the dates in their order."
    earlier: date
    later: date


class SiteNotForRoute(Refused):
    """A place of the body that the route does not reach."""

    sentence = "{site} is not a site for {route} injection: choose {choices}."
    site: str
    route: str
    choices: str


@dataclass(frozen=True, slots=True)
class Interval:
    """`times` injections every `least` to `most` units.

    Weekly is Interval(WEEK, 1, 1); three times a week Interval(WEEK, 1, 1, times=3); every 2 to 3
    days Interval(DAY, 2, 3); four times a year Interval(YEAR, 1, 1, times=4). `times` is above 1 only
    for a single week, month or year. Raises NotAnInterval, which names the bounds.
    """

    unit: Unit
    least: int
    most: int
    times: int = 1

    def __post_init__(self) -> None:
        in_bounds = 1 <= self.least <= self.most <= MOST.get(self.unit, 0)
        times = 1 <= self.times <= (MOST_TIMES.get(self.unit, 0) if self.most == 1 else 1)
        if not (in_bounds and times):
            raise NotAnInterval(given=f"{self.times} times every {self.least} to {self.most} {self.unit}s")


@dataclass(frozen=True, slots=True)
class Duration:
    """From `least` to `most` units; `least` is 0 for "up to". Raises NotADuration, which names the bounds."""

    unit: Unit
    least: int
    most: int

    def __post_init__(self) -> None:
        if not (0 <= self.least <= self.most <= LONGEST[self.unit] and self.most):
            raise NotADuration(given=f"{self.least} to {self.most} {self.unit}s")


class Ongoing(StrEnum):
    """A phase that is meant to have no end; a phase about which nothing is said has None."""

    LIFE = "for life"


@dataclass(frozen=True, slots=True)
class Phase:
    """One dose by one route at one interval, until it has lasted.

    `lasting` is a duration, the last day on which to inject, for life, or None where nothing is said.
    With `as_needed` the interval is the most often that the patient may inject.
    """

    dose: Dose
    route: Route
    interval: Interval
    lasting: Duration | date | Ongoing | None = None
    as_needed: bool = False

    @property
    def ends(self) -> bool:
        """Whether another phase can follow."""
        return isinstance(self.lasting, Duration | date)


class TimeOfDay(StrEnum):
    """When on the day; the morning where B12 makes restless."""

    MORNING = "morning"
    EVENING = "evening"


class Site(StrEnum):
    """Where on the body."""

    THIGH = "thigh"
    UPPER_ARM = "upper arm"
    BUTTOCK = "buttock"
    ABDOMEN = "abdomen"


SITES = {
    Route.IM: (Site.THIGH, Site.UPPER_ARM, Site.BUTTOCK),
    Route.SUBCUT: (Site.THIGH, Site.UPPER_ARM, Site.ABDOMEN),
}


@dataclass(frozen=True, slots=True)
class Directions:
    """What the prescriber wants injected: one to MOST_PHASES phases, each but the last with an end.

    Raises EndlessPhase, PhasesOutOfOrder and SiteNotForRoute.
    """

    phases: tuple[Phase, ...]
    time: TimeOfDay | None = None
    site: Site | None = None
    self_injected: bool = False

    def __post_init__(self) -> None:
        assert 1 <= len(self.phases) <= MOST_PHASES, "the grammar reads no more phases"
        for phase in self.phases[:-1]:
            if not phase.ends:
                raise EndlessPhase(phase=f"{phase.dose} {phase.route}")
        dates = [phase.lasting for phase in self.phases if isinstance(phase.lasting, date)]
        for earlier, later in pairwise(dates):
            if later <= earlier:
                raise PhasesOutOfOrder(earlier=earlier, later=later)
        for phase in self.phases:
            if self.site is not None and self.site not in SITES[phase.route]:
                raise SiteNotForRoute(site=self.site, route=phase.route, choices=", ".join(SITES[phase.route]))
