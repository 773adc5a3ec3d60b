from datetime import date

import pytest

from dispensary.rules.finding import Severity
from dispensary.rules.practice import Practice
from tests.rules.checks.cases import codes, only


@pytest.mark.parametrize(
    ("product", "condition", "found"),
    [
        ("NO-CY-TAK1", "leber", ["leber"]),
        ("US-HY-ACT30", "leber", ["leber_hydroxocobalamin"]),
        ("US-ME-CMP10", "leber", []),
        ("NO-CY-TAK1", "kidney-failure", ["kidney_failure", "aluminium"]),
        ("US-HY-ACT30", "kidney-failure", ["aluminium"]),
        ("NO-CY-TAK1", "liver-disease", []),
        ("NO-CY-TAK1", "pregnancy", []),
        ("NO-CY-TAK1", "lactation", []),
        ("NO-CY-TAK1", "prematurity", []),
    ],
)
def test_a_condition_matters_to_some_forms(product, condition, found):
    assert codes(product=product, conditions=(condition,)) == found


@pytest.mark.parametrize("name", ["chloramphenicol", "Kloramfenikol", "CHLORAMPHENICOL SODIUM SUCCINATE 1 g"])
def test_chloramphenicol_is_found_however_it_is_written(name):
    found = only(medicines=(name,))
    assert (found.code, found.severity) == ("chloramphenicol", Severity.OVERRIDE)
    assert name in found.message


def test_several_names_of_it_are_one_finding():
    assert (
        "A chloramphenicol and B chloramphenicol" in only(medicines=("B chloramphenicol", "A chloramphenicol")).message
    )


@pytest.mark.parametrize("name", ["chlorhexidine", "thiamphenicol", "phenicol", "metformin"])
def test_other_medicines_are_not_chloramphenicol(name):
    assert codes(medicines=(name,)) == []


@pytest.mark.parametrize(
    ("level_on", "months", "due"),
    [
        (date(2026, 8, 21), 3, False),
        (date(2026, 8, 20), 3, True),
        (date(2024, 11, 21), 24, False),
        (date(2024, 11, 20), 24, True),
        (date(2026, 11, 21), 1, False),
        # In the year after: 1 + 12 months and a month less.
        (date(2025, 12, 31), 11, False),
        (date(2025, 12, 20), 11, True),
    ],
)
def test_a_level_is_recent_for_the_months_that_are_set(level_on, months, due):
    found = codes(level_on=level_on, practice=Practice(level_months=months))
    assert found == (["level_due"] if due else [])


def test_a_level_of_a_long_months_end_is_due_after_the_short_month():
    """31 August and 3 months: November has no 31st, so that 1 December is the first day of asking."""
    practice = Practice(level_months=3)
    assert (
        codes(level_on=date(2026, 8, 31), today=date(2026, 11, 30), valid_until=date(2027, 1, 1), practice=practice)
        == []
    )
    assert codes(
        level_on=date(2026, 8, 31), today=date(2026, 12, 1), valid_until=date(2027, 1, 1), practice=practice
    ) == ["level_due"]
