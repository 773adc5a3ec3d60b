"""The flag of an opened vial, read from the books, and the vials that get none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispensary.labelling.kinds.vial import VialFacts
from dispensary.lookup import NotFound, product_by_code
from dispensary.reports.labels.vial import VialNotLabelled, vial_facts
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Language
from dispensary.rules.shelf import State
from tests.build import a_lot, a_patient, an_rx, in_state
from tests.refusing import nothing_written, refused
from tests.reports.labels.at_corner import CORNER, facts_of
from tests.vials import AMPOULE, MULTI, a_vial, acted, discarded, drawn, moved


@pytest.fixture
def opened(shop):
    """V1, of lot D1, opened now by alex."""
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    return shop


def test_a_flag_has_what_the_books_have(opened):
    _, product = opened.read(product_by_code, MULTI)
    found = facts_of(opened, vial_facts, "v1")
    assert found == VialFacts(
        language=Language.ENGLISH,
        vial="V1",
        product=product,
        lot="D1",
        volume_ul=10_000,
        opened_at=opened.on,
        opened_by="alex",
        discard_at=opened.on + timedelta(days=28),
    )
    assert found.said().discard_by.replace("\u00a0", " ") == "Discard by 19 Dec 2026 09:30"


def test_the_flag_of_a_vial_whose_lot_ends_first_does_not_say_midnight(shop):
    a_lot(shop, MULTI, "D1", expires="2026-11-30")
    a_vial(shop)
    assert facts_of(shop, vial_facts, "V1").said().discard_by.replace("\u00a0", " ") == "Discard by 30 Nov 2026 23:59"


def test_a_dedicated_vial_names_its_patient_in_the_language_of_those_who_draw(shop):
    a_lot(shop, MULTI, "D1")
    shop.practice = replace(shop.practice, dedicated_vials=True)
    a_vial(shop)
    patient = a_patient(shop, name="Áŋŋe Østby", language="nb")
    drawn(shop, an_rx(shop, patient, units=1, product=MULTI))
    found = facts_of(shop, vial_facts, "V1")
    assert (found.patient, found.language) == ("Áŋŋe Østby", Language.ENGLISH)
    assert facts_of(shop, vial_facts, "V1", replace(CORNER, language=Language.BOKMAAL)).said().light.startswith("Oppb")


def test_a_vial_that_is_empty_or_was_discarded_gets_no_flag(opened):
    discarded(opened)
    nothing_written(opened, VialNotLabelled, lambda: facts_of(opened, vial_facts, "V1"))


def test_a_vial_past_its_hour_gets_no_flag(shop):
    a_lot(shop, AMPOULE, "T1")
    a_vial(shop, AMPOULE)
    assert facts_of(shop.at(shop.on + timedelta(minutes=59)), vial_facts, "V1").vial == "V1"
    late = shop.at(shop.on + timedelta(hours=1))
    assert "2026-11-21 10:30" in str(refused(VialNotLabelled, lambda: facts_of(late, vial_facts, "V1")))


def test_a_vial_that_is_held_gets_no_flag_until_it_is_released(opened):
    acted(opened, "hold")
    refused(VialNotLabelled, lambda: facts_of(opened, vial_facts, "V1"))
    acted(opened, "release")
    assert facts_of(opened, vial_facts, "V1").vial == "V1"


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_vial_of_a_lot_that_reaches_no_patient_gets_no_flag(opened, state):
    in_state(opened, "D1", state)
    refused(VialNotLabelled, lambda: facts_of(opened, vial_facts, "V1"))


def test_a_vial_that_was_set_aside_gets_no_flag(opened):
    moved(opened, "quarantine")
    refused(VialNotLabelled, lambda: facts_of(opened, vial_facts, "V1"))


def test_a_vial_that_is_not_there(opened):
    refused(NotFound, lambda: facts_of(opened, vial_facts, "V9"))
    refused(NotANumber, lambda: facts_of(opened, vial_facts, "RX1"))
