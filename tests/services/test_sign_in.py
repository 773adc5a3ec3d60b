"""Counting wrong PINs, sessions, and the events of both, on each engine."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary import database, sessions
from dispensary.reports.verify import verify
from dispensary.rules.access import Act, NeedsPin, require
from dispensary.rules.people import Role
from dispensary.rules.sign_in import LOCKED_FOR, WRONG_IN_A_ROW, End, PinLocked, WrongPin
from dispensary.schema.people import user
from dispensary.schema.sign_in import session, wrong_pins
from dispensary.schema.trust import audit_event
from dispensary.services.people.credentials import BadgeOf, give_badge
from dispensary.services.people.sign_in import (
    NOBODY,
    PinReplaced,
    begin,
    confirm,
    end_all_sessions,
    end_session,
    forgive,
    require_unchanged,
)
from dispensary.services.people.user_access import Access, change_access
from dispensary.sessions import has_pins, hash_of, is_stale, of_token, touch
from tests.build import Shop
from tests.pins import PINS, SECOND, TOKEN, cheap, entered, given_pin, signed_in, the_person, tried
from tests.refusing import everything, refused

BADGE = "0x8f41c7"
WRONG = "999990"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    cheap(monkeypatch)


@pytest.fixture
def shut(shop: Shop) -> Shop:
    """alex and pia, pharmacists, and sam, a technician, have PINs of their own choice; tess has none."""
    entered(shop, "pia", Role.PHARMACIST)
    entered(shop, "sam", Role.TECHNICIAN)
    entered(shop, "tess", Role.TECHNICIAN)
    for name in ("alex", "pia", "sam"):
        given_pin(shop, name)
    return shop


def events(shop: Shop, *kinds: str) -> list[tuple[str, str, str]]:
    found = select(audit_event.c.actor, audit_event.c.kind, audit_event.c.subject).where(audit_event.c.kind.in_(kinds))
    return [tuple(row) for row in shop.read(lambda db: db.execute(found.order_by(audit_event.c.sequence)).all())]


def in_a_row(shop: Shop, name: str) -> int | None:
    found = select(wrong_pins.c.in_a_row).join(user, user.c.id == wrong_pins.c.user_id).where(user.c.name == name)
    return shop.read(lambda db: db.execute(found).scalar())


def with_badge(shop: Shop, name: str, badge: str | None = BADGE) -> None:
    by = replace(the_person(shop, "alex"), confirmed=None)
    order = BadgeOf(shop.key(), name, taken=badge is None)
    shop.write(
        lambda db: give_badge(db, order, badge_hash=badge and hash_of(badge), on=shop.on, by=by)  # type: ignore[arg-type]
    )


def test_a_pharmacy_is_open_until_somebody_has_a_pin(shop):
    assert shop.read(has_pins) is False
    given_pin(shop, "alex")
    assert shop.read(has_pins) is True


def test_the_right_pin_says_who_it_is_by_name_and_by_badge(shut):
    with_badge(shut, "pia")
    for given in ("pia", BADGE):
        person = tried(shut, given, PINS["pia"])
        assert (person.name, person.role) == ("pia", Role.PHARMACIST)


def test_the_pin_of_another_person_is_wrong(shut):
    assert isinstance(tried(shut, "pia", PINS["sam"]), WrongPin)


def test_six_wrong_ones_in_a_row_and_not_even_the_right_one_is_looked_at(shut):
    said = [tried(shut, "pia", WRONG) for _ in range(WRONG_IN_A_ROW + 1)]
    assert [type(each) for each in said] == [WrongPin] * 5 + [PinLocked]
    assert [each.left for each in said[:5]] == [
        "4 more wrong ones lock it",
        "3 more wrong ones lock it",
        "2 more wrong ones lock it",
        "1 more wrong one locks it",
        "it is locked for 15 minutes now",
    ]
    assert isinstance(tried(shut, "pia", PINS["pia"]), PinLocked)
    # One event for each of the seven, and none says what was typed.
    assert events(shut, "refused") == [("pia", "refused", "login")] * 7
    texts = shut.read(lambda db: db.execute(select(audit_event.c.canonical)).scalars().all())
    assert [text for text in texts if WRONG in text] == []
    assert not isinstance(tried(shut, "sam", PINS["sam"]), Exception)


def test_the_lock_ends_to_the_second_and_the_next_wrong_one_begins_it_again(shut):
    for _ in range(WRONG_IN_A_ROW):
        tried(shut, "pia", WRONG)
    until = shut.on + LOCKED_FOR
    assert isinstance(tried(shut.at(until - SECOND), "pia", PINS["pia"]), PinLocked)
    assert isinstance(tried(shut.at(until), "pia", WRONG), WrongPin)
    assert isinstance(tried(shut.at(until + SECOND), "pia", PINS["pia"]), PinLocked)
    assert tried(shut.at(until + LOCKED_FOR), "pia", PINS["pia"]).name == "pia"


def test_the_right_one_counts_as_wrong_until_the_session_is_open(shut):
    """So that nothing which kills a counter takes a wrong one back."""
    tried(shut, "pia", WRONG)
    tried(shut, "pia", PINS["pia"])
    assert in_a_row(shut, "pia") == 2
    signed_in(shut, "pia")
    assert in_a_row(shut, "pia") == 0


def test_the_lock_is_opened_by_a_new_pin(shut):
    for _ in range(WRONG_IN_A_ROW):
        tried(shut, "sam", WRONG)
    given_pin(shut, "sam", by="pia")
    assert tried(shut, "sam", PINS["sam"]).name == "sam"


@pytest.mark.parametrize("nobody", ["nobody", "", "x" * 5000, "' OR 1=1 --", "tess", BADGE])
def test_nobody_has_a_pin_that_is_right(shut, nobody):
    """Who is no user, has no PIN or no badge is refused in the same words as a wrong PIN."""
    refusal = tried(shut, nobody, PINS["alex"])
    assert str(refusal) == str(tried(shut, "pia", WRONG))
    actor = "tess" if nobody == "tess" else NOBODY
    assert events(shut, "refused")[0] == (actor, "refused", "login")
    assert [each for each in shut.read(verify).checks if not each.ok] == []


def test_the_user_who_is_disabled_has_no_pin_that_is_right(shut):
    order = Access(shut.key(), "pia", "left the house", enabled=False)
    shut.write(lambda db: change_access(db, order, on=shut.on, by=the_person(shut, "alex")))
    assert isinstance(tried(shut, "pia", PINS["pia"]), WrongPin)


def test_a_badge_that_was_replaced_or_taken_away_opens_nothing(shut):
    with_badge(shut, "pia")
    with_badge(shut, "pia", "0x000002")
    assert isinstance(tried(shut, BADGE, PINS["pia"]), WrongPin)
    assert tried(shut, "0x000002", PINS["pia"]).name == "pia"
    with_badge(shut, "pia", None)
    assert isinstance(tried(shut, "0x000002", PINS["pia"]), WrongPin)
    assert tried(shut, "pia", PINS["pia"]).name == "pia"


def test_a_name_is_not_taken_for_another_that_looks_like_it(shut):
    for given in ("PIA", "pia ", " pia", "p\u0456a", "pia\0"[:3] + "\u200b"):
        assert isinstance(tried(shut, given, PINS["pia"]), WrongPin), ascii(given)


def test_tries_at_the_same_time_are_counted_one_by_one(shut):
    """Of twenty at once five are looked at."""
    start = threading.Barrier(20)
    engine = database.open_engine(shut.engine.url, pause=lambda: time.sleep(0.002))
    counters = replace(shut, engine=engine)

    def one(_: int) -> str:
        start.wait()
        return type(tried(counters, "pia", WRONG)).__name__

    with ThreadPoolExecutor(20) as pool:
        said = sorted(pool.map(one, range(20)))
    engine.dispose()
    assert said == ["PinLocked"] * 15 + ["WrongPin"] * 5
    assert in_a_row(shut, "pia") == 5
    assert [each for each in shut.read(verify).checks if not each.ok] == []


KILLED = """
import os, signal, sys
from datetime import datetime
from dispensary import database, pins
from dispensary.cli import identity

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

