"""What is refused in directions whatever stands around it: what is never meant, and what nobody may guess."""

from itertools import takewhile

from dispensary.errors import Refused, quoted
from dispensary.rules.directions import Directions, Interval, Phase, Unit
from dispensary.rules.grammar.amounts import AmbiguousDirections
from dispensary.rules.grammar.pieces import Kind, Piece
from dispensary.rules.grammar.words import Words, directions_text, interval_text
from dispensary.rules.product import Route
from dispensary.rules.quantity import BareGram, Dose

_GRAMS = {"g", "gram", "grams"}
_EXAMPLES = (
    Directions((Phase(Dose(1000), Route.IM, Interval(Unit.WEEK, 1, 1)),)),
    Directions((Phase(Dose(3000), Route.SUBCUT, Interval(Unit.DAY, 2, 3)),)),
)


class NotDirections(Refused):
    """The text is not a dose, a route and an interval, phase by phase."""

    sentence = (
        "{given} is not understood as directions: {problem}; write one dose, one route and one interval, "
        "such as {example}."
    )
    given: str
    problem: str
    example: str = "1 mg IM weekly or 3 mg subcut every 2 to 3 days"


class DoseIsACount(Refused):
    """A dose in units, ampoules or vials, which says no amount of B12."""

    sentence = (
        "{found} in {given} does not say how much vitamin B12 is meant: it is dosed by weight; "
        "write it in mg or mcg, such as 1 mg IM weekly."
    )
    given: str
    found: str


class MisreadAbbreviation(Refused):
    """An abbreviation on ISMP's list of error-prone abbreviations: SC, SQ, sub q, QD, QOD, q3d."""

    sentence = "{found} in {given} is refused: it is misread on prescriptions (ISMP); write {write}."
    given: str
    found: str
    write: str


class IntravenousRoute(Refused):
    """Into a vein, which the product labels say to avoid."""

    sentence = (
        "{given} is refused: vitamin B12 is injected IM or subcut, never into a vein; ask the prescriber for the route."
    )
    given: str


def not_directions(given: str, problem: str, words: Words) -> NotDirections:
    """The refusal, with examples in the words of the language that was read."""
    one, other = (directions_text(directions, words) for directions in _EXAMPLES)
    return NotDirections(given=given, problem=problem, example=f"{one} or {other}")


def require_readable(given: str, pieces: list[Piece], words: Words) -> None:
    """Nothing, where each piece may be read by itself; the gram is refused before all else.

    Raises BareGram, IntravenousRoute, MisreadAbbreviation, DoseIsACount, NotDirections and AmbiguousDirections.
    """
    for piece in pieces:
        if piece.kind in (Kind.DOSE, Kind.EITHER) and _GRAMS & {str(captured).lower() for captured in piece.captured}:
            raise BareGram(given=quoted(piece.text))
    for piece in pieces:
        if piece.kind is Kind.VEIN:
            raise IntravenousRoute(given=given)
        if piece.kind is Kind.MISREAD:
            raise MisreadAbbreviation(given=given, found=quoted(piece.text), write=piece.meaning)
        if piece.kind is Kind.COUNTED:
            raise DoseIsACount(given=given, found=quoted(piece.text))
    _require_kept(given, pieces, words)
    if unknown := [piece.text for piece in pieces if piece.kind is Kind.UNKNOWN]:
        raise not_directions(given, f"the part {quoted(' '.join(unknown))} is not known", words)
    for piece in pieces:
        if piece.kind is Kind.EITHER:
            raise AmbiguousDirections(given=quoted(piece.text), **piece.meaning._asdict())


def _require_kept(given: str, pieces: list[Piece], words: Words) -> None:
    """Days of the week, and what the injections are for."""
    if days := [piece.text for piece in pieces if piece.kind is Kind.WEEKDAY]:
        weekly, thrice = (interval_text(Interval(Unit.WEEK, 1, 1, times), words) for times in (1, 3))
        raise not_directions(
            given, f"weekdays such as {quoted(' '.join(days))} are not kept: write {weekly}, or {thrice}", words
        )
    for at, piece in enumerate(pieces):
        if piece.kind is Kind.PURPOSE:
            more = takewhile(lambda other: other.kind is Kind.UNKNOWN, pieces[at + 1 :])
            purpose = quoted(" ".join([piece.text, *(other.text for other in more)]))
            raise not_directions(given, f"{purpose} says what it is for, which is entered as the indication", words)
