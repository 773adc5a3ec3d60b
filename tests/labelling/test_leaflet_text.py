"""What the leaflet tells a patient, and what it must not."""

import os
import re
from datetime import date
from itertools import product as every
from pathlib import Path
from typing import Any

import pytest

from dispensary.labelling.content import Pictogram, sayable
from dispensary.labelling.kinds.leaflet import LeafletFacts, LeafletText
from dispensary.labelling.symbols import Code, Symbol
from dispensary.labelling.wording import sentence
from dispensary.rules.grammar import parse
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Route, Temperature
from dispensary.rules.quantity import NotAWholeMicrolitre
from tests.labelling.leaflet_facts import a_leaflet, a_norwegian_leaflet
from tests.labelling.package_facts import a_product, some_directions
from tests.refusing import refused

GOLDEN = Path(__file__).parents[1] / "golden" / "leaflets"
ENGLISH, BOKMAAL = Language.ENGLISH, Language.BOKMAAL
HEADED = ("inject", "notice", "help", "know", "keep", "discard", "call")
# What fits one A5 page at 12 points with its headings.
MOST = {ENGLISH: 1900, BOKMAAL: 2000}
USUAL = {ENGLISH: a_leaflet, BOKMAAL: a_norwegian_leaflet}


def read(text: LeafletText) -> str:
    """The leaflet as it is read from top to bottom."""
    headed = [f"{getattr(text, f'{name}_heading')}\n{getattr(text, name)}" for name in HEADED]
    last = f"{text.rx}, {text.fill}, {text.dispensed_on}, {text.dispense}"
    top = [f"{text.pharmacy}\n{text.address}", text.title, f"{text.patient}\n{text.drug}", text.directions]
    return "\n\n".join([*top, *headed[:-1], f"{headed[-1]}\n{text.side_effects}", last]) + "\n"


def said(facts: LeafletFacts) -> str:
    return read(facts.said())


def leaflets(language: Language) -> list[LeafletFacts]:
    """The leaflets of that language for each route, container, storage and country."""
    containers = [(container, "none") for container in Container] + [(Container.MULTI_DOSE_VIAL, "phenol 0.5%")]
    routes = ["1 mg IM weekly", "1 mg subcut weekly", "1 mg IM daily for 7 days, then 1 mg subcut monthly", None]
    found = []
    for country, text, (container, preservatives), temperature in every(Country, routes, containers, Temperature):
        product = a_product(container=container, preservatives=preservatives, temperature=temperature)
        given: dict[str, Any] = {"country": country, "product": product, "directions_as_written": ""}
        given["directions"] = parse(text) if text else None
        found.append(USUAL[language](**given))
    return found


REVIEWED = {
    f"{language}-{route}-{container.name.lower()}".lower().replace("_", "-"): (language, route, container)
    for language, route, container in every(Language, Route, (Container.AMPOULE, Container.MULTI_DOSE_VIAL))
}


@pytest.mark.parametrize("name", REVIEWED)
def test_the_leaflet_is_as_it_was_reviewed(name):
    language, route, container = REVIEWED[name]
    form = Form.HYDROXOCOBALAMIN if route is Route.IM else Form.CYANOCOBALAMIN
    product = a_product(
        name="Vitamin B12" if language is BOKMAAL else f"{form.capitalize()} injection",
        form=form,
        container=container,
        fill_ul=1000 if container is Container.AMPOULE else 10_000,
        temperature=Temperature.UP_TO_25 if language is BOKMAAL else Temperature.ROOM,
    )
    found = said(USUAL[language](product=product, directions=some_directions(route=route)))
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_every_reviewed_leaflet_is_one_that_is_made():
    assert {path.stem for path in GOLDEN.iterdir()} == set(REVIEWED)


