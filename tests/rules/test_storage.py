from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.mean_kinetic import Stay, gaps, mean_kinetic_temperature, mean_of, usual_interval
from dispensary.rules.product import Temperature
from dispensary.rules.storage import LIMITS, Excursion, Part, after, celsius, concerned, find_excursions

START = 1_790_000_000
STEP = 300
HOUR = 3600


def a_series(*parts, start=START, step=STEP):
    """Readings of parts, each a temperature in degrees and its hours."""
    readings, at = [], start
    for degrees, hours in parts:
        for _ in range(round(hours * HOUR / step)):
            readings.append((at, round(degrees * 100)))
            at += step
    return readings


def a_stay(since=0.0, until=None, lot_id=1):
    """From and until, in hours since the start."""
    return Stay(lot_id, START + round(since * HOUR), None if until is None else START + round(until * HOUR))


THROUGHOUT = (Stay(1, 0, None),)


def found(readings, temperature=Temperature.ROOM, since=0, stays=THROUGHOUT):
    return find_excursions(readings, temperature, stays, since=since)


def times(excursions):
    """Began and ended, in hours since the start."""
    return [((each.began - START) / HOUR, (each.ended - START) / HOUR) for each in excursions]


@pytest.mark.parametrize(
    ("measured", "mean"),
    [
        ([(2000, 1), (3000, 1)], 26.260),
        ([(2500, 29), (4000, 1)], 26.113),
        ([(2200, 696), (3800, 24)], 23.276),
        ([(2400, 696), (3800, 24)], 24.990),
    ],
)
def test_the_mean_kinetic_temperature_is_that_of_the_pharmacopeia(measured, mean):
    assert round(mean_kinetic_temperature(measured), 3) == mean


def test_the_mean_weighs_a_reading_by_the_time_until_the_next():
    even = [(START + n * 600, 2000 if n < 6 else 3000) for n in range(12)]
    # The same two hours with the warm one measured twice as often.
    uneven = [*even[:6], *((START + HOUR + n * 300, 3000) for n in range(12))]
    assert mean_of(even) == 2626
    assert abs(mean_of(uneven) - 2626) <= 25
    assert mean_of([(START, 2130)]) == 2130


def test_a_gap_counts_no_longer_than_an_interval():
    readings = [*a_series((20, 2)), *a_series((30, 2), start=START + 50 * HOUR)]
    assert mean_of(readings) == 2626


@pytest.mark.parametrize(
    ("temperature", "degrees", "is_one"),
    [
        (Temperature.ROOM, 14.99, True),
        (Temperature.ROOM, 15, False),
        (Temperature.ROOM, 30, False),
        (Temperature.ROOM, 30.01, False),
        (Temperature.ROOM, 40, False),
        (Temperature.ROOM, 40.01, True),
        (Temperature.UP_TO_25, -0.01, True),
        (Temperature.UP_TO_25, 0, False),
        (Temperature.UP_TO_25, 40, False),
        (Temperature.UP_TO_25, 40.01, True),
        (Temperature.REFRIGERATOR, 1.99, True),
        (Temperature.REFRIGERATOR, 2, False),
        (Temperature.REFRIGERATOR, 8.01, False),
        (Temperature.REFRIGERATOR, 15, False),
        (Temperature.REFRIGERATOR, 15.01, True),
        (Temperature.COOL, 7.99, True),
        (Temperature.COOL, 8, False),
        (Temperature.COOL, 15, False),
        (Temperature.COOL, 15.01, True),
        (Temperature.BATCH, -0.01, True),
        (Temperature.BATCH, 0, False),
        (Temperature.BATCH, 40, False),
        (Temperature.BATCH, 40.01, True),
    ],
)
def test_a_short_time_is_an_excursion_only_beyond_the_limits_of_the_class(temperature, degrees, is_one):
    middle = {Temperature.REFRIGERATOR: 5, Temperature.COOL: 11}.get(temperature, 20)
    # Of less than a day no mean is judged.
    assert bool(found(a_series((middle, 10), (degrees, 1), (middle, 10)), temperature)) is is_one


@pytest.mark.parametrize(
    ("temperature", "usual", "spike"), [(Temperature.ROOM, 18, 31), (Temperature.REFRIGERATOR, 2, 9)]
)
def test_a_spike_may_last_24_hours_and_not_longer(temperature, usual, spike):
    long = 29 * 24
    assert found(a_series((usual, long), (spike, 24), (usual, 5)), temperature) == []
    (one,) = found(a_series((usual, long), (spike, 24 + STEP / HOUR), (usual, 5)), temperature)
    assert times([one]) == [(long, long + 24)]
    assert one.why == f"above {celsius(LIMITS[temperature].high)} °C for more than 24 hours"
    assert (one.lowest, one.highest) == (spike * 100, spike * 100)


def test_a_spike_that_the_file_breaks_off_is_judged_by_what_is_known():
    assert found(a_series((18, 800), (31, 24))) == []


def test_two_spikes_with_a_cool_hour_between_them_are_each_of_their_own_length():
    assert found(a_series((18, 700), (31, 20), (18, 1), (31, 20), (18, 5))) == []


