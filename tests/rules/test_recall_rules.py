from datetime import date, timedelta

import pytest

from dispensary.rules.course import Course
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.recall import (
    NotAScope,
    NoticeFromTheFuture,
    OpenRecall,
    RecalledBeforeReceived,
    Scope,
    doses_at_home,
    doses_of,
    require_dated,
    require_not_covered,
)
from tests.build import FORMULARY
from tests.refusing import refused

TODAY = date(2026, 11, 21)
EXPIRES = date(2027, 11, 30)
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}
AMPOULE = PRODUCTS["NO-CY-TAK1"]
VIAL30 = PRODUCTS["US-CY-VIT30"]


def a_course(directions="1 mg IM weekly", days_ago=0, supplied=()):
    return Course(parse(directions), TODAY - timedelta(days=days_ago), supplied)


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(None, "1662"), True),
        (Scope("US-CY-ARG1", "1662"), True),
        (Scope("US-CY-FK1", "1662"), False),
        (Scope(None, "1679"), False),
        (Scope("US-CY-ARG1", None), True),
        (Scope("US-CY-FK1", None), False),
        (Scope("US-CY-ARG1", None, EXPIRES, EXPIRES), True),
        (Scope("US-CY-ARG1", None, None, EXPIRES), True),
        (Scope("US-CY-ARG1", None, None, EXPIRES - timedelta(days=1)), False),
        (Scope("US-CY-ARG1", None, EXPIRES, None), True),
        (Scope("US-CY-ARG1", None, EXPIRES + timedelta(days=1), None), False),
    ],
)
def test_what_a_notice_covers(scope, covers):
    assert scope.covers("US-CY-ARG1", "1662", EXPIRES) is covers


def test_the_case_of_a_lot_number_hides_nothing():
    assert Scope(None, "a23@x").covers("US-CY-ARG1", "A23@X", EXPIRES)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(None, "01052018@46"), "lot 01052018@46"),
        (Scope("US-CY-ARG1", "1662"), "lot 1662 of US-CY-ARG1"),
        (Scope("US-CY-ARG1", None), "US-CY-ARG1"),
        (Scope("US-CY-ARG1", None, TODAY, EXPIRES), "US-CY-ARG1 expiring from 2026-11-21 to 2027-11-30"),
        (Scope("US-CY-ARG1", None, None, EXPIRES), "US-CY-ARG1 expiring to 2027-11-30"),
    ],
)
def test_a_scope_in_words(scope, words):
    assert str(scope) == words


@pytest.mark.parametrize(
    "given", [(None, None), (None, "1662", TODAY), ("US-CY-ARG1", None, EXPIRES, TODAY), (None, None, TODAY, EXPIRES)]
)
def test_a_scope_that_means_nothing_is_refused(given):
    refused(NotAScope, lambda: Scope(*given))


def test_a_notice_is_not_from_tomorrow():
    require_dated("D-0792-2026", TODAY, TODAY)
    refused(NoticeFromTheFuture, lambda: require_dated("D-0792-2026", TODAY + timedelta(days=1), TODAY))


def test_what_a_notice_covers_is_not_received():
    notice = OpenRecall("RC1", "D-0792-2026", Scope("US-CY-ARG1", "1662"))
    require_not_covered([notice], "US-CY-ARG1", "1679", EXPIRES)
    require_not_covered([], "US-CY-ARG1", "1662", EXPIRES)
    refused(RecalledBeforeReceived, lambda: require_not_covered([notice], "US-CY-ARG1", "1662", EXPIRES))


@pytest.mark.parametrize(("days_ago", "left"), [(0, 4), (1, 3), (7, 3), (8, 2), (14, 2), (21, 1), (22, 0), (400, 0)])
def test_a_dose_is_at_home_until_its_day_has_passed(days_ago, left):
    assert doses_at_home(a_course(days_ago=days_ago), AMPOULE, (4,), TODAY) == (left,)


def test_lots_of_one_fill_are_used_in_their_order():
    assert doses_at_home(a_course(days_ago=8), AMPOULE, (1, 2, 3), TODAY) == (0, 1, 3)


def test_what_came_back_is_not_at_home():
    assert doses_at_home(a_course(), AMPOULE, (0, 2), TODAY) == (0, 2)
    assert doses_at_home(a_course(), AMPOULE, (0, 0), TODAY) == (0, 0)


def test_a_multi_dose_vial_holds_what_may_be_taken_before_its_hour():
    assert doses_at_home(a_course("1 mg IM every week", days_ago=7), VIAL30, (1,), TODAY) == (3,)


def test_a_range_counts_at_its_slowest():
    ranged = a_course("1 mg IM every 2 to 3 days", days_ago=6)
    assert doses_at_home(ranged, AMPOULE, (4,), TODAY) == (2,)


def test_the_second_fill_goes_on_in_the_phase_that_it_reached():
    began = TODAY - timedelta(days=7)
    second = a_course("1 mg IM daily for 7 days, then monthly", 0, ((began, 7),))
    assert doses_at_home(second, AMPOULE, (2,), TODAY + timedelta(days=1)) == (1,)


def test_less_than_a_dose_and_more_than_the_course_hold_none():
    assert doses_of(a_course("2 mg IM weekly"), AMPOULE, 1) == 0
    assert doses_at_home(a_course("1 mg IM weekly for 2 doses"), AMPOULE, (1, 1, 1), TODAY) == (1, 1, 0)
    over = a_course("1 mg IM weekly for 2 doses", 0, ((TODAY - timedelta(days=14), 2),))
    assert doses_at_home(over, AMPOULE, (2,), TODAY) == (0,)
