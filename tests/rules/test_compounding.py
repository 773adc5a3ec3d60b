from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispensary.rules.beyond_use import Start
from dispensary.rules.compounding import (
    ImpossibleYield,
    IngredientExpired,
    NamesPreservative,
    NotMadeHere,
    OtherMolecule,
    PowderIsNotSterile,
    PreservativesDiffer,
    StrengthDiffers,
    Unpreserved,
    compound,
    require_ingredients,
    yield_percent,
)
from dispensary.rules.ingredient import Diluent, NotAnIngredient, Powder, Source, parse_diluent, parse_powder
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import BareGram, Dose, NotAVolume, Strength
from tests.refusing import refused

TODAY = date(2026, 11, 21)
LATER = date(2027, 11, 30)


def a_product(
    preservatives="none",
    form=Form.CYANOCOBALAMIN,
    strength=1000,
    fill_ul=1000,
    container=Container.SINGLE_DOSE_VIAL,
    labeler="house",
    code="HS-CY1",
):
    return Product(
        code=code,
        name="Cyanocobalamin injection",
        labeler=labeler,
        form=form,
        strength=Strength(strength),
        container=container,
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(Temperature.REFRIGERATOR, protect_from_light=True),
        routes=frozenset({Route.IM}),
    )


def a_source(units=5, preservatives="none", strength=1000, fill_ul=1000, form=Form.CYANOCOBALAMIN):
    made = a_product(preservatives, form, strength, fill_ul, labeler="American Regent", code="US-CY-ARG1")
    return Source(made, "A1", LATER, units, made.preservatives)


def a_diluent(volume_ul=5000, preservatives="none", expires=LATER, name="Sodium chloride 0.9%"):
    return Diluent(name, "N1", expires, volume_ul, Preservatives.parse(preservatives))


def a_powder(mcg=50_000, name="Cyanocobalamin USP", expires=LATER):
    return Powder(name, "P1", expires, Dose(mcg))


def held(target, main, *diluents, made=1):
    return str(compound(target, main, diluents, made).preservatives)


def test_a_large_vial_into_small_ones():
    found = compound(a_product(fill_ul=500), a_source(units=2, fill_ul=30_000), [], 118)
    assert (found.expected_units, found.yield_percent, str(found.preservatives)) == (120, "98.3%", "none")
    assert found.calculation == (
        "Cyanocobalamin injection (US-CY-ARG1) lot A1: 2 x 30 mL at 1,000 mcg/mL = 60 mL with 60 mg",
        "Mixture: 60 mg in 60 mL: 1,000 mcg/mL",
        "It holds no preservative.",
        "60 mL in units of 0.5 mL: 120 expected, 0 mL left over",
        "118 of 120 units made: yield 98.3%, 1 mL wasted",
    )


def test_a_volume_that_does_not_divide_leaves_a_rest():
    found = compound(a_product(fill_ul=3000), a_source(units=1, fill_ul=10_000), [], 3)
    assert found.expected_units == 3
    assert found.calculation[-2:] == (
        "10 mL in units of 3 mL: 3 expected, 1 mL left over",
        "3 of 3 units made: yield 100%, 1 mL wasted",
    )


def test_a_diluent_weakens_what_it_is_mixed_with():
    found = compound(a_product(strength=500), a_source(units=5), [a_diluent()], 10)
    assert "Mixture: 5 mg in 10 mL: 500 mcg/mL" in found.calculation
    assert found.calculation[1] == "Sodium chloride 0.9% lot N1: 5 mL"


def test_a_powder_is_made_up_with_its_diluents():
    found = compound(a_product(), a_powder(50_000), [a_diluent(30_000), a_diluent(20_000)], 50)
    assert (found.expected_units, found.calculation[0]) == (50, "Cyanocobalamin USP lot P1: 50 mg")


@pytest.mark.parametrize(
    ("target", "main", "diluents"),
    [
        (a_product(strength=500), a_source(), []),
        (a_product(), a_source(), [a_diluent()]),
        # A third of a microgram too much is too much.
        (a_product(strength=333), a_source(units=1), [a_diluent(2000)]),
        (a_product(), a_powder(), []),
    ],
)
def test_the_mixture_is_exactly_as_strong_as_the_product(target, main, diluents):
    refused(StrengthDiffers, lambda: compound(target, main, diluents, 1))


