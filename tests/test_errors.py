import pytest

from dispensary.errors import Refused, quoted


def test_shows_what_was_typed_harmlessly():
    assert quoted("a\x1b[31m\u202eb\ud800") == r"'a\x1b[31m\u202eb\ud800'"
    assert quoted("x" * 41) == f"'{'x' * 40}'..."


@pytest.mark.parametrize("name", ["code", "facts", "sentence", "exit_status"])
def test_no_fact_of_a_refusal_is_hidden_by_what_every_refusal_has(name):
    with pytest.raises(TypeError, match=f"Hiding names a fact as every refusal's {name}"):
        type("Hiding", (Refused,), {"__annotations__": {name: str}})
