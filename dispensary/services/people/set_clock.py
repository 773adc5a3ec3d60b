"""Going back to the time of today, after a clock that was wrong had made an entry of a time that is not yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import audit, request
from dispensary.rules.access import Act
from dispensary.rules.moments import to_the_second, utc_exactly
from dispensary.rules.people import Person


@dataclass(frozen=True, slots=True)
class SetClock:
    """Why entries are to be made from now on by the clock of the counter at which this is asked."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClockSet:
    """Of when the last entry was, and the moment from which on entries are made, as ISO 8601."""

    was: str
    now: str
    reason: str


def set_clock(db: Connection, order: SetClock, *, on: datetime, by: Person) -> ClockSet:
    """Let entries of the site be made from this moment on, be it before the last one's; raises NotAllowed, NeedsPin."""
    claimed = request.claim(db, Act.AUDIT_CLOCK, order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, ClockSet)
    last = audit.take(db, by.site_id)
    was = on if last.at is None else last.at
    values = {"old": utc_exactly(was), "new": utc_exactly(on), "reason": order.reason}
    audit.record(db, last, audit.Event(Act.AUDIT_CLOCK, "clock", order.key, values), on=on, by=by)
    done = ClockSet(to_the_second(was.astimezone(on.tzinfo)), to_the_second(on), order.reason)
    request.keep(db, claimed, done)
    return done
