from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.directions import Directions, Interval, Pace, Phase, Unit, injections, parse
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import Dose, NotAWholeMicrolitre, Strength
from dispensary.rules.supply import (
    IN_USE_DAYS,
    SupplyBeyondCalendar,
    TooFewUnits,
    last_injection,
    supply_of,
    units_for_days,
)

START = date(2026, 3, 2)


def a_product(
    *,
    container: Container = Container.MULTI_DOSE_VIAL,
    fill_ul: int = 10_000,
    preservatives: str = "benzyl alcohol 1.5%",
    mcg_per_ml: int = 1000,
) -> Product:
    return Product(
        code="US-CY-VIT10",
        name="Cyanocobalamin injection",
        labeler="Vitruvias",
        form=Form.CYANOCOBALAMIN,
        strength=Strength(mcg_per_ml),
        container=container,
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(Temperature.ROOM, protect_from_light=True),
        routes=frozenset(Route),
    )


AMPOULE = a_product(container=Container.AMPOULE, fill_ul=1000, preservatives="none")


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def test_a_vial_is_given_up_when_its_in_use_days_are_over() -> None:
    supply = supply_of(1, parse("1 mg IM weekly"), a_product(), START)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 6000, 28)
    assert (supply.first_injection, supply.last_injection, supply.next_injection) == (START, day(21), day(28))


def test_a_vial_that_is_used_up_in_time_wastes_nothing() -> None:
    supply = supply_of(1, parse("3 mg IM every 2 days"), a_product(fill_ul=30_000), START)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (10, 0, 20)


def test_a_rest_smaller_than_a_dose_is_waste() -> None:
    supply = supply_of(1, parse("3 mg IM daily"), a_product(), START)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (3, 1000, 3)


def test_a_dose_does_not_span_two_vials() -> None:
    supply = supply_of(2, parse("3 mg IM daily"), a_product(), START)
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
    supply = supply_of(4, parse("1 mg IM weekly"), product, START)
    assert (supply.doses, supply.waste_ul, supply.days_supply) == (4, 4000, 28)


def test_a_preserved_vial_of_unknown_agents_is_multi_dose() -> None:
    supply = supply_of(1, parse("1 mg IM daily"), a_product(preservatives="unknown"), START)
    assert supply.doses == 10


@pytest.mark.parametrize("product", [AMPOULE, a_product(fill_ul=1000)])
def test_a_dose_above_the_fill_takes_several_units(product: Product) -> None:
    directions = parse("2.5 mg IM weekly")
    supply = supply_of(7, directions, product, START)
    assert (supply.units, supply.doses, supply.waste_ul, supply.days_supply) == (7, 2, 2000, 14)
    assert units_for_days(14, directions, product, START) == 6
    # The seventh unit is of no use alone, but would be opened on day 14.
    needed = last_injection(directions, product, START)
    assert [needed(units) for units in range(1, 8)] == [day(0)] * 3 + [day(7)] * 3 + [day(14)]


def test_a_range_gives_the_earliest_day_without_and_the_latest_day_of_need() -> None:
    directions = parse("3 mg subcut every 2 to 3 days")
    supply = supply_of(1, directions, a_product(fill_ul=30_000), START)
    assert (supply.doses, supply.waste_ul) == (10, 0)
    assert (supply.next_injection, supply.days_supply) == (day(20), 20)
    assert supply.last_injection == day(27)
    assert last_injection(directions, a_product(fill_ul=30_000), START)(1) == day(27)


def test_a_wide_range_is_cautious_at_both_ends() -> None:
    # At the quick end six doses last to day 25, at the slow end two doses leave day 28 uncovered.
    supply = supply_of(1, parse("1 mg IM every 5 to 14 days"), a_product(), START)
    assert (supply.doses, supply.last_injection, supply.days_supply) == (2, day(25), 28)


def test_a_dose_on_day_28_needs_another_vial() -> None:
    assert supply_of(1, parse("1 mg IM every 28 days"), a_product(), START).doses == 1
    assert supply_of(1, parse("1 mg IM every 27 days"), a_product(), START).doses == 2


def test_months_are_served_by_one_vial_each() -> None:
    supply = supply_of(3, parse("1 mg IM monthly"), AMPOULE, date(2027, 1, 31))
    assert supply.last_injection == date(2027, 3, 31)
    assert supply.next_injection == date(2027, 4, 30)
    assert supply.days_supply == 89


def test_counts_the_units_for_some_days() -> None:
    weekly = parse("1 mg IM weekly")
    assert [units_for_days(days, weekly, AMPOULE, START) for days in (1, 7, 8, 90)] == [1, 1, 2, 13]
    assert [units_for_days(days, weekly, a_product(), START) for days in (28, 29, 84)] == [1, 2, 3]


def test_too_few_units_for_one_dose_are_refused() -> None:
    with pytest.raises(TooFewUnits) as refused:
        supply_of(2, parse("2.5 mg IM weekly"), AMPOULE, START)
    assert str(refused.value) == (
        "one dose of 2.5 mg is 2.5 mL of US-CY-VIT10 and a unit holds 1 mL: 2 will not do; give at least 3 units."
    )


