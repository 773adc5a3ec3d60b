"""The key that gives a PIN where nobody can log in: who makes it, what it opens, and what it leaves, on each engine."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from dispensary.checkpoint import SigningKey
from dispensary.lookup import NotFound, UserDisabled
from dispensary.pins import hashed
from dispensary.reports.verify import verify
from dispensary.rules.access import NeedsPin, NotAllowed
from dispensary.rules.clock import ClockBehind
from dispensary.rules.people import Role
from dispensary.rules.sign_in import PinLocked
from dispensary.schema.trust import audit_event
from dispensary.services.people.credentials import Given
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.rescue import (
    HOLDER,
    GivesNobodyAPin,
    KeyMade,
    NewKey,
    NoRescueKey,
    NotTheKey,
    enter_key,
    rescue,
)
from dispensary.services.people.set_clock import SetClock, set_clock
from dispensary.services.people.sites import NewSite, Right, add_site, give_right
from dispensary.services.people.user_access import Access, change_access
from dispensary.sessions import of_token
from tests.build import Shop, later
from tests.pins import PINS, SALT, TOKEN, cheap, entered, given_pin, signed_in, the_person, tried
from tests.refusing import nothing_written

KEY = SigningKey("test-origin", b"k" * 32)
ANOTHER = SigningKey("test-origin", b"l" * 32)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(shop: Shop) -> Shop:
    """alex and pia, pharmacists, mia, a manager, and sam, a technician, have PINs."""
    for name, role in (("pia", Role.PHARMACIST), ("mia", Role.MANAGER), ("sam", Role.TECHNICIAN)):
        entered(shop, name, role)
    for name in ("alex", "pia", "mia", "sam"):
        given_pin(shop, name)
    return shop


def made(shop: Shop, key: SigningKey = KEY, by: str = "alex", request: str | None = None) -> KeyMade:
    order = NewKey(request or shop.key(), key.verifier)
    return shop.write(lambda db: enter_key(db, order, on=shop.on, by=the_person(shop, by)))


def rescued(shop: Shop, name: str = "pia", key: SigningKey = KEY, typed: str = "662607") -> Given:
    return shop.write(lambda db: rescue(db, name, key, pin_hash=hashed(typed, SALT), on=shop.on))


def last_event(shop: Shop) -> tuple[str, ...]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject, audit_event.c.patient)
    return tuple(shop.read(lambda db: db.execute(found.order_by(audit_event.c.sequence.desc()).limit(1)).one()))


@pytest.mark.parametrize("name", ["alex", "mia"])
def test_the_key_gives_a_pin_to_who_may_give_pins(house, name):
    made(house)
    assert last_event(house) == ("alex", "user key", KEY.verifier, "")
    assert rescued(house, name) == Given(name, HOLDER)
    assert last_event(house) == (HOLDER, "user rescue", name, "")
    assert tried(house, name, "662607").name == name
    # From here on everything goes the usual way.
    given_pin(house, "sam", by=name, pin="104729")
    assert house.read(verify).ok


def test_the_pin_before_opens_nothing_and_neither_does_a_session(house):
    made(house)
    signed_in(house, "pia")
    rescued(house)
    assert isinstance(tried(house, "pia", PINS["pia"]), Exception)
    assert house.read(of_token, TOKEN)[1].ended_at == house.on


def test_a_locked_pin_is_opened(house):
    made(house)
    for _ in range(5):
        tried(house, "pia", "999990")
    assert isinstance(tried(house, "pia", PINS["pia"]), PinLocked)
    rescued(house)
    assert tried(house, "pia", "662607").name == "pia"


def test_without_a_key_there_is_none(house):
    """Whoever makes one now, and does not log in, has a key that the books do not know."""
    nothing_written(house, NoRescueKey, lambda: rescued(house))


@pytest.mark.parametrize(
    "key", [ANOTHER, SigningKey("other-origin", b"k" * 32), SigningKey("", b"k" * 32)], ids=["made", "site", "nameless"]
)
def test_another_key_opens_nothing_and_learns_nothing(house, key):
    """Neither who there is nor what they may: it is refused before."""
    made(house)
    for name in ("pia", "sam", "nobody"):
        refusal = nothing_written(house, NotTheKey, lambda name=name: rescued(house, name, key))
        assert (refusal.asked, refusal.noted) == ("user rescue", {"why": "not_the_key"})


def test_the_last_key_counts(house):
    made(house)
    made(house, ANOTHER, by="mia")
    nothing_written(house, NotTheKey, lambda: rescued(house))
    rescued(house, key=ANOTHER)


def test_the_same_request_makes_one_key(house):
    first = made(house, request="key-made")
    assert made(house, request="key-made") == first == KeyMade(KEY.verifier)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PHARMACIST, Role.MANAGER)])
def test_a_key_is_made_by_who_answers_for_people(shop, role):
    entered(shop, "robin", role)
    nothing_written(shop, NotAllowed, lambda: made(shop, by="robin"))


def test_a_key_is_made_with_a_pin(house):
    by = replace(house.by(), confirmed=frozenset())
    order = NewKey("key-1", KEY.verifier)
    nothing_written(house, NeedsPin, lambda: house.write(lambda db: enter_key(db, order, on=house.on, by=by)))


def test_who_gives_nobody_a_pin_is_not_rescued(house):
    made(house)
    nothing_written(house, GivesNobodyAPin, lambda: rescued(house, "sam"))


def test_nobody_is_rescued_who_does_not_exist_or_may_not_act(house):
    made(house)
    nothing_written(house, NotFound, lambda: rescued(house, "nobody"))
    order = Access(house.key(), "pia", "left the house", enabled=False)
    house.write(lambda db: change_access(db, order, on=house.on, by=the_person(house, "alex")))
    nothing_written(house, UserDisabled, lambda: rescued(house))


def test_a_key_opens_its_own_site(house):
    """A right at it is none to be rescued by it: who has one logs in at home."""
    made(house)
    by = the_person(house, "alex")
    house.write(lambda db: add_site(db, NewSite(house.key(), "North"), origin="north", on=house.on, by=by))
    there = replace(by, site_id=2)
    house.write(lambda db: add_user(db, NewUser("nora", "nora", Role.PHARMACIST), on=house.on, by=there))
    house.write(lambda db: give_right(db, Right(house.key(), "nora", Role.MANAGER), on=house.on, by=by))
    nothing_written(house, GivesNobodyAPin, lambda: rescued(house, "nora"))
    north = SigningKey("north", b"n" * 32)
    nothing_written(house, NoRescueKey, lambda: rescued(house, "nora", north))
    house.write(lambda db: enter_key(db, NewKey("north-key", north.verifier), on=house.on, by=there))
    nothing_written(house, GivesNobodyAPin, lambda: rescued(house, "pia", north))
    rescued(house, "nora", north)
    rescued(house)


def test_whoever_is_rescued_after_a_clock_was_ahead_can_set_it_right(house):
    """Nobody knows a PIN, and the last entry is of a year that is not yet."""
    made(house)
    ahead = later(house, 400)
    ahead.write(
        lambda db: add_user(db, NewUser("ahead", "ahead", Role.TECHNICIAN), on=ahead.on, by=the_person(house, "alex"))
    )
    rescued(house)
    pia = the_person(house, "pia")
    given_pin(house, "pia", pin="482916")
    nothing_written(house, ClockBehind, lambda: made(house, ANOTHER, by="pia"))
    order = SetClock("clock", "the other counter was a year ahead")
    house.write(lambda db: set_clock(db, order, on=house.on, by=pia))
    made(house, ANOTHER, by="pia")
    assert house.read(verify).ok


def test_neither_the_key_nor_the_pin_is_in_the_books(house):
    made(house)
    rescued(house)
    told = "".join(house.read(lambda db: db.execute(select(audit_event.c.canonical)).scalars().all()))
    assert KEY.verifier in told
    assert KEY.text.rpartition("+")[2] not in told
    assert "662607" not in told
