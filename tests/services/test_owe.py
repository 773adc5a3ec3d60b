from sqlalchemy import select

from dispensary.dispensable import NoStock
from dispensary.rules.allocation import ShortStock
from dispensary.rules.safety import StoppedByChecks
from dispensary.rules.shelf import State
from dispensary.schema import prescribing
from dispensary.services.prescribing.owe import CanBeFilled, DemandNoted, DemandThere, Owe, owe
from tests.build import a_lot, a_patient, an_rx, dispensed, in_state, later, returned
from tests.refusing import everything, nothing_written


def noted(shop, rx="RX1", key=None, product=None):
    return shop.do(owe, Owe(key or shop.key(), rx, product), practice=shop.practice)


def test_demand_is_noted_where_nothing_is_on_hand(shop):
    rx = an_rx(shop, units=4, product="US-CY-FK1")
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))
    assert noted(shop, key="k") == DemandNoted("RX1", "k", "US-CY-FK1", 4, 0)
    row = shop.read(lambda db: db.execute(select(prescribing.unmet_demand)).one())
    assert (row.units, row.usable_units, row.at, row.by_id) == (4, 0, shop.on, shop.by().user_id)


def test_demand_is_noted_where_the_stock_is_short(shop):
    a_lot(shop, units=3)
    rx = an_rx(shop, units=4)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    receipt = noted(shop)
    assert (receipt.product, receipt.units, receipt.usable_units) == ("US-CY-ARG1", 4, 3)


def test_days_are_noted_as_the_units_that_they_need(shop):
    an_rx(shop, days=28)
    receipt = noted(shop, product="US-CY-ARG1")
    assert (receipt.units, receipt.usable_units) == (4, 0)


def test_what_can_be_filled_is_not_noted(shop):
    a_lot(shop, units=10)
    an_rx(shop, units=4)
    nothing_written(shop, CanBeFilled, lambda: noted(shop))


def test_what_may_not_be_filled_is_not_noted(shop):
    a_lot(shop, units=10)
    an_rx(shop, patient=a_patient(shop, sensitivities=("cobalamin",)), units=4)
    nothing_written(shop, StoppedByChecks, lambda: noted(shop))
    in_state(shop, "A1", State.HELD)
    nothing_written(shop, StoppedByChecks, lambda: noted(shop))


def test_an_ended_prescription_owes_nothing(shop):
    an_rx(shop, valid_until="2026-11-25")
    after = later(shop, 5)
    nothing_written(after, StoppedByChecks, lambda: noted(after))


def test_no_more_is_noted_than_may_still_be_dispensed(shop):
    a_lot(shop, units=10)
    an_rx(shop, units=10, refills=0)
    returned(shop, dispensed(shop, "RX1").dispense, units=3)
    receipt = noted(shop)
    assert (receipt.product, receipt.units, receipt.usable_units) == ("US-CY-ARG1", 3, 0)


def test_demand_is_noted_once_until_something_is_handed_over(shop):
    a_lot(shop, units=1)
    an_rx(shop, units=4)
    noted(shop)
    nothing_written(shop, DemandThere, lambda: noted(shop))
    dispensed(shop, "RX1", units=1)
    assert noted(shop).units == 3


def test_a_product_that_the_pharmacy_has_had_is_noted(shop):
    a_lot(shop, "US-CY-FK1", lot="F1", units=1)
    returned(shop, dispensed(shop, an_rx(shop, units=1, refills=0)).dispense)
    an_rx(shop, a_patient(shop, "MRN-2"), "PR1", units=4)
    receipt = noted(shop, "RX2")
    assert (receipt.product, receipt.units, receipt.usable_units) == ("US-CY-FK1", 4, 0)


def test_the_same_key_notes_once(shop):
    an_rx(shop)
    first = noted(shop, key="k")
    before = everything(shop)
    assert noted(shop, key="k") == first
    assert everything(shop) == before
