from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.erasure import NamesThePatient, NotErasable, require_kept, require_nameless
from tests.refusing import refused


def named(text, name="Åse Marie Berg-Hansen", identifier="MRN-4711"):
    require_nameless((text,), "reason", "P4", name=name, identifier=identifier)


@pytest.mark.parametrize(
    "text",
    [
        "Åse Marie Berg-Hansen",
        "called ÅSE MARIE BERG HANSEN twice",
        "berg-hansen, åse marie: moved",
        # The same letters, composed otherwise.
        "A\u030ase Marie Berg-Hansen",
        "see MRN-4711",
        "mrn 4711",
    ],
)
def test_the_whole_name_or_the_identifier_is_seen(text):
    refused(NamesThePatient, lambda: named(text))


@pytest.mark.parametrize("text", ["", "Dr. Berg-Hansen agrees", "MRN-47110", "MRN-471", "Åse Berg", "4711", "basement"])
def test_a_part_of_it_may_be_somebody_elses(text):
    named(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_name_is_seen_wherever_it_stands(before, after):
    with pytest.raises(NamesThePatient):
        named(f"{before} Åse Marie Berg-Hansen {after}")


@pytest.mark.parametrize("name", ["-", "…"])
def test_a_name_without_a_letter_is_in_no_text(name):
    named("not wanted", name=name, identifier="#")


@pytest.mark.parametrize(
    ("last", "years", "first"),
    [("2026-11-21", 10, "2036-11-21"), ("2024-02-29", 1, "2025-02-28"), ("2026-11-21", 0, "2026-11-21")],
)
def test_a_record_is_kept_for_whole_years(last, years, first):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    require_kept(last, years, first, "P4")
    if years:
        refused(NotErasable, lambda: require_kept(last, years, first.replace(day=first.day - 1), "P4"))


def test_without_any_entry_nothing_is_kept():
    require_kept(None, 10, date(2026, 11, 21), "P4")
