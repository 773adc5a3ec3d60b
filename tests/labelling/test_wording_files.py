"""The files of the wordings: the same keys and blanks in each language, and nothing that no label asks for."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import product as every
from pathlib import Path

import pytest

import dispensary.labelling
from dispensary.labelling.wording import load
from dispensary.rules.directions import MOST, Directions, Duration, Interval, Ongoing, Phase, Site, TimeOfDay, Unit
from dispensary.rules.grammar import parse
from dispensary.rules.people import Country, Language
from dispensary.rules.product import AGENTS, Container, Form, Route, Temperature
from dispensary.rules.quantity import Dose
from dispensary.shipped import folder
from tests.labelling.leaflet_facts import a_leaflet
from tests.labelling.package_facts import a_package, a_product, some_directions

ENGLISH, BOKMAAL = Language.ENGLISH, Language.BOKMAAL
CODE = Path(dispensary.labelling.__file__).parent
LEAFLETS = (
    "1 mg IM weekly",
    "1 mg subcut weekly",
    "250 mcg IM every 2 days for 1 to 2 weeks, then 250 mcg IM weekly for 4 weeks, "
    "then 1 mg subcut every 2 to 3 months",
    "100 mcg IM daily for 6 to 7 days, then 100 mcg IM every 2 days for 7 doses, "
    "then 100 mcg IM every 3 to 4 days for 2 to 3 weeks, "
    "then 100 mcg IM monthly for life, in the morning, into the thigh, self-injected",
)


class Noted(dict[str, str]):
    """Templates that note which of them were asked for."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        super().__init__(templates)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


@contextmanager
def noting(language: Language) -> Iterator[Noted]:
    """The templates of a language, noted whoever asks for them."""
    wording = load(language)
    kept, noted = wording.templates, Noted(wording.templates)
    object.__setattr__(wording, "templates", noted)
    try:
        yield noted
    finally:
        object.__setattr__(wording, "templates", kept)


def intervals() -> Iterator[Interval]:
    for unit in MOST:
        yield from (Interval(unit, 1, 1), Interval(unit, 2, 2), Interval(unit, 2, 3))
        if unit is not Unit.DAY:
            yield Interval(unit, 1, 1, times=3)


def every_kind() -> Iterator[Directions]:
    """Directions that together need every template."""
    for interval in intervals():
        yield some_directions("500 mcg", Route.SUBCUT, interval)
    dose = Dose(1000)
    ends = [Duration(unit, least, most) for unit in Unit for least, most in ((1, 1), (0, 2), (2, 2), (2, 3))]
    for lasting in (*ends, Ongoing.LIFE, date(2027, 3, 1)):
        yield Directions((Phase(dose, Route.IM, Interval(Unit.WEEK, 1, 1), lasting),))
    for time, site in every(TimeOfDay, Site):
        phase = Phase(
            dose, Route.IM if site is Site.BUTTOCK else Route.SUBCUT, Interval(Unit.WEEK, 1, 1), as_needed=True
        )
        yield Directions((phase,), time, site, self_injected=True)
    yield parse("1 mg IM daily for 7 days, then weekly")
    yield parse("1 mg IM once")


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
def test_every_template_is_used(language):
    """By the labels of dispenses and leaflets, else by name; the other kinds of label choose among few."""
    agents = ("none", "unknown", "per batch record", "phenol 0.5%", ";".join(AGENTS))
    products = [a_product(form=form, name=name) for form, name in every(Form, ["Dodex", "Hydroksokobalamin", *Form])]
    products += [a_product(container=container, preservatives="none") for container in Container]
    products += [a_product(temperature=temperature) for temperature in Temperature]
    products += [a_product(preservatives=preservatives) for preservatives in agents]
    products += [replace(a_product(), identifier_kind=kind) for kind in ("NDC", "Vnr")]
    labels = [{"product": product, "country": country} for product, country in every(products, Country)]
    labels += [{"directions": directions} for directions in every_kind()]
    labels += [{"dispensed_on": a_package().dispensed_on.replace(month=month)} for month in range(1, 13)]
    labels += [{"parts": 2}, {"parts": 2, "part": 2}, {"profession": ""}, {"checked_by": ""}, {"copy": 2}]
    labels += [{"directions": None, "directions_as_written": ""}]
    leaflets = [{"country": country, "product": product} for product, country in every(products, Country)]
    leaflets += [{"directions": parse(text)} for text in LEAFLETS]
    leaflets += [{"directions": None}, {"phone": ""}]
    with noting(language) as noted:
        for given in labels:
            a_package(language=language, **given).said()
        for given in leaflets:
            a_leaflet(language=language, **given).said()
    named = asked_for_by_name()
    rest = set(noted) - noted.asked - named
    assert {key for key in rest if not re.match(r"calendar\.(month|weekday)_[0-9]", key)} == set()
    assert {"calendar.month_...", "calendar.weekday_..."} <= named


def asked_for_by_name() -> set[str]:
    """The keys that the program asks for by name, and what those that it puts together begin with."""
    found = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="say"), args=[ast.Constant(value=str(key)), *_]):
                    found.add(key)
                case ast.Call(
                    func=ast.Attribute(attr="say"),
                    args=[ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_],
                ):
                    found.add(f"{start}...")
    return found


@pytest.mark.parametrize("language", Language)
def test_a_wording_holds_strings_and_nothing_else(language):
    tables = [tomllib.loads((folder("labels") / "wording" / f"{language.value}.toml").read_text("utf-8"))]
    while tables:
        for value in tables.pop().values():
            assert isinstance(value, str | dict)
            tables += [value] if isinstance(value, dict) else []
