"""Worked examples by hand, and back-tests on generated pharmacies with known truth."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from dispensary.rules.figures.forecast import (
    Compared,
    Errors,
    Forecast,
    Series,
    by_month,
    by_week,
    errors,
    forecast,
    months_needed,
)
from dispensary.rules.figures.series import series_of
from dispensary.rules.figures.span import Span, month
from dispensary.rules.figures.stock_days import DaysInStock, days_in_stock
from tests.rules.figures.generated import (
    BEGAN,
    KNOWN,
    TODAY,
    UNKNOWN,
    VIALS_OF_1,
    Truth,
    compared,
    generated,
)

MONTHS, HISTORY = 3, 6
SEEDS = range(6)


def stock(*out: Span, since: date = BEGAN) -> DaysInStock:
    of = Span(date(2025, 1, 1), TODAY)
    bits = days_in_stock(of, [], [Span(since, TODAY)]).bits
    for each in out:
        bits &= ~days_in_stock(of, [], [each]).bits
    return DaysInStock(of, bits)


def daily(units: int, of: Iterable[date]) -> dict[date, int]:
    return dict.fromkeys(of, units)


def series(used: dict[date, int], wanted=None, days: DaysInStock | None = None) -> Series:
    return Series(TODAY, used, days or stock(), wanted or {})


def test_without_prescriptions_it_is_the_average():
    """By hand: 2 a day; the month from 21 November has 30 days, the next two 31 each."""
    found = forecast(series(daily(2, Span(BEGAN, TODAY))), MONTHS, HISTORY)
    assert [found.units(each) for each in by_month(found)] == [60, 62, 62]
    assert found.errors == Errors(6, 2 * (TODAY - date(2026, 5, 21)).days, Fraction(), Fraction())


def test_what_prescriptions_want_counts_once():
    """By hand: 30 a month were used and all of it had been wanted; 45 are wanted of the month to come."""
    firsts = {number: month(TODAY, number).first for number in range(-12, 1)}
    used = {first: 30 for number, first in firsts.items() if number < 0}
    wanted = {number: {first: Fraction(30)} for number, first in firsts.items()} | {0: {TODAY: Fraction(45)}}
    found = forecast(series(used, wanted), 1, HISTORY)
    assert (found.units(by_month(found)[0]), found.added) == (45, (0,))
    assert found.errors.forecast == 0


def test_history_adds_what_was_not_wanted_seen_from_as_far_ahead():
    """By hand: 10 of 40 were not wanted a month ahead, and 25 two months ahead.

    Of six months one of 30 days goes furthest beyond, one of 31 least: the other four have 123 days.
    """
    firsts = {number: month(TODAY, number).first for number in range(-12, 3)}
    used = {first: 40 for number, first in firsts.items() if number < 0}
    wanted = {
        number: {first: Fraction(30), firsts[number + 1]: Fraction(15)}
        for number, first in firsts.items()
        if number < 1
    }
    found = forecast(series(used, wanted), 2, HISTORY)
    assert found.added == (Fraction(40, 123), Fraction(100, 123))
    first, second = by_month(found)
    assert found.units(first) == 30 + 30 * Fraction(40, 123)
    assert found.units(second) == 15 + 31 * Fraction(100, 123)
    assert (found.scheduled(first), found.scheduled(second)) == (30, 15)


def test_patients_who_were_expected_and_stayed_away_take_from_it_but_never_below_nothing():
    firsts = {number: month(TODAY, number).first for number in range(-12, 1)}
    wanted = {number: {first: Fraction(30)} for number, first in firsts.items()}
    found = forecast(series({}, wanted | {0: {}}), 1, HISTORY)
    assert found.added[0] < 0
    assert found.units(by_month(found)[0]) == 0


def test_a_month_with_a_stock_out_says_nothing_of_use_where_others_can():
    out = Span(date(2026, 8, 1), date(2026, 8, 11))
    used = daily(2, (day for day in Span(BEGAN, TODAY) if day not in out)) | {date(2026, 8, 11): 22}
    found = forecast(series(used, days=stock(out)), 1, HISTORY)
    assert found.added == (2,)
    assert [each.month.first for each in found.compared] == [
        date(2026, 5, 21), date(2026, 6, 21), date(2026, 8, 21), date(2026, 9, 21), date(2026, 10, 21)
    ]  # fmt: skip


def test_where_the_stock_ran_out_each_month_the_days_in_stock_count():
    """By hand: 3 a day on every day but the first of each month."""
    firsts = [month(TODAY, number).first for number in range(-13, 0)]
    out = stock(*(Span(first, first + timedelta(days=1)) for first in firsts))
    used = daily(3, (day for day in Span(firsts[0], TODAY) if day not in firsts))
    found = forecast(series(used, days=out), 1, HISTORY)
    assert (found.added, found.compared) == ((3,), ())


def test_without_a_past_there_is_nothing_to_add_and_nothing_to_compare():
    found = forecast(series({}, {0: {TODAY: Fraction(4)}}, DaysInStock(Span(date(2025, 1, 1), TODAY))), 1, HISTORY)
    assert (found.units(found.known), found.errors.months, found.errors.forecast_percent) == (4, 0, None)


def test_a_product_that_is_new_is_compared_from_its_second_month_on():
    since = date(2026, 9, 21)
    found = forecast(series(daily(1, Span(since, TODAY)), days=stock(since=since)), 1, HISTORY)
    assert [each.month.first for each in found.compared] == [date(2026, 10, 21)]
    assert found.added == (1,)


def test_after_the_known_months_their_mean_goes_on():
    """By hand: 45 units in the 30 days that are known are 1.5 a day."""
    found = Forecast(TODAY, {TODAY: Fraction(15)}, (Fraction(1),), ())
    assert (found.known, found.a_day) == (Span(TODAY, date(2026, 12, 21)), Fraction(3, 2))
    assert found.first_days(40) == 45 + 15
    assert found.a_month == Fraction(3, 2) * Fraction(487, 16)
    assert (found.first_days(0), found.first_days(1)) == (0, 16)


def test_weeks_begin_today_and_the_last_one_may_be_shorter():
    found = Forecast(TODAY, {}, (Fraction(1),), ())
    assert [each.days for each in by_week(found)] == [7, 7, 7, 7, 2]
    assert sum(found.units(each) for each in by_week(found)) == 30


def test_errors_are_added_up_and_set_against_the_use():
    """By hand: |10 - 12| + |30 - 24| = 8 of 40 is 20 %; history |10 - 10| + |30 - 20| = 10 is 25 %."""
    of = Span(TODAY, TODAY)
    found = errors([Compared(of, 10, Fraction(12), Fraction(10)), Compared(of, 30, Fraction(24), Fraction(20))])
    assert (found.forecast_percent, found.history_percent) == (Decimal("20.0"), Decimal("25.0"))
    assert errors([]).forecast_percent is None


def test_schedules_are_needed_as_far_back_as_they_are_compared():
    assert months_needed(3, 6) == {**dict.fromkeys(range(-12, -8), 1), **dict.fromkeys(range(-8, 1), 3)}
    assert min(months_needed(12, 6)) == -17


def held_against_the_past(truth: dict) -> Errors:
    """The errors of the last months of several pharmacies; backtest.py prints those of many more."""
    return errors(each for seed in SEEDS for each in compared(truth, seed, HISTORY))


@pytest.mark.parametrize("name", KNOWN)
def test_it_beats_history_alone_where_schedules_know_more(name):
    found = held_against_the_past(KNOWN[name])
    assert found.forecast < found.history


@pytest.mark.parametrize("name", UNKNOWN)
def test_it_is_no_worse_than_history_where_they_do_not(name):
    found = held_against_the_past(UNKNOWN[name])
    assert found.forecast <= found.history


def test_a_forecast_of_three_months_is_held_against_what_came_of_it():
    """Not by its own back-test: three months are forecast, and the pharmacy then goes on."""
    off = alone = Fraction()
    used = 0
    for seed in SEEDS:
        later = TODAY + timedelta(days=120)
        made = generated(Truth(seed, **KNOWN["growing"]), later)
        found = forecast(series_of(made.past(TODAY), MONTHS, HISTORY)[VIALS_OF_1], MONTHS, HISTORY)
        before = Span(month(TODAY, -HISTORY).first, TODAY)
        a_day = Fraction(made.used_in(before), before.days)
        for part in by_month(found):
            truth = made.used_in(part)
            used += truth
            off += abs(found.units(part) - truth)
            alone += abs(a_day * part.days - truth)
    assert off < alone / 2
    assert off / used < Fraction(1, 10)
