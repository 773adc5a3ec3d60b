"""Prescriptions taken in from FHIR documents: what they become, whom they find, and once only."""

import json

import pytest
from sqlalchemy import select

from dispensary.reports.verify import verify
from dispensary.rules.access import NotAllowed
from dispensary.rules.fhir.document import FhirFault
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.life import Act
from dispensary.rules.people import Role
from dispensary.rules.product import Form
from dispensary.schema.people import patient, prescriber
from dispensary.schema.prescribing import prescription
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.sites import NewSite, add_site
from dispensary.services.prescribing import prescription_act
from tests.build import a_lot, a_patient, a_prescriber, dispensed, rows, the_rx
from tests.exchange.documents import CLINIC, a_bundle, a_request, changed, dosage, quantity, taken_in
from tests.refusing import everything, nothing_written, refused
from tests.services.test_sites import at


def of(shop, **more):
    return taken_in(shop, a_bundle(a_request(**more))).imported[0]


def test_a_prescription_is_entered_for_the_patient_and_the_prescriber_who_are_there(shop):
    who, wrote = a_patient(shop), a_prescriber(shop)
    done = taken_in(shop, a_bundle(), add_people=False)
    (each,) = done.imported
    assert (done.patients, done.prescribers) == ((), ())
    assert (each.rx, each.patient, each.prescriber, each.form) == ("RX1", who, wrote, Form.CYANOCOBALAMIN)
    assert (each.directions, each.refills, str(each.written)) == ("1 mg IM weekly", 2, "2026-11-20")
    assert (each.path, each.identifier, each.product) == ("Bundle.entry[3].resource", "2026-0815", None)
    assert the_rx(shop, "RX1").quantity_units == 4
    a_lot(shop)
    assert dispensed(shop, "RX1").units == 4
    assert shop.read(verify).ok


def test_nobody_is_entered_unless_asked(shop):
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, a_bundle(), add_people=False))
    assert refusal.path == "Bundle.entry[1].resource.identifier"
    a_patient(shop)
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, a_bundle(), add_people=False))
    assert refusal.path == "Bundle.entry[2].resource"


def test_people_who_are_not_there_are_entered_once_with_their_prescriptions(shop):
    second = a_request(identifier=[{"system": "https://clinic.example/rx", "value": "2"}])
    done = taken_in(shop, a_bundle(a_request(), second))
    assert (done.patients, done.prescribers) == (("P1",), ("PR1",))
    assert [each.rx for each in done.imported] == ["RX1", "RX2"]
    entered = shop.read(lambda db: db.execute(select(patient.c.identifier, patient.c.name, patient.c.born)).one())
    assert [*map(str, entered)] == ["MRN-1", "Kari Nordmann", "1961-04-03"]
    assert shop.read(lambda db: db.execute(select(prescriber.c.name, prescriber.c.npi)).one()) == (
        "Dr. Ida Berg",
        "1234567893",
    )
    assert shop.read(verify).ok


def test_a_new_person_without_a_name_is_refused(shop):
    for number, path in ((1, "Bundle.entry[1].resource.name"), (2, "Bundle.entry[2].resource.name")):
        document = changed(lambda bundle, _, number=number: bundle["entry"][number]["resource"].pop("name"))
        assert nothing_written(shop, FhirFault, lambda document=document: taken_in(shop, document)).path == path


def test_the_same_document_again_gives_the_same_receipts_and_writes_nothing(shop):
    first = taken_in(shop, a_bundle())
    before = everything(shop)
    later = shop.at(shop.on.replace(month=12))
    again = taken_in(later, a_bundle(), add_people=False)
    assert again.imported == first.imported
    assert everything(shop) == before


def test_another_prescription_under_the_same_identifier_is_refused(shop):
    taken_in(shop, a_bundle())
    document = changed(lambda _, request: request["dispenseRequest"].update(numberOfRepeatsAllowed=1))
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, document))
    assert refusal.path == "Bundle.entry[3].resource.identifier"


def test_a_patient_of_the_same_number_and_another_birth_date_is_nobody_to_guess_about(shop):
    a_patient(shop, born="1962-04-03")
    assert nothing_written(shop, FhirFault, lambda: taken_in(shop, a_bundle())).path == (
        "Bundle.entry[1].resource.birthDate"
    )


def test_a_patient_is_found_by_any_of_the_known_numbers(shop):
    who = a_patient(shop, "MRN-7")
    numbers = [{"system": "urn:other", "value": "MRN-1"}, {"system": CLINIC, "value": "MRN-7"}]
    document = changed(lambda bundle, _: bundle["entry"][1]["resource"].update(identifier=numbers))
    assert taken_in(shop, document).imported[0].patient == who


def test_a_patient_who_was_erased_is_not_entered_again_by_the_same_document(shop):
    taken_in(shop, a_bundle())
    shop.do(prescription_act.act, prescription_act.Decided(shop.key(), "RX1", Act.CANCEL, "stopped"))
    far = shop.at(shop.on.replace(year=2040))
    far.do(erase, Erasure(shop.key(), "P1", "asked for it"), practice=shop.practice)
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, a_bundle()))
    assert refusal.path == "Bundle.entry[1].resource"


