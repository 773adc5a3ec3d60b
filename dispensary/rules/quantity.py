"""Units, microlitres and micrograms as whole numbers, parsed strictly and printed plainly.

Printing follows ISMP: mcg, never the micro sign; a leading zero, no trailing zero; a space
before the unit; a comma above 1,000.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dispensary.errors import Refused, quoted

MOST_UNITS = 1_000_000
_DECIMAL = r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,6})?"
_DOSE = re.compile(rf"({_DECIMAL}) ?(mcg|µg|μg|ug|mg|g)", re.ASCII | re.IGNORECASE)
_VOLUME = re.compile(rf"({_DECIMAL}) ?(ml|µl|μl|ul)", re.ASCII | re.IGNORECASE)


class NotAQuantity(Refused):
    """The text is not a count of units."""

    sentence = f"{{given}} is not a quantity: give whole units from 1 to {MOST_UNITS} in plain digits, such as 4."
    given: str


class NotADose(Refused):
    """The text is not a dose in mcg or mg."""

    sentence = "{given} is not a dose: give it in mg or mcg with a point for decimals, such as 1 mg or 500 mcg."
    given: str


class BareGram(Refused):
    """A dose in grams: a lost micro sign or a slip."""

    sentence = "{given} is refused: B12 is never dosed in grams and a lost micro sign looks like this; write mcg or mg."
    given: str


class NotAVolume(Refused):
    """The text is not a volume in mL."""

    sentence = "{given} is not a volume: give it in mL with a point for decimals, such as 0.5 mL."
    given: str


class NotACost(Refused):
    """The text is not a cost per unit."""

    sentence = "{given} is not a cost per unit: give an amount with up to four decimals, such as 3.25."
    given: str


class NotAWholeMicrolitre(Refused):
    """No syringe can measure the dose from this strength."""

    sentence = (
        "{dose} of {strength} is {volume_ul} microlitres, not a whole number; "
        "ask the prescriber for a dose that can be measured."
    )
    dose: str
    strength: str
    volume_ul: str


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros or exponent, a comma above 1,000 (ISMP)."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: int, what: str) -> str:
    """How many of what: `1 unit`, `3 units`, `1,200 units`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def first_of(names: Iterable[str], most: int) -> str:
    """The first so many names, and how many more there are: `A1, A2 and 3 more`."""
    told = list(names)
    more = f" and {len(told) - most:,} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more


def parse_units(text: str) -> int:
    """A count of whole units, 1 to MOST_UNITS, in ASCII digits; raises NotAQuantity."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text, re.ASCII) or int(text) > MOST_UNITS:
        raise NotAQuantity(given=quoted(text))
    return int(text)


def parse_cost_micros(text: str) -> int:
    """A cost per unit as whole millionths of the currency, up to four decimals; raises NotACost."""
    if not re.fullmatch(r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{1,4})?", text, re.ASCII):
        raise NotACost(given=quoted(text))
    return int(Decimal(text).scaleb(6))


@dataclass(frozen=True, slots=True, order=True)
class Dose:
    """A dose in whole micrograms, above zero."""

    mcg: int

    @classmethod
    def parse(cls, text: str) -> "Dose":
        """Reads `1 mg`, `2.5 mg`, `500 mcg`; raises BareGram and NotADose."""
        found = _DOSE.fullmatch(text.strip()) if len(text) <= 40 else None
        if found is None:
            raise NotADose(given=quoted(text))
        number, unit = found.groups()
        if unit.lower() == "g":
            raise BareGram(given=quoted(text))
        mcg = Decimal(number) * (1000 if unit.lower() == "mg" else 1)
        if mcg != int(mcg) or mcg <= 0:
            raise NotADose(given=quoted(text))
        return cls(int(mcg))

    @property
    def mg(self) -> Decimal:
        """The dose in milligrams."""
        return Decimal(self.mcg).scaleb(-3)

    def __str__(self) -> str:
        return f"{plain(self.mg)} mg" if self.mcg >= 1000 else f"{self.mcg} mcg"


@dataclass(frozen=True, slots=True, order=True)
class Strength:
    """A concentration in whole micrograms per millilitre, above zero."""

    mcg_per_ml: int

    def volume_ul(self, dose: Dose) -> int:
        """The volume that holds the dose, in microlitres; raises NotAWholeMicrolitre."""
        volume, rest = divmod(dose.mcg * 1000, self.mcg_per_ml)
        if rest:
            exact = Decimal(dose.mcg * 1000) / self.mcg_per_ml
            raise NotAWholeMicrolitre(dose=str(dose), strength=str(self), volume_ul=plain(round(exact, 3)))
        return volume

    def __str__(self) -> str:
        return f"{self.mcg_per_ml:,} mcg/mL"


def parse_volume_ul(text: str) -> int:
    """Reads `0.5 mL` or `500 uL` as whole microlitres above zero; raises NotAVolume."""
    found = _VOLUME.fullmatch(text.strip()) if len(text) <= 40 else None
    if found is None:
        raise NotAVolume(given=quoted(text))
    number, unit = found.groups()
    volume = Decimal(number) * (1000 if unit.lower() == "ml" else 1)
    if volume != int(volume) or volume <= 0:
        raise NotAVolume(given=quoted(text))
    return int(volume)


def ml(volume_ul: int) -> str:
    """Whole microlitres as people read them, such as `0.5 mL`."""
    return f"{plain(millilitres(volume_ul))} mL"


def millilitres(volume_ul: int) -> Decimal:
    """Whole microlitres as millilitres, without trailing zeros."""
    return bare(Decimal(volume_ul).scaleb(-3))


def bare(number: Decimal) -> Decimal:
    """The same number without trailing zeros, and without the exponent that `normalize` gives to 10."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
