from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.refills import (
    Drawn,
    Fill,
    Left,
    NotRefills,
    Owed,
    Terms,
    after_one,
    parse_refills,
    standing,
    units_drawn,
)
from dispensary.rules.supply import supply_of
from tests.build import FORMULARY
from tests.refusing import refused

START = date(2026, 11, 21)
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}
AMPOULE = PRODUCTS["NO-CY-TAK1"]


def terms(directions="1 mg IM weekly", units=4, days=None, refills=2):
    return Terms(parse(directions), None if days else units, days, refills)


def a_fill(number=1, units=4, on=START, returned=0, prescribed=None, completes=None, wanted=None, before=()):
    """A hand-over of ampoules, as the counter computes it after those before it."""
    wanted = wanted or terms()
    course = standing(wanted, before).course(wanted.directions, on)
    supply = supply_of(units, course, AMPOULE)
    return Fill(
        id=number,
        number=number,
        on=on,
        product=AMPOULE,
        units=units,
        returned=returned,
        prescribed_units=prescribed or units,
        completes=completes,
        doses=supply.doses,
        first_injection=supply.first_injection,
        next_injection=supply.next_injection,
    )


def earliest(*fills, percent=75, wanted=None):
    return standing(wanted or terms(refills=99), fills).earliest_fill(percent)


@pytest.mark.parametrize(
    ("text", "refills"),
    [("0", 0), ("3", 3), ("99", 99), ("Reit", 1), ("reit-ii", 2), ("Reit-III", 3), ("REIT-I", 1), (" 2 ", 2)],
)
def test_refills_are_a_number_or_norwegian_reit(text, refills):
    assert parse_refills(text) == refills


@pytest.mark.parametrize("text", ["", "-1", "100", "1.0", "Reit-IV", "²", "two", "0x1"])
def test_other_refills_are_refused(text):
    refused(NotRefills, lambda: parse_refills(text))


def test_units_that_are_left_make_fills():
    assert standing(terms(), []).left == Left(3, 2, 12)
    assert standing(terms(), [a_fill()]).left == Left(2, 2, 8)
    # Four of twelve and one more: seven are one whole fill and a part.
    assert standing(terms(), [a_fill(), a_fill(2, 1)]).left == Left(2, 1, 7)


def test_a_fill_by_days_counts_however_small_unless_it_came_back_whole():
    wanted = terms(days=28, refills=1)
    assert standing(wanted, [a_fill()]).left == Left(1, 1, None)
    assert standing(wanted, [a_fill(returned=3)]).left == Left(1, 1, None)
    assert standing(wanted, [a_fill(returned=4)]).left == Left(2, 1, None)


def test_the_rest_of_a_fill_is_owed_until_it_is_collected():
    part = a_fill(units=1, prescribed=4)
    assert standing(terms(), [part]).owed == Owed(3, None, 1, 1)
    more = a_fill(2, 2, prescribed=3, completes=1)
    assert standing(terms(), [part, more]).owed == Owed(1, None, 1, 1)
    assert standing(terms(), [part, more, a_fill(3, 1, prescribed=1, completes=1)]).owed is None


def test_the_days_that_a_fill_lacks_are_owed():
    part = a_fill(units=1, prescribed=4)
    assert standing(terms(days=28), [part]).owed == Owed(3, 21, 1, 1)


def test_what_came_back_is_not_owed():
    assert standing(terms(), [a_fill(returned=2)]).owed is None
    assert standing(terms(), [a_fill(returned=4)]).owed is None


def test_a_part_that_came_back_moves_the_next_injection():
    found = standing(terms(), [a_fill(returned=2)])
    assert (found.next_injection, found.supplied) == (date(2026, 12, 5), ((START, 2),))
    assert standing(terms(), [a_fill(returned=4)]).next_injection is None


def test_what_is_left_of_a_dose_covers_nothing():
    wanted = terms("2 mg IM weekly")
    found = standing(wanted, [a_fill(units=4, returned=3, wanted=wanted)])
    assert (found.next_injection, found.supplied) == (START, ((START, 0),))


@pytest.mark.parametrize(("percent", "day"), [(75, 21), (80, 23), (90, 26), (100, 28), (50, 14)])
def test_the_next_fill_waits_until_so_much_is_used(percent, day):
    # 28 days: 21, 22.4, 25.2, 28 and 14, each rounded up to a whole day.
    assert earliest(a_fill(), percent=percent) == START + timedelta(days=day)


