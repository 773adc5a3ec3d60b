"""Whose session a token is, and whether anybody has a PIN: what decides who acts."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from dispensary.rules.people import Person
from dispensary.rules.sign_in import NOTED_EVERY, Session
from dispensary.schema.people import user
from dispensary.schema.sign_in import pin, session

SINCE = "0005"
"""The first schema with PINs and sessions."""

_OF_TOKEN = (
    select(
        session.c.id,
        session.c.counter,
        session.c.opened_at,
        session.c.used_at,
        session.c.ended_at,
        user.c.id.label("user_id"),
        user.c.name,
        user.c.role,
        user.c.site_id,
        user.c.disabled_at,
    )
    .join(user, user.c.id == session.c.user_id)
    .where(session.c.token_hash == bindparam("token_hash"))
)
_ANY_PIN = select(pin.c.id).limit(1)


def has_pins(db: Connection) -> bool:
    """Whether anybody of the pharmacy was ever given a PIN: from then on nobody acts by a name alone."""
    return db.execute(_ANY_PIN).first() is not None


def hash_of(secret: str) -> str:
    """How a token or a badge is kept: its SHA-256, which opens nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def of_token(db: Connection, token: str) -> tuple[Person, Session] | None:
    """The user and the session of the token, whether or not it is at its end."""
    row = db.execute(_OF_TOKEN, {"token_hash": hash_of(token)}).first()
    if row is None:
        return None
    person = Person(row.user_id, row.name, row.role, row.site_id, frozenset())
    kept = Session(row.id, row.role, row.counter, row.opened_at, row.used_at, row.ended_at, row.disabled_at)
    return person, kept


def is_stale(used: Session, on: datetime) -> bool:
    """Whether the last use is so long ago that this one is to be kept."""
    return on - used.used_at >= NOTED_EVERY


def touch(db: Connection, session_id: int, on: datetime) -> None:
    """Keep that the session was used."""
    db.execute(update(session).where(session.c.id == session_id).values(used_at=on))