@pytest.mark.parametrize(
    ("fact", "english", "bokmaal"),
    [
        ("hives: help at once", "Call 911 for hives", "Ring 113 hvis du får elveblest"),
        ("trouble breathing: help at once", "hives, trouble breathing or", "problemer med å puste"),
        ("swelling: help at once", "or swelling, such as of the face or throat", "eller hevelse, for eksempel i"),
        ("pain and redness are mild", "Pain or redness where you inject", "Smerte eller rødhet der du stikker"),
        ("itching is mild", "itching, headache and diarrhea are usually mild", "kløe, hodepine og diaré er som regel"),
        ("needle at right angles", "the needle at right angles to the skin", "kanylen i rett vinkel mot huden"),
        ("or a longer needle", "ask us about a longer one", "spør oss om en lengre kanyle"),
        (
            "a bruise may be leaked solution",
            "A bruise may only be red medicine that",
            "blåmerke kan bare være rød væske",
        ),
        ("it is crimson", "The medicine is crimson red", "Legemidlet er dyprødt"),
        (
            "acne-like rash at high doses",
            "High doses may cause restlessness or an acne-like",
            "utslett som ligner akne",
        ),
        ("restlessness at high doses", "may cause restlessness", "Høye doser kan gi uro"),
        ("the dose may be lowered", "and a lower dose", "og om lavere dose"),
        ("inject in the morning", "ask about injecting in the morning", "spør om å sette sprøyten om morgenen"),
        ("pink urine is harmless", "Pink urine now and then is harmless", "Rosa urin av og til er ufarlig"),
        ("six weeks", "up to 6 weeks before you notice an effect", "opptil 6 uker før du merker en virkning"),
        ("report side effects", "for medical advice about side effects", "Si fra til legen eller oss om bivirkninger"),
        ("multivitamin with folate", "a multivitamin with folate", "et multivitamintilskudd med folat"),
        ("keep dark", "Protect from light", "beskytte mot lys"),
        ("keep cool", "Never leave it in a hot car or in the sun", "La den ikke bli varm i bil eller sol"),
        # What the labels of the products say against it.
        ("B12 hides a lack of folate", "B12 alone can hide a lack of folate", "B12 alene kan skjule mangel på folat"),
        ("folate hides a lack of B12", "folate alone a lack of B12", "folat alene mangel på B12"),
        ("potassium in the first days", "for potassium in the first days", "av kalium de første dagene"),
        ("not into a vein", "Never inject into a vein", "Sett den aldri i en blodåre"),
        ("urine that stays red", "ask us if it stays red", "spør oss hvis den holder seg rød"),
        ("no promise", "and not everyone does", "og ikke alle gjør det"),
        ("children", "Keep out of the reach of children", "utilgjengelig for barn"),
        ("needles", "in a sharps container, not in the trash", "i en kanyleboks, ikke i søpla"),
    ],
)
def test_each_fact_stands_in_both_languages(fact, english, bokmaal):
    assert english in said(a_leaflet())
    assert bokmaal in said(a_norwegian_leaflet())


def test_side_effects_are_told_of_in_the_words_of_the_law():
    assert a_leaflet().said().side_effects == (
        "Call your doctor for medical advice about side effects. You may report side effects to FDA at 1-800-FDA-1088."
    )


@pytest.mark.parametrize(("country", "number"), [(Country.US, "911"), (Country.NORWAY, "113")])
@pytest.mark.parametrize("language", Language)
def test_the_emergency_number_is_the_countrys_in_each_language(country, number, language):
    text = USUAL[language](country=country).said()
    assert re.findall("[0-9]+", text.help) == [number]
    assert ("FDA" in text.side_effects) == (country is Country.US)


@pytest.mark.parametrize(
    ("directions", "english", "bokmaal"),
    [
        ("1 mg IM weekly", "The medicine goes into a muscle.", "Den skal settes i en muskel."),
        ("1 mg subcut weekly", "The medicine goes under the skin.", "Den skal settes under huden."),
        (
            "1 mg IM daily for 7 days, then 1 mg subcut monthly",
            "The medicine goes into a muscle or under the skin, as the label says.",
            "Den skal settes i en muskel eller under huden, slik det står på etiketten.",
        ),
    ],
)
def test_only_the_routes_of_the_directions_are_told(directions, english, bokmaal):
    given = {"directions": parse(directions), "product": a_product()}
    told, rest = a_leaflet(**given).said().inject.split(" Never", 1)
    assert told == english
    assert "muscle" not in rest
    told, rest = a_norwegian_leaflet(**given).said().inject.split(" Sett", 1)
    assert told == bokmaal
    assert "muskel" not in rest


def test_directions_that_nobody_could_read_name_no_route():
    text = a_leaflet(directions=None, directions_as_written="As on the card").said()
    assert text.directions == "As on the card"
    assert text.inject.startswith("The medicine goes where you were told to inject it. Never")
    bare = a_norwegian_leaflet(directions=None, directions_as_written="").said()
    assert bare.directions == "Brukes som avtalt med Ola Ås."
    assert bare.inject.startswith("Den skal settes der du har fått beskjed om. Sett")


def test_the_directions_are_those_of_the_label():
    facts = a_leaflet(directions=parse("1 mg IM daily for 7 days, then 1 mg IM monthly"))
    assert facts.said().directions == sentence(facts.package.directions, facts.package.product, ENGLISH)


def test_a_dose_that_no_syringe_measures_is_refused():
    facts = a_leaflet(directions=some_directions("1 mg"), product=a_product(strength=3000))
    refused(NotAWholeMicrolitre, facts.said)


@pytest.mark.parametrize(
    ("container", "english", "bokmaal"),
    [
        (Container.AMPOULE, "Use once, discard the rest. Do not", "Til engangsbruk: kast resten. Skal"),
        (
            Container.MULTI_DOSE_VIAL,
            "Discard 28 days after first use. Write the day of first use on the vial. Do not",
            "Kastes 28 dager etter første bruk. Skriv åpningsdatoen på hetteglasset. Skal",
        ),
    ],
)
def test_it_is_thrown_away_as_its_container_asks(container, english, bokmaal):
    product = a_product(container=container)
    assert a_leaflet(product=product).said().discard.startswith(english)
    assert a_norwegian_leaflet(product=product).said().discard.startswith(bokmaal)