def test_nobody_knows_of_anything_better_between_two_warm_readings():
    warm = a_series((31, 1), start=START + 700 * HOUR)
    again = a_series((31, 1), start=START + 730 * HOUR)
    (one,) = found([*a_series((18, 700)), *warm, *again])
    assert times([one]) == [(700, 731 - STEP / HOUR)]


def test_a_place_for_25_degrees_may_be_as_cold_as_it_likes_above_freezing():
    assert found(a_series((0, 100)), Temperature.UP_TO_25) == []
    (one,) = found(a_series((2, 5), (-8, 10), (2, 5)), Temperature.UP_TO_25)
    assert (one.why, one.lowest, times([one])) == ("below 0 °C", -800, [(5, 15 - STEP / HOUR)])


@pytest.mark.parametrize(("degrees", "why"), [(-5, "below 0 °C"), (72, "above 40 °C")])
def test_what_is_kept_as_its_batch_record_says_neither_freezes_nor_bears_excessive_heat(degrees, why):
    (one,) = found(a_series((20, 5), (degrees, 1), (20, 5)), Temperature.BATCH)
    assert one.why == why
    # No mean is judged, and 40 degrees for days neither.
    assert found(a_series((40, 300)), Temperature.BATCH) == []


def test_the_mean_of_30_days_may_be_25_and_not_more():
    assert found(a_series((25, 1000))) == []
    assert found(a_series((24, 696), (38, 24))) == []
    (one,) = found(a_series((24, 696), (38, 23), (27, 20), (24, 100)))
    assert one.why == "mean kinetic temperature above 25 °C"
    assert one.mean_kinetic > 2500
    # While it was warm, and not for as long as the mean remembers it.
    assert times([one]) == [(696, 739 - STEP / HOUR)]


def test_the_mean_of_less_than_a_day_is_not_judged():
    assert found(a_series((26, 24 - STEP / HOUR))) == []
    (one,) = found(a_series((26, 24)))
    assert times([one]) == [(0, 24 - STEP / HOUR)]


def test_heat_of_more_than_30_days_ago_is_forgotten():
    readings = a_series((29, 48), (24.5, 24 * 31), (26, 1), (24.5, 10))
    assert times(found(readings)) == [(0, 48 - STEP / HOUR)]


def test_a_refrigerator_that_is_a_little_too_warm_all_the_time_is_found_by_its_mean():
    (one,) = found(a_series((8.4, 72)), Temperature.REFRIGERATOR)
    assert one.why == "above 8 °C for more than 24 hours; mean kinetic temperature above 8 °C"
    assert found(a_series((8, 72)), Temperature.REFRIGERATOR) == []


def test_a_door_that_opens_twice_within_an_hour_is_one_excursion():
    near = a_series((5, 1), (1, 0.25), (5, 0.5), (1, 0.25), (5, 5))
    far = a_series((5, 1), (1, 0.25), (5, 1.5), (1, 0.25), (5, 5))
    assert len(found(near, Temperature.REFRIGERATOR)) == 1
    assert len(found(far, Temperature.REFRIGERATOR)) == 2


def test_heat_and_cold_at_once_give_both_reasons():
    (one,) = found(a_series((20, 5), (41, 0.5), (10, 0.5), (20, 5)))
    assert one.why == "above 40 °C; below 15 °C"
    assert (one.lowest, one.highest) == (1000, 4100)


def test_what_ended_before_is_not_told_again():
    readings = a_series((20, 5), (10, 1), (20, 5), (10, 1), (20, 1))
    assert len(found(readings)) == 2
    assert times(found(readings, since=START + 6 * HOUR)) == [(11, 12 - STEP / HOUR)]


def test_there_is_nothing_to_find_without_readings():
    assert found([]) == []


def test_a_mean_is_that_of_each_lots_own_time_there():
    # Cool days, five warm ones, cool ones: the mean of the place is too high at the end of the heat.
    readings = a_series((24.5, 240), (29, 120), (20, 48))
    throughout, left, came, three_hours = (
        a_stay(0, lot_id=1),
        a_stay(0, 241, lot_id=2),
        a_stay(360, lot_id=3),
        a_stay(300, 303, lot_id=4),
    )
    stays = [throughout, left, came, three_hours]
    (one,) = found(readings, stays=stays)
    assert one.why == "mean kinetic temperature above 25 °C"
    assert times([one]) == [(240, 360 - STEP / HOUR)]
    assert concerned(one, stays) == {1}
    assert found(readings, stays=[left, came, three_hours]) == []


def test_a_cool_month_before_it_came_does_not_excuse_the_heat_that_a_lot_stood_in():
    readings = a_series((18, 24 * 28), (29, 36), (18, 100))
    assert found(readings) == []
    newcomer = a_stay(24 * 28 + 6, lot_id=2)
    (one,) = found(readings, stays=[a_stay(0), newcomer])
    assert concerned(one, [a_stay(0), newcomer]) == {2}
    assert one.mean_kinetic == 2900