def test_a_single_prescription_may_contain_all_that_it_names(shop):
    resources = [{**each["resource"], "id": f"c{n}"} for n, each in enumerate(a_bundle()["entry"][:3])]
    document = a_request(
        contained=resources,
        medicationReference={"reference": "#c0"},
        subject={"reference": "#c1"},
        requester={"reference": "#c2"},
    )
    assert taken_in(shop, document).imported[0].path == "MedicationRequest"


def test_a_prescriber_may_be_named_by_number_alone(shop):
    wrote = a_prescriber(shop)
    npi = {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}}
    assert of(shop, requester=npi).prescriber == wrote


def test_relative_references_are_followed(shop):
    bundle = a_bundle()
    for number, name in enumerate("mpd"):
        bundle["entry"][number] = {"resource": {**bundle["entry"][number]["resource"], "id": name}}
    request = bundle["entry"][3]["resource"]
    request["medicationReference"] = {"reference": "Medication/m"}
    request["subject"] = {"reference": "Patient/p"}
    request["requester"] = {"reference": "Practitioner/d"}
    assert taken_in(shop, bundle).imported[0].rx == "RX1"


@pytest.mark.parametrize(
    ("code", "form", "product"),
    [
        (("http://www.whocc.no/atc", "B03BA01"), Form.CYANOCOBALAMIN, None),
        (("http://www.whocc.no/atc", "B03BA03"), Form.HYDROXOCOBALAMIN, None),
        (("http://www.whocc.no/atc", "B03BA05"), Form.METHYLCOBALAMIN, None),
        (("http://hl7.org/fhir/sid/ndc", "0517-0031-25"), Form.CYANOCOBALAMIN, "US-CY-ARG1"),
        (("http://hl7.org/fhir/sid/ndc", "00517003125"), Form.CYANOCOBALAMIN, "US-CY-ARG1"),
        (("https://www.gs1.org/gtin", "00305170031251"), Form.CYANOCOBALAMIN, "US-CY-ARG1"),
        (("urn:oid:1.3.160", "305170031251"), Form.CYANOCOBALAMIN, "US-CY-ARG1"),
    ],
)
def test_the_medicine_is_known_by_its_code(shop, code, form, product):
    concept = {"coding": [{"system": code[0], "code": code[1]}, {"system": "urn:house", "code": "x"}]}
    request = a_request(medicationCodeableConcept=concept)
    del request["medicationReference"]
    done = taken_in(shop, a_bundle(request)).imported[0]
    assert (done.form, done.product) == (form, product)


def test_a_number_of_two_products_says_not_which(shop):
    row = "HS-CY1,Cyanocobalamin,house,cyanocobalamin,1000,vial,1,1,none,2-8,yes,IM,NDC,0517-0031-25,,own"
    rows_of_csv = read_rows(f"{','.join(COLUMNS)}\n{row}\n".encode(), "house.csv")
    shop.do(import_products, Import(shop.key(), "house.csv", rows_of_csv))
    ndc = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "0517-0031-25"}]}
    request = a_request(medicationCodeableConcept=ndc)
    del request["medicationReference"]
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, a_bundle(request)))
    assert refusal.path == "Bundle.entry[3].resource.medicationCodeableConcept"


def test_no_other_maker_where_the_prescriber_forbids_it(shop):
    ndc = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "0517-0031-25"}]}
    request = a_request(medicationCodeableConcept=ndc, substitution={"allowedBoolean": False})
    del request["medicationReference"]
    taken_in(shop, a_bundle(request))
    assert the_rx(shop, "RX1").as_written


def test_supply_may_be_days_and_has_an_end(shop):
    supply = {
        "validityPeriod": {"start": "2026-11-20", "end": "2027-03-31T23:00:00-04:00"},
        "expectedSupplyDuration": quantity(4, "wk"),
    }
    done = of(shop, dispenseRequest=supply, authoredOn="2026-11-21T02:00:00Z", reasonCode=[{"text": "anaemia"}])
    rx = the_rx(shop, "RX1")
    assert (rx.days, rx.quantity_units, rx.indication) == (28, None, "anaemia")
    # At two in the morning in London it was still the day before here.
    assert (str(done.written), str(done.valid_until), done.refills) == ("2026-11-20", "2027-03-31", 0)


def test_words_that_no_rule_reads_are_shown_to_a_person(shop):
    instruction = {**dosage(period=1, periodUnit="wk"), "text": "Once a week, please, on the ward"}
    done = of(shop, dosageInstruction=[instruction], note=[{"text": "Allergic to parabens?"}])
    assert done.words == ("Once a week, please, on the ward", "Allergic to parabens?")
    assert done.directions == "1 mg IM weekly"


def test_a_dose_in_millilitres_is_read_in_the_strength_of_the_product(shop):
    instruction = dosage(period=1, periodUnit="mo")
    instruction["doseAndRate"] = [{"doseQuantity": quantity(0.5, "mL")}]
    assert of(shop, dosageInstruction=[instruction]).directions == "500 mcg IM monthly"


