"""What is told of fills, prescriptions and stock: accepted by models of FHIR that are not ours."""

import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from fhir.resources.bundle import Bundle as R5Bundle
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from dispensary import lookup
from dispensary.exports.fhir.bundle import As, fill_resources, write
from dispensary.exports.fhir.inventory import inventory_resources
from dispensary.exports.fhir.resources import Writer, prescription_resources
from dispensary.lookup import NotFound
from dispensary.reports.exchange.fills import Asked, concerned, fills, products_told
from dispensary.reports.exchange.prescription import told_prescription
from dispensary.reports.period import NotAPeriod, Period
from dispensary.reports.stock.stock import stock
from dispensary.rules.fhir.codes import system_of
from dispensary.rules.fhir.document import read_document
from dispensary.rules.fhir.request import Reader
from dispensary.rules.people import Country, Language
from dispensary.services.exchange.take_in import Incoming, take_in
from tests.build import a_lot, a_patient, an_rx, dispensed, later, returned
from tests.exchange.documents import a_bundle, taken_in
from tests.refusing import refused

ALWAYS = Asked(Period())


def exported(shop, asked=ALWAYS, how=As.COLLECTION, patients=False):
    def work(db):
        site = shop.by().site_id
        writer = Writer(lookup.origin(db, site), in_bundle=how is not As.NDJSON)
        file = io.BytesIO()
        resources = fill_resources(fills(db, site, asked, shop.on), writer, patients=patients)
        return write(file, resources, how, writer, shop.on), file.getvalue()

    return shop.read(work)


def resources(data):
    return [entry["resource"] for entry in json.loads(data, parse_float=Decimal).get("entry", [])]


def of_kind(data, kind):
    return [each for each in resources(data) if each["resourceType"] == kind]


def the_prescription(shop, rx):
    told = shop.read(lambda db: told_prescription(db, shop.by().site_id, rx, shop.on)).shown
    writer, found = prescription_resources(told, shop.today)
    file = io.BytesIO()
    write(file, found, As.COLLECTION, writer, shop.on)
    return told, file.getvalue()


@pytest.mark.parametrize("how", [As.COLLECTION, As.TRANSACTION])
@pytest.mark.parametrize("patients", [False, True])
def test_an_oracle_accepts_every_bundle_of_fills(busy, how, patients):
    count, data = exported(busy, how=how, patients=patients)
    assert len(Bundle.model_validate_json(data).entry) == count > 3


def test_an_oracle_accepts_every_line(busy):
    count, data = exported(busy, how=As.NDJSON, patients=True)
    lines = data.splitlines()
    assert len(lines) == count > 3
    for line in lines:
        kind = json.loads(line)["resourceType"]
        assert get_fhir_model_class(kind).model_validate_json(line).get_resource_type() == kind


def test_the_oracle_would_see_a_fault(busy):
    _, data = exported(busy)
    with pytest.raises(ValidationError):
        Bundle.model_validate_json(data.replace(b'"whenHandedOver"', b'"handedOver"'))


def test_a_fill_tells_lot_expiry_supply_and_who_without_any_patient(shop):
    a_lot(shop, lot="A1")
    rx = an_rx(shop, product="US-CY-FK1", indication="anaemia")
    dispensed(shop, rx, product="US-CY-ARG1")
    _, data = exported(shop)
    (medication,) = of_kind(data, "Medication")
    (told,) = of_kind(data, "MedicationDispense")
    assert medication["batch"] == {"lotNumber": "A1", "expirationDate": "2027-11-30"}
    codes = {each["system"]: each["code"] for each in medication["code"]["coding"]}
    assert codes["http://www.whocc.no/atc"] == "B03BA01"
    assert codes["http://hl7.org/fhir/sid/ndc"] == "0517-0031-25"
    assert codes["https://www.gs1.org/gtin"] == "00305170031251"
    assert (told["status"], told["whenHandedOver"]) == ("completed", "2026-11-21T09:30:00-05:00")
    assert told["quantity"] == {"value": 4, "unit": "vial", "system": "http://unitsofmeasure.org", "code": "{vial}"}
    assert (told["daysSupply"]["value"], told["substitution"]) == (28, {"wasSubstituted": True})
    assert told["dosageInstruction"][0]["text"] == "1 mg IM weekly"
    assert told["authorizingPrescription"][0]["identifier"]["value"] == rx
    assert told["performer"][0]["actor"]["identifier"]["value"] == "alex"
    for personal in (b"Nordmann", b"MRN-1", b"1961", b"anaemia", b"Patient"):
        assert personal not in data


