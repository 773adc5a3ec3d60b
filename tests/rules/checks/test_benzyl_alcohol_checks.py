from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from dispensary.rules.checks.benzyl_alcohol import milligrams
from dispensary.rules.finding import Severity
from dispensary.rules.practice import Practice
from dispensary.rules.product import Preservatives
from dispensary.rules.quantity import Strength
from dispensary.rules.safety import findings
from tests.rules.checks.cases import (
    DAILY,
    PRODUCTS,
    TODAY,
    WEEKLY,
    a_case,
    a_supply,
    codes,
    days,
    doses,
    phase,
)

TODDLER = date(2024, 11, 21)
NEWBORN = date(2026, 11, 1)


def born(days_ago):
    return TODAY - timedelta(days=days_ago)


def of(preservatives, strength=1000):
    return replace(
        PRODUCTS["US-CY-ARG1"], preservatives=Preservatives.parse(preservatives), strength=Strength(strength)
    )


@pytest.mark.parametrize(
    ("days_old", "term", "premature"),
    [
        (0, "benzyl_alcohol_newborn", "benzyl_alcohol_premature"),
        (27, "benzyl_alcohol_newborn", "benzyl_alcohol_premature"),
        (28, "benzyl_alcohol_child", "benzyl_alcohol_newborn"),
        (364, "benzyl_alcohol_child", "benzyl_alcohol_newborn"),
        (365, "benzyl_alcohol_child", "benzyl_alcohol_child"),
        (1095, "benzyl_alcohol_child", "benzyl_alcohol_child"),
        # The third birthday: 2024 has a 29 February.
        (1096, None, None),
    ],
)
def test_one_finding_by_age_the_gravest(days_old, term, premature):
    def of_alcohol(**case):
        return [code for code in codes(born=born(days_old), **case) if code.startswith("benzyl")]

    assert of_alcohol() == [term] * (term is not None)
    assert of_alcohol(conditions=("prematurity",)) == [premature] * (premature is not None)


@pytest.mark.parametrize(
    ("preservatives", "found"),
    [
        ("benzyl alcohol 1.5%", True),
        ("benzyl alcohol", True),
        ("unknown", True),
        ("per batch record", True),
        ("phenol;benzyl alcohol 0.9%", True),
        ("methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL", False),
        ("none", False),
    ],
)
def test_what_is_not_known_counts_as_present(preservatives, found):
    product = of(preservatives)
    assert codes(product=product, born=NEWBORN) == ["benzyl_alcohol_newborn"] * found
    assert codes(product=product, born=TODDLER) == ["benzyl_alcohol_child"] * found
    assert codes(product=product, born=NEWBORN, conditions=("prematurity",)) == [
        *["aluminium"],
        *["benzyl_alcohol_premature"] * found,
    ]


@pytest.mark.parametrize(
    ("phases", "long"),
    [
        ((phase("100 mcg", DAILY, days(7)),), False),
        ((phase("100 mcg", DAILY, days(8)),), True),
        ((phase("100 mcg", WEEKLY, doses(1)),), False),
        # The second is on the eighth day.
        ((phase("100 mcg", WEEKLY, doses(2)),), True),
        ((phase("100 mcg", WEEKLY),), True),
        ((phase("100 mcg", DAILY, date(2026, 11, 27)),), False),
        ((phase("100 mcg", DAILY, date(2026, 11, 28)),), True),
    ],
)
def test_under_3_years_a_treatment_lasts_a_week_at_the_most(phases, long):
    assert codes(*phases, born=TODDLER) == ["benzyl_alcohol_child"] * long


def test_fills_of_a_week_do_not_hide_a_longer_treatment():
    one_injection = a_supply(phase("100 mcg", WEEKLY), units=1)
    one_injection = replace(one_injection, last_injection=TODAY)
    assert codes(phase("100 mcg", WEEKLY), born=TODDLER, supply=one_injection) == ["benzyl_alcohol_child"]


