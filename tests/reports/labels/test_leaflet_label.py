"""The leaflet of a fill, read from the dispense."""

from datetime import date

from dispensary.labelling.kinds.leaflet import LeafletFacts
from dispensary.lookup import NotFound, product_by_code
from dispensary.reports.labels.dispense import dispense_facts
from dispensary.reports.labels.reading import read_labels
from dispensary.rules.people import Country, Language
from tests.build import a_lot, a_patient, an_rx, dispensed
from tests.refusing import refused
from tests.reports.labels.at_corner import CORNER, facts_of


def leaflet_of(shop, number):
    (leaflet,) = shop.read(read_labels, "leaflet", number, pharmacy=CORNER, on=shop.on, by=shop.by()).labels
    return leaflet


def test_a_leaflet_has_what_the_fill_has(shop):
    a_lot(shop)
    patient = a_patient(shop, language="nb")
    dispensed(shop, an_rx(shop, patient))
    _, product = shop.read(product_by_code, "US-CY-ARG1")
    found = leaflet_of(shop, "d1")
    assert found == LeafletFacts(
        country=Country.US,
        language=Language.BOKMAAL,
        pharmacy="Corner Pharmacy",
        address="1 Main Street",
        phone="555-0100",
        rx="RX1",
        dispense="D1",
        fill=1,
        dispensed_on=shop.today,
        patient="Kari Nordmann",
        prescriber="Dr. Ida Berg",
        product=product,
        directions=found.directions,
        directions_as_written="1 mg IM weekly",
        injections=(date(2026, 11, 21), date(2026, 11, 28), date(2026, 12, 5), date(2026, 12, 12)),
    )
    assert "i en muskel" in found.said().directions
    assert found.said().symbol.text == "D1"


def test_one_leaflet_goes_with_all_packages_of_a_fill(shop):
    a_lot(shop, lot="A1", expires="2027-10-31", units=1)
    a_lot(shop, lot="A2", units=10)
    dispensed(shop, an_rx(shop))
    packages = facts_of(shop, dispense_facts, "D1").labels
    assert len(packages) == 2
    days = sorted({day for package in packages for day in package.injections})
    assert len(days) == 4
    assert leaflet_of(shop, "D1").injections == tuple(days)


def test_a_dispense_that_is_not_there(shop):
    refused(NotFound, lambda: leaflet_of(shop, "D9"))
