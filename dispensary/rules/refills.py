"""Fills, drawn doses and refills: what was supplied, what is owed and left, the earliest day of the next fill."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from heapq import merge

from dispensary.errors import Refused, quoted
from dispensary.rules import schedule
from dispensary.rules.course import Course
from dispensary.rules.directions import Directions
from dispensary.rules.product import Product
from dispensary.rules.quantity import parse_units
from dispensary.rules.supply import TooFewUnits, supply_of


class NotRefills(Refused):
    """The text is no number of refills."""

    sentence = "{given} is not a number of refills: give 0 to 99, or Reit, Reit-II or Reit-III."
    given: str


# Norwegian: Reit is one more fill, Reit-II and Reit-III are three and four fills in all (apotek1.no).
_REIT = {"reit": 1, "reit-i": 1, "reit-ii": 2, "reit-iii": 3}


def parse_refills(text: str) -> int:
    """The fills after the first, from `3` or the Norwegian `Reit-III`; raises NotRefills."""
    given = text.strip().lower()
    if given in _REIT:
        return _REIT[given]
    if not re.fullmatch(r"0|[1-9][0-9]?", given, re.ASCII):
        raise NotRefills(given=quoted(text))
    return 0 if given == "0" else parse_units(given)


@dataclass(frozen=True, slots=True)
class Fill:
    """One hand-over: units of a product, and how many of them came back.

    `product` is known where anything came back of the prescription's fills.

    `prescribed_units` is what the whole fill should hold of the product. `completes` is the id of the
    hand-over whose owed units these are. `doses` whole doses were covered from `first_injection` on,
    `next_injection` is the first day that was not.
    """

    id: int
    number: int
    on: date
    product: Product | None
    units: int
    returned: int
    prescribed_units: int
    completes: int | None
    doses: int
    first_injection: date
    next_injection: date
    order: int = 0
    """Where it stands among the prescription's fills and draws."""

    @property
    def kept(self) -> int:
        """The units that the patient has or had."""
        return self.units - self.returned


