from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.course import Course, CourseCompleted
from dispensary.rules.directions import Directions, Duration, Interval, Phase, Unit
from dispensary.rules.grammar import parse
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import Dose, NotAWholeMicrolitre, Strength
from dispensary.rules.schedule import Pace, injections, paces
from dispensary.rules.supply import (
    Supply,
    SupplyBeyondCalendar,
    TooFewUnits,
    days_of_units,
    last_injection,
    supply_of,
    units_for_days,
)
from tests.refusing import refused

START = date(2026, 3, 2)


def a_product(
    *,
    container: Container = Container.MULTI_DOSE_VIAL,
    fill_ul: int = 10_000,
    preservatives: str = "benzyl alcohol 1.5%",
    mcg_per_ml: int = 1000,
) -> Product:
    return Product(
        code="US-CY-VIT10",
        name="Cyanocobalamin injection",
        labeler="Vitruvias",
        form=Form.CYANOCOBALAMIN,
        strength=Strength(mcg_per_ml),
        container=container,
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(Temperature.ROOM, protect_from_light=True),
        routes=frozenset(Route),
    )


AMPOULE = a_product(container=Container.AMPOULE, fill_ul=1000, preservatives="none")


def course(text: str, *supplied: tuple[int, int], start: int = 0) -> Course:
    """The directions from a day on, after fills that began on a day and covered so many injections."""
    return Course(parse(text), day(start), tuple((day(began), covered) for began, covered in supplied))


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def test_a_vial_is_given_up_when_its_in_use_days_are_over() -> None:
    supply = supply_of(1, course("1 mg IM weekly"), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 6000, 28)
    assert (supply.first_injection, supply.last_injection, supply.next_injection) == (START, day(21), day(28))


def test_a_vial_that_is_used_up_in_time_wastes_nothing() -> None:
    supply = supply_of(1, course("3 mg IM every 2 days"), a_product(fill_ul=30_000))
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (10, 0, 20)


def test_a_rest_smaller_than_a_dose_is_waste() -> None:
    supply = supply_of(1, course("3 mg IM daily"), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (3, 1000, 3)


def test_a_dose_does_not_span_two_vials() -> None:
    supply = supply_of(2, course("3 mg IM daily"), a_product())
    assert (supply.doses, supply.waste_ul) == (6, 2000)


@pytest.mark.parametrize(
    ("container", "preservatives"),
    [
        (Container.AMPOULE, "none"),
        (Container.SINGLE_DOSE_VIAL, "benzyl alcohol 1.5%"),
        (Container.VIAL, "benzyl alcohol 1.5%"),
        (Container.MULTI_DOSE_VIAL, "none"),
    ],
)
def test_what_may_not_be_kept_open_serves_one_injection(container: Container, preservatives: str) -> None:
    product = a_product(container=container, fill_ul=2000, preservatives=preservatives)
    supply = supply_of(4, course("1 mg IM weekly"), product)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 4000, 28)


def test_a_preserved_vial_of_unknown_agents_is_multi_dose() -> None:
    supply = supply_of(1, course("1 mg IM daily"), a_product(preservatives="unknown"))
    assert supply.doses == 10


@pytest.mark.parametrize("product", [AMPOULE, a_product(fill_ul=1000)])
def test_a_dose_above_the_fill_takes_several_units(product: Product) -> None:
    directions = course("2.5 mg IM weekly")
    supply = supply_of(7, directions, product)
    assert (supply.units, supply.doses, supply.waste_ul, supply.days_supply) == (7, 2, 2000, 14)
    assert units_for_days(14, directions, product) == 6
    # The seventh unit is of no use alone, but would be opened on day 14.
    needed = last_injection(directions, product)
    assert [needed(units) for units in range(1, 8)] == [day(0)] * 3 + [day(7)] * 3 + [day(14)]


def test_a_range_gives_the_earliest_day_without_and_the_latest_day_of_need() -> None:
    directions = course("3 mg subcut every 2 to 3 days")
    supply = supply_of(1, directions, a_product(fill_ul=30_000))
    assert (supply.doses, supply.waste_ul) == (10, 0)
    assert (supply.next_injection, supply.days_supply) == (day(20), 20)
    assert supply.last_injection == day(27)
    assert last_injection(directions, a_product(fill_ul=30_000))(1) == day(27)


def test_a_wide_range_is_cautious_at_both_ends() -> None:
    # At the quick end six doses last to day 25, at the slow end two doses leave day 28 uncovered.
    supply = supply_of(1, course("1 mg IM every 5 to 14 days"), a_product())
    assert (supply.doses, supply.last_injection, supply.days_supply) == (2, day(25), 28)


