import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.exports.csv_text import lines, table
from dispensary.rules.product import Temperature


@dataclass(frozen=True)
class Row:
    product: str
    fill_ml: Decimal
    protect_from_light: bool
    expires: date
    minimum_units: int | None
    lots: tuple[str, ...]
    return_: str = ""


def cell(value):
    (_, row) = csv.reader(io.StringIO(table([{"it": value}]), newline=""))
    return row[0]


def test_rows_stand_under_their_names_with_lines_of_rfc_4180():
    row = Row("US-CY-ARG1", Decimal("0.50"), True, date(2027, 11, 30), None, ("A1", "B, 2"), "RT1")
    assert table([row]) == (
        "product,fill_ml,protect_from_light,expires,minimum_units,lots,return\r\n"
        'US-CY-ARG1,0.5,yes,2027-11-30,,"[""A1"", ""B, 2""]",RT1\r\n'
    )


def test_the_columns_that_are_named_are_those_written():
    assert table([{"a": 1, "b": 2}, {"b": 3}], ["b", "a"]) == "b,a\r\n2,1\r\n3,\r\n"


def test_no_rows_are_the_names_alone_or_nothing():
    assert table([], ["product", "units"]) == "product,units\r\n"
    assert table([]) == ""


def test_lines_are_the_table_without_its_names():
    rows = [{"a": 1, "b": 2}, {"b": "=3"}]
    assert lines(rows, ["b", "a"]) == "2,1\r\n'=3,\r\n"
    assert table(rows, ["b", "a"]) == "b,a\r\n" + lines(rows, ["b", "a"])


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\ufeff=1",
    "\uff1d1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_a_spreadsheet_takes_for_a_formula_is_made_text(text):
    assert cell(text) == "'" + text


def test_a_heading_cannot_be_a_formula_either():
    assert table([{"=1": 2}]) == "'=1\r\n2\r\n"


@pytest.mark.parametrize("text", ["A-1", "O'Brien", "a=b", "1+1", "", " plain", "<=25", "2-8", "Null"])
def test_other_text_is_left_as_it_is(text):
    assert cell(text) == text


def test_numbers_stay_numbers():
    assert (cell(-5), cell(Decimal("-0.5")), cell(Decimal("1E+3"))) == ("-5", "-0.5", "1000")


def test_a_word_of_a_closed_list_is_its_text():
    assert cell(Temperature.UP_TO_25) == "<=25"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_from_its_cell(text):
    assert cell(text) in (text, "'" + text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_cell_of_text_begins_a_formula(text):
    assert not cell(text).strip().startswith(tuple("=+-@"))
