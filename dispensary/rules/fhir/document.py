"""A FHIR document as it was sent: read from its bytes strictly, each value with the path to it.

JSON as FHIR R4 wants it (http://hl7.org/fhir/R4/json.html): no empty object, array or string, no null,
no name twice. Numbers are kept digit by digit, as a dose must not become another by way of a float.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from dispensary.errors import Refused, quoted
from dispensary.rules.dates import NotADate, parse_date
from dispensary.rules.text import MOST_TEXT, NotCleanText, clean_text

MOST_BYTES = 5_000_000
"""A bundle of a thousand prescriptions has about two million."""

MOST_DEPTH = 40
"""Brackets within brackets; what is read here has some twelve."""

MEND = "have it mended where it was written"
BY_HAND = "enter that prescription with `dispensary rx add`, if it can be said there"

_MOMENT = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


class NotAFhirFile(Refused):
    """A file in which no single place is wrong: it is no JSON, or too much of it."""

    sentence = "{file} is not a FHIR document in JSON ({problem}): nothing was written; have it sent again."
    file: str
    problem: str


class FhirFault(Refused):
    """The first place in a document that is wrong, or says what cannot be kept here."""

    sentence = "{path} {problem}: nothing was written; {way_out}."
    path: str
    problem: str
    way_out: str = MEND


@dataclass(frozen=True, slots=True)
class Elements:
    """What an object may hold: what is read, what changes nothing here, and what cannot be said here.

    `id` and `extension` change nothing anywhere: only a modifierExtension may (FHIR R4, 2.4).
    """

    of: str
    used: frozenset[str]
    ignored: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document, and where it stands, such as `Bundle.entry[2].resource.status`."""

    value: Any
    path: str

    def fault(self, problem: str, way_out: str = MEND) -> FhirFault:
        """The refusal of what stands here."""
        return FhirFault(path=self.path, problem=problem, way_out=way_out)

    def wrong(self, wanted: str) -> FhirFault:
        """The refusal of the value, saying what is wanted."""
        return self.fault(f"is {_shown(self.value)}: {wanted}")

    def require(self, elements: Elements) -> None:
        """Nothing, where the object holds only what `elements` knows; else FhirFault."""
        for name in self._object():
            bare = name.removeprefix("_")
            if bare in elements.used or bare in elements.ignored or bare in ("id", "extension"):
                continue
            there = Node(None, f"{self.path}.{_shown_name(name)}")
            if bare in elements.unsaid:
                raise there.fault("says what cannot be kept here", BY_HAND)
            raise there.fault(f"is no element of {elements.of}")

    def maybe(self, name: str) -> "Node | None":
        """What stands under the name, if anything does."""
        held = self._object()
        return Node(held[name], f"{self.path}.{name}") if name in held else None

    def need(self, name: str) -> "Node":
        """What stands under the name; raises FhirFault."""
        found = self.maybe(name)
        if found is None:
            raise Node(None, f"{self.path}.{name}").fault("is missing")
        return found

    def one_of(self, what: str, names: Sequence[str]) -> "Node":
        """The one that is there of several, such as medicationReference; raises FhirFault."""
        found = [each for each in map(self.maybe, names) if each is not None]
        if len(found) != 1:
            raise Node(None, f"{self.path}.{what}").fault(f"is to be given once, as {' or '.join(names)}")
        return found[0]

    def items(self) -> "list[Node]":
        """The parts of an array; raises FhirFault."""
        if not isinstance(self.value, list):
            raise self.wrong("an array is wanted")
        return [Node(value, f"{self.path}[{number}]") for number, value in enumerate(self.value)]

    def each(self, name: str) -> "list[Node]":
        """The parts of the array under the name, none where it is not there."""
        found = self.maybe(name)
        return [] if found is None else found.items()

    def string(self) -> str:
        """Text as it is; raises FhirFault."""
        if not isinstance(self.value, str):
            raise self.wrong("text in quotation marks is wanted")
        return str(self.value)

    def text(self, most: int = MOST_TEXT) -> str:
        """Text that can be kept and printed; raises FhirFault."""
        given = self.string()
        try:
            return clean_text(given, "text", most)
        except NotCleanText as refusal:
            raise self.fault(f"is {quoted(given)}: {refusal.problem}") from None

    def choice(self, words: Collection[str]) -> str:
        """One of the words; raises FhirFault."""
        given = self.string()
        if given not in words:
            raise self.wrong(f"only {' or '.join(words)} can be taken")
        return given

    def boolean(self) -> bool:
        """True or false; raises FhirFault."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false is wanted")
        return bool(self.value)

    def number(self) -> Decimal:
        """A number of up to ten digits before and six behind the point; raises FhirFault."""
        if not isinstance(self.value, Decimal):
            raise self.wrong("a number is wanted")
        given: Decimal = self.value
        if not (given == 0 or (-6 <= given.adjusted() < 10 and given == round(given, 6))):
            raise self.wrong("a number of up to ten digits before and six behind the point is wanted")
        return given

    def whole(self, least: int, most: int) -> int:
        """A whole number within bounds; raises FhirFault."""
        given = self.number()
        if given != int(given) or not least <= given <= most:
            raise self.wrong(f"a whole number from {least} to {most} is wanted")
        return int(given)

    def day(self) -> date:
        """A whole date, `2026-11-20`; raises FhirFault."""
        given = self.string()
        try:
            return parse_date(given)
        except NotADate:
            raise self.wrong("a whole date is wanted, such as 2026-11-20") from None

    def day_in(self, zone: tzinfo | None) -> date:
        """A whole date, or the day of a moment by the clock of the zone; raises FhirFault."""
        given = self.string()
        if "T" not in given:
            return self.day()
        try:
            if _MOMENT.fullmatch(given):
                return datetime.fromisoformat(given).astimezone(zone).date()
        except (ValueError, OverflowError):
            pass
        raise self.wrong("a date or a moment with seconds and time zone is wanted, such as 2026-11-20T09:30:00-05:00")

    def _object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object in braces is wanted")
        return dict(self.value)


class _Twice(dict[str, Any]):
    """An object that had a name twice."""

    name = ""


def read_document(data: bytes, file: str) -> Node:
    """The document in the bytes of a file; raises NotAFhirFile and FhirFault."""

    def refusal(problem: str) -> NotAFhirFile:
        return NotAFhirFile(file=file, problem=problem)

    if len(data) > MOST_BYTES:
        raise refusal(f"it has more than {MOST_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise refusal(f"byte {problem.start} is no UTF-8") from None
    try:
        read = json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number, object_pairs_hook=_members
        )
    except json.JSONDecodeError as problem:
        raise refusal(f"{problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    except RecursionError:
        raise refusal(f"it has more than {MOST_DEPTH} brackets within brackets") from None
    except (ValueError, InvalidOperation):
        raise refusal("it holds a number that is none, such as NaN") from None
    if not isinstance(read, dict) or not isinstance(read.get("resourceType"), str):
        raise refusal("it has no resourceType")
    root = Node(read, _shown_name(read["resourceType"]))
    try:
        _look(read, 1)
    except _Found as found:
        if found.of_the_file:
            raise refusal(found.problem) from None
        raise Node(None, root.path + "".join(reversed(found.way))).fault(found.problem) from None
    return root


class _Found(Exception):
    """What is wrong, and the way to it from the inside out: a path is put together where there is a fault alone."""

    def __init__(self, problem: str, *way: str, of_the_file: bool = False) -> None:
        super().__init__()
        self.problem, self.way, self.of_the_file = problem, list(way), of_the_file


def _look(value: Any, depth: int) -> None:
    """Raises _Found for the first thing within that no FHIR document holds."""
    if depth > MOST_DEPTH:
        raise _Found(f"it has more than {MOST_DEPTH} brackets within brackets", of_the_file=True)
    if isinstance(value, _Twice):
        raise _Found("stands there twice", f".{value.name}")
    if value is None or value in ("", [], {}):
        raise _Found("is empty")
    if isinstance(value, str) and not _is_unicode(value):
        raise _Found("holds half of a character")
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, held in parts:
        try:
            _look(held, depth + 1)
        except _Found as found:
            found.way.append(f".{_shown_name(name)}" if isinstance(name, str) else f"[{name}]")
            raise


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) == len(pairs):
        return held
    names = [name for name, _ in pairs]
    twice = _Twice(held)
    twice.name = _shown_name(next(name for name in names if names.count(name) > 1))
    return twice


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown_name(name: str) -> str:
    """A name as paths have it: one that no element of FHIR has is quoted."""
    return name if re.fullmatch(r"_?[A-Za-z][A-Za-z0-9]{0,63}", name) else quoted(name)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = str(value)
        return text if len(text) <= 40 else f"{text[:40]}..."
    return "an array" if isinstance(value, list) else "an object"