def test_a_dose_on_day_28_needs_another_vial() -> None:
    assert supply_of(1, course("1 mg IM every 28 days"), a_product()).doses == 1
    assert supply_of(1, course("1 mg IM every 27 days"), a_product()).doses == 2


def test_the_makers_own_limit_of_use_comes_before_the_usual_one() -> None:
    short = replace(a_product(), in_use_days=14)
    assert supply_of(1, course("1 mg IM weekly"), short).doses == 2
    assert supply_of(1, course("1 mg IM every 14 days"), short).doses == 1
    assert supply_of(1, course("1 mg IM every 35 days"), replace(a_product(), in_use_days=42)).doses == 2
    assert (a_product().kept_days, short.kept_days, replace(AMPOULE, in_use_days=14).kept_days) == (28, 14, 0)


def test_months_are_served_by_one_vial_each() -> None:
    supply = supply_of(3, Course(parse("1 mg IM monthly"), date(2027, 1, 31)), AMPOULE)
    assert supply.last_injection == date(2027, 3, 31)
    assert supply.next_injection == date(2027, 4, 30)
    assert supply.days_supply == 89


def test_counts_the_units_for_some_days() -> None:
    weekly = course("1 mg IM weekly")
    assert [units_for_days(days, weekly, AMPOULE) for days in (1, 7, 8, 90)] == [1, 1, 2, 13]
    assert [units_for_days(days, weekly, a_product()) for days in (28, 29, 84)] == [1, 2, 3]


def test_too_few_units_for_one_dose_are_refused() -> None:
    with pytest.raises(TooFewUnits) as refused:
        supply_of(2, course("2.5 mg IM weekly"), AMPOULE)
    assert str(refused.value) == (
        "one dose of 2.5 mg is 2.5 mL of US-CY-VIT10 and a unit holds 1 mL: 2 will not do; give at least 3 units."
    )


def test_a_supply_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(SupplyBeyondCalendar) as refused:
        supply_of(1_000_000, course("1 mg IM monthly"), AMPOULE)
    assert str(refused.value) == "1000000 units of US-CY-VIT10 would last beyond the year 9999; ask for fewer."
    with pytest.raises(SupplyBeyondCalendar) as refused:
        units_for_days(9_999_999, course("1 mg IM every 24 months"), AMPOULE)
    assert str(refused.value) == "9999999 days of US-CY-VIT10 would last beyond the year 9999; ask for fewer."


def test_no_lot_is_asked_to_outlast_the_calendar() -> None:
    assert last_injection(course("1 mg IM every 24 months"), AMPOULE)(5000) == date.max


def test_a_dose_that_no_syringe_measures_is_refused() -> None:
    directions, product = course("1 mg IM weekly"), a_product(mcg_per_ml=1100 * 3)
    with pytest.raises(NotAWholeMicrolitre):
        supply_of(1, directions, product)
    with pytest.raises(NotAWholeMicrolitre):
        units_for_days(7, directions, product)


def test_a_vial_serves_the_next_dose_while_it_holds_it() -> None:
    """4 x 1 mL and 2 x 3 mL are one 10 mL vial; of 5 x 1 mL and 3 mL, 2 mL are left and hold no further 3 mL."""
    text = "1 mg IM daily for 4 days, then 3 mg IM daily for 2 days, then 1 mg IM weekly"
    supply = supply_of(1, course(text), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (6, 0, 6)
    supply = supply_of(1, course("1 mg IM daily for 5 days, then 3 mg IM every 2 days"), a_product())
    assert (supply.doses, supply.volume_ul, supply.waste_ul, supply.days_supply) == (6, 8000, 2000, 7)


def test_what_is_left_of_a_vial_serves_a_smaller_dose() -> None:
    supply = supply_of(2, course("3 mg IM weekly for 2 doses, then 500 mcg IM weekly"), a_product(fill_ul=4000))
    # Days 0 and 7 leave 1 mL twice; the second vial serves days 14 and 21 as well.
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 1000, 28)


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


def test_the_largest_of_the_doses_that_may_come_next_must_fit() -> None:
    """After one of up to 2 small doses the next is small or large."""
    text = "500 mcg IM daily for up to 2 doses, then 2.5 mg IM weekly"
    with pytest.raises(TooFewUnits) as few:
        supply_of(2, course(text, (0, 1), start=1), AMPOULE)
    assert (few.value.dose, few.value.needed) == ("2.5 mg", 3)
    assert units_for_days(1, course(text, (0, 1), start=1), AMPOULE) == 3