@pytest.mark.parametrize("made", [0, 6, -1])
def test_no_more_units_than_the_volume_fills_and_at_least_one(made):
    refused(ImpossibleYield, lambda: compound(a_product(), a_source(units=5), [], made))


def test_too_little_for_a_single_unit():
    refused(ImpossibleYield, lambda: compound(a_product(fill_ul=2000), a_source(units=1), [], 1))


@pytest.mark.parametrize(
    ("says", "source"),
    [
        ("none", "benzyl alcohol 1.5%"),
        ("none", "unknown"),
        ("none", "per batch record"),
        ("benzyl alcohol", "none"),
        ("benzyl alcohol", "unknown"),
        ("benzyl alcohol", "benzyl alcohol 1.5%;phenol"),
        ("benzyl alcohol;phenol", "benzyl alcohol 1.5%"),
        ("benzyl alcohol 0.9%", "benzyl alcohol 1.5%"),
        ("benzyl alcohol 0.9%", "benzyl alcohol"),
    ],
)
def test_the_product_says_of_the_preservatives_what_is_in_it(says, source):
    refused(PreservativesDiffer, lambda: held(a_product(says), a_source(preservatives=source)))


def test_a_preservative_of_the_diluent_counts():
    target = a_product("none", strength=500)
    refused(PreservativesDiffer, lambda: held(target, a_source(), a_diluent(preservatives="benzyl alcohol 0.9%")))
    refused(PreservativesDiffer, lambda: held(target, a_source(), a_diluent(preservatives="unknown")))


def test_a_mixture_holds_the_preservatives_of_all_its_ingredients():
    batch = a_product("per batch record", strength=500)
    assert held(batch, a_source(preservatives="benzyl alcohol 1.5%"), a_diluent()) == "benzyl alcohol 7.5 mg/mL"
    both = held(batch, a_source(preservatives="phenol"), a_diluent(preservatives="benzyl alcohol 0.9%"))
    assert both == "benzyl alcohol 4.5 mg/mL;phenol"
    same = held(batch, a_source(preservatives="benzyl alcohol 1.5%"), a_diluent(preservatives="benzyl alcohol 0.9%"))
    assert same == "benzyl alcohol 12 mg/mL"
    assert held(batch, a_source(preservatives="benzyl alcohol"), a_diluent(preservatives="benzyl alcohol 0.9%")) == (
        "benzyl alcohol"
    )
    assert held(batch, a_source(preservatives="unknown"), a_diluent()) == "unknown"
    assert held(batch, a_source(), a_diluent()) == "none"


def test_a_concentration_that_is_not_whole_is_rounded_up():
    thirds = a_product("per batch record", strength=250)
    target = held(thirds, a_source(units=1, preservatives="benzyl alcohol 0.001 mg/mL"), a_diluent(3000))
    assert target == "benzyl alcohol 0.001 mg/mL"


def test_what_agrees_with_the_product_is_made():
    assert held(a_product("benzyl alcohol 1.5%"), a_source(preservatives="benzyl alcohol 1.5%"))
    assert held(a_product("benzyl alcohol"), a_source(preservatives="benzyl alcohol 1.5%"))
    assert held(a_product("unknown"), a_source(preservatives="unknown")) == "unknown"


def test_what_is_kept_open_is_preserved():
    multi_dose = a_product("per batch record", container=Container.MULTI_DOSE_VIAL)
    refused(Unpreserved, lambda: held(multi_dose, a_source()))
    assert held(multi_dose, a_source(preservatives="benzyl alcohol 1.5%"))
    assert held(a_product(container=Container.MULTI_DOSE_VIAL), a_source()) == "none"


@pytest.mark.parametrize(("made", "expected", "shown"), [(3, 3, "100%"), (2, 3, "66.6%"), (1999, 2000, "99.9%")])
def test_only_all_of_them_are_all(made, expected, shown):
    assert yield_percent(made, expected) == shown


