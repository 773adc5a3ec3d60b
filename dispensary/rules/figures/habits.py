"""How patients keep to their schedules, counted from the past: how late they come, who stays away, who goes on.

Of those who were due, the share that came is counted, not assumed: a schedule knows when a patient
has nothing left, and not whether the patient comes.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TypeAlias

from dispensary.rules.figures.scheduled import Prescribed, Seen
from dispensary.rules.figures.span import Span
from dispensary.rules.life import LifeState

LATE_DAYS = 30
"""A patient who is later than so many days is not expected any more, until something happens again.

Days on which there was nothing to be had do not count: nobody comes for what is not there.
"""

OutDays: TypeAlias = Callable[[int, Span], int]
"""How many days of a span a product, by its id, was out of stock."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a day on which a patient had nothing left.

    `late` is how many days in stock later the next visit was, below 0 where it was earlier; None where
    there was none within LATE_DAYS. `renewal` where a new prescription was needed for it.
    """

    due: date
    late: int | None
    renewal: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many patients were due, and how many of them came so many days late.

    `doubt` is added to those who were due where one is added to those who came, so that nothing is
    certain: 1 where everybody is expected as long as nothing is known, 2 where half are.
    """

    late: Mapping[int, int]
    due: int
    doubt: int

    def comes(self, late: int) -> Fraction:
        """The share that still came of those who had not come before they were so many days late."""
        before = sum(many for days, many in self.late.items() if days < late) if late > 0 else 0
        return Fraction(sum(self.late.values()) - before + 1, self.due - before + self.doubt)


@dataclass(frozen=True, slots=True)
class Habits:
    """The habits of the patients of a pharmacy, from the outcomes of some months.

    `refilled` is of days on which the prescription had something left, `renewed` of those on which a
    new one was needed; `lag` is the median of the days late of both, the lower one of two. `spread` are
    the shares of visits by how many days later than that they were, below 0 for earlier.
    """

    refilled: Tally
    renewed: Tally
    lag: int
    spread: Mapping[int, Fraction]

    @property
    def early(self) -> int:
        """How many days earlier than most the first of them come."""
        return -min(self.spread)

    def share(self, late: int, first_renewals: int, visit: int, renewals: int) -> Fraction:
        """The share of patients, so many days late for the first visit, that come to a visit (from 0).

        `renewals` new prescriptions are needed before it, `first_renewals` before the first one.
        """
        first = self.renewed if first_renewals else self.refilled
        more = renewals - first_renewals
        return first.comes(late) * self.renewed.comes(0) ** more * self.refilled.comes(0) ** (visit - more)


def days_late(due: date, day: date, product_id: int, out: OutDays) -> int:
    """How many days in stock after the day on which a patient had nothing left; below 0 before it."""
    return (day - due).days - out(product_id, Span(due, day))


def habits(found: Mapping[Outcome, int], of: Span) -> Habits:
    """The habits that the days due in the span tell of, where what came of each is known when the span ends.

    `found` says how often there was each outcome.
    """
    settled = Span(of.first, of.end - timedelta(days=LATE_DAYS))
    seen = {each: many for each, many in found.items() if each.due in settled}
    refilled, renewed = _tally(seen, 1, renewal=False), _tally(seen, 2, renewal=True)
    # A visit far too early was for something else.
    visits: Counter[int] = Counter()
    for tally in (refilled, renewed):
        for days, many in tally.late.items():
            visits[max(-LATE_DAYS, days)] += many
    lateness = sorted(visits.elements()) or [0]
    lag = lateness[(len(lateness) - 1) // 2]
    spread = {days - lag: Fraction(many, len(lateness)) for days, many in (visits or {0: 1}).items()}
    return Habits(refilled, renewed, lag, spread)


def _tally(seen: Mapping[Outcome, int], doubt: int, *, renewal: bool) -> Tally:
    late: Counter[int] = Counter()
    due = 0
    for each, many in seen.items():
        if each.renewal is renewal:
            due += many
            if each.late is not None:
                late[each.late] += many
    return Tally(late, due, doubt)


def outcomes(prescribed: Sequence[Prescribed], today: date, out: OutDays) -> Iterator[Outcome]:
    """What became of every day before today on which a patient had nothing left, by all prescriptions of a form."""
    visits = sorted({on for rx in prescribed for on, _, _ in _given(rx)})
    for rx in prescribed:
        if rx.life(today) is not LifeState.ACTIVE:
            continue
        given = _given(rx)
        for number, (on, due, product_id) in enumerate(given, start=1):
            renewal = False
            if number == len(given):
                stands = rx.standing(Seen(len(rx.fills), len(rx.draws), len(rx.returns)))
                if stands.course(rx.terms.directions, today).completed:
                    continue
                due = stands.next_injection or due
                renewal = not stands.left.fills or due > rx.valid_until
            came = bisect_right(visits, on)
            late = days_late(due, visits[came], product_id, out) if came < len(visits) else None
            yield Outcome(due, late if late is not None and late <= LATE_DAYS else None, renewal)


def _given(rx: Prescribed) -> list[tuple[date, date, int]]:
    """The visits: the day, the first day that was not covered then, and the product."""
    fills = [(each.on, each.next_injection) for each in rx.fills]
    draws = [(each.on, each.next_injection) for each in rx.draws]
    products = (*rx.fill_products, *rx.draw_products)
    return sorted((*visit, product_id) for visit, product_id in zip(fills + draws, products, strict=True))
