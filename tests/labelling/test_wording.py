"""What patients are told, in each language."""

import re
import tomllib
from collections.abc import Iterator
from itertools import product as every

import pytest

from dispensary.labelling.text import label_text
from dispensary.labelling.wording import Wording, load, sentence
from dispensary.rules.directions import Interval, Unit
from dispensary.rules.people import Country, Language
from dispensary.rules.product import AGENTS, Container, Form, Route, Temperature
from dispensary.rules.quantity import NotAWholeMicrolitre
from dispensary.shipped import folder
from tests.labelling.package_facts import a_package, a_product, some_directions
from tests.refusing import refused

ENGLISH, BOKMAAL = Language.ENGLISH, Language.BOKMAAL


class Noted(dict[str, str]):
    """Templates that note which of them were asked for."""

    asked: set[str]

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


def intervals() -> Iterator[Interval]:
    yield Interval(Unit.WEEK, 1, 1, times=3)
    for unit in Unit:
        yield from (Interval(unit, 1, 1), Interval(unit, 2, 2), Interval(unit, 2, 3))


@pytest.mark.parametrize(
    ("interval", "english", "bokmaal"),
    [
        (Interval(Unit.DAY, 1, 1), "once a day", "1 gang daglig"),
        (Interval(Unit.DAY, 2, 2), "every 2 days", "hver 2. dag"),
        (Interval(Unit.DAY, 2, 3), "every 2 to 3 days", "hver 2. til 3. dag"),
        (Interval(Unit.WEEK, 1, 1), "once a week", "1 gang i uken"),
        (Interval(Unit.WEEK, 1, 1, times=3), "3 times a week", "3 ganger i uken"),
        (Interval(Unit.WEEK, 2, 2), "every 2 weeks", "hver 2. uke"),
        (Interval(Unit.WEEK, 2, 4), "every 2 to 4 weeks", "hver 2. til 4. uke"),
        (Interval(Unit.MONTH, 1, 1), "once a month", "1 gang i måneden"),
        (Interval(Unit.MONTH, 2, 2), "every 2 months", "hver 2. måned"),
        (Interval(Unit.MONTH, 2, 3), "every 2 to 3 months", "hver 2. til 3. måned"),
    ],
)
def test_an_interval_is_said_as_patients_say_it(interval, english, bokmaal):
    directions = some_directions(interval=interval)
    assert sentence(directions, a_product(), ENGLISH) == f"Inject 1 mg (1 mL) into a muscle {english}."
    assert sentence(directions, a_product(), BOKMAAL) == f"Injiser 1 mg (1 ml) i en muskel {bokmaal}."


@pytest.mark.parametrize(
    ("dose", "strength", "english", "bokmaal"),
    [
        ("500 mcg", 1000, "500 mcg (0.5 mL)", "500 mikrogram (0,5 ml)"),
        ("2.5 mg", 1000, "2.5 mg (2.5 mL)", "2,5 mg (2,5 ml)"),
        ("0.5 mg", 500, "500 mcg (1 mL)", "500 mikrogram (1 ml)"),
        ("15 mg", 5000, "15 mg (3 mL)", "15 mg (3 ml)"),
    ],
)
def test_a_dose_is_given_in_mg_or_mcg_and_in_ml(dose, strength, english, bokmaal):
    directions, product = some_directions(dose, Route.SUBCUT), a_product(strength=strength)
    assert sentence(directions, product, ENGLISH) == f"Inject {english} under the skin once a week."
    assert sentence(directions, product, BOKMAAL) == f"Injiser {bokmaal} under huden 1 gang i uken."


def test_a_dose_that_no_syringe_measures_is_refused():
    refused(NotAWholeMicrolitre, lambda: sentence(some_directions("1 mg"), a_product(strength=3000), ENGLISH))


def test_a_label_keeps_the_timing_on_one_line():
    said = sentence(some_directions(), a_product(), ENGLISH, timing_together=True)
    assert said == "Inject 1 mg (1 mL) into a muscle once\u00a0a\u00a0week."


