"""Fills and refills: what was supplied, what is owed and left, and the earliest day of the next fill."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dispensary.errors import Refused, quoted
from dispensary.rules.directions import Directions
from dispensary.rules.product import Product
from dispensary.rules.quantity import parse_units
from dispensary.rules.supply import Course, TooFewUnits, supply_of


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

    @property
    def kept(self) -> int:
        """The units that the patient has or had."""
        return self.units - self.returned


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

    `next_injection` is the first day that no fill covers, None before the first fill.
    """

    left: Left
    owed: Owed | None
    supplied: tuple[tuple[date, int], ...]
    next_injection: date | None
    days_of_last_fill: int

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
        if self.owed is not None or self.next_injection is None:
            return None
        used = -(-self.days_of_last_fill * percent // 100)
        return self.next_injection - timedelta(days=self.days_of_last_fill - used)


def standing(terms: Terms, fills: Iterable[Fill]) -> Standing:
    """Where a prescription stands after these fills, in their order; what came back counts as never supplied.

    From the first fill of which something came back, the fills are reckoned anew, each from where the
    one before it ends.
    """
    whole: dict[int, list[Fill]] = {}
    supplied: list[tuple[date, int]] = []
    days: dict[int, int] = {}
    covered: list[date] = []
    moved = False
    for fill in fills:
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
        days[root] = days.get(root, 0) + (next_injection - first).days
    last = max((root for root in days), default=None)
    return Standing(
        left=_left(terms, list(whole.values())),
        owed=None if last is None else _owed(terms, whole[last]),
        supplied=tuple(supplied),
        next_injection=max(covered, default=None),
        days_of_last_fill=0 if last is None else days[last],
    )


def _kept(terms: Terms, fill: Fill, first: date, supplied: tuple[tuple[date, int], ...]) -> tuple[int, date]:
    """The doses that are covered, and the first day that is not, by what did not come back."""
    assert fill.product is not None, "fills are read with their products where anything came back"
    try:
        kept = supply_of(fill.kept, Course(terms.directions, first, supplied), fill.product)
    except TooFewUnits:
        return 0, first
    return kept.doses, kept.next_injection


def _left(terms: Terms, whole: Sequence[Sequence[Fill]]) -> Left:
    """By units, a part leaves the rest of its units; by days, every fill counts that was not returned whole."""
    kept = [sum(fill.kept for fill in parts) for parts in whole]
    if terms.quantity_units is None:
        return _left_of_days(terms, 1 + terms.refills - sum(units > 0 for units in kept))
    return _left_of_units(terms, terms.quantity_units * (1 + terms.refills) - sum(kept))


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
