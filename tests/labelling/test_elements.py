"""Every element that a law wants has a field that shows it."""

from dataclasses import fields

import pytest

from dispensary.labelling.content import sayable
from dispensary.labelling.elements import Element, clustered, elements, must_have, shown
from dispensary.labelling.kinds import KINDS, text_class
from dispensary.labelling.kinds.dispense import DispenseFacts, LabelLacks
from dispensary.rules.people import Country, Language
from tests.labelling.leaflet_facts import a_leaflet
from tests.labelling.package_facts import a_norwegian_package, a_package
from tests.refusing import refused

A_PACKAGE = {Country.US: a_package, Country.NORWAY: a_norwegian_package}


def by_law(law: str, kind: str = "dispense") -> list[Element]:
    return [each for each in elements() if each.law == law and each.kind == kind]


@pytest.mark.parametrize("element", elements(), ids=lambda element: f"{element.law} {element.says}")
def test_an_element_is_shown_by_fields_of_its_kind(element):
    assert element.kind in KINDS
    assert element.law
    assert element.paragraph
    assert element.says
    assert element.fields
    assert set(element.fields) <= sayable(text_class(element.kind))


def test_only_facts_are_asked_for_and_only_where_a_refusal_can_name_them():
    asked = {fact for each in elements() for fact in each.must}
    assert asked <= {field.name for field in fields(DispenseFacts)}
    assert {each.kind for each in elements() if each.must} == {"dispense"}


@pytest.mark.parametrize(
    ("law", "kind", "paragraphs"),
    [
        ("21 USC 353", "dispense", {"(b)(2)", "(b)(4)(A)"}),
        ("HSC 111480", "dispense", {f"({letter})" for letter in "abcdefghi"}),
        ("BPC 4076", "dispense", {"(a)(10)"}),
        (
            "16 CCR 1707.5",
            "dispense",
            {"(a)(1)(A)", "(a)(1)(B)", "(a)(1)(B)(ii)", "(a)(1)(C)", "(a)(1)(D)"},
        ),
        ("USP <17>", "dispense", {"emphasise what patients need", "explicit instructions", "purpose for use"}),
        ("ISMP", "dispense", {"targeted best practices, community pharmacy, 2023", "tall man lettering"}),
        (
            "forskrift 2022-06-02-977",
            "dispense",
            {"§ 15-1 nr. 1", "§ 15-1 nr. 2", "§ 15-1 nr. 3", "§ 15-1 nr. 4", "§ 15-2"},
        ),
        (
            "USP <797>",
            "batch",
            {
                "labels: internal identification number",
                "labels: active ingredients",
                "labels: storage",
                "labels: beyond-use date",
                "labels: dosage form and volume",
                "labels: single or multiple dose",
                "labeling: route",
                "labeling: compounded",
            },
        ),
        ("USP <797>", "vial", {"multiple-dose containers"}),
        ("CDC", "vial", {"multi-dose vials"}),
        ("21 CFR 209.10", "leaflet", {"(a)"}),
    ],
)
def test_every_law_is_listed_paragraph_by_paragraph(law, kind, paragraphs):
    assert {each.paragraph for each in by_law(law, kind)} == paragraphs


@pytest.mark.parametrize(
    ("law", "fields"),
    [
        ("21 USC 353", "pharmacy address rx dispensed_on prescriber patient directions rx_only"),
        ("HSC 111480", "drug labeler directions patient prescriber dispensed_on pharmacy address rx quantity expires"),
        ("16 CCR 1707.5", "patient drug labeler directions purpose"),
    ],
)
def test_the_laws_of_the_united_states_ask_for_these(law, fields):
    assert {field for each in by_law(law) for field in each.fields} == set(fields.split())
    assert {each.country for each in by_law(law)} == {Country.US}


def test_the_law_of_norway_asks_for_these():
    marking = [each for each in by_law("forskrift 2022-06-02-977") if each.paragraph == "§ 15-2"]
    asked = "pharmacy prescriber patient dispensed_on directions purpose checked_by"
    assert {field for each in marking for field in each.fields} == set(asked.split())
    assert {each.country for each in marking} == {Country.NORWAY}


def test_the_patients_part_is_together_alone_and_large():
    cluster = clustered("dispense")
    assert cluster is not None
    assert (cluster.law, cluster.fields) == ("16 CCR 1707.5", ("patient", "drug", "directions", "purpose"))
    assert (cluster.least_pt, cluster.least_share) == (12, 0.5)
    assert set(cluster.fields) <= shown("dispense", Country.US)
    assert [clustered(kind) for kind in KINDS if kind != "dispense"] == [None] * 5


def test_these_facts_must_be_there():
    assert dict(must_have("dispense", Country.US)) == {
        "pharmacy": "name of the pharmacy",
        "address": "address of the pharmacy",
        "rx": "number of the prescription",
        "prescriber": "name of the prescriber",
        "patient": "name of the patient",
        "lot": "lot",
    }
    assert dict(must_have("dispense", Country.NORWAY)) == {
        "pharmacy": "name of the pharmacy",
        "prescriber": "name of the prescriber",
        "profession": "profession of the prescriber",
        "patient": "name of the patient",
        "checked_by": "name of the pharmacist who checked it",
        "lot": "lot",
    }


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize(
    ("country", "fact"), [(country, fact) for country in Country for fact in must_have("dispense", country)]
)
def test_a_label_without_what_must_be_there_is_refused(country, fact, blank):
    refusal = refused(LabelLacks, A_PACKAGE[country](**{fact: blank}).said)
    assert refusal.field == must_have("dispense", country)[fact]


@pytest.mark.parametrize("country", Country)
def test_a_full_label_shows_every_element(country):
    # In both languages together: English directions are added only where they are translated.
    said = [A_PACKAGE[country](parts=2, language=language).said() for language in Language]
    empty = {field for field in shown("dispense", country) if not any(getattr(text, field) for text in said)}
    assert empty == set()


@pytest.mark.parametrize("country", Country)
def test_a_leaflet_shows_every_element(country):
    text = a_leaflet(country=country).said()
    assert all(getattr(text, field) for field in shown("leaflet", country))


def test_what_one_country_wants_is_not_asked_of_another():
    assert "rx_only" in shown("dispense", Country.US) - shown("dispense", Country.NORWAY)
    assert "checked_by" in shown("dispense", Country.NORWAY) - shown("dispense", Country.US)
    assert shown("vial", Country.US) == shown("vial", Country.NORWAY) != frozenset()