@given(
    units=st.integers(1, 1000),
    source_ul=st.integers(1, 30_000),
    fill_ul=st.integers(1, 30_000),
    water=st.integers(0, 9),
)
def test_what_is_expected_and_left_over_is_all_there_was(units, source_ul, fill_ul, water):
    """The target is as strong as the mixture of one part source with so many parts water."""
    assume(units * source_ul * (1 + water) >= fill_ul)
    target = a_product(strength=2520, fill_ul=fill_ul)
    diluents = [a_diluent(units * source_ul * water)] if water else []
    main = a_source(units=units, strength=2520 * (1 + water), fill_ul=source_ul)
    found = compound(target, main, diluents, 1)
    total = units * source_ul * (1 + water)
    assert 0 <= total - found.expected_units * fill_ul < fill_ul


def ingredients(target, main, *diluents, start=Start.NON_STERILE):
    require_ingredients(target, main, diluents, start, TODAY)


def test_only_what_the_house_makes_is_made():
    refused(NotMadeHere, lambda: ingredients(a_product(labeler="Vitarine"), a_source()))


def test_forms_are_never_exchanged():
    hydroxo = a_product(form=Form.HYDROXOCOBALAMIN)
    refused(OtherMolecule, lambda: ingredients(hydroxo, a_source()))
    refused(OtherMolecule, lambda: ingredients(hydroxo, a_powder()))


def test_the_name_of_a_powder_begins_with_its_form():
    for name in ("Vitamin B12", "Methylcobalamin, not cyanocobalamin", "Cyanocobalamins"):
        refused(OtherMolecule, lambda name=name: ingredients(a_product(), a_powder(name=name)))
    for name in ("CYANOCOBALAMIN", "Cyanocobalamin, USP", "cyanocobalamin (crystalline)"):
        ingredients(a_product(), a_powder(name=name))


def test_from_a_powder_the_start_is_not_sterile():
    refused(PowderIsNotSterile, lambda: ingredients(a_product(), a_powder(), start=Start.STERILE))
    ingredients(a_product(), a_source(), start=Start.STERILE)


@pytest.mark.parametrize(
    "name",
    ["Bacteriostatic water", "BACTERIOSTATIC sodium chloride", "Water with benzyl alcohol 0.9%", "Saline benzylalcohol",
     "Saline (meta-cresol)", "Water, methyl-paraben", "Water and phenol"],
)  # fmt: skip
def test_a_diluent_that_names_a_preservative_is_not_without(name):
    refused(NamesPreservative, lambda: ingredients(a_product(), a_source(), a_diluent(name=name)))
    for said in ("unknown", "benzyl alcohol 0.9%"):
        ingredients(a_product(), a_source(), a_diluent(), a_diluent(name=name, preservatives=said))


def test_an_ingredient_is_used_through_its_last_day():
    ingredients(a_product(), a_powder(expires=TODAY), a_diluent(expires=TODAY))
    yesterday = date(2026, 11, 20)
    refused(IngredientExpired, lambda: ingredients(a_product(), a_powder(expires=yesterday)))
    refused(IngredientExpired, lambda: ingredients(a_product(), a_source(), a_diluent(expires=yesterday)))


def test_ingredients_as_typed():
    assert parse_powder(" Cyanocobalamin USP ; P1;2027-11;50 mg") == a_powder()
    assert parse_diluent("Sodium chloride 0.9%;N1;2027-11-30;5 mL;none") == a_diluent()
    two = parse_diluent("Bacteriostatic water;W1;2027-11;5 mL;benzyl alcohol 0.9%;phenol 0.5%")
    assert str(two.preservatives) == "benzyl alcohol 9 mg/mL;phenol 5 mg/mL"


def test_an_ingredient_that_lacks_something_is_refused():
    refused(NotAnIngredient, lambda: parse_powder("Cyanocobalamin;P1;2027-11"))
    refused(NotAnIngredient, lambda: parse_powder("x" * 501))
    # Preservatives are said, also where there are none.
    refused(NotAnIngredient, lambda: parse_diluent("Sodium chloride 0.9%;N1;2027-11-30;5 mL"))
    refused(BareGram, lambda: parse_powder("Cyanocobalamin;P1;2027-11;5 g"))
    refused(NotAVolume, lambda: parse_diluent("Sodium chloride 0.9%;N1;2027-11-30;5;none"))
