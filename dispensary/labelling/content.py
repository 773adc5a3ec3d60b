"""What every label carries, whatever its kind: strings, a symbol, pictograms, days on a calendar."""

import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from dispensary.labelling.symbols import Symbol
from dispensary.rules.people import Language
from dispensary.rules.product import Storage, Temperature

Text = TypeVar("Text", bound="Content")

# The limits in °C that the thermometer on the label shows; none where the batch record says.
_LIMITS_C: dict[Temperature, tuple[int | None, int]] = {
    Temperature.ROOM: (20, 25),
    Temperature.UP_TO_25: (None, 25),
    Temperature.REFRIGERATOR: (2, 8),
    Temperature.COOL: (8, 15),
}


class Pictogram(StrEnum):
    """A drawing that says how a product is kept."""

    DARK = "keep in the dark"
    LIMITS = "temperature limits"
    REFRIGERATE = "refrigerate"
    DO_NOT_FREEZE = "do not freeze"
    CHILDREN = "keep from children"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The temperatures between which the product is kept, in whole °C; no lower limit where None."""

    low_c: int | None
    high_c: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One label: a kind adds a string for each thing that it says, empty where it says nothing.

    `page` is the pattern of `Label 1 of 2`, which is filled in when the label is laid out. `injections`
    are the days that a calendar marks.
    """

    language: Language
    page: str
    copy: str = ""
    symbol: Symbol | None = None
    pictograms: tuple[Pictogram, ...] = ()
    limits: Limits | None = None
    injections: tuple[date, ...] = ()


def limits_of(storage: Storage) -> Limits | None:
    """The limits of the product's own storage class, None where only its batch record says."""
    found = _LIMITS_C.get(storage.temperature)
    return Limits(low_c=found[0], high_c=found[1]) if found else None


def pictograms_of(storage: Storage) -> tuple[Pictogram, ...]:
    """The pictograms that the product's own storage asks for, the most urgent first."""
    cold = storage.temperature is Temperature.REFRIGERATOR
    asked = {
        Pictogram.DARK: storage.protect_from_light,
        Pictogram.LIMITS: storage.temperature in _LIMITS_C,
        Pictogram.REFRIGERATE: cold,
        Pictogram.DO_NOT_FREEZE: cold,
        Pictogram.CHILDREN: True,
    }
    return tuple(pictogram for pictogram, is_so in asked.items() if is_so)


def sayable(kind: type[Content]) -> frozenset[str]:
    """The names of the strings that labels of this kind say."""
    return frozenset(field.name for field in fields(kind) if field.type is str)


def composed(text: Text) -> Text:
    """The same label in NFC, since a font has glyphs for composed letters."""
    strings: dict[str, Any] = {name: unicodedata.normalize("NFC", getattr(text, name)) for name in sayable(type(text))}
    return replace(text, **strings)
