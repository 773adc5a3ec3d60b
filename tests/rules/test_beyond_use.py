from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.beyond_use import (
    TABLE,
    BeyondUseTooShort,
    Category,
    Stability,
    StabilityWithoutSource,
    Start,
    beyond_use,
    read_stability,
)
from dispensary.rules.product import Temperature
from dispensary.rules.quantity import NotAQuantity
from dispensary.rules.text import NotCleanText
from tests.refusing import refused

NEW_YORK = ZoneInfo("America/New_York")
OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 21, 12, tzinfo=NEW_YORK)


def until(
    made_at=NOON,
    category=Category.TWO,
    start=Start.STERILE,
    storage=Temperature.REFRIGERATOR,
    stability=None,
    ingredients=(),
):
    return beyond_use(made_at, category, start, storage, stability, ingredients)


@pytest.mark.parametrize(
    ("start", "storage", "last_day"),
    [
        (Start.STERILE, Temperature.ROOM, date(2026, 11, 24)),
        (Start.STERILE, Temperature.REFRIGERATOR, date(2026, 11, 30)),
        (Start.NON_STERILE, Temperature.ROOM, date(2026, 11, 21)),
        (Start.NON_STERILE, Temperature.REFRIGERATOR, date(2026, 11, 24)),
        # Nothing but a refrigerator counts as one.
        (Start.STERILE, Temperature.COOL, date(2026, 11, 24)),
        (Start.STERILE, Temperature.UP_TO_25, date(2026, 11, 24)),
        (Start.STERILE, Temperature.BATCH, date(2026, 11, 24)),
    ],
)
def test_the_table_gives_days_of_24_hours_from_the_making(start, storage, last_day):
    found = until(start=start, storage=storage)
    assert found.last_day == last_day
    assert [limit.last_day for limit in found.limits] == [last_day]


def test_what_limits_it_names_the_row_and_its_source():
    assert until().limited_by == "category 2, sterile start, refrigerated: 10 days (USP <797>, 2023)"
    assert until(start=Start.NON_STERILE, storage=Temperature.ROOM).limited_by == (
        "category 2, non-sterile start, at room temperature: 24 hours (USP <797>, 2023, quoted from memory)"
    )
    afternoon = NOON + timedelta(hours=1)
    assert until(afternoon, Category.ONE, storage=Temperature.ROOM).limited_by == (
        "category 1, at room temperature: 12 hours (USP <797>, 2023)"
    )


def test_every_category_start_and_storage_has_one_row():
    for category in Category:
        for start in Start:
            for refrigerated in (False, True):
                rows = [
                    row
                    for row in TABLE
                    if row.category is category
                    and row.start in (None, start)
                    and row.refrigerated in (None, refrigerated)
                ]
                assert len(rows) == 1


def test_twelve_hours_reach_the_end_of_the_day_from_noon_on():
    assert until(NOON, Category.ONE, storage=Temperature.ROOM).last_day == date(2026, 11, 21)
    before = NOON - timedelta(microseconds=1)
    refused(BeyondUseTooShort, lambda: until(before, Category.ONE, storage=Temperature.ROOM))


def test_a_preparation_for_immediate_use_is_never_stock():
    refused(BeyondUseTooShort, lambda: until(category=Category.IMMEDIATE))
    # Not even where its four hours go on into the next day.
    late = NOON.replace(hour=21)
    assert refused(BeyondUseTooShort, lambda: until(late, Category.IMMEDIATE)).until == "2026-11-22 01:00"


def test_stability_data_shorten_and_never_lengthen():
    short = until(stability=Stability(3, "maker's letter"))
    assert (short.last_day, short.limited_by) == (date(2026, 11, 23), "stability data: 3 days (maker's letter)")
    long = until(stability=Stability(1_000_000, "a rumour"))
    assert (long.last_day, len(long.limits)) == (date(2026, 11, 30), 2)
    assert until(stability=Stability(1, "x")).limited_by == "stability data: 1 day (x)"


def test_an_ingredient_shortens_to_its_own_last_day():
    found = until(ingredients=[("saline lot N1", date(2026, 11, 23)), ("powder lot P1", date(2027, 11, 23))])
    assert (found.last_day, found.limited_by) == (date(2026, 11, 23), "expiry of saline lot N1")
    assert [limit.last_day.isoformat() for limit in found.limits] == ["2026-11-30", "2026-11-23", "2027-11-23"]


def test_an_ingredient_that_expires_today_leaves_today():
    assert until(ingredients=[("saline lot N1", date(2026, 11, 21))]).last_day == date(2026, 11, 21)


def test_limits_of_one_day_are_all_named():
    found = until(stability=Stability(10, "a letter"))
    assert found.limited_by == (
        "category 2, sterile start, refrigerated: 10 days (USP <797>, 2023); stability data: 10 days (a letter)"
    )


@pytest.mark.parametrize("zone", [OSLO, NEW_YORK])
def test_hours_are_elapsed_hours_across_a_clock_change(zone):
    spring, autumn = (date(2026, 3, 29), date(2026, 10, 25)) if zone is OSLO else (date(2026, 3, 8), date(2026, 11, 1))
    # A day of 23 hours: 24 hours from 23:30 reach past its end.
    eve = datetime(spring.year, spring.month, spring.day, 23, 30, tzinfo=zone) - timedelta(days=1)
    assert until(eve, Category.ONE).last_day == spring
    # A day of 25 hours: 24 hours from its beginning do not.
    start = datetime(autumn.year, autumn.month, autumn.day, tzinfo=zone)
    refused(BeyondUseTooShort, lambda: until(start, Category.ONE))
    assert until(start + timedelta(hours=1), Category.ONE).last_day == autumn


@given(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    category=st.sampled_from([Category.ONE, Category.TWO]),
    start=st.sampled_from(Start),
    storage=st.sampled_from(Temperature),
    zone=st.sampled_from([OSLO, NEW_YORK]),
)
def test_no_usable_day_ends_after_the_hours_of_the_table(minutes, category, start, storage, zone):
    made_at = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(zone)
    try:
        last_day = until(made_at, category, start, storage).last_day
    except BeyondUseTooShort:
        last_day = made_at.date() - timedelta(days=1)

    def end_of(day):
        next_day = day + timedelta(days=1)
        return datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC)

    hours = next(
        row.hours
        for row in TABLE
        if row.category is category
        and row.start in (None, start)
        and row.refrigerated in (None, storage is Temperature.REFRIGERATOR)
    )
    end = made_at.astimezone(UTC) + timedelta(hours=hours)
    assert end_of(last_day) <= end < end_of(last_day + timedelta(days=1))


def test_stability_data_are_days_with_a_source():
    assert read_stability(None, None) is None
    assert read_stability("9", " J Pharm 2020 ") == Stability(9, "J Pharm 2020")
    refused(StabilityWithoutSource, lambda: read_stability("9", None))
    refused(StabilityWithoutSource, lambda: read_stability(None, "J Pharm 2020"))
    refused(NotAQuantity, lambda: read_stability("0", "J Pharm 2020"))
    refused(NotCleanText, lambda: read_stability("9", ""))
