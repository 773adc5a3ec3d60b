"""The figures as they are read from the books, on both engines, each with an example by hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispensary.reports.figures import prescribed
from dispensary.reports.figures.basis import read_basis
from dispensary.reports.figures.due import DuePatient, DueRow, due, due_patients
from dispensary.reports.figures.figures import figures
from dispensary.reports.figures.forecast import forecasts
from dispensary.reports.figures.reorder import reorders
from dispensary.reports.figures.usage import usage
from dispensary.reports.figures.value import expiries, values
from dispensary.reports.figures.waste import waste
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.schema.people import patient
from dispensary.services.catalogue.formulary import NewPack, ProductEdit, add_pack, edit_product
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from tests.build import Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed, in_state, later, returned
from tests.vials import MULTI, a_vial, discarded, drawn, given

ONE = "US-CY-ARG1"


def shown(shop: Shop, report: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """The report as of the shop's moment, made while the books are open."""
    return shop.read(lambda db: report(read_basis(db, 1, shop.on, shop.practice), *given, **more))


def product(shop: Shop, code: str = ONE):
    """The product's row of usage."""
    (row,) = [each for each in shown(shop, usage).products if each.product == code]
    return row


def order(shop: Shop, code: str = ONE):
    found = shop.read(lambda db: reorders(db, read_basis(db, 1, shop.on, shop.practice)))
    (row,) = [each for each in found if each.product == code]
    return row


def filled(shop: Shop, identifier: str = "MRN-1", **rx) -> str:
    """A fill of a new prescription of a new patient."""
    return dispensed(shop, an_rx(shop, patient=a_patient(shop, identifier=identifier), **rx)).dispense


def test_units_by_days_in_stock(shop):
    """By hand: stocked on 21 November, 4 given that day; on 1 December 10 of 184 days were in stock."""
    a_lot(shop, units=100)
    filled(shop)
    row = product(later(shop, 10))
    assert (row.units, row.days_in_stock, row.stock_out_days) == (4, 10, 173)
    # 4 x 30.4375 / 10 = 12.175 a month, and 96 units last 7.885 months.
    assert (row.a_month, row.usable_units, row.months_of_stock) == (Decimal("12.2"), 96, Decimal("7.9"))
    assert [each.units for each in row.by_month] == [0, 0, 0, 0, 0, 4]
    assert sum(each.stock_out_days for each in row.by_month) == 173


def test_today_is_not_over_and_does_not_count(shop):
    a_lot(shop)
    filled(shop)
    assert (product(shop).units, product(shop).a_month) == (0, None)
    assert shown(shop, usage).last == date(2026, 11, 20)


def test_what_came_back_is_netted_against_its_own_fill(shop):
    a_lot(shop, units=10)
    fill = filled(shop)
    returned(later(shop, 1), fill, units=1)
    assert product(later(shop, 3)).units == 3
    assert [each.units for each in product(later(shop, 3)).by_month][-1] == 3


def test_what_came_back_of_an_earlier_fill_makes_no_use_negative(shop):
    """More came back in the window than was dispensed in it."""
    a_lot(shop, units=10)
    fill = filled(shop)
    far = later(shop, 250)
    returned(far, fill, units=4)
    row = product(later(far, 2))
    assert (row.units, row.a_month) == (0, Decimal("0.0"))


def test_destroyed_units_are_not_consumption(shop):
    a_lot(shop, units=10)
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.do(destroy, Destroy(shop.key(), "A1", "shelf", "broken", "sam", 3))
    assert product(later(shop, 3)).units == 0


def test_an_opened_vial_is_a_unit_on_the_day_of_its_first_draw(shop):
    a_lot(shop, MULTI, lot="M1", units=2)
    rx = an_rx(shop, units=2)
    a_vial(shop)
    a_vial(shop)
    drawn(later(shop, 2), rx)
    drawn(later(shop, 9), rx)
    row = product(later(shop, 20), MULTI)
    assert row.units == 1
    # The two vials are used up, and one of them could be drawn from all the time.
    assert row.days_in_stock == 20


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_held_and_recalled_stock_is_not_usable(shop, state):
    a_lot(shop, units=10)
    in_state(later(shop, 3), "A1", state)
    row = product_or_none(later(shop, 10))
    assert row is None
    reorder = order(later(shop, 10))
    assert (reorder.usable_units, reorder.other_units) == (0, 10)