@dataclass(frozen=True, slots=True)
class Drawn:
    """One dose out of an opened vial of the product: one injection, supplied on its day.

    `next_injection` is the first day that it does not cover. `order` is where it stands among the
    prescription's fills and draws.
    """

    on: date
    product: Product
    volume_ul: int
    next_injection: date
    order: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a prescription allows: one of `quantity_units` and `days` is what a fill supplies."""

    directions: Directions
    quantity_units: int | None
    days: int | None
    refills: int


@dataclass(frozen=True, slots=True)
class Left:
    """What may still be dispensed. `units` is None for a prescription written in days."""

    fills: int
    refills: int
    units: int | None


@dataclass(frozen=True, slots=True)
class Owed:
    """What the last fill should have held beyond what was handed over, in units of its product.

    `days` is what they must last, for a prescription written in days. `completes` is the id of the
    first hand-over of that fill, `number` the one that people type.
    """

    units: int
    days: int | None
    completes: int
    number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a prescription stands: what is left and owed, and what the patient is supplied for.

    `next_injection` is the first day that no fill and no draw covers, None before the first of them.
    `days_of_last` is what the last of them covered. `within` says whether all of them lie within what is
    prescribed: a unit that a draw has begun is used up, and serves the draws that it still holds.
    """

    left: Left
    within: bool
    owed: Owed | None
    supplied: tuple[tuple[date, int], ...]
    next_injection: date | None
    days_of_last: int

    def course(self, directions: Directions, today: date) -> Course:
        """What is left of the directions, from today or the first day that is not covered."""
        return Course(directions, max(today, self.next_injection or today), self.supplied)

    def left_after(self, terms: Terms, units: int) -> Left:
        """What is left once these units are handed over, as the rest of the last fill where it is owed."""
        if self.left.units is None:
            return _left_of_days(terms, self.left.fills - (self.owed is None))
        return _left_of_units(terms, self.left.units - units)

    def earliest_fill(self, percent: int) -> date | None:
        """The first day of the next fill, where `percent` of a supply must be used before it; None where any will do.

        Counted from the first fill: what is left over of all the fills together may never be more than
        the part of one supply that need not be used, so that early fills never add up (as VistA's
        outpatient pharmacy counts). That is never before so much of the last fill is used, since its
        supply begins no earlier than the day on which it was handed over. Units that are owed may be
        collected at any time.
        """
        return None if self.owed is not None else self.earliest_draw(percent)

    def earliest_draw(self, percent: int) -> date | None:
        """The first day of the next draw, by the rule of earliest_fill: a drawn dose collects nothing that is owed."""
        if self.next_injection is None:
            return None
        used = -(-self.days_of_last * percent // 100)
        return self.next_injection - timedelta(days=self.days_of_last - used)


def standing(terms: Terms, fills: Iterable[Fill], draws: Sequence[Drawn] = ()) -> Standing:
    """Where a prescription stands after these fills and draws, in their order.

    What came back counts as never supplied: from the first fill of which something came back, all that
    follows is reckoned anew, each from where the one before it ends.
    """
    whole: dict[int, list[Fill]] = {}
    supplied: list[tuple[date, int]] = []
    days: dict[int, int] = {}
    days_drawn: list[int] = []
    covered: list[date] = []
    moved = False
    days_of_last = 0
    acts: Iterable[Fill | Drawn] = merge(fills, draws, key=lambda act: act.order)
    for fill in acts:
        if isinstance(fill, Drawn):
            first, next_injection = _drawn(terms, fill, supplied, covered, anew=moved)
            supplied.append((first, 1))
            covered.append(next_injection)
            days_of_last = (next_injection - first).days
            days_drawn.append(days_of_last)
            continue
        root = fill.completes or fill.id
        whole.setdefault(root, []).append(fill)
        if not fill.kept:
            moved = True
            continue
        moved = moved or bool(fill.returned)
        first, doses, next_injection = fill.first_injection, fill.doses, fill.next_injection
        if moved:
            # The vials that this fill was to follow may be among those that came back.
            first = max(fill.on, *covered) if covered else first if len(whole) == 1 else fill.on
            doses, next_injection = _kept(terms, fill, first, tuple(supplied))
        supplied.append((first, doses))
        covered.append(next_injection)
        days[root] = days_of_last = days.get(root, 0) + (next_injection - first).days
    last = max((root for root in days), default=None)
    unused = _unused(terms, whole.values(), draws, days_drawn)
    return Standing(
        left=_left(terms, unused),
        within=unused >= 0,
        owed=None if last is None else _owed(terms, whole[last]),
        supplied=tuple(supplied),
        next_injection=max(covered, default=None),
        days_of_last=days_of_last,
    )


def after_one(course: Course) -> date:
    """The first day that one injection on the course's start does not cover: the earliest over all paces.

    Where it completes the course at every pace, the first day on which nothing is left to inject.
    Raises CourseCompleted.
    """
    following: list[date] = []
    ends: list[date] = []
    for pace, position in course.left:
        walk = schedule.injections(course.directions, course.start, pace, position)
        one = next(walk)
        if course.is_end(one.position):
            assert one.position.began is not None, "the end of a course has its day"
            ends.append(one.position.began)
        else:
            following.append(next((each.on for each in walk), date.max))
    return min(following) if following else max(ends)


def _drawn(
    terms: Terms, draw: Drawn, supplied: Sequence[tuple[date, int]], covered: Sequence[date], *, anew: bool
) -> tuple[date, date]:
    """The day of the injection that was drawn, where what the patient has comes first, and the first day without one.

    Two counters may have written at once, in another order than they asked.
    """
    first = max(draw.on, *covered) if covered else draw.on
    if anew:
        course = Course(terms.directions, first, tuple(supplied))
        return first, first if course.completed else after_one(course)
    return min(first, draw.next_injection), draw.next_injection


def units_drawn(draws: Iterable[Drawn]) -> int:
    """The units that these draws use up of a prescription: what was drawn of a product, in whole units.

    Where nothing of a unit is kept, each draw uses up its own.
    """
    volumes: dict[str, int] = {}
    units = 0
    fills_ul: dict[str, int] = {}
    for draw in draws:
        code, fill_ul = draw.product.code, draw.product.fill_ul
        if draw.product.kept_days:
            fills_ul[code] = fill_ul
            volumes[code] = volumes.get(code, 0) + draw.volume_ul
        else:
            units += -(-draw.volume_ul // fill_ul)
    return units + sum(-(-volume // fills_ul[code]) for code, volume in volumes.items())


def fills_drawn(days_drawn: Iterable[int], days: int) -> int:
    """The fills of so many days that draws use up, each covering some days: a fill serves until its days are over.

    As with units for days, the injection that begins within them belongs to the fill, however long it lasts.
    """
    fills = covered = 0
    for each in days_drawn:
        if not fills or covered >= days:
            fills, covered = fills + 1, 0
        covered += each
    return fills


def _kept(terms: Terms, fill: Fill, first: date, supplied: tuple[tuple[date, int], ...]) -> tuple[int, date]:
    """The doses that are covered, and the first day that is not, by what did not come back."""
    assert fill.product is not None, "fills are read with their products where anything came back"
    try:
        kept = supply_of(fill.kept, Course(terms.directions, first, supplied), fill.product)
    except TooFewUnits:
        return 0, first
    return kept.doses, kept.next_injection


def _unused(terms: Terms, whole: Iterable[Sequence[Fill]], draws: Sequence[Drawn], days_drawn: Sequence[int]) -> int:
    """The units that are not used up, or the fills of a prescription written in days; below 0 where it is overdrawn.

    By units, a part leaves the rest of its units; by days, every fill counts that was not returned whole.
    """
    kept = [sum(fill.kept for fill in parts) for parts in whole]
    if terms.quantity_units is not None:
        return terms.quantity_units * (1 + terms.refills) - sum(kept) - units_drawn(draws)
    assert terms.days is not None, "a prescription is written in units or in days"
    return 1 + terms.refills - sum(units > 0 for units in kept) - fills_drawn(days_drawn, terms.days)


def _left(terms: Terms, unused: int) -> Left:
    return _left_of_days(terms, unused) if terms.quantity_units is None else _left_of_units(terms, unused)


def _left_of_days(terms: Terms, fills_left: int) -> Left:
    return Left(max(0, fills_left), min(terms.refills, max(0, fills_left)), None)


def _left_of_units(terms: Terms, units_left: int) -> Left:
    assert terms.quantity_units is not None, "a prescription written in units"
    units_left = max(0, units_left)
    fills_left, part = divmod(units_left, terms.quantity_units)
    return Left(fills_left + (part > 0), min(terms.refills, fills_left), units_left)


def _owed(terms: Terms, parts: Sequence[Fill]) -> Owed | None:
    """What the fill lacks. Units that were handed over and came back are not owed."""
    first = parts[0]
    units = first.prescribed_units - sum(fill.units for fill in parts)
    if terms.days is None:
        return Owed(units, None, first.id, first.number) if units > 0 else None
    days = sum((fill.next_injection - fill.first_injection).days for fill in parts)
    if first.units >= first.prescribed_units or days >= terms.days:
        return None
    # The rest may have been collected in vials of another size.
    return Owed(max(1, units), terms.days - days, first.id, first.number)
