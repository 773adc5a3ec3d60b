"""EPCIS events: what the standards ask, the hash of the reference implementation, and every unit told once."""

import copy
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from dispensary import lookup
from dispensary.exports.epcis.event_id import event_id
from dispensary.exports.epcis.events import Teller, write
from dispensary.reports.exchange.visible import Step, steps
from dispensary.reports.period import Period
from dispensary.rules.gln import NotAGln, parse_gln
from dispensary.rules.place import PlaceKind
from dispensary.rules.scan import Pack
from dispensary.rules.vial import VialEntryKind
from dispensary.schema.stock import movement, place
from dispensary.schema.vials import vial_entry
from dispensary.services.catalogue.formulary import NewPack, add_pack
from dispensary.services.stock.receive import Delivery, Scanned, receive
from tests.build import a_lot, an_rx, dispensed, later, returned
from tests.exchange.epcis_schema import DOCUMENT
from tests.refusing import refused
from tests.vials import MULTI, a_vial, discarded, drawn

CHECK = Draft202012Validator(DOCUMENT, format_checker=Draft202012Validator.FORMAT_CHECKER)


def told(shop, period=None, gln=None):
    def work(db):
        site = shop.by().site_id
        file = io.BytesIO()
        count = write(file, steps(db, site, period or Period(), shop.on), Teller(lookup.origin(db, site), gln), shop.on)
        return count, file.getvalue()

    count, data = shop.read(work)
    document = json.loads(data)
    assert len(document["epcisBody"]["eventList"]) == count
    return document


def events(shop, **asked):
    return told(shop, **asked)["epcisBody"]["eventList"]


def test_the_oracle_accepts_all_that_is_told(busy):
    document = told(busy)
    assert [*CHECK.iter_errors(document)] == []
    steps_told = {(each["bizStep"], each["action"]) for each in document["epcisBody"]["eventList"]}
    assert steps_told == {
        ("receiving", "OBSERVE"),
        ("commissioning", "ADD"),
        ("dispensing", "OBSERVE"),
        ("stocking", "OBSERVE"),
        ("shipping", "OBSERVE"),
        ("destroying", "DELETE"),
    }


WAYS = {
    Step.RECEIVED: (PlaceKind.SUPPLIER, None),
    Step.MADE: (PlaceKind.COMPOUNDING, None),
    Step.DISPENSED: (None, PlaceKind.PATIENTS),
    Step.RETURNED: (PlaceKind.PATIENTS, None),
    Step.SENT_BACK: (None, PlaceKind.SUPPLIER),
    Step.DESTROYED: (None, PlaceKind.WASTE),
}
"""Where the movements of a step come from or go to; what is restocked comes from the patients as well."""


def test_every_unit_and_every_microlitre_that_went_is_told_once(busy):
    found = busy.read(lambda db: list(steps(db, busy.by().site_id, Period(), busy.on)))
    units, volumes = Counter(), Counter()
    for each in found:
        step = Step.RETURNED if each.step is Step.RESTOCKED else each.step
        units[step] += sum(part.units for part in each.parts)
        volumes[step] += each.volume_ul
    source, target = place.alias(), place.alias()
    query = (
        select(source.c.kind, target.c.kind, movement.c.units)
        .join(source, source.c.id == movement.c.from_place_id)
        .join(target, target.c.id == movement.c.to_place_id)
    )
    moved = busy.read(lambda db: db.execute(query).all())
    for step, (left, came) in WAYS.items():
        booked = sum(each for one, other, each in moved if left in (None, one) and came in (None, other))
        assert units[step] == booked > 0, step
    entered = select(vial_entry.c.kind, vial_entry.c.volume_ul)
    for kind, step in ((VialEntryKind.DRAW, Step.DRAWN), (VialEntryKind.WASTE, Step.WASTED)):
        taken = busy.read(lambda db: db.execute(entered).all())
        assert volumes[step] == sum(each for of, each in taken if of is kind) > 0
    assert sum(units.values()) == sum(units[step] for step in WAYS)


