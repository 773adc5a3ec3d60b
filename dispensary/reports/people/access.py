"""Who looked at whom: the readings of patients' records that the audit has, by the patients' numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from dispensary import audit, auditor, lookup
from dispensary.database import streamed
from dispensary.errors import Refused, quoted
from dispensary.lookup import NotFound
from dispensary.rules.moments import to_the_second
from dispensary.rules.numbers import Record, parse_number
from dispensary.schema.people import patient, user
from dispensary.schema.trust import audit_event

BATCH = 2000
"""Events fetched at a time."""

READ = "patient read"
UNKNOWN = "unknown"
"""A commitment of which there is no key: the record was changed past the program, as `verify` tells."""


class NotAPeriod(Refused):
    """Days in the wrong order."""

    sentence = "--since {since} is later than --until {until}: give the earlier day as --since."
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: those of one patient (P12), of one user, of the days from `since` through `until`.

    With `all_acts` whatever concerned a patient, such as a fill or an edit, and not readings alone.
    """

    patient: str | None = None
    user: str | None = None
    since: date | None = None
    until: date | None = None
    all_acts: bool = False


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Who did what when to which patients' records: in UTC and by the pharmacy's clock; by number, never by name."""

    at: str
    local: str
    user: str
    act: str
    what: str
    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessLine:
    """The same for one patient."""

    at: str
    local: str
    user: str
    act: str
    what: str
    patient: str


_KEYS = select(patient.c.number, patient.c.audit_key).where(
    patient.c.site_id == bindparam("site"), patient.c.erased_at.is_(None)
)
_EVENTS = (
    select(
        audit_event.c.at,
        audit_event.c.actor,
        audit_event.c.kind,
        audit_event.c.subject,
        audit_event.c.patient,
        audit_event.c.canonical,
    )
    .where(audit_event.c.site_id == bindparam("site"), audit_event.c.patient != "")
    .order_by(audit_event.c.sequence)
)


def access(db: Connection, site_id: int, wanted: Wanted, on: datetime) -> Iterator[AccessRow]:
    """What the audit tells of it, the newest last, BATCH events at a time in memory.

    Days are those of the zone of `on`, the pharmacy's own. It shows no record, so that it is no reading of one.
    An erased patient has `(erased)` after the number. Raises NotAPeriod, NotANumber and NotFound.
    """
    numbers = _numbers(db, site_id)
    only = None if wanted.patient is None else _commitment(wanted.patient, numbers)
    events = _events(db, wanted, on)
    found = streamed(db, events, {"site": site_id}, BATCH)
    return _rows(found, numbers, only, on)


def access_lines(rows: Iterable[AccessRow]) -> Iterator[AccessLine]:
    """A line for each patient of each row."""
    for row in rows:
        for each in row.patients:
            yield AccessLine(row.at, row.local, row.user, row.act, row.what, each)


def _numbers(db: Connection, site_id: int) -> dict[str, str]:
    """The numbers of the site's patients by their commitments, each computed once."""
    known = {
        audit.commitment(row.audit_key, row.number): Record.PATIENT.number(row.number)
        for row in db.execute(_KEYS, {"site": site_id})
    }
    erased = lookup.commitments_of_erased(db, site_id)
    return known | {each: f"{Record.PATIENT.number(number)} (erased)" for number, each in erased.items()}


def _commitment(given: str, numbers: Mapping[str, str]) -> str:
    number = Record.PATIENT.number(parse_number(Record.PATIENT, given))
    for commitment, known in numbers.items():
        if known.removesuffix(" (erased)") == number:
            return commitment
    raise NotFound(what="patient", given=number, way_out="`dispensary patient list` shows who there is")


def _events(db: Connection, wanted: Wanted, on: datetime) -> Select[Any]:
    events = _EVENTS
    if not wanted.all_acts:
        events = events.where(audit_event.c.kind == READ)
    if wanted.user is not None:
        if db.execute(select(user.c.id).where(user.c.name == wanted.user)).first() is None:
            raise NotFound(what="user", given=quoted(wanted.user), way_out="`dispensary user list` shows who there is")
        events = events.where(audit_event.c.actor == wanted.user)
    since, until = wanted.since, wanted.until
    if since is not None and until is not None and until < since:
        raise NotAPeriod(since=since, until=until)
    if since is not None:
        events = events.where(audit_event.c.at >= datetime.combine(since, time(), on.tzinfo))
    if until is not None:
        events = events.where(audit_event.c.at < datetime.combine(until + timedelta(days=1), time(), on.tzinfo))
    return events


def _rows(events: Iterable[Any], numbers: Mapping[str, str], only: str | None, on: datetime) -> Iterator[AccessRow]:
    for event in events:
        # The whole list is read only where the one who is asked for may be in it.
        if only is not None and only not in event.canonical:
            continue
        of = _commitments(event) if only is None else [only]
        yield AccessRow(
            at=to_the_second(event.at.astimezone(UTC)),
            local=to_the_second(event.at.astimezone(on.tzinfo)),
            user=event.actor,
            act=event.kind,
            what=event.subject,
            patients=tuple(numbers.get(each, UNKNOWN) for each in of),
        )


def _commitments(event: Any) -> list[str]:
    if event.kind != READ:
        return [event.patient]
    listed = auditor.values_of(event.canonical)["patients"]
    return [str(each) for each in listed] if isinstance(listed, list) else []
