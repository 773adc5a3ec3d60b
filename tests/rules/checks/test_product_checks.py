from dataclasses import replace
from datetime import date

import pytest

from dispensary.rules.finding import Severity
from dispensary.rules.people import Country
from dispensary.rules.practice import Practice, practice_of
from dispensary.rules.product import Form, Route
from dispensary.rules.safety import findings
from tests.rules.checks.cases import DAILY, NORWAY, PRODUCTS, a_case, a_supply, codes, days, only, phase


@pytest.mark.parametrize("form", Form)
def test_no_form_is_exchanged_for_another(form):
    for product in PRODUCTS.values():
        found = codes(product=product, form=form)
        assert ("wrong_form" in found) == (product.form is not form)


@pytest.mark.parametrize(
    ("product", "sensitivity", "found"),
    [
        ("US-CY-ARG1", "benzyl alcohol", True),
        ("US-CY-ARG1", "parabens", False),
        ("US-CY-SOM1", "benzyl alcohol", True),
        ("US-CY-LIF1", "benzyl alcohol", True),
        ("US-CY-LIF1", "parabens", True),
        ("NO-CY-TAK1", "benzyl alcohol", False),
        ("NO-CY-TAK1", "parabens", False),
        ("US-HY-ACT30", "parabens", True),
        ("US-HY-ACT30", "benzyl alcohol", False),
        ("US-ME-CMP10", "parabens", True),
    ],
)
def test_what_is_in_the_product_or_not_known_provokes(product, sensitivity, found):
    assert codes(product=product, sensitivities=(sensitivity,)) == (["preservative_sensitivity"] if found else [])


def test_each_sensitivity_is_told_with_what_the_product_holds():
    found = findings(a_case(product="US-CY-LIF1", sensitivities=("parabens", "benzyl alcohol")))
    assert [finding.message for finding in found] == [
        "The patient reacts to benzyl alcohol and US-CY-LIF1 has preservatives that are not known; "
        "preservative-free on hand: none.",
        "The patient reacts to parabens and US-CY-LIF1 has preservatives that are not known; "
        "preservative-free on hand: none.",
    ]


@pytest.mark.parametrize(
    ("named", "taken", "practice", "allowed", "stopped"),
    [
        (None, "US-CY-FK1", NORWAY, False, False),
        ("US-CY-FK1", "US-CY-FK1", NORWAY, False, False),
        # AP-rated cyanocobalamin in the United States, unless the prescriber objects.
        ("US-CY-ARG1", "US-CY-FK1", practice_of(Country.US), True, False),
        ("US-CY-ARG1", "US-CY-FK1", practice_of(Country.US), False, True),
        # Hydroxocobalamin has no TE code, and Norway has none of them on its list.
        ("NO-HY-TAK1", "NO-HY-ORI1", practice_of(Country.US), True, True),
        ("NO-HY-TAK1", "NO-HY-ORI1", practice_of(Country.NORWAY), True, True),
        ("US-CY-ARG1", "US-CY-FK1", practice_of(Country.NORWAY), True, True),
        ("NO-HY-TAK1", "NO-HY-ORI1", Practice(substitution=frozenset(Form)), True, False),
        ("NO-HY-TAK1", "NO-HY-ORI1", Practice(substitution=frozenset(Form)), False, True),
    ],
)
def test_another_makers_product_needs_the_prescriber_and_the_country(named, taken, practice, allowed, stopped):
    found = codes(product=taken, prescribed_product=named, practice=practice, substitution_allowed=allowed)
    assert found == (["substitution_not_allowed"] if stopped else [])


def test_the_country_is_named_where_the_prescriber_would_allow_it():
    assert only(product="NO-HY-ORI1", prescribed_product="NO-HY-TAK1", practice=NORWAY).message == (
        "The prescriber named NO-HY-TAK1 and hydroxocobalamin is not exchanged for another maker's here: "
        "take NO-HY-TAK1 instead of NO-HY-ORI1, or ask the prescriber."
    )


def test_another_form_is_told_as_that_alone():
    case = {"product": "NO-HY-TAK1", "form": Form.CYANOCOBALAMIN, "prescribed_product": "US-CY-ARG1"}
    assert codes(**case, practice=NORWAY, substitution_allowed=False) == ["wrong_form"]


def test_a_route_in_several_phases_is_told_once():
    phases = (phase("1 mg", DAILY, days(7), Route.SUBCUT), phase("1 mg", route=Route.SUBCUT))
    assert codes(*phases, product="US-HY-ACT30") == ["route_not_labelled"]


def test_a_product_with_one_route_names_it():
    product = replace(PRODUCTS["NO-CY-TAK1"], routes=frozenset({Route.SUBCUT}))
    assert only(product=product).message == "NO-CY-TAK1 is not for IM injection (only subcut): ask the prescriber."


def test_aluminium_matters_to_whoever_was_born_too_early_for_a_year():
    infant = {"product": "NO-CY-TAK1", "conditions": ("prematurity",)}
    assert codes(**infant, born=date(2025, 11, 22)) == ["aluminium"]
    assert codes(**infant, born=date(2025, 11, 21)) == []
    assert "immature kidneys" in only(**infant, born=date(2025, 11, 22)).message


@pytest.mark.parametrize(("day", "one"), [(date(2025, 2, 28), False), (date(2025, 3, 1), True)])
def test_a_child_of_29_february_has_its_birthday_on_1_march(day, one):
    case = a_case(born=date(2024, 2, 29), today=day)
    assert case.younger_than(years=1) is not one


@pytest.mark.parametrize(
    ("product", "units", "severity"),
    [
        # Weekly 1 mL out of 30 mL vials: four doses of each before its 28 days are over, 26 of 30 mL wasted.
        ("US-CY-VIT30", 4, Severity.OVERRIDE),
        ("US-CY-VIT30", 1, Severity.NOTE),
        # Out of 10 mL vials 6 of 10 mL are wasted, less than three quarters.
        ("US-CY-DOD10", 4, Severity.NOTE),
    ],
)
def test_several_vials_of_which_most_is_wasted_need_a_reason(product, units, severity):
    supply = a_supply(product=product, units=units)
    found = only(product=product, quantity_units=units, supply=supply)
    assert (found.code, found.severity) == ("vial_size", severity)
