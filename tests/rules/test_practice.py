import pytest

from dispensary.rules.people import Country
from dispensary.rules.practice import LIMITS, NotASetting, Practice, practice_of, read_practice, written
from dispensary.rules.product import Form, NotAChoice
from tests.refusing import refused


def test_substitution_is_the_countrys():
    assert practice_of(Country.US).substitution == {Form.CYANOCOBALAMIN}
    assert practice_of(Country.NORWAY).substitution == frozenset()


@pytest.mark.parametrize("country", Country)
def test_what_is_written_reads_back(country):
    assert read_practice(country, written(practice_of(country))) == practice_of(country)


def test_what_is_not_set_stays_as_the_country_has_it():
    assert read_practice(Country.US, {}) == practice_of(Country.US)
    assert read_practice(Country.NORWAY, {"substitution": ["cyanocobalamin"]}).substitution == {Form.CYANOCOBALAMIN}
    assert read_practice(Country.US, {"second_check": True}).second_check is True


@pytest.mark.parametrize("name", LIMITS)
def test_numbers_have_their_limits(name):
    least, most = LIMITS[name]
    assert getattr(read_practice(Country.US, {name: least}), name) == least
    assert getattr(read_practice(Country.US, {name: most}), name) == most
    refused(NotASetting, lambda: read_practice(Country.US, {name: least - 1}))
    refused(NotASetting, lambda: read_practice(Country.US, {name: most + 1}))


def test_every_number_has_limits():
    numbers = {name for name in Practice.__slots__ if type(getattr(Practice(), name)) is int}
    assert numbers == LIMITS.keys()


@pytest.mark.parametrize(
    "given",
    [
        {"early_refil_percent": 75},
        {"early_refill_percent": "75"},
        {"early_refill_percent": 75.5},
        {"early_refill_percent": True},
        {"second_check": "yes"},
        {"substitution": "cyanocobalamin"},
    ],
    ids=str,
)
def test_what_is_no_setting_is_refused(given):
    refused(NotASetting, lambda: read_practice(Country.US, given))


def test_an_unknown_form_is_refused():
    refused(NotAChoice, lambda: read_practice(Country.US, {"substitution": ["vitamin c"]}))
