import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.numbers import NotANumber, Record, parse_number
from tests.refusing import refused


@pytest.mark.parametrize("text", ["RX12", "rx12", "Rx12", "12", " RX12 "])
def test_reads_a_number_with_and_without_its_prefix(text):
    assert parse_number(Record.PRESCRIPTION, text) == 12


@given(st.sampled_from(Record), st.integers(1, 999_999_999))
def test_reads_what_it_writes(kind, number):
    assert parse_number(kind, kind.number(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RX",
        "RX0",
        "RX01",
        "0",
        "-1",
        "+1",
        "1.0",
        "1e3",
        "1_000",
        "D12",
        "RX 12",
        "RX12x",
        "１２",
        "١٢",
        "9999999999",
    ],
)
def test_refuses_everything_else(text):
    refused(NotANumber, lambda: parse_number(Record.PRESCRIPTION, text))


@pytest.mark.parametrize("kind", Record)
def test_the_refusal_shows_what_such_a_number_looks_like(kind):
    assert kind.number(12) in str(refused(NotANumber, lambda: parse_number(kind, "x")))


def test_a_long_text_is_cut_in_the_refusal():
    assert len(str(refused(NotANumber, lambda: parse_number(Record.DISPENSE, "9" * 10_000)))) < 120


def test_a_prescriber_is_no_patient():
    refused(NotANumber, lambda: parse_number(Record.PATIENT, "PR12"))
    refused(NotANumber, lambda: parse_number(Record.RECEIPT, "RT12"))