def product_or_none(shop: Shop):
    return next((each for each in shown(shop, usage).products if each.product == ONE), None)


def test_days_on_hold_and_after_expiry_are_without_stock(shop):
    a_lot(shop, units=10, expires="2026-12-06")
    filled(shop, units=1, refills=0)
    in_state(later(shop, 3), "A1", State.HELD)
    in_state(later(shop, 8), "A1", State.AVAILABLE)
    row = product(later(shop, 30))
    # Of 30 days the 4 between hold and release, and the 14 from 7 December on.
    assert (row.days_in_stock, row.units) == (30 - 4 - 14, 1)


def test_set_aside_stock_is_not_usable(shop):
    a_lot(shop, units=10)
    shop.do(move, Move(shop.key(), "A1", "shelf", "quarantine"))
    assert order(later(shop, 2)).usable_units == 0
    assert (shown(shop, values)[0].units, shown(shop, values)[0].usable_units) == (10, 0)


def test_a_move_between_shelves_is_no_delivery(shop):
    a_lot(shop, units=10)
    later_on = later(shop, 4)
    shop.at(later_on.on).do(move, Move(shop.key(), "A1", "shelf", "refrigerator", reason="no room"))
    filled(later(shop, 5), units=1, written="2026-11-21")
    row = product(later(shop, 10))
    assert row.days_in_stock == 10


def test_groups_are_by_form_size_and_preservative(shop):
    """Two makers of the same vial: a group is in stock while either is."""
    a_lot(shop, ONE, units=4)
    a_lot(shop, "US-CY-FK1", lot="F1", units=4)
    filled(shop, units=4, product=ONE)
    filled(later(shop, 2), "MRN-2", units=2, product="US-CY-FK1", prescriber="PR1")
    found = shown(later(shop, 10), usage)
    (group,) = [each for each in found.groups if each.fill_ml == 1]
    assert (group.product, group.preservative, group.units, group.usable_units) == ("", "benzyl alcohol 15 mg/mL", 6, 2)
    assert group.days_in_stock == 10
    assert [each.days_in_stock for each in found.products] == [1, 10]


def test_over_the_hour_that_comes_twice_days_are_the_pharmacys(shop):
    """A fill at half past midnight on the day the clocks go back, in a month of 29 February later."""
    night = datetime(2027, 11, 7, 0, 30, tzinfo=ZoneInfo("America/New_York"))
    early = shop.at(night)
    a_lot(early, units=10)
    filled(early, units=4, written="2027-11-05")
    row = product(shop.at(night + timedelta(days=1)))
    assert (row.units, row.days_in_stock) == (4, 1)
    leap = shop.at(datetime(2028, 2, 29, 12, tzinfo=ZoneInfo("America/New_York")))
    assert shown(leap, usage).first == date(2027, 8, 29)


def test_a_pharmacy_without_a_past_has_no_figures(shop):
    found = shop.read(figures, 1, shop.on, shop.practice)
    assert (found.usage.products, found.usage.groups, found.forecast.rows, found.reorder) == ((), (), (), ())
    assert (found.value, found.expiry, found.waste.rows, found.waste.sizes, found.due) == ((), (), (), (), ())
    assert found.forecast.overall.error_percent is None


def test_the_forecast_is_of_the_prescriptions_of_the_product(shop):
    """By hand: 4 weekly vials from today on; the next fills come 28 and 56 days later, then a new prescription."""
    a_lot(shop, units=100)
    filled(shop, refills=2)
    rows = [each for each in shown(shop, forecasts).rows if each.product == ONE]
    assert [(each.first, each.scheduled) for each in rows] == [
        (date(2026, 11, 21), Decimal("4.0")),
        (date(2026, 12, 21), Decimal("4.0")),
        (date(2027, 1, 21), Decimal("2.0")),
    ]
    weekly = shown(shop, forecasts, weekly=True).rows
    assert len(weekly) == 14
    assert sum(each.units for each in weekly) == 10


