"""How much is injected: each dose, the week, and what much of it brings with it.

The tiers, by their upper ends; they warn and do not forbid, but for the last:

    label and practice   up to Practice.high_dose_mcg   nothing (US cyanocobalamin label 100 mcg, practice 1 mg;
                                                        UK hydroxocobalamin up to 1 mg)
    off-label, high      up to Practice.most_dose_mcg   a note
    beyond               below 30 mg                    a reason
    thousandfold         30 mg and more, and 10 mcg     a stop: mg for mcg, or the reverse
                         and less
"""

from collections import deque
from collections.abc import Iterator
from datetime import date
from itertools import islice

from dispensary.rules.case import Case
from dispensary.rules.directions import Directions, Interval, Phase, Unit
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.quantity import Dose
from dispensary.rules.schedule import Injection, injections, paces

# Injected doses in use run from 30 mcg to 5 mg (cyanocobalamin label 30-1,000 mcg; off-label practice
# up to 5 mg). A thousandth or a thousandfold of any of them lies outside these limits.
LEAST_DOSE = Dose(11)
MOST_DOSE = Dose(29_999)

FOLATE_DAILY_MCG = 10
"""Cyanocobalamin label: more than this a day can answer a lack of folate in the blood and so hide it."""

WEEK_DAYS = 7

MOST_WALKED = 1000
"""Injections: at one a day more than two years, in which a prescription has ended."""

_SHORTEST_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}

OFF_LABEL = "cyanocobalamin label; C. Lapp on B12 in CFS: off-label practice up to 5 mg"


def thousandfold(directions: Directions) -> Iterator[Finding]:
    """A dose that is a thousandth or a thousand times of what is ever injected: mg for mcg, or the reverse."""
    for dose in dict.fromkeys(phase.dose for phase in directions.phases):
        if _slipped(dose):
            slip = "mg was written for mcg" if dose > MOST_DOSE else "mcg was written for mg"
            yield Finding(
                "thousandfold_dose",
                Severity.STOP,
                f"A dose of {dose} is outside anything injected (30 mcg to 5 mg): perhaps {slip}; ask the prescriber.",
                OFF_LABEL,
            )


def slip(case: Case) -> Iterator[Finding]:
    """The thousandfold slip, of a prescription that was entered before its rule or past it."""
    yield from thousandfold(case.directions)


def high(case: Case) -> Iterator[Finding]:
    """The tier of the largest dose that is not a slip."""
    doses = [phase.dose for phase in case.directions.phases if not _slipped(phase.dose)]
    if not doses:
        return
    largest, labelled, practised = max(doses), Dose(case.practice.high_dose_mcg), Dose(case.practice.most_dose_mcg)
    if largest > practised:
        yield Finding(
            "dose_beyond_practice",
            Severity.OVERRIDE,
            f"A dose of {largest} is above {practised}, the most in off-label practice: ask the prescriber.",
            OFF_LABEL,
        )
    elif largest > labelled and case.first_fill:
        yield Finding(
            "high_dose",
            Severity.NOTE,
            f"A dose of {largest} is above the labels (up to {labelled}); off-label practice goes up to {practised}.",
            OFF_LABEL,
        )


def weekly(case: Case) -> Iterator[Finding]:
    """The most that the directions allow in any 7 days. 5 mg three times a week, 15 mg, is at the margin."""
    limit = case.practice.most_weekly_mcg
    # At most one injection a day: usual doses need no walk through the schedule.
    if WEEK_DAYS * max(phase.dose.mcg for phase in case.directions.phases) <= limit:
        return
    most = weekly_mcg(case.directions, case.first_injection)
    if most > limit:
        yield Finding(
            "weekly_total",
            Severity.OVERRIDE,
            f"The directions come to {Dose(most)} in a week, more than {Dose(limit)}: ask the prescriber.",
            "C. Lapp on B12 in CFS: 15 mg a week as a margin",
        )


def hypokalaemia(case: Case) -> Iterator[Finding]:
    """Potassium can fall in the first 48 hours of intensive treatment: alternate days or more often at its start."""
    interval = case.directions.phases[0].interval
    if case.first_fill and 2 * interval.times >= shortest_days(interval):
        yield Finding(
            "hypokalaemia",
            Severity.NOTE,
            "Intensive treatment begins, in whose first 48 hours potassium can fall: ask whether it is monitored.",
            "cyanocobalamin label",
        )


def folate(case: Case) -> Iterator[Finding]:
    """More than 10 mcg a day, on average over an interval, hides a lack of folate."""
    if case.first_fill and any(_more_a_day(phase, FOLATE_DAILY_MCG) for phase in case.directions.phases):
        yield Finding(
            "folate",
            Severity.NOTE,
            f"More than {FOLATE_DAILY_MCG} mcg a day can hide a lack of folate: ask whether folate was measured.",
            "cyanocobalamin label",
        )


def shortest_days(interval: Interval) -> int:
    """The days in which the interval has its `times` injections, at the quick end and in the shortest month."""
    return _SHORTEST_DAYS[interval.unit] * interval.least


def weekly_mcg(directions: Directions, start: date) -> int:
    """The most in any 7 days, at every pace, where the first injection falls on `start`.

    The last phase is walked for a week, for what it shares with the one before it, and from then on
    judged by its interval: `times` injections spread evenly over n days fall at most
    ceil(7 x times / n) times into 7 of them. No walk goes beyond MOST_WALKED injections.
    """
    most, last = 0, len(directions.phases) - 1
    for pace in paces(directions):
        week: deque[Injection] = deque()
        for injection in islice(injections(directions, start, pace), MOST_WALKED):
            week.append(injection)
            while (injection.on - week[0].on).days >= WEEK_DAYS:
                week.popleft()
            most = max(most, sum(each.dose.mcg for each in week))
            began = injection.position.began
            if injection.position.phase == last and began and (injection.on - began).days >= WEEK_DAYS:
                most = max(most, _weekly_mcg_of(directions.phases[last]))
                break
    return most


def _weekly_mcg_of(phase: Phase) -> int:
    return -(-WEEK_DAYS * phase.interval.times // shortest_days(phase.interval)) * phase.dose.mcg


def _slipped(dose: Dose) -> bool:
    return not LEAST_DOSE <= dose <= MOST_DOSE


def _more_a_day(phase: Phase, mcg: int) -> bool:
    return phase.dose.mcg * phase.interval.times > mcg * shortest_days(phase.interval)
