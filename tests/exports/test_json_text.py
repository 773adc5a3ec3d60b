import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.exports.json_text import compact, document
from dispensary.rules.product import Form


@dataclass(frozen=True)
class Line:
    lot: str
    units: int


@dataclass(frozen=True)
class Receipt:
    return_: str
    form: Form
    on: date
    lines: tuple[Line, ...]
    reason: str | None


def test_a_dataclass_is_an_object_in_the_order_of_its_fields():
    receipt = Receipt("RT1", Form.CYANOCOBALAMIN, date(2026, 11, 21), (Line("A1", 4),), None)
    assert document(receipt) == (
        "{\n"
        '  "return": "RT1",\n'
        '  "form": "cyanocobalamin",\n'
        '  "on": "2026-11-21",\n'
        '  "lines": [\n'
        "    {\n"
        '      "lot": "A1",\n'
        '      "units": 4\n'
        "    }\n"
        "  ],\n"
        '  "reason": null\n'
        "}\n"
    )


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (Decimal(1), "1"),
        (Decimal("10.0"), "10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.50"), "0.5"),
        (Decimal("0.1") + Decimal("0.2"), "0.3"),
        (Decimal("3.2500000000000000000001"), "3.2500000000000000000001"),
        (10**30, "1" + "0" * 30),
        (True, "true"),
        (None, "null"),
        (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), '"2026-11-21T09:30:00+00:00"'),
        (frozenset({"b", "a"}), '["a", "b"]'),
        ((), "[]"),
        ({}, "{}"),
        ({"units": 1, "lots": ["A", "B"]}, '{"units": 1, "lots": ["A", "B"]}'),
        ("Løkka", '"Løkka"'),
    ],
)
def test_each_kind_of_value_has_its_exact_text(thing, text):
    assert compact(thing) == text


@pytest.mark.parametrize("hidden", ["\x1b[2J", "\x9b2J", "\u202e", "\u200b", "\u2028", "\ud800", "\x00", '"', "\\"])
def test_what_a_terminal_would_act_on_is_escaped_and_comes_back(hidden):
    text = document(hidden)
    assert hidden not in text.strip('"\n') or hidden in '"\\'
    assert json.loads(text) == hidden
    assert text.isascii()


@pytest.mark.parametrize("thing", [1.5, b"key", object(), Decimal("NaN"), Decimal("Infinity"), [1.0]])
def test_what_has_no_exact_json_is_an_error(thing):
    with pytest.raises(TypeError):
        document(thing)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(values)
def test_any_document_is_read_back_as_it_was(thing):
    assert json.loads(document(thing)) == thing
    assert json.loads(compact(thing)) == thing
    assert "\n" not in compact(thing)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_any_decimal_keeps_its_value(number):
    assert json.loads(document(number), parse_float=Decimal, parse_int=Decimal) == number
