"""What a data logger measured, judged: excursions from a storage class.

Moments are seconds since 1970-01-01 UTC, temperatures hundredths of a degree Celsius.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dispensary.rules.mean_kinetic import DAY, Means, Reading, Stay, spans_of
from dispensary.rules.product import Temperature

LONGEST_SPIKE = DAY

_NO_MEAN = -27_315
_APART = 3600
"""What lies less than an hour apart is one excursion: a door that opens twice."""


def digested(readings: Iterable[Reading]) -> bytes:
    """What a digest of readings is taken of: a line `second:centidegrees` for each, in time order."""
    return "".join(f"{second}:{centidegrees}\n" for second, centidegrees in readings).encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a storage class allows."""

    low: int
    """Below it is always an excursion."""
    high: int
    """Above it is an excursion unless it is a spike."""
    spike: int
    """Up to which it may be warmer than `high`, for 24 hours in one stretch; the same as `high` where it may not."""
    mean: int | None
    """What the mean kinetic temperature may be."""


# An article is protected from freezing and from excessive heat, above 40, whatever else is said of it or
# is not (USP <659>): an injection in water freezes below 0, and an ampoule breaks.
FREEZING, EXCESSIVE_HEAT = 0, 4000

LIMITS: dict[Temperature, Limits] = {
    # Controlled room temperature: 15 to 30, spikes to 40 for at most 24 hours (USP <659>, <1079.2>).
    Temperature.ROOM: Limits(1500, 3000, EXCESSIVE_HEAT, 2500),
    # Norwegian labels: at most 25, and no lower limit but that of freezing; refrigeration is harmless.
    Temperature.UP_TO_25: Limits(FREEZING, 3000, EXCESSIVE_HEAT, 2500),
    # Controlled cold: 2 to 8, to 15 for at most 24 hours. The mean is taken over 30 days as for room
    # temperature: over a single day it would forbid what the 24 hours allow.
    Temperature.REFRIGERATOR: Limits(200, 800, 1500, 800),
    Temperature.COOL: Limits(800, 1500, 1500, None),
    # Kept as its batch record says: only what holds for any class is judged.
    Temperature.BATCH: Limits(FREEZING, EXCESSIVE_HEAT, EXCESSIVE_HEAT, None),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A time of an excursion, why it is one, and which lots it concerns: None for all that stood there then."""

    began: int
    ended: int
    why: str
    lot_ids: frozenset[int] | None
    mean: int
    """The highest mean kinetic temperature that makes it one, where a mean does."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """A time outside what a class allows, from its first reading to its last.

    `mean_kinetic` is the highest mean that counts it: of 30 days, or of a lot that stood there for less.
    """

    began: int
    ended: int
    lowest: int
    highest: int
    mean_kinetic: int
    why: str
    parts: tuple[Part, ...]


def find_excursions(
    readings: Sequence[Reading], temperature: Temperature, stays: Sequence[Stay], *, since: int
) -> list[Excursion]:
    """The excursions from the class that readings at or after `since` belong to or show by a mean, in time order.

    `readings` are in time order, each moment once, and begin 30 days before `since` where there are any.
    Between two readings outside the limits nobody knows of anything better, however long the time is.
    A mean is that of each of the `stays` of the class: of what was measured while the lot stood there.
    """
    if not readings:
        return []
    limits = LIMITS[temperature]
    seconds = [second for second, _ in readings]
    degrees = [centidegrees for _, centidegrees in readings]
    means = Means(readings, limits.mean)
    outside = (*_too_cold(seconds, degrees, limits), *_too_warm(seconds, degrees, limits))
    parts = [part for part in outside if part.ended >= since]
    if limits.mean is not None and max(degrees) > limits.mean:
        parts += _too_warm_on_average(seconds, degrees, means, limits.mean, stays, since)
    found = []
    for joined in _joined(parts):
        began, ended = joined[0].began, max(part.ended for part in joined)
        first, last = bisect_left(seconds, began), bisect_left(seconds, ended)
        found.append(
            Excursion(
                began,
                ended,
                min(degrees[first : last + 1]),
                max(degrees[first : last + 1]),
                max(means.highest(first, last), *(part.mean for part in joined)),
                "; ".join(dict.fromkeys(part.why for part in joined)),
                joined,
            )
        )
    return found


def concerned(excursion: Excursion, stays: Iterable[Stay]) -> frozenset[int]:
    """The ids of the lots that stood there while the place was outside the limits, or whose own mean is too high."""
    times = [
        (max(part.began, excursion.began), min(part.ended, excursion.ended), part.lot_ids) for part in excursion.parts
    ]
    return frozenset(
        stay.lot_id
        for stay in stays
        for began, ended, lot_ids in times
        if began <= ended and stay.during(began, ended) and (lot_ids is None or stay.lot_id in lot_ids)
    )


def after(excursion: Excursion, covered: Iterable[tuple[int, int]], readings: Sequence[Reading]) -> list[Excursion]:
    """What of the excursion was not covered before, by times that began and ended; each rest with its own extremes.

    A rest begins a second after the covered time, so that an excursion that goes on has no hole and no two
    begin at once; the readings at its ends that were counted before are not counted again.
    """
    rests = []
    began, counted = excursion.began, excursion.began - 1
    for start, end in sorted(covered):
        if end < began or start > excursion.ended:
            continue
        if start > began:
            rests.append(_rest(excursion, began, start, _between(readings, counted, start)))
        began, counted = end + 1, end
    if counted < excursion.began:
        return [excursion]
    if began <= excursion.ended:
        rests.append(_rest(excursion, began, excursion.ended, _between(readings, counted, excursion.ended + 1)))
    return [rest for rest in rests if rest is not None]


def _between(readings: Sequence[Reading], after_second: int, before_second: int) -> Sequence[Reading]:
    return readings[bisect_left(readings, (after_second + 1,)) : bisect_left(readings, (before_second,))]


def _rest(excursion: Excursion, began: int, ended: int, inside: Sequence[Reading]) -> Excursion | None:
    """The excursion from then to then; None where nothing was measured that was not counted before."""
    if not inside:
        return None
    degrees = [centidegrees for _, centidegrees in inside]
    return replace(excursion, began=began, ended=ended, lowest=min(degrees), highest=max(degrees))


def _stretches(degrees: Sequence[int], outside: Callable[[int], bool]) -> Iterable[tuple[int, int]]:
    """Readings in a row that are outside, first and last by index."""
    first = None
    for i, centidegrees in enumerate(degrees):
        if outside(centidegrees):
            first = i if first is None else first
        elif first is not None:
            yield first, i - 1
            first = None
    if first is not None:
        yield first, len(degrees) - 1


def _too_cold(seconds: Sequence[int], degrees: Sequence[int], limits: Limits) -> list[Part]:
    low = limits.low
    if min(degrees) >= low:
        return []
    why = f"below {celsius(low)} °C"
    return [Part(seconds[first], seconds[last], why, None, _NO_MEAN) for first, last in _stretches(degrees, low.__gt__)]


def _too_warm(seconds: Sequence[int], degrees: Sequence[int], limits: Limits) -> list[Part]:
    """A stretch above the limit lasts until the reading that shows the end of it."""
    if max(degrees) <= limits.high:
        return []
    parts = []
    spans = spans_of(seconds)
    for first, last in _stretches(degrees, limits.high.__lt__):
        end = seconds[last] + (spans[last] if last + 1 < len(seconds) else 0)
        if max(degrees[first : last + 1]) > limits.spike:
            why = f"above {celsius(limits.spike)} °C"
        elif end - seconds[first] > LONGEST_SPIKE:
            why = f"above {celsius(limits.high)} °C for more than 24 hours"
        else:
            continue
        parts.append(Part(seconds[first], seconds[last], why, None, _NO_MEAN))
    return parts


def _too_warm_on_average(
    seconds: Sequence[int], degrees: Sequence[int], means: Means, mean: int, stays: Iterable[Stay], since: int
) -> list[Part]:
    """Times above the limit that some mean counts which is above it too, each with the lots whose mean it is.

    The harm was done while it was warm, and not in the cooler days for which the mean still remembers it.
    """
    warm = list(_stretches(degrees, mean.__lt__))
    ends = [last for _, last in warm]
    why = f"mean kinetic temperature above {celsius(mean)} °C"
    parts: dict[int, Part] = {}
    for stay in stays:
        for above in means.above(stay, since):
            for n in range(bisect_left(ends, above.first), bisect_right(warm, above.last, key=lambda each: each[0])):
                first, last = max(warm[n][0], above.first), min(warm[n][1], above.last)
                part = Part(seconds[first], seconds[last], why, frozenset({stay.lot_id}), above.mean)
                parts[n] = _together(parts[n], part) if n in parts else part
    return list(parts.values())


def _together(one: Part, other: Part) -> Part:
    return Part(
        min(one.began, other.began),
        max(one.ended, other.ended),
        one.why,
        (one.lot_ids or frozenset()) | (other.lot_ids or frozenset()),
        max(one.mean, other.mean),
    )


def _joined(parts: Iterable[Part]) -> list[tuple[Part, ...]]:
    joined: list[tuple[Part, ...]] = []
    ended = 0
    for part in sorted(parts, key=lambda each: (each.began, each.ended)):
        if joined and part.began - ended < _APART:
            joined[-1] += (part,)
            ended = max(ended, part.ended)
        else:
            joined.append((part,))
            ended = part.ended
    return joined


def celsius(centidegrees: int) -> str:
    """Hundredths of a degree as people read them: `25`, `7.5`, `-0.25`."""
    sign = "-" if centidegrees < 0 else ""
    whole, rest = divmod(abs(centidegrees), 100)
    return f"{sign}{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"
