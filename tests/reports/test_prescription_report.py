from datetime import date, timedelta

from dispensary.lookup import NotFound
from dispensary.reports.prescribing.prescription import prescriptions, show_prescription
from dispensary.reports.prescribing.prescription_story import FilledLot
from dispensary.rules.life import PrescriptionState
from dispensary.rules.numbers import NotANumber
from dispensary.rules.plan import PhaseRow
from dispensary.rules.product import Route
from dispensary.services.vials.draw import Draw, Prescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, a_patient, a_prescriber, an_rx, dispensed, returned
from tests.refusing import refused


def shown(shop, rx):
    return shop.read(show_prescription, 1, rx, practice=shop.practice, on=shop.on).shown


def test_a_new_prescription_shows_its_people_and_its_order(shop):
    rx = an_rx(shop, directions="3 mg subcut every 2 to 3 days", units=4, indication="B12 deficiency")
    found = shown(shop, rx.lower())
    assert (found.rx, found.patient, found.patient_name, found.born) == ("RX1", "P1", "Kari Nordmann", date(1961, 4, 3))
    assert (found.prescriber, found.prescriber_name, found.profession) == ("PR1", "Dr. Ida Berg", "physician")
    assert found.phases == (PhaseRow(3000, Route.SUBCUT, "every 2 to 3 days", "", as_needed=False),)
    assert (found.directions, found.indication) == ("3 mg subcut every 2 to 3 days", "B12 deficiency")
    assert (found.refills, found.refills_left, found.units_left) == (2, 2, 12)
    assert (found.state, found.next_injection, found.fills) == (PrescriptionState.ACTIVE, None, ())


def test_a_fill_names_its_lots_and_the_next_injection(shop):
    a_lot(shop, lot="A1", expires="2027-05-31", units=3)
    a_lot(shop, lot="B2", expires="2027-11-30", units=9)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx)
    found = shown(shop, rx)
    (fill,) = found.fills
    assert (fill.dispense, fill.fill, fill.on, fill.product) == ("D1", 1, shop.today, "US-CY-ARG1")
    assert fill.lots == (FilledLot("A1", 3, date(2027, 5, 31)), FilledLot("B2", 1, date(2027, 11, 30)))
    assert (fill.units, fill.returned, fill.days_supply, fill.prescribed_units) == (4, 0, 28, 4)
    assert fill.next_injection == found.next_injection == shop.today + timedelta(days=28)
    assert found.refills_left == 2


def test_what_came_back_is_left_again(shop):
    a_lot(shop, units=10)
    rx = an_rx(shop, units=4, refills=0)
    dispensed(shop, rx)
    assert shown(shop, rx).state is PrescriptionState.EXHAUSTED
    returned(shop, "D1")
    found = shown(shop, rx)
    assert (found.state, found.units_left, found.next_injection) == (PrescriptionState.ACTIVE, 4, None)
    assert found.fills[0].returned == 4


def test_a_fill_keeps_the_reason_of_its_override(shop):
    a_lot(shop)
    rx = an_rx(shop, a_patient(shop, conditions=("leber",)), units=4)
    dispensed(shop, rx, overrides={"leber": "seen by the eye clinic"})
    (finding,) = [found for found in shown(shop, rx).fills[0].findings if found.reason]
    assert (finding.code, finding.severity, finding.reason) == ("leber", "override", "seen by the eye clinic")


def test_an_ended_prescription_is_expired(shop):
    rx = an_rx(shop, valid_until="2026-11-30")
    later = shop.at(shop.on + timedelta(days=10))
    assert shown(shop, rx).state is PrescriptionState.ACTIVE
    assert shown(later, rx).state is PrescriptionState.EXPIRED


def test_showing_says_whose_record_was_read(shop):
    rx = an_rx(shop)
    assert shop.read(show_prescription, 1, rx, practice=shop.practice, on=shop.on).patients == {1}
    assert shop.read(prescriptions, 1, shop.on).patients == {1}


def test_the_list_agrees_with_each_prescription(shop):
    a_lot(shop, units=50)
    prescriber = a_prescriber(shop)
    kari, ola = a_patient(shop, "MRN-1"), a_patient(shop, "MRN-2")
    an_rx(shop, kari, prescriber, units=4)
    an_rx(shop, ola, prescriber, units=None, days=28, refills=1)
    an_rx(shop, kari, prescriber, units=2, refills=0)
    for rx in ("RX1", "RX2"):
        dispensed(shop, rx)
    dispensed(shop, "RX3", overrides={"duplicate_supply": "prescriber_consulted"})
    returned(shop, "D1")
    listed = shop.read(prescriptions, 1, shop.on).shown
    assert [row.rx for row in listed] == ["RX1", "RX2", "RX3"]
    for row in listed:
        one = shown(shop, row.rx)
        same = ("patient", "form", "directions", "refills_left", "state", "next_injection", "days", "quantity_units")
        assert [getattr(row, name) for name in same] == [getattr(one, name) for name in same]


def test_the_list_of_one_patient(shop):
    prescriber = a_prescriber(shop)
    an_rx(shop, a_patient(shop, "MRN-1"), prescriber)
    an_rx(shop, a_patient(shop, "MRN-2"), prescriber)
    found = shop.read(prescriptions, 1, shop.on, "MRN-2")
    assert [(row.rx, row.patient) for row in found.shown] == [("RX2", "P2")]
    assert found.patients == {2}


def test_an_unknown_prescription_or_patient_is_refused(shop):
    refused(NotFound, lambda: shown(shop, "RX9"))
    refused(NotANumber, lambda: shown(shop, "D9"))
    refused(NotFound, lambda: shop.read(prescriptions, 1, shop.on, "P9"))


def test_a_dose_that_was_drawn_stands_in_the_story(shop):
    a_lot(shop, "US-CY-DOD10", "V7")
    rx = an_rx(shop, units=1)
    shop.do(open_vial, Opening(shop.key(), lot="V7"))
    shop.do(draw, Draw(shop.key(), "V1", Prescribed(rx)), practice=shop.practice)
    found = shown(shop, rx)
    (dose,) = found.draws
    assert (dose.draw, dose.vial, dose.product, dose.lot) == ("DR1", "V1", "US-CY-DOD10", "V7")
    assert (dose.on, dose.dose_mcg, dose.volume_ul) == (shop.today, 1000, 1000)
    assert dose.next_injection == found.next_injection == shop.today + timedelta(days=7)
    assert found.fills == ()