def test_a_dose_and_the_rest_of_its_vial_are_told_in_millilitres(shop):
    a_lot(shop, product=MULTI)
    rx = an_rx(shop)
    a_vial(shop)
    careful = replace(shop, practice=replace(shop.practice, dead_volume_ul=75))
    drawn(careful.at(shop.on + timedelta(minutes=1)), rx)
    discarded(shop.at(shop.on + timedelta(minutes=2)))
    received, dose, lost, rest = events(shop)
    assert (lost["quantityList"][0]["quantity"], lost["eventTime"]) == (0.075, dose["eventTime"])
    (given,), (left,) = dose["quantityList"], rest["quantityList"]
    assert (given["quantity"], given["uom"], left["quantity"], left["uom"]) == (1, "MLT", 8.925, "MLT")
    assert given["epcClass"] == left["epcClass"] != received["quantityList"][0]["epcClass"]
    assert (dose["bizStep"], dose["disposition"], dose["action"]) == ("dispensing", "dispensed", "OBSERVE")
    assert (rest["bizStep"], rest["disposition"], rest["action"]) == ("destroying", "destroyed", "DELETE")
    assert dose["cbvmda:lotNumber"] == received["cbvmda:lotNumber"]
    assert "bizLocation" not in dose


def test_what_came_back_and_what_never_left_are_told_apart(shop):
    a_lot(shop)
    rx = an_rx(shop)
    dispensed(shop, rx)
    returned(shop, "D1", units=1)
    dispensed(later(shop, 28), rx)
    returned(later(shop, 28), "D2", "not collected", undelivered=True)
    told_of = [(each["bizStep"], each["disposition"], each["quantityList"][0]["quantity"]) for each in events(shop)]
    assert told_of[1:] == [
        ("dispensing", "dispensed", 4),
        ("receiving", "returned", 1),
        ("dispensing", "dispensed", 4),
        ("stocking", "in_progress", 4),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(bizStep="handing_over"),
        lambda event: event.update(disposition="gone"),
        lambda event: event.update(action="OBSERVED"),
        lambda event: event.update(eventTimeZoneOffset="-5"),
        lambda event: event.update(eventTime="yesterday"),
        lambda event: event.update(lot="A1"),
        lambda event: event.update(ilmd={"cbvmda:lotNumber": "A1"}),
        lambda event: event.pop("quantityList"),
        lambda event: event["readPoint"].pop("id"),
        lambda event: event["quantityList"][0].update(quantity="5"),
    ],
)
def test_the_oracle_sees_a_fault(shop, change):
    a_lot(shop)
    document = told(shop)
    assert CHECK.is_valid(document)
    broken = copy.deepcopy(document)
    change(broken["epcisBody"]["eventList"][0])
    assert not CHECK.is_valid(broken)


