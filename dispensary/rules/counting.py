"""Counted against book: what a count finds out when it is closed.

An entry is compared with the books at its own moment, so that what is dispensed or received while the
count goes on changes nothing. Where another count has corrected the books after the entry, that much
of the variance is in the books already.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispensary.errors import Refused, quoted
from dispensary.rules.quantity import MOST_UNITS, first_of

SHOWN = 10
"""So many lots are named in a refusal."""


class NotACount(Refused):
    """The text is not a number of units that somebody found."""

    sentence = (
        f"{{given}} is not what a count finds: give whole units from 0 to {MOST_UNITS} in plain digits, such as 24."
    )
    given: str


class NotCounted(Refused):
    """Lots that were to be counted and were not."""

    sentence = (
        "{count} cannot be closed, since nobody counted {lots}: nothing was changed; "
        "enter them with `dispensary count enter {count}`, 0 where none is there."
    )
    count: str
    lots: str


class CountAgain(Refused):
    """A large difference that no second person has found as well."""

    sentence = (
        "{count} cannot be closed, since two persons must count alike where stock and books differ as much as in "
        "{lots}: nothing was changed; another person counts them and enters what is there with "
        "`dispensary count enter {count}`."
    )
    count: str
    lots: str


class VarianceNeedsReason(Refused):
    """Stock and books differ, and nobody said why."""

    sentence = (
        "{count} cannot be closed without a reason, since stock and books differ in {lots}: nothing was changed; "
        "give --reason, or count again."
    )
    count: str
    lots: str


class CountOutdated(Refused):
    """The correction would take more than is left."""

    sentence = (
        "{count} would take {missing} units of {lot} out of the books, where {left} are left since it was counted: "
        "nothing was changed; count it again and enter what is there with `dispensary count enter {count}`."
    )
    count: str
    lot: str
    missing: int
    left: int


class ReturnsAmongStock(Refused):
    """Units that patients have had are missing where they stand apart, and elsewhere more were found."""

    sentence = (
        "{count} cannot be closed, since units of {lots} that patients had are missing from where they stand apart and "
        "more than the books say were found elsewhere: nothing was changed; put what patients had back to {returned}, "
        "from where it can be destroyed, and count both places again."
    )
    count: str
    lots: str
    returned: str


def parse_count(text: str) -> int:
    """Whole units from 0 to MOST_UNITS, in ASCII digits; raises NotACount."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,6}", text, re.ASCII) or int(text) > MOST_UNITS:
        raise NotACount(given=quoted(text))
    return int(text)


@dataclass(frozen=True, slots=True)
class Entry:
    """Units that a person found where the books had `book_units`; `order` tells what came before and after."""

    units: int
    book_units: int
    order: int
    by_id: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Units by which another count changed the books, below 0 where it took some out."""

    units: int
    order: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A lot at a place: what the books have now, the entries in their order, and what other counts corrected."""

    lot: str
    product: str
    place: str
    book_units: int
    entries: Sequence[Entry]
    corrections: Sequence[Correction] = ()

    def variance(self, entry: Entry) -> int:
        """What is still to be corrected of what the entry found."""
        corrected = sum(each.units for each in self.corrections if each.order > entry.order)
        return entry.units - entry.book_units - corrected

    @property
    def found(self) -> int:
        """The variance of the last entry, 0 where there is none."""
        return self.variance(self.entries[-1]) if self.entries else 0

    def is_large(self, large: int) -> bool:
        """Whether so much differs that two persons must count it and a pharmacist closes it."""
        return abs(self.found) >= large

    def __str__(self) -> str:
        return f"lot {self.lot} of {self.product} at {self.place}"


@dataclass(frozen=True, slots=True)
class PlaceCorrected:
    """What counts have put into a place of one lot, below 0 where they took out: this one, and all with this one.

    `returned` where units stand that patients have had.
    """

    returned: bool
    now: int
    ever: int


def require_closable(count: str, lines: Iterable[Counted], large: int, reason: str | None) -> None:
    """Raises NotCounted, CountAgain, VarianceNeedsReason and CountOutdated.

    Every lot with units needs an entry; a variance of `large` units or more needs entries by two persons, of which
    the last two agree; any variance needs a reason. How much is missing is not told: the second count is blind too.
    """
    found = list(lines)
    if missing := [line for line in found if line.book_units and not line.entries]:
        raise NotCounted(count=count, lots=named_lots(missing))
    if again := [line for line in found if line.is_large(large) and not _confirmed(line)]:
        raise CountAgain(count=count, lots=named_lots(again))
    for line in found:
        if line.book_units + line.found < 0:
            raise CountOutdated(count=count, lot=str(line), missing=-line.found, left=line.book_units)
    if reason is None and (differ := [line for line in found if line.found]):
        raise VarianceNeedsReason(count=count, lots=named_lots(differ))


def puts_returns_among_stock(places: Sequence[PlaceCorrected]) -> bool:
    """Whether the count would make the pharmacy's own stock of a lot out of units that patients have had.

    As long as units are missing where those stand, by all counts together, none may find more of the lot
    elsewhere; and as long as counts have found more elsewhere, none may find them missing. Units of a lot
    cannot be told apart, so that nobody knows which ones were found.
    """
    if sum(each.ever for each in places if each.returned) >= 0:
        return False
    more = any(each.now > 0 for each in places if not each.returned)
    fewer = any(each.now < 0 for each in places if each.returned)
    return more or (fewer and any(each.ever > 0 for each in places if not each.returned))


def _confirmed(line: Counted) -> bool:
    if len(line.entries) < 2:
        return False
    before, last = line.entries[-2:]
    return before.by_id != last.by_id and line.variance(before) == line.found


def named_lots(lots: Sequence[object]) -> str:
    """The lots as a refusal names them: so many, and how many more there are."""
    return first_of(map(str, lots), SHOWN)
