"""The way back where everybody who may give PINs forgot theirs: a key that was made before, and is kept elsewhere.

The chain tells which key: that of the site's last event that a key was made. The chain has what others check a
signature with, of which nobody finds the key.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from dispensary import audit, lookup, request
from dispensary.checkpoint import SigningKey
from dispensary.errors import Refused
from dispensary.rules.access import Act, Denied, may
from dispensary.rules.people import Person
from dispensary.schema.people import site
from dispensary.schema.trust import audit_event
from dispensary.services.people.credentials import Given, replace_pin

HOLDER = "(whoever holds the key)"
"""Who acts in an event, where a key opened the door."""


class NoRescueKey(Refused):
    """Nobody made a key while that was possible."""

    sentence = (
        "No key was made for {site}: nothing was changed; whoever still logs in there as a pharmacist or manager makes "
        "one with `dispensary user key --out FILE`, and where nobody does, restore a backup of before the first PIN."
    )
    site: str


class NotTheKey(Denied):
    """A key that opens nothing here, or no longer."""

    sentence = (
        "That key is not the one that was made last for a site of this pharmacy: nothing was changed; "
        "look for the file that the last `dispensary user key` wrote."
    )

    @property
    def asked(self) -> str:
        """What the key was to open."""
        return "user rescue"


class GivesNobodyAPin(Refused):
    """Somebody who could not help the others."""

    sentence = (
        "{user} has the role of {role} at {home}, and the key gives PINs to pharmacists and managers of {site} alone: "
        "nothing was changed; rescue one of them, who gives others theirs with `dispensary user pin NAME`."
    )
    user: str
    role: str
    home: str
    site: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """What tells the key of the acting person's site, and may be known to anybody."""

    key: str
    verifier: str


@dataclass(frozen=True, slots=True)
class KeyMade:
    """The key that counts from now on."""

    verifier: str


def enter_key(db: Connection, new: NewKey, *, on: datetime, by: Person) -> KeyMade:
    """Enter the key of the site, in place of an earlier one; raises NotAllowed and NeedsPin."""
    claimed = request.claim(db, Act.USER_KEY, new.key, new, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, KeyMade)
    audit.record(db, audit.take(db, by.site_id), audit.Event(Act.USER_KEY, new.verifier, new.key, {}), on=on, by=by)
    made = KeyMade(new.verifier)
    request.keep(db, claimed, made)
    return made


_LAST_KEY = (
    select(audit_event.c.subject)
    .where(audit_event.c.site_id == bindparam("site"), audit_event.c.kind == Act.USER_KEY.value)
    .order_by(audit_event.c.sequence.desc())
    .limit(1)
)


def rescuable(db: Connection, name: str, key: SigningKey) -> Person:
    """The user of this name, of the key's site.

    Nothing is told of users to whoever has not the key. Raises NoRescueKey, NotTheKey, NotFound, UserDisabled and
    GivesNobodyAPin.
    """
    where = db.execute(select(site.c.id, site.c.name).where(site.c.origin == key.name)).first()
    if where is None:
        raise NotTheKey
    last = db.execute(_LAST_KEY, {"site": where.id}).scalar()
    if last is None:
        raise NoRescueKey(site=where.name)
    if last != key.verifier:
        raise NotTheKey
    whose = lookup.person(db, name)
    if whose.site_id != where.id or not may(whose.role, Act.OTHERS_PIN):
        home = db.execute(select(site.c.name).where(site.c.id == whose.site_id)).scalar_one()
        raise GivesNobodyAPin(user=whose.name, role=whose.role, home=home, site=where.name)
    return whose


def rescue(db: Connection, name: str, key: SigningKey, *, pin_hash: str, on: datetime) -> Given:
    """Give the user a PIN because of the key, with an event of its own kind; raises what `rescuable` raises."""
    whose = rescuable(db, name, key)
    replace_pin(db, whose, pin_hash, on=on, by=whose)
    event = audit.Event("user rescue", whose.name, "", {})
    audit.record(db, audit.take(db, whose.site_id), event, on=on, by=replace(whose, name=HOLDER))
    return Given(whose.name, HOLDER)
