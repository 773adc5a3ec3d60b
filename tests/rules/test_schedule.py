import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.directions import Directions, Duration, Interval, Phase, Unit
from dispensary.rules.grammar import parse
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.schedule import Injection, Pace, Position, injections, paces, resume
from tests.rules.directions_strategy import some_directions

START = date(2026, 3, 2)
QUICK = Pace(interval_most=False, duration_most=False)
SLOW = Pace(interval_most=True, duration_most=False)
LONG = Pace(interval_most=False, duration_most=True)


def walked(text: str, most: int = 12, *, start: date = START, pace: Pace = QUICK) -> list[Injection]:
    return list(islice(injections(parse(text), start, pace), most))


def days(text: str, most: int = 12, *, start: date = START, pace: Pace = QUICK) -> list[int]:
    return [(each.on - start).days for each in walked(text, most, start=start, pace=pace)]


def dates(text: str, most: int, start: str) -> list[str]:
    return [each.on.isoformat() for each in walked(text, most, start=date.fromisoformat(start))]


def test_a_phase_begins_with_an_injection_on_the_day_the_one_before_ends() -> None:
    text = "1 mg IM daily for 3 days, then 2 mg IM every 2 weeks for 4 weeks, then 3 mg IM weekly"
    assert days(text, 8) == [0, 1, 2, 3, 17, 31, 38, 45]
    assert [each.dose.mcg for each in walked(text, 6)] == [1000, 1000, 1000, 2000, 2000, 3000]


def test_a_phase_of_doses_ends_an_interval_after_its_last() -> None:
    assert days("1 mg IM every 2 days for 3 doses, then 1 mg IM weekly", 6) == [0, 2, 4, 6, 13, 20]


def test_a_day_until_which_to_inject_is_one_of_them() -> None:
    assert days("1 mg IM every 2 days until 2026-03-06") == [0, 2, 4]
    assert days("1 mg IM every 2 days until 2026-03-07, then 1 mg IM weekly", 5) == [0, 2, 4, 6, 13]


def test_a_phase_whose_last_day_has_passed_is_left_out() -> None:
    text = "1 mg IM daily for 10 days, then 2 mg IM daily until 2026-03-11, then 3 mg IM weekly"
    assert [each.dose.mcg for each in walked(text, 12)] == [1000] * 10 + [3000] * 2
    assert days(text, 12)[-2:] == [10, 17]
    assert days("1 mg IM daily until 2026-03-01") == []


def test_up_to_is_one_at_its_short_end() -> None:
    assert days("1 mg IM daily for up to 5 doses, then 1 mg IM weekly", 3) == [0, 1, 8]
    assert days("1 mg IM daily for up to 5 doses, then 1 mg IM weekly", 7, pace=LONG) == [0, 1, 2, 3, 4, 5, 12]
    assert days("1 mg IM daily for up to 2 weeks") == list(range(7))


def test_several_times_are_spread_evenly() -> None:
    assert days("1 mg IM 3 times a week", 7) == [0, 2, 4, 7, 9, 11, 14]
    # 31 days in March, 30 in April: 0, 15 and 31, 46.
    assert days("1 mg IM 2 times a month", 5) == [0, 15, 31, 46, 61]
    assert days("1 mg IM 4 times a year", 5) == [0, 91, 182, 273, 365]


def test_months_keep_their_day_where_the_month_has_it() -> None:
    assert dates("1 mg IM monthly", 5, "2027-01-31") == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
        "2027-05-31",
    ]
    assert dates("1 mg IM yearly", 5, "2028-02-29")[1::3] == ["2029-02-28", "2032-02-29"]


def test_only_paces_that_differ_are_walked() -> None:
    assert paces(parse("1 mg IM weekly")) == (QUICK,)
    assert paces(parse("1 mg IM every 2 to 3 days")) == (QUICK, SLOW)
    assert paces(parse("1 mg IM daily for up to 5 doses")) == (QUICK, LONG)
    assert paces(parse("1 mg IM daily for up to 1 dose")) == (QUICK,)
    both = parse("1 mg IM daily for 6 to 7 days, then 1 mg IM every 2 to 3 months")
    assert paces(both) == (QUICK, LONG, SLOW, Pace(interval_most=True, duration_most=True))


def test_the_end_of_a_course_is_the_first_day_on_which_nothing_is_left() -> None:
    for text, end in (
        ("1 mg IM weekly for 4 doses", 28),
        ("1 mg IM every 3 days for 7 days", 7),
        ("1 mg IM weekly until 2026-03-12", 11),
    ):
        assert walked(text)[-1].position == Position(1, 0, START + timedelta(days=end))


def test_the_calendar_ends_every_walk() -> None:
    near = date(9999, 12, 30)
    assert dates("1 mg IM daily", 9, near.isoformat()) == ["9999-12-30", "9999-12-31"]
    assert dates("1 mg IM monthly", 9, near.isoformat()) == ["9999-12-30"]
    assert dates("1 mg IM 3 times a month", 9, near.isoformat()) == ["9999-12-30"]
    assert dates("1 mg IM daily for 2 doses, then 1 mg IM daily", 9, near.isoformat()) == ["9999-12-30", "9999-12-31"]


