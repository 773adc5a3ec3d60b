"""Giving a PIN or a badge to a user, and taking a badge away."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from dispensary import audit, request
from dispensary.errors import Refused, quoted
from dispensary.lookup import NotFound
from dispensary.rules.access import Act, may, require
from dispensary.rules.people import Person
from dispensary.schema.people import user
from dispensary.schema.sign_in import badge, pin
from dispensary.services.people.sign_in import end_all_sessions, forgive
from dispensary.sessions import has_pins


class FirstPinIsAnothers(Refused):
    """The first PIN of the pharmacy would leave nobody who could give the next one."""

    sentence = (
        "{user} has the role of {role}, and from the first PIN on only a pharmacist or manager with one can give "
        "others theirs: nothing was changed; give the first PIN to one of them."
    )
    user: str
    role: str


class BadgeTaken(Refused):
    """The badge is somebody's, or was."""

    sentence = "That badge was given to {user} before: nothing was changed; a badge serves once, so scan another one."
    user: str


class NoBadge(Refused):
    """There is no badge to take away."""

    sentence = "{user} has no badge: nothing was changed; give one with `dispensary user badge {user}`."
    user: str


@dataclass(frozen=True, slots=True)
class PinOf:
    """Whose PIN is given. The PIN itself is no part of the order, and stands nowhere."""

    key: str
    user: str


@dataclass(frozen=True, slots=True)
class BadgeOf:
    """Whose badge is given, or taken away. What is on it is no part of the order."""

    key: str
    user: str
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """To whom what was given, and by whom."""

    user: str
    given_by: str


_USER = select(user.c.id, user.c.name, user.c.role, user.c.site_id).where(user.c.name == bindparam("name"))


def user_of_site(db: Connection, name: str, by: Person) -> Person:
    """The user of this name at the acting person's site; raises NotFound."""
    found = db.execute(_USER.where(user.c.site_id == by.site_id), {"name": name}).first()
    if found is None:
        raise NotFound(what="user", given=quoted(name), way_out="`dispensary user list` shows those of this site")
    return Person(found.id, found.name, found.role, found.site_id)


def give_pin(db: Connection, order: PinOf, *, pin_hash: str, on: datetime, by: Person) -> Given:
    """Give the user a PIN, which ends their sessions; one that somebody else gave is changed at the next login.

    Raises NotAllowed, NeedsPin, NotFound and FirstPinIsAnothers.
    """
    claimed = request.claim(db, Act.USER_PIN, order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Given)
    whose = user_of_site(db, order.user, by)
    if whose.user_id != by.user_id:
        require(by, Act.OTHERS_PIN)
    if not has_pins(db) and not may(whose.role, Act.OTHERS_PIN):
        raise FirstPinIsAnothers(user=whose.name, role=whose.role)
    replace_pin(db, whose, pin_hash, on=on, by=by)
    audit.record(db, audit.take(db, by.site_id), audit.Event(Act.USER_PIN, whose.name, order.key, {}), on=on, by=by)
    given = Given(whose.name, by.name)
    request.keep(db, claimed, given)
    return given


def replace_pin(db: Connection, whose: Person, pin_hash: str, *, on: datetime, by: Person) -> None:
    """Give the user a PIN in place of an earlier one, which ends their sessions; the event is the caller's."""
    db.execute(insert(pin).values(user_id=whose.user_id, at=on, by_id=by.user_id, hash=pin_hash))
    forgive(db, whose)
    end_all_sessions(db, whose.user_id, on=on)


def give_badge(db: Connection, order: BadgeOf, *, badge_hash: str | None, on: datetime, by: Person) -> Given:
    """Give the user a badge in place of an earlier one, or take it away; the PIN stays.

    Raises NotAllowed, NeedsPin, NotFound, BadgeTaken and NoBadge.
    """
    claimed = request.claim(db, Act.USER_BADGE, order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Given)
    whose = user_of_site(db, order.user, by)
    last = select(badge.c.hash).where(badge.c.user_id == whose.user_id).order_by(badge.c.id.desc()).limit(1)
    had = db.execute(last).scalar() is not None
    if badge_hash is None:
        if not had:
            raise NoBadge(user=whose.name)
    else:
        holder = select(user.c.name).join(badge, badge.c.user_id == user.c.id).where(badge.c.hash == badge_hash)
        held_by = db.execute(holder).scalar()
        if held_by is not None:
            raise BadgeTaken(user=held_by)
    db.execute(insert(badge).values(user_id=whose.user_id, at=on, by_id=by.user_id, hash=badge_hash))
    values = {"old": "a badge" if had else "none", "new": "none" if badge_hash is None else "a badge"}
    audit.record(
        db, audit.take(db, by.site_id), audit.Event(Act.USER_BADGE, whose.name, order.key, values), on=on, by=by
    )
    given = Given(whose.name, by.name)
    request.keep(db, claimed, given)
    return given
