"""Mean kinetic temperature (USP <1160>): of readings, of 30 days, and of the time that a lot stood there.

Moments are seconds since 1970-01-01 UTC, temperatures hundredths of a degree Celsius. Floats are used
only here, and a mean is rounded to hundredths before it is compared or kept.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from operator import mul

Reading = tuple[int, int]
"""A moment and what was measured then."""

DAY = 86_400
WINDOW = 30 * DAY
"""The mean kinetic temperature is that of 30 days, or of what there is of them (USP <1079.2>)."""
LEAST_WINDOW = DAY
"""Of less than a day no mean is judged: excursions within their limits are allowed for 24 hours."""

_HEAT = 10_000.0
"""Activation energy over the gas constant, 83.144 kJ/mol over 8.3144e-3 kJ/(mol K), in kelvin (USP <1160>)."""
_ZERO = 273.15
_LONGEST_REACH = 3600
"""A reading speaks for the time until the next one, but for no longer than this or twice the usual interval."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A lot that stood at a place, from a second on until another, or still."""

    lot_id: int
    since: int
    until: int | None

    def during(self, began: int, ended: int) -> bool:
        """Whether it stood there at a moment from `began` to `ended`, both included."""
        return self.since <= ended and (self.until is None or self.until > began)


@dataclass(frozen=True, slots=True)
class TooWarm:
    """Readings of a stay, first and last by index, whose mean is above the limit; `mean` is the highest of them.

    Each mean is that of up to 30 days, so the first of the readings is up to 30 days before a mean was too high.
    """

    first: int
    last: int
    mean: int


@cache
def _harm(centidegrees: float) -> float:
    """How fast a product ages at this temperature, up to a factor."""
    return math.exp(-_HEAT / (_ZERO + centidegrees / 100))


def mean_kinetic_temperature(readings: Iterable[tuple[int, int]]) -> float:
    """The mean kinetic temperature in degrees Celsius (USP <1160>) of hundredths of a degree, each with its seconds."""
    total = seconds = 0.0
    for centidegrees, weight in readings:
        total += _harm(centidegrees) * weight
        seconds += weight
    return _celsius(total / seconds)


def _celsius(harm: float) -> float:
    return _HEAT / -math.log(harm) - _ZERO


def usual_interval(seconds: Sequence[int]) -> int:
    """The interval between sorted moments that is most common, the shortest of several; 1 of a single moment."""
    counted = Counter(map(int.__sub__, seconds[1:], seconds))
    return min(counted, key=lambda step: (-counted[step], step), default=1)


def gaps(seconds: Sequence[int]) -> list[tuple[int, int]]:
    """The times without a reading that are longer than twice the usual interval, each from reading to reading."""
    longest = 2 * usual_interval(seconds)
    return [(before, after) for before, after in pairwise(seconds) if after - before > longest]


def mean_of(readings: Sequence[Reading]) -> int:
    """The mean kinetic temperature of all these readings, in time order and at least one, in hundredths."""
    spans = spans_of([second for second, _ in readings])
    return round(
        100 * mean_kinetic_temperature((reading[1], span) for reading, span in zip(readings, spans, strict=True))
    )


def spans_of(seconds: Sequence[int]) -> list[int]:
    """For how long each reading speaks: until the next one, unless that is long after."""
    usual = usual_interval(seconds)
    reach = max(2 * usual, _LONGEST_REACH)
    return [step if step <= reach else usual for step in map(int.__sub__, seconds[1:], seconds)] + [usual]


class Means:
    """The means of 30 days up to each reading, and of what of these 30 days a lot stood there, by running sums."""

    def __init__(self, readings: Sequence[Reading], limit: int | None) -> None:
        self._seconds = [second for second, _ in readings]
        spans = spans_of(self._seconds)
        harms = [_harm(centidegrees) for _, centidegrees in readings]
        self._harm = [0.0, *accumulate(map(mul, harms, spans))]
        self._measured = [0, *accumulate(spans)]
        self._lefts = [bisect_right(self._seconds, second - WINDOW) for second in self._seconds]
        # As rounded to hundredths. A mean is above the limit where the harm above that of the limit adds up.
        bound = math.inf if limit is None else _harm(limit + 0.5)
        self._excess = [0.0, *accumulate((harm - bound) * span for harm, span in zip(harms, spans, strict=True))]
        self._runs = [] if limit is None else self._of_30_days()

    def highest(self, first: int, last: int) -> int:
        """The highest of the means of 30 days up to these readings, in hundredths of a degree."""
        return self._highest((self._lefts[i], i) for i in range(first, last + 1))

    def above(self, stay: Stay, since: int) -> Iterator[TooWarm]:
        """Where the mean of what the lot stood there is above the limit, at readings at or after `since`."""
        seconds, excess = self._seconds, self._excess
        first = bisect_left(seconds, stay.since)
        end = len(seconds) if stay.until is None else bisect_left(seconds, stay.until)
        enough = bisect_left(self._measured, self._measured[first] + LEAST_WINDOW) - 1
        begin = max(first, bisect_left(seconds, since), enough)
        # From here on the lot has stood there for 30 days, and its mean is that of the place.
        whole = max(begin, bisect_left(self._lefts, first))
        stop = min(whole, end)
        if begin < stop and max(excess[begin + 1 : stop + 1]) > excess[first]:
            for start, last in _runs(i for i in range(begin, stop) if excess[i + 1] > excess[first]):
                yield TooWarm(first, last, self._highest((first, i) for i in range(start, last + 1)))
        for start, last in self._runs:
            start, last = max(start, whole), min(last, end - 1)
            if start <= last:
                yield TooWarm(self._lefts[start], last, self.highest(start, last))

    def _of_30_days(self) -> list[tuple[int, int]]:
        excess, measured = self._excess, self._measured
        return list(
            _runs(
                i
                for i, left in enumerate(self._lefts)
                if excess[i + 1] > excess[left] and measured[i + 1] - measured[left] >= LEAST_WINDOW
            )
        )

    def _highest(self, windows: Iterable[tuple[int, int]]) -> int:
        harm, measured = self._harm, self._measured
        return round(
            100 * _celsius(max((harm[i + 1] - harm[left]) / (measured[i + 1] - measured[left]) for left, i in windows))
        )


def _runs(indices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in a row, first and last of each."""
    first = last = None
    for i in indices:
        if first is None or last is None or i != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = i
        last = i
    if first is not None and last is not None:
        yield first, last
