"""On which days directions mean an injection, and where a patient stands in them after some fills.

Ranges are walked at their ends: every 2 to 3 days is every 2 or every 3 days throughout, for 6 to 7
days is 6 or 7. That makes at most four walks, one for each corner of interval x duration; a patient
who changes between the ends is not walked, nor one who injects less often than `as needed` allows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from dispensary.rules.directions import Directions, Duration, Interval, Phase, Unit
from dispensary.rules.quantity import Dose

_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}
_MONTHS = {Unit.MONTH: 1, Unit.YEAR: 12}
_LAST_DAY = date.max.toordinal()
_NEVER = _LAST_DAY * 2
# The calendar repeats itself after so many years and days, so that it can be reckoned beyond its last year.
_CYCLE_YEARS, _CYCLE_DAYS = 400, 146_097


@dataclass(frozen=True, slots=True)
class Pace:
    """At which end of `every 2 to 3 days` and of `for 6 to 7 days` the patient injects."""

    interval_most: bool
    duration_most: bool


_ONE = (Pace(interval_most=False, duration_most=False),)


class Position(NamedTuple):
    """Where a patient stands: `done` injections of the phase are behind, the next one is the phase's next.

    `began` is the day from which the phase's injections are reckoned: its first one, or the one with
    which it was resumed on another day than planned; `before` injections were done before that day.
    `ends` is the first day after the phase, None where doses end it or nothing does. A position
    behind the last phase is the end of the course, `began` the first day on which nothing is left.
    """

    phase: int = 0
    done: int = 0
    began: date | None = None
    before: int = 0
    ends: date | None = None


class Injection(NamedTuple):
    """One injection, and the position after it."""

    on: date
    dose: Dose
    position: Position


def paces(directions: Directions) -> tuple[Pace, ...]:
    """The paces that differ from one another: 1, 2 or 4, the quickest and shortest first."""
    intervals = durations = False
    for phase in directions.phases:
        intervals |= phase.interval.least != phase.interval.most
        if isinstance(phase.lasting, Duration):
            durations |= _least(phase.lasting) != phase.lasting.most
    if not (intervals or durations):
        return _ONE
    return tuple(
        Pace(interval_most, duration_most)
        for interval_most in ((False, True) if intervals else (False,))
        for duration_most in ((False, True) if durations else (False,))
    )


def injections(
    directions: Directions, start: date, pace: Pace, position: Position | None = None
) -> Iterator[Injection]:
    """The injections from a position (the beginning where none is given) to the end of the course, or the year 9999.

    The next injection falls on `start` itself. Every phase begins with an injection on its first
    day. A phase of days, weeks, months or years ends when they are over, one of n doses an interval
    after its last, one until a day after that day; the next phase begins on the day on which the one
    before it ends. `up to` counts as 1 at its short end. Several times a week, month or year are
    spread evenly over each of them; months are calendar months from the phase's beginning, on the
    month's last day where it is shorter.

    What is resumed later than planned is reckoned anew from `start`, and the phase ends as many days
    later; a day until which to inject stays, and what it cuts off is not injected.
    """
    for on, dose, at, done in walk(directions, start, pace, position or Position()):
        yield Injection(on, dose, at._replace(done=done))


def walk(
    directions: Directions, start: date, pace: Pace, position: Position
) -> Iterator[tuple[date, Dose, Position, int]]:
    """As injections(), for those who walk far: day, dose, and the position after it without and with its `done`."""
    at = _resumed(directions.phases, start, pace, position)
    while at.phase < len(directions.phases):
        phase = directions.phases[at.phase]
        dose, done, before = phase.dose, at.done, at.before
        assert at.began is not None, "a phase that is walked has begun"
        day = _days(phase.interval, pace, at.began)
        most = _most_doses(phase, pace)
        end = _NEVER if at.ends is None else at.ends.toordinal()
        on = day(done - before)
        while on <= _LAST_DAY:
            done += 1
            following = day(done - before)
            if done == most or following >= end:
                over = following if done == most else end
                at = _begun(directions.phases, at.phase + 1, over, pace)
                yield date.fromordinal(on), dose, at, 0
                if over > _LAST_DAY:
                    return
                break
            yield date.fromordinal(on), dose, at, done
            on = following
        else:
            return


def resume(directions: Directions, fills: Iterable[tuple[date, int]], pace: Pace) -> Position:
    """The position after fills that each began on a day and covered so many injections."""
    position = Position()
    for start, covered in fills:
        here = _resumed(directions.phases, start, pace, position)
        if covered and not _can_end(directions, here):
            position = here._replace(done=here.done + covered)
            continue
        for injection in islice(injections(directions, start, pace, here), covered):
            position = injection.position
    return position


def standing_on(directions: Directions, start: date, pace: Pace, position: Position) -> Position:
    """The same position where its next injection falls on `start`, or behind the last phase where none is left."""
    return _resumed(directions.phases, start, pace, position)


def _can_end(directions: Directions, position: Position) -> bool:
    return position.phase >= len(directions.phases) or directions.phases[position.phase].ends


def _resumed(phases: tuple[Phase, ...], start: date, pace: Pace, position: Position) -> Position:
    """The position with its next injection on `start`."""
    index, done, began, before, ends = position
    if index >= len(phases):
        return position
    phase = phases[index]
    if began is None or done == 0:
        return _begun(phases, index, start.toordinal(), pace)
    planned = _days(phase.interval, pace, began)(done - before)
    late = start.toordinal() - planned
    if late == 0:
        return position
    if ends is not None and isinstance(phase.lasting, date):
        if start >= ends:
            return _begun(phases, index + 1, start.toordinal(), pace)
    elif ends is not None and late > 0:
        ends = _date(ends.toordinal() + late)
    return Position(index, done, start, done, ends)


def _begun(phases: tuple[Phase, ...], index: int, day: int, pace: Pace) -> Position:
    """The first position of the phase on that day; phases whose last day has passed are left out."""
    began = _date(day)
    for number in range(index, len(phases)):
        lasting = phases[number].lasting
        if not isinstance(lasting, date):
            return Position(number, 0, began, 0, _end(lasting, began, pace) if isinstance(lasting, Duration) else None)
        if began <= lasting:
            return Position(number, 0, began, 0, _date(lasting.toordinal() + 1))
    return Position(len(phases), 0, began)


def _end(lasting: Duration, began: date, pace: Pace) -> date | None:
    """The first day after a phase that is measured in time, None for one that is counted in doses."""
    many = _many(lasting, pace)
    if lasting.unit in _DAYS:
        return _date(began.toordinal() + many * _DAYS[lasting.unit])
    if lasting.unit in _MONTHS:
        return _date(_months_on(began, many * _MONTHS[lasting.unit]))
    return None


def _most_doses(phase: Phase, pace: Pace) -> int | None:
    lasting = phase.lasting
    return _many(lasting, pace) if isinstance(lasting, Duration) and lasting.unit is Unit.DOSE else None


def _many(lasting: Duration, pace: Pace) -> int:
    return lasting.most if pace.duration_most else _least(lasting)


def _least(lasting: Duration) -> int:
    """`up to 5 doses` is one at the least: a phase begins with an injection."""
    return max(1, lasting.least)


def _days(interval: Interval, pace: Pace, began: date) -> Callable[[int], int]:
    """The day (proleptic ordinal) of the nth injection, from 0 on `began`; it rises with n."""
    step = interval.most if pace.interval_most else interval.least
    times, first = interval.times, began.toordinal()
    if interval.unit in _DAYS:
        period = step * _DAYS[interval.unit]
        return lambda n: first + n * period // times
    months = step * _MONTHS[interval.unit]

    def nth(n: int) -> int:
        whole, part = divmod(n, times)
        # From the beginning each time: counting on from 28 February would lose the 31st for good.
        since = _months_on(began, whole * months)
        return since + part * (_months_on(began, (whole + 1) * months) - since) // times if part else since

    return nth


def _months_on(day: date, months: int) -> int:
    """The same day (proleptic ordinal) so many months later, the month's last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    cycles = max(0, -((date.max.year - 1 - year) // _CYCLE_YEARS))
    year -= cycles * _CYCLE_YEARS
    first = date(year, month + 1, 1).toordinal()
    length = date(year + month // 11, (month + 1) % 12 + 1, 1).toordinal() - first
    return first + min(day.day, length) - 1 + cycles * _CYCLE_DAYS


def _date(day: int) -> date:
    """The day, or the calendar's last where it lies beyond."""
    return date.fromordinal(min(day, _LAST_DAY))