def test_what_was_used_without_a_prescription_is_in_the_forecast(shop):
    a_lot(shop, MULTI, lot="M1", units=20)
    a_patient(shop)
    for number in range(3):
        at = later(shop, 31 * number)
        a_vial(at)
        given(at, vial=f"V{number + 1}")
        discarded(at, f"V{number + 1}")
    (first, *_) = shown(later(shop, 100), forecasts).rows
    assert first.scheduled == 0
    assert Decimal("0.5") < first.units < Decimal("1.5")


def test_a_proposed_order_in_whole_packs(shop):
    """By hand: 4 units are due on day 28, none in the 14 days; the minimum of 30 makes the order."""
    a_lot(shop, units=24, cost=3_250_000)
    filled(shop)
    shop.do(add_pack, NewPack(shop.key(), ONE, "50305170031256", 10))
    shop.do(edit_product, ProductEdit(shop.key(), ONE, units=30))
    row = order(shop)
    assert (row.usable_units, row.reorder_point, row.minimum_units, row.below) == (20, 30, 30, True)
    assert (row.demand_units, row.days) == (0, 14)
    # Up to 30 and the 4 of the 30 days after: 14 of 20, and two packs of 10 bring less than one of 25.
    assert (row.order_packs, row.pack_units, row.order_units) == (2, 10, 20)
    assert row.order_value_micros == 20 * 3_250_000


def test_without_a_known_pack_an_order_is_in_units(shop):
    shop.do(edit_product, ProductEdit(shop.key(), "NO-CY-TAK1", units=3))
    row = order(shop, "NO-CY-TAK1")
    assert (row.order_units, row.order_packs, row.pack_units, row.order_value_micros) == (3, 3, None, None)


def test_stock_that_expires_before_the_delivery_does_not_count(shop):
    a_lot(shop, units=24, expires="2026-11-25")
    assert (order(shop).usable_units, order(shop).expiring_units) == (24, 24)


def test_the_settings_of_the_practice_are_used(shop):
    a_lot(shop, units=100)
    filled(shop)
    shop.practice = replace(shop.practice, lead_time_days=30, review_days=30)
    row = order(shop)
    assert (row.days, row.demand_units) == (60, 8)


def test_value_is_by_cost_and_what_is_not_known_is_not_nothing(shop):
    a_lot(shop, units=10, cost=3_250_000)
    a_lot(shop, lot="A2", units=4)
    a_lot(shop, MULTI, lot="M1", units=2)
    in_state(shop, "A1", State.HELD)
    one, multi = shown(shop, values)
    assert (one.units, one.unknown_units, one.value_micros) == (14, 4, 32_500_000)
    assert (one.usable_units, one.usable_unknown_units, one.usable_value_micros) == (4, 4, None)
    assert (multi.units, multi.unknown_units, multi.value_micros) == (2, 2, None)


def test_what_will_really_expire_unused(shop):
    """By hand: today's fill is over; 4 come on day 28 and 4 on day 56, after lot A1 has expired on day 40."""
    a_lot(shop, units=14, expires="2026-12-31", cost=2_000_000)
    a_lot(shop, lot="A2", units=10, expires="2027-12-31")
    filled(shop)
    a1, a2 = shown(shop, expiries)
    assert (a1.lot, a1.band, a1.units, a1.unused_units, a1.unused_value_micros) == ("A1", "60", 10, 6, 12_000_000)
    assert (a2.lot, a2.band, a2.unused_units, a2.unused_value_micros) == ("A2", None, 0, None)


def test_waste_by_reason(shop):
    """By hand: a draw of 1 mL of 10 mL, 0.075 mL in the needle, the rest discarded; 2 broken units of 1 mL."""
    shop.practice = replace(shop.practice, dead_volume_ul=75)
    a_lot(shop, MULTI, lot="M1", units=2, cost=10_000_000)
    a_lot(shop, units=10)
    an_rx(shop)
    a_vial(shop)
    drawn(shop)
    discarded(shop, reason="cloudy")
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.do(destroy, Destroy(shop.key(), "A1", "shelf", "broken", "sam", 2))
    at = later(shop, 1)
    found = at.read(waste, 1, at.on, at.practice)
    assert [
        (each.product, each.what, each.reason, each.units, each.volume_ul, each.value_micros) for each in found.rows
    ] == [
        (ONE, "destroyed", "broken", 2, 2000, None),
        (MULTI, "from a vial", "cloudy", 0, 8925, 8_925_000),
        (MULTI, "from a vial", "dead volume", 0, 75, 75_000),
    ]
    assert [each.unknown_ul for each in found.rows] == [2000, 0, 0]
    assert at.read(waste, 1, shop.on, at.practice).rows == ()


