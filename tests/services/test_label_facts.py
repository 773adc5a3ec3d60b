from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.quantity import Dose
from dispensary.schema import trust
from dispensary.services.catalogue.formulary import NewPack, add_pack
from dispensary.services.prescribing.label import label_facts, reprint
from tests.build import a_lot, a_patient, an_rx, dispensed, later, returned
from tests.refusing import nothing_written

PHARMACY = Pharmacy(
    "Corner Pharmacy", "1 Main Street, Albany NY", "+1 518 555 0100", Country.US, "America/New_York", Language.ENGLISH
)
VIAL = "00305170031015"


def facts_of(shop, number="D1", pharmacy=PHARMACY):
    return shop.read(label_facts, number, pharmacy=pharmacy, on=shop.on, by=shop.by())


def test_a_label_names_patient_medicine_and_pharmacy(shop):
    a_lot(shop, units=10)
    patient = a_patient(shop, name="Åse O'Brien", born="1950-02-28", language="nb")
    rx = an_rx(shop, patient=patient, directions="1 mg intramuscular every week", units=4, indication="anaemia")
    dispensed(shop, rx)
    (facts,) = facts_of(shop)
    assert (facts.pharmacy, facts.address, facts.phone, facts.country) == (
        "Corner Pharmacy",
        "1 Main Street, Albany NY",
        "+1 518 555 0100",
        Country.US,
    )
    assert (facts.patient, facts.born, facts.language) == ("Åse O'Brien", date(1950, 2, 28), Language.BOKMAAL)
    assert (facts.rx, facts.dispense, facts.fill, facts.refills_left) == ("RX1", "D1", 1, 2)
    assert (facts.prescriber, facts.profession, facts.dispensed_by) == ("Dr. Ida Berg", "physician", "alex")
    assert (facts.product.code, facts.units, facts.lot, facts.expires) == ("US-CY-ARG1", 4, "A1", date(2027, 11, 30))
    assert [phase.dose for phase in facts.directions.phases] == [Dose(1000)]
    assert (facts.directions_as_written, facts.indication) == ("1 mg intramuscular every week", "anaemia")
    assert (facts.part, facts.parts, facts.dispensed_on) == (1, 1, shop.today)


def test_a_fill_of_several_lots_has_a_label_each_in_the_order_of_use(shop):
    a_lot(shop, lot="B", expires="2027-06-30", units=9)
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    dispensed(shop, an_rx(shop, units=4))
    assert [(each.lot, each.units, each.part, each.parts) for each in facts_of(shop)] == [
        ("A", 1, 1, 2),
        ("B", 3, 2, 2),
    ]


def test_one_lot_from_two_places_has_one_label(shop):
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=2, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    assert [(each.lot, each.units, each.parts) for each in facts_of(shop)] == [("A1", 4, 1)]


def test_only_the_gtin_of_a_single_unit_stands_on_a_unit(shop):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4))
    assert facts_of(shop)[0].gtin is None
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", VIAL, 1))
    assert facts_of(shop)[0].gtin == VIAL


def test_a_reprint_says_what_the_first_print_said(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    first = facts_of(shop)
    dispensed(later(shop, 21), rx)
    returned(shop, "D1")
    assert facts_of(later(shop, 400)) == first


def test_the_refills_on_the_label_are_those_of_the_receipt(shop):
    """Also where an earlier fill came back before this one."""
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    returned(shop, "D1")
    receipt = dispensed(shop, rx)
    assert receipt.refills_left == 2
    assert facts_of(shop, receipt.dispense)[0].refills_left == 2


def test_what_is_owed_has_labels_of_its_own_with_the_refills_unchanged(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    for units in (1, 3):
        dispensed(shop, rx, units=units)
    labels = [facts_of(shop, number)[0] for number in ("D1", "D2")]
    assert [(each.fill, each.units, each.refills_left) for each in labels] == [(1, 1, 2), (2, 3, 2)]


def test_the_day_on_the_label_is_the_pharmacys_own(shop):
    a_lot(shop, units=50)
    late = shop.at(datetime(2026, 11, 21, 23, 30, tzinfo=shop.on.tzinfo))
    dispensed(late, an_rx(shop, units=4))
    assert facts_of(shop)[0].dispensed_on == date(2026, 11, 21)


def test_the_pharmacy_is_that_of_today(shop):
    a_lot(shop, units=50)
    dispensed(shop, an_rx(shop, units=4))
    moved = replace(PHARMACY, address="2 Side Street")
    assert facts_of(shop, pharmacy=moved)[0].address == "2 Side Street"


def test_printing_again_is_an_event(shop):
    a_lot(shop, units=50)
    dispensed(shop, an_rx(shop, units=4))
    facts = shop.write(lambda db: reprint(db, "d1", pharmacy=PHARMACY, on=shop.on, by=shop.by()))
    assert facts == facts_of(shop)
    event = shop.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert (event.kind, event.subject, len(event.patient)) == ("label print", "D1", 64)


@pytest.mark.parametrize("read", [label_facts, reprint])
def test_refuses_a_dispense_that_is_not_there(shop, read):
    nothing_written(
        shop,
        NotFound,
        lambda: shop.write(lambda db: read(db, "D1", pharmacy=PHARMACY, on=shop.on, by=shop.by())),
    )
