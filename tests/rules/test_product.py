import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.product import (
    AGENTS,
    Agent,
    Container,
    Form,
    NotAChoice,
    NotPreservatives,
    Preservatives,
    Preserved,
    Product,
    Route,
    Sensitivity,
    Storage,
    Temperature,
    one_of,
)
from dispensary.rules.quantity import Strength

BENZYL_ALCOHOL, PARABENS = Sensitivity.BENZYL_ALCOHOL, Sensitivity.PARABENS


def a_product(container="multi-dose vial", fill_ul=10_000, preservatives="benzyl alcohol 1.5%"):
    return Product(
        code="US-CY-X10",
        name="Cyanocobalamin injection",
        labeler="X",
        form=Form.CYANOCOBALAMIN,
        strength=Strength(1_000),
        container=Container(container),
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(Temperature.ROOM, protect_from_light=True),
        routes=frozenset({Route.IM}),
    )


@pytest.mark.parametrize(
    ("text", "agents", "shown"),
    [
        ("benzyl alcohol 1.5%", [("benzyl alcohol", 15_000)], "benzyl alcohol 15 mg/mL"),
        ("Benzyl Alcohol 0.9 %", [("benzyl alcohol", 9_000)], "benzyl alcohol 9 mg/mL"),
        ("benzyl alcohol", [("benzyl alcohol", None)], "benzyl alcohol"),
        (
            "methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
            [("methylparaben", 1_500), ("propylparaben", 200)],
            "methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
        ),
        (" phenol 0.5% ; chlorobutanol ", [("phenol", 5_000), ("chlorobutanol", None)], "phenol 5 mg/mL;chlorobutanol"),
    ],
)
def test_reads_agents_with_their_concentrations(text, agents, shown):
    preservatives = Preservatives.parse(text)
    assert preservatives == Preservatives(Preserved.LISTED, tuple(Agent(*agent) for agent in agents))
    assert str(preservatives) == shown


@pytest.mark.parametrize("text", ["none", "unknown", "per batch record"])
def test_reads_what_is_known_without_a_list(text):
    assert Preservatives.parse(text.upper()) == Preservatives(Preserved(text))
    assert str(Preservatives.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "see label",
        "preservative free",
        "benzyl alchohol 1.5%",
        "benzylalcohol",
        "none;benzyl alcohol 1.5%",
        "unknown 1%",
        "benzyl alcohol;benzyl alcohol 1.5%",
        "benzyl alcohol 1,5%",
        "benzyl alcohol 0%",
        "benzyl alcohol 150%",
        "phenol 999.999 mg/mL;",
        "phenol 1 g",
        "phenol ١%",
        "phenol 0.00001%",
    ],
)
def test_refuses_what_names_no_known_preservative(text):
    with pytest.raises(NotPreservatives) as refusal:
        Preservatives.parse(text)
    assert str(refusal.value) == (
        f"{text!a} does not say what preserves the product: write none, unknown, or agents with concentrations "
        "such as benzyl alcohol 1.5%, each once, among benzyl alcohol, methylparaben, ethylparaben, propylparaben, "
        "butylparaben, parabens, chlorobutanol, metacresol, phenol."
    )


@pytest.mark.parametrize(
    ("text", "provokes"),
    [
        ("none", set()),
        ("unknown", {BENZYL_ALCOHOL, PARABENS}),
        ("per batch record", {BENZYL_ALCOHOL, PARABENS}),
        ("benzyl alcohol", {BENZYL_ALCOHOL}),
        ("propylparaben 0.2 mg/mL", {PARABENS}),
        ("parabens", {PARABENS}),
        ("phenol;benzyl alcohol 0.9%", {BENZYL_ALCOHOL}),
        ("phenol 0.5%", set()),
    ],
)
def test_what_is_not_known_counts_as_present(text, provokes):
    preservatives = Preservatives.parse(text)
    assert {sensitivity for sensitivity in Sensitivity if preservatives.may_provoke(sensitivity)} == provokes


@given(
    # Five of the longest names with their amounts stay below the 200 characters that are read.
    st.dictionaries(st.sampled_from(sorted(AGENTS)), st.none() | st.integers(1, 999_999), min_size=1, max_size=5)
)
def test_listed_preservatives_read_back(agents):
    listed = Preservatives(Preserved.LISTED, tuple(Agent(name, mcg) for name, mcg in agents.items()))
    assert Preservatives.parse(str(listed)) == listed


@pytest.mark.parametrize(
    ("container", "preservatives", "multi_dose"),
    [
        ("multi-dose vial", "benzyl alcohol 1.5%", True),
        ("multi-dose vial", "unknown", True),
        ("multi-dose vial", "none", False),
        ("single-dose vial", "benzyl alcohol 1.5%", False),
        ("vial", "benzyl alcohol 1.5%", False),
        ("ampoule", "none", False),
    ],
)
def test_only_a_multi_dose_vial_serves_several_injections(container, preservatives, multi_dose):
    assert a_product(container=container, preservatives=preservatives).multi_dose is multi_dose


@pytest.mark.parametrize(("fill_ul", "fill"), [(10_000, "10 mL"), (1_000, "1 mL"), (2_500, "2.5 mL")])
def test_prints_the_fill_volume(fill_ul, fill):
    assert a_product(fill_ul=fill_ul).fill == fill


def test_reads_a_choice_in_any_case():
    assert one_of(Route, "route", " im ") is Route.IM
    assert one_of(Form, "form", "Cyanocobalamin") is Form.CYANOCOBALAMIN


@pytest.mark.parametrize("text", ["", "IV", "I M", "ＩＭ"])
def test_refuses_another_choice_and_names_all(text):
    with pytest.raises(NotAChoice) as refusal:
        one_of(Route, "route", text)
    assert str(refusal.value) == f"{text!a} is not a route: choose IM, subcut."


def test_refuses_ten_megabytes_at_once():
    start = time.process_time()
    for text in ("a" * 10_000_000, ";" * 10_000_000):
        with pytest.raises(NotPreservatives):
            Preservatives.parse(text)
        with pytest.raises(NotAChoice):
            one_of(Form, "form", text)
    assert time.process_time() - start < 1
