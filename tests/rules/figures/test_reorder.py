from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from dispensary.rules.figures.forecast import Compared, Forecast
from dispensary.rules.figures.reorder import Order, Policy, monthly_error, quantile, reorder, safety_stock, whole_packs
from dispensary.rules.figures.rundown import LotLeft, run_down
from dispensary.rules.figures.span import Span

TODAY = date(2026, 11, 21)
POLICY = Policy(lead_time_days=7, review_days=7, order_days=30, service_percent=95)


def forecast(a_day: str = "2", off: tuple[int, ...] = (6, -6, 6, -6)) -> Forecast:
    """So many units a day, and months in which the use was so much more."""
    of = Span(TODAY, TODAY)
    compared = tuple(Compared(of, 60 + each, Fraction(60), Fraction(60)) for each in off)
    return Forecast(TODAY, {}, (Fraction(a_day),), compared)


def test_reorder_point_and_order_by_hand():
    """2 a day for 14 days are 28; 1.645 x 6 x the root of 14 / 30.4375 are 6.69, so 7; up to 35 + 60 from 35."""
    found = reorder(forecast(), 35, None, [25], POLICY)
    assert (found.demand, found.safety, found.point) == (28, 7, 35)
    assert found.order == Order(3, 25)
    assert reorder(forecast(), 36, None, [25], POLICY).order is None


def test_the_minimum_that_was_set_counts_where_it_is_more():
    """By hand: up to 50 + 60 from 40 are 70, in whole packs of 10."""
    found = reorder(forecast(), 40, 50, [10], POLICY)
    assert (found.point, found.order) == (50, Order(7, 10))
    assert reorder(forecast(), 40, 10, [10], POLICY).point == 35


def test_what_nobody_uses_is_ordered_up_to_its_minimum():
    unused = Forecast(TODAY, {}, (Fraction(),), ())
    assert reorder(unused, 0, None, [10], POLICY).order is None
    assert reorder(unused, 5, 5, [10], POLICY).order is None
    assert reorder(unused, 4, 5, [10], POLICY).order == Order(1, 10)


@pytest.mark.parametrize(
    ("units", "packs", "order"),
    [
        (1, [25], Order(1, 25)),
        (25, [25], Order(1, 25)),
        (26, [25], Order(2, 25)),
        (30, [25, 10], Order(3, 10)),
        (50, [25, 10], Order(2, 25)),
        (7, [], Order(7, None)),
    ],
)
def test_orders_are_whole_packs_that_bring_the_least_too_much(units, packs, order):
    assert whole_packs(units, packs) == order


def test_an_order_of_packs_nobody_knows_counts_units():
    assert (Order(7, None).units, Order(2, 25).units) == (7, 50)


def test_the_quantile_is_that_of_the_normal_distribution():
    """From any table: 0 for half, 1.282, 1.645, 2.326."""
    assert [quantile(each) for each in (50, 90, 95, 99)] == [
        Decimal("0.000"), Decimal("1.282"), Decimal("1.645"), Decimal("2.326")
    ]  # fmt: skip
    assert safety_stock(forecast(), 14, 50) == 0


def test_where_little_was_compared_patients_are_taken_to_come_independently():
    """By hand: 4 a day are 121.75 a month, of which the root is 11.03."""
    assert round(monthly_error(forecast("4", ())), 2) == Decimal("11.03")
    assert round(monthly_error(forecast("4", (30, 30))), 2) == Decimal("11.03")
    assert monthly_error(forecast("4", (30, 30, 30))) == 30


def test_the_longer_the_wait_the_more_is_kept():
    long = Policy(30, 7, 30, 95)
    assert reorder(forecast(), 0, None, [25], long).point > reorder(forecast(), 0, None, [25], POLICY).point


def lot(number: int, days: int, units: int, received: int | None = None) -> LotLeft:
    return LotLeft(number, TODAY + timedelta(days=days), units, received or number)


def left(*lots: LotLeft, a_day: str = "2") -> list[tuple[int, int, int]]:
    return [(each.lot.lot_id, each.used, each.unused) for each in run_down(lots, forecast(a_day), TODAY)]


def test_the_lots_run_down_in_the_order_of_their_expiry():
    """By hand, 2 a day: 10 days with today use 20 of lot 1; 20 days use 40 in all, so 20 of lot 2; lot 3 has time."""
    assert left(lot(3, 99, 100), lot(2, 19, 30), lot(1, 9, 50)) == [(1, 20, 30), (2, 20, 10), (3, 100, 0)]


def test_a_lot_is_used_on_its_last_day_and_not_after():
    assert left(lot(1, 0, 5)) == [(1, 2, 3)]
    assert left(lot(1, -1, 5)) == [(1, 0, 5)]


def test_what_was_received_first_is_used_first_where_expiries_are_equal():
    assert left(lot(1, 9, 30, received=2), lot(2, 9, 30, received=1)) == [(2, 20, 10), (1, 0, 30)]


def test_what_an_early_lot_has_served_is_not_served_again():
    """By hand: of 40 in 20 days lot 1 gives 5, so that lot 2 gives its 30 and 5 are short."""
    assert left(lot(1, 1, 5), lot(2, 19, 30)) == [(1, 4, 1), (2, 30, 0)]
    assert left(lot(1, 9, 5), lot(2, 19, 30), lot(3, 19, 30)) == [(1, 5, 0), (2, 30, 0), (3, 5, 25)]


def test_without_a_forecast_everything_is_left():
    assert [each.unused for each in run_down([lot(1, 99, 5)], None, TODAY)] == [5]
    assert run_down([], forecast(), TODAY) == ()
