"""Measured B12 levels: a number with its unit, on the day when the sample was taken."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from dispensary.errors import Refused, quoted


class NotALevel(Refused):
    """The text is not a measured level."""

    sentence = (
        "{given} is not a B12 level: give a number above zero, with a point for decimals, and pmol/L, pg/mL or ng/L, "
        'such as "148 pmol/L".'
    )
    given: str


class LevelInTheFuture(Refused):
    """A sample from a day that has not come."""

    sentence = "A level cannot be of {taken_on}, which is later than today, {today}: check the day of the sample."
    taken_on: date
    today: date


class LevelBeforeBirth(Refused):
    """A sample from before the patient was born."""

    sentence = (
        "A level of {taken_on} would be from before the patient's birth on {born}: nothing was written; "
        "check both days."
    )
    taken_on: date
    born: date


class LevelUnit(StrEnum):
    """The units that laboratories report B12 in; 1 pg/mL is 1 ng/L."""

    PMOL_PER_L = "pmol/L"
    PG_PER_ML = "pg/mL"
    NG_PER_L = "ng/L"


_UNITS = {unit.lower(): unit for unit in LevelUnit}
_LEVEL = re.compile(r"((?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,2})?) ?([a-z]+/[a-z]+)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Level:
    """A measured level, above zero, with up to two decimals and as reported: nothing is converted."""

    amount: Decimal
    unit: LevelUnit

    @classmethod
    def parse(cls, text: str) -> "Level":
        """Reads `148 pmol/L`, `200.5 pg/ml`; raises NotALevel, also for `<100 pmol/L`, which is no measured number."""
        found = _LEVEL.fullmatch(text.strip(" ")) if len(text) <= 40 else None
        unit = _UNITS.get(found[2].lower()) if found else None
        if found is None or unit is None or not Decimal(found[1]):
            raise NotALevel(given=quoted(text))
        return cls(Decimal(found[1]), unit)

    def __str__(self) -> str:
        """As it is kept: no trailing zero, and no comma, so that it reads back."""
        number = f"{self.amount:f}"
        return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {self.unit}"


def require_level_day(taken_on: date, born: date, today: date) -> None:
    """A sample is of a day from birth to today; raises LevelInTheFuture and LevelBeforeBirth."""
    if taken_on > today:
        raise LevelInTheFuture(taken_on=taken_on, today=today)
    if taken_on < born:
        raise LevelBeforeBirth(taken_on=taken_on, born=born)
