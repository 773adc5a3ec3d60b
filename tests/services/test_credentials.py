"""Giving PINs and badges: the first PIN, one's own and others', the same key twice, on each engine."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from dispensary.errors import Refused
from dispensary.lookup import NotFound
from dispensary.pins import hashed, matches
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NeedsPin, NotAllowed
from dispensary.rules.people import Role
from dispensary.schema.sign_in import badge, pin
from dispensary.schema.trust import audit_event
from dispensary.services.people.credentials import (
    BadgeOf,
    BadgeTaken,
    FirstPinIsAnothers,
    Given,
    NoBadge,
    PinOf,
    give_badge,
    give_pin,
)
from dispensary.services.people.user_access import Access, change_access
from dispensary.sessions import has_pins, hash_of
from tests.build import Shop, rows
from tests.pins import PINS, SALT, cheap, entered, given_pin, the_person
from tests.refusing import nothing_written

BADGE = "0x8f41c7"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(shop: Shop) -> Shop:
    """alex and pia are pharmacists, mia a manager, sam a technician, ada an auditor, nightly a script."""
    for name, role in (
        ("pia", Role.PHARMACIST),
        ("mia", Role.MANAGER),
        ("sam", Role.TECHNICIAN),
        ("ada", Role.AUDITOR),
        ("nightly", Role.REPORTER),
    ):
        entered(shop, name, role)
    return shop


def give(shop: Shop, name: str, by: str, key: str = "pin-1", typed: str = "271828", *, confirmed: bool = True) -> Given:
    person = the_person(shop, by) if confirmed else replace(the_person(shop, by), confirmed=frozenset())
    hash_ = hashed(typed, SALT)
    return shop.write(lambda db: give_pin(db, PinOf(key, name), pin_hash=hash_, on=shop.on, by=person))


def badged(
    shop: Shop, name: str, scanned: str | None, by: str = "alex", key: str = "badge-1", *, confirmed: bool = True
) -> Given:
    person = the_person(shop, by) if confirmed else replace(the_person(shop, by), confirmed=frozenset())
    order = BadgeOf(key, name, taken=scanned is None)
    hash_ = None if scanned is None else hash_of(scanned)
    return shop.write(lambda db: give_badge(db, order, badge_hash=hash_, on=shop.on, by=person))


def last_event(shop: Shop) -> tuple[str, str, str, str]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject, audit_event.c.request_key)
    return tuple(shop.read(lambda db: db.execute(found.order_by(audit_event.c.sequence.desc()).limit(1)).one()))


@pytest.mark.parametrize("first", ["alex", "pia", "mia"])
def test_the_first_pin_is_a_pharmacists_or_managers(house, first):
    assert give(house, first, by="alex") == Given(first, "alex")
    assert house.read(has_pins)
    assert last_event(house) == ("alex", "user pin", first, "pin-1")
    assert house.read(verify).ok


@pytest.mark.parametrize("first", ["sam", "ada", "nightly"])
def test_the_first_pin_is_nobody_elses(house, first):
    """Else nobody could give the second one."""
    nothing_written(house, FirstPinIsAnothers, lambda: give(house, first, by="alex"))
    assert not house.read(has_pins)
    give(house, "mia", by="alex")
    give(house, first, by="mia", key="pin-2")


def test_a_technician_does_not_shut_the_pharmacy_with_a_pin_of_their_own(house):
    nothing_written(house, FirstPinIsAnothers, lambda: give(house, "sam", by="sam"))


def test_everybody_changes_their_own_and_answering_people_those_of_others(house):
    given_pin(house, "alex")
    for number, name in enumerate(("sam", "ada", "nightly")):
        give(house, name, by=name, key=f"own-{number}")
        for by in ("mia", "pia"):
            give(house, name, by=by, key=f"{by}-{number}")
        other = "ada" if name != "ada" else "sam"
        nothing_written(house, NotAllowed, lambda name=name, other=other: give(house, other, by=name))


def test_a_pin_is_given_by_whoever_typed_their_own(house):
    given_pin(house, "alex")
    nothing_written(house, NeedsPin, lambda: give(house, "alex", by="alex", confirmed=False))
    nothing_written(house, NeedsPin, lambda: give(house, "sam", by="alex", confirmed=False))


def test_a_pin_is_for_a_user_that_there_is(house):
    given_pin(house, "alex")
    nothing_written(house, NotFound, lambda: give(house, "nobody", by="alex"))


def test_the_last_pin_counts_and_the_earlier_ones_stay_in_the_books(house):
    for number, typed in enumerate(("271828", "141421")):
        give(house, "alex", by="alex", key=f"pin-{number}", typed=typed)
    kept = house.read(lambda db: db.execute(select(pin.c.hash).order_by(pin.c.id)).scalars().all())
    assert [matches("271828", each) for each in kept] == [True, False]
    assert [matches("141421", each) for each in kept] == [False, True]


def test_the_same_key_gives_one_pin_and_the_same_receipt(house):
    first = give(house, "alex", by="alex")
    assert give(house, "alex", by="alex") == first
    assert rows(house, pin) == 1
    nothing_written(house, KeyReused, lambda: give(house, "pia", by="alex"))


def test_a_badge_is_given_replaced_and_taken_away(house):
    assert badged(house, "sam", BADGE) == Given("sam", "alex")
    badged(house, "sam", "0x000002", key="badge-2")
    badged(house, "sam", None, key="badge-3")
    kept = house.read(lambda db: db.execute(select(badge.c.hash).order_by(badge.c.id)).scalars().all())
    assert kept == [hash_of(BADGE), hash_of("0x000002"), None]
    assert last_event(house) == ("alex", "user badge", "sam", "badge-3")
    texts = house.read(lambda db: db.execute(select(audit_event.c.canonical)).scalars().all())
    assert [text for text in texts if BADGE in text or hash_of(BADGE) in text] == []
    assert house.read(verify).ok


def test_a_badge_serves_once(house):
    """Neither another's, nor one's own, nor one that was taken away."""
    badged(house, "sam", BADGE)
    for name in ("pia", "sam"):
        nothing_written(house, BadgeTaken, lambda name=name: badged(house, name, BADGE, key="badge-2"))
    badged(house, "sam", None, key="badge-3")
    nothing_written(house, BadgeTaken, lambda: badged(house, "pia", BADGE, key="badge-4"))


def test_no_badge_is_taken_from_whom_has_none(house):
    nothing_written(house, NoBadge, lambda: badged(house, "sam", None))
    badged(house, "sam", BADGE)
    badged(house, "sam", None, key="badge-2")
    nothing_written(house, NoBadge, lambda: badged(house, "sam", None, key="badge-3"))


@pytest.mark.parametrize("by", ["sam", "ada", "nightly"])
def test_a_badge_is_given_by_whoever_answers_for_people(house, by):
    nothing_written(house, NotAllowed, lambda: badged(house, "sam", BADGE, by=by))
    nothing_written(house, NeedsPin, lambda: badged(house, "sam", BADGE, confirmed=False))
    badged(house, "sam", BADGE, by="mia")


def test_the_same_key_gives_one_badge_and_the_same_receipt(house):
    first = badged(house, "sam", BADGE)
    assert badged(house, "sam", BADGE) == first
    assert rows(house, badge) == 1
    nothing_written(house, KeyReused, lambda: badged(house, "sam", None))


def test_a_disabled_user_may_be_given_a_pin_and_acts_no_more_for_that(house):
    order = Access(house.key(), "sam", "left the house", enabled=False)
    house.write(lambda db: change_access(db, order, on=house.on, by=the_person(house, "alex")))
    given_pin(house, "alex")
    give(house, "sam", by="alex", typed=PINS["sam"])
    with pytest.raises(Refused, match="is disabled"):
        replace(house, user="sam").by()
