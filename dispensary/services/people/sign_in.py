"""Logging in and out, and PINs that are typed to confirm one act.

A PIN is looked at between two transactions, since that takes long. The first counts it as a wrong one, so
that neither a kill nor many tries at once win a guess; the second takes the right one back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from dispensary import audit
from dispensary.errors import Refused
from dispensary.pins import NOBODYS
from dispensary.rules.access import Denied, NeedsPin
from dispensary.rules.people import Person, Role
from dispensary.rules.sign_in import PinLocked, WrongPin, require_unlocked, wrong
from dispensary.schema.base import insert_of
from dispensary.schema.people import site, user
from dispensary.schema.sign_in import badge, pin, session, wrong_pins
from dispensary.sessions import hash_of

NOBODY = "(nobody)"
"""Who acts in an event, where nobody known did."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A PIN that is to be looked at: whose it should be, if anybody's, and the hash to compare it with.

    Where there is no such user, or one who is disabled or without a PIN, no PIN is that of the hash.
    """

    person: Person | None
    hash: str
    in_a_row: int
    own: bool = True
    """Whether the user chose the PIN; one that somebody else gave is changed at once."""
    pin_id: int = 0


class PinReplaced(Refused):
    """While somebody logged in with a PIN, the user was given another one, or disabled."""

    sentence = "{user} was disabled or given another PIN meanwhile: nothing was changed; log in again."
    user: str


_LAST_PIN = (
    select(pin.c.id, pin.c.hash, pin.c.by_id).where(pin.c.user_id == bindparam("user_id")).order_by(pin.c.id.desc())
)
_LAST_BADGE = select(badge.c.hash).where(badge.c.user_id == bindparam("user_id")).order_by(badge.c.id.desc())
_USER = select(user.c.id, user.c.name, user.c.role, user.c.site_id, user.c.disabled_at)
_WRONG = select(wrong_pins.c.in_a_row, wrong_pins.c.last_at).where(wrong_pins.c.user_id == bindparam("user_id"))


def begin(db: Connection, given: str, *, on: datetime, noted: bool = True) -> Trial | PinLocked:
    """Count a try for the user of this name or badge; or the refusal where too many were wrong, which has an event.

    Without `noted` it has none: an earlier schema takes no events of this program.
    """
    found = _by_name_or_badge(db, given)
    if found is None:
        return Trial(None, NOBODYS, 0)
    row = db.execute(_LAST_PIN.limit(1), {"user_id": found.id}).first()
    if row is None or found.disabled_at is not None:
        return Trial(_person(found), NOBODYS, 0)
    # The row is there and locked from here on, so that tries at the same time are counted one by one.
    here = insert_of(db.dialect.name)(wrong_pins).values(user_id=found.id, in_a_row=0, last_at=on)
    db.execute(here.on_conflict_do_nothing(index_elements=["user_id"]))
    counted = db.execute(_WRONG.with_for_update(), {"user_id": found.id}).one()
    try:
        require_unlocked(found.name, counted.in_a_row, counted.last_at, on)
    except PinLocked as locked:
        if noted:
            note_denied(db, locked, on=on, by=_person(found))
        return locked
    in_a_row = counted.in_a_row + 1
    db.execute(update(wrong_pins).where(wrong_pins.c.user_id == found.id).values(in_a_row=in_a_row, last_at=on))
    return Trial(_person(found), row.hash, in_a_row, own=row.by_id == found.id, pin_id=row.id)


def require_unchanged(db: Connection, trial: Trial) -> None:
    """Nothing, where the PIN that was looked at is still that of a user who may act; raises PinReplaced."""
    assert trial.person is not None
    given = {"user_id": trial.person.user_id}
    last = db.execute(_LAST_PIN.limit(1), given).one()
    disabled_at = db.execute(select(user.c.disabled_at).where(user.c.id == trial.person.user_id)).scalar_one()
    if last.id != trial.pin_id or disabled_at is not None:
        raise PinReplaced(user=trial.person.name)


def _by_name_or_badge(db: Connection, given: str) -> Any:
    found = db.execute(_USER.where(user.c.name == given)).first()
    if found is not None:
        return found
    digest = hash_of(given)
    found = db.execute(_USER.join(badge, badge.c.user_id == user.c.id).where(badge.c.hash == digest)).first()
    if found is None or db.execute(_LAST_BADGE.limit(1), {"user_id": found.id}).scalar_one() != digest:
        return None
    return found


def _person(row: Any) -> Person:
    return Person(row.id, row.name, row.role, row.site_id, frozenset())


def fail(db: Connection, trial: Trial, *, on: datetime, noted: bool = True) -> WrongPin:
    """The refusal of a wrong PIN, which stays counted and has an event if it can be `noted`."""
    refusal = wrong(max(trial.in_a_row, 1))
    if noted:
        note_denied(db, refusal, on=on, by=trial.person)
    return refusal


def forgive(db: Connection, person: Person) -> None:
    """Take the count of wrong PINs back: the user typed the right one, or was given a new one."""
    db.execute(update(wrong_pins).where(wrong_pins.c.user_id == person.user_id).values(in_a_row=0))


def open_session(db: Connection, person: Person, token_hash: str, counter: str, *, on: datetime) -> None:
    """Open a session of the user, who typed the right PIN at this counter."""
    forgive(db, person)
    db.execute(
        insert(session).values(user_id=person.user_id, token_hash=token_hash, counter=counter, opened_at=on, used_at=on)
    )
    event = audit.Event("login", person.name, "", {"role": person.role, "counter": counter})
    audit.record(db, audit.take(db, person.site_id), event, on=on, by=person)


def end_session(db: Connection, session_id: int, why: str, *, on: datetime, by: Person) -> None:
    """End a session of the user."""
    ended = update(session).where(session.c.id == session_id, session.c.ended_at.is_(None)).values(ended_at=on)
    if db.execute(ended).rowcount:
        event = audit.Event("logout", by.name, "", {"why": why})
        audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)


def end_all_sessions(db: Connection, user_id: int, *, on: datetime) -> int:
    """End every session of the user, at whatever counter; how many there were."""
    ended = update(session).where(session.c.user_id == user_id, session.c.ended_at.is_(None)).values(ended_at=on)
    return db.execute(ended).rowcount


def confirm(db: Connection, person: Person, need: NeedsPin, *, on: datetime) -> None:
    """Enter that the user typed the PIN for this act."""
    forgive(db, person)
    event = audit.Event("confirmed", need.what, "", {"role": person.role})
    audit.record(db, audit.take(db, person.site_id), event, on=on, by=person)


def note_denied(db: Connection, refusal: Denied, *, on: datetime, by: Person | None) -> None:
    """One event that somebody was refused; it names neither a patient nor what was typed."""
    if by is None:
        first = db.execute(select(site.c.id).order_by(site.c.id).limit(1)).scalar_one()
        by = Person(0, NOBODY, Role.AUDITOR, first)
    event = audit.Event("refused", refusal.asked, "", refusal.noted)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
