"""Disabling a user, at once and everywhere, and letting them act again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from dispensary import audit, request
from dispensary.errors import Refused
from dispensary.lookup import UserDisabled
from dispensary.rules.access import Act
from dispensary.rules.people import Person
from dispensary.schema.people import user
from dispensary.services.people.credentials import user_of_site
from dispensary.services.people.sign_in import end_all_sessions


class OneselfDisabled(Refused):
    """Somebody who would shut the door behind themselves."""

    sentence = "{user} cannot disable {user}: nothing was changed; let another pharmacist or manager do it."
    user: str


class AlreadySo(Refused):
    """The user is enabled or disabled as asked."""

    sentence = "User {user} is {state} already: nothing was changed; `dispensary user list` shows everybody."
    user: str
    state: str


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the user may act from now on, and why."""

    key: str
    user: str
    reason: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class AccessChanged:
    """The receipt: who may act or not, and how many sessions ended with it."""

    user: str
    state: str
    reason: str
    sessions_ended: int


def _word(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def change_access(db: Connection, order: Access, *, on: datetime, by: Person) -> AccessChanged:
    """Disable or enable the user; raises NotAllowed, NeedsPin, NotFound, OneselfDisabled, UserDisabled and AlreadySo.

    Who is disabled acts nowhere from the end of this transaction on: every command asks within its own.
    """
    act = Act.USER_ENABLE if order.enabled else Act.USER_DISABLE
    claimed = request.claim(db, act, order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, AccessChanged)
    whose = user_of_site(db, order.user, by)
    if whose.user_id == by.user_id:
        raise OneselfDisabled(user=whose.name)
    # Both rows in the order of their ids: of two who disable each other at once one stays, to let the other in again.
    both = select(user.c.id, user.c.disabled_at).where(user.c.id.in_((by.user_id, whose.user_id))).order_by(user.c.id)
    disabled = {row.id: row.disabled_at for row in db.execute(both.with_for_update(key_share=True))}
    if disabled[by.user_id] is not None:
        raise UserDisabled(user=by.name)
    disabled_at = disabled[whose.user_id]
    if (disabled_at is None) is order.enabled:
        raise AlreadySo(user=whose.name, state=_word(order.enabled))
    db.execute(update(user).where(user.c.id == whose.user_id).values(disabled_at=None if order.enabled else on))
    ended = 0 if order.enabled else end_all_sessions(db, whose.user_id, on=on)
    values = {
        "role": whose.role,
        "old": _word(not order.enabled),
        "new": _word(order.enabled),
        "reason": order.reason,
        "sessions_ended": ended,
    }
    audit.record(db, audit.take(db, by.site_id), audit.Event(act, whose.name, order.key, values), on=on, by=by)
    changed = AccessChanged(whose.name, _word(order.enabled), order.reason, ended)
    request.keep(db, claimed, changed)
    return changed
