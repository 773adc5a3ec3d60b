import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused
from dispensary.rules.text import NotCleanText, clean_key, clean_name, clean_text


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        "Null",
        "-rf",
        "Máret Ŋuŧŧa Žižek Ødegård Ŧ ŋ",
        "Nguyễn Thị",
        "李小龍",
        "=cmd()",
        "[mg]",
        "<b>x</b>",
        "A",
    ],
)
def test_keeps_real_names_as_they_are(name):
    assert clean_name(name, "the patient's name") == unicodedata.normalize("NFC", name)


def test_strips_spaces_and_composes():
    assert clean_name("  A\u030ase Ness ", "the patient's name") == "\u00c5se Ness"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A\x1bB", "001B"),
        ("A\x9bB", "009B"),
        ("A\rB", "000D"),
        ("A\nB", "000A"),
        ("A\n", "000A"),
        ("A\x00", "0000"),
        ("A\u202eB", "202E"),
        ("A\u2066B", "2066"),
        ("A\u200bB", "200B"),
        ("A\ufeffB", "FEFF"),
        ("A\u2028B", "2028"),
        ("A\u2029B", "2029"),
        ("A\u00a0B", "00A0"),
        ("A\u00adB", "00AD"),
        ("\u3164", "3164"),
        ("A\ufe0f", "FE0F"),
        ("A\ud800", "D800"),
        ("A\ue000", "E000"),
        ("A\u0378", "0378"),
        ("A\U000e0041", "E0041"),
    ],
)
def test_refuses_what_cannot_be_seen(text, code):
    with pytest.raises(NotCleanText) as refusal:
        clean_name(text, "the patient's name")
    assert str(refusal.value) == (
        f"{text!a} cannot be used as the patient's name: "
        f"it holds U+{code}, which cannot be seen; type it again without."
    )
    assert refusal.value.code == "not_clean_text"


@pytest.mark.parametrize("text", ["", "   "])
def test_refuses_empty_text(text):
    with pytest.raises(NotCleanText) as refusal:
        clean_text(text, "a reason")
    assert str(refusal.value) == f"'{text}' cannot be used as a reason: it is empty; type 1 to 200 characters."


@pytest.mark.parametrize("length", [101, 1001])
def test_refuses_long_names(length):
    with pytest.raises(NotCleanText) as refusal:
        clean_name("x" * length, "the patient's name")
    assert str(refusal.value) == (
        f"'{'x' * 40}'... cannot be used as the patient's name: it is longer than 100 characters; shorten it."
    )


def test_takes_text_to_its_limit():
    assert clean_name("x" * 100, "a name") == "x" * 100
    assert clean_text("x" * 200, "a reason") == "x" * 200
    assert clean_text("x" * 300, "an address", most=300) == "x" * 300


def test_refuses_ten_megabytes_at_once():
    text = "\u0041\u030a" * 5_000_000
    start = time.process_time()
    for read in (lambda: clean_name(text, "a name"), lambda: clean_text(text, "a reason"), lambda: clean_key(text)):
        with pytest.raises(NotCleanText):
            read()
    assert time.process_time() - start < 1


@given(st.text(max_size=250))
def test_what_passes_is_stable_and_printable(text):
    try:
        clean = clean_text(text, "a reason")
    except Refused:
        return
    assert clean_text(clean, "a reason") == clean
    assert clean.isprintable()
    assert 1 <= len(clean) <= 200


@pytest.mark.parametrize("key", ["a", "7f3c-11", "x" * 64, "2026-11-01/4711"])
def test_takes_request_keys(key):
    assert clean_key(key) == key


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "nøkkel", "a\n", "a\x1d"])
def test_refuses_other_request_keys(key):
    with pytest.raises(NotCleanText) as refusal:
        clean_key(key)
    assert str(refusal.value).endswith(
        " cannot be used as a request key: write 1 to 64 letters, digits or signs of ASCII, without spaces."
    )