def test_what_another_size_would_have_saved(shop):
    """By hand: 4 weekly doses out of 10 mL leave 6 mL after 28 days; four vials of 1 mL leave nothing."""
    a_lot(shop, MULTI, lot="M1", units=2, cost=10_000_000)
    a_lot(shop, units=10, cost=2_000_000)
    rx = an_rx(shop, units=4)
    a_vial(shop)
    for week in range(4):
        drawn(later(shop, 7 * week), rx)
    at = later(shop, 40)
    rows = {each.other: each for each in at.read(waste, 1, at.on, at.practice).sizes}
    one = rows[ONE]
    assert (one.doses, one.opened, one.wasted_ul, one.other_opened, one.other_wasted_ul) == (4, 1, 6000, 4, 0)
    assert (one.saved_ul, one.saved_micros) == (6000, 10_000_000 - 8_000_000)
    assert (rows["US-CY-VIT30"].saved_ul, rows["US-CY-VIT30"].saved_micros) == (-20_000, None)


def test_who_is_due(shop):
    a_lot(shop, units=100)
    filled(shop)
    an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber="PR1", units=2)
    at = later(shop, 28)
    assert shown(at, due, 7) == (DueRow(at.today, ONE, 2, 6, 6, 0, 1, 0),)
    found = at.read(lambda db: due_patients(read_basis(db, 1, at.on, at.practice), 7))
    assert found.patients == {1, 2}
    assert found.shown == (
        DuePatient(at.today, ONE, "P1", "RX1", 4, 4, 0, 0, to_renew=False),
        DuePatient(at.today, ONE, "P2", "RX2", 2, 2, 0, 28, to_renew=False),
    )
    assert shown(shop, due, 7) == (DueRow(shop.today, ONE, 1, 2, 2, 0, 0, 0),)


def test_patients_are_read_some_at_a_time_and_none_is_lost(shop, monkeypatch):
    """The same people, whether they are read at once, each alone, or with one left over."""
    a_lot(shop, units=100)
    a_prescriber(shop)
    for number in range(1, 6):
        patient_of = a_patient(shop, identifier=f"MRN-{number}")
        dispensed(shop, an_rx(shop, patient=patient_of, prescriber="PR1"))
        an_rx(shop, patient=patient_of, prescriber="PR1")
    whole = shown(shop, lambda basis: [*basis.past.prescribed])
    assert [(each.patient, each.number, len(each.fills)) for each in whole] == [
        (number, rx, rx % 2) for number in range(1, 6) for rx in (2 * number - 1, 2 * number)
    ]
    for at_once in (1, 2, 5):
        monkeypatch.setattr(prescribed, "AT_ONCE", at_once)
        assert shown(shop, lambda basis: [*basis.past.prescribed]) == whole


def test_who_brought_units_back_is_due_sooner(shop):
    """By hand: of 4 weekly vials one is left, which serves 7 days; the 3 others may be dispensed again."""
    a_lot(shop, units=100)
    returned(shop, filled(shop), units=3)
    (row,) = shown(shop, due, 8)
    assert (row.on, row.patients, row.units) == (shop.today + timedelta(days=7), 1, 4)


def test_nobody_expects_an_erased_patient(shop):
    a_lot(shop, units=100)
    an_rx(shop)
    assert shown(shop, due, 7)
    shop.write(lambda db: db.execute(patient.update().values(erased_at=shop.on)))
    assert shown(shop, due, 7) == ()


def test_another_sites_books_are_another_sites(shop):
    a_lot(shop, units=100)
    filled(shop)
    at = later(shop, 3)
    found = at.read(figures, 2, at.on, at.practice)
    assert (found.usage.products, found.due, found.value) == ((), (), ())


def test_the_figures_of_a_busy_pharmacy(busy):
    """Everything was done once: each figure has rows, and the same books give the same figures."""
    at = later(busy, 6)
    found = at.read(figures, 1, at.on, at.practice)
    assert found == at.read(figures, 1, at.on, at.practice)
    for rows in (found.usage.products, found.forecast.rows, found.reorder, found.value, found.expiry, found.waste.rows):
        assert rows