pins.matches = killed
engine = database.open_engine(database.parse_url(sys.argv[1]), pause=lambda: None)
identity.proven(engine, "pia", "999990", datetime.fromisoformat(sys.argv[2]))
"""


def test_a_try_that_is_killed_before_it_is_looked_at_stays_counted(shut):
    """Six counters that are killed between counting and looking, and the seventh reads that it is locked."""
    url = shut.engine.url.render_as_string(hide_password=False)
    for number in range(1, WRONG_IN_A_ROW + 1):
        ran = subprocess.run([sys.executable, "-c", KILLED, url, shut.on.isoformat()], env=os.environ, check=False)
        assert ran.returncode == -signal.SIGKILL
        assert in_a_row(shut, "pia") == number
    last = subprocess.run(
        [sys.executable, "-c", KILLED, url, shut.on.isoformat()], capture_output=True, text=True, check=False
    )
    assert last.returncode == 1
    assert "is locked until" in last.stderr
    assert isinstance(tried(shut, "pia", PINS["pia"]), PinLocked)


def test_a_session_is_found_by_its_token_and_by_no_other(shut):
    signed_in(shut, "pia")
    person, found = shut.read(of_token, TOKEN)
    assert (person.name, found.counter, found.opened_at, found.used_at) == ("pia", "desk at front", shut.on, shut.on)
    assert person.confirmed == frozenset()
    for other in ("", TOKEN[:-1], TOKEN.upper(), TOKEN[::-1], hash_of(TOKEN)):
        assert shut.read(of_token, other) is None
    assert events(shut, "login") == [("pia", "login", "pia")]


def test_no_two_sessions_have_one_token(shut):
    signed_in(shut, "pia")
    with pytest.raises(database.exc.IntegrityError):
        signed_in(shut, "sam")


def test_a_session_that_is_ended_stays_ended_and_ends_once(shut):
    signed_in(shut, "pia")
    person, found = shut.read(of_token, TOKEN)
    for _ in range(2):
        shut.write(lambda db: end_session(db, found.id, "logged out", on=shut.on, by=person))
    assert shut.read(of_token, TOKEN)[1].end("desk at front", shut.on) is End.LOGGED_OUT
    assert events(shut, "logout") == [("pia", "logout", "pia")]


def test_every_session_of_a_user_ends_and_nobody_elses(shut):
    for number, name in enumerate(("pia", "pia", "sam")):
        signed_in(shut, name, token=f"{number:032x}")
    assert shut.write(lambda db: end_all_sessions(db, the_person(shut, "pia").user_id, on=shut.on)) == 2
    still = shut.read(
        lambda db: db.execute(select(session.c.user_id).where(session.c.ended_at.is_(None))).scalars().all()
    )
    assert still == [the_person(shut, "sam").user_id]


def test_a_new_pin_and_being_disabled_end_every_session_at_once(shut):
    signed_in(shut, "pia")
    signed_in(shut, "sam", token=f"{1:032x}")
    given_pin(shut, "pia")
    order = Access(shut.key(), "sam", "left the house", enabled=False)
    done = shut.write(lambda db: change_access(db, order, on=shut.on, by=the_person(shut, "alex")))
    assert done.sessions_ended == 1
    assert shut.read(of_token, TOKEN)[1].end("desk at front", shut.on) is End.LOGGED_OUT
    assert shut.read(of_token, f"{1:032x}")[1].end("desk at front", shut.on) is End.DISABLED


def test_the_last_use_is_kept_to_the_minute(shut):
    signed_in(shut, "pia")
    _, found = shut.read(of_token, TOKEN)
    assert not is_stale(found, shut.on + timedelta(seconds=59))
    after = shut.on + timedelta(seconds=60)
    assert is_stale(found, after)
    shut.write(lambda db: touch(db, found.id, after))
    assert shut.read(of_token, TOKEN)[1].used_at == after


def test_a_confirmed_act_has_an_event_and_takes_the_count_back(shut):
    tried(shut, "pia", WRONG)
    by = replace(the_person(shut, "pia"), confirmed=frozenset())
    need = refused(NeedsPin, lambda: require(by, Act.DESTROY))
    shut.write(lambda db: confirm(db, by, need, on=shut.on))
    assert events(shut, "confirmed") == [("pia", "confirmed", "`destroy`")]
    assert in_a_row(shut, "pia") == 0
    require(the_person(shut, "pia"), Act.DESTROY)


def test_the_pin_that_was_looked_at_is_still_the_users(shut):
    trial = shut.write(lambda db: begin(db, "sam", on=shut.on))
    shut.read(require_unchanged, trial)
    before = everything(shut)
    given_pin(shut, "sam", by="pia")
    refused(PinReplaced, lambda: shut.read(require_unchanged, trial))
    assert everything(shut) != before
    trial = shut.write(lambda db: begin(db, "sam", on=shut.on))
    order = Access(shut.key(), "sam", "left the house", enabled=False)
    shut.write(lambda db: change_access(db, order, on=shut.on, by=the_person(shut, "alex")))
    with pytest.raises(PinReplaced):
        shut.read(require_unchanged, trial)


def test_whether_the_user_chose_the_pin_is_known(shut):
    assert shut.write(lambda db: begin(db, "sam", on=shut.on)).own is True
    given_pin(shut, "sam", by="pia")
    assert shut.write(lambda db: begin(db, "sam", on=shut.on)).own is False
    given_pin(shut, "sam")
    assert shut.write(lambda db: begin(db, "sam", on=shut.on)).own is True


def test_to_forgive_one_user_forgives_no_other(shut):
    tried(shut, "pia", WRONG)
    tried(shut, "sam", WRONG)
    shut.write(lambda db: forgive(db, the_person(shut, "pia")))
    assert (in_a_row(shut, "pia"), in_a_row(shut, "sam")) == (0, 1)


def test_no_token_and_no_badge_is_in_the_database(shut):
    signed_in(shut, "pia")
    with_badge(shut, "pia")
    kept = [
        str(value)
        for table in database.inspect(shut.engine).get_table_names()
        for row in shut.read(lambda db, table=table: db.exec_driver_sql(f'SELECT * FROM "{table}"').all())
        for value in row
    ]
    assert [value for value in kept if TOKEN in value or BADGE in value or PINS["pia"] in value] == []
    assert hash_of(TOKEN) in kept
    assert sessions.hash_of(BADGE) in kept
