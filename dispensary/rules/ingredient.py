"""What a batch is made of: units of a lot of the stock, a powder, and diluents, as the batch record names them."""

import re
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused, quoted
from dispensary.rules.dates import parse_expiry
from dispensary.rules.product import AGENTS, Form, Preservatives, Product
from dispensary.rules.quantity import Dose, ml, parse_volume_ul
from dispensary.rules.scan import parse_lot
from dispensary.rules.text import clean_text


class NotAnIngredient(Refused):
    """The text does not name an ingredient with all that the batch record needs."""

    sentence = "{given} does not describe a {what}: write {example}."
    given: str
    what: str
    example: str


@dataclass(frozen=True, slots=True)
class Source:
    """Units of a lot of the stock, and what preserves them."""

    product: Product
    lot: str
    expires: date
    units: int
    preservatives: Preservatives

    @property
    def name(self) -> str:
        """As the batch record names it."""
        return f"{self.product.name} ({self.product.code})"

    @property
    def volume_ul(self) -> int:
        """What the units hold, in microlitres."""
        return self.units * self.product.fill_ul

    @property
    def nanograms(self) -> int:
        """What they hold of their form: a microlitre of 1 mcg/mL holds one nanogram."""
        return self.volume_ul * self.product.strength.mcg_per_ml

    @property
    def amount(self) -> str:
        """How much of it is used, as the batch record says it."""
        return f"{self.units} x {self.product.fill}"

    def is_of(self, form: Form) -> bool:
        """Whether it is of that form."""
        return self.product.form is form


@dataclass(frozen=True, slots=True)
class Powder:
    """A powder that is not stock. Its own volume is not counted: its diluents are what it is made up to."""

    name: str
    lot: str
    expires: date
    content: Dose

    @property
    def nanograms(self) -> int:
        """What it holds of its form."""
        return self.content.mcg * 1000

    @property
    def amount(self) -> str:
        """How much of it is used, as the batch record says it."""
        return str(self.content)

    def is_of(self, form: Form) -> bool:
        """Whether its name begins with that form; elsewhere it may say what the powder is not."""
        return re.match(rf"{form.value}\b", self.name.lower()) is not None


@dataclass(frozen=True, slots=True)
class Diluent:
    """A fluid that is not stock, and what preserves it."""

    name: str
    lot: str
    expires: date
    volume_ul: int
    preservatives: Preservatives

    @property
    def amount(self) -> str:
        """How much of it is used, as the batch record says it."""
        return ml(self.volume_ul)

    @property
    def named_preservative(self) -> str | None:
        """What its name says of a preservative, whether written in one word or in two; None where it says nothing."""
        letters = "".join(filter(str.isalpha, self.name.lower()))
        return next((word for word in ("bacteriostatic", *AGENTS) if word.replace(" ", "") in letters), None)


def parse_powder(text: str) -> Powder:
    """Reads `NAME;LOT;EXPIRES;AMOUNT`; raises NotAnIngredient and what is refused of each part."""
    name, lot, expires, amount = _parts(text, 4, "powder", "NAME;LOT;EXPIRES;AMOUNT such as ...;2027-05;500 mg")
    return Powder(_name(name), parse_lot(lot), parse_expiry(expires), Dose.parse(amount))


def parse_diluent(text: str) -> Diluent:
    """Reads `NAME;LOT;EXPIRES;VOLUME;PRESERVATIVES`, the last as in a formulary and never left out.

    Raises NotAnIngredient and what is refused of each part.
    """
    example = "NAME;LOT;EXPIRES;VOLUME;PRESERVATIVES such as ...;2027-05;50 mL;none"
    name, lot, expires, volume, preservatives = _parts(text, 5, "diluent", example)
    return Diluent(
        _name(name), parse_lot(lot), parse_expiry(expires), parse_volume_ul(volume), Preservatives.parse(preservatives)
    )


def named(ingredient: Source | Powder | Diluent) -> str:
    """The ingredient with its lot, as limits and refusals name it."""
    return f"{ingredient.name} lot {ingredient.lot}"


def _parts(text: str, count: int, what: str, example: str) -> list[str]:
    # Preservatives are themselves a list with semicolons.
    parts = [part.strip() for part in text.split(";", count - 1)] if len(text) <= 500 else []
    if len(parts) != count:
        raise NotAnIngredient(given=quoted(text), what=what, example=example)
    return parts


def _name(text: str) -> str:
    return clean_text(text, "the name of an ingredient")
