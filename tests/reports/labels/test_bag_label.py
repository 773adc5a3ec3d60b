"""The label of a bag, read from the dispense: of it, and of its packages, no more than a bag needs."""

from dispensary.labelling.kinds.bag import BagFacts
from dispensary.lookup import NotFound
from dispensary.reports.labels.reading import read_labels
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Language
from dispensary.rules.product import Storage, Temperature
from tests.build import a_lot, a_patient, an_rx, dispensed
from tests.refusing import refused
from tests.reports.labels.at_corner import CORNER


def bag_of(shop, number):
    (bag,) = shop.read(read_labels, "bag", number, pharmacy=CORNER, on=shop.on, by=shop.by()).labels
    return bag


def test_a_bag_has_the_numbers_of_the_fill_and_the_patients_language(shop):
    a_lot(shop)
    patient = a_patient(shop, name="Kari Nordmann", language="nb")
    dispensed(shop, an_rx(shop, patient, indication="vitamin B12 deficiency"))
    assert bag_of(shop, "d1") == BagFacts(
        language=Language.BOKMAAL,
        pharmacy="Corner Pharmacy",
        patient="Kari Nordmann",
        rx="RX1",
        fill=1,
        dispense="D1",
        dispensed_on=shop.today,
        units=4,
        storage=Storage(Temperature.ROOM, protect_from_light=True),
    )


def test_a_bag_counts_the_units_in_it(shop):
    a_lot(shop, lot="A1", expires="2027-10-31", units=1)
    a_lot(shop, lot="A2", units=10)
    dispensed(shop, an_rx(shop))
    assert bag_of(shop, "D1").said().units == "Units: 4"


def test_nothing_of_the_medicine_is_read_on_a_bag(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop, indication="vitamin B12 deficiency"))
    facts = bag_of(shop, "D1")
    said = repr(facts.said()).lower()
    for private in ("cobalamin", "b12", "mcg", "deficiency", "1961", "main street", "berg"):
        assert private not in said


def test_a_dispense_that_is_not_there(shop):
    refused(NotFound, lambda: bag_of(shop, "D9"))
    refused(NotANumber, lambda: bag_of(shop, "RX1"))
