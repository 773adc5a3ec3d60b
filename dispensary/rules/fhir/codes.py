"""Code systems and their codes, as they are read and as they are written."""

import hashlib

from dispensary.rules.directions import Site, TimeOfDay, Unit
from dispensary.rules.product import Form, Route

ATC = "http://www.whocc.no/atc"
GTIN = "https://www.gs1.org/gtin"
GTIN_OID = "urn:oid:1.3.160"
NDC = "http://hl7.org/fhir/sid/ndc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
NPI = "http://hl7.org/fhir/sid/us-npi"
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
NATIONAL = frozenset(
    {"urn:oid:2.16.578.1.12.4.1.4.1", "urn:oid:2.16.578.1.12.4.1.4.2", "http://hl7.org/fhir/sid/us-ssn"}
)
"""Systems of numbers that name a person in a whole country: fødselsnummer, D-number, SSN."""

ATC_OF = {Form.CYANOCOBALAMIN: "B03BA01", Form.HYDROXOCOBALAMIN: "B03BA03", Form.METHYLCOBALAMIN: "B03BA05"}
"""WHO Collaborating Centre for Drug Statistics Methodology, group B03BA."""

ROUTE_CODES = {Route.IM: "78421000", Route.SUBCUT: "34206005"}
ROUTE_NAMES = {Route.IM: "Intramuscular route", Route.SUBCUT: "Subcutaneous route"}
SITE_CODES = {
    Site.THIGH: "68367000",
    Site.UPPER_ARM: "40983000",
    Site.BUTTOCK: "46862004",
    Site.ABDOMEN: "113345001",
}
WHEN_CODES = {TimeOfDay.MORNING: "MORN", TimeOfDay.EVENING: "EVE"}
"""http://hl7.org/fhir/event-timing."""

UNIT_CODES = {Unit.DAY: "d", Unit.WEEK: "wk", Unit.MONTH: "mo", Unit.YEAR: "a"}
"""UCUM's, as Timing.repeat.periodUnit wants them."""

UNITS_OF_STOCK = ("1", "{vial}", "{ampule}", "{ampoule}", "{unit}")
"""Ways in which UCUM counts vials; a volume is another number for each vial size."""


def uuid_of(*names: str) -> str:
    """A UUID of version 8 (RFC 9562) made of the names alone: the same for the same, another for others."""
    told = "".join(f"{len(name)}:{name}" for name in ("dispensary", *names))
    digest = bytearray(hashlib.sha256(told.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def system_of(origin: str, kind: str) -> str:
    """The system of a site's own numbers of one kind, such as prescriptions; `origin` is the site's random name."""
    return uuid_of(origin, "numbers", kind)
