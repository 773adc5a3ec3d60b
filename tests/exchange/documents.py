"""FHIR documents of a prescriber's system, and what is broken in them."""

import copy
import json
from collections.abc import Callable
from typing import Any

from dispensary.rules.fhir.document import read_document
from dispensary.rules.fhir.request import Reader, Requested
from dispensary.rules.people import Country, Language
from dispensary.services.exchange.take_in import Imported, Incoming, take_in
from tests.build import NOW, Shop

CLINIC = "urn:oid:2.16.840.1.113883.19.5"
"""Whose patient numbers the pharmacy has as its own."""

OURS = "urn:uuid:0e0e0e0e-0000-8000-8000-000000000000"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
REQUEST = "urn:uuid:6f2d4c1e-0000-4000-8000-000000000004"


def quantity(value: Any, code: str) -> dict[str, Any]:
    return {"value": value, "unit": code, "system": UCUM, "code": code}


def dosage(**repeat: Any) -> dict[str, Any]:
    """1 mg IM, at the interval given."""
    return {
        "timing": {"repeat": repeat},
        "route": {"coding": [{"system": SNOMED, "code": "78421000"}]},
        "doseAndRate": [{"doseQuantity": quantity(1, "mg")}],
    }


WEEKLY = dosage(frequency=1, period=1, periodUnit="wk")


def a_request(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "identifier": [{"system": "https://clinic.example/rx", "value": "2026-0815"}],
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "urn:uuid:6f2d4c1e-0000-4000-8000-000000000001"},
        "subject": {"reference": "urn:uuid:6f2d4c1e-0000-4000-8000-000000000002"},
        "authoredOn": "2026-11-20",
        "requester": {"reference": "urn:uuid:6f2d4c1e-0000-4000-8000-000000000003"},
        "dosageInstruction": [copy.deepcopy(WEEKLY)],
        "dispenseRequest": {"numberOfRepeatsAllowed": 2, "quantity": quantity(4, "{vial}")},
        **more,
    }


def a_bundle(*requests: dict[str, Any]) -> dict[str, Any]:
    """Entries 0 to 2 are the medication, the patient and the prescriber; the prescriptions follow."""
    resources = [
        {
            "resourceType": "Medication",
            "code": {"coding": [{"system": "http://www.whocc.no/atc", "code": "B03BA01"}]},
        },
        {
            "resourceType": "Patient",
            "identifier": [{"system": CLINIC, "value": "MRN-1"}],
            "name": [{"use": "official", "family": "Nordmann", "given": ["Kari"]}],
            "birthDate": "1961-04-03",
        },
        {
            "resourceType": "Practitioner",
            "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}],
            "name": [{"text": "Dr. Ida Berg"}],
        },
        *(requests or (a_request(),)),
    ]
    names = (f"urn:uuid:6f2d4c1e-0000-4000-8000-{number:012}" for number in range(1, 1000))
    entries = [{"fullUrl": name, "resource": each} for name, each in zip(names, resources, strict=False)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def with_national_numbers() -> dict[str, Any]:
    """A good bundle whose patient is named by a number that every pharmacy knows."""
    bundle = a_bundle()
    bundle["entry"][1]["resource"]["identifier"] = [
        {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "000-12-3456"}
    ]
    bundle["entry"][2]["resource"]["identifier"][0]["value"] = "1245319599"
    return bundle


def changed(change: Callable[[dict[str, Any], dict[str, Any]], Any]) -> dict[str, Any]:
    """A good bundle after a change, which is given the bundle and its prescription."""
    bundle = a_bundle()
    change(bundle, bundle["entry"][3]["resource"])
    return bundle


def read(document: dict[str, Any] | bytes, country: Country = Country.US) -> tuple[Requested, ...]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    reader = Reader((CLINIC,), OURS, country, NOW.date(), NOW.tzinfo)
    return reader.read(read_document(data, "rx.json"))


def taken_in(shop: Shop, document: dict[str, Any] | bytes, *, add_people: bool = True) -> Imported:
    order = Incoming(read(document), add_people, Language.ENGLISH)
    return shop.do(take_in, order, practice=shop.practice, audit_key=lambda: b"f" * 32)
