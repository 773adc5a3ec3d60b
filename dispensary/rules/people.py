"""Who acts, and what a pharmacist must know of a patient."""

from dataclasses import dataclass
from enum import StrEnum

from dispensary.rules.product import Sensitivity


class Role(StrEnum):
    """What a user may be: a person, or one of the scripts that run alone."""

    TECHNICIAN = "technician"
    PHARMACIST = "pharmacist"
    AUDITOR = "auditor"
    MANAGER = "manager"
    REPORTER = "reporter"
    EXPORTER = "exporter"
    KEEPER = "keeper"

    @property
    def is_script(self) -> bool:
        """Whether it is for what nobody sits at: the night's report, the audit's export, the backup."""
        return self in (Role.REPORTER, Role.EXPORTER, Role.KEEPER)


class Condition(StrEnum):
    """Conditions that matter to B12 injections."""

    LEBER = "leber"
    KIDNEY_FAILURE = "kidney-failure"
    LIVER_DISEASE = "liver-disease"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    PREMATURITY = "prematurity"


class Language(StrEnum):
    """Languages that labels are printed in."""

    ENGLISH = "en"
    BOKMAAL = "nb"


class Country(StrEnum):
    """Countries whose label and prescription rules are known."""

    US = "us"
    NORWAY = "no"


@dataclass(frozen=True, slots=True)
class Person:
    """The acting person: a user of one site."""

    user_id: int
    name: str
    role: Role
    site_id: int
    confirmed: frozenset[int] | None = None
    """The users, by id, whose PIN was typed for this command; None in a pharmacy where nobody has a PIN."""


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """The settings of a pharmacy that rules and labels need."""

    name: str
    address: str
    phone: str
    country: Country
    timezone: str
    language: Language


@dataclass(frozen=True, slots=True)
class History:
    """What is recorded of a patient that bears on a dispense."""

    sensitivities: frozenset[Sensitivity]
    conditions: frozenset[Condition]
    medicines: frozenset[str] = frozenset()
    """The other medicines that are known, as their names were typed."""
