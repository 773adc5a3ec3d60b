"""A pack's scan: GTIN, lot, expiry and serial, or a refusal that says why.

A scan of a pack holds exactly one GTIN (01), expiry (17) and lot (10) and at most one serial number
(21). Fields that change nothing here, such as a production date or a national number, are passed over;
every other field makes it the code of something else.

Lost separators. A scanner that does not send FNC1 runs a lot and the field behind it together, so that
`10LOT` and `21SER9` read as the lot LOT21SER9. A scanner sends all separators or none; so only a field
that runs to the end of the scan is doubted, and it is refused where it could hold an element that the
scan lacks: the AI behind at least one character and in front of a possible value. Without a serial
elsewhere the last lot may therefore not have 21 in its middle: A21 and 2101 pass, A2101 is refused.
A pack with such a lot and no serial is typed, with parentheses or as fields.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused, quoted
from dispensary.rules.gs1 import GS, Element, LostSeparator, carries, elements
from dispensary.rules.identifiers import parse_gtin

_NAMES = {"01": "GTIN", "17": "expiry", "10": "lot", "21": "serial number"}
_FORMS = {
    "01": r"[0-9]{14}",
    "17": r"[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])",
    "10": r".",
    "21": r".",
}
# Production and packaging date, variant, consumer product variant, additional ids, national numbers
# (AI 710 to 717), product URL and the company's internal fields: none changes what is received.
_HARMLESS = re.compile(r"11|13|20|22|24[01]|71[0-7]|8200|9[0-9]")
_COUNTS = ("30", "37")
_OTHERS = {
    "00": "the number of a case or pallet (SSCC)",
    "02": "the GTIN of what a case or pallet contains",
    "03": "the GTIN of an article made to order",
    "8003": "the number of a returnable crate or asset",
    "8004": "the number of an asset",
    "8006": "the number of one piece of an article",
    "8017": "the number of a member of staff",
    "8018": "the number of a patient",
}


class NotOnAPack(Refused):
    """A field that is not of a pack: case, pallet, patient, address and the like."""

    sentence = "The scan holds ({ai}), {what}, which is no part of a pack's code: scan the code on the pack itself."
    ai: str
    what: str


class CountInScan(Refused):
    """A count of items inside, so the units of the GTIN no longer hold."""

    sentence = (
        "The scan's ({ai}) says that it holds {given} items, so it is no single pack: scan the packs inside, "
        "or type --product, --lot, --expires and --quantity."
    )
    ai: str
    given: str


class RepeatedElement(Refused):
    """The same field twice, equal or not."""

    sentence = "The scan has more than one {what} ({first} and {second}): scan the packs one at a time."
    what: str
    first: str
    second: str


class MissingElement(Refused):
    """A field that receiving and dispensing need."""

    sentence = (
        "The scan has no {what}: scan the pack's 2D code, or type --product, --lot and --expires from what is printed."
    )
    what: str


class ImpossibleExpiry(Refused):
    """An expiry that is no date."""

    sentence = (
        "The scan's expiry {given} (year, month, day) is no date: scan again, or read the pack and type --expires."
    )
    given: str


class NotALot(Refused):
    """The text cannot be a lot."""

    sentence = "{given} is not a lot: type the 1 to 20 characters printed on the pack, without spaces."
    given: str


class NotInGs1Code(Refused):
    """A lot or serial that a GS1 code cannot carry."""

    sentence = (
        "The {what} {given} cannot stand in a GS1 code, which takes 1 to 20 letters, digits and common signs: "
        "use a plain code for this pack."
    )
    what: str
    given: str


@dataclass(frozen=True, slots=True)
class Pack:
    """What a pack's code says. `gtin` is GTIN-14 text.

    `day_00`: the code named a month only and `expires` is its last day; since 2025-01-01 healthcare
    packs must carry a day (GS1 General Specifications), so it deserves a note.
    """

    gtin: str
    lot: str
    expires: date
    serial: str | None = None
    day_00: bool = False


def read_pack(scan: str, *, today: date, fnc1: str = "") -> Pack:
    """The pack that was scanned, strictly; `today` places the two-digit year, `fnc1` see `gs1.elements`.

    Reads a raw scan, with or without symbology prefix, and typed text such as `(01)...(17)...(10)...`.
    Raises the refusals of this module and of `gs1`, and NotAGtin or WrongCheckDigit.
    """
    found: dict[str, Element] = {}
    for element in elements(scan, fnc1):
        _refuse_misplaced(element)
        if element.ai in found:
            _refuse_repeated(found[element.ai], element)
        found[element.ai] = element
    last = list(found.values())[-1]
    for ai in _NAMES:
        if ai not in found:
            _refuse_missing(ai, last)
    expires = found["17"].value
    return Pack(
        gtin=parse_gtin(found["01"].value),
        lot=found["10"].value,
        expires=_expiry(expires, today),
        serial=found["21"].value if "21" in found else None,
        day_00=expires.endswith("00"),
    )


def parse_lot(text: str) -> str:
    """A typed lot: 1 to 20 printable ASCII characters without spaces; raises NotALot.

    Wider than what GS1 codes carry: 01052018@46 is a real lot (FDA recall D-0600-2018).
    """
    if not re.fullmatch(r"[!-~]{1,20}", text):
        raise NotALot(given=quoted(text))
    return text


def element_string(gtin: str, expires: date, lot: str, serial: str | None = None) -> str:
    """The GS1 element string of a pack, with GS where FNC1 stands and without a symbology prefix.

    The lot stands before the expiry: if its separator is lost, the expiry is lost with it and the scan
    is refused, where a lot at the end would silently swallow a serial. Raises NotAGtin,
    WrongCheckDigit and NotInGs1Code (ask `gs1.carries` first).
    """
    for what, text in (("lot", lot), ("serial number", serial)):
        if text is not None and not carries(text):
            raise NotInGs1Code(what=what, given=quoted(text))
    fields = f"01{parse_gtin(gtin)}10{lot}{GS}17{expires:%y%m%d}"
    return fields if serial is None else f"{fields}21{serial}"


def _refuse_misplaced(element: Element) -> None:
    if element.ai in _NAMES or _HARMLESS.fullmatch(element.ai):
        return
    if element.ai in _COUNTS:
        raise CountInScan(ai=element.ai, given=quoted(element.value))
    what = _OTHERS.get(element.ai) or f"GS1's field {element.title or 'of a coupon'}"
    raise NotOnAPack(ai=element.ai, what=what)


def _refuse_repeated(first: Element, second: Element) -> None:
    what = _NAMES.get(first.ai, f"({first.ai})")
    raise RepeatedElement(what=what, first=quoted(first.value), second=quoted(second.value))


def _refuse_missing(ai: str, last: Element) -> None:
    """Refuses the lack of a required element, and of a serial where the last field may have swallowed it."""
    if not last.ended and re.search(rf".{ai}{_FORMS[ai]}", last.value):
        problem = f"may have the {_NAMES[ai]} ({ai}) inside it"
        raise LostSeparator(ai=last.ai, given=quoted(last.value), problem=problem)
    if ai != "21":
        raise MissingElement(what=_NAMES[ai])


def _expiry(digits: str, today: date) -> date:
    """YYMMDD, day 00 the last of the month, the year 49 before to 50 after this one (GS1 General Specifications)."""
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    year = today.year + (year - today.year + 49) % 100 - 49
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        raise ImpossibleExpiry(given=quoted(digits)) from None
