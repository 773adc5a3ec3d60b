"""Disabling and enabling: at once, everywhere, and never the last who could let somebody in, on each engine."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from dispensary import database
from dispensary.errors import Refused
from dispensary.lookup import NotFound, UserDisabled
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NeedsPin, NotAllowed
from dispensary.rules.people import Role
from dispensary.schema.people import user
from dispensary.schema.trust import audit_event
from dispensary.services.people.user_access import Access, AccessChanged, AlreadySo, OneselfDisabled, change_access
from tests.build import Shop
from tests.pins import cheap, entered, signed_in, the_person
from tests.refusing import nothing_written, refused


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def house(shop: Shop) -> Shop:
    """alex and pia are pharmacists, mia a manager, sam a technician, ada an auditor."""
    for name, role in (
        ("pia", Role.PHARMACIST),
        ("mia", Role.MANAGER),
        ("sam", Role.TECHNICIAN),
        ("ada", Role.AUDITOR),
    ):
        entered(shop, name, role)
    return shop


def change(shop: Shop, name: str, *, enabled: bool, by: str = "alex", key: str | None = None) -> AccessChanged:
    person = the_person(shop, by)
    order = Access(key or shop.key(), name, "left the house", enabled)
    return shop.write(lambda db: change_access(db, order, on=shop.on, by=person))


def disabled(shop: Shop) -> set[str]:
    found = select(user.c.name).where(user.c.disabled_at.is_not(None))
    return set(shop.read(lambda db: db.execute(found).scalars()))


def test_a_user_is_disabled_with_every_session_and_enabled_without_one(house):
    for number in range(3):
        signed_in(house, "sam", counter=f"desk {number}", token=f"{number:032x}")
    signed_in(house, "pia", token="f" * 32)
    assert change(house, "sam", enabled=False) == AccessChanged("sam", "disabled", "left the house", 3)
    assert disabled(house) == {"sam"}
    refused(UserDisabled, lambda: replace(house, user="sam").by())
    assert change(house, "sam", enabled=True) == AccessChanged("sam", "enabled", "left the house", 0)
    assert disabled(house) == set()
    assert house.read(verify).ok


def test_the_event_says_who_what_from_what_to_what_and_why(house):
    change(house, "sam", enabled=False, key="out-1")
    query = select(audit_event).order_by(audit_event.c.sequence.desc()).limit(1)
    event = house.read(lambda db: db.execute(query).one())
    assert (event.actor, event.kind, event.subject, event.request_key) == ("alex", "user disable", "sam", "out-1")
    assert (
        '{"new":"disabled","old":"enabled","reason":"left the house","role":"technician","sessions_ended":0}'
        in event.canonical
    )


def test_nobody_disables_themselves(house):
    nothing_written(house, OneselfDisabled, lambda: change(house, "alex", enabled=False))


@pytest.mark.parametrize("enabled", [True, False])
def test_what_is_so_already_is_refused(house, enabled):
    if not enabled:
        change(house, "sam", enabled=False)
    nothing_written(house, AlreadySo, lambda: change(house, "sam", enabled=enabled))


def test_a_user_that_is_not_there_is_refused(house):
    nothing_written(house, NotFound, lambda: change(house, "nobody", enabled=False))


@pytest.mark.parametrize("by", ["sam", "ada"])
def test_whoever_does_not_answer_for_people_disables_nobody(house, by):
    nothing_written(house, NotAllowed, lambda: change(house, "pia", enabled=False, by=by))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_pin_is_typed_for_it(house, enabled):
    by = replace(the_person(house, "alex"), confirmed=frozenset())
    order = Access(house.key(), "sam", "left the house", enabled)
    nothing_written(house, NeedsPin, lambda: house.write(lambda db: change_access(db, order, on=house.on, by=by)))


def test_the_same_key_disables_once_and_gives_the_same_receipt(house):
    first = change(house, "sam", enabled=False, key="out-1")
    change(house, "sam", enabled=True)
    assert change(house, "sam", enabled=False, key="out-1") == first
    assert disabled(house) == set()
    nothing_written(house, KeyReused, lambda: change(house, "mia", enabled=False, key="out-1"))


def test_whoever_was_disabled_meanwhile_disables_nobody(house):
    pia = the_person(house, "pia")
    change(house, "pia", enabled=False)
    order = Access(house.key(), "alex", "in return", enabled=False)
    nothing_written(house, UserDisabled, lambda: house.write(lambda db: change_access(db, order, on=house.on, by=pia)))


@pytest.mark.parametrize("turn", range(3))
def test_of_two_who_disable_each_other_at_once_one_stays(house, turn):
    engine = database.open_engine(house.engine.url, pause=lambda: time.sleep(0.002))
    counters = replace(house, engine=engine)
    start = threading.Barrier(2)
    people = {name: the_person(house, name) for name in ("alex", "pia")}

    def one(by: str, whom: str) -> str:
        order = Access(f"{by}-{turn}", whom, "suspected", enabled=False)
        start.wait()
        try:
            counters.write(lambda db: change_access(db, order, on=house.on, by=people[by]))
        except Refused as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(one, ("alex", "pia"), ("pia", "alex")))
    engine.dispose()
    assert said == ["done", "user_disabled"]
    assert len(disabled(house)) == 1
    assert house.read(verify).ok
