from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.checks.dose import thousandfold, weekly_mcg
from dispensary.rules.directions import Duration, Interval, Ongoing, Unit
from dispensary.rules.finding import Severity
from dispensary.rules.practice import Practice
from dispensary.rules.safety import findings
from dispensary.rules.schedule import injections, paces
from tests.rules.checks.cases import (
    ALTERNATE_DAYS,
    DAILY,
    EVERY_2_TO_3_DAYS,
    EVERY_3_DAYS,
    FOUR_TIMES_WEEKLY,
    MONTHLY,
    THRICE_WEEKLY,
    TODAY,
    WEEKLY,
    a_case,
    codes,
    days,
    directed,
    doses,
    phase,
)
from tests.rules.directions_strategy import some_directions


@pytest.mark.parametrize("dose", ["11 mcg", "30 mcg", "100 mcg", "1 mg", "5 mg", "15 mg", "29.999 mg"])
def test_no_dose_in_use_is_a_slip(dose):
    assert list(thousandfold(directed(phase(dose)))) == []


@pytest.mark.parametrize("mcg", [30, 50, 100, 250, 500, 1000, 2000, 2500, 3000, 5000])
def test_every_dose_in_use_is_a_slip_a_thousandfold_up_or_down(mcg):
    for slip in [f"{mcg} mg"] + [f"{mcg // 1000} mcg"] * (mcg % 1000 == 0):
        (finding,) = thousandfold(directed(phase(slip)))
        assert (finding.code, finding.severity) == ("thousandfold_dose", Severity.STOP)


def test_a_slip_in_several_phases_is_told_once_for_each_dose():
    slips = directed(phase("100 mg", DAILY, days(7)), phase("100 mg", WEEKLY, doses(4)), phase("1 mcg", MONTHLY))
    assert [finding.message.split(" is ")[0] for finding in thousandfold(slips)] == [
        "A dose of 100 mg",
        "A dose of 1 mcg",
    ]


@pytest.mark.parametrize(
    ("dose", "tier"),
    [
        ("11 mcg", []),
        ("100 mcg", []),
        ("1 mg", []),
        ("1.001 mg", ["high_dose"]),
        ("3 mg", ["high_dose"]),
        ("5 mg", ["high_dose"]),
        ("5.001 mg", ["dose_beyond_practice"]),
        ("15 mg", ["dose_beyond_practice"]),
        ("29.999 mg", ["dose_beyond_practice", "weekly_total"]),
        ("10 mcg", ["thousandfold_dose"]),
    ],
)
def test_a_dose_is_in_one_tier(dose, tier):
    found = codes(phase(dose, MONTHLY), first_fill=True)
    assert [code for code in found if code != "folate"] == tier


def test_the_tier_is_that_of_the_largest_dose_that_is_no_slip():
    """A slip is asked about as a slip; what is left of the directions is judged by itself."""
    found = codes(phase("30 mg", MONTHLY, doses(1)), phase("6 mg", MONTHLY))
    assert found == ["thousandfold_dose", "dose_beyond_practice", "weekly_total"]


def test_the_tiers_are_settings():
    practice = Practice(high_dose_mcg=500, most_dose_mcg=800, most_weekly_mcg=1500)
    assert codes(phase("500 mcg"), practice=practice, first_fill=True) == ["folate"]
    assert codes(phase("501 mcg"), practice=practice, first_fill=True) == ["high_dose", "folate"]
    assert codes(phase("801 mcg"), practice=practice) == ["dose_beyond_practice"]
    assert codes(phase("750 mcg", Interval(Unit.WEEK, 1, 1, times=2)), practice=practice) == []
    assert codes(phase("501 mcg", THRICE_WEEKLY), practice=practice) == ["weekly_total"]


def test_one_injection_a_day_is_the_most_there_is():
    """15 mg / 7 = 2.142... mg, from which on the schedule is walked."""
    assert codes(phase("2.142 mg", DAILY)) == []
    assert codes(phase("2.143 mg", DAILY)) == ["weekly_total"]


@pytest.mark.parametrize(
    ("interval", "injections"),
    [
        (DAILY, 7),
        # Days 0, 2, 4, 6.
        (ALTERNATE_DAYS, 4),
        (EVERY_2_TO_3_DAYS, 4),
        # Days 0, 3, 6.
        (EVERY_3_DAYS, 3),
        (Interval(Unit.DAY, 6, 6), 2),
        (Interval(Unit.DAY, 7, 7), 1),
        (WEEKLY, 1),
        (THRICE_WEEKLY, 3),
        (Interval(Unit.WEEK, 1, 1, times=7), 7),
        (Interval(Unit.WEEK, 2, 4), 1),
        (MONTHLY, 1),
        # A month of 28 days: every 7 days, then every second day and less.
        (Interval(Unit.MONTH, 1, 1, times=4), 1),
        (Interval(Unit.MONTH, 1, 1, times=5), 2),
        (Interval(Unit.MONTH, 1, 1, times=15), 4),
        (Interval(Unit.YEAR, 1, 1, times=24), 1),
    ],
)
def test_the_week_is_the_fullest_that_the_interval_allows(interval, injections):
    assert weekly_mcg(directed(phase("100 mcg", interval)), TODAY) == injections * 100


