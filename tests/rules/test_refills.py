from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.refills import Fill, Left, NotRefills, Owed, Terms, parse_refills, standing
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
            assert ahead <= before.days_of_last_fill * (100 - percent) // 100
        fills.append(a_fill(number, count, on=on, before=fills))
    assert all(earlier.on <= later.on for earlier, later in pairwise(fills))
