from dataclasses import replace
from datetime import date

import pytest

from dispensary.rules.course import Course
from dispensary.rules.grammar import parse
from dispensary.rules.product import Container, Product
from dispensary.rules.quantity import NotAWholeMicrolitre
from dispensary.rules.supply import (
    SupplyBeyondCalendar,
    TooFewUnits,
    days_of_units,
    last_injection,
    supply_of,
    units_for_days,
)
from tests.rules.supplied import AMPOULE, START, a_product, course, day


def test_a_vial_is_given_up_when_its_in_use_days_are_over() -> None:
    supply = supply_of(1, course("1 mg IM weekly"), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 6000, 28)
    assert (supply.first_injection, supply.last_injection, supply.next_injection) == (START, day(21), day(28))


def test_a_vial_that_is_used_up_in_time_wastes_nothing() -> None:
    supply = supply_of(1, course("3 mg IM every 2 days"), a_product(fill_ul=30_000))
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (10, 0, 20)


def test_a_rest_smaller_than_a_dose_is_waste() -> None:
    supply = supply_of(1, course("3 mg IM daily"), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (3, 1000, 3)


def test_a_dose_does_not_span_two_vials() -> None:
    supply = supply_of(2, course("3 mg IM daily"), a_product())
    assert (supply.doses, supply.waste_ul) == (6, 2000)


@pytest.mark.parametrize(
    ("container", "preservatives"),
    [
        (Container.AMPOULE, "none"),
        (Container.SINGLE_DOSE_VIAL, "benzyl alcohol 1.5%"),
        (Container.VIAL, "benzyl alcohol 1.5%"),
        (Container.MULTI_DOSE_VIAL, "none"),
    ],
)
def test_what_may_not_be_kept_open_serves_one_injection(container: Container, preservatives: str) -> None:
    product = a_product(container=container, fill_ul=2000, preservatives=preservatives)
    supply = supply_of(4, course("1 mg IM weekly"), product)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 4000, 28)


def test_a_preserved_vial_of_unknown_agents_is_multi_dose() -> None:
    supply = supply_of(1, course("1 mg IM daily"), a_product(preservatives="unknown"))
    assert supply.doses == 10


@pytest.mark.parametrize("product", [AMPOULE, a_product(fill_ul=1000)])
def test_a_dose_above_the_fill_takes_several_units(product: Product) -> None:
    directions = course("2.5 mg IM weekly")
    supply = supply_of(7, directions, product)
    assert (supply.units, supply.doses, supply.waste_ul, supply.days_supply) == (7, 2, 2000, 14)
    assert units_for_days(14, directions, product) == 6
    # The seventh unit is of no use alone, but would be opened on day 14.
    needed = last_injection(directions, product)
    assert [needed(units) for units in range(1, 8)] == [day(0)] * 3 + [day(7)] * 3 + [day(14)]


def test_a_range_gives_the_earliest_day_without_and_the_latest_day_of_need() -> None:
    directions = course("3 mg subcut every 2 to 3 days")
    supply = supply_of(1, directions, a_product(fill_ul=30_000))
    assert (supply.doses, supply.waste_ul) == (10, 0)
    assert (supply.next_injection, supply.days_supply) == (day(20), 20)
    assert supply.last_injection == day(27)
    assert last_injection(directions, a_product(fill_ul=30_000))(1) == day(27)


def test_a_wide_range_is_cautious_at_both_ends() -> None:
    # At the quick end six doses last to day 25, at the slow end two doses leave day 28 uncovered.
    supply = supply_of(1, course("1 mg IM every 5 to 14 days"), a_product())
    assert (supply.doses, supply.last_injection, supply.days_supply) == (2, day(25), 28)


def test_a_dose_on_day_28_needs_another_vial() -> None:
    assert supply_of(1, course("1 mg IM every 28 days"), a_product()).doses == 1
    assert supply_of(1, course("1 mg IM every 27 days"), a_product()).doses == 2


def test_the_makers_own_limit_of_use_comes_before_the_usual_one() -> None:
    short = replace(a_product(), in_use_days=14)
    assert supply_of(1, course("1 mg IM weekly"), short).doses == 2
    assert supply_of(1, course("1 mg IM every 14 days"), short).doses == 1
    assert supply_of(1, course("1 mg IM every 35 days"), replace(a_product(), in_use_days=42)).doses == 2
    assert (a_product().kept_days, short.kept_days, replace(AMPOULE, in_use_days=14).kept_days) == (28, 14, 0)


def test_months_are_served_by_one_vial_each() -> None:
    supply = supply_of(3, Course(parse("1 mg IM monthly"), date(2027, 1, 31)), AMPOULE)
    assert supply.last_injection == date(2027, 3, 31)
    assert supply.next_injection == date(2027, 4, 30)
    assert supply.days_supply == 89