def test_a_fill_of_two_lots_is_two_parts_and_its_days_are_counted_once(shop):
    a_lot(shop, lot="A1", units=3)
    a_lot(shop, lot="B1", expires="2028-01-31")
    dispensed(shop, an_rx(shop))
    parts = of_kind(exported(shop)[1], "MedicationDispense")
    assert [(each["id"], each["quantity"]["value"], "daysSupply" in each) for each in parts] == [
        ("D1-1", 3, True),
        ("D1-2", 1, False),
    ]


def test_what_came_back_is_told(shop):
    a_lot(shop)
    rx = an_rx(shop)
    dispensed(shop, rx)
    returned(shop, "D1", units=1)
    dispensed(later(shop, 28), rx)
    returned(later(shop, 28), "D2", "not collected", undelivered=True)
    first, second = of_kind(exported(shop)[1], "MedicationDispense")
    assert (first["status"], first["note"][0]["text"]) == ("completed", "1 of the 4 units of D1 came back (RT1).")
    assert (second["status"], second["note"][0]["text"]) == (
        "cancelled",
        "4 of the 4 units of D2 never left the pharmacy (RT2).",
    )


def test_patients_are_told_where_asked_and_named_for_the_audit(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop))
    a_patient(shop, "MRN-2")
    disclosed = shop.read(lambda db: concerned(db, shop.by().site_id, ALWAYS, shop.on))
    assert (disclosed.shown, disclosed.patients) == (1, {1})
    (who,) = of_kind(exported(shop, patients=True)[1], "Patient")
    assert (who["identifier"][0]["value"], who["name"], who["birthDate"]) == (
        "MRN-1",
        [{"text": "Kari Nordmann"}],
        "1961-04-03",
    )


def test_of_an_erased_patient_the_number_is_left(busy):
    told = busy.read(lambda db: list(fills(db, busy.by().site_id, ALWAYS, busy.on)))[0]
    erased = replace(told.patient, identifier=None, name=None, born=None)
    resource = Writer("o", in_bundle=False).patient(erased)
    assert resource == {
        "resourceType": "Patient",
        "id": told.patient.number,
        "identifier": [{"system": system_of("o", "patient"), "value": told.patient.number}],
    }


def test_a_period_and_a_single_fill(shop):
    a_lot(shop)
    rx = an_rx(shop)
    dispensed(shop, rx)
    dispensed(later(shop, 28), rx)

    def told(asked):
        return [each["id"] for each in of_kind(exported(shop, asked)[1], "MedicationDispense")]

    day, next_day = shop.today, shop.today + timedelta(days=1)
    assert told(Asked(Period(since=day, until=day))) == ["D1"]
    assert told(Asked(Period(since=next_day))) == ["D2"]
    assert told(Asked(Period(), "D2")) == ["D2"]
    assert told(Asked(Period(), last=1)) == ["D1"]
    assert told(Asked(Period(until=date(2020, 1, 1)))) == []
    refused(NotFound, lambda: shop.read(lambda db: concerned(db, shop.by().site_id, Asked(Period(), "D9"), shop.on)))
    refused(NotAPeriod, lambda: Period(since=next_day, until=day))


def test_nothing_to_tell_is_a_bundle_without_entries(shop):
    count, data = exported(shop)
    assert (count, Bundle.model_validate_json(data).entry) == (0, None)


def test_a_transaction_enters_nothing_twice(busy):
    _, data = exported(busy, how=As.TRANSACTION)
    for entry in json.loads(data)["entry"]:
        assert searched_for(entry["request"]["ifNoneExist"]) in entry["resource"]["identifier"]


def searched_for(query):
    """The identifier that a server looks for, which reads a query as HTML forms write it."""
    ((name, (token,)),) = parse_qs(query, strict_parsing=True).items()
    (system, value) = re.split(r"(?<!\\)\|", token)
    assert name == "identifier"
    assert len(re.split(r"(?<!\\),", value)) == 1
    return {"system": system, "value": re.sub(r"\\(.)", r"\1", value)}


