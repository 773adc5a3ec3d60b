"""How long a preparation of the pharmacy may be used: the compounding table, as data with its sources.

The table also has a column for the freezer; nothing here is kept frozen, so it is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.moments import to_the_minute
from dispensary.rules.product import Temperature
from dispensary.rules.quantity import parse_units
from dispensary.rules.text import clean_text


class BeyondUseTooShort(Refused):
    """What is made may not be used until the day of its making is over, so it cannot be stock."""

    sentence = (
        "What is made now may be used until {until} ({limited_by}), too short to be kept as stock, which is used "
        "through whole days: nothing was made; administer it at once, or draw the dose from the vial."
    )
    until: str
    limited_by: str


class StabilityWithoutSource(Refused):
    """Days of stability that nobody vouches for, or a source that gives none."""

    sentence = "Stability data are days and where they are from: give both --stability-days and --stability-source."


class Category(StrEnum):
    """The category of a compounded sterile preparation (USP <797>, 2023)."""

    IMMEDIATE = "immediate use"
    ONE = "1"
    TWO = "2"


class Start(StrEnum):
    """Whether the preparation starts from sterile ingredients only."""

    STERILE = "sterile"
    NON_STERILE = "non-sterile"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: hours from making until the end of use. None where a column does not matter."""

    category: Category
    start: Start | None
    refrigerated: bool | None
    hours: int
    source: str

    @property
    def words(self) -> str:
        """The row in words, such as `category 2, sterile start, at room temperature: 4 days (USP <797>, 2023)`."""
        name = self.category.value if self.category is Category.IMMEDIATE else f"category {self.category}"
        start = "" if self.start is None else f", {self.start} start"
        kept = {None: "", True: ", refrigerated", False: ", at room temperature"}[self.refrigerated]
        limit = f"{self.hours} hours" if self.hours % 24 or self.hours == 24 else f"{self.hours // 24} days"
        return f"{name}{start}{kept}: {limit} ({self.source})"


_USP = "USP <797>, 2023"
_FROM_MEMORY = "USP <797>, 2023, quoted from memory"
TABLE = (
    Row(Category.IMMEDIATE, None, None, 4, _USP),
    Row(Category.ONE, None, False, 12, _USP),
    Row(Category.ONE, None, True, 24, _USP),
    # Made aseptically, without a test of sterility.
    Row(Category.TWO, Start.STERILE, False, 4 * 24, _USP),
    Row(Category.TWO, Start.STERILE, True, 10 * 24, _USP),
    Row(Category.TWO, Start.NON_STERILE, False, 1 * 24, _FROM_MEMORY),
    Row(Category.TWO, Start.NON_STERILE, True, 4 * 24, _FROM_MEMORY),
)
"""The beyond-use dates of compounded sterile preparations, room and refrigerator."""


@dataclass(frozen=True, slots=True)
class Stability:
    """How many days of 24 hours the preparation is known to be stable, and where that is from."""

    days: int
    source: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One of the limits of a beyond-use date: what it is, and the last day that it leaves."""

    what: str
    last_day: date

    def __str__(self) -> str:
        return f"{self.what}: through {self.last_day}"


@dataclass(frozen=True, slots=True)
class BeyondUse:
    """The last usable day of what is made, what sets it, and every limit that was looked at."""

    last_day: date
    limited_by: str
    limits: tuple[Limit, ...]


def read_stability(days: str | None, source: str | None) -> Stability | None:
    """Stability data as typed; raises StabilityWithoutSource, NotAQuantity and NotCleanText."""
    if days is None and source is None:
        return None
    if days is None or source is None:
        raise StabilityWithoutSource
    return Stability(parse_units(days), clean_text(source, "the source of stability data"))


def row_for(category: Category, start: Start, storage: Temperature) -> Row:
    """The row of the table; what is not kept in a refrigerator counts as at room temperature, the shorter one."""
    wanted = (start, storage is Temperature.REFRIGERATOR)
    return next(
        row
        for row in TABLE
        if row.category is category and row.start in (None, wanted[0]) and row.refrigerated in (None, wanted[1])
    )


def beyond_use(
    made_at: datetime,
    category: Category,
    start: Start,
    storage: Temperature,
    stability: Stability | None,
    ingredients: Iterable[tuple[str, date]],
) -> BeyondUse:
    """The last day on which what is made at that moment may be used, in the zone of `made_at`.

    The shortest of the table, the stability data and the ingredients, each with its name and last
    usable day (USP <797>). A lot is used through whole days, so the last one is that which ends
    before the hours are over. Raises BeyondUseTooShort where not even the day of making does, and
    for immediate use, which is never kept.
    """
    row = row_for(category, start, storage)
    spans = [(row.words, timedelta(hours=row.hours))]
    if stability is not None:
        plural = "" if stability.days == 1 else "s"
        spans.append((f"stability data: {stability.days} day{plural} ({stability.source})", timedelta(stability.days)))
    limits = [Limit(what, _last_day(_end(made_at, span))) for what, span in spans]
    limits += [Limit(f"expiry of {name}", last) for name, last in ingredients]
    last_day = min(limit.last_day for limit in limits)
    if category is Category.IMMEDIATE or last_day < made_at.date():
        what, span = min(spans, key=lambda each: each[1])
        until = to_the_minute(_end(made_at, span))
        raise BeyondUseTooShort(until=until, limited_by=what)
    shortest = "; ".join(limit.what for limit in limits if limit.last_day == last_day)
    return BeyondUse(last_day, shortest, tuple(limits))


def _end(made_at: datetime, span: timedelta) -> datetime:
    """So many hours later, whatever the clocks do in between."""
    return (made_at.astimezone(UTC) + span).astimezone(made_at.tzinfo)


def _last_day(end: datetime) -> date:
    """The last whole day before the end."""
    return end.date() - timedelta(days=1)
