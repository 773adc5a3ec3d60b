"""Who looked at whom: the readings of patients' records that the audit has, by the patients' numbers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from dispensary.database import streamed
from dispensary.reports.audit.wanted import (
    READ,
    PatientOf,
    commitments_in,
    patient_named,
    patients_by_commitment,
    require_user,
)
from dispensary.reports.period import Period
from dispensary.rules.moments import on_both_clocks
from dispensary.schema.trust import audit_event

BATCH = 2000
"""Events fetched at a time."""

UNKNOWN = "unknown"
"""A commitment of which there is no key: the record was changed past the program, as `verify` tells."""


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
    only = None
    if wanted.patient is None:
        known = patients_by_commitment(db, site_id)
    else:
        only, patient = patient_named(db, site_id, wanted.patient)
        known = {only: patient}
    numbers = {commitment: _number(of) for commitment, of in known.items()}
    found = streamed(db, _events(db, wanted, on), {"site": site_id}, BATCH)
    return _rows(found, numbers, only, on)


def access_lines(rows: Iterable[AccessRow]) -> Iterator[AccessLine]:
    """A line for each patient of each row."""
    for row in rows:
        for each in row.patients:
            yield AccessLine(row.at, row.local, row.user, row.act, row.what, each)


def _number(of: PatientOf) -> str:
    return f"{of.patient} (erased)" if of.name is None else of.patient


def _events(db: Connection, wanted: Wanted, on: datetime) -> Select[Any]:
    events = _EVENTS.where(*Period(wanted.since, wanted.until).where(audit_event.c.at, on.tzinfo))
    if not wanted.all_acts:
        events = events.where(audit_event.c.kind == READ)
    if wanted.user is not None:
        require_user(db, wanted.user)
        events = events.where(audit_event.c.actor == wanted.user)
    return events


def _rows(events: Iterable[Any], numbers: Mapping[str, str], only: str | None, on: datetime) -> Iterator[AccessRow]:
    for event in events:
        # The whole list is read only where the one who is asked for may be in it.
        if only not in (None, event.patient) and only not in event.canonical:
            continue
        of = commitments_in(event.kind, event.patient, event.canonical) if only is None else [only]
        yield AccessRow(
            *on_both_clocks(event.at, on.tzinfo),
            user=event.actor,
            act=event.kind,
            what=event.subject,
            patients=tuple(numbers.get(each, UNKNOWN) for each in of),
        )
