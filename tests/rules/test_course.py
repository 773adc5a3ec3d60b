from datetime import date

import pytest

from dispensary.rules.course import CourseCompleted
from dispensary.rules.supply import Supply, last_injection, supply_of, units_for_days
from tests.refusing import refused
from tests.rules.supplied import AMPOULE, START, course, day


def test_a_supply_that_completes_the_course_says_so() -> None:
    weekly = course("1 mg IM weekly for 4 doses")
    assert [supply_of(units, weekly, AMPOULE).completes for units in (3, 4, 10)] == [False, True, True]
    supply = supply_of(10, weekly, AMPOULE)
    assert (supply.doses, supply.waste_ul, supply.last_injection, supply.next_injection) == (4, 6000, day(21), day(28))


def test_a_course_is_complete_when_its_longest_way_is() -> None:
    week = course("1 mg IM daily for 6 to 7 days")
    assert supply_of(6, week, AMPOULE) == Supply(6, 6, START, day(5), day(6), 6, 6000, 0, completes=False)
    assert supply_of(7, week, AMPOULE) == Supply(7, 7, START, day(6), day(7), 7, 7000, 0, completes=True)
    rest = course("1 mg IM daily for 6 to 7 days", (0, 6), start=6)
    assert supply_of(1, rest, AMPOULE) == Supply(1, 1, day(6), day(6), day(7), 1, 1000, 0, completes=True)


def test_days_never_take_more_than_completes_the_course() -> None:
    text = "1 mg IM weekly until 2026-03-31"
    assert [units_for_days(days, course(text), AMPOULE) for days in (28, 29, 90, 5000)] == [4, 5, 5, 5]
    assert units_for_days(5000, course(text, (0, 3), start=21), AMPOULE) == 2


def test_units_beyond_the_course_are_needed_no_later_than_its_last_injection() -> None:
    needed = last_injection(course("1 mg IM weekly for 2 doses"), AMPOULE)
    assert [needed(units) for units in (1, 2, 3, 9)] == [day(0), day(7), day(7), day(7)]


def test_a_fill_goes_on_where_the_one_before_ended() -> None:
    text = "1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly"
    supply = supply_of(4, course(text, (0, 9), start=21), AMPOULE)
    # Days 21 and 28, then monthly from day 35, 6 April.
    assert (supply.last_injection, supply.next_injection) == (date(2026, 5, 6), date(2026, 6, 6))


@pytest.mark.parametrize(
    ("text", "supplied", "start"),
    [
        ("1 mg IM weekly for 4 doses", ((0, 3), (21, 1)), 40),
        ("1 mg IM daily for 6 to 7 days", ((0, 7),), 7),
        ("1 mg IM weekly until 2026-03-31", ((0, 2),), 30),
    ],
)
def test_a_completed_course_has_nothing_left(text: str, supplied: tuple[tuple[int, int], ...], start: int) -> None:
    done = course(text, *supplied, start=start)
    assert done.completed
    for ask in (
        lambda: supply_of(1, done, AMPOULE),
        lambda: units_for_days(1, done, AMPOULE),
        lambda: last_injection(done, AMPOULE),
        done.injections,
    ):
        with pytest.raises(CourseCompleted):
            ask()


def test_a_course_is_not_completed_while_any_way_has_something_left() -> None:
    assert not course("1 mg IM daily for 6 to 7 days", (0, 6), start=6).completed
    assert not course("1 mg IM weekly", *((7 * week, 1) for week in range(400)), start=2800).completed


def test_a_completed_course_tells_what_was_supplied_and_when_it_ended() -> None:
    refused(CourseCompleted, lambda: supply_of(1, course("1 mg IM weekly for 4 doses", (0, 4), start=40), AMPOULE))
    refused(CourseCompleted, lambda: supply_of(1, course("1 mg IM weekly until 2026-03-03", (0, 1), start=40), AMPOULE))