def test_counts_the_units_for_some_days() -> None:
    weekly = course("1 mg IM weekly")
    assert [units_for_days(days, weekly, AMPOULE) for days in (1, 7, 8, 90)] == [1, 1, 2, 13]
    assert [units_for_days(days, weekly, a_product()) for days in (28, 29, 84)] == [1, 2, 3]


def test_too_few_units_for_one_dose_are_refused() -> None:
    with pytest.raises(TooFewUnits) as refused:
        supply_of(2, course("2.5 mg IM weekly"), AMPOULE)
    assert str(refused.value) == (
        "one dose of 2.5 mg is 2.5 mL of US-CY-VIT10 and a unit holds 1 mL: 2 will not do; give at least 3 units."
    )


def test_a_supply_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(SupplyBeyondCalendar) as refused:
        supply_of(1_000_000, course("1 mg IM monthly"), AMPOULE)
    assert str(refused.value) == "1000000 units of US-CY-VIT10 would last beyond the year 9999; ask for fewer."
    with pytest.raises(SupplyBeyondCalendar) as refused:
        units_for_days(9_999_999, course("1 mg IM every 24 months"), AMPOULE)
    assert str(refused.value) == "9999999 days of US-CY-VIT10 would last beyond the year 9999; ask for fewer."


def test_no_lot_is_asked_to_outlast_the_calendar() -> None:
    assert last_injection(course("1 mg IM every 24 months"), AMPOULE)(5000) == date.max


def test_a_dose_that_no_syringe_measures_is_refused() -> None:
    directions, product = course("1 mg IM weekly"), a_product(mcg_per_ml=1100 * 3)
    with pytest.raises(NotAWholeMicrolitre):
        supply_of(1, directions, product)
    with pytest.raises(NotAWholeMicrolitre):
        units_for_days(7, directions, product)


def test_a_vial_serves_the_next_dose_while_it_holds_it() -> None:
    """4 x 1 mL and 2 x 3 mL are one 10 mL vial; of 5 x 1 mL and 3 mL, 2 mL are left and hold no further 3 mL."""
    text = "1 mg IM daily for 4 days, then 3 mg IM daily for 2 days, then 1 mg IM weekly"
    supply = supply_of(1, course(text), a_product())
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (6, 0, 6)
    supply = supply_of(1, course("1 mg IM daily for 5 days, then 3 mg IM every 2 days"), a_product())
    assert (supply.doses, supply.volume_ul, supply.waste_ul, supply.days_supply) == (6, 8000, 2000, 7)


def test_what_is_left_of_a_vial_serves_a_smaller_dose() -> None:
    supply = supply_of(2, course("3 mg IM weekly for 2 doses, then 500 mcg IM weekly"), a_product(fill_ul=4000))
    # Days 0 and 7 leave 1 mL twice; the second vial serves days 14 and 21 as well.
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 1000, 28)


def test_the_largest_of_the_doses_that_may_come_next_must_fit() -> None:
    """After one of up to 2 small doses the next is small or large."""
    text = "500 mcg IM daily for up to 2 doses, then 2.5 mg IM weekly"
    with pytest.raises(TooFewUnits) as few:
        supply_of(2, course(text, (0, 1), start=1), AMPOULE)
    assert (few.value.dose, few.value.needed) == ("2.5 mg", 3)
    assert units_for_days(1, course(text, (0, 1), start=1), AMPOULE) == 3


def test_a_later_dose_that_no_syringe_measures_is_refused_at_once() -> None:
    text = "1.1 mg IM weekly for 4 doses, then 1 mg IM monthly"
    with pytest.raises(NotAWholeMicrolitre):
        supply_of(1, course(text), a_product(mcg_per_ml=1100))
    assert (
        supply_of(
            1,
            Course(parse("1 mg IM weekly for 4 doses, then 1.1 mg IM monthly"), day(28), ((START, 4),)),
            a_product(mcg_per_ml=1100),
        ).doses
        == 1
    )


def test_as_needed_lasts_as_if_it_were_always_needed() -> None:
    assert supply_of(4, course("1 mg IM as needed, at most weekly"), AMPOULE).days_supply == 28


@pytest.mark.parametrize(
    ("text", "product", "units", "days"),
    [
        ("1 mg IM weekly", AMPOULE, 3, [[0], [7], [14]]),
        ("1.5 mg IM weekly", AMPOULE, 5, [[0], [0], [7], [7], []]),
        ("1 mg IM weekly for 2 doses", AMPOULE, 3, [[0], [7], []]),
        ("1 mg IM weekly", a_product(fill_ul=3000), 2, [[0, 7, 14], [21, 28, 35]]),
        ("1 mg IM weekly", a_product(), 2, [[0, 7, 14, 21], [28, 35, 42, 49]]),
    ],
)
def test_each_unit_has_the_days_that_it_serves(text: str, product: Product, units: int, days: list[list[int]]) -> None:
    assert days_of_units(units, course(text), product) == tuple(tuple(map(day, each)) for each in days)