def test_a_later_dose_that_no_syringe_measures_is_refused_at_once() -> None:
    text = "1.1 mg IM weekly for 4 doses, then 1 mg IM monthly"
    with pytest.raises(NotAWholeMicrolitre):
        supply_of(1, course(text), a_product(mcg_per_ml=1100))
    assert (
        supply_of(
            1,
            Course(parse("1 mg IM weekly for 4 doses, then 1.1 mg IM monthly"), day(28), ((START, 4),)),
            a_product(mcg_per_ml=1100),
        ).doses
        == 1
    )


def test_as_needed_lasts_as_if_it_were_always_needed() -> None:
    assert supply_of(4, course("1 mg IM as needed, at most weekly"), AMPOULE).days_supply == 28


@st.composite
def a_case(draw: st.DrawFn) -> tuple[Course, Product]:
    """A course of one to three phases, at its beginning or after some fills, and a product."""
    phases = []
    count = draw(st.integers(1, 3))
    for number in range(count):
        unit = draw(st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR]))
        least, most = sorted(draw(st.tuples(st.integers(1, 5), st.integers(1, 5))))
        times = draw(st.integers(1, 7)) if unit in (Unit.WEEK, Unit.MONTH) and most == 1 else 1
        lasting = None
        if number < count - 1 or draw(st.booleans()):
            lasting = Duration(
                draw(st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.DOSE])),
                *sorted(draw(st.tuples(st.integers(0, 9), st.integers(1, 9)))),
            )
        dose = Dose(draw(st.integers(1, 12)) * 500)
        phases.append(Phase(dose, Route.IM, Interval(unit, least, most, times), lasting))
    supplied, on = [], START
    for gap, covered in draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=3)):
        supplied.append((on, covered))
        on += timedelta(days=gap)
    product = a_product(
        container=draw(st.sampled_from(Container)),
        fill_ul=draw(st.sampled_from([1000, 2000, 10_000, 30_000])),
        preservatives=draw(st.sampled_from(["none", "unknown", "benzyl alcohol"])),
    )
    return Course(Directions(tuple(phases)), on, tuple(supplied)), product


class Played(NamedTuple):
    """One way of injecting from a box: the doses in microlitres, the day each unit was last used, the day it failed."""

    doses_ul: list[int]
    last: date
    used: list[date]
    failed: date | None


def play(units: int, course: Course, product: Product, pace: Pace) -> Played | None:
    """Injects day by day from a box of units; None where nothing is left to inject at this pace."""
    position = dict(course.positions)[pace]
    days = list(islice(injections(course.directions, course.start, pace, position), 400))
    if not days:
        return None
    doses: list[int] = []
    used: list[date] = []
    left_ul, opened, last = 0, course.start, course.start
    for on, dose, _ in days:
        dose_ul = product.strength.volume_ul(dose)
        kept = left_ul >= dose_ul and on < opened + timedelta(days=product.kept_days)
        if kept:
            left_ul -= dose_ul
            used[-1] = on
        else:
            left_ul, opened, wanted = 0, on, 0
            while left_ul < dose_ul:
                left_ul += product.fill_ul
                wanted += 1
            if len(used) + wanted > units:
                return Played(doses, last, used + [on] * (units - len(used)), on)
            used += [on] * wanted
            left_ul = left_ul - dose_ul if wanted == 1 else 0
        doses.append(dose_ul)
        last = on
    assert len(days) < 400
    return Played(doses, last, used + [last] * (units - len(used)), None)


def games(units: int, course: Course, product: Product) -> list[Played]:
    played = (play(units, course, product, pace) for pace in paces(course.directions))
    return [game for game in played if game is not None]


@given(a_case(), st.integers(1, 8))
def test_equals_injecting_from_a_box_day_by_day(case: tuple[Course, Product], units: int) -> None:
    course, product = case
    played = games(units, course, product)
    failed = [game for game in played if game.failed is not None]
    if not played:
        assert course.completed
        return
    if any(not game.doses_ul for game in failed):
        with pytest.raises(TooFewUnits):
            supply_of(units, course, product)
        return
    supply = supply_of(units, course, product)
    fewest = min((len(game.doses_ul), sum(game.doses_ul)) for game in failed or played)
    if not failed:
        fewest = max((len(game.doses_ul), sum(game.doses_ul)) for game in played)
    assert (supply.doses, supply.volume_ul) == fewest
    assert supply.waste_ul == units * product.fill_ul - supply.volume_ul
    assert supply.waste_ul >= 0
    assert supply.completes == (not failed)
    assert supply.first_injection == course.start
    assert supply.last_injection == max(game.last for game in played)
    if failed:
        assert supply.next_injection == min(game.failed for game in failed if game.failed is not None)
    assert supply.next_injection > course.start
    assert supply.days_supply == (supply.next_injection - course.start).days
    needed = last_injection(course, product)
    assert [needed(unit + 1) for unit in range(units)] == [
        max(days) for days in zip(*(game.used for game in played), strict=True)
    ]


