"""A label is printed of a fill that is there, of lots that may be handed over."""

import pytest

from dispensary.reports.labels.reading import FillNotLabelled, not_labelled, read_labels
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.shelf import State
from tests.build import a_lot, a_patient, a_prescriber, an_rx, dispensed, in_state, later, returned
from tests.refusing import refused

CORNER = Pharmacy("Corner Pharmacy", "1 Main St", "555-0100", Country.US, "America/New_York", Language("en"))


@pytest.fixture
def filled(shop):
    """D1 is of lot A1, and D2 of A1 and B2."""
    a_lot(shop, units=6)
    a_lot(shop, lot="B2", expires="2028-01-31")
    prescriber = a_prescriber(shop)
    for identifier in ("MRN-1", "MRN-2"):
        dispensed(shop, an_rx(shop, a_patient(shop, identifier, f"Patient {identifier}"), prescriber))
    return shop


def read(shop, kind="dispense", record="D1"):
    return shop.read(read_labels, kind, record, pharmacy=CORNER, on=shop.on, by=shop.by())


def unlabelled(shop, kind="dispense"):
    return set(shop.read(not_labelled, kind, [1, 2, 9], on=shop.on, by=shop.by()))


def test_a_fill_of_which_everything_came_back_has_no_label(filled):
    returned(filled, "D1")
    refused(FillNotLabelled, lambda: read(filled))
    refused(FillNotLabelled, lambda: read(filled, "bag"))
    assert read(filled, "leaflet").record == "D1"
    assert unlabelled(filled) == {"D1"}


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_lot_that_is_not_handed_over_has_no_label(filled, state):
    in_state(filled, "B2", state)
    assert len(read(filled).labels) == 1
    refused(FillNotLabelled, lambda: read(filled, record="D2"))
    assert unlabelled(filled) == {"D2"}
    assert unlabelled(filled, "leaflet") == set()


def test_a_lot_that_expired_has_no_label(filled):
    after = later(filled, 375)
    refused(FillNotLabelled, lambda: read(after))
    assert unlabelled(after) == {"D1", "D2"}
