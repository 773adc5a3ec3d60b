"""Who acts, and what a pharmacist must know of a patient."""

import re
from dataclasses import dataclass
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.identifiers import parse_fodselsnummer
from dispensary.rules.product import Sensitivity
from dispensary.rules.text import clean_text


class Role(StrEnum):
    """What a user may be."""

    TECHNICIAN = "technician"
    PHARMACIST = "pharmacist"
    AUDITOR = "auditor"
    MANAGER = "manager"


class Condition(StrEnum):
    """Conditions that matter to B12 injections."""

    LEBER = "leber"
    KIDNEY_FAILURE = "kidney-failure"
    PREGNANCY = "pregnancy"


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


class OurOwnNumber(Refused):
    """An identifier that looks like one of our own numbers."""

    sentence = "{given} looks like a number of this program: give the patient another identifier, such as MRN-{given}."
    given: str


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
