"""On which days a product had usable stock, told backwards from what stands there now.

A set of days is a whole number with a bit for each day, the lowest for the first: thousands of lots
over a year are a few operations each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from dispensary.rules.figures.span import Span
from dispensary.rules.shelf import State, last_usable_day


@dataclass(frozen=True, slots=True)
class LotPast:
    """Sealed units of a lot at the saleable places of a site.

    `came` and `went` are units by day, through today. `states` are the recorded states that it was put
    into, each with its day, in their order; before them it was available.
    """

    expires: date
    units_now: int
    came: Mapping[date, int]
    went: Mapping[date, int]
    states: tuple[tuple[date, State], ...] = ()


@dataclass(frozen=True, slots=True)
class DaysInStock:
    """The days of a span on which there was something usable."""

    span: Span
    bits: int = 0

    def __contains__(self, day: date) -> bool:
        return day in self.span and bool(self.bits >> (day - self.span.first).days & 1)

    def within(self, part: Span) -> int:
        """How many of the days of a part of the span."""
        return (self.bits & _bits(self.span, part)).bit_count()

    def without(self, part: Span) -> int:
        """How many of the days of a part had nothing; of days beyond the span nothing is known, and none counts."""
        return (_bits(self.span, part) & ~self.bits).bit_count()

    def with_days(self, days: Iterable[date]) -> "DaysInStock":
        """The same and these days, as far as they lie in the span."""
        bits = self.bits
        for day in days:
            if day in self.span:
                bits |= 1 << (day - self.span.first).days
        return DaysInStock(self.span, bits)


def days_in_stock(span: Span, lots: Iterable[LotPast], open_spans: Iterable[Span] = ()) -> DaysInStock:
    """The days on which any unit of the lots was usable, at the day's beginning or as it came in.

    A lot counts through its expiry date and while it was available at any time of the day: on the day
    of a hold it was, and on that of its release. `open_spans` are the days on which an opened vial of
    the product could be drawn from.
    """
    bits = 0
    for part in open_spans:
        bits |= _bits(span, part)
    for lot in lots:
        bits |= _stood(span, lot) & _available(span, lot)
    return DaysInStock(span, bits)


def _stood(span: Span, lot: LotPast) -> int:
    """The days on which units of the lot stood there, or came in."""
    units, bits, end = lot.units_now, 0, date.max
    for day in sorted({*lot.came, *lot.went}, reverse=True):
        after = _next(day)
        if units > 0:
            bits |= _bits(span, Span(after, end))
        came = lot.came.get(day, 0)
        units += lot.went.get(day, 0) - came
        if units > 0 or came:
            bits |= _bits(span, Span(day, after))
        end = day
    return bits | (_bits(span, Span(date.min, end)) if units > 0 else 0)


def _available(span: Span, lot: LotPast) -> int:
    bits, since, state = 0, date.min, State.AVAILABLE
    for day, becomes in lot.states:
        if state is State.AVAILABLE:
            bits |= _bits(span, Span(since, _next(day)))
        since, state = day, becomes
    if state is State.AVAILABLE:
        bits |= _bits(span, Span(since, date.max))
    return bits & _bits(span, Span(date.min, _next(last_usable_day(lot.expires))))


def _next(day: date) -> date:
    return date.fromordinal(min(day.toordinal() + 1, date.max.toordinal()))


def _bits(span: Span, part: Span) -> int:
    first, end = max(span.first, part.first), min(span.end, part.end)
    days = (end - first).days
    return ((1 << days) - 1) << (first - span.first).days if days > 0 else 0