def test_it_is_kept_as_the_product_asks():
    cold = a_leaflet(product=a_product(temperature=Temperature.REFRIGERATOR, dark=False)).said()
    assert cold.keep.startswith("Store in a refrigerator, 2 to 8 °C (36 to 46 °F). Do not freeze. Never leave it in")
    assert (cold.limits.low_c, cold.limits.high_c) == (2, 8)
    assert Pictogram.DARK not in cold.pictograms
    assert a_norwegian_leaflet().said().keep.startswith("Oppbevares ved høyst 25 °C. Oppbevares i originalpakningen")


def test_a_pharmacy_without_a_telephone_is_named():
    assert a_leaflet().said().call == "Call Harbor Pharmacy: (916) 555-0100."
    assert a_leaflet(phone="").said().call == "Ask at Harbor Pharmacy."
    assert a_norwegian_leaflet(phone="").said().call == "Spør på Svaneapoteket."


def test_the_symbol_carries_the_fill_alone():
    assert a_leaflet().said().symbol == Symbol("D12", Code.QR)


def test_a_copy_is_marked_and_a_first_print_is_not():
    assert a_leaflet().said().copy == ""
    assert a_leaflet(copy=2).said().copy == "Copy 2"
    assert a_norwegian_leaflet(copy=2).said().copy == "Kopi 2"


def test_the_calendar_has_the_injections_of_the_fill():
    days = (date(2026, 11, 21), date(2026, 11, 28))
    assert a_leaflet(injections=days).said().injections == days


def test_braces_in_a_name_are_letters():
    text = a_leaflet(patient="Maria {0} {pharmacy}", pharmacy="{phone}", directions=None).said()
    assert (text.patient, text.call) == ("For Maria {0} {pharmacy}", "Call {phone}: (916) 555-0100.")


@pytest.mark.parametrize("language", Language)
def test_nothing_is_left_empty_but_the_mark_of_a_copy(language):
    for facts in leaflets(language):
        text = facts.said()
        assert {field for field in sayable(LeafletText) if not getattr(text, field).strip()} == {"copy"}


@pytest.mark.parametrize("language", Language)
def test_every_leaflet_fits_one_page(language):
    assert max(len(said(facts)) for facts in leaflets(language)) <= MOST[language]


PROMISES = {
    ENGLISH: r"\b(will|cures?|heals?|guarantee\w*|always|works|safe|better|stronger|energy|effective)\b",
    BOKMAAL: r"\b(vil|helbred\w*|kurer\w*|garanter\w*|alltid|virker|trygg\w*|bedre|frisk\w*|sterkere|energi\w*)\b",
}


@pytest.mark.parametrize("language", Language)
def test_no_effect_is_promised(language):
    for facts in leaflets(language):
        assert re.search(PROMISES[language], said(facts), re.IGNORECASE) is None


@pytest.mark.parametrize("language", Language)
def test_no_abbreviation_endangers(language):
    point = "[.]" if language is ENGLISH else ","
    forbidden = {
        "a micro sign": r"[uµμ]g\b",
        "units of activity": r"\b(IU|IE|U)\b",
        "a trailing zero": rf"[0-9]{point}[0-9]*0(?![0-9])",
        "no leading zero": rf"(?<![0-9]){point}[0-9]",
        "an abbreviated route or interval": r"\b(IM|im|SC|sc|SQ|sq|subcut|QD|QOD|cc|prn)\b",
        "no space before the unit": r"[0-9](mg|mcg|mL|ml|mikrogram)\b",
        "a number in words": r"\b(two|three|four|six|seven|eight|tre|fire|fem|seks|sju|syv|åtte)\b",
    }
    for facts in leaflets(language):
        for what, pattern in forbidden.items():
            assert re.search(pattern, said(facts)) is None, what


def test_the_english_is_read_at_the_sixth_grade():
    """By Flesch and Kincaid, with vowel groups for syllables."""
    text = a_leaflet().said()
    prose = " ".join(getattr(text, name) for name in HEADED[:-1])
    sentences = [part for part in re.split(r"[.:;](?= |$)", prose) if part]
    words = re.findall(r"[A-Za-z][A-Za-z'-]*", prose)
    syllables = sum(max(1, len(re.findall("[aeiouy]+", re.sub("e$", "", word.lower())))) for word in words)
    assert 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59 <= 6


@pytest.mark.parametrize("language", Language)
def test_sentences_are_short(language):
    for part in re.split(r"[.:;](?= |$)|\n", said(USUAL[language]()), flags=re.MULTILINE):
        assert len(part.split()) <= 20, part
