"""Numbers that name packs and people: GTIN, NDC, Nordic NTIN and Vnr, NPI, HPR, fødselsnummer.

Every number is text of ASCII digits: a leading zero belongs to it.
"""

import re
from collections.abc import Sequence
from datetime import date

from dispensary.errors import Refused, quoted
from dispensary.rules.people import Country
from dispensary.rules.text import clean_text

# GS1 Norway's prefix for the article numbers of Nordic medicines, in front of the Vnr.
_NTIN = "704626"


class NotAGtin(Refused):
    """The text has not the form of a GTIN."""

    sentence = "{given} is not a GTIN: it has 8, 12, 13 or 14 digits; copy it from the pack or scan the pack."
    given: str


class WrongCheckDigit(NotAGtin):
    """One digit of the GTIN at least is wrong."""

    sentence = (
        "{given} is not a GTIN: with these digits its last would be {right}, so one of them is wrong; "
        "scan or copy it again."
    )
    right: str


class NotAnNdc(Refused):
    """The text has none of the forms of an NDC."""

    sentence = (
        "{given} is not an NDC: write labeler, product and package with hyphens, such as 0517-0031-25 "
        "(4-4-2, 5-3-2, 5-4-1, 5-4-2 or 6-4-2 digits)."
    )
    given: str


class AmbiguousNdc(NotAnNdc):
    """Ten digits without hyphens, which may be three different products."""

    sentence = "{given} may be 4-4-2, 5-3-2 or 5-4-1 digits: write the NDC with the hyphens of the pack."


class GtinOfAnother(Refused):
    """A GTIN that holds another NDC or Vnr than the one beside it."""

    sentence = (
        "GTIN {gtin} holds {held} as its {kind} and the {kind} beside it is {identifier}: "
        "copy both again from the pack, or leave the GTIN empty."
    )
    gtin: str
    held: str
    kind: str
    identifier: str


class NotAnNpi(Refused):
    """The text is not a National Provider Identifier."""

    sentence = "{given} is not an NPI: it has ten digits and the last checks the others; copy it again."
    given: str


class NotAnHpr(Refused):
    """The text is not a number of the Norwegian register of health personnel."""

    sentence = "{given} is not an HPR number: give its 1 to 9 digits, without spaces."
    given: str


class NotAFodselsnummer(Refused):
    """The text is neither a fødselsnummer nor a D-number. It is not repeated: the number names a person."""

    sentence = "That is not a Norwegian national identity number or D-number ({problem}): copy its 11 digits again."
    problem: str


class BornOtherwise(Refused):
    """A national identity number and a birth date that name different days."""

    sentence = (
        "The identity number is of somebody born on {number_born} and the birth date is given as {born}: "
        "nothing was written; copy both again from the patient's proof of identity."
    )
    number_born: date
    born: date


class OurOwnNumber(Refused):
    """An identifier that looks like one of our own numbers."""

    sentence = "{given} looks like a number of this program: give the patient another identifier, such as MRN-{given}."
    given: str


def parse_gtin(text: str) -> str:
    """A GTIN of 8, 12, 13 or 14 digits as GTIN-14 text; raises NotAGtin and WrongCheckDigit."""
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", text) or not text.strip("0"):
        raise NotAGtin(given=quoted(text))
    right = _gtin_check_digit(text[:-1])
    if text[-1] != right:
        raise WrongCheckDigit(given=quoted(text), right=right)
    return text.zfill(14)


def ndc11(ndc: str) -> str:
    """The NDC as 5-4-2 text: the short segment of a ten-digit NDC gets a leading zero.

    Eleven digits are taken as they are, with or without hyphens. The 6-4-2 form (91 FR 10749, from
    2033-03-07) becomes 5-4-2 where its labeler begins with 0 and stays 6-4-2 where not.
    Raises NotAnNdc and AmbiguousNdc.
    """
    labeler, product, package = _segments(ndc)
    return (
        f"{labeler.removeprefix('0') if len(labeler) == 6 else labeler.zfill(5)}-{product.zfill(4)}-{package.zfill(2)}"
    )


def require_agreeing(kind: str, identifier: str, gtin: str) -> None:
    """Nothing, where the GTIN-14 of a pack holds its NDC or Vnr, or none; raises GtinOfAnother.

    The ten digits of an NDC stand behind 03, those of another package of the product in the GTINs of its vials and
    cartons (GS1 US, NDC and GTIN). An NDC or Vnr that is not whole says nothing.
    """
    if kind == "NDC" and gtin[1:3] == "03":
        held, begins = gtin[3:13], _product_digits(identifier)
    elif kind == "Vnr" and gtin.startswith(f"0{_NTIN}") and re.fullmatch(r"[0-9]{6}", identifier):
        held, begins = gtin[7:13], {identifier}
    else:
        return
    if begins and not held.startswith(tuple(begins)):
        raise GtinOfAnother(gtin=gtin, held=held, kind=kind, identifier=quoted(identifier))