@pytest.mark.parametrize(("last", "long"), [(date(2026, 11, 27), False), (date(2026, 11, 28), True)])
def test_a_treatment_that_came_to_last_longer_than_planned_counts(last, long):
    """Five doses meant for five days, of which the last is later because a fill was."""
    supply = replace(a_supply(phase("100 mcg", DAILY, doses(5)), units=1), last_injection=last)
    assert codes(phase("100 mcg", DAILY, doses(5)), supply=supply, born=TODDLER) == ["benzyl_alcohol_child"] * long


def test_the_weeks_of_an_earlier_fill_count():
    until = phase("100 mcg", DAILY, date(2026, 11, 22))
    assert codes(until, born=TODDLER, first_injection=date(2026, 11, 16)) == []
    assert codes(until, born=TODDLER, first_injection=date(2026, 11, 15)) == ["benzyl_alcohol_child"]


@pytest.mark.parametrize("condition", ["pregnancy", "lactation", "kidney-failure", "liver-disease"])
def test_the_amount_matters_in_these_conditions(condition):
    of_alcohol = {
        finding.code: finding.severity
        for dose in ("1 mg", "5 mg")
        for finding in findings(a_case(phase(dose), conditions=(condition,)))
        if finding.code.startswith("benzyl")
    }
    assert of_alcohol == {"benzyl_alcohol": Severity.NOTE, "benzyl_alcohol_amount": Severity.OVERRIDE}


@pytest.mark.parametrize("condition", ["leber", "prematurity"])
def test_the_amount_does_not_matter_in_others(condition):
    assert not any(code.startswith("benzyl") for code in codes(phase("5 mg"), conditions=(condition,)))


@pytest.mark.parametrize("preservatives", ["unknown", "per batch record", "benzyl alcohol", "phenol;benzyl alcohol"])
def test_an_amount_that_is_not_known_counts_as_too_much(preservatives):
    (finding,) = findings(a_case(phase("30 mcg"), product=of(preservatives), conditions=("pregnancy",)))
    assert finding.code == "benzyl_alcohol_amount"
    assert finding.message == (
        "The patient is pregnant and it is not known how much benzyl alcohol US-CY-ARG1 contains: "
        "preservative-free on hand: none."
    )


@pytest.mark.parametrize("preservatives", ["none", "methylparaben 1.5 mg/mL", "phenol"])
def test_without_benzyl_alcohol_there_is_no_amount(preservatives):
    assert codes(phase("5 mg"), product=of(preservatives), conditions=("pregnancy",)) == []


@pytest.mark.parametrize(
    ("dose", "preservatives", "strength", "mg"),
    [
        # 5 mL x 15 mg/mL.
        ("5 mg", "benzyl alcohol 1.5%", 1000, "75.0"),
        # 5 mL x 9 mg/mL.
        ("5 mg", "benzyl alcohol 0.9%", 1000, "45.0"),
        # 0.5 mL x 15 mg/mL.
        ("5 mg", "benzyl alcohol 15 mg/mL", 10_000, "7.5"),
        # 0.03 mL x 15 mg/mL = 0.45 mg, rounded up.
        ("30 mcg", "benzyl alcohol 15 mg/mL", 1000, "0.5"),
        # 1/3 mL x 15 mg/mL = 5 mg, where no syringe measures the dose.
        ("1 mg", "benzyl alcohol 15 mg/mL", 3000, "5.0"),
        ("1 mg", "benzyl alcohol", 1000, None),
    ],
)
def test_the_milligrams_are_those_of_the_injected_volume(dose, preservatives, strength, mg):
    assert milligrams(a_case(phase(dose), product=of(preservatives, strength))) == (None if mg is None else Decimal(mg))


def test_the_largest_injection_counts():
    assert codes(phase("5 mg", WEEKLY, doses(3)), phase("1 mg"), conditions=("pregnancy",)) == ["benzyl_alcohol_amount"]


def test_the_limit_is_a_setting():
    assert codes(conditions=("pregnancy",), practice=Practice(benzyl_alcohol_mg=15)) == ["benzyl_alcohol_amount"]
    assert codes(conditions=("pregnancy",), practice=Practice(benzyl_alcohol_mg=16)) == ["benzyl_alcohol"]
