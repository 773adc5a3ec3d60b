"""The syntax of a GS1 scan: what a scanner typed, taken apart into elements, or a refusal that says what is broken.

biip supplies the table of application identifiers (AI). Its own message parser is not used: it takes
whatever matches, reads on past a lost separator, and asks the clock for the century.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispensary.errors import Refused, quoted
from dispensary.rules.identifiers import NotAGtin, parse_gtin

if TYPE_CHECKING:
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

GS = "\x1d"
"""What a scanner sends for FNC1, the separator that ends a field of variable length."""
MOST_SCANNED = 400
# GS1 DataMatrix, GS1-128, GS1 QR Code, GS1 DataBar (ISO/IEC 15424 symbology identifiers).
_SYMBOLOGIES = ("]d2", "]C1", "]Q3", "]e0")
# GS1 General Specifications: the 82 characters of a lot or a serial number.
_SET_82 = '!"%-?A-Z_a-z'


class EmptyScan(Refused):
    """Nothing but separators or line ends."""

    sentence = "The scan is empty: scan the 2D code on the pack."


class ScanTooLong(Refused):
    """More than any pack's code holds."""

    sentence = (
        f"The scan has {{length}} characters and no pack's code has more than {MOST_SCANNED}: scan one pack at a time."
    )
    length: int


class UnsafeSeparator(Refused):
    """A substitute for FNC1 that a lot could contain."""

    sentence = (
        "{given} cannot stand for FNC1, as a lot may contain it: set the scanner and the settings to 1 to 8 "
        "ASCII signs of which one is outside GS1's character set, such as | or ^."
    )
    given: str


class CapsLock(Refused):
    """The symbology prefix in the other case."""

    sentence = "The scan begins with {given}: Caps Lock is on, which changes lots too; turn it off and scan again."
    given: str


class KeyboardLayout(Refused):
    """A scan typed for another keyboard than the computer's."""

    sentence = (
        "The scan begins with {given}: scanner and computer are set to different keyboard layouts, "
        "which changes lots too; set both to the same and scan again."
    )
    given: str


class ForeignCharacter(Refused):
    """A character that no GS1 field holds."""

    sentence = (
        "The scan holds {character}, which no GS1 code does: if the scanner types it for FNC1, enter it in the "
        "settings; else check its keyboard layout and scan again."
    )
    character: str


class DoubledSeparator(Refused):
    """Two separators with no field between them."""

    sentence = "The scan has two separators with no field between them, so something is missing: scan again."


class GluedScans(Refused):
    """A second scan in the same line."""

    sentence = "The scan runs on into another scan ({given}): scan the packs one at a time."
    given: str


class OnlyAGtin(Refused):
    """A linear barcode: the GTIN and nothing else."""

    sentence = (
        "{given} is only a GTIN, without lot and expiry: scan the pack's 2D code, "
        "or type --product, --lot and --expires."
    )
    given: str


class NotAGs1Code(Refused):
    """A code of another kind."""

    sentence = (
        "{given} is not a GS1 code with GTIN, expiry and lot: scan the pack's 2D code, "
        "or type --product, --lot and --expires."
    )
    given: str


class UnknownElement(Refused):
    """Where an application identifier should stand, there is none."""

    sentence = "The scan has {given} where a GS1 field should begin: it is damaged; scan again."
    given: str


class CutScan(Refused):
    """A field that is shorter than it must be, or that has other characters than digits."""

    sentence = "The scan's ({ai}) is {given} and needs {needs}: it was cut or damaged; scan again."
    ai: str
    given: str
    needs: str


class LostSeparator(Refused):
    """A field that has swallowed the next one."""

    sentence = (
        "The scan's ({ai}) reads {given}, which {problem}: a separator was probably lost; set the scanner to send "
        "FNC1 and scan again, or type --lot instead."
    )
    ai: str
    given: str
    problem: str


class UnclearParentheses(Refused):
    """Typed text whose parentheses do not mark the fields plainly."""

    sentence = (
        "{given} cannot be read field by field: type it as (01)...(17)...(10)... with parentheses "
        "around the identifiers only, or type --lot instead."
    )
    given: str


@dataclass(frozen=True, slots=True)
class Element:
    """One field: its AI, GS1's title of it, its value, and whether its end is marked.

    An end is marked by a separator, by a fixed length or by the next parenthesis; a field that
    runs to the end of the scan may have swallowed another.
    """

    ai: str
    title: str
    value: str
    ended: bool


def carries(text: str) -> bool:
    """Whether a GS1 code can hold the text as a lot or serial: 1 to 20 characters of GS1's set of 82."""
    return re.fullmatch(rf"[{_SET_82}]{{1,20}}", text) is not None


def require_separator(fnc1: str) -> None:
    """Nothing, where the text may stand for FNC1: empty, or 1 to 8 signs not all of which a lot may hold.

    Raises UnsafeSeparator.
    """
    if fnc1 and (not re.fullmatch(r"[!-~]{1,8}", fnc1) or re.fullmatch(rf"[{_SET_82}]*", fnc1)):
        raise UnsafeSeparator(given=quoted(fnc1))