def test_a_supply_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(SupplyBeyondCalendar) as refused:
        supply_of(1_000_000, parse("1 mg IM monthly"), AMPOULE, START)
    assert str(refused.value) == "1000000 units of US-CY-VIT10 would last beyond the year 9999; ask for fewer."
    with pytest.raises(SupplyBeyondCalendar) as refused:
        units_for_days(9_999_999, parse("1 mg IM every 24 months"), AMPOULE, START)
    assert str(refused.value) == "9999999 days of US-CY-VIT10 would last beyond the year 9999; ask for fewer."


def test_no_lot_is_asked_to_outlast_the_calendar() -> None:
    assert last_injection(parse("1 mg IM every 24 months"), AMPOULE, START)(5000) == date.max


def test_a_dose_that_no_syringe_measures_is_refused() -> None:
    directions, product = parse("1 mg IM weekly"), a_product(mcg_per_ml=1100 * 3)
    with pytest.raises(NotAWholeMicrolitre):
        supply_of(1, directions, product, START)
    with pytest.raises(NotAWholeMicrolitre):
        units_for_days(7, directions, product, START)


@st.composite
def a_case(draw: st.DrawFn) -> tuple[Directions, Product]:
    unit = draw(st.sampled_from(Unit))
    least, most = sorted(draw(st.tuples(st.integers(1, 9), st.integers(1, 9))))
    times = draw(st.integers(1, 7)) if unit is Unit.WEEK and most == 1 else 1
    dose = Dose(draw(st.integers(1, 12)) * 500)
    directions = Directions((Phase(dose, Route.IM, Interval(unit, least, most, times)),))
    product = a_product(
        container=draw(st.sampled_from(Container)),
        fill_ul=draw(st.sampled_from([1000, 2000, 10_000, 30_000])),
        preservatives=draw(st.sampled_from(["none", "unknown", "benzyl alcohol"])),
    )
    return directions, product


def play(units: int, directions: Directions, product: Product, pace: Pace) -> tuple[list[date], list[date], date]:
    """Injects day by day from a box of units: days injected, the day each unit was last used, the day it failed."""
    dose_ul = product.strength.volume_ul(directions.phase.dose)
    injected: list[date] = []
    used: list[date] = []
    left_ul, opened = 0, START
    for on in injections(directions, START, pace=pace):
        kept = product.multi_dose and left_ul >= dose_ul and on < opened + timedelta(days=IN_USE_DAYS)
        if kept:
            left_ul -= dose_ul
            used[-1] = on
        else:
            left_ul, opened, wanted = 0, on, 0
            while left_ul < dose_ul:
                left_ul += product.fill_ul
                wanted += 1
            if len(used) + wanted > units:
                return injected, used + [on] * (units - len(used)), on
            used += [on] * wanted
            left_ul = left_ul - dose_ul if wanted == 1 else 0
        injected.append(on)
    raise AssertionError("the calendar ended")


@given(a_case(), st.integers(1, 8))
def test_equals_injecting_from_a_box_day_by_day(case: tuple[Directions, Product], units: int) -> None:
    directions, product = case
    games = [play(units, directions, product, pace) for pace in Pace]
    doses = min(len(injected) for injected, _, _ in games)
    if doses == 0:
        with pytest.raises(TooFewUnits):
            supply_of(units, directions, product, START)
        return
    supply = supply_of(units, directions, product, START)
    dose_ul = product.strength.volume_ul(directions.phase.dose)
    assert supply.doses == doses
    assert supply.waste_ul == units * product.fill_ul - doses * dose_ul
    assert supply.waste_ul >= 0
    assert supply.first_injection == START
    assert supply.last_injection == max(injected[-1] for injected, _, _ in games)
    assert supply.next_injection == min(failed for _, _, failed in games)
    assert supply.days_supply == (supply.next_injection - START).days
    needed = last_injection(directions, product, START)
    assert [needed(unit + 1) for unit in range(units)] == [
        max(days) for days in zip(*(g[1] for g in games), strict=True)
    ]


@given(a_case(), st.integers(1, 200))
def test_units_for_days_are_enough_and_not_one_too_many(case: tuple[Directions, Product], days: int) -> None:
    directions, product = case
    units = units_for_days(days, directions, product, START)
    assert supply_of(units, directions, product, START).days_supply >= days
    assert any(play(units - 1, directions, product, pace)[2] < START + timedelta(days=days) for pace in Pace)


@given(a_case())
def test_the_day_of_need_never_falls(case: tuple[Directions, Product]) -> None:
    needed = last_injection(*case, START)
    days = [needed(units) for units in range(1, 40)]
    assert days == sorted(days)
    quick = islice(injections(case[0], START, pace=Pace.QUICK), 1)
    assert days[0] >= next(quick)
