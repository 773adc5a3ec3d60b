from datetime import date
from decimal import Decimal

from dispensary.lookup import NotFound
from dispensary.reports.stock.lot import ActOnLot, CameIn, Standing, show_lot
from dispensary.reports.stock.lots import lot_list
from dispensary.rules.lot_life import LotAct
from dispensary.rules.shelf import State
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, an_rx, dispensed, in_state, returned
from tests.refusing import refused


def test_a_lot_shows_how_it_came_in_and_where_it_stands(shop):
    a_lot(shop, units=10, cost=3_250_000)
    a_lot(shop, units=5, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    returned(shop, "D1", units=1)
    (found,) = shop.read(show_lot, 1, "A1", shop.on)
    assert (found.product, found.fill_ml, found.preservative) == ("US-CY-ARG1", Decimal(1), "benzyl alcohol 15 mg/mL")
    assert (found.state, found.expires, found.month_only, found.days_left) == (
        State.AVAILABLE,
        date(2027, 11, 30),
        False,
        374,
    )
    assert found.received == (
        CameIn("R1", shop.today, "shelf", 10, None, Decimal("3.25")),
        CameIn("R2", shop.today, "refrigerator", 5, None, None),
    )
    standing = {each.place: (each.units, each.usable_units) for each in found.places}
    assert standing["returned"] == (1, 0)
    assert (found.units, found.usable_units) == (12, 11)


def test_a_whole_cost_stays_a_number_without_exponent(shop):
    a_lot(shop, cost=20_000_000)
    (found,) = shop.read(show_lot, 1, "A1", shop.on)
    assert str(found.received[0].unit_cost) == "20"


def test_an_exhausted_lot_still_has_its_story(shop):
    a_lot(shop, units=4)
    dispensed(shop, an_rx(shop, units=4))
    (found,) = shop.read(show_lot, 1, "A1", shop.on)
    assert (found.units, found.places) == (0, ())
    assert [came.units for came in found.received] == [4]


def test_a_held_lot_is_not_usable(shop):
    a_lot(shop, units=4)
    in_state(shop, "A1", State.HELD)
    (found,) = shop.read(show_lot, 1, "A1", shop.on)
    assert (found.state, found.places) == (State.HELD, (Standing("shelf", 4, 0),))


def test_a_month_only_expiry_is_said(shop):
    line = Typed("US-CY-ARG1", "M1", date(2027, 5, 31), 3, month_only=True)
    shop.do(receive, Delivery(shop.key(), (line,), "shelf"))
    assert shop.read(show_lot, 1, "M1", shop.on)[0].month_only


def test_a_number_that_two_products_have_gives_two_lots(shop):
    a_lot(shop, "US-CY-VIT30", units=1)
    a_lot(shop, "US-CY-ARG1", units=2)
    found = shop.read(show_lot, 1, " A1 ", shop.on)
    assert [(lot.product, lot.units) for lot in found] == [("US-CY-ARG1", 2), ("US-CY-VIT30", 1)]


def test_a_lot_shows_what_was_decided_and_what_is_opened(shop):
    a_lot(shop, units=4)
    shop.do(open_vial, Opening(shop.key(), lot="A1"))
    shop.do(act, Decided(shop.key(), "A1", LotAct.HOLD, "cracked vials"))
    (found,) = shop.read(show_lot, 1, "A1", shop.on)
    assert found.acts == (ActOnLot(LotAct.HOLD, shop.on, "alex", "cracked vials", None),)
    assert [(vial.vial, vial.place, vial.remaining_ul) for vial in found.vials] == [("V1", "shelf", 1000)]
    assert (found.units, found.state, found.batch) == (3, State.HELD, None)


def test_an_unknown_lot_is_refused(shop):
    refused(NotFound, lambda: shop.read(show_lot, 1, "NOPE", shop.on))


def test_a_lot_of_another_site_is_not_shown(shop):
    a_lot(shop)
    refused(NotFound, lambda: shop.read(show_lot, 2, "A1", shop.on))
    assert shop.read(lot_list, 2, shop.today, used_up=True) == ()
    assert [row.lot for row in shop.read(lot_list, 1, shop.today, used_up=True)] == ["A1"]
