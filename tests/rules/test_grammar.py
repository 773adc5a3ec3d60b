"""Directions read from text and written as text, in both languages."""

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused
from dispensary.rules.dates import NotADate
from dispensary.rules.directions import (
    SITES,
    Directions,
    Duration,
    Interval,
    Phase,
    TimeOfDay,
    Unit,
)
from dispensary.rules.grammar import MOST_CHARACTERS, from_canonical, parse, render
from dispensary.rules.grammar.words import canonical_directions
from dispensary.rules.people import Language
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose, Strength
from tests.rules.directions_strategy import MOST_MCG, some_directions
from tests.rules.directions_table import BOKMAAL, ENGLISH, TABLE

WEAK, STRONG = Strength(1000), Strength(5000)


@pytest.mark.parametrize(("text", "canonical", "source"), TABLE)
def test_directions_are_read_as_they_are_written_in_practice(text, canonical, source):
    assert render(parse(text)) == canonical


def test_the_table_is_as_large_as_it_should_be():
    assert len({text for text, _, _ in TABLE}) == len(TABLE) >= 120
    assert min(len(ENGLISH), len(BOKMAAL)) >= 50
    assert all(source for _, _, source in TABLE)


@given(some_directions(), st.sampled_from(Language))
def test_what_is_written_is_read_back_to_the_same(given, language):
    assert parse(render(given, language)) == given


@given(some_directions())
def test_records_are_read_back_to_the_same_without_the_tables(given):
    assert canonical_directions(render(given)) == from_canonical(render(given)) == given


@pytest.mark.parametrize("text", ["1 mg IM once a week", "1 mg i.m. ukentlig", " 1 mg IM weekly", "1000 mcg IM weekly"])
def test_a_record_that_is_not_canonical_is_parsed(text):
    assert canonical_directions(text) is None
    assert from_canonical(text) == parse("1 mg IM weekly")


ONE_DOSE = Phase(Dose(1000), Route.IM, Interval(Unit.DAY, 1, 1), Duration(Unit.DOSE, 1, 1))


def test_one_dose_is_once_where_that_cannot_be_misread():
    assert render(Directions((ONE_DOSE,))) == "1 mg IM once"
    assert render(Directions((ONE_DOSE,)), Language.BOKMAAL) == "1 mg i.m. 1 gang"
    assert render(Directions((ONE_DOSE, ONE_DOSE))) == "1 mg IM daily for 1 dose, then 1 mg IM once"
    assert render(Directions((ONE_DOSE,), TimeOfDay.MORNING)) == "1 mg IM daily for 1 dose, in the morning"
    as_needed = replace(ONE_DOSE, as_needed=True)
    assert render(Directions((as_needed,))) == "1 mg IM as needed, at most daily for 1 dose"


@pytest.mark.parametrize(
    "text", ["1 mg IM daily for 1 dose", "1 mg IM once, into the thigh, for 1 dose", "1 mg IM once"]
)
def test_one_dose_is_read_as_a_record_only_as_it_is_written(text):
    assert canonical_directions(text) == (Directions((ONE_DOSE,)) if text == "1 mg IM once" else None)


@pytest.mark.parametrize(
    "text", ["1.0 mg IM weekly", "1 mg IM weekly, into the nose", "1 mg IM weekly until 2027-02-29", "as directed"]
)
def test_a_record_that_is_no_directions_is_refused_as_any_text_is(text):
    assert canonical_directions(text) is None
    with pytest.raises(Refused):
        from_canonical(text)


@given(some_directions(most_phases=3), st.sampled_from(Language), st.randoms(use_true_random=False))
def test_case_blanks_and_a_final_point_do_not_matter(given, language, random: Random):
    text = "".join(
        random.choice((letter.upper(), letter.lower())) if letter != " " else " " * random.randint(1, 2)
        for letter in render(given, language)
    )
    assert parse(f"  {text} . ") == given


def test_letters_that_are_composed_of_two_are_read():
    assert parse("1 mg i.m. hver 3. ma\u030aned") == parse("1 mg i.m. hver 3. måned")


@pytest.mark.parametrize("language", Language)
def test_the_longest_directions_can_be_read(language):
    longest = max(
        (
            Phase(Dose(MOST_MCG), Route.SUBCUT, Interval(unit, most - 1, most), Duration(*lasting), as_needed=True)
            for unit, most in ((Unit.DAY, 365), (Unit.MONTH, 24))
            for lasting in ((Unit.DAY, 998, 999), (Unit.DOSE, 998, 999), (Unit.MONTH, 119, 120), (Unit.DOSE, 0, 999))
        ),
        key=lambda phase: len(render(Directions((phase,)), language)),
    )
    whole = [Directions((longest,) * 6, TimeOfDay.EVENING, site, self_injected=True) for site in SITES[Route.SUBCUT]]
    texts = [render(directions, language) for directions in whole]
    assert max(map(len, texts)) <= MOST_CHARACTERS
    assert [parse(text) for text in texts] == whole