def test_an_auditor_may_not_take_in_prescriptions(shop):
    shop.do(add_user, NewUser(shop.key(), "ada", Role.AUDITOR))
    shop.user = "ada"
    nothing_written(shop, NotAllowed, lambda: taken_in(shop, a_bundle()))


def test_a_hundred_prescriptions_are_taken_in_together(shop):
    numbered = [
        a_request(identifier=[{"system": "https://clinic.example/rx", "value": str(number)}]) for number in range(100)
    ]
    done = taken_in(shop, json.dumps(a_bundle(*numbered)).encode())
    assert (len(done.imported), rows(shop, prescription)) == (100, 100)
    assert shop.read(verify).ok


def test_a_refusal_of_the_books_says_where(shop):
    refusal = refused(FhirFault, lambda: of(shop, authoredOn="2027-11-20"))
    assert refusal.path == "Bundle.entry[3].resource"


HOUSE, CLINIC_RX = ({"system": system, "value": "2026-0815"} for system in ("urn:house", "https://clinic.example/rx"))


@pytest.mark.parametrize(
    "again", [[CLINIC_RX, HOUSE], [HOUSE], [CLINIC_RX], [HOUSE, CLINIC_RX, {**HOUSE, "value": "9"}]]
)
def test_identifiers_in_another_order_are_not_another_prescription(shop, again):
    first = taken_in(shop, a_bundle(a_request(identifier=[HOUSE, CLINIC_RX])))
    if again == [CLINIC_RX]:
        # That it had another name as well nobody wrote down.
        assert of(shop, identifier=again).rx == "RX2"
        return
    assert of(shop, identifier=again).rx == first.imported[0].rx
    assert rows(shop, prescription) == 1


def test_an_identifier_of_each_of_two_prescriptions_names_none(shop):
    for one in (HOUSE, CLINIC_RX):
        of(shop, identifier=[one])
    document = a_bundle(a_request(identifier=[HOUSE, CLINIC_RX]))
    refusal = nothing_written(shop, FhirFault, lambda: taken_in(shop, document))
    assert refusal.path == "Bundle.entry[3].resource.identifier"


def test_the_same_prescriptions_in_another_order_are_the_same(shop):
    requests = [a_request(identifier=[{**CLINIC_RX, "value": str(number)}]) for number in range(3)]
    first = taken_in(shop, a_bundle(*requests)).imported
    before = everything(shop)
    again = taken_in(shop, a_bundle(*reversed(requests))).imported
    assert sorted(each.rx for each in again) == [each.rx for each in first]
    assert everything(shop) == before


def test_a_number_that_is_no_longer_used_finds_nobody(shop):
    who = a_patient(shop, "MRN-7")
    a_patient(shop, "MRN-1")
    numbers = [{"use": "old", "system": CLINIC, "value": "MRN-1"}, {"system": CLINIC, "value": "MRN-7"}]
    document = changed(lambda bundle, _: bundle["entry"][1]["resource"].update(identifier=numbers))
    assert taken_in(shop, document).imported[0].patient == who


def test_nobody_is_entered_under_a_name_that_is_no_longer_used(shop):
    names = [{"use": "maiden", "text": "Kari Hansen"}, {"text": "Kari Nordmann"}]
    taken_in(shop, changed(lambda bundle, _: bundle["entry"][1]["resource"].update(name=names)))
    assert shop.read(lambda db: db.execute(select(patient.c.name)).scalar_one()) == "Kari Nordmann"


@pytest.mark.parametrize(
    ("name", "noted"),
    [
        ({"text": "Nordmann, Kari"}, False),
        ({"family": "NORDMANN", "given": ["Kari", "Marie"]}, False),
        ({"text": "Ola Nordmann"}, True),
    ],
)
def test_another_name_under_the_same_number_is_for_a_person_to_see(shop, name, noted):
    a_patient(shop)
    done = taken_in(shop, changed(lambda bundle, _: bundle["entry"][1]["resource"].update(name=[name])))
    said = "P1 has another name here than in the document: see that it is one person."
    assert (said in done.imported[0].notes) is noted


def test_the_same_patient_of_another_site_is_nobody_here(shop):
    taken_in(shop, a_bundle())
    shop.do(add_site, NewSite(shop.key(), "West"), origin="west-origin")
    west = at(shop, "West")
    nothing_written(west, FhirFault, lambda: taken_in(west, a_bundle(), add_people=False))
    done = taken_in(west, a_bundle())
    assert (done.patients, done.imported[0].rx) == (("P1",), "RX1")
    assert rows(shop, prescription) == 2


def test_a_bundle_may_have_several_patients(shop):
    bundle = a_bundle()
    other = {
        "resourceType": "Patient",
        "identifier": [{"system": CLINIC, "value": "MRN-2"}],
        "name": [{"text": "Ola Nordmann"}],
        "birthDate": "1990-01-02",
    }
    second = a_request(identifier=[{**CLINIC_RX, "value": "2"}], subject={"reference": "https://a.example/Patient/2"})
    bundle["entry"] += [{"fullUrl": "https://a.example/Patient/2", "resource": other}, {"resource": second}]
    assert [each.patient for each in taken_in(shop, bundle).imported] == ["P1", "P2"]