def test_an_early_fill_makes_the_next_one_wait_longer():
    first = a_fill()
    second = a_fill(2, on=START + timedelta(days=21), before=[first])
    # Not 21 days after the second, but 21 before the end of what both last: day 56 - 7.
    assert earliest(first, second) == START + timedelta(days=49)


def test_a_late_fill_counts_from_its_own_day():
    first = a_fill()
    second = a_fill(2, on=START + timedelta(days=40), before=[first])
    assert earliest(first, second) == START + timedelta(days=61)


def test_nothing_waits_before_the_first_fill_or_for_what_is_owed():
    assert earliest() is None
    assert earliest(a_fill(units=1, prescribed=4)) is None
    assert earliest(a_fill(returned=4)) is None


@given(
    percent=st.integers(50, 100),
    units=st.lists(st.integers(1, 13), min_size=12, max_size=12),
    late=st.lists(st.integers(0, 3), min_size=12, max_size=12),
)
def test_twelve_fills_as_early_as_allowed_never_add_up(percent, units, late):
    fills, on = [], START
    for number, (count, delay) in enumerate(zip(units, late, strict=True), 1):
        wanted = terms(refills=99)
        day = standing(wanted, fills).earliest_fill(percent)
        on = on if day is None else max(on, day) + timedelta(days=delay)
        before = standing(wanted, fills)
        if before.next_injection is not None:
            ahead = (before.next_injection - on).days
            # Never more in hand than the part of the last supply that need not be used first.
            assert ahead <= before.days_of_last * (100 - percent) // 100
        fills.append(a_fill(number, count, on=on, before=fills))
    assert all(earlier.on <= later.on for earlier, later in pairwise(fills))


def a_draw(on=START, product="US-CY-DOD10", volume_ul=1000, wanted=None, before=(), draws=(), order=0):
    """A dose out of an opened vial, as the counter computes it after those before it."""
    wanted = wanted or terms()
    course = standing(wanted, before, draws).course(wanted.directions, on)
    return Drawn(on, PRODUCTS[product], volume_ul, after_one(course), order)


def doses(days, wanted=None, **given):
    """Draws on these days after the start."""
    drawn = []
    for order, day in enumerate(days):
        on = START + timedelta(days=day)
        drawn.append(a_draw(on, wanted=wanted, draws=tuple(drawn), order=order, **given))
    return tuple(drawn)


def test_a_drawn_dose_is_one_injection_supplied_on_its_day():
    found = standing(terms(), (), doses([0]))
    assert (found.supplied, found.next_injection, found.days_of_last) == (((START, 1),), date(2026, 11, 28), 7)
    assert found.course(terms().directions, START).start == date(2026, 11, 28)


def test_a_fill_after_a_draw_is_early_until_the_next_injection_is_due():
    # Of the 7 days 5.25 are to be used, so 6.
    assert standing(terms(), (), doses([0])).earliest_fill(75) == START + timedelta(days=6)
    assert standing(terms(), (), doses([0])).earliest_fill(100) == START + timedelta(days=7)


def test_a_draw_is_early_while_vials_at_home_last():
    found = standing(terms(), [a_fill()])
    assert found.earliest_draw(75) == found.earliest_fill(75) == START + timedelta(days=21)


def test_what_is_owed_may_be_collected_and_a_draw_still_waits():
    found = standing(terms(), [a_fill(units=2, prescribed=4)])
    assert (found.earliest_fill(75), found.earliest_draw(75)) == (None, START + timedelta(days=11))


def test_a_draw_between_two_fills_stands_where_it_happened():
    first = a_fill(units=1)
    drawn = replace(a_draw(START + timedelta(days=7), before=[first]), order=2)
    after = standing(terms(), [replace(first, order=1)], [drawn])
    assert after.supplied == ((START, 1), (START + timedelta(days=7), 1))
    second = a_fill(2, on=START + timedelta(days=14), before=[replace(first, order=1)])
    both = standing(terms(), [replace(first, order=1), replace(second, order=3)], [drawn])
    assert [day for day, _ in both.supplied] == [START, START + timedelta(days=7), START + timedelta(days=14)]


def test_an_early_draw_makes_the_next_one_wait_longer():
    drawn = doses([0, 1])
    assert standing(terms(), (), drawn).next_injection == START + timedelta(days=14)
    assert standing(terms(), (), drawn).supplied == ((START, 1), (START + timedelta(days=7), 1))