@pytest.mark.parametrize(("number", "english", "bokmaal"), [(1000, "1,000", "1\u00a0000"), (25, "25", "25")])
def test_thousands_are_set_apart_as_the_language_does(number, english, bokmaal):
    assert (load(ENGLISH).number(number), load(BOKMAAL).number(number)) == (english, bokmaal)


@pytest.mark.parametrize(
    ("preservatives", "english", "bokmaal"),
    [
        ("none", "No preservative.", "Uten konserveringsmiddel."),
        ("unknown", "Preservative not known: ask the pharmacist.", "Konserveringsmiddel ikke kjent: spør på apoteket."),
        ("per batch record", "Preservative: ask the pharmacist.", "Konserveringsmiddel: spør på apoteket."),
        (
            "benzyl alcohol 1.5%",
            "Preservative: benzyl alcohol 15 mg/mL.",
            "Konserveringsmiddel: benzylalkohol 15 mg/ml.",
        ),
        ("benzyl alcohol", "Preservative: benzyl alcohol.", "Konserveringsmiddel: benzylalkohol."),
        (
            "methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
            "Preservative: methylparaben 1.5 mg/mL and propylparaben 0.2 mg/mL.",
            "Konserveringsmiddel: metylparaben 1,5 mg/ml og propylparaben 0,2 mg/ml.",
        ),
        (
            "phenol 0.5%;metacresol;chlorobutanol",
            "Preservative: phenol 5 mg/mL, metacresol and chlorobutanol.",
            "Konserveringsmiddel: fenol 5 mg/ml, metakresol og klorbutanol.",
        ),
    ],
)
def test_preservatives_are_said_in_plain_words(preservatives, english, bokmaal):
    found = a_product(preservatives=preservatives).preservatives
    assert load(ENGLISH).preservatives(found) == english
    assert load(BOKMAAL).preservatives(found) == bokmaal


def test_both_languages_have_the_same_keys():
    assert set(load(ENGLISH).templates) == set(load(BOKMAAL).templates)


def test_both_languages_fill_in_the_same_things():
    for key, english in load(ENGLISH).templates.items():
        # A strength is printed as the packs of the country print it: mcg or mg.
        if key != "unit.strength":
            assert blanks(english) == blanks(load(BOKMAAL).templates[key]), key


def blanks(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", template))


@pytest.mark.parametrize("language", Language)
def test_every_template_is_used(language, monkeypatch):
    noted = Noted(load(language).templates)
    noted.asked = set()
    monkeypatch.setattr("dispensary.labelling.wording.load", lambda _: Wording(noted))
    monkeypatch.setattr("dispensary.labelling.text.load", lambda _: Wording(noted))
    agents = ("none", "unknown", "per batch record", "phenol 0.5%", ";".join(AGENTS))
    products = [a_product(form=form, name=name) for form, name in every(Form, ["Dodex", "Hydroksokobalamin", *Form])]
    products += [a_product(container=container, preservatives="none") for container in Container]
    products += [a_product(temperature=temperature) for temperature in Temperature]
    products += [a_product(preservatives=preservatives) for preservatives in agents]
    labels = [{"product": product, "country": country} for product, country in every(products, Country)]
    labels += [{"directions": some_directions("500 mcg", Route.SUBCUT, interval)} for interval in intervals()]
    labels += [{"dispensed_on": a_package().dispensed_on.replace(month=month)} for month in range(1, 13)]
    labels += [{"parts": 2}, {"parts": 2, "part": 2}, {"profession": ""}]
    labels += [{"directions": type(some_directions())(()), "directions_as_written": ""}]
    for given in labels:
        label_text(a_package(language=language, **given))
    assert set(noted) - noted.asked == set()


@pytest.mark.parametrize("language", Language)
def test_a_wording_holds_strings_and_nothing_else(language):
    tables = [tomllib.loads((folder("labels") / "wording" / f"{language.value}.toml").read_text("utf-8"))]
    while tables:
        for value in tables.pop().values():
            assert isinstance(value, str | dict)
            tables += [value] if isinstance(value, dict) else []