REFERENCE = {
    "ni:///sha-256;f60a5937d209e691336b517e8a86174d67f8f8cde893d16f854c189edd79c92f?ver=CBV2.0": {
        "eventTime": "2026-11-21T14:30:00.000Z",
        "eventTimeZoneOffset": "-05:00",
        "epcList": ["https://id.gs1.org/01/00305170031251/21/S9", "https://id.gs1.org/01/00305170031251/21/S10"],
        "quantityList": [
            {"epcClass": "https://id.gs1.org/01/00305170031251/10/F1", "quantity": 2},
            {"epcClass": "urn:uuid:6b08b58c-857e-83f6-aa72-db77b71756f3", "quantity": 3},
        ],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "readPoint": {"id": "https://id.gs1.org/414/7080000000005"},
        "bizLocation": {"id": "https://id.gs1.org/414/7080000000005"},
        "bizTransactionList": [{"type": "recadv", "bizTransaction": "urn:uuid:18004709-822b-82f0-a365-56f58748d3b2"}],
        "cbvmda:lotNumber": "F1",
        "cbvmda:itemExpirationDate": "2028-12-31",
        "cbvmda:descriptionShort": "Cyanocobalamin injection (US-CY-ARG1)",
    },
    "ni:///sha-256;030e92bc0db8a6ff028812f28437dad30c1fdafb0f220ce05949a3e2adf8bafa?ver=CBV2.0": {
        "eventTime": "2026-11-21T14:30:00.000Z",
        "eventTimeZoneOffset": "+01:00",
        "quantityList": [{"epcClass": "urn:uuid:6b08b58c-857e-83f6-aa72-db77b71756f3", "quantity": 5}],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": "urn:uuid:7594acf9-b500-8220-9835-4dd01ec9190d"},
        "bizLocation": {"id": "urn:uuid:7594acf9-b500-8220-9835-4dd01ec9190d"},
        "bizTransactionList": [
            {"type": "prodorder", "bizTransaction": "urn:uuid:18004709-822b-82f0-a365-56f58748d3b2"}
        ],
        "ilmd": {"cbvmda:lotNumber": "B1", "cbvmda:itemExpirationDate": "2026-12-31"},
    },
    "ni:///sha-256;bf58e90ecde6b11b947011b2534506a6da4a8f112ce2034ec589db1e0bc9cd86?ver=CBV2.0": {
        "eventTime": "2026-11-21T14:30:00.123Z",
        "eventTimeZoneOffset": "-05:00",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/00305170031251/10/A%2F1", "quantity": 1}],
        "action": "DELETE",
        "bizStep": "destroying",
        "disposition": "destroyed",
        "readPoint": {"id": "urn:uuid:7594acf9-b500-8220-9835-4dd01ec9190d"},
        "bizTransactionList": [
            {
                "type": "urn:uuid:f55641cb-f251-824b-96a0-1ca03ecd2291",
                "bizTransaction": "urn:uuid:18004709-822b-82f0-a365-56f58748d3b2",
            }
        ],
        "cbvmda:lotNumber": "A/1",
    },
    "ni:///sha-256;55a477437ed0c2376160233a85f94e7dcf234be5ba6305ce2a25151d3d8b31ab?ver=CBV2.0": {
        "eventTime": "2026-11-21T14:30:00.000Z",
        "eventTimeZoneOffset": "-05:00",
        "quantityList": [{"epcClass": "urn:uuid:6b08b58c-857e-83f6-aa72-db77b71756f3", "quantity": 0.5, "uom": "MLT"}],
        "action": "OBSERVE",
        "bizStep": "dispensing",
        "disposition": "dispensed",
        "readPoint": {"id": "urn:uuid:7594acf9-b500-8220-9835-4dd01ec9190d"},
        "bizTransactionList": [
            {
                "type": "urn:uuid:f55641cb-f251-824b-96a0-1ca03ecd2291",
                "bizTransaction": "urn:uuid:18004709-822b-82f0-a365-56f58748d3b2",
            }
        ],
        "cbvmda:lotNumber": "A1",
    },
    "ni:///sha-256;64a32a8c75da78053806a2ab1d3e73630eae6d96cc4312d9415c6550e59ba382?ver=CBV2.0": {
        "eventTime": "2026-11-21T14:30:00.000Z",
        "eventTimeZoneOffset": "-05:00",
        "quantityList": [
            {"epcClass": "urn:uuid:6b08b58c-857e-83f6-aa72-db77b71756f3", "quantity": Decimal(10), "uom": "MLT"}
        ],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "returned",
        "readPoint": {"id": "urn:uuid:7594acf9-b500-8220-9835-4dd01ec9190d"},
        "bizTransactionList": [
            {
                "type": "urn:uuid:f55641cb-f251-824b-96a0-1ca03ecd2291",
                "bizTransaction": "urn:uuid:18004709-822b-82f0-a365-56f58748d3b2",
            }
        ],
        "cbvmda:lotNumber": "A1",
    },
}
"""Hashes that the reference implementation of CBV 2.0, epcis-event-hash-generator 1.9.3, gave these events."""


