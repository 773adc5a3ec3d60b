"""Directions: "1 mg IM weekly" to phases and back, and the dates on which they mean an injection.

The grammar is a list of readable pieces: a text is cut into pieces, each piece is named, and one
phase is made of exactly one dose, one route and one interval, in any order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, StrEnum
from itertools import count

from dispensary.errors import Refused, quoted
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose

MOST_CHARACTERS = 200


class NotDirections(Refused):
    """The text is not a dose, a route and an interval."""

    sentence = (
        "{given} is not understood as directions: {problem}; write one dose, one route and one interval, "
        "such as 1 mg IM weekly or 3 mg subcut every 2 to 3 days."
    )
    given: str
    problem: str


class AmbiguousDirections(Refused):
    """Two doses, two routes or two intervals: nobody may guess which is meant."""

    sentence = "{given} names more than one {what} ({found}); ask the prescriber which is meant and give that one only."
    given: str
    what: str
    found: str


class DoseIsAVolume(Refused):
    """A dose in mL, which is another dose for each strength."""

    sentence = (
        "{given} gives the dose as a volume, which is a different dose for each strength; "
        "write it in mg or mcg, such as 1 mg IM weekly."
    )
    given: str


class MisreadRoute(Refused):
    """An abbreviation on ISMP's list of error-prone abbreviations: SC, SQ, sub q."""

    sentence = (
        "{found} in {given} is refused: it is misread on prescriptions (ISMP); "
        "write subcut, such as 3 mg subcut weekly."
    )
    given: str
    found: str


class IntravenousRoute(Refused):
    """Into a vein, which the product labels say to avoid."""

    sentence = (
        "{given} is refused: vitamin B12 is injected IM or subcut, never into a vein; ask the prescriber for the route."
    )
    given: str