@pytest.mark.parametrize("lot", ["A,1", "A&1", "A+1", "A%2B1", "A|1", "A\\$1", "A#1"])
def test_a_lot_with_a_sign_of_searches_is_searched_for_as_it_is(shop, lot):
    a_lot(shop, lot=lot)
    dispensed(shop, an_rx(shop, units=1))
    _, data = exported(shop, how=As.TRANSACTION)
    (of_lot,) = [each for each in json.loads(data)["entry"] if each["resource"]["resourceType"] == "Medication"]
    assert of_lot["resource"]["batch"]["lotNumber"] == lot
    assert searched_for(of_lot["request"]["ifNoneExist"]) == of_lot["resource"]["identifier"][0]


def test_the_same_is_told_in_the_same_bytes(busy):
    assert exported(busy) == exported(busy)


def test_an_oracle_accepts_every_prescription(busy):
    for number in (1, 2, 3, 4, 5):
        _, data = the_prescription(busy, f"RX{number}")
        assert Bundle.model_validate_json(data).entry


@pytest.mark.parametrize(
    ("directions", "more"),
    [
        ("1 mg IM weekly", {}),
        ("1 mg IM daily for 6 to 7 days, then 1 mg IM monthly for life, in the morning, self-injected", {}),
        ("500 mcg subcut as needed, at most every 2 weeks, into the abdomen", {"units": None, "days": 28}),
        ("1 mg IM weekly", {"product": "US-CY-ARG1", "as_written": True, "indication": "anaemia", "refills": 3}),
        ("1 mg IM daily for up to 5 doses", {"form": "hydroxocobalamin", "valid_until": "2027-02-01"}),
    ],
)
def test_a_prescription_that_we_tell_is_the_same_prescription_in_another_pharmacy(shop, directions, more):
    rx = an_rx(shop, directions=directions, **more)
    told, data = the_prescription(shop, rx)
    # The same database plays the other pharmacy: the prescription comes under another name than its own.
    other = data.replace(system_of(told.origin, "prescription").encode(), b"urn:oid:1.2.3")
    reader = Reader((system_of(told.origin, "patient"),), "urn:x", Country.US, shop.today, shop.on.tzinfo)
    order = Incoming(reader.read(read_document(other, "rx.json")), False, Language.ENGLISH)
    (done,) = shop.do(take_in, order, practice=shop.practice, audit_key=bytes).imported
    again = shop.read(lambda db: told_prescription(db, shop.by().site_id, done.rx, shop.on)).shown
    alike = ("form", "directions", "quantity_units", "days", "refills", "written", "valid_until", "indication")
    for name in (*alike, "product", "as_written", "prescriber_number"):
        assert getattr(again.rx, name) == getattr(told.rx, name), name
    assert again.patient == told.patient


def test_a_prescription_of_ours_is_refused_where_it_is_from(shop):
    told, data = the_prescription(shop, an_rx(shop))
    reader = Reader((), system_of(told.origin, "prescription"), Country.US, shop.today, shop.on.tzinfo)
    with pytest.raises(Exception, match="of this pharmacy itself"):
        reader.read(read_document(data, "rx.json"))


def test_what_was_taken_in_can_be_told_on(shop):
    taken_in(shop, a_bundle())
    _, data = the_prescription(shop, "RX1")
    assert Bundle.model_validate_json(data).entry
    (request,) = of_kind(data, "MedicationRequest")
    assert request["dispenseRequest"]["quantity"]["value"] == 4


def told_stock(shop):
    def work(db):
        site = shop.by().site_id
        rows, writer = stock(db, site, shop.today), Writer(lookup.origin(db, site), in_bundle=True)
        found = inventory_resources(rows, products_told(db), writer, shop.on, "Corner Pharmacy")
        file = io.BytesIO()
        write(file, found, As.COLLECTION, writer, shop.on)
        return rows, file.getvalue()

    return shop.read(work)


def test_an_oracle_of_release_5_accepts_the_stock_and_every_unit_is_in_it(busy):
    rows, data = told_stock(busy)
    bundle = R5Bundle.model_validate_json(data)
    report = bundle.entry[-1].resource
    assert report.get_resource_type() == "InventoryReport"
    counted = sum(item.quantity.value for listing in report.inventoryListing for item in listing.item)
    assert counted == sum(row.units for row in rows) > 0
    named = {entry.fullUrl for entry in bundle.entry}
    told = {item.item.reference.reference for listing in report.inventoryListing for item in listing.item}
    assert told <= named
    assert {listing.location.display for listing in report.inventoryListing} == {row.place for row in rows}


def test_an_empty_stock_is_a_report_without_listings(shop):
    _, data = told_stock(shop)
    (entry,) = R5Bundle.model_validate_json(data).entry
    assert entry.resource.inventoryListing is None