@pytest.mark.parametrize(("reference", "event"), REFERENCE.items())
def test_the_hash_is_that_of_the_reference_implementation(reference, event):
    assert event_id(event) == reference
    assert event_id({**event, "eventTimeZoneOffset": "+02:00"}) != reference


def test_the_order_of_what_is_listed_does_not_change_the_hash():
    event = next(iter(REFERENCE.values()))
    turned = {**event, "epcList": event["epcList"][::-1], "quantityList": event["quantityList"][::-1]}
    assert event_id(turned) == event_id(event)


def test_the_same_is_told_again_in_the_same_words_later(busy):
    later = busy.at(busy.on + timedelta(days=3))
    assert events(later) == events(busy)
    ids = [each["eventID"] for each in events(busy)]
    assert len(set(ids)) == len(ids)


def test_whole_packs_are_told_by_their_gtin_and_vials_by_a_class_of_this_pharmacy(shop):
    a_lot(shop, lot="A1", units=50)
    a_lot(shop, lot="B1", expires="2028-01-31", units=30)
    packs, vials = events(shop)
    assert packs["quantityList"] == [{"epcClass": "https://id.gs1.org/01/00305170031251/10/A1", "quantity": 2}]
    (own,) = vials["quantityList"]
    assert (own["epcClass"][:9], own["quantity"]) == ("urn:uuid:", 30)
    assert (vials["cbvmda:lotNumber"], vials["cbvmda:itemExpirationDate"]) == ("B1", "2028-01-31")
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", "10305170031258", 1))
    assert events(shop)[1]["quantityList"] == [
        {"epcClass": "https://id.gs1.org/01/10305170031258/10/B1", "quantity": 30}
    ]


def test_a_pack_with_a_serial_is_told_by_it(shop):
    expires = date(2028, 12, 31)
    packs = tuple(Scanned(Pack("00305170031251", "F/1", expires, serial), 1) for serial in ("S1", "S/2"))
    shop.do(receive, Delivery(shop.key(), packs, "shelf", None))
    (event,) = events(shop)
    assert event["epcList"] == [
        "https://id.gs1.org/01/00305170031251/21/S%2F2",
        "https://id.gs1.org/01/00305170031251/21/S1",
    ]
    assert "quantityList" not in event


def test_a_dispense_tells_no_person(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop, indication="anaemia"))
    received, handed = events(shop)
    assert (handed["bizStep"], handed["disposition"], handed["quantityList"][0]["quantity"]) == (
        "dispensing",
        "dispensed",
        4,
    )
    assert handed["eventTime"] == "2026-11-21T14:30:00.000Z"
    assert handed["eventTimeZoneOffset"] == "-05:00"
    assert ("bizLocation" in received, "bizLocation" in handed) == (True, False)
    for personal in ("Nordmann", "MRN-1", "anaemia", "alex", "RX1", "P1"):
        assert personal not in json.dumps(handed)


def test_without_a_gln_nobody_is_told_where_the_pharmacy_is(shop):
    a_lot(shop)
    (event,), (placed,) = events(shop), events(shop, gln="7080000000005")
    assert event["readPoint"]["id"].startswith("urn:uuid:")
    assert placed["readPoint"] == placed["bizLocation"] == {"id": "https://id.gs1.org/414/7080000000005"}


def test_a_period(shop):
    a_lot(shop)
    tomorrow = shop.today + timedelta(days=1)
    assert len(events(shop, period=Period(until=shop.today))) == 1
    assert events(shop, period=Period(since=tomorrow)) == []
    assert CHECK.is_valid(told(shop, period=Period(since=tomorrow)))


def test_a_gln_is_checked():
    assert parse_gln("7080000000005") == "7080000000005"
    for wrong in ("7080000000006", "00305170031251", "x"):
        refused(NotAGln, lambda wrong=wrong: parse_gln(wrong))
