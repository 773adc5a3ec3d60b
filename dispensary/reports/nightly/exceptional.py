"""Acts of the day by which somebody got round what keeps the books safe: rare, allowed, and to be looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from dispensary.reports.nightly.day import Day
from dispensary.schema.trust import audit_event

_SAID: Mapping[str, str] = {
    "audit clock": (
        "{by} let entries go on by an earlier clock (event {sequence:,} of the audit); look at the clocks of the "
        "counters, and at what was entered by the one that was ahead."
    ),
    "user key": (
        "{by} made the key that gives a PIN to whoever holds it (event {sequence:,} of the audit); see that it is "
        "kept in a safe, and at no counter."
    ),
    "user rescue": (
        "{subject} was given a PIN by the key, and nobody had to log in (event {sequence:,} of the audit); ask "
        "{subject} whether that was meant."
    ),
}


@dataclass(frozen=True, slots=True)
class Exceptional:
    """Such an act, by the number of its event."""

    kind: str
    subject: str
    by: str
    sequence: int

    @property
    def sentence(self) -> str:
        """What was done, and what somebody looks at now."""
        return _SAID[self.kind].format(by=self.by, subject=self.subject, sequence=self.sequence)


_EXCEPTIONAL = (
    select(
        audit_event.c.kind,
        audit_event.c.subject,
        audit_event.c.actor.label("by"),
        audit_event.c.sequence,
    )
    .where(
        audit_event.c.site_id == bindparam("site"),
        audit_event.c.at >= bindparam("start"),
        audit_event.c.at < bindparam("end"),
        audit_event.c.kind.in_(_SAID),
    )
    .order_by(audit_event.c.sequence)
)


def exceptional(db: Connection, day: Day) -> tuple[Exceptional, ...]:
    """What of it the site's chain tells of the day."""
    return tuple(Exceptional(**row) for row in db.execute(_EXCEPTIONAL, day).mappings())
