"""Do the books agree with themselves? Everything that is kept twice is recomputed and compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, exc, except_, func, literal, or_, select, text

from dispensary import database
from dispensary.reports import chain, guards, prescription_agreement, reconcile
from dispensary.reports.chain_agreement import recorded
from dispensary.reports.reconcile import SHOWN, first
from dispensary.schema.people import patient, prescriber, site, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import receipt
from dispensary.schema.trust import answer, audit_event, head, request


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison: what is so, or the first differences."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verified:
    """All comparisons; `ok` where each of them is."""

    ok: bool
    checks: tuple[Check, ...]


def verify(db: Connection) -> Verified:
    """Recompute balances, documents, prescriptions, requests and audit chains, and compare them with what is kept."""
    every = (*_STORAGE, *_SQLITE) if db.dialect.name == "sqlite" else _STORAGE
    checks = tuple(
        _check(db, *each) for each in (*every, *reconcile.CHECKS, *prescription_agreement.AGREEMENTS, *_TRUST)
    )
    return Verified(all(check.ok for check in checks), checks)


def _check(db: Connection, name: str, promise: str, find: Callable[[Connection], list[str]]) -> Check:
    try:
        found = find(db)
    except (TypeError, ValueError, LookupError, exc.DBAPIError) as problem:
        # SQLite keeps whatever somebody wrote into a column: what cannot be read is a finding, not an end.
        cause = problem.orig if isinstance(problem, exc.DBAPIError) else problem
        found = [f"what is kept cannot be read ({cause})"]
    more = ["and more"] if len(found) > SHOWN else []
    return Check(name, not found, "; ".join(found[:SHOWN] + more) if found else promise)


def _schema(db: Connection) -> list[str]:
    found = [str(version) for version in db.execute(text("SELECT version_num FROM alembic_version")).scalars()]
    return [] if found == [database.SCHEMA] else [f"schema {', '.join(found)} and not {database.SCHEMA}"]


def _file(db: Connection) -> list[str]:
    found = db.exec_driver_sql(f"PRAGMA integrity_check({SHOWN + 1})").scalars().all()
    return [] if found == ["ok"] else [str(problem) for problem in found]


def _references(db: Connection) -> list[str]:
    rows = db.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(SHOWN + 1)
    return [f"row {row[1]} of {row[0]} names a row of {row[2]} that is not there" for row in rows]


_UNANSWERED = (
    select(request.c.key, request.c.kind)
    .outerjoin(answer, answer.c.request_id == request.c.id)
    .where(answer.c.request_id.is_(None))
    .order_by(request.c.id)
)
# Opening a pharmacy writes its own event under the key of the import that is part of it, of another kind.
_EVENT = (
    audit_event.c.site_id,
    audit_event.c.request_key,
    audit_event.c.kind,
    audit_event.c.at,
    audit_event.c.actor,
)
# Set operations, since an outer join without an index on the keys of events takes minutes on SQLite.
_unrecorded = except_(
    select(request.c.site_id, request.c.key, request.c.kind, request.c.at, user.c.name).join(
        user, user.c.id == request.c.by_id
    ),
    select(*_EVENT),
).subquery()
_UNRECORDED = select(_unrecorded.c.key, _unrecorded.c.kind, literal(0).label("events"))
_REPEATED = (
    select(
        audit_event.c.request_key.label("key"), audit_event.c.kind, func.count(audit_event.c.sequence).label("events")
    )
    .where(audit_event.c.request_key != "")
    .group_by(*_EVENT)
    .having(func.count(audit_event.c.sequence) > 1)
)
# Reading a record is an event without a request.
_UNREQUESTED = (
    select(audit_event.c.sequence, audit_event.c.request_key)
    .outerjoin(request, and_(request.c.site_id == audit_event.c.site_id, request.c.key == audit_event.c.request_key))
    .where(audit_event.c.request_key != "", request.c.id.is_(None))
    .order_by(audit_event.c.site_id, audit_event.c.sequence)
)


def _requests(db: Connection) -> list[str]:
    return [
        *(f"request {row.key} ({row.kind}) has no answer" for row in first(db, _UNANSWERED)),
        *(
            f"request {row.key} ({row.kind}) has {row.events} events of its moment and person"
            for statement in (_UNRECORDED, _REPEATED)
            for row in first(db, statement)
        ),
        *(
            f"event {row.sequence} is of request {row.request_key}, which is not there"
            for row in first(db, _UNREQUESTED)
        ),
    ]


_NUMBERED = {
    "patients": patient,
    "prescribers": prescriber,
    "prescriptions": prescription,
    "receipts": receipt,
    "dispenses": dispense,
    "returns": dispense_return,
}


def _gaps(counter: str, table: Table) -> Select[Any]:
    """Sites whose numbers do not run from 1 to the head's counter; a number is there once at most."""
    counted = func.coalesce(head.c[counter], 0)
    there = func.count(table.c.number)
    return (
        select(site.c.name, counted.label("counted"), there.label("there"), func.max(table.c.number).label("last"))
        .outerjoin(head, head.c.site_id == site.c.id)
        .outerjoin(table, table.c.site_id == site.c.id)
        .group_by(site.c.id, site.c.name, head.c[counter])
        .having(
            or_(
                there != counted,
                func.coalesce(func.max(table.c.number), 0) != counted,
                func.coalesce(func.min(table.c.number), 1) != 1,
            )
        )
        .order_by(site.c.id)
    )


def _numbers(db: Connection) -> list[str]:
    return [
        f"{row.name}: {row.counted} {counter} were numbered, {row.there} are there, the last is {row.last or 'none'}"
        for counter, table in _NUMBERED.items()
        for row in first(db, _gaps(counter, table))
    ]


def _chains(db: Connection) -> list[str]:
    sites = db.execute(select(site.c.id, site.c.name).order_by(site.c.id)).all()
    verdicts = ((row.name, chain.check_database(db, row.id)) for row in sites)
    return [f"{name}: {verdict.problem}" for name, verdict in verdicts if not verdict.ok]


_STORAGE = (
    ("schema", "The schema is this program's.", _schema),
    ("append-only", "What was written cannot be changed.", guards.missing),
)
_SQLITE = (
    ("file", "The file is whole.", _file),
    ("references", "Every reference leads somewhere.", _references),
)
_TRUST = (
    ("requests", "Every request has one answer and one event.", _requests),
    ("numbers", "Document numbers have no gaps.", _numbers),
    ("recorded", "Every movement is what its event tells of.", recorded),
    ("audit", "Every audit chain is whole.", _chains),
)