@pytest.mark.parametrize(("hours", "is_one"), [(24 - STEP / HOUR, False), (24, True)])
def test_of_less_than_a_day_there_no_mean_is_judged(hours, is_one):
    readings = a_series((20, 100), (28, 50), (20, 100))
    assert bool(found(readings, stays=[a_stay(110, 110 + hours)])) is is_one


def test_a_stay_of_more_than_30_days_has_the_mean_of_the_place():
    readings = a_series((20, 24 * 40), (27, 24 * 29), (20, 10))
    (one,) = found(readings, stays=[a_stay(24)])
    assert found(readings, stays=[a_stay(0)]) == [one]


def test_an_excursion_concerns_what_stood_there_in_one_of_its_parts():
    parts = (
        Part(START, START + 10, "above 40 °C", None, 0),
        Part(START + 20, START + 90, "mean", frozenset({2, 3}), 2600),
    )
    one = Excursion(START, START + 90, 0, 4100, 2600, "both", parts)
    stays = [Stay(1, START + 5, START + 15), Stay(2, START + 30, None), Stay(4, START + 30, None)]
    assert concerned(one, stays) == {1, 2}
    (rest,) = after(one, [(START, START + 15)], [(START + second, 2600) for second in range(0, 91, 5)])
    assert concerned(rest, stays) == {2}


def an_excursion(began, ended):
    return Excursion(began, ended, 1000, 1000, 2000, "below 15 °C", ())


READINGS = [(n, n) for n in range(101)]


@pytest.mark.parametrize(
    ("covered", "rests", "extremes"),
    [
        ([], [(20, 80)], [(1000, 1000)]),
        ([(0, 10), (90, 99)], [(20, 80)], [(1000, 1000)]),
        ([(20, 80)], [], []),
        ([(0, 100)], [], []),
        ([(20, 50)], [(51, 80)], [(51, 80)]),
        ([(40, 80)], [(20, 40)], [(20, 39)]),
        ([(60, 70), (30, 40)], [(20, 30), (41, 60), (71, 80)], [(20, 29), (41, 59), (71, 80)]),
        ([(10, 50), (50, 80)], [], []),
        ([(10, 50), (51, 80)], [], []),
        ([(80, 99)], [(20, 80)], [(20, 79)]),
    ],
)
def test_what_was_recorded_before_is_taken_out_and_its_readings_too(covered, rests, extremes):
    left = after(an_excursion(20, 80), covered, READINGS)
    assert [(each.began, each.ended) for each in left] == rests
    assert [(each.lowest, each.highest) for each in left] == extremes


def test_a_moment_that_was_recorded_is_not_recorded_again():
    assert after(an_excursion(20, 20), [(20, 20)], READINGS) == []
    assert after(an_excursion(20, 20), [(21, 30)], READINGS) == [an_excursion(20, 20)]


def test_gaps_are_longer_than_twice_the_usual_interval():
    seconds = [0, 300, 600, 1200, 1500, 2101, 2400]
    assert usual_interval(seconds) == 300
    assert gaps(seconds) == [(1500, 2101)]
    assert (usual_interval([7]), gaps([7])) == (1, [])


@pytest.mark.parametrize(
    ("centidegrees", "text"), [(2500, "25"), (750, "7.5"), (-25, "-0.25"), (-200, "-2"), (0, "0"), (5, "0.05")]
)
def test_degrees_are_written_plainly(centidegrees, text):
    assert celsius(centidegrees) == text


@given(
    st.lists(st.tuples(st.integers(1, 9000), st.integers(-1000, 5000)), min_size=1, max_size=60),
    st.sampled_from(sorted(LIMITS)),
)
def test_every_reading_beyond_the_limits_lies_in_an_excursion(steps, temperature):
    at, readings = START, []
    for step, centidegrees in steps:
        at += step
        readings.append((at, centidegrees))
    excursions = found(readings, temperature)
    limits = LIMITS[temperature]
    for second, centidegrees in readings:
        if centidegrees > limits.spike or centidegrees < limits.low:
            assert any(each.began <= second <= each.ended for each in excursions)
    for before, one in pairwise(excursions):
        assert before.ended < one.began
    for each in excursions:
        assert each.began <= each.ended
        assert any(
            each.began <= second <= each.ended and each.lowest <= centidegrees <= each.highest
            for second, centidegrees in readings
        )


@given(st.lists(st.integers(1500, 4500), min_size=2, max_size=40), st.integers(1, 39))
def test_a_series_that_comes_in_two_parts_shows_what_it_shows_at_once(degrees, cut):
    readings = [(START + n * 2 * HOUR, each) for n, each in enumerate(degrees)]
    whole = found(readings)
    cut = min(cut, len(readings) - 1)
    first = found(readings[:cut])
    covered = [(each.began, each.ended) for each in first]
    second = [rest for each in found(readings, since=readings[cut][0]) for rest in after(each, covered, readings)]
    recorded = sorted([*covered, *((each.began, each.ended) for each in second)])
    for each in whole:
        assert any(began <= each.began <= ended for began, ended in recorded)
        assert any(began <= each.ended <= ended for began, ended in recorded)
