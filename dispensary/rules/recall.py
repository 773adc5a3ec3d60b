"""A recall: what a notice covers, what is left of it at home, and how far those who have it were reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate, islice, pairwise

from dispensary.errors import Refused
from dispensary.rules import schedule
from dispensary.rules.course import Course, CourseCompleted
from dispensary.rules.product import Product
from dispensary.rules.shelf import ALLOWED, LotNotUsable, Operation, State
from dispensary.rules.supply import TooFewUnits, supply_of


class RecallClass(StrEnum):
    """How dangerous the product is (21 CFR 7.3(m)); I is the most dangerous."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"


class Contact(StrEnum):
    """What came of calling a patient."""

    REACHED = "reached"
    NOT_REACHED = "not reached"
    DECLINED = "declined"
    """Reached, and brings nothing back."""


class NotAScope(Refused):
    """A notice that says nothing to be looked for, or two things at once."""

    sentence = (
        "A recall {problem}: nothing was recalled; give --lot, with --product where it is one of several, "
        "or --product alone, with --expires-from and --expires-to where only some of it is recalled."
    )
    problem: str


class NoticeFromTheFuture(Refused):
    """A notice dated after today."""

    sentence = "The notice {reference} cannot be dated {dated}, later than today, {today}: read its date again."
    reference: str
    dated: date
    today: date


class RecalledBeforeReceived(LotNotUsable):
    """A notice covers a lot that is to come in."""

    sentence = "lot {lot} of {product} {why} by {reference} ({recall}): nothing was received; {way_out}."
    reference: str
    recall: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a notice covers: a lot number, of one product or of any; or a product, or its lots that expire from, to.

    Raises NotAScope.
    """

    product: str | None
    """The product's code."""
    lot: str | None
    expires_from: date | None = None
    expires_to: date | None = None

    def __post_init__(self) -> None:
        first, last = self.expires_from, self.expires_to
        if self.product is None and self.lot is None:
            raise NotAScope(problem="needs a lot or a product")
        if self.lot is not None and (first or last):
            raise NotAScope(problem="is by lot or by expiry, not by both")
        if first and last and last < first:
            raise NotAScope(problem=f"cannot cover what expires from {first} to {last}")

    def __str__(self) -> str:
        of = [] if self.lot is None else [f"lot {self.lot}"]
        of += [] if self.product is None else [self.product]
        first = [] if self.expires_from is None else [f"from {self.expires_from}"]
        last = [] if self.expires_to is None else [f"to {self.expires_to}"]
        return " of ".join(of) + (f" expiring {' '.join(first + last)}" if first or last else "")

    @property
    def ingredient(self) -> str | None:
        """The lot number by which it also covers powders and diluents, which are not stock; None with a product."""
        return self.lot if self.product is None else None

    def covers(self, product: str, lot: str, expires: date) -> bool:
        """Whether the notice covers the lot; case does not matter, because a typist's slip must not hide a lot."""
        return (
            self.product in (None, product)
            and (self.lot is None or self.lot.lower() == lot.lower())
            and (self.expires_from is None or self.expires_from <= expires)
            and (self.expires_to is None or expires <= self.expires_to)
        )


@dataclass(frozen=True, slots=True)
class OpenRecall:
    """A recall that has not been withdrawn, by its number (RC1) and the reference of its notice."""

    recall: str
    reference: str
    scope: Scope


def require_dated(reference: str, dated: date, today: date) -> None:
    """Raises NoticeFromTheFuture."""
    if dated > today:
        raise NoticeFromTheFuture(reference=reference, dated=dated, today=today)


def require_not_covered(recalls: Iterable[OpenRecall], product: str, lot: str, expires: date) -> None:
    """Raises RecalledBeforeReceived where a notice covers the lot: it is recalled before it is in the books."""
    if ALLOWED[State.RECALLED, Operation.RECEIVE]:
        return
    for each in recalls:
        if each.scope.covers(product, lot, expires):
            raise RecalledBeforeReceived(
                lot=lot,
                product=product,
                state=State.RECALLED.value,
                operation=Operation.RECEIVE.value,
                why="is recalled",
                way_out="keep it out of stock and send it back to the supplier",
                reference=each.reference,
                recall=each.recall,
            )


def doses_at_home(course: Course, product: Product, portions: Sequence[int], today: date) -> tuple[int, ...]:
    """The doses of each portion of a fill, units in the order of use, that are not yet due before today.

    By the slowest way through the directions, so that nothing that may still lie at home is left out.
    What is more than the course needs, or less than a dose, holds no doses.
    """
    covered = [0, *(doses_of(course, product, units) for units in accumulate(portions))]
    if not covered[-1]:
        return (0,) * len(portions)
    pace, position = course.left[-1]
    planned = schedule.injections(course.directions, course.start, pace, position)
    passed = sum(each.on < today for each in islice(planned, covered[-1]))
    return tuple(max(0, last - max(first, passed)) for first, last in pairwise(covered))


def doses_of(course: Course, product: Product, units: int) -> int:
    """The whole doses that the units hold at the least; none where they are less than one, or the course is over."""
    try:
        return supply_of(units, course, product).doses if units else 0
    except (TooFewUnits, CourseCompleted):
        return 0
