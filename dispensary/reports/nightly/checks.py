"""Whether the books agree, and what else whoever signs the report should know of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection, bindparam, select

from dispensary import sessions
from dispensary.reports.nightly.day import Day
from dispensary.reports.verify import Check, Verified
from dispensary.rules.clock import APART
from dispensary.rules.quantity import first_of
from dispensary.schema.trust import audit_event

SHOWN = 5
"""A note names at most so many events."""


@dataclass(frozen=True, slots=True)
class ClockStep:
    """An event of the chain, entered as earlier than the event before it."""

    sequence: int
    at: datetime
    previous_at: datetime


@dataclass(frozen=True, slots=True)
class Checks:
    """The comparisons of `verify`, which are of the whole pharmacy, and notes; the notes need nobody today."""

    ok: bool
    checks: tuple[Check, ...]
    clock_steps: tuple[ClockStep, ...]
    notes: tuple[str, ...]


_before = audit_event.alias("before")
# Asked twice, because one question about two days would find no index.
_PAIRS = (
    select(audit_event.c.sequence, audit_event.c.at, _before.c.at.label("previous_at"))
    .join(
        _before,
        (_before.c.site_id == audit_event.c.site_id) & (_before.c.sequence == audit_event.c.sequence - 1),
    )
    .where(audit_event.c.site_id == bindparam("site"), audit_event.c.at < _before.c.at)
)


def clock_steps(db: Connection, day: Day, zone: tzinfo | None) -> tuple[ClockStep, ...]:
    """Where the chain of the day goes back in time by more than APART, with moments in the zone."""
    found = {
        row.sequence: ClockStep(row.sequence, row.at.astimezone(zone), row.previous_at.astimezone(zone))
        for event in (audit_event, _before)
        for row in db.execute(_PAIRS.where(event.c.at >= bindparam("start"), event.c.at < bindparam("end")), day)
    }
    return tuple(step for _, step in sorted(found.items()) if step.previous_at - step.at > APART)


def checks(db: Connection, verified: Verified, day: Day, zone: tzinfo | None) -> Checks:
    """The checks and the notes."""
    steps = clock_steps(db, day, zone)
    return Checks(verified.ok, verified.checks, steps, tuple(_notes(db, steps)))


def _notes(db: Connection, steps: tuple[ClockStep, ...]) -> Iterator[str]:
    if steps:
        minutes = max((step.previous_at - step.at) // timedelta(minutes=1) for step in steps)
        events = first_of((f"{step.sequence:,}" for step in steps), SHOWN)
        yield (
            f"A clock stepped back before event{'s' if len(steps) > 1 else ''} {events} of the audit, "
            f"by up to {minutes:,} minutes; look at the clocks of the counters."
        )
    if not sessions.has_pins(db):
        yield "Nobody has a PIN: whoever is logged in at a counter may act as anybody; see `dispensary user pin`."
