"""The leaflet of a fill, read from the dispense."""

from datetime import date

from dispensary.lookup import NotFound
from dispensary.reports.labels.dispense import dispense_facts
from dispensary.reports.labels.reading import read_labels
from dispensary.rules.people import Language
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
    found = leaflet_of(shop, "d1")
    assert [found.package] == list(facts_of(shop, dispense_facts, "D1").labels)
    assert found.injections == (date(2026, 11, 21), date(2026, 11, 28), date(2026, 12, 5), date(2026, 12, 12))
    said = found.said()
    assert (said.pharmacy, said.address) == ("Corner Pharmacy", "1 Main Street")
    assert (said.language, said.patient, said.rx) == (Language.BOKMAAL, "Til Kari Nordmann", "Nr. RX1")
    assert (said.dispense, said.symbol.text) == ("D1", "D1")
    assert "i en muskel" in said.directions
    assert ("555-0100" in said.call, "911" in said.help) == (True, True)


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
