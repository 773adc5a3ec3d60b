"""Documents that are broken, or say what cannot be kept: refused with the path of the fault, and nothing is written."""

import json
import time

import pytest

from dispensary.rules.fhir.document import MOST_BYTES, FhirFault, NotAFhirFile
from dispensary.rules.people import Country
from tests.build import a_patient, a_prescriber
from tests.exchange.documents import SNOMED, a_bundle, a_request, changed, dosage, quantity, read, taken_in
from tests.refusing import everything, refused

RX = "Bundle.entry[3].resource"
DOSE = f"{RX}.dosageInstruction[0]"
REPEAT = f"{DOSE}.timing.repeat"
SUPPLY = f"{RX}.dispenseRequest"


def at(path, value, gone=False):
    """The change that puts the value there; the path is within the bundle."""

    def change(bundle, _):
        *way, last = path
        held = bundle
        for step in way:
            held = held[step]
        if gone:
            del held[last]
        else:
            held[last] = value

    return change


def rx(*path, value=None, gone=False):
    return at(("entry", 3, "resource", *path), value, gone)


def dose(*path, value=None, gone=False):
    return rx("dosageInstruction", 0, *path, value=value, gone=gone)


def repeat(**given):
    def change(bundle, request):
        request["dosageInstruction"][0]["timing"]["repeat"].update(given)

    return change


def two(first, second):
    def change(bundle, request):
        request["dosageInstruction"] = [first, second]

    return change


def patient(name, value=None, gone=False):
    return at(("entry", 1, "resource", name), value, gone)


def prescriber(name, value=None, gone=False):
    return at(("entry", 2, "resource", name), value, gone)


def codes(*found):
    return at(("entry", 0, "resource", "code"), {"coding": [{"system": s, "code": c} for s, c in found]})


ATC, NDC, GTIN = "http://www.whocc.no/atc", "http://hl7.org/fhir/sid/ndc", "https://www.gs1.org/gtin"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


SSN = "http://hl7.org/fhir/sid/us-ssn"
LOGICAL = {"identifier": {"system": "s", "value": "1"}}
BARE = {"value": 1, "unit": "mg"}
DAILY = dosage(frequency=1, period=1, periodUnit="d")

