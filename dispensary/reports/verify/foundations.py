"""The file, the schema, the requests, the document numbers and the audit chains: what every record rests on."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, except_, func, literal, or_, select, text

from dispensary import database
from dispensary.reports import chain
from dispensary.reports.verify import guards
from dispensary.reports.verify.differences import SHOWN, first
from dispensary.rules.access import Act
from dispensary.rules.clock import SIGNING_IN
from dispensary.schema.compounding import batch
from dispensary.schema.counting import stock_count
from dispensary.schema.people import patient, prescriber, site, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.printing import print_job
from dispensary.schema.recalls import recall
from dispensary.schema.stock import receipt, stock_act
from dispensary.schema.trust import answer, audit_event, head, request
from dispensary.schema.vials import draw, vial


def _schema(db: Connection) -> list[str]:
    found = [str(version) for version in db.execute(text("SELECT version_num FROM alembic_version")).scalars()]
    return [] if found == [database.SCHEMA] else [f"schema {', '.join(found)} and not {database.SCHEMA}"]


def _file(db: Connection) -> list[str]:
    found = db.exec_driver_sql(f"PRAGMA integrity_check({SHOWN + 1})").scalars().all()
    return [] if found == ["ok"] else [str(problem) for problem in found]


def _references(db: Connection) -> list[str]:
    rows = db.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(SHOWN + 1)
    return [f"row {row[1]} of {row[0]} names a row of {row[2]} that is not there" for row in rows]


Checks = tuple[tuple[str, str, Callable[[Connection], list[str]]], ...]

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
    "vials": vial,
    "draws": draw,
    "stock_acts": stock_act,
    "counts": stock_count,
    "recalls": recall,
    "batches": batch,
    "prints": print_job,
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
    found = ((row.name, chain.check_database(db, row.id).problem or _mark(db, row.id)) for row in sites)
    return [f"{name}: {problem}" for name, problem in found if problem]


_ENTERED = select(func.max(audit_event.c.at)).where(audit_event.c.site_id == bindparam("site"))
_CLOCKS = select(func.max(audit_event.c.sequence)).where(
    audit_event.c.site_id == bindparam("site"), audit_event.c.kind == Act.AUDIT_CLOCK.value
)
_MARKS = _ENTERED.where(
    audit_event.c.sequence >= func.coalesce(_CLOCKS.scalar_subquery(), 1), audit_event.c.kind.not_in(SIGNING_IN)
)
_MARK = select(head.c.at).where(head.c.site_id == bindparam("site"))


def _mark(db: Connection, site_id: int) -> str:
    """What is wrong with the latest moment of the site's entries, which keeps a clock from going back.

    Schema 0006 took it of every event that it found, also of logins, which move it no more.
    """
    kept, least, most = (db.execute(query, {"site": site_id}).scalar() for query in (_MARK, _MARKS, _ENTERED))
    if kept == least or (kept is not None and (least is None or least < kept) and kept <= most):
        return ""
    return "The head's latest moment is not that of its entries."


STORAGE: Checks = (
    ("schema", "The schema is this program's.", _schema),
    ("append-only", "What was written cannot be changed.", guards.missing),
)
SQLITE: Checks = (
    ("file", "The file is whole.", _file),
    ("references", "Every reference leads somewhere.", _references),
)
TRUST: Checks = (
    ("requests", "Every request has one answer and one event.", _requests),
    ("numbers", "Document numbers have no gaps.", _numbers),
    ("audit", "Every audit chain is whole.", _chains),
)
