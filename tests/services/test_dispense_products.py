from datetime import date

from dispensary.dispensable import NoStock
from dispensary.on_hand import SeveralProducts, UnknownLot
from dispensary.rules.allocation import ShortStock
from dispensary.rules.people import Country
from dispensary.rules.practice import practice_of
from dispensary.rules.safety import StoppedByChecks
from dispensary.rules.scan import Pack
from dispensary.rules.supply import TooFewUnits
from tests.build import (
    a_lot,
    a_patient,
    an_rx,
    codes,
    dispensed,
    later,
    picks,
)
from tests.refusing import nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def test_refuses_a_form_that_is_not_on_hand(shop):
    a_lot(shop, "NO-HY-TAK1")
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))


def test_refuses_short_stock_whole_and_says_what_is_there(shop):
    a_lot(shop, lot="A1", units=2)
    a_lot(shop, lot="B2", units=1, expires="2028-01-31")
    rx = an_rx(shop, units=4)
    refusal = nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    assert (refusal.wanted, refusal.available) == (4, 3)
    assert dispensed(shop, rx, units=3).units == 3


def test_refuses_a_lot_that_does_not_outlast_the_injections(shop):
    a_lot(shop, expires="2026-12-05", units=10)
    rx = an_rx(shop, units=4)
    refusal = nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    assert refusal.available == 3


def test_never_mixes_two_products_in_a_fill(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=3)
    a_lot(shop, "US-CY-FK1", lot="F1", units=3)
    rx = an_rx(shop, units=4)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))


def test_takes_the_product_that_serves_the_whole_fill(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=3, expires="2027-01-31")
    a_lot(shop, "US-CY-FK1", lot="F1", units=4, expires="2028-01-31")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("F1", 4)]


def test_takes_the_product_that_expires_first_where_they_serve_alike(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2028-01-31")
    a_lot(shop, "US-CY-FK1", lot="F1", expires="2027-06-30")
    a_lot(shop, "US-CY-ARG1", lot="OLD", expires="2026-11-21")
    # The day after, the expired lot no longer makes its product the older one.
    assert picks(dispensed(later(shop, 1), an_rx(shop, units=4))) == [("F1", 4)]


def test_refuses_two_products_that_were_named(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1")
    a_lot(shop, "US-CY-FK1", lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, SeveralProducts, lambda: dispensed(shop, rx, lot="A1"))
    fresenius = Pack(FK_CARTON, "A1", date(2027, 11, 30))
    assert dispensed(shop, rx, lot="A1", packs=(fresenius,)).lines[0].product == "US-CY-FK1"


def test_refuses_units_that_do_not_hold_a_dose(shop):
    a_lot(shop, PLAIN, lot="N1")
    rx = an_rx(shop, directions="5 mg IM weekly", units=4)
    nothing_written(shop, TooFewUnits, lambda: dispensed(shop, rx))


def test_a_dose_takes_as_many_ampoules_as_hold_it(shop):
    a_lot(shop, PLAIN, lot="N1", units=10)
    receipt = dispensed(shop, an_rx(shop, directions="2 mg IM weekly", units=4))
    assert (receipt.units, receipt.days_supply) == (4, 14)


def test_a_lot_named_by_the_pharmacist_goes_before_fefo(shop):
    a_lot(shop, lot="SOON", expires="2027-05-31")
    a_lot(shop, lot="LATE", expires="2028-05-31")
    assert picks(dispensed(shop, an_rx(shop, units=4), lot="LATE")) == [("LATE", 4)]


def test_refuses_a_named_lot_that_is_not_on_hand(shop):
    a_lot(shop, lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, lot="B2"))


def test_refuses_a_named_lot_that_is_too_small_although_others_are_there(shop):
    a_lot(shop, lot="A1", units=2)
    a_lot(shop, lot="B2", units=10)
    rx = an_rx(shop, units=4)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx, lot="A1"))


def test_what_the_prescriber_named_goes_before_what_would_be_better(shop):
    a_lot(shop, "US-CY-FK1", lot="F1", expires="2027-01-31")
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2028-01-31")
    assert picks(dispensed(shop, an_rx(shop, units=4, product="US-CY-ARG1"))) == [("A1", 4)]


def test_another_makers_product_is_taken_where_the_named_one_is_short_and_law_and_prescriber_allow(shop):
    a_lot(shop, "US-CY-FK1", lot="F1")
    a_lot(shop, "US-CY-ARG1", lot="A1", units=2)
    assert picks(dispensed(shop, an_rx(shop, units=4, product="US-CY-ARG1"))) == [("F1", 4)]
    strict = an_rx(shop, a_patient(shop, "MRN-2"), "PR1", units=4, product="US-CY-ARG1", as_written=True)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, strict))
    a_lot(shop, "US-CY-ARG1", lot="A2", units=2)
    assert picks(dispensed(shop, strict)) == [("A1", 2), ("A2", 2)]


def test_what_is_not_the_named_product_is_refused_where_the_country_does_not_substitute(shop):
    a_lot(shop, "US-CY-FK1", lot="F1")
    shop.practice = practice_of(Country.NORWAY)
    rx = an_rx(shop, units=4, product="US-CY-ARG1")
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["substitution_not_allowed"]


def test_the_pharmacist_names_the_product(shop):
    a_lot(shop, "US-CY-FK1", lot="F1", expires="2027-01-31")
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2028-01-31")
    rx = an_rx(shop, units=4)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx, product="US-CY-DOD10"))
    assert picks(dispensed(shop, rx, product="us-cy-arg1")) == [("A1", 4)]


def test_the_cheaper_product_is_taken_where_all_else_is_alike(shop):
    a_lot(shop, "US-CY-FK1", lot="F1", expires="2027-01-31", cost=4_000_000)
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2028-01-31", cost=3_000_000)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("A1", 4)]
    assert receipt.why == "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-FK1 (1 mL) would cost more."


def test_a_product_and_a_lot_of_another_one_contradict_each_other(shop):
    a_lot(shop, "US-CY-FK1", lot="F1")
    a_lot(shop, "US-CY-ARG1", lot="A1")
    rx = an_rx(shop, units=4)
    nothing_written(shop, SeveralProducts, lambda: dispensed(shop, rx, product="US-CY-ARG1", lot="F1"))
