from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.level import Level, LevelBeforeBirth, LevelInTheFuture, LevelUnit, NotALevel, require_level_day
from tests.refusing import refused

TODAY = date(2026, 11, 21)
BORN = date(1961, 4, 3)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("148 pmol/L", "148 pmol/L"),
        (" 148pmol/l ", "148 pmol/L"),
        ("200 pg/mL", "200 pg/mL"),
        ("200.50 PG/ML", "200.5 pg/mL"),
        ("0.5 ng/L", "0.5 ng/L"),
        ("1476 pmol/L", "1476 pmol/L"),
        ("100.00 ng/l", "100 ng/L"),
    ],
)
def test_reads_a_number_with_its_unit(text, kept):
    assert str(Level.parse(text)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "148",
        "pmol/L",
        "148 pmol",
        "148 nmol/L",
        "148 ng/mL",
        "148 mg/L",
        "0 pmol/L",
        "0.00 pmol/L",
        "-1 pmol/L",
        "<100 pmol/L",
        "1,476 pmol/L",
        "148,5 pmol/L",
        "0148 pmol/L",
        "1e3 pmol/L",
        "1_000 pmol/L",
        "148.123 pmol/L",
        "1234567 pmol/L",
        "NaN pmol/L",
        "１４８ pmol/L",
        "١٤٨ pmol/L",
        "148 \u212b/L",
        "148\tpmol/L",
        "148 pmol/L\n",
        "148 pmol/L" + " " * 10_000,
    ],
)
def test_refuses_what_is_no_level(text):
    with pytest.raises(NotALevel):
        Level.parse(text)


def test_says_what_a_level_is():
    refused(NotALevel, lambda: Level.parse("148"))


@given(st.integers(1, 99_999_999), st.sampled_from(LevelUnit))
def test_what_is_kept_reads_back(hundredths, unit):
    level = Level(Decimal(hundredths).scaleb(-2), unit)
    assert Level.parse(str(level)) == level


@given(st.text(max_size=30))
def test_any_text_is_a_level_or_refused(text):
    with suppress(NotALevel):
        assert Level.parse(text).amount > 0


@pytest.mark.parametrize("taken_on", [BORN, TODAY, date(2000, 1, 1)])
def test_a_sample_is_of_a_day_from_birth_to_today(taken_on):
    require_level_day(taken_on, BORN, TODAY)


def test_refuses_a_day_that_has_not_come_or_was_before_birth():
    refused(LevelInTheFuture, lambda: require_level_day(date(2026, 11, 22), BORN, TODAY))
    refused(LevelBeforeBirth, lambda: require_level_day(date(1961, 4, 2), BORN, TODAY))
