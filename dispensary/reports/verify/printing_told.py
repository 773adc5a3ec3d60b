"""Prints and the attempts to print as events tell of them, under the same names.

A dispense may print several labels under its one request, and an attempt has no request at all: their
events are found by the number of the job.
"""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Text, bindparam, cast, except_, func, literal, select, union_all

from dispensary import auditor
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.movements_told import batches
from dispensary.reports.verify.told import number_of
from dispensary.rules.numbers import Record
from dispensary.schema.people import user
from dispensary.schema.printing import Attempted, print_attempt, print_job
from dispensary.schema.trust import audit_event, request

_PRINT = "label print"
_KINDS = (_PRINT, *(f"label {state}" for state in Attempted))
_PJ = number_of(Record.PRINT_JOB, print_job.c.number)

_again = print_job.alias("again")
_JOBS = (
    select(
        _PJ.label("subject"),
        print_job.c.kind,
        print_job.c.record,
        print_job.c["copy"],
        print_job.c.design,
        print_job.c.printer,
        print_job.c.position,
        number_of(Record.PRINT_JOB, _again.c.number).label("again"),
        request.c.key.label("request"),
        print_job.c.at,
        user.c.name.label("by"),
    )
    .join(request, request.c.id == print_job.c.request_id)
    .join(user, user.c.id == print_job.c.by_id)
    .outerjoin(_again, _again.c.id == print_job.c.again_id)
    .where(print_job.c.site_id == bindparam("site"), print_job.c.number.in_(bindparam("numbers", expanding=True)))
)
_ATTEMPTS = (
    select(
        _PJ.label("subject"),
        print_attempt.c.attempt,
        print_attempt.c.state,
        print_attempt.c.problem,
        print_attempt.c.receipt,
        print_attempt.c.at,
        user.c.name.label("by"),
    )
    .join(print_job, print_job.c.id == print_attempt.c.job_id)
    .join(user, user.c.id == print_attempt.c.by_id)
    .where(print_job.c.site_id == bindparam("site"), print_job.c.number.in_(bindparam("numbers", expanding=True)))
)
_ROWS = union_all(
    select(print_job.c.site_id, _PJ.label("subject"), literal(_PRINT).label("kind"), literal(1).label("times")),
    select(
        print_job.c.site_id,
        _PJ,
        literal("label ") + cast(print_attempt.c.state, Text),
        func.count(print_attempt.c.id),
    )
    .join(print_attempt, print_attempt.c.job_id == print_job.c.id)
    .group_by(print_job.c.site_id, print_job.c.number, print_attempt.c.state),
).subquery()
# Attempts of a job are only counted here: what each of them says was compared with its event before.
_UNTOLD = except_(
    select(_ROWS.c.site_id, _ROWS.c.subject, _ROWS.c.kind, _ROWS.c.times),
    select(audit_event.c.site_id, audit_event.c.subject, audit_event.c.kind, func.count(audit_event.c.sequence))
    .where(audit_event.c.kind.in_(_KINDS))
    .group_by(audit_event.c.site_id, audit_event.c.subject, audit_event.c.kind),
)

Known = dict[tuple[object, ...], RowMapping]
"""Rows by what names them: a job by its number, an attempt by that, its own number and its state."""


def printed(db: Connection) -> list[str]:
    """Jobs and attempts that are not what their event tells of, and rows and events without the other."""
    return list(islice(chain(_differences(db), _untold(db)), SHOWN + 1))


def _differences(db: Connection) -> Iterator[str]:
    for site_id, events in batches(db, _KINDS):
        # Before there were jobs, an event of a print was of the dispense.
        of_jobs = [event for event in events if event.subject.startswith(Record.PRINT_JOB)]
        given = {"site": site_id, "numbers": [int(event.subject.removeprefix(Record.PRINT_JOB)) for event in of_jobs]}
        known: Known = {}
        for row in db.execute(_JOBS, given).mappings():
            known[(row["subject"],)] = row
        for row in db.execute(_ATTEMPTS, given).mappings():
            known[row["subject"], row["attempt"], row["state"]] = row
        for event in of_jobs:
            yield from _of_event(event, known)


def _of_event(event: Row[Any], known: Known) -> Iterator[str]:
    values = auditor.values_of(event.canonical)
    told = {**values, "at": event.at, "by": event.actor}
    name: tuple[object, ...] = (event.subject,)
    if event.kind != _PRINT:
        name = (event.subject, values["attempt"], event.kind.removeprefix("label "))
    row = known.get(name)
    if row is None:
        yield f"{event.subject}: event {event.sequence} tells of `{event.kind}`, and no record does"
        return
    for what, value in told.items():
        if row[what] != value:
            yield f"{event.subject}: event {event.sequence} tells of {what} {_shown(value)}, " + (
                f"and the record of {_shown(row[what])}"
            )


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _untold(db: Connection) -> Iterator[str]:
    for row in db.execute(_UNTOLD.limit(SHOWN + 1)):
        yield f"{row.subject}: not every `{row.kind}` in the records is told by an event"


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("print records", "Every print and every attempt to print is what its event tells of.", printed),
)
"""Name, what is so where nothing differs, and the function that looks."""
