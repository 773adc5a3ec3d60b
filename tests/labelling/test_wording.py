"""What patients are told, in each language."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from dispensary.labelling.wording import load, sentence
from dispensary.rules.directions import Interval, Unit
from dispensary.rules.grammar import parse
from dispensary.rules.people import Language
from dispensary.rules.product import Form, Route
from dispensary.rules.quantity import NotAWholeMicrolitre
from tests.labelling.package_facts import a_product, some_directions
from tests.refusing import refused
from tests.rules.directions_strategy import some_directions as any_directions

GOLDEN = Path(__file__).parents[1] / "golden" / "directions.txt"
ENGLISH, BOKMAAL = Language.ENGLISH, Language.BOKMAAL


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
        (Interval(Unit.MONTH, 1, 1, times=2), "2 times a month", "2 ganger i måneden"),
        (Interval(Unit.YEAR, 1, 1), "once a year", "1 gang i året"),
        (Interval(Unit.YEAR, 1, 1, times=4), "4 times a year", "4 ganger i året"),
        (Interval(Unit.YEAR, 2, 2), "every 2 years", "hvert 2. år"),
        (Interval(Unit.YEAR, 2, 3), "every 2 to 3 years", "hvert 2. til 3. år"),
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


@pytest.mark.parametrize(
    ("text", "english", "bokmaal"),
    [
        (
            "1 mg IM daily for 7 days, then weekly for 4 weeks, then monthly",
            "Inject 1 mg (1 mL) into a muscle once a day for 7 days, then 1 mg (1 mL) once a week for 4 weeks, "
            "then 1 mg (1 mL) once a month.",
            "Injiser 1 mg (1 ml) i en muskel 1 gang daglig i 7 dager, deretter 1 mg (1 ml) 1 gang i uken i 4 uker, "
            "deretter 1 mg (1 ml) 1 gang i måneden.",
        ),
        (
            "1 mg IM every 2 days for 7 doses, then 500 mcg subcut weekly until 2027-03-01",
            "Inject 1 mg (1 mL) into a muscle every 2 days, 7 doses in all, "
            "then 500 mcg (0.5 mL) under the skin once a week until and including 1 Mar 2027.",
            "Injiser 1 mg (1 ml) i en muskel hver 2. dag, i alt 7 doser, "
            "deretter 500 mikrogram (0,5 ml) under huden 1 gang i uken til og med 01.03.2027.",
        ),
        (
            "1 mg IM as needed, at most weekly for up to 4 weeks, in the morning, into the thigh, self-injected",
            "Inject 1 mg (1 mL) into a muscle when needed, not more often than once a week, for up to 4 weeks. "
            "Inject it yourself, in the morning, into the thigh.",
            "Injiser 1 mg (1 ml) i en muskel ved behov, ikke oftere enn 1 gang i uken, i opptil 4 uker. "
            "Injiser selv, om morgenen, i låret.",
        ),
    ],
)
def test_phases_are_said_one_after_the_other(text, english, bokmaal):
    directions = parse(text)
    assert sentence(directions, a_product(), ENGLISH) == english
    assert sentence(directions, a_product(), BOKMAAL) == bokmaal


def test_a_label_keeps_the_timing_of_each_phase_on_one_line():
    said = sentence(parse("1 mg IM daily for 7 days, then weekly"), a_product(), ENGLISH, timing_together=True)
    assert said == (
        "Inject 1 mg (1 mL) into a muscle once\u00a0a\u00a0day for\u00a07\u00a0days, "
        "then 1 mg (1 mL) once\u00a0a\u00a0week."
    )


# Regimens of the labels and articles, and each thing that directions can say.
SAID = """
1 mg IM weekly
1 mg IM daily
1 mg IM every 2 days
1 mg IM every 1 to 2 days
3 mg subcut every 2 to 3 days
5 mg subcut 3 times a week
2.5 mg subcut 2 times a week
15 mg IM weekly
1 mg IM every 2 weeks
1 mg IM every 2 to 4 weeks
1 mg IM monthly
1 mg IM monthly for life
1 mg IM 2 times a month
1 mg IM every 2 to 3 months
1 mg IM every 6 months
1 mg IM yearly
1 mg IM 4 times a year
1 mg IM every 2 years
500 mcg IM weekly
1.125 mg IM weekly
1000 mg IM weekly
100 mcg IM daily for 6 to 7 days
100 mcg IM every 2 days for 7 doses
100 mcg IM every 3 to 4 days for 2 to 3 weeks
1 mg IM once
1 mg IM daily for 7 days, then 1 mg IM once, into the thigh
1 mg IM daily for 1 dose, in the morning
1 mg IM daily for 1 dose, then 1 mg IM monthly
1 mg IM weekly for 1 dose
1 mg IM weekly for 5 to 7 doses
1 mg IM weekly for up to 5 doses
1 mg IM weekly for 1 week
1 mg IM weekly for up to 8 weeks
1 mg IM weekly for 3 months
1 mg IM monthly for 1 year
1 mg IM weekly until 2027-03-01
1 mg IM as needed, at most weekly
1 mg IM as needed, at most 3 times a week for 4 weeks
1 mg IM as needed, at most every 3 days for up to 5 doses
1 mg IM daily, in the morning
1 mg IM weekly, in the evening, into the upper arm
1 mg IM weekly, into the buttock
1 mg subcut weekly, into the abdomen, self-injected
1 mg IM daily for 5 days, then 1 mg IM monthly
1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly
1 mg IM every 1 to 2 days for up to 5 doses, then 1 mg IM every 2 to 3 months
250 mcg IM every 2 days for 1 to 2 weeks, then 250 mcg IM weekly for 4 weeks, then 1 mg subcut every 2 to 3 months
100 mcg IM daily for 6 to 7 days, then 100 mcg IM every 2 days for 7 doses, then 100 mcg IM every 3 to 4 days \
for 2 to 3 weeks, then 100 mcg IM monthly for life, in the morning, into the thigh, self-injected
""".strip().splitlines()


def test_sentences_are_as_they_were_reviewed():
    blocks = []
    for text in SAID:
        directions = parse(text)
        blocks.append("\n".join([text, *(sentence(directions, a_product(), language) for language in Language)]))
    found = "\n\n".join(blocks) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


NUMBER_WORDS = {
    ENGLISH: {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twice"},
    BOKMAAL: {"to", "tre", "fire", "fem", "seks", "sju", "syv", "åtte", "ni", "ti", "elleve", "tolv", "annenhver"},
}


def breaches(said: str, language: Language) -> list[str]:
    """What ISMP, USP <17> and forskrift 2022-06-02-977 § 15-2 would not have in directions."""
    point, thousands = ("[.]", ",") if language is ENGLISH else (",", "\u00a0")
    words = re.findall(r"[^\W\d_]+", said)
    rules = {
        "micrograms are mcg, or in full": re.search("(?<![A-Za-z])[uµμ]g", said)
        or (language is BOKMAAL and "mcg" in said),
        "no trailing zero": re.search(rf"[0-9]{point}[0-9]*0(?![0-9])", said),
        "a leading zero": re.search(rf"(?<![0-9]){point}[0-9]", said),
        "digits, not words": NUMBER_WORDS[language] & set(words),
        "thousands apart": re.search(r"[0-9]{4,} ?m", said),
        "a space before the unit": re.search(r"[0-9](?:mg|mcg|m[lL]|mikrogram)", said),
        "no abbreviation of route or interval": {"IM", "SC", "subcut", "im", "sc", "QD", "QOD", "prn"} & set(words),
        "dose first, apart from timing": not re.match(
            rf"(?:Inject|Injiser) [0-9{thousands}.,]+ (?:mg|mcg|mikrogram) \([0-9{thousands}.,]+ m[lL]\) "
            r"(?:into a muscle|under the skin|i en muskel|under huden) ",
            said,
        ),
        "a sentence": not said.endswith(".") or ".." in said or "  " in said,
    }
    return [rule for rule, broken in rules.items() if broken]


@pytest.mark.parametrize("text", SAID)
@pytest.mark.parametrize("language", Language)
def test_reviewed_sentences_keep_the_rules_of_ismp_and_the_law(text, language):
    assert breaches(sentence(parse(text), a_product(), language), language) == []


@drawn(any_directions(), st.sampled_from(Language))
def test_all_sentences_keep_the_rules_of_ismp_and_the_law(directions, language):
    assert breaches(sentence(directions, a_product(), language), language) == []


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ("Inject 1.0 mg (1 mL) into a muscle once a week.", "no trailing zero"),
        ("Inject .5 mg (0.5 mL) into a muscle once a week.", "a leading zero"),
        ("Inject 500 µg (0.5 mL) into a muscle once a week.", "micrograms are mcg, or in full"),
        ("Inject 1 mg (1 mL) into a muscle every two days.", "digits, not words"),
        ("Inject 1000 mg (1 mL) into a muscle once a week.", "thousands apart"),
        ("Inject 1mg (1 mL) into a muscle once a week.", "a space before the unit"),
        ("Inject 1 mg (1 mL) IM once a week.", "no abbreviation of route or interval"),
        ("Inject once a week 1 mg (1 mL) into a muscle.", "dose first, apart from timing"),
        ("Inject 1 mg (1 mL) into a muscle once a week", "a sentence"),
    ],
)
def test_a_breach_of_the_rules_is_seen(said, broken):
    assert broken in breaches(said, ENGLISH)


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


FORMS = {
    Form.CYANOCOBALAMIN: ("CYANOcobalamin", "CYANOkobalamin"),
    Form.HYDROXOCOBALAMIN: ("HYDROXOcobalamin", "HYDROKSOkobalamin"),
    Form.METHYLCOBALAMIN: ("METHYLcobalamin", "METYLkobalamin"),
}


@pytest.mark.parametrize("form", Form)
def test_forms_are_told_apart_by_capitals(form):
    for language, tall in zip((ENGLISH, BOKMAAL), FORMS[form], strict=True):
        assert load(language).choice("form", form) == tall
        capitals = [letter for letter in tall if letter.isupper()]
        assert tall == "".join(capitals) + tall[len(capitals) :].lower()
        assert tall[len(capitals) :] in ("cobalamin", "kobalamin")


@pytest.mark.parametrize(
    ("name", "form", "tall"),
    [
        ("Cyanocobalamin injection", Form.CYANOCOBALAMIN, "CYANOcobalamin injection"),
        ("CYANOCOBALAMIN", Form.CYANOCOBALAMIN, "CYANOcobalamin"),
        ("hydroxocobalamin", Form.HYDROXOCOBALAMIN, "HYDROXOcobalamin"),
        ("Methylcobalamin (compounded)", Form.METHYLCOBALAMIN, "METHYLcobalamin (compounded)"),
        ("Hydroksokobalamin Orifarm", Form.HYDROXOCOBALAMIN, "HYDROKSOkobalamin Orifarm"),
        ("Dodex", Form.CYANOCOBALAMIN, "Dodex"),
        ("Vitamin B12 Depot", Form.HYDROXOCOBALAMIN, "Vitamin B12 Depot"),
        # A name that is not of the product's form is not made to look like it.
        ("Cyanocobalamin injection", Form.HYDROXOCOBALAMIN, "Cyanocobalamin injection"),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_a_products_name_has_its_form_in_tall_man_letters(name, form, tall, language):
    assert load(language).tall_man(name, form) == tall


@pytest.mark.parametrize(
    ("name", "english", "bokmaal"),
    [
        ("Dodex", "Dodex (CYANOcobalamin) 1,000 mcg/mL", "Dodex (CYANOkobalamin) 1 mg/ml"),
        (
            "Cyanocobalamin injection",
            "CYANOcobalamin injection 1,000 mcg/mL",
            "CYANOcobalamin injection 1 mg/ml",
        ),
    ],
)
def test_a_drug_is_named_with_its_form_and_strength(name, english, bokmaal):
    assert load(ENGLISH).drug(a_product(name=name)) == english
    assert load(BOKMAAL).drug(a_product(name=name)) == bokmaal


def test_a_moment_has_its_hour_and_minute():
    moment = datetime(2026, 11, 1, 9, 5, tzinfo=UTC)
    assert load(ENGLISH).moment(moment) == "1 Nov 2026 09:05"
    assert load(BOKMAAL).moment(moment) == "01.11.2026 kl. 09.05"


def test_weeks_begin_as_the_country_has_them():
    assert load(ENGLISH).say("calendar.first_weekday") == "6"
    assert load(BOKMAAL).say("calendar.first_weekday") == "0"


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        (Language.ENGLISH, "31 Oct 2027 02:30 summer time", "31 Oct 2027 02:30 winter time"),
        (Language.BOKMAAL, "31.10.2027 kl. 02.30 sommertid", "31.10.2027 kl. 02.30 vintertid"),
    ],
)
def test_an_hour_that_comes_twice_says_which_it_is(language, first, second):
    moment = datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Oslo"))
    said = load(language).moment
    spaced = [said(moment.replace(fold=fold)).replace("\u00a0", " ") for fold in (0, 1)]
    assert spaced == [first, second]
    assert said(moment.replace(hour=4)).replace("\u00a0", " ").endswith(("04:30", "04.30"))


@pytest.mark.parametrize(
    ("kind", "english", "bokmaal"),
    [
        ("NDC", "1,000 mcg/mL", "1\u00a0000 mikrogram/ml"),
        ("Vnr", "1 mg/mL", "1 mg/ml"),
        ("none", "1,000 mcg/mL", "1 mg/ml"),
    ],
)
def test_the_strength_is_in_the_unit_of_the_pack_in_every_language(kind, english, bokmaal):
    product = replace(a_product(), identifier_kind=kind)
    assert [load(language).strength(product) for language in Language] == [english, bokmaal]
