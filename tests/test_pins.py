"""PINs as they are kept: the very strings of the reference implementation, at the costs of RFC 9106."""

import re
import time

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from dispensary import pins
from dispensary.pins import NOBODYS, hashed, matches
from tests.pins import SALT, cheap


def test_the_real_costs_are_those_of_rfc_9106_and_take_a_while():
    began = time.perf_counter()
    kept = hashed("271828", SALT)
    took = time.perf_counter() - began
    # RFC 9106, section 4: three passes, four lanes and 64 MiB, a salt of 128 bits and a tag of 256.
    assert re.fullmatch(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", kept)
    assert "271828" not in kept
    assert matches("271828", kept)
    assert not matches("271829", kept)
    assert 0.01 < took < 30


def test_nobodys_hash_costs_as_much_as_anybodys():
    assert NOBODYS.split("$")[:4] == hashed("271828", SALT).split("$")[:4]
    assert not matches("", NOBODYS)


def test_a_string_of_the_reference_implementation_is_read():
    """From the tests of the reference implementation, which are in the public domain: version 0x13, id."""
    kept = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    assert matches("password", kept)
    assert not matches("Password", kept)


def test_the_vector_of_rfc_9106():
    """Section 5.3: with a secret and associated data, which PINs have none of."""
    function = Argon2id(
        salt=b"\2" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\4" * 12, secret=b"\3" * 8
    )
    tag = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    assert function.derive(b"\1" * 32).hex() == tag


@pytest.fixture(scope="module")
def quick():
    with pytest.MonkeyPatch.context() as planted:
        cheap(planted)
        yield


@settings(max_examples=60, deadline=None)
@given(typed=st.text(), other=st.text())
def test_every_pin_matches_itself_and_no_other(quick, typed, other):
    kept = hashed(typed, SALT)
    assert matches(typed, kept)
    assert matches(other, kept) is (typed == other)


def test_the_same_pin_with_another_salt_is_another_string(quick):
    assert hashed("271828", SALT) != hashed("271828", SALT[::-1])


def test_a_hash_keeps_its_costs_when_those_of_the_program_change(quick, monkeypatch):
    kept = hashed("271828", SALT)
    monkeypatch.setattr(pins, "MEMORY_KIB", 64)
    assert matches("271828", kept)
    assert "m=64," in hashed("271828", SALT)


def test_a_pin_that_is_no_text_is_hashed_like_any_other(quick):
    """What a terminal sends may be no UTF-8."""
    kept = hashed("caf\udce9-9", SALT)
    assert matches("caf\udce9-9", kept)
    assert not matches("cafe-9", kept)