def continued(text: str, fills: list[tuple[int, int]], start: int, most: int = 6) -> list[int]:
    """The days on which it goes on, after fills that began on a day and covered so many injections."""
    directions = parse(text)
    position = resume(directions, [(START + timedelta(days=day), covered) for day, covered in fills], QUICK)
    walk = injections(directions, START + timedelta(days=start), QUICK, position)
    return [(each.on - START).days for each in islice(walk, most)]


def test_goes_on_where_the_fills_end() -> None:
    text = "1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly"
    assert continued(text, [(0, 5), (5, 3)], 14) == [14, 21, 28, 35, 65, 96]


def test_a_delay_moves_all_that_is_left() -> None:
    text = "1 mg IM daily for 7 days, then 1 mg IM weekly for 2 weeks, then 1 mg IM every 30 days"
    assert continued(text, [(0, 5)], 9) == [9, 10, 11, 18, 25, 55]
    assert continued(text, [(0, 8)], 20) == [20, 27, 57, 87, 117, 147]


def test_a_delay_counts_the_doses_that_are_left() -> None:
    assert continued("1 mg IM weekly for 4 doses", [(0, 2)], 20) == [20, 27]


def test_a_delay_does_not_move_a_day_until_which_to_inject() -> None:
    text = "1 mg IM daily until 2026-03-11, then 1 mg IM weekly"
    assert continued(text, [(0, 5)], 8, 4) == [8, 9, 10, 17]
    assert continued(text, [(0, 5)], 12, 2) == [12, 19]


def test_months_are_reckoned_anew_from_a_delayed_injection() -> None:
    """From 2 March, and the one of 2 April is given on the 10th."""
    assert continued("1 mg IM monthly", [(0, 1)], 39, 3) == [39, 69, 100]


def test_months_keep_their_day_over_the_fills() -> None:
    directions, fills = parse("1 mg IM monthly"), [(date(2027, 1, 31), 1)]
    walk = injections(directions, date(2027, 2, 28), QUICK, resume(directions, fills, QUICK))
    assert [each.on for each in islice(walk, 2)] == [date(2027, 2, 28), date(2027, 3, 31)]


def test_what_is_injected_early_brings_no_end_forward() -> None:
    text = "1 mg IM every 3 days for 9 days, then 1 mg IM weekly"
    assert continued(text, [(0, 1)], 2, 5) == [2, 5, 8, 9, 16]


def test_nothing_is_left_after_the_last() -> None:
    text = "1 mg IM weekly for 4 doses"
    assert continued(text, [(0, 3), (21, 1)], 28) == []
    assert continued(text, [(0, 9)], 28) == []


@st.composite
def a_short_course(draw: st.DrawFn, *, days_only: bool = False) -> Directions:
    """One to four short phases, each of which may end on a day of the coming months."""
    units = [Unit.DAY, Unit.WEEK] if days_only else [Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.YEAR]
    phases = []
    last_days = iter(sorted(draw(st.sets(st.integers(1, 120), min_size=4, max_size=4))))
    count = draw(st.integers(1, 4))
    for number in range(count):
        unit = draw(st.sampled_from(units))
        least, most = sorted(draw(st.tuples(st.integers(1, 4), st.integers(1, 4))))
        times = draw(st.integers(1, 5)) if most == 1 and unit is not Unit.DAY and not days_only else 1
        kind = draw(st.sampled_from([*units[:3], Unit.DOSE, None]))
        day = START + timedelta(days=next(last_days))
        lasting: Duration | date | None = None if days_only else day
        if kind is not None or days_only:
            shortest, longest = sorted(draw(st.tuples(st.integers(0, 9), st.integers(1, 9))))
            lasting = Duration(kind or Unit.DOSE, shortest, longest)
        if number == count - 1 and draw(st.booleans()):
            lasting = None
        phases.append(Phase(Dose(100 * (number + 1)), Route.IM, Interval(unit, least, most, times), lasting))
    return Directions(tuple(phases))


any_pace = st.builds(Pace, st.booleans(), st.booleans())


