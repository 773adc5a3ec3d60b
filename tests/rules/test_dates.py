from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused
from dispensary.rules.dates import (
    BornInTheFuture,
    BornTooLongAgo,
    NotADate,
    NotAnExpiry,
    parse_born,
    parse_date,
    parse_expiry,
)

TODAY = date(2026, 11, 1)
NO_DATES = [
    "",
    "2026-W12-1",
    "2026-306",
    "03/04/26",
    "20270531",
    "2027-5-31",
    "2027-05-00",
    "2027-02-30",
    "2027-02-29",
    "2027-13-01",
    "1899-12-31",
    "2200-01-01",
    "２０２７-05-31",
    "٢٠٢٧-05-31",
    "2027-05-31\n",
    " 2027-05-31",
    "2027-05-31T00:00",
    "2027–05–31",
    "-2027-05-31",
    "today",
    "9" * 5000,
]


def test_reads_calendar_dates():
    assert parse_date("2027-05-31") == date(2027, 5, 31)
    assert parse_date("2028-02-29") == date(2028, 2, 29)
    assert parse_date("1900-01-01") == date(1900, 1, 1)
    assert parse_date("2199-12-31") == date(2199, 12, 31)


@pytest.mark.parametrize("text", [*NO_DATES, "2027-05"])
def test_refuses_other_dates(text):
    with pytest.raises(NotADate):
        parse_date(text)


def test_says_how_a_date_is_written():
    with pytest.raises(NotADate) as refusal:
        parse_date("03/04/26")
    assert str(refusal.value) == (
        "'03/04/26' is not a date between 1900 and 2199: write year-month-day, such as 2027-05-31."
    )


def test_reads_a_month_of_expiry_as_its_last_day():
    assert parse_expiry("2027-05") == date(2027, 5, 31)
    assert parse_expiry("2028-02") == date(2028, 2, 29)
    assert parse_expiry("2100-02") == date(2100, 2, 28)
    assert parse_expiry("2027-05-30") == date(2027, 5, 30)


@pytest.mark.parametrize("text", [*NO_DATES, "2027-00", "2027-13", "2027-5", "05/2027", "2200-01", "２０２７-05"])
def test_refuses_other_expiries(text):
    with pytest.raises(NotAnExpiry):
        parse_expiry(text)


def test_says_how_an_expiry_is_written():
    with pytest.raises(NotAnExpiry) as refusal:
        parse_expiry("2027-02-30")
    assert str(refusal.value) == (
        "'2027-02-30' is not an expiry date: write year-month-day such as 2027-05-31, "
        "or 2027-05 where the pack shows only a month."
    )


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_every_date_reads_back(day):
    assert parse_date(day.isoformat()) == parse_expiry(day.isoformat()) == day
    assert (parse_expiry(f"{day:%Y-%m}") + timedelta(days=1)).day == 1


@given(st.text(alphabet="0123456789-W/ ٣"))
def test_text_is_a_date_or_refused(text):
    for read in (parse_date, parse_expiry):
        with suppress(Refused):
            assert read(text).isoformat()[:7] == text[:7]


def test_a_child_may_be_born_today():
    assert parse_born("2026-11-01", TODAY) == TODAY


def test_refuses_births_in_the_future():
    with pytest.raises(BornInTheFuture) as refusal:
        parse_born("2026-11-02", TODAY)
    assert str(refusal.value) == "A birth date of 2026-11-02 is later than today, 2026-11-01: check the year."


def test_refuses_ages_above_130():
    assert parse_born("1910-03-01", date(2040, 3, 1)) == date(1910, 3, 1)
    with pytest.raises(BornTooLongAgo) as refusal:
        parse_born("1910-02-28", date(2040, 3, 1))
    assert str(refusal.value) == (
        "A birth date of 1910-02-28 makes the patient older than 130 years on 2040-03-01: check the year."
    )
