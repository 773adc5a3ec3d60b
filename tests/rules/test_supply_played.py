"""Supplies as they are played through injection by injection, out of the box."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.course import Course
from dispensary.rules.directions import Directions, Duration, Interval, Phase, Unit
from dispensary.rules.product import Container, Product, Route
from dispensary.rules.quantity import Dose
from dispensary.rules.schedule import Pace, injections, paces
from dispensary.rules.supply import TooFewUnits, days_of_units, last_injection, supply_of, units_for_days
from tests.rules.supplied import START, a_product, day


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