@pytest.mark.parametrize(
    ("text", "english", "bokmaal"),
    [
        ("1 mg IM weekly", "1 mg IM weekly", "1 mg i.m. ukentlig"),
        ("3 mg subcut every 2-3 days", "3 mg subcut every 2 to 3 days", "3 mg subkutant hver 2. til 3. dag"),
        ("1 mg IM three times a week", "1 mg IM 3 times a week", "1 mg i.m. 3 ganger i uken"),
        ("1.5 mg IM every 2 years", "1.5 mg IM every 2 years", "1,5 mg i.m. hvert 2. år"),
        ("1.125 mg IM weekly", "1.125 mg IM weekly", "1125 mikrogram i.m. ukentlig"),
        ("1000.125 mg IM weekly", "1000.125 mg IM weekly", "1000,125 mg i.m. ukentlig"),
        (
            "1 mg IM daily for 7 days, then weekly for 4 weeks, then monthly for life, mornings, in the thigh, "
            "self-injected",
            "1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly for life, "
            "in the morning, into the thigh, self-injected",
            "1 mg i.m. daglig i 7 dager, deretter 1 mg i.m. ukentlig i 4 uker, deretter 1 mg i.m. månedlig livet ut, "
            "om morgenen, i låret, settes selv",
        ),
        (
            "500 mcg IM as needed, at most once a week for up to 5 doses",
            "500 mcg IM as needed, at most weekly for up to 5 doses",
            "500 mikrogram i.m. ved behov, høyst ukentlig opptil 5 doser",
        ),
    ],
)
def test_the_canonical_text(text, english, bokmaal):
    directions = parse(text)
    assert (render(directions), render(directions, Language.BOKMAAL)) == (english, bokmaal)


@pytest.mark.parametrize(
    ("text", "strengths", "dose"),
    [
        ("1 mL IM weekly", [WEAK], Dose(1000)),
        ("0.5 mL IM weekly", [STRONG], Dose(2500)),
        ("500 µL IM weekly", [WEAK], Dose(500)),
        ("0,5 ml i.m. ukentlig", [WEAK, WEAK], Dose(500)),
        ("500 mikroliter i.m. ukentlig", [WEAK], Dose(500)),
        ("Inject 1 mL (1000 mcg) intramuscularly once a month", [WEAK, STRONG], Dose(1000)),
        ("1000 mcg (0.2 mL) IM weekly", [STRONG], Dose(1000)),
        ("Inject 1 mL (1,000 mcg) intramuscularly every month", [WEAK, STRONG], Dose(1000)),
        ("Inject one mL IM weekly", [WEAK], Dose(1000)),
        ("en ml i.m. ukentlig", [WEAK], Dose(1000)),
        ("to milliliter i.m. ukentlig", [WEAK], Dose(2000)),
    ],
)
def test_a_volume_is_a_dose_where_the_strength_is_known(text, strengths, dose):
    assert parse(text, strengths).phases[0].dose == dose


MONTHS = """
January januar, February februar, March mars, April april, May mai, June juni, July juli, August august,
September september, October oktober, November november, December desember
"""


@pytest.mark.parametrize(("number", "months"), list(enumerate(MONTHS.split(","), 1)))
def test_months_are_read_in_both_languages(number, months):
    english, bokmaal = months.split()
    for month in (english, english[:3]):
        assert parse(f"1 mg IM weekly until {month} 5, 2027").phases[0].lasting == date(2027, number, 5)
    for month in (bokmaal, bokmaal[:3] + "."):
        assert parse(f"1 mg i.m. ukentlig til 5. {month} 2027").phases[0].lasting == date(2027, number, 5)


def test_norwegian_dates_with_points_are_day_first():
    assert parse("1 mg i.m. ukentlig til 3.4.2027").phases[0].lasting == date(2027, 4, 3)
    with pytest.raises(NotADate, match=r"'31.02.2027' is not a date"):
        parse("1 mg i.m. ukentlig til 31.02.2027")


_MORE = ["g", "SC", "QD", "1,000", "for", "4", "or", ".5", "x", "a week", "until", "03/04/2027"]
_WORDS = [*re.findall(r"[^ ]+", " ".join(text for text, _, _ in TABLE)), *_MORE]


def outcome(text: str, strengths: tuple[Strength, ...]) -> Directions | Refused:
    try:
        return parse(text, strengths)
    except Refused as refusal:
        return refusal


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(_WORDS), max_size=20).map(" ".join),
        st.lists(st.sampled_from([text for text, _, _ in TABLE]), max_size=3).map(" then ".join),
    ),
    st.sampled_from([(), (WEAK,), (WEAK, STRONG)]),
)
def test_any_text_is_directions_or_one_sentence(text, strengths):
    found = outcome(text, strengths)
    if isinstance(found, Refused):
        assert str(found).isprintable()
        assert str(found).endswith(".")
    else:
        assert parse(render(found)) == found


_REPEATED = [
    "1 ",
    "1 000 ",
    "1,",
    "every 2 to ",
    "1 mg or ",
    "hver 2. til hver ",
    "for the first 2 to ",
    "then ",
    "x 1-",
    "(",
]


@pytest.mark.parametrize("end", ["", "!"])
@pytest.mark.parametrize("words", [*_REPEATED, *(one + other for one in _REPEATED[:4] for other in _REPEATED[4:])])
def test_no_text_takes_long(words, end):
    text = (words * MOST_CHARACTERS)[: MOST_CHARACTERS - 1] + end
    outcome(text, ())
    began = process_time()
    outcome(text, ())
    assert process_time() - began < 0.05


def test_records_are_read_without_loading_the_tables():
    script = (
        "import sys; from dispensary.rules.grammar import from_canonical, render; "
        "render(from_canonical('1 mg IM daily for 7 days, then 1 mg IM monthly')); "
        "print([name for name in sys.modules if name.startswith('dispensary.rules.grammar.')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['dispensary.rules.grammar.words']"
