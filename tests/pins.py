"""People with PINs, sessions and counters, for tests of who acts; hashes that cost next to nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dispensary import pins
from dispensary.pins import hashed
from dispensary.rules.people import Person, Role
from dispensary.rules.sign_in import PinLocked
from dispensary.services.people.credentials import PinOf, give_pin
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.sign_in import Trial, begin, fail, open_session
from dispensary.sessions import hash_of
from tests.build import Shop

SALT = b"sixteen bytes or"
PINS = {"alex": "271828", "pia": "314159", "sam": "161803", "mia": "141421", "nightly": "577215"}
SECOND = timedelta(seconds=1)
TOKEN = "0123456789abcdef" * 2


def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash takes a ten-thousandth of a second in place of 0.15 s; those that are kept hold their own costs."""
    monkeypatch.setattr(pins, "ROUNDS", 1)
    monkeypatch.setattr(pins, "LANES", 1)
    monkeypatch.setattr(pins, "MEMORY_KIB", 8)
    # The same costs where there is nobody.
    nobodys = pins.NOBODYS.replace("m=65536,t=3,p=4", "m=8,t=1,p=1")
    monkeypatch.setattr("dispensary.services.people.sign_in.NOBODYS", nobodys)


def the_person(shop: Shop, name: str) -> Person:
    """The user as one whose own PIN was typed for the command."""
    person = replace(shop, user=name).by()
    return replace(person, confirmed=frozenset({person.user_id}))


def entered(shop: Shop, name: str, role: Role) -> None:
    shop.do(add_user, NewUser(shop.key(), name, role))


def given_pin(shop: Shop, name: str, by: str | None = None, pin: str | None = None, key: str | None = None) -> None:
    """The user has the PIN, or that of PINS, chosen by the user or given by somebody else."""
    person = the_person(shop, by or name)
    order = PinOf(key or shop.key(), name)
    hash_ = hashed(pin or PINS[name], SALT)
    shop.write(lambda db: give_pin(db, order, pin_hash=hash_, on=shop.on, by=person))


def tried(shop: Shop, given: str, typed: str) -> Person | Exception:
    """What comes of a login with this name or badge and this PIN: who it is, or the refusal."""
    trial = shop.write(lambda db: begin(db, given, on=shop.on))
    if isinstance(trial, PinLocked):
        return trial
    assert isinstance(trial, Trial)
    if not pins.matches(typed, trial.hash) or trial.person is None:
        return shop.write(lambda db: fail(db, trial, on=shop.on))
    return trial.person


def signed_in(shop: Shop, name: str, counter: str = "desk at front", token: str = TOKEN) -> None:
    person = replace(shop, user=name).by()
    shop.write(lambda db: open_session(db, person, hash_of(token), counter, on=shop.on))