FAULTS = [
    ("Bundle.type", at(("type",), "history")),
    ("Bundle.entry", at(("entry",), None, gone=True)),
    ("Bundle.entry[3].resource", at(("entry", 3, "resource"), None, gone=True)),
    ("Bundle.entry[3].fullUrl", at(("entry", 3, "fullUrl"), "urn:uuid:6f2d4c1e-0000-4000-8000-000000000001")),
    ("Bundle.entry[1].resource.resourceType", patient("resourceType", "AllergyIntolerance")),
    ("Bundle.entry[3].response", at(("entry", 3, "response"), {"status": "200"})),
    ("Bundle.entry[3].request.method", at(("entry", 3, "request"), {"method": "DELETE", "url": "MedicationRequest/1"})),
    ("Bundle.entry[0].request.method", at(("entry", 0, "request"), {"url": "Medication/1"})),
    ("Bundle.modifierExtension", at(("modifierExtension",), [{"url": "u", "valueBoolean": True}])),
    ("Bundle.entry[1].resource.modifierExtension", patient("modifierExtension", [{"url": "u"}])),
    ("Bundle.entry[2].resource.modifierExtension", prescriber("modifierExtension", [{"url": "u"}])),
    (f"{DOSE}.modifierExtension", dose("modifierExtension", value=[{"url": "u"}])),
    (f"{DOSE}.timing.modifierExtension", dose("timing", "modifierExtension", value=[{"url": "u"}])),
    (f"{SUPPLY}.modifierExtension", rx("dispenseRequest", "modifierExtension", value=[{"url": "u"}])),
    (f"{RX}._modifierExtension", rx("_modifierExtension", value=[{"url": "u"}])),
    (f"{RX}.intent", rx("intent", value="proposal")),
    (f"{RX}.colour", rx("colour", value="red")),
    (f"{RX}.modifierExtension", rx("modifierExtension", value=[{"url": "u", "valueBoolean": True}])),
    (f"{RX}.implicitRules", rx("implicitRules", value="https://clinic.example/rules")),
    (f"{RX}.status", rx("status", value="on-hold")),
    (f"{RX}.status", rx("status", value=1)),
    (f"{RX}.intent", rx("intent", value="plan")),
    (f"{RX}.doNotPerform", rx("doNotPerform", value=True)),
    (f"{RX}.reportedBoolean", rx("reportedBoolean", value="no")),
    (f"{RX}.priorPrescription", rx("priorPrescription", value={"display": "the old one"})),
    (f"{RX}.identifier", rx("identifier", gone=True)),
    (f"{RX}.authoredOn", rx("authoredOn", gone=True)),
    (f"{RX}.authoredOn", rx("authoredOn", value="2026-11")),
    (f"{RX}.authoredOn", rx("authoredOn", value="2026-02-30T10:00:00Z")),
    (f"{RX}.subject.reference", rx("subject", "reference", value="Patient/9")),
    (f"{RX}.subject.reference", rx("subject", "reference", value="urn:uuid:6f2d4c1e-0000-4000-8000-000000000003")),
    (f"{RX}.subject", rx("subject", value={"display": "Kari"})),
    (f"{RX}.subject.identifier", rx("subject", value={"identifier": {"system": "urn:x", "value": "1"}})),
    (f"{RX}.requester", rx("requester", gone=True)),
    (f"{RX}.medication", rx("medicationReference", gone=True)),
    (f"{RX}.medicationReference.identifier", rx("medicationReference", value=LOGICAL)),
    (f"{RX}.reasonCode[0].text", rx("reasonCode", value=[{"text": "anaemia\nand more"}])),
    (f"{RX}.reasonCode[1]", rx("reasonCode", value=[{"text": "anaemia"}, {"text": "fatigue"}])),
    (f"{RX}.substitution.allowedCodeableConcept", rx("substitution", value={"allowedCodeableConcept": {"text": "no"}})),
    (f"{RX}.note[0].text", rx("note", value=[{"time": "2026-11-20"}])),
    ("Bundle.entry[0].resource.code", codes((RXNORM, "309594"))),
    ("Bundle.entry[0].resource.code", codes(("urn:house", "B12"))),
    ("Bundle.entry[0].resource.code.coding[0].code", codes((ATC, "B03BB01"))),
    ("Bundle.entry[0].resource.code.coding[1].code", codes((ATC, "B03BA01"), (ATC, "B03BA03"))),
    ("Bundle.entry[0].resource.code.coding[0].code", codes((GTIN, "00305170031250"))),
    ("Bundle.entry[0].resource.code.coding[0].code", codes((NDC, "0517003125"))),
    ("Bundle.entry[0].resource.form", at(("entry", 0, "resource", "form"), {"text": "tablet"})),
    ("Bundle.entry[0].resource.status", at(("entry", 0, "resource", "status"), "inactive")),
    (f"{RX}.dosageInstruction", rx("dosageInstruction", gone=True)),
    (f"{RX}.dosageInstruction[6]", rx("dosageInstruction", value=[{**DAILY, "sequence": n} for n in range(1, 8)])),
    (f"{RX}.dosageInstruction[0].sequence", two(DAILY, {**DAILY, "sequence": 2})),
    (f"{RX}.dosageInstruction[1].sequence", two({**DAILY, "sequence": 1}, {**DAILY, "sequence": 1})),
    (f"{DOSE}.asNeededCodeableConcept", dose("asNeededCodeableConcept", value={"text": "when tired"})),
    (f"{DOSE}.additionalInstruction", dose("additionalInstruction", value=[{"text": "warm it"}])),
    (f"{DOSE}.maxDosePerPeriod", dose("maxDosePerPeriod", value={"numerator": quantity(1, "mg")})),
    (f"{DOSE}.site", rx("dosageInstruction", value=[{"text": "1 mg IM weekly", "site": {"text": "thigh"}}])),
    (f"{DOSE}.route", dose("route", gone=True)),
    (f"{DOSE}.route", dose("route", value={"text": "by mouth"})),
    (f"{DOSE}.route.coding[0].code", dose("route", "coding", 0, "code", value="26643006")),
    (f"{DOSE}.site.coding[0].code", dose("site", value={"coding": [{"system": SNOMED, "code": "1"}]})),
    (f"{DOSE}.timing", dose("timing", gone=True)),
    (f"{DOSE}.timing.event", dose("timing", "event", value=["2026-12-01"])),
    (f"{DOSE}.timing.code.coding[0].code", dose("timing", "code", value={"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "BID"}]})),
    (f"{DOSE}.timing.code", dose("timing", "code", value={"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "MO"}]})),
    (f"{DOSE}.timing.repeat", dose("timing", "repeat", value={"when": ["MORN"]})),
    (f"{REPEAT}.period", repeat(period=0)),
    (f"{REPEAT}.period", repeat(period=1.5)),
    (f"{REPEAT}.period", repeat(period="1")),
    (f"{REPEAT}.period", dose("timing", "repeat", "period", gone=True)),
    (f"{REPEAT}.periodUnit", repeat(periodUnit="h")),
    (f"{REPEAT}.periodMax", repeat(period=3, periodMax=2)),
    (f"{REPEAT}.frequency", repeat(frequency=8)),
    (f"{REPEAT}.frequency", repeat(frequency=2, period=2)),
    (f"{REPEAT}.frequencyMax", repeat(frequencyMax=2)),
    (f"{REPEAT}.dayOfWeek", repeat(dayOfWeek=["mon"])),
    (f"{REPEAT}.timeOfDay", repeat(timeOfDay=["08:00:00"])),
    (f"{REPEAT}.when[0]", repeat(when=["AC"])),
    (f"{REPEAT}.when[1]", repeat(when=["MORN", "EVE"])),
    (f"{REPEAT}.count", repeat(count=-1)),
    (f"{REPEAT}.countMax", repeat(countMax=3)),
    (f"{REPEAT}.boundsDuration", repeat(count=2, boundsDuration=quantity(2, "wk"))),
    (f"{REPEAT}.boundsDuration.code", repeat(boundsDuration=quantity(2, "h"))),
    (f"{REPEAT}.boundsRange.low", repeat(boundsRange={"low": quantity(2, "d"), "high": quantity(2, "wk")})),
    (f"{REPEAT}.boundsPeriod.start", repeat(boundsPeriod={"start": "2026-12-01"})),
    (f"{DOSE}.doseAndRate[1]", dose("doseAndRate", value=[{"doseQuantity": quantity(1, "mg")}] * 2)),
    (f"{DOSE}.doseAndRate[0].doseRange", dose("doseAndRate", value=[{"doseRange": {"low": quantity(1, "mg")}}])),
    (f"{DOSE}.doseAndRate[0].doseQuantity.value", dose("doseAndRate", 0, "doseQuantity", "value", value=-1)),
    (f"{DOSE}.doseAndRate[0].doseQuantity.value", dose("doseAndRate", 0, "doseQuantity", "value", value=0.0001)),
    (f"{DOSE}.doseAndRate[0].doseQuantity.value", dose("doseAndRate", 0, "doseQuantity", value=quantity(2000, "mL"))),
    (f"{DOSE}.doseAndRate[0].doseQuantity.code", dose("doseAndRate", 0, "doseQuantity", value=quantity(1, "g"))),
    (f"{DOSE}.doseAndRate[0].doseQuantity.system", dose("doseAndRate", 0, "doseQuantity", value=BARE)),
    (f"{DOSE}.doseAndRate[0].doseQuantity.unit", dose("doseAndRate", 0, "doseQuantity", "unit", value="mcg")),
    (f"{DOSE}.doseAndRate[0].doseQuantity.unit", dose("doseAndRate", 0, "doseQuantity", "unit", value="\u00b5g")),
    (f"{SUPPLY}.quantity.unit", rx("dispenseRequest", "quantity", "unit", value="mL")),
    (f"{REPEAT}.boundsDuration.unit", repeat(boundsDuration={**quantity(2, "wk"), "unit": "months"})),
    (f"{DOSE}.doseAndRate[0].doseQuantity.comparator", dose("doseAndRate", 0, "doseQuantity", "comparator", value="<")),
    (f"{SUPPLY}.numberOfRepeatsAllowed", rx("dispenseRequest", "numberOfRepeatsAllowed", value=100)),
    (f"{SUPPLY}.quantity", rx("dispenseRequest", "quantity", gone=True)),
    (f"{SUPPLY}.quantity", rx("dispenseRequest", "expectedSupplyDuration", value=quantity(28, "d"))),
    (f"{SUPPLY}.quantity.code", rx("dispenseRequest", "quantity", value=quantity(4, "mL"))),
    (f"{SUPPLY}.quantity.unit", rx("dispenseRequest", "quantity", value={"value": 4, "unit": "boxes"})),
    (f"{SUPPLY}.quantity.value", rx("dispenseRequest", "quantity", "value", value=1001)),
    (f"{SUPPLY}.initialFill", rx("dispenseRequest", "initialFill", value={"quantity": quantity(1, "{vial}")})),
    (f"{SUPPLY}.validityPeriod.start", rx("dispenseRequest", "validityPeriod", value={"start": "2026-12-24"})),
    (f"{SUPPLY}.validityPeriod.end", rx("dispenseRequest", "validityPeriod", value={"end": "soon"})),
    ("Bundle.entry[1].resource.identifier", patient("identifier", [{"system": "urn:other", "value": "1"}])),
    ("Bundle.entry[1].resource.identifier[0].value", patient("identifier", [
        {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "P12"}])),
    ("Bundle.entry[1].resource.birthDate", patient("birthDate", gone=True)),
    ("Bundle.entry[1].resource.birthDate", patient("birthDate", "1961")),
    ("Bundle.entry[1].resource.birthDate", patient("birthDate", "2027-01-01")),
    ("Bundle.entry[1].resource.active", patient("active", False)),
    ("Bundle.entry[1].resource.deceasedBoolean", patient("deceasedBoolean", True)),
    ("Bundle.entry[1].resource.link", patient("link", [{"type": "replaced-by"}])),
    ("Bundle.entry[1].resource.name[0].family", patient("name", [{"family": "Nord\u202emann"}])),
    ("Bundle.entry[2].resource", prescriber("identifier", [{"system": "urn:other", "value": "1"}])),
    ("Bundle.entry[2].resource.identifier[0].value", prescriber("identifier", [
        {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567890"}])),
    ("Bundle.entry[2].resource.active", prescriber("active", False)),
]  # fmt: skip

IN_THE_BOOKS = [
    (f"{DOSE}.text", rx("dosageInstruction", value=[{"text": "as discussed"}])),
    (f"{DOSE}.text", dose("text", value="2 mg IM weekly")),
    (f"{RX}.dosageInstruction[1]", two({**DAILY, "sequence": 1}, {**DAILY, "sequence": 2})),
    (f"{RX}", rx("authoredOn", value="2026-11-22")),
    (f"{RX}", rx("dispenseRequest", "validityPeriod", value={"end": "2030-01-01"})),
    (f"{RX}", dose("doseAndRate", 0, "doseQuantity", value=quantity(1000, "mg"))),
    (f"{RX}.substitution.allowedBoolean", rx("substitution", value={"allowedBoolean": False})),
    ("Bundle.entry[0].resource.code.coding[0].code", codes((NDC, "0001-0001-01"))),
    ("Bundle.entry[0].resource.code.coding[1].code", codes((ATC, "B03BA03"), (NDC, "0517-0031-25"))),
    ("Bundle.entry[0].resource.code.coding[1].code", codes((GTIN, "00305170031251"), (NDC, "63323-044-44"))),
    ("Bundle.entry[1].resource.birthDate", patient("birthDate", "1961-04-04")),
    ("Bundle.entry[1].resource.identifier", patient("identifier", [
        {"system": SSN, "value": "MRN-1"}, {"system": SSN, "value": "MRN-2"}])),
]  # fmt: skip


@pytest.mark.parametrize(("path", "change"), FAULTS, ids=[f"{n}-{path}" for n, (path, _) in enumerate(FAULTS)])
def test_a_fault_is_refused_with_its_path(path, change):
    assert refused(FhirFault, lambda: read(changed(change))).path == path


def test_nothing_is_written_of_a_document_with_a_fault(shop):
    a_patient(shop)
    a_patient(shop, "MRN-2")
    a_prescriber(shop)
    before = everything(shop)
    for path, change in (*FAULTS, *IN_THE_BOOKS):
        document = changed(change)
        assert refused(FhirFault, lambda document=document: taken_in(shop, document)).path == path
    assert everything(shop) == before


def test_a_fault_in_the_last_prescription_leaves_the_first_unwritten(shop):
    before = everything(shop)
    second = a_request(identifier=[{"system": "https://clinic.example/rx", "value": "2"}], authoredOn="2026-11-22")
    document = a_bundle(a_request(), second)
    refusal = refused(FhirFault, lambda: taken_in(shop, document))
    assert refusal.path == "Bundle.entry[4].resource"
    assert everything(shop) == before


def test_the_same_identifier_twice_in_a_document_is_refused():
    refusal = refused(FhirFault, lambda: read(a_bundle(a_request(), a_request())))
    assert refusal.path == "Bundle.entry[4].resource.identifier"


def test_a_prescription_of_this_pharmacy_is_not_taken_in_as_a_new_one():
    own = {"system": "urn:uuid:0e0e0e0e-0000-8000-8000-000000000000", "value": "RX1"}
    refusal = refused(FhirFault, lambda: read(changed(rx("identifier", value=[own]))))
    assert refusal.path == f"{RX}.identifier[0]"


def test_another_resource_alone_is_refused():
    document = {"resourceType": "Patient", "identifier": [{"value": "1"}]}
    assert refused(FhirFault, lambda: read(document)).path == "Patient.resourceType"


def test_a_national_number_that_is_of_another_birth_date_is_refused_where_it_stands():
    fnr = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "17054026641"}
    document = changed(patient("identifier", [fnr]))
    refusal = refused(FhirFault, lambda: read(document, Country.NORWAY))
    assert refusal.path == "Bundle.entry[1].resource.identifier[0].value"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"resourceType": "MedicationRequest", "status": "active", "status": "draft"}', "MedicationRequest.status"),
        ('{"resourceType": "MedicationRequest", "note": [{"x": 1, "x": 2}]}', "MedicationRequest.note[0].x"),
        ('{"resourceType": "MedicationRequest", "note": []}', "MedicationRequest.note"),
        ('{"resourceType": "MedicationRequest", "note": [{}]}', "MedicationRequest.note[0]"),
        ('{"resourceType": "MedicationRequest", "status": null}', "MedicationRequest.status"),
        ('{"resourceType": "MedicationRequest", "status": ""}', "MedicationRequest.status"),
        ('{"resourceType": "MedicationRequest", "status": "\\ud800"}', "MedicationRequest.status"),
        ('{"resourceType": "MedicationRequest", "a b": 1}', "MedicationRequest.'a b'"),
        ('{"resourceType": "MedicationRequest", "status": ["active"]}', "MedicationRequest.status"),
        (json.dumps(a_request(identifier={"value": "1"})), "MedicationRequest.identifier"),
    ],
)  # fmt: skip
def test_what_json_of_fhir_may_not_hold_is_refused_with_its_path(text, path):
    assert refused(FhirFault, lambda: read(text.encode())).path == path


NO_FILES = {
    "empty": b"",
    "not UTF-8": b'{"resourceType": "Bundle\xff"}',
    "UTF-16": '{"resourceType": "Bundle"}'.encode("utf-16"),
    "cut": json.dumps(a_bundle()).encode()[:-30],
    "a list": b"[]",
    "a number": b"1" * 10_000,
    "no resource": b'{"status": "active"}',
    "NaN": b'{"resourceType": "Bundle", "total": NaN}',
    "an exponent": b'{"resourceType": "Bundle", "total": 1e99999999999999999999}',
    "deep": b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "too deep": b'{"resourceType": "Bundle", "entry": ' + b"[" * 50 + b"1" + b"]" * 50 + b"}",
    "10 MB": b'{"resourceType": "Bundle", "id": "' + b"x" * 10_000_000 + b'"}',
    "10 MB of brackets": b"[" * 10_000_000,
    "XML": b'<Bundle xmlns="http://hl7.org/fhir"/>',
}


@pytest.mark.parametrize("data", NO_FILES.values(), ids=NO_FILES)
def test_a_file_that_is_none_is_refused_in_one_sentence_and_at_once(data):
    began = time.process_time()
    refused(NotAFhirFile, lambda: read(data))
    assert time.process_time() - began < 1


def test_a_document_of_nearly_the_most_bytes_is_refused_at_once():
    part = b'{"resource": {"resourceType": "Patient"}},'
    data = b'{"resourceType": "Bundle", "entry": [' + part * (MOST_BYTES // len(part) - 10) + b'{"a": 1}]}'
    began = time.process_time()
    refused(FhirFault, lambda: read(data))
    assert time.process_time() - began < 3


def test_a_number_of_many_digits_is_refused_where_it_stands():
    text = json.dumps(a_bundle()).replace('"value": 4', f'"value": {"9" * 100_000}')
    assert refused(FhirFault, lambda: read(text.encode())).path == f"{SUPPLY}.quantity.value"
