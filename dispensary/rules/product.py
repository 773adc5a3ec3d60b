"""What a product is: form, strength, container, fill volume, preservatives, storage, routes, packs.

Preservative and storage belong to the product, never to the molecule or the country. Unknown
is never treated as none.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from dispensary.errors import Refused, quoted
from dispensary.rules.quantity import Strength, ml, plain

Choice = TypeVar("Choice", bound=StrEnum)


class NotAChoice(Refused):
    """A word outside its closed list."""

    sentence = "{given} is not a {what}: choose {choices}."
    what: str
    given: str
    choices: str


class NotPreservatives(Refused):
    """The text names no preservative."""

    sentence = (
        "{given} does not say what preserves the product: write none, unknown, "
        "or agents with concentrations such as benzyl alcohol 1.5%, each once, among {agents}."
    )
    given: str
    agents: str


class Form(StrEnum):
    """The molecule; forms are never exchanged without the prescriber."""

    CYANOCOBALAMIN = "cyanocobalamin"
    HYDROXOCOBALAMIN = "hydroxocobalamin"
    METHYLCOBALAMIN = "methylcobalamin"


class Container(StrEnum):
    """What holds the medicine. Fill volume is a separate fact: 1 mL does not mean single-dose."""

    AMPOULE = "ampoule"
    SINGLE_DOSE_VIAL = "single-dose vial"
    MULTI_DOSE_VIAL = "multi-dose vial"
    VIAL = "vial"
    """A vial whose labelling as single- or multi-dose is not known."""


class Route(StrEnum):
    """How it is injected."""

    IM = "IM"
    SUBCUT = "subcut"


class Temperature(StrEnum):
    """The storage class stated for the product (USP <659> ranges in Celsius)."""

    ROOM = "20-25"
    UP_TO_25 = "<=25"
    REFRIGERATOR = "2-8"
    COOL = "8-15"
    BATCH = "per batch record"


class Sensitivity(StrEnum):
    """What a patient has reacted to."""

    COBALAMIN = "cobalamin"
    BENZYL_ALCOHOL = "benzyl alcohol"
    PARABENS = "parabens"


class Preserved(StrEnum):
    """What is known about a product's preservatives."""

    NONE = "none"
    LISTED = "listed"
    UNKNOWN = "unknown"
    BATCH = "per batch record"


# A closed list: a name that is misspelt, or "see label", would otherwise pass for an agent that provokes nothing.
AGENTS: dict[str, Sensitivity | None] = {
    "benzyl alcohol": Sensitivity.BENZYL_ALCOHOL,
    "methylparaben": Sensitivity.PARABENS,
    "ethylparaben": Sensitivity.PARABENS,
    "propylparaben": Sensitivity.PARABENS,
    "butylparaben": Sensitivity.PARABENS,
    "parabens": Sensitivity.PARABENS,
    "chlorobutanol": None,
    "metacresol": None,
    "phenol": None,
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One preservative of AGENTS; the concentration is whole micrograms per mL, or None where not stated."""

    name: str
    mcg_per_ml: int | None

    @property
    def sensitivity(self) -> Sensitivity | None:
        """The sensitivity that this agent provokes, if it is one that patients are asked about."""
        return AGENTS[self.name]

    def __str__(self) -> str:
        if self.mcg_per_ml is None:
            return self.name
        return f"{self.name} {plain(Decimal(self.mcg_per_ml).scaleb(-3))} mg/mL"


@dataclass(frozen=True, slots=True)
class Preservatives:
    """None, a list of agents, or not known."""

    known: Preserved
    agents: tuple[Agent, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Preservatives":
        """Reads `none`, `unknown`, `per batch record` or `agent 1.5%;agent 0.2 mg/mL`; raises NotPreservatives."""
        given = text.strip().lower() if len(text) <= 200 else ""
        if given in (Preserved.NONE, Preserved.UNKNOWN, Preserved.BATCH):
            return cls(Preserved(given))
        agents = tuple(_agent(part.strip(), text) for part in given.split(";"))
        if len({agent.name for agent in agents}) < len(agents):
            raise _not_preservatives(text)
        return cls(Preserved.LISTED, agents)

    def may_provoke(self, sensitivity: Sensitivity) -> bool:
        """Whether a patient with this sensitivity may react; what is not known counts as present."""
        if sensitivity is Sensitivity.COBALAMIN or self.known is Preserved.NONE:
            return False
        return self.known is not Preserved.LISTED or any(a.sensitivity is sensitivity for a in self.agents)

    def __str__(self) -> str:
        return ";".join(map(str, self.agents)) if self.agents else self.known.value


def _agent(part: str, text: str) -> Agent:
    found = re.fullmatch(r"([a-z][a-z ]*[a-z])(?: ([0-9]{1,3}(?:\.[0-9]{1,3})?) ?(%|mg/ml))?", part, re.ASCII)
    if found is None or found[1] not in AGENTS:
        raise _not_preservatives(text)
    name, amount, unit = found.groups()
    if amount is None:
        return Agent(name, None)
    # 1 % w/v is 1 g in 100 mL, so 10 mg/mL.
    mcg_per_ml = Decimal(amount) * (10_000 if unit == "%" else 1_000)
    if mcg_per_ml != int(mcg_per_ml) or not 0 < mcg_per_ml < 1_000_000:
        raise _not_preservatives(text)
    return Agent(name, int(mcg_per_ml))


def _not_preservatives(text: str) -> NotPreservatives:
    return NotPreservatives(given=quoted(text), agents=", ".join(AGENTS))


IN_USE_DAYS = 28
"""A multi-dose vial is used for 28 days from its first puncture, unless the manufacturer says otherwise (USP <797>)."""

HOUSE = "house"
"""The labeler of what the pharmacy compounds itself."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How the product is kept."""

    temperature: Temperature
    protect_from_light: bool


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the formulary. `fill_ul` is the volume of one unit in microlitres."""

    code: str
    name: str
    labeler: str
    form: Form
    strength: Strength
    container: Container
    fill_ul: int
    preservatives: Preservatives
    storage: Storage
    routes: frozenset[Route]
    identifier_kind: str = "none"
    identifier: str = ""
    confidence: str = ""
    in_use_days: int | None = None
    """The maker's own limit of use after the first puncture; None where the maker says nothing."""

    @property
    def kept_days(self) -> int:
        """For how many days of 24 hours one unit is used once it is open; 0 where nothing of it is ever kept."""
        return (self.in_use_days or IN_USE_DAYS) if self.multi_dose else 0

    @property
    def multi_dose(self) -> bool:
        """Whether one unit may serve several injections: only a multi-dose vial that is not known to be unpreserved."""
        return self.container is Container.MULTI_DOSE_VIAL and self.preservatives.known is not Preserved.NONE

    def made_by(self, pharmacy: str) -> "Product":
        """The product as a label names its maker: what a pharmacy compounds itself carries the pharmacy's name."""
        return replace(self, labeler=pharmacy) if self.labeler == HOUSE else self

    @property
    def fill(self) -> str:
        """The fill volume as printed, such as `10 mL`."""
        return ml(self.fill_ul)


def one_of(kind: type[Choice], what: str, text: str) -> Choice:
    """The member that the text names, whatever its case; raises NotAChoice."""
    given = text.strip().lower() if len(text) <= 200 else ""
    for member in kind:
        if member.value.lower() == given:
            return member
    raise NotAChoice(what=what, given=quoted(text), choices=", ".join(kind))
