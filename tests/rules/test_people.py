import pytest

from dispensary.rules.identifiers import NotAFodselsnummer, OurOwnNumber, patient_identifier
from dispensary.rules.people import Country
from dispensary.rules.text import NotCleanText
from tests.refusing import refused


@pytest.mark.parametrize("text", ["MRN-1", "12345678901", "Null", "-rf", "O'Brien", "PX12", "P", "P-12"])
def test_takes_the_pharmacys_own_identifiers(text):
    assert patient_identifier(f" {text} ", Country.US) == text


def test_in_norway_eleven_digits_are_a_fodselsnummer():
    assert patient_identifier("15108695088", Country.NORWAY) == "15108695088"
    refused(NotAFodselsnummer, lambda: patient_identifier("15108695089", Country.NORWAY))
    refused(NotAFodselsnummer, lambda: patient_identifier("12345678901", Country.NORWAY))


def test_the_refusal_of_a_fodselsnummer_does_not_repeat_it():
    refusal = refused(NotAFodselsnummer, lambda: patient_identifier("15108695089", Country.NORWAY))
    assert "15108695" not in str(refusal)


@pytest.mark.parametrize("text", ["P12", "p0"])
def test_refuses_what_looks_like_a_number_of_ours(text):
    refused(OurOwnNumber, lambda: patient_identifier(text, Country.US))


@pytest.mark.parametrize("text", ["", "  ", "x" * 41, "a\x1bb", "a\u202eb", "a\nb"])
def test_refuses_what_cannot_be_kept(text):
    refused(NotCleanText, lambda: patient_identifier(text, Country.US))
