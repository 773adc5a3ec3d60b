"""Cutting a text into the pieces that a language's table knows, each with what it means.

Macros in the table's patterns: `<n>` a number, `<o>` an ordinal, `<u>` a unit and others of the
language, each captured; `<to>` between two numbers; `<amount>` the digits of a dose, taken loosely
so that the dose can say what is wrong with them; `<date>` what looks like a date,
in digits or with the month in letters, which is `<named>` in the table of the language.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from dispensary.errors import quoted
from dispensary.rules.directions import Duration, Interval, NotADuration, NotAnInterval, Unit
from dispensary.rules.grammar.words import Words


class Kind(Enum):
    """What a piece is about."""

    DOSE = "dose"
    VOLUME = "volume"
    COUNTED = "number of containers or units, which says no dose"
    ROUTE = "route"
    VEIN = "vein"
    MISREAD = "abbreviation on ISMP's list, and what to write instead"
    INTERVAL = "interval"
    EITHER = "piece that means one of two things"
    PER = "bare `a week`, of which nobody knows whether it tells of injections or of the dose"
    NUMBER = "bare `for 4`"
    REPEATS = "x 4"
    AS_NEEDED = "as needed"
    AT_MOST = "maximum"
    LASTING = "duration"
    BARE = "bare `5 days`, behind an interval"
    ONCE = "one injection and no more"
    UNTIL = "last day"
    TIME = "time of day"
    SITE = "site"
    SELF = "self-injection"
    THEN = "separator of phases"
    THEREAFTER = "separator that stands before its phase or behind it"
    STOP = "end, after which nothing follows"
    WEEKDAY = "day of the week"
    PURPOSE = "what it is for"
    JOIN = "or"
    FILLER = "word without a meaning of its own"
    UNKNOWN = "unknown"


class Either(NamedTuple):
    """The two readings of a piece, each written so that it can be read in one way only."""

    one: str
    other: str


Rule = tuple[Kind, str, Any]
"""A kind, its pattern, and its meaning: a value, or what makes one of all that the pattern captures."""


class Piece(NamedTuple):
    """A part of the text as it was typed; `captured` are its parts."""

    kind: Kind
    text: str
    in_brackets: bool
    captured: tuple[str | None, ...]
    rule_means: Any
    values: Mapping[str, int | Unit]

    @property
    def meaning(self) -> Any:
        """What the piece means; raises NotAnInterval and NotADuration."""
        if not callable(self.rule_means):
            return self.rule_means
        try:
            return self.rule_means(*map(self._value, self.captured))
        except (NotAnInterval, NotADuration) as refusal:
            raise type(refusal)(given=quoted(self.text)) from None

    def alike(self, other: "Piece") -> bool:
        """Whether both say the same, in whatever words."""
        means = (self.meaning, self.captured if self.meaning is None else ())
        return (self.kind, *means) == (other.kind, other.meaning, other.captured if other.meaning is None else ())

    def _value(self, captured: str | None) -> int | Unit | str | None:
        if captured is None:
            return None
        word = captured.lower()
        number = re.fullmatch(r"([0-9]+)(?:\.|st|nd|rd|th)?", word)
        return self.values.get(word, int(number[1]) if number else captured)


_MACROS = {
    "amount": r"[.,]?[0-9][0-9.,]*",
    "digits": r"(?:0|[1-9][0-9]{0,3})",
    "date": r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}|<named>)",
}
# Brackets, commas and the point of a sentence stand between pieces. A point or comma that may belong to
# a number does not: ,5 mg is not 5 mg.
_BETWEEN = re.compile(r"(?:[ ;:()]|,(?![0-9])|(?<=[^ ])\.(?= |\Z))*")
_END = r"(?=[ ,;:/()]|\.(?: |\Z)|\Z)"
_WORD = re.compile(r"[^ ]+")
_UNKNOWN: Rule = (Kind.UNKNOWN, "", None)


class Table:
    """A language: its words for writing, and for reading its numbers, ordinals and units and its rules.

    Of two rules that fit at one place the first holds. `decimals` are the separators that are read
    in numbers; `doubtful` is a pattern of the numbers that may be thousands; with `points_in_dates`
    01.03.2027 is the first of March; with `repeats_in_a_day` x 2 is said of the injections of a day.
    """

    def __init__(
        self,
        *,
        words: Words,
        decimals: str,
        doubtful: str,
        points_in_dates: bool,
        repeats_in_a_day: bool,
        values: Mapping[str, int | Unit],
        macros: Mapping[str, str],
        rules: tuple[Rule, ...],
    ) -> None:
        self.words = words
        self.decimals = decimals
        self.doubtful = doubtful
        self.points_in_dates = points_in_dates
        self.repeats_in_a_day = repeats_in_a_day
        self._values = values
        self._macros = {**_MACROS, **macros}
        self._rules = rules

    def cut(self, line: str) -> list[Piece]:
        """The pieces of a line whose blanks are single spaces, in their order; words of no rule are UNKNOWN."""
        pattern, rules = self._compiled
        pieces, lower, at = [], line.lower(), 0
        while (at := _end(_BETWEEN.match(lower, at))) < len(line):
            found, rule = pattern.match(lower, at), _UNKNOWN
            captured: tuple[str | None, ...] = ()
            if found is not None and found.lastindex is not None:
                rule, groups = rules[found.lastindex]
                inside = range(found.lastindex + 1, found.lastindex + 1 + groups)
                captured = tuple(line[found.start(group) : found.end(group)] or None for group in inside)
            end = _end(found or _WORD.match(lower, at))
            text = line[at:end].rstrip(",;:().") or line[at:end] if rule is _UNKNOWN else line[at:end]
            pieces.append(Piece(rule[0], text, line[at - 1 : at] == "(", captured, rule[2], self._values))
            at = end
        return pieces

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], dict[int, tuple[Rule, int]]]:
        """All rules in one pattern, and which rule each of its outer groups is, with the groups inside it.

        Made when the first text is read, so that a cold start which reads none does without.
        """
        patterns, rules, group = [], {}, 1
        for rule in self._rules:
            pattern = self._expanded(rule[1])
            groups = len(re.findall(r"(?<!\\)\((?!\?)", pattern))
            rules[group] = rule, groups
            group += groups + 1
            patterns.append(f"({pattern}){_END}")
        return re.compile("|".join(patterns)), rules

    def _expanded(self, pattern: str) -> str:
        while "<" in pattern:
            pattern = re.sub(r"<(\w+)>", lambda macro: self._macros[macro[1]], pattern)
        return pattern


def _end(found: re.Match[str] | None) -> int:
    assert found is not None, "nothing and a word can be found anywhere"
    return found.end()


def every(least: int, most: int | None, unit: Unit) -> Interval:
    """Every `least` to `most` units; raises NotAnInterval, also where the upper number is not above the lower."""
    if most is not None and most <= least:
        raise NotAnInterval(given="")
    return Interval(unit, least, most or least)


def often(times: int, unit: Unit) -> Interval:
    """So many times a unit; raises NotAnInterval."""
    return Interval(unit, 1, 1, times)


def lasting(up_to: str | None, least: int, most: int | None, unit: Unit = Unit.DOSE) -> Duration:
    """From `least` to `most` units, or up to `least`; raises NotADuration, as `every` does."""
    if most is not None and most <= least:
        raise NotADuration(given="")
    return Duration(unit, 0 if up_to else least, most or least)


def lasted(least: int, most: int | None, unit: Unit = Unit.DOSE) -> Duration:
    """From `least` to `most` units; raises NotADuration."""
    return lasting(None, least, most, unit)