class Unit(StrEnum):
    """What an interval counts in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_MOST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 24}
_ADVERB = {Unit.DAY: "daily", Unit.WEEK: "weekly", Unit.MONTH: "monthly"}
_DAYS_A_WEEK = 7


class NotAnInterval(Refused):
    """An interval outside its bounds, or with its numbers in the wrong order."""

    sentence = (
        f"{{given}} is not an interval: give 1 to {_MOST[Unit.DAY]} days, 1 to {_MOST[Unit.WEEK]} weeks, "
        f"1 to {_MOST[Unit.MONTH]} months or 1 to {_DAYS_A_WEEK} times a week, "
        "the lower number first, such as every 2 to 3 days."
    )
    given: str


@dataclass(frozen=True, slots=True)
class Interval:
    """`times` injections every `least` to `most` units.

    Weekly is Interval(WEEK, 1, 1); three times a week Interval(WEEK, 1, 1, times=3); every 2 to 3
    days Interval(DAY, 2, 3). `times` is above 1 only for a single week. Raises NotAnInterval, which
    names the bounds.
    """

    unit: Unit
    least: int
    most: int
    times: int = 1

    def __post_init__(self) -> None:
        in_bounds = 1 <= self.least <= self.most <= _MOST[self.unit] and 1 <= self.times <= _DAYS_A_WEEK
        single_week = self.unit is Unit.WEEK and self.most == 1
        if not in_bounds or (self.times > 1 and not single_week):
            raise NotAnInterval(given=str(self))

    def __str__(self) -> str:
        if self.least == self.most == 1:
            return _ADVERB[self.unit] if self.times == 1 else f"{self.times} times a {self.unit}"
        span = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        every = f"every {span} {self.unit}s"
        return every if self.times == 1 else f"{self.times} times {every}"


@dataclass(frozen=True, slots=True)
class Phase:
    """One dose by one route at one interval."""

    dose: Dose
    route: Route
    interval: Interval

    def __str__(self) -> str:
        # The comma that ISMP wants above 1,000 would not be read back: in Norway it is the decimal point.
        return f"{str(self.dose).replace(',', '')} {self.route} {self.interval}"


@dataclass(frozen=True, slots=True)
class Directions:
    """What the prescriber wants injected, phase by phase."""

    phases: tuple[Phase, ...]

    @property
    def phase(self) -> Phase:
        """The one phase that the grammar holds; it has no end."""
        (only,) = self.phases
        return only


_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {word: number for number, word in enumerate(_WORDS, start=2)}
_NUMBER = rf"(?:0|[1-9][0-9]{{0,3}}|{'|'.join(_NUMBERS)})"
_EVERY = rf"every ({_NUMBER})(?: ?(?:to|-|–) ?({_NUMBER}))? (day|week|month)s?"
_TIMES = rf"(?:(once|twice)|({_NUMBER})(?: times| ?x)) (?:(?:a|per|each|every) week|weekly)"
_NAMED = {
    r"(?:once )?daily|every day": Interval(Unit.DAY, 1, 1),
    r"every other day|(?:on )?alternate days": Interval(Unit.DAY, 2, 2),
    r"weekly|every week": Interval(Unit.WEEK, 1, 1),
    r"(?:once )?monthly|every month": Interval(Unit.MONTH, 1, 1),
}
# Numbers are taken loosely here, so that Dose.parse can say what is wrong with them.
_PIECES = {
    "dose": r"[0-9][0-9.,]* ?(?:mcg|µg|μg|ug|mg|g)",
    "volume": r"[0-9][0-9.,]* ?(?:ml|µl|μl|ul)",
    "route": r"im|intramuscular(?:ly)?|subcut|subcutaneous(?:ly)?",
    "misread": r"s\.?c\.?|s\.?q\.?|sub[ -]?q",
    "vein": r"i\.?v\.?|intravenous(?:ly)?",
    "interval": "|".join((_EVERY, _TIMES, *_NAMED)),
    "unknown": r"[^ ]+",
}
_FLAGS = re.ASCII | re.IGNORECASE
_PIECE = re.compile("|".join(rf"(?P<{kind}>(?:{piece})(?= |\Z))" for kind, piece in _PIECES.items()), _FLAGS)


def parse(text: str) -> Directions:
    """Reads `1 mg IM weekly` or `3 mg subcut every 2 to 3 days`, whatever the case and the blanks.

    Raises NotDirections, AmbiguousDirections, DoseIsAVolume, MisreadRoute, IntravenousRoute,
    NotAnInterval, and from the dose BareGram and NotADose.
    """
    if len(text) > MOST_CHARACTERS:
        raise NotDirections(given=quoted(text), problem=f"it is longer than {MOST_CHARACTERS} characters")
    return Directions((_phase(text),))


def _phase(text: str) -> Phase:
    pieces = _pieces(text)
    if pieces["volume"]:
        raise DoseIsAVolume(given=quoted(text))
    # Doses before all else: a bare gram must be named as such, whatever stands around it.
    doses = [Dose.parse(piece) for piece in pieces["dose"]]
    if pieces["misread"]:
        raise MisreadRoute(given=quoted(text), found=quoted(pieces["misread"][0]))
    if pieces["vein"]:
        raise IntravenousRoute(given=quoted(text))
    if pieces["unknown"]:
        raise NotDirections(given=quoted(text), problem=f"the part {quoted(' '.join(pieces['unknown']))} is not known")
    for what in ("dose", "route", "interval"):
        if len(pieces[what]) > 1:
            raise AmbiguousDirections(given=quoted(text), what=what, found=" and ".join(map(quoted, pieces[what])))
        if not pieces[what]:
            raise NotDirections(given=quoted(text), problem=f"it has no {what}")
    route = Route.IM if pieces["route"][0].lower().startswith("i") else Route.SUBCUT
    return Phase(doses[0], route, _interval(pieces["interval"][0]))


def _pieces(text: str) -> dict[str, list[str]]:
    """The text cut into pieces, by kind. Only the space is a blank; a control character is unknown."""
    line = re.sub(" +", " ", text).strip(" ").removesuffix(".")
    pieces: dict[str, list[str]] = {kind: [] for kind in _PIECES}
    for found in _PIECE.finditer(line):
        pieces[str(found.lastgroup)].append(found.group())
    return pieces


def _interval(piece: str) -> Interval:
    if every := re.fullmatch(_EVERY, piece, _FLAGS):
        least, most, unit = every.groups()
        if most is not None and _number(most) <= _number(least):
            raise NotAnInterval(given=quoted(piece))
        return Interval(Unit(unit.lower()), _number(least), _number(most or least))
    if often := re.fullmatch(_TIMES, piece, _FLAGS):
        word, number = often.groups()
        times = _number(number) if number else 1 + (word.lower() == "twice")
        return Interval(Unit.WEEK, 1, 1, times)
    return next(interval for pattern, interval in _NAMED.items() if re.fullmatch(pattern, piece, _FLAGS))


def _number(text: str) -> int:
    return _NUMBERS.get(text.lower()) or int(text)


def render(directions: Directions) -> str:
    """The canonical English text, such as `1 mg IM 3 times a week`; parse reads it back to the same."""
    return str(directions.phase)


class Pace(Enum):
    """At which end of an interval such as every 2 to 3 days the patient injects."""

    QUICK = "quick"
    SLOW = "slow"


def injections(directions: Directions, start: date, *, pace: Pace) -> Iterator[date]:
    """The dates of the injections, the first on `start` itself, without end until the calendar's (year 9999).

    Several times a week are spread evenly over each seven days; months are calendar months from
    `start`, on the month's last day where it is shorter.
    """
    interval = directions.phase.interval
    step = interval.least if pace is Pace.QUICK else interval.most
    if interval.unit is Unit.MONTH:
        yield from _monthly(start, step)
        return
    days = step * (_DAYS_A_WEEK if interval.unit is Unit.WEEK else 1)
    calendar = (date.max - start).days
    for number in count():
        offset = number * days // interval.times
        if offset > calendar:
            return
        yield start + timedelta(days=offset)


def _monthly(start: date, step: int) -> Iterator[date]:
    for months in count(0, step):
        # From `start` each time: counting on from 28 February would lose the 31st for good.
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        if year > date.max.year:
            return
        yield date(year, month + 1, min(start.day, _month_length(year, month + 1)))


def _month_length(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - timedelta(days=1)).day
