"""Who a prescription is for and who wrote it, as FHIR R4 names patients and practitioners."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from dispensary.errors import Refused
from dispensary.rules.dates import parse_born
from dispensary.rules.fhir import elements
from dispensary.rules.fhir.codes import HPR, NATIONAL, NPI
from dispensary.rules.fhir.document import Node
from dispensary.rules.fhir.source import Named, identifiers
from dispensary.rules.fhir.values import refused_at
from dispensary.rules.identifiers import parse_hpr, parse_npi, patient_identifier, require_born
from dispensary.rules.people import Country
from dispensary.rules.text import MOST_NAME

_NO_LONGER = ("old", "maiden", "anonymous")
"""Uses of names (http://hl7.org/fhir/name-use) under which nobody is entered."""


@dataclass(frozen=True, slots=True)
class PatientRead:
    """A patient: identifiers by which to find one, the birth date that must agree, the name for a new record."""

    at: Node
    identifiers: tuple[str, ...]
    name: str | None
    born: date


@dataclass(frozen=True, slots=True)
class PrescriberRead:
    """A prescriber: exactly one of NPI and HPR number, and the name for a new record, where it is told."""

    at: Node
    npi: str | None
    hpr: str | None
    name: str | None

    @property
    def number(self) -> str:
        """The number by which to find the prescriber."""
        return self.npi or self.hpr or ""


def read_patient(node: Node, own: Collection[str], country: Country, today: date) -> PatientRead:
    """The patient; identifiers count that are national or of the systems in `own`. Raises FhirFault."""
    node.require(elements.PATIENT)
    _require_there(node)
    dead = node.maybe("deceasedBoolean")
    if dead is not None and dead.boolean():
        raise dead.fault("is true: the patient has died")
    systems = NATIONAL | frozenset(own)
    known = [each for each in identifiers(node) if each.system in systems]
    if not known:
        raise Node(None, f"{node.path}.identifier").fault(
            "has none of a system that is known here",
            "name the system of this pharmacy's own numbers with --patients-of",
        )
    born_at = node.need("birthDate")
    with refused_at(born_at):
        born = parse_born(born_at.day().isoformat(), today)
    numbers = []
    for each in known:
        with refused_at(each.at.need("value")):
            number = patient_identifier(each.value, country)
            require_born(number, country, born)
        numbers.append(number)
    return PatientRead(node, tuple(numbers), _name(node), born)


def read_prescriber(found: Node | Named) -> PrescriberRead:
    """The prescriber, as a resource or by number alone; raises FhirFault."""
    if isinstance(found, Named):
        return _prescriber(found.at, (found,), None)
    found.require(elements.PRACTITIONER)
    _require_there(found)
    return _prescriber(found, identifiers(found), _name(found))


def _prescriber(node: Node, given: Collection[Named], name: str | None) -> PrescriberRead:
    for system, read in ((NPI, parse_npi), (HPR, parse_hpr)):
        found = [each for each in given if each.system == system]
        if len(found) > 1:
            raise found[1].at.fault("is a second number of the same register")
        if found:
            try:
                number = read(found[0].value)
            except Refused as refusal:
                raise found[0].at.need("value").fault(f"cannot be taken ({str(refusal).removesuffix('.')})") from None
            return PrescriberRead(node, number if system == NPI else None, number if system == HPR else None, name)
    raise node.fault("has neither an NPI nor an HPR number")


def _require_there(node: Node) -> None:
    active = node.maybe("active")
    if active is not None and not active.boolean():
        raise active.fault("is false: the record is no longer used where it was written")


def _name(node: Node) -> str | None:
    """The official name, or else the usual one, or the first that is still used."""
    names = node.each("name")
    for each in names:
        each.require(elements.NAME)
    names = [each for each in names if (use := each.maybe("use")) is None or use.string() not in _NO_LONGER]
    for wanted in ("official", "usual", None):
        for each in names:
            given = each.maybe("use")
            if wanted is None or (given is not None and given.string() == wanted):
                return _whole(each)
    return None


def _whole(name: Node) -> str:
    text = name.maybe("text")
    if text is not None:
        return text.text(MOST_NAME)
    parts = [each.text(MOST_NAME) for each in name.each("given")]
    family = name.maybe("family")
    if family is not None:
        parts.append(family.text(MOST_NAME))
    if not parts or len(" ".join(parts)) > MOST_NAME:
        raise name.fault(f"has no name of 1 to {MOST_NAME} characters")
    return " ".join(parts)