def months_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def nth_day(interval: Interval, began: date, pace: Pace, n: int) -> date:
    step = interval.most if pace.interval_most else interval.least
    if interval.unit in (Unit.DAY, Unit.WEEK):
        return began + timedelta(days=n * step * (7 if interval.unit is Unit.WEEK else 1) // interval.times)
    months = step * (12 if interval.unit is Unit.YEAR else 1)
    since, until = (months_later(began, months * (n // interval.times + more)) for more in (0, 1))
    return since + timedelta(days=(n % interval.times) * (until - since).days // interval.times)


def by_hand(directions: Directions, start: date, pace: Pace) -> Iterator[tuple[date, int, date | None]]:
    """The days with the number of their phase and the first day after that phase, phase by phase."""
    began = start
    for number, phase in enumerate(directions.phases):
        lasting, end, count = phase.lasting, None, None
        if isinstance(lasting, date):
            end = lasting + timedelta(days=1)
            if began >= end:
                continue
        elif isinstance(lasting, Duration):
            many = lasting.most if pace.duration_most else max(lasting.least, 1)
            if lasting.unit is Unit.DOSE:
                count = many
                end = nth_day(phase.interval, began, pace, many)
            elif lasting.unit in (Unit.DAY, Unit.WEEK):
                end = began + timedelta(days=many * (7 if lasting.unit is Unit.WEEK else 1))
            else:
                end = months_later(began, many * (12 if lasting.unit is Unit.YEAR else 1))
        n = 0
        while count is None or n < count:
            on = nth_day(phase.interval, began, pace, n)
            if end is not None and on >= end:
                break
            yield on, number, end
            n += 1
        assert end is not None
        began = end


@given(a_short_course(), any_pace)
def test_equals_reckoning_by_hand(directions: Directions, pace: Pace) -> None:
    walk = list(islice(injections(directions, START, pace), 80))
    hand = list(islice(by_hand(directions, START, pace), 80))
    assert [(each.on, each.dose.mcg) for each in walk] == [(on, 100 * (number + 1)) for on, number, _ in hand]


@given(a_short_course(), any_pace)
def test_the_days_rise_inside_their_phase(directions: Directions, pace: Pace) -> None:
    walk = list(islice(injections(directions, START, pace), 80))
    assert all(earlier.on < later.on for earlier, later in pairwise(walk))
    here = Position(0, 0, START)
    for each in walk:
        if each.dose.mcg != 100 * (here.phase + 1):
            # A phase whose last day had passed when it began.
            here = Position(each.dose.mcg // 100 - 1, 0, here.began)
        if here.done == 0:
            assert each.on == here.began
        if each.position.phase == here.phase:
            assert each.position.done == here.done + 1
            assert each.position.ends is None or each.on < each.position.ends
        else:
            assert each.position.done == 0
            assert each.position.began is not None
            assert each.on < each.position.began
        here = each.position


@given(some_directions(), any_pace)
def test_the_days_of_any_directions_rise(directions: Directions, pace: Pace) -> None:
    walk = list(islice(injections(directions, START, pace), 60))
    assert all(earlier.on < later.on for earlier, later in pairwise(walk))
    assert not walk or walk[0].on == START


@given(a_short_course(), any_pace, st.lists(st.integers(0, 9), max_size=6))
def test_fills_that_follow_each_other_equal_one_walk(directions: Directions, pace: Pace, covered: list[int]) -> None:
    walk = list(islice(injections(directions, START, pace), 70))
    fills, done = [], 0
    for count in covered:
        if done < len(walk):
            fills.append((walk[done].on, count))
        done += count
    done = min(done, len(walk))
    position = resume(directions, fills, pace)
    assert done == 0 or position == walk[done - 1].position
    start = walk[done].on if done < len(walk) else START + timedelta(days=1000)
    rest = list(islice(injections(directions, start, pace, position), 70 - done))
    if done < len(walk):
        assert rest[: len(walk) - done] == walk[done:]
    else:
        assert len(walk) == 70 or rest == []


@given(a_short_course(days_only=True), any_pace, st.integers(1, 12), st.integers(1, 40))
def test_a_delay_moves_everything_that_is_left_by_itself(
    directions: Directions, pace: Pace, done: int, delay: int
) -> None:
    walk = [each.on for each in islice(injections(directions, START, pace), 60)]
    if done >= len(walk):
        return
    position = resume(directions, [(START, done)], pace)
    late = injections(directions, walk[done] + timedelta(days=delay), pace, position)
    assert [each.on for each in islice(late, 60 - done)] == [on + timedelta(days=delay) for on in walk[done:]]


@given(a_short_course(), any_pace, st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6)), max_size=6))
def test_whatever_the_fills_the_days_rise_and_no_dose_is_given_twice(
    directions: Directions, pace: Pace, gaps: list[tuple[int, int]]
) -> None:
    fills, day = [], START
    for gap, covered in gaps:
        day += timedelta(days=gap)
        fills.append((day, covered))
    position = resume(directions, fills, pace)
    walk = list(islice(injections(directions, day, pace, position), 60))
    assert all(earlier.on < later.on for earlier, later in pairwise(walk))
    assert not walk or walk[0].on == day
    for number, phase in enumerate(directions.phases):
        if isinstance(phase.lasting, Duration) and phase.lasting.unit is Unit.DOSE:
            given_here = sum(each.dose.mcg == 100 * (number + 1) for each in walk)
            before = position.done if position.phase == number else 0
            assert given_here + before <= max(phase.lasting.most, 1)


@pytest.mark.parametrize("pace", [QUICK, SLOW, LONG])
def test_covering_nothing_leaves_the_patient_at_the_beginning(pace: Pace) -> None:
    directions = parse("1 mg IM every 2 to 3 days for 6 to 7 days, then 1 mg IM weekly")
    assert [e.on for e in islice(injections(directions, START, pace, resume(directions, [(START, 0)], pace)), 4)] == [
        e.on for e in islice(injections(directions, START, pace), 4)
    ]
