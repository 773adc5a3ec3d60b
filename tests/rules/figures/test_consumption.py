from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.figures.amounts import at_least, nearest, percent, tenths
from dispensary.rules.figures.consumption import consumption, months_of_stock
from dispensary.rules.figures.span import Span, month, months_before
from dispensary.rules.figures.stock_days import DaysInStock, LotPast, days_in_stock
from dispensary.rules.shelf import State

APRIL = Span(date(2026, 4, 1), date(2026, 5, 1))
FAR = date(2027, 12, 31)


def april(day: int) -> date:
    return date(2026, 4, day)


def all_of(span: Span) -> DaysInStock:
    return days_in_stock(span, [], [span])


def lot(units_now=0, came=None, went=None, states=(), expires=FAR) -> LotPast:
    return LotPast(expires, units_now, came or {}, went or {}, tuple(states))


def out(stock: DaysInStock) -> list[int]:
    return [day.day for day in stock.span if day not in stock]


@pytest.mark.parametrize(
    ("amount", "text"), [("1/20", "0.1"), ("-1/20", "-0.1"), ("1/21", "0.0"), ("25/2", "12.5"), ("0", "0.0")]
)
def test_tenths_round_halves_up(amount, text):
    assert str(tenths(Fraction(amount))) == text


def test_other_amounts_round_as_they_say():
    assert [nearest(Fraction(n, 2)) for n in (1, 3, -1, 4)] == [1, 2, -1, 2]
    assert [at_least(Fraction(n, 2)) for n in (0, 1, 2, 3)] == [0, 1, 1, 2]
    assert (percent(Fraction(1), Fraction(3)), percent(Fraction(1), Fraction())) == (Decimal("33.3"), None)


def test_months_are_counted_from_today_so_that_a_31st_does_not_drift():
    today = date(2027, 1, 31)
    assert [month(today, number).first for number in (-2, -1, 0, 1, 2)] == [
        date(2026, 11, 30), date(2026, 12, 31), today, date(2027, 2, 28), date(2027, 3, 31)
    ]  # fmt: skip
    assert month(date(2028, 1, 29), 1).days == 29
    assert months_before(date(2028, 3, 29), 1) == Span(date(2028, 2, 29), date(2028, 3, 29))


def test_days_without_stock_are_left_out_of_the_average():
    """By hand: 40 units in 30 - 10 days are 2 a day, and 2 x 30.4375 = 60.875 a month."""
    stock = days_in_stock(APRIL, [lot(came={april(1): 40}, went={april(1): 10, april(20): 30})])
    used = {april(1): 10, april(20): 30}
    found = consumption(APRIL, used, stock)
    assert (found.units, found.stock_out_days, found.days_in_stock) == (40, 10, 20)
    assert found.a_month == Decimal("60.9")


def test_without_any_day_in_stock_there_is_no_average():
    found = consumption(APRIL, {}, DaysInStock(APRIL))
    assert (found.units, found.stock_out_days, found.a_day, found.a_month) == (0, 30, None, None)


def test_without_use_the_average_is_nothing():
    assert consumption(APRIL, {}, all_of(APRIL)).a_month == Decimal("0.0")


def test_a_window_of_one_day():
    """By hand: 3 units in one day are 3 x 30.4375 = 91.3125 a month."""
    day = Span(april(1), april(2))
    assert consumption(day, {april(1): 3, april(2): 9}, all_of(day)).a_month == Decimal("91.3")


def test_a_day_on_which_something_was_given_is_no_stock_out_day():
    found = consumption(APRIL, {april(3): 1}, DaysInStock(APRIL))
    assert (found.stock_out_days, found.a_month) == (29, Decimal("30.4"))


def test_a_day_on_which_all_came_back_is_one():
    assert consumption(APRIL, {april(3): 0}, DaysInStock(APRIL)).stock_out_days == 30


def test_months_of_stock():
    """By hand: 50 units at 20 a month last 2.5 months."""
    assert months_of_stock(50, Fraction(20)) == Decimal("2.5")
    assert months_of_stock(0, Fraction(20)) == Decimal("0.0")
    assert months_of_stock(50, Fraction()) is None
    assert months_of_stock(50, None) is None


def test_stock_is_told_backwards_from_what_stands_there_now():
    assert out(days_in_stock(APRIL, [lot(units_now=5)])) == []
    assert out(days_in_stock(APRIL, [lot(units_now=5, came={april(4): 5})])) == [1, 2, 3]
    gone = lot(went={april(4): 5})
    assert out(days_in_stock(APRIL, [gone])) == list(range(5, 31))


def test_what_came_and_went_on_one_day_was_there_that_day():
    assert out(days_in_stock(APRIL, [lot(came={april(4): 5}, went={april(4): 5})])) == [
        *range(1, 4), *range(5, 31)
    ]  # fmt: skip


def test_what_moved_after_the_window_is_taken_back():
    assert out(days_in_stock(APRIL, [lot(units_now=5, came={date(2026, 5, 3): 5})])) == list(range(1, 31))
    assert out(days_in_stock(APRIL, [lot(went={date(2026, 5, 3): 5})])) == []


def test_a_lot_counts_through_its_expiry_date():
    assert out(days_in_stock(APRIL, [lot(units_now=5, expires=april(28))])) == [29, 30]


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_held_and_recalled_stock_is_not_usable(state):
    held = lot(units_now=5, states=[(april(10), state)])
    assert out(days_in_stock(APRIL, [held])) == list(range(11, 31))
    back = lot(units_now=5, states=[(april(10), state), (april(12), State.HELD), (april(20), State.AVAILABLE)])
    assert out(days_in_stock(APRIL, [back])) == list(range(11, 20))


def test_an_open_vial_is_stock_while_it_may_be_drawn_from():
    assert out(days_in_stock(APRIL, [], [Span(april(2), april(30))])) == [1, 30]


def test_of_days_beyond_the_span_nothing_is_known():
    stock = days_in_stock(APRIL, [lot(units_now=5, came={april(4): 5})])
    assert stock.without(Span(date(2026, 3, 1), april(10))) == 3
    assert (stock.within(Span(date(2026, 3, 1), april(10))), date(2026, 3, 1) in stock) == (6, False)


@given(
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 39), st.integers(1, 9), st.booleans()), max_size=12),
)
def test_the_days_are_those_of_a_walk_day_by_day(now, moves):
    """An oracle that knows nothing of bits: the balance at each beginning, and what came in."""
    came: dict[date, int] = {}
    went: dict[date, int] = {}
    first = now - sum(units if inward else -units for _, units, inward in moves)
    if first < 0:
        return
    for number, units, inward in moves:
        day, side = APRIL.first + timedelta(days=number), came if inward else went
        side[day] = side.get(day, 0) + units
    balance, expected = first, []
    for day in APRIL:
        expected.append(balance > 0 or day in came)
        balance += came.get(day, 0) - went.get(day, 0)
    stock = days_in_stock(APRIL, [lot(now, came, went)])
    assert [day in stock for day in APRIL] == expected