def elements(scan: str, fnc1: str = "") -> Iterator[Element]:
    """The fields of a scan in their order; `fnc1` is what the scanner types for FNC1 where it cannot send GS.

    Text with parentheses, as printed beside the code, is read too. Raises every refusal of this module,
    each as soon as the field is reached.
    """
    body = _body(scan, fnc1)
    return _typed(body) if body.startswith("(") else _scanned(body)


def _body(scan: str, fnc1: str) -> str:
    """The scan without prefix, line end and leading separator, in GS1's characters, with GS as separator."""
    if len(scan) > MOST_SCANNED:
        raise ScanTooLong(length=len(scan))
    require_separator(fnc1)
    body = _without_prefix(scan.lstrip(" ").rstrip(" \r\n\t"))
    if fnc1:
        body = body.replace(fnc1, GS)
    body = body.removeprefix(GS)
    if not body:
        raise EmptyScan()
    if body.startswith(GS) or GS + GS in body:
        raise DoubledSeparator()
    if body.startswith("("):
        body = body.replace(" ", "")
    _refuse_other_codes(body)
    _refuse_foreign(body)
    return body


def _without_prefix(scan: str) -> str:
    prefix = scan[:3]
    if prefix in _SYMBOLOGIES:
        return scan[3:]
    # ]E0 is also the prefix of a plain EAN-13.
    if prefix.swapcase() in _SYMBOLOGIES and not re.fullmatch(r"\]E0[0-9]{13}", scan):
        raise CapsLock(given=quoted(prefix))
    if re.match(r"[^0-9A-Za-z\](]{0,2}(?:d2|c1|q3|e0)[0-9]{2}", scan, re.IGNORECASE):
        raise KeyboardLayout(given=quoted(scan[:4]))
    return scan


def _refuse_other_codes(body: str) -> None:
    """Refuses what does not begin with the two digits of an AI, and what is a GTIN alone."""
    if re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", body) and _is_gtin(body):
        raise OnlyAGtin(given=quoted(body))
    if re.match(r"\(?[0-9]{2}", body) or body[0].isdecimal():
        return
    # With another layout or Shift the row of digits types signs or accented letters.
    if not re.match(r"[0-9A-Za-z(\]]|\[\)>", body):
        raise KeyboardLayout(given=quoted(body[:4]))
    raise NotAGs1Code(given=quoted(body))


def _refuse_foreign(body: str) -> None:
    glued = re.search(r"[\r\n\t]|\][A-Za-z][0-9]", body)
    if glued:
        raise GluedScans(given=quoted(body[glued.start() :]))
    foreign = re.search(rf"[^{_SET_82}{GS}]", body)
    if foreign:
        raise ForeignCharacter(character=quoted(foreign.group()))


def _scanned(body: str) -> Iterator[Element]:
    rest = body
    while rest:
        known = _identifier(rest, rest)
        after = rest[len(known.ai) :]
        if known.separator_required:
            value, separator, rest = after.partition(GS)
            ended = bool(separator)
        else:
            length = _fixed_length(known)
            value, rest, ended = after[:length], after[length:].removeprefix(GS), True
        yield _checked(known, value, ended=ended)


def _typed(body: str) -> Iterator[Element]:
    before, *parts = re.split(r"\(([0-9]{2,4})\)", body)
    for number, value in zip(parts[::2], parts[1::2], strict=True):
        known = _identifier(number, f"({number})")
        if before or known.ai != number or re.search(rf"[(){GS}]", value):
            raise UnclearParentheses(given=quoted(body))
        yield _checked(known, value, ended=True)
    if not parts:
        raise UnclearParentheses(given=quoted(body))


def _identifier(text: str, shown: str) -> "GS1ApplicationIdentifier":
    """The AI that the text begins with."""
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        return GS1ApplicationIdentifier.extract(text)
    except ParseError:
        raise UnknownElement(given=quoted(shown)) from None


def _checked(known: "GS1ApplicationIdentifier", value: str, *, ended: bool) -> Element:
    if not known.separator_required:
        length = _fixed_length(known)
        if not re.fullmatch(rf"[0-9]{{{length}}}", value):
            raise CutScan(ai=known.ai, given=quoted(value), needs=f"{length} digits")
    elif not value:
        raise CutScan(ai=known.ai, given=quoted(value), needs="at least one character")
    limit = re.fullmatch(r"N[234]\+X\.\.([0-9]+)", known.format)
    if limit and len(value) > int(limit[1]):
        _refuse_glued(value)
        problem = f"is longer than {limit[1]} characters"
        raise LostSeparator(ai=known.ai, given=quoted(value), problem=problem)
    return Element(known.ai, known.data_title, value, ended)


def _fixed_length(known: "GS1ApplicationIdentifier") -> int:
    """The digits of an AI of predefined length, from its format such as N2+N14."""
    return int(known.format.rpartition("N")[2])


def _refuse_glued(value: str) -> None:
    """Refuses a field in which a whole other scan begins: (01) and a GTIN whose check digit is right."""
    for found in re.finditer(r"(?=01([0-9]{14}))", value):
        if _is_gtin(found[1]):
            raise GluedScans(given=quoted(value[found.start() :]))


def _is_gtin(digits: str) -> bool:
    try:
        parse_gtin(digits)
    except NotAGtin:
        return False
    return True
