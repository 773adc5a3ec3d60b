"""A clock that was set back: nothing is entered by it, and by it nothing has come back to life, on each engine."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as events_of_engine
from sqlalchemy import select

from dispensary import audit, database
from dispensary.audit import Event
from dispensary.checkpoint import SigningKey
from dispensary.pins import hashed
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NeedsPin, NotAllowed
from dispensary.rules.allocation import ShortStock
from dispensary.rules.clock import APART, SIGNING_IN, ClockBehind
from dispensary.rules.people import Role
from dispensary.schema.trust import audit_event, head
from dispensary.services.people.register import NewUser, add_user, note_reading
from dispensary.services.people.rescue import NewKey, enter_key, rescue
from dispensary.services.people.set_clock import ClockSet, SetClock, set_clock
from dispensary.services.people.sign_in import confirm, end_session, note_denied, open_session
from dispensary.services.people.sites import NewSite, add_site
from tests.build import NOW, Shop, a_lot, a_patient, an_rx, dispensed, later, returned, rows
from tests.pins import SALT, given_pin
from tests.refusing import nothing_written

KEY = SigningKey("test-origin", b"k" * 32)
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


def after(shop: Shop, step: timedelta) -> Shop:
    return shop.at(shop.on + step)


def mark(shop: Shop, site_id: int = 1) -> datetime | None:
    return shop.read(lambda db: db.execute(select(head.c.at).where(head.c.site_id == site_id)).scalar_one())


def clock_set(shop: Shop, key: str = "clock-1", reason: str = "the till was ahead") -> ClockSet:
    return shop.do(set_clock, SetClock(key, reason))


def test_an_entry_is_made_up_to_five_minutes_before_the_last_one_and_no_microsecond_more(shop):
    a_lot(shop)
    before = after(shop, -APART)
    a_lot(before, lot="A2")
    assert mark(shop) == shop.on
    behind = after(before, -MICROSECOND)
    nothing_written(shop, ClockBehind, lambda: a_lot(behind, lot="A3"))
    assert shop.read(verify).ok


def test_many_small_steps_back_are_one_large_one(shop):
    """Each entry is held against the latest one, not against the last."""
    for minutes in (0, 2, 4):
        a_lot(after(shop, -minutes * MINUTE), lot=f"B{minutes}")
    nothing_written(shop, ClockBehind, lambda: a_lot(after(shop, -6 * MINUTE), lot="B6"))


def test_of_two_counters_one_may_be_4_minutes_ahead_and_not_6(shop):
    ahead = after(shop, 4 * MINUTE)
    for counter, lot in ((ahead, "A1"), (shop, "A2"), (ahead, "A3"), (shop, "A4")):
        a_lot(counter, lot=lot)
    a_lot(after(shop, 6 * MINUTE), lot="A5")
    nothing_written(shop, ClockBehind, lambda: a_lot(shop, lot="A6"))
    # A minute later its clock is no more than 5 minutes behind the last entry.
    a_lot(after(shop, MINUTE), lot="A6")


def test_what_has_expired_is_not_given_by_a_clock_by_which_it_was_good(shop):
    a_lot(shop, expires="2026-11-30")
    an_rx(shop, units=1)
    today = later(shop, 20)
    a_patient(today, "MRN-2")
    nothing_written(today, ShortStock, lambda: dispensed(today, "RX1"))
    nothing_written(shop, ClockBehind, lambda: dispensed(shop, "RX1"))


def test_a_reading_that_leaves_an_event_is_not_noted_as_earlier_than_it_was(shop):
    a_patient(shop)
    by = shop.by()
    behind = shop.on - timedelta(days=1)
    nothing_written(
        shop,
        ClockBehind,
        lambda: shop.write(lambda db: note_reading(db, [1], "patient show P1", on=behind, by=by)),
    )


def signing_in(shop: Shop, on: datetime, number: int) -> None:
    """Every kind of event of it, at that moment."""
    by = shop.by()
    need = NeedsPin(what="`destroy`", user="alex", user_id=by.user_id)
    denied = NotAllowed(user="alex", role="pharmacist", act="`count`", needed="a manager")
    shop.write(lambda db: open_session(db, by, str(number) * 64, "till", on=on))
    shop.write(lambda db: confirm(db, by, need, on=on))
    shop.write(lambda db: note_denied(db, denied, on=on, by=by))
    shop.write(lambda db: end_session(db, number, "logged out", on=on, by=by))
    given_pin(shop.at(on), "alex")
    shop.write(lambda db: rescue(db, "alex", KEY, pin_hash=hashed("662607", SALT), on=on))


def test_one_gets_in_by_any_clock_and_the_mark_stays(shop):
    a_lot(shop)
    shop.write(lambda db: enter_key(db, NewKey("key", KEY.verifier), on=shop.on, by=shop.by()))
    for number, years in enumerate((-11, 5), 1):
        signing_in(shop, shop.on.replace(year=shop.on.year + years), number)
        assert mark(shop) == shop.on
    in_order = select(audit_event.c.kind).order_by(audit_event.c.sequence)
    kinds = shop.read(lambda db: db.execute(in_order).scalars().all())
    several = len(SIGNING_IN)
    assert {*kinds[-2 * several : -several]} == {*kinds[-several:]} == SIGNING_IN
    # Nobody is kept out by a login of a counter that is ahead.
    a_lot(shop, lot="A2")
    assert shop.read(verify).ok


def test_each_site_has_a_mark_of_its_own(shop):
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north")
    there = replace(shop.by(), site_id=2)
    ahead = shop.on + timedelta(days=400)
    shop.write(lambda db: add_user(db, NewUser("nora", "nora", Role.PHARMACIST), on=ahead, by=there))
    assert (mark(shop), mark(shop, 2)) == (shop.on, ahead)
    a_lot(shop)
    nothing_written(
        shop,
        ClockBehind,
        lambda: shop.write(lambda db: add_user(db, NewUser("sam", "sam", Role.TECHNICIAN), on=shop.on, by=there)),
    )


def test_after_an_entry_of_the_future_somebody_who_answers_goes_on_from_today(shop):
    future = shop.at(shop.on.replace(year=2031))
    a_lot(future, lot="F1", expires="2033-11-30")
    nothing_written(shop, ClockBehind, lambda: a_lot(shop, lot="A1"))
    assert clock_set(shop) == ClockSet("2031-11-21T09:30:00-05:00", "2026-11-21T09:30:00-05:00", "the till was ahead")
    assert mark(shop) == shop.on
    a_lot(shop, lot="A1")
    nothing_written(shop, ClockBehind, lambda: a_lot(after(shop, -APART - MICROSECOND), lot="A2"))
    assert shop.read(verify).ok
    told = shop.read(
        lambda db: db.execute(select(audit_event.c.canonical).where(audit_event.c.kind == "audit clock")).scalar_one()
    )
    assert told.endswith(
        '{"new":"2026-11-21T14:30:00.000000+00:00","old":"2031-11-21T14:30:00.000000+00:00",'
        '"reason":"the till was ahead"},'
    )


def test_the_clock_is_set_once_a_key(shop):
    first = clock_set(shop)
    later_on = later(shop, 3)
    a_lot(later_on)
    assert clock_set(shop) == first
    assert mark(shop) == later_on.on
    nothing_written(shop, KeyReused, lambda: clock_set(shop, reason="another"))


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.PHARMACIST, Role.MANAGER)])
def test_nobody_else_sets_the_clock(shop, role):
    shop.do(add_user, NewUser(shop.key(), "sam", role))
    nothing_written(shop, NotAllowed, lambda: clock_set(replace(shop, user="sam")))


def test_it_is_confirmed_with_a_pin(shop):
    by = replace(shop.by(), confirmed=frozenset())
    order = SetClock("clock-1", "the till was ahead")
    nothing_written(shop, NeedsPin, lambda: shop.write(lambda db: set_clock(db, order, on=shop.on, by=by)))


def test_what_was_done_is_answered_by_any_clock(shop):
    a_lot(shop, units=20)
    an_rx(shop)
    first = dispensed(shop, "RX1", key="again")
    a_lot(later(shop, 30), lot="A2")
    before = rows(shop, audit_event)
    assert dispensed(after(shop, -timedelta(days=9)), "RX1", key="again") == first
    assert rows(shop, audit_event) == before
    nothing_written(shop, ClockBehind, lambda: returned(shop, "D1"))


def test_the_mark_is_read_while_nobody_else_can_move_it(shop):
    """A counter that waits for the end of the chain is held against what came before it, not against what it saw."""
    patient = database.open_engine(shop.engine.url, pause=lambda: time.sleep(0.01))
    slow = Shop(patient, shop.on)
    by, waiting, caught = shop.by(), threading.Event(), []

    def behind() -> None:
        waiting.set()
        try:
            slow.write(lambda db: audit.record(db, audit.take(db, 1), Event("count", "A", "", {}), on=slow.on, by=by))
        except ClockBehind as refusal:
            caught.append(refusal)

    other = threading.Thread(target=behind)

    def work(db: database.Connection) -> None:
        last = audit.take(db, 1)
        other.start()
        waiting.wait(10)
        time.sleep(0.2)
        audit.record(db, last, Event("count", "B", "", {}), on=shop.on + timedelta(minutes=6), by=by)

    shop.write(work)
    other.join(20)
    patient.dispose()
    assert [type(each) for each in caught] == [ClockBehind]
    assert shop.read(verify).ok


def test_an_entry_asks_nothing_more_of_the_database_for_it(shop):
    """The head that is taken tells the mark, and the head that is advanced keeps it."""
    by, seen = shop.by(), []
    events_of_engine.listen(shop.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    shop.write(lambda db: audit.record(db, audit.take(db, 1), Event("count", "A", "", {}), on=shop.on, by=by))
    assert [statement.split()[0] for statement in seen if "head" in statement or "audit_event" in statement] == [
        "UPDATE",
        "INSERT",
        "UPDATE",
    ]


def test_a_change_of_the_hour_is_no_step(shop):
    """By the clock on the wall an hour of the autumn comes twice."""
    first = shop.at(datetime(2027, 11, 7, 1, 50, fold=0, tzinfo=NOW.tzinfo))
    second = shop.at(datetime(2027, 11, 7, 1, 10, fold=1, tzinfo=NOW.tzinfo))
    a_lot(first, expires="2029-01-31")
    a_lot(second, lot="A2", expires="2029-01-31")
    assert mark(shop) == second.on.astimezone(UTC)
    nothing_written(shop, ClockBehind, lambda: a_lot(first, lot="A3", expires="2029-01-31"))