def test_draws_move_with_the_fill_before_them_that_came_back():
    fill = a_fill()
    drawn = replace(a_draw(START + timedelta(days=1), before=[fill]), order=1)
    assert drawn.next_injection == START + timedelta(days=35)
    back = standing(terms(), [replace(fill, returned=4)], [drawn])
    assert (back.supplied, back.next_injection) == (((START + timedelta(days=1), 1),), START + timedelta(days=8))


def test_a_draw_behind_a_completed_course_that_came_back_covers_nothing():
    wanted = terms("1 mg IM weekly for 2 doses", units=2, refills=1)
    fill = replace(a_fill(units=2, wanted=wanted), returned=1)
    drawn = [
        Drawn(START + timedelta(days=day), PRODUCTS["US-CY-DOD10"], 1000, START + timedelta(days=40), day)
        for day in (1, 2)
    ]
    found = standing(wanted, [fill], drawn)
    assert found.supplied[-1] == (found.next_injection, 1)


def test_draws_use_up_the_units_that_hold_them():
    # Ten of 1 mL fill a vial of 10 mL, the eleventh begins another.
    assert standing(terms(units=1), (), doses([0])).left == Left(2, 2, 2)
    assert standing(terms(units=1), (), doses(range(0, 70, 7))).left == Left(2, 2, 2)
    assert standing(terms(units=1), (), doses(range(0, 77, 7))).left == Left(1, 1, 1)
    # Nothing of an ampoule is kept, and a dose may take several.
    assert standing(terms(), (), doses([0, 7], product="NO-CY-TAK1", volume_ul=500)).left == Left(3, 2, 10)
    assert units_drawn(doses([0], product="NO-CY-TAK1", volume_ul=2500)) == 3
    mixed = (*doses([0, 7]), *doses([14], product="US-CY-VIT30"), *doses([21], product="NO-CY-TAK1"))
    assert units_drawn(mixed) == 3


def test_the_last_unit_serves_the_draws_that_it_holds_though_none_is_left_to_dispense():
    wanted = terms(units=1, refills=0)
    ten = doses(range(0, 70, 7), wanted=wanted)
    assert (standing(wanted, (), ten).left.units, standing(wanted, (), ten).within) == (0, True)
    assert not standing(wanted, (), doses(range(0, 77, 7), wanted=wanted)).within
    assert not standing(wanted, [a_fill(units=1, wanted=wanted)], doses([7], wanted=wanted)).within


def test_draws_use_up_fills_of_days_as_their_days_pass():
    wanted = terms(days=28, refills=1)
    assert standing(wanted, (), doses([0], wanted=wanted)).left == Left(1, 1, None)
    assert standing(wanted, (), doses([0, 7, 14, 21], wanted=wanted)).left == Left(1, 1, None)
    assert standing(wanted, (), doses([0, 7, 14, 21, 28], wanted=wanted)).left == Left(0, 0, None)
    nine = doses(range(0, 63, 7), wanted=wanted)
    assert (standing(wanted, (), nine[:8]).within, standing(wanted, (), nine).within) == (True, False)


def test_a_monthly_dose_is_one_fill_of_28_days():
    # It covers 30 or 31 days, and a fill for 28 days holds one.
    wanted = terms("1 mg IM monthly", days=28, refills=2)
    assert standing(wanted, (), doses([0, 30], wanted=wanted)).left == Left(1, 1, None)


def test_one_injection_covers_the_days_of_the_quickest_pace():
    wanted = terms("1 mg IM every 2 to 3 days")
    assert a_draw(wanted=wanted).next_injection == START + timedelta(days=2)


def test_the_last_injection_ends_the_course():
    wanted = terms("1 mg IM weekly for 1 dose", units=1, refills=0)
    found = standing(wanted, (), doses([0], wanted=wanted))
    assert found.course(wanted.directions, START + timedelta(days=7)).completed


def test_one_injection_a_year_before_the_calendar_ends_covers_what_is_left_of_it():
    assert a_draw(date(9999, 12, 30)).next_injection == date.max


@given(st.lists(st.integers(0, 12), min_size=1, max_size=10))
def test_draws_never_supply_more_injections_than_doses(gaps):
    days = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    found = standing(terms(), (), doses(days))
    assert sum(injections for _, injections in found.supplied) == len(gaps)
    assert all((later - earlier).days >= 7 for (earlier, _), (later, _) in pairwise(found.supplied))