@given(a_case(), st.integers(1, 200))
def test_units_for_days_are_the_least_that_are_enough(case: tuple[Course, Product], days: int) -> None:
    course, product = case
    if course.completed:
        return
    units = units_for_days(days, course, product)
    supply = supply_of(units, course, product)
    assert units >= 1
    assert supply.completes or supply.days_supply >= days
    if units > 1:
        try:
            fewer = supply_of(units - 1, course, product)
        except TooFewUnits:
            return
        assert not fewer.completes
        assert fewer.days_supply < days


@given(a_case(), st.integers(1, 30))
def test_more_units_serve_no_less(case: tuple[Course, Product], units: int) -> None:
    course, product = case
    if course.completed:
        return
    try:
        fewer, more = (supply_of(count, course, product) for count in (units, units + 1))
    except TooFewUnits:
        return
    assert fewer.doses <= more.doses
    assert fewer.days_supply <= more.days_supply
    assert fewer.last_injection <= more.last_injection
    assert fewer.completes <= more.completes


@given(a_case())
def test_the_day_of_need_never_falls(case: tuple[Course, Product]) -> None:
    course, product = case
    if course.completed:
        return
    needed = last_injection(course, product)
    days = [needed(units) for units in range(1, 40)]
    assert days == sorted(days)
    assert days[0] >= course.start


@given(a_case(), st.integers(1, 12))
def test_a_fill_that_completes_leaves_nothing_for_the_next(case: tuple[Course, Product], units: int) -> None:
    """What a supply says that it covers is what the next fill goes on from, without a gap and without an end."""
    course, product = case
    for _ in range(40):
        if course.completed:
            return
        try:
            supply = supply_of(units, course, product)
        except TooFewUnits:
            return
        after = Course(
            course.directions, supply.next_injection, (*course.supplied, (supply.first_injection, supply.doses))
        )
        if len(paces(course.directions)) == 1:
            assert after.completed == supply.completes
            covered = [each.on for each in islice(course.injections(), supply.doses + 1)]
            assert supply.completes or covered.pop() == supply.next_injection
            assert len(covered) == supply.doses
            assert covered[-1] == supply.last_injection
        course = after


@pytest.mark.parametrize(
    ("text", "product", "units", "days"),
    [
        ("1 mg IM weekly", AMPOULE, 3, [[0], [7], [14]]),
        ("1.5 mg IM weekly", AMPOULE, 5, [[0], [0], [7], [7], []]),
        ("1 mg IM weekly for 2 doses", AMPOULE, 3, [[0], [7], []]),
        ("1 mg IM weekly", a_product(fill_ul=3000), 2, [[0, 7, 14], [21, 28, 35]]),
        ("1 mg IM weekly", a_product(), 2, [[0, 7, 14, 21], [28, 35, 42, 49]]),
    ],
)
def test_each_unit_has_the_days_that_it_serves(text: str, product: Product, units: int, days: list[list[int]]) -> None:
    assert days_of_units(units, course(text), product) == tuple(tuple(map(day, each)) for each in days)


def steady(directions: Directions) -> Directions:
    """The same without a range, at one pace."""

    def end(phase: Phase) -> Duration | None:
        assert phase.lasting is None or isinstance(phase.lasting, Duration)
        return phase.lasting and replace(phase.lasting, least=phase.lasting.most)

    return replace(
        directions,
        phases=tuple(
            replace(each, interval=replace(each.interval, most=each.interval.least), lasting=end(each))
            for each in directions.phases
        ),
    )


@given(a_case(), st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(0, 31))
def test_the_days_of_the_units_of_all_fills_are_those_of_one_walk(
    case: tuple[Course, Product], fills: list[int], later: int
) -> None:
    directions, product = steady(case[0].directions), case[1]
    (pace,) = paces(directions)
    start = on = day(later)
    supplied: list[tuple[date, int]] = []
    found: list[date] = []
    for units in fills:
        filled = Course(directions, on, tuple(supplied))
        if filled.completed:
            break
        try:
            supply = supply_of(units, filled, product)
        except TooFewUnits:
            break
        of_units = days_of_units(units, filled, product)
        assert len(of_units) == units
        assert sorted(of_units, key=lambda each: each or (date.max,)) == list(of_units)
        # The units of one large dose have the same day.
        days = sorted(set().union(*of_units))
        assert (len(days), days[-1]) == (supply.doses, supply.last_injection)
        found += days
        supplied.append((on, supply.doses))
        on = supply.next_injection
    assert found == [each.on for each in islice(injections(directions, start, pace), len(found))]