@pytest.mark.parametrize(
    ("phases", "mg"),
    [
        ((phase("5 mg", DAILY, doses(3)),), 15),
        ((phase("5 mg", DAILY, Duration(Unit.DOSE, 3, 4)),), 20),
        ((phase("5 mg", DAILY, Duration(Unit.DAY, 0, 4)),), 20),
        ((phase("5 mg", DAILY, date(2026, 11, 22)),), 10),
        ((phase("5 mg", DAILY, days(999)),), 35),
        # Days 0, 1, 2 and then 3.
        ((phase("5 mg", DAILY, doses(3)), phase("5 mg", WEEKLY)), 20),
        ((phase("5 mg", DAILY, doses(3)), phase("1 mg", WEEKLY)), 16),
        # Days 0, 4, then 5 and 9.
        ((phase("3 mg", Interval(Unit.DAY, 4, 4), days(5)), phase("3 mg", Interval(Unit.DAY, 4, 4))), 9),
        # Days 0 to 20 once a week, then daily: the fullest week comes late.
        ((phase("1 mg", WEEKLY, doses(3)), phase("1 mg", DAILY, doses(2)), phase("1 mg", MONTHLY)), 3),
        # 2 x 2 and then 5 x 1.
        ((phase("2 mg", DAILY, doses(2)), phase("1 mg", DAILY, Ongoing.LIFE)), 9),
        # The densest month is February, wherever the walk begins.
        ((phase("1 mg", Interval(Unit.MONTH, 1, 1, times=13)),), 4),
    ],
)
def test_the_fullest_week_may_hold_the_end_of_a_phase_and_the_beginning_of_the_next(phases, mg):
    assert weekly_mcg(directed(*phases), TODAY) == mg * 1000


@given(some_directions(most_phases=3), st.integers(0, 400))
def test_no_seven_days_of_the_schedule_hold_more(directions, later):
    start = TODAY + timedelta(days=later)
    most = weekly_mcg(directions, start)
    for pace in paces(directions):
        given = {each.on: each.dose.mcg for each in islice(injections(directions, start, pace), 400)}
        for day in given:
            assert sum(given.get(day + timedelta(days=n), 0) for n in range(7)) <= most


def test_the_fullest_phase_counts():
    assert codes(phase("1 mg", WEEKLY, doses(4)), phase("2.5 mg", DAILY)) == ["weekly_total"]


def test_the_week_is_reckoned_from_the_first_injection_of_the_treatment():
    """Two days of it are left, and it has seven."""
    until = phase("5 mg", DAILY, date(2026, 11, 22))
    assert codes(until) == []
    assert codes(until, first_injection=date(2026, 11, 16)) == ["weekly_total"]


@pytest.mark.parametrize(
    ("interval", "intensive"),
    [
        (DAILY, True),
        (EVERY_2_TO_3_DAYS, True),
        (EVERY_3_DAYS, False),
        (FOUR_TIMES_WEEKLY, True),
        (THRICE_WEEKLY, False),
        (Interval(Unit.MONTH, 1, 1, times=14), True),
        (Interval(Unit.MONTH, 1, 1, times=13), False),
    ],
)
def test_treatment_is_intensive_from_alternate_days_on(interval, intensive):
    assert ("hypokalaemia" in codes(phase("100 mcg", interval), first_fill=True)) is intensive


def test_only_the_beginning_is_intensive():
    assert "hypokalaemia" not in codes(phase("1 mg", WEEKLY, doses(4)), phase("1 mg", DAILY), first_fill=True)
    assert codes(phase("1 mg", DAILY), first_fill=False) == []


@pytest.mark.parametrize(
    ("dose", "interval", "masks"),
    [
        ("70 mcg", WEEKLY, False),
        ("71 mcg", WEEKLY, True),
        ("280 mcg", MONTHLY, False),
        ("281 mcg", MONTHLY, True),
        ("24 mcg", THRICE_WEEKLY, True),
        ("23 mcg", THRICE_WEEKLY, False),
        ("20 mcg", EVERY_2_TO_3_DAYS, False),
    ],
)
def test_more_than_10_mcg_a_day_on_average_hides_a_lack_of_folate(dose, interval, masks):
    assert codes(phase(dose, interval), first_fill=True).count("folate") == masks


def test_any_phase_may_hide_it():
    assert "folate" in codes(phase("100 mcg", DAILY, days(7)), phase("100 mcg", MONTHLY), first_fill=True)


def test_every_finding_of_the_dose_ends_as_a_sentence():
    for finding in findings(a_case(phase("6 mg", DAILY), first_fill=True)):
        assert finding.message.endswith(".")
