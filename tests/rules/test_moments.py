"""A moment as text: events keep what these functions wrote, so not a character of it may change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.moments import (
    day_in,
    from_second,
    to_the_minute,
    to_the_second,
    utc_exactly,
    utc_measured,
    with_offset,
)

OSLO = ZoneInfo("Europe/Oslo")
LATE = datetime(2026, 3, 1, 23, 5, 7, 90, tzinfo=UTC)
SECOND = int(LATE.timestamp())


def test_each_text_of_one_moment():
    there = LATE.astimezone(OSLO)
    assert to_the_minute(there) == "2026-03-02 00:05"
    assert to_the_second(there) == "2026-03-02T00:05:07+01:00"
    assert utc_exactly(there) == "2026-03-01T23:05:07.000090+00:00"
    assert utc_exactly(from_second(SECOND, OSLO)) == "2026-03-01T23:05:07.000000+00:00"
    assert utc_measured(from_second(SECOND, OSLO)) == "2026-03-01T23:05:07+00:00"
    assert with_offset(SECOND, OSLO) == "2026-03-02 00:05:07+01:00"


def test_a_fraction_that_no_reading_has_is_seen():
    assert utc_measured(LATE) == "2026-03-01T23:05:07.000090+00:00"


@pytest.mark.parametrize(("zone", "day"), [(UTC, date(2026, 3, 1)), (OSLO, date(2026, 3, 2))])
def test_a_moment_is_of_the_day_by_the_clock_of_the_zone(zone, day):
    assert day_in(LATE, zone) == day_in(LATE.astimezone(OSLO), zone) == day


@given(st.integers(0, 4_000_000_000))
def test_the_hour_that_comes_twice_is_told_apart(second):
    texts = {with_offset(each, OSLO) for each in (second, second + 3600)}
    assert len(texts) == 2
    assert from_second(second, OSLO) - from_second(0, UTC) == timedelta(seconds=second)