def parse_npi(text: str) -> str:
    """An NPI: ten digits with a Luhn check digit over 80840 and the number (CMS); raises NotAnNpi."""
    if not re.fullmatch(r"[0-9]{10}", text) or _luhn_sum("80840" + text) % 10:
        raise NotAnNpi(given=quoted(text))
    return text


def parse_hpr(text: str) -> str:
    """An HPR number, 1 to 9 digits, without leading zeros; no check digit is documented. Raises NotAnHpr."""
    number = text.lstrip("0") if len(text) <= 9 else ""
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise NotAnHpr(given=quoted(text))
    return number


def parse_fodselsnummer(text: str) -> str:
    """A fødselsnummer or D-number: a birth date (a D-number's day is 40 more) and two mod-11 digits.

    A space after the date is taken out. Raises NotAFodselsnummer.
    """
    if not re.fullmatch(r"[0-9]{6} ?[0-9]{5}", text):
        raise NotAFodselsnummer(problem="it has 11 digits")
    number = text.replace(" ", "")
    first = _mod_11_digit(number[:9], (3, 7, 6, 1, 8, 9, 4, 5, 2))
    second = _mod_11_digit(number[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))
    if number[9:] != first + second:
        raise NotAFodselsnummer(problem="its check digits are wrong")
    if _birth_date(number) is None:
        raise NotAFodselsnummer(problem="it begins with no date of birth")
    return number


def patient_identifier(text: str, country: Country) -> str:
    """A patient's identifier; in Norway eleven digits are a fødselsnummer and are checked as one.

    Raises OurOwnNumber, NotAFodselsnummer and NotCleanText.
    """
    clean = clean_text(text, "a patient's identifier", 40)
    if country is Country.NORWAY and re.fullmatch(r"[0-9]{11}", clean, re.ASCII):
        return parse_fodselsnummer(clean)
    if re.fullmatch(r"p[0-9]+", clean, re.ASCII | re.IGNORECASE):
        raise OurOwnNumber(given=clean)
    return clean


def require_born(identifier: str, country: Country, born: date) -> None:
    """In Norway the birth date in a patient's fødselsnummer or D-number is the patient's; raises BornOtherwise."""
    if country is not Country.NORWAY:
        return
    try:
        number_born = _birth_date(parse_fodselsnummer(identifier))
    except NotAFodselsnummer:
        # The pharmacy's own identifier.
        return
    assert number_born is not None, "a number without a date of birth is refused above"
    if number_born != born:
        raise BornOtherwise(number_born=number_born, born=born)


def _gtin_check_digit(body: str) -> str:
    """GS1 General Specifications: weights 3 and 1 from the right, up to the next ten."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def _luhn_sum(digits: str) -> int:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2])) + sum(number // 10 + number % 10 for number in doubled)


def _mod_11_digit(digits: str, weights: Sequence[int]) -> str:
    """The digit that completes the weighted sum to a multiple of 11; `10`, which no digit is, where none does."""
    return str(-sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11)


def _birth_date(number: str) -> date | None:
    """The date that day, month, year and individual number agree on (Folkeregisteret's century series), if any."""
    day, month, year, individual = int(number[:2]), int(number[2:4]), int(number[4:6]), int(number[6:9])
    if individual < 500 or (individual >= 900 and year >= 40):
        century = 1900
    elif individual < 750 and year >= 54:
        century = 1800
    elif year < 40:
        century = 2000
    else:
        return None
    try:
        return date(century + year, month, day - 40 if day > 40 else day)
    except ValueError:
        return None


def _product_digits(ndc: str) -> set[str]:
    """Labeler and product of an NDC as they may stand among its ten digits; none where that cannot be told."""
    try:
        labeler, product, package = _segments(ndc)
    except NotAnNdc:
        return set()
    digits = len(labeler + product + package)
    if digits == 10:
        return {labeler + product}
    # One of the segments was given a zero; the longer NDCs of 2033 have no ten digits.
    shorter = [(labeler, labeler[1:] + product), (product, labeler + product[1:]), (package, labeler + product)]
    return {begin for segment, begin in shorter if digits == 11 and segment.startswith("0")}


def _segments(ndc: str) -> tuple[str, str, str]:
    """Labeler, product and package; raises NotAnNdc and AmbiguousNdc."""
    if re.fullmatch(r"[0-9]{10}", ndc):
        raise AmbiguousNdc(given=quoted(ndc))
    if re.fullmatch(r"[0-9]{11}", ndc):
        return ndc[:5], ndc[5:9], ndc[9:]
    found = re.fullmatch(r"([0-9]{4,6})-([0-9]{3,4})-([0-9]{1,2})", ndc)
    lengths = "-".join(str(len(part)) for part in found.groups()) if found else ""
    if found is None or lengths not in ("4-4-2", "5-3-2", "5-4-1", "5-4-2", "6-4-2"):
        raise NotAnNdc(given=quoted(ndc))
    labeler, product, package = found.groups()
    return labeler, product, package
