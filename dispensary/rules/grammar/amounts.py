"""Doses, volumes and dates inside directions: refused where a reader may see another number."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

from dispensary.errors import Refused, quoted
from dispensary.rules.dates import NotADate, parse_date
from dispensary.rules.grammar.pieces import Piece, Table
from dispensary.rules.quantity import Dose, NotADose, NotAVolume, Strength, parse_volume_ul

# The first three letters of the months, in English and in Norwegian.
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "mai": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "okt": 10,
    "nov": 11,
    "dec": 12,
    "des": 12,
}


class AmbiguousDirections(Refused):
    """What can be read in two ways: nobody may guess which is meant."""

    sentence = (
        "{given} can be read in two ways, as {one} or as {other}; "
        "ask the prescriber which is meant and write it so that it cannot be misread."
    )
    given: str
    one: str
    other: str


class MisreadNumber(Refused):
    """A trailing zero, or no zero before the decimals: the point is overlooked (ISMP)."""

    sentence = "{found} is refused: it is misread as {misread} where its point is overlooked (ISMP); write {write}."
    found: str
    misread: str
    write: str


class DoseIsAVolume(Refused):
    """A dose in mL, which is another dose for each strength."""

    sentence = (
        "{given} gives the dose as a volume, which is a different dose for each strength; "
        "write it in mg or mcg, such as 1 mg IM weekly."
    )
    given: str


class DoseAndVolumeDisagree(Refused):
    """A dose both in mg and in mL, of which no strength makes the same."""

    sentence = (
        "{dose} and {volume} in {given} do not agree: {volume} holds {held}; "
        "ask the prescriber which dose is meant and write it in mg or mcg alone."
    )
    given: str
    dose: Dose
    volume: str
    held: str


def weight(piece: Piece, table: Table, *, alone: bool) -> Dose:
    """The dose in mg or mcg; raises NotADose, MisreadNumber and AmbiguousDirections.

    `alone` where no other language reads the text.
    """
    unit = "mg" if str(piece.captured[1]).lower().startswith(("mg", "mil")) else "mcg"
    number = _number(piece, table, alone=alone)
    try:
        return Dose.parse(f"{number} {unit}")
    except NotADose:
        raise NotADose(given=quoted(piece.text)) from None


def by_strength(piece: Piece, table: Table, strengths: Collection[Strength], *, alone: bool) -> dict[Dose, Strength]:
    """The whole doses that a volume holds in these strengths, the weakest first.

    Raises NotAVolume, NotADose where no strength makes a whole one, MisreadNumber and AmbiguousDirections.
    """
    unit = "mL" if str(piece.captured[1]).lower().startswith(("ml", "mil")) else "uL"
    number = _number(piece, table, alone=alone)
    try:
        volume_ul = parse_volume_ul(f"{number} {unit}")
    except NotAVolume:
        raise NotAVolume(given=quoted(piece.text)) from None
    nanograms = {strength: volume_ul * strength.mcg_per_ml for strength in sorted(strengths)}
    doses = {Dose(amount // 1000): strength for strength, amount in nanograms.items() if amount and amount % 1000 == 0}
    if not doses:
        raise NotADose(given=quoted(piece.text))
    return doses


def by_volume(said: str, dose: Dose | None, volume: str, held: Mapping[Dose, Strength]) -> Dose:
    """The one dose that the volume holds and that agrees with the dose by weight, where there is one.

    `held` is what the volume holds in each strength; without strengths nobody knows. Raises
    DoseIsAVolume, DoseAndVolumeDisagree and AmbiguousDirections.
    """
    if not held:
        if dose is None:
            raise DoseIsAVolume(given=said)
        raise AmbiguousDirections(given=said, one=str(dose), other=f"{volume} of another strength")
    readings = [f"{each} of {strength}" for each, strength in held.items()]
    if dose is None:
        if len(readings) > 1:
            raise AmbiguousDirections(given=said, one=readings[0], other=readings[1])
        return next(iter(held))
    if dose not in held:
        raise DoseAndVolumeDisagree(given=said, dose=dose, volume=volume, held=" or ".join(readings))
    return dose


def last_day(piece: Piece, table: Table) -> date:
    """A date year first, or day first where the language writes it so; raises NotADate and AmbiguousDirections."""
    text = str(piece.captured[0])
    if "-" in text:
        return parse_date(text)
    if month := re.search("[a-z]{3,}", text.lower()):
        day, year = sorted(re.findall("[0-9]+", text), key=len)
        return _require_date(text, _date(year, f"{_MONTHS[month[0][:3]]}", day))
    first, second, year = re.split("[./]", text)
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if "." in text and table.points_in_dates:
        month_first = None
    elif None not in (day_first, month_first) and day_first != month_first:
        raise AmbiguousDirections(given=quoted(piece.text), one=f"{day_first}", other=f"{month_first}")
    else:
        day_first = None
    return _require_date(text, day_first)


def _require_date(text: str, day: date | None) -> date:
    if day is None:
        raise NotADate(given=quoted(text))
    return day


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return parse_date(f"{year}-{month:0>2}-{day:0>2}")
    except NotADate:
        return None


def _number(piece: Piece, table: Table, *, alone: bool) -> str:
    """The digits with a point for decimals.

    Where only English reads the text, its comma sets thousands apart, as ISMP asks for. Should a decimal
    comma have been meant after all, the dose is a thousandfold, which a check stops.
    """
    number, unit = (str(captured).replace(" ", "") for captured in piece.captured[:2])
    number = str(piece.values.get(number.lower(), number))
    if re.fullmatch(table.doubtful, number):
        if alone and "," not in table.decimals:
            return number.replace(",", "")
        thousands, decimals = re.sub("[.,]", "", number), Decimal(number.replace(",", ".")).normalize()
        other = f"{decimals:f} {unit}".replace(".", table.decimals[0])
        raise AmbiguousDirections(given=quoted(piece.text), one=f"{thousands} {unit}", other=other)
    found = re.fullmatch(f"([0-9]*)([{table.decimals}])([0-9]+)", number)
    if found is None:
        return number
    whole, separator, decimals_given = found.groups()
    kept = decimals_given.rstrip("0")
    if (whole and kept == decimals_given) or not (whole + kept).strip("0"):
        return f"{whole}.{decimals_given}"
    raise MisreadNumber(
        found=quoted(piece.text),
        misread=f"{(whole + decimals_given).lstrip('0')} {unit}",
        write=f"{whole or '0'}{separator + kept if kept else ''} {unit}",
    )
