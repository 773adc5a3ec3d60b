"""Jobs for a printer as they stand: what is to be printed, how often it was tried, what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, not_, or_, select

from dispensary import database
from dispensary.lookup import no_such
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.printer import SENDING_TAKES, JobState
from dispensary.schema.people import user
from dispensary.schema.printing import Attempted, print_attempt, print_job


@dataclass(frozen=True, slots=True)
class Standing:
    """A job, and what became of it.

    `state` is None where it went into a file, and UNKNOWN as soon as its sending has `begun`: see state_at.
    `tried` is the number of the last attempt, 0 before the first; `problem` what was wrong with it, or why it
    was cancelled; `receipt` what the printer called it, if anything; `since` the moment of the last news.
    `printed_again` is the job that prints it again, `newer` one by which a later copy of the same label was printed.
    """

    id: int
    job: str
    kind: str
    record: str
    copy: int
    design: str
    printer: str | None
    position: int | None
    by: str
    state: JobState | None
    begun: bool
    tried: int
    problem: str | None
    receipt: str | None
    since: datetime
    printed_again: str | None
    newer: str | None

    def state_at(self, on: datetime) -> JobState | None:
        """The state at the moment: what was begun a short while ago is being sent."""
        # A counter whose clock is ahead has begun it in the future.
        if self.begun and abs(on - self.since) < SENDING_TAKES:
            return JobState.BEING_SENT
        return self.state

    @property
    def next_attempt(self) -> int:
        """The number of what comes next: the end of what was begun, or an attempt of its own."""
        return self.tried if self.begun else self.tried + 1


_STATES = {
    None: JobState.WAITING,
    Attempted.SENDING: JobState.UNKNOWN,
    Attempted.UNKNOWN: JobState.UNKNOWN,
    Attempted.FAILED: JobState.FAILED,
    Attempted.SENT: JobState.SENT,
    Attempted.PRINTED: JobState.SENT,
    Attempted.CANCELLED: JobState.CANCELLED,
}
_PRINTED = (Attempted.SENT, Attempted.PRINTED)

_later = print_job.alias("later")
_last = print_attempt.alias("last")
_NEWEST = select(func.max(_last.c.id)).where(_last.c.job_id == print_job.c.id).scalar_subquery()
_newer = print_job.alias("newer")
_of_newer = print_attempt.alias("of_newer")
_NEWER = (
    select(func.max(_newer.c.number))
    .where(
        _newer.c.site_id == print_job.c.site_id,
        _newer.c.kind == print_job.c.kind,
        _newer.c.record == print_job.c.record,
        _newer.c["copy"] > print_job.c["copy"],
        or_(
            _newer.c.printer.is_(None),
            exists().where(_of_newer.c.job_id == _newer.c.id, _of_newer.c.state.in_(_PRINTED)),
        ),
    )
    .scalar_subquery()
)
_JOBS = (
    select(
        print_job.c.id,
        print_job.c.number,
        print_job.c.kind,
        print_job.c.record,
        print_job.c["copy"].label("copy_number"),
        print_job.c.design,
        print_job.c.printer,
        print_job.c.position,
        user.c.name.label("by"),
        print_attempt.c.state,
        print_attempt.c.attempt,
        print_attempt.c.problem,
        print_attempt.c.receipt,
        func.coalesce(print_attempt.c.at, print_job.c.at, type_=print_job.c.at.type).label("since"),
        _later.c.number.label("printed_again"),
        _NEWER.label("newer"),
    )
    .join(user, user.c.id == print_job.c.by_id)
    .outerjoin(print_attempt, and_(print_attempt.c.job_id == print_job.c.id, print_attempt.c.id == _NEWEST))
    .outerjoin(_later, _later.c.again_id == print_job.c.id)
    .order_by(print_job.c.number)
)
_OPEN = _JOBS.where(
    print_job.c.printer.is_not(None),
    _later.c.id.is_(None),
    not_(exists().where(_last.c.job_id == print_job.c.id, _last.c.state.in_((*_PRINTED, Attempted.CANCELLED)))),
)


def unfinished(db: Connection, site_id: int) -> tuple[Standing, ...]:
    """The jobs that no printer is known to have taken, that are not printed again nor cancelled, by number."""
    return _standings(db, _OPEN.where(print_job.c.site_id == site_id))


def by_number(db: Connection, site_id: int, given: str, *, lock: bool = False) -> Standing:
    """The job of this number (PJ12); raises NotANumber and NotFound.

    With `lock`, others who want to lock it wait until the transaction ends. It is a statement of its own, since
    one that waits in PostgreSQL goes on with what it saw before.
    """
    number = parse_number(Record.PRINT_JOB, given)
    if lock:
        database.hold(db, "print job", site_id, number)
    for found in _standings(db, _JOBS.where(print_job.c.site_id == site_id, print_job.c.number == number)):
        return found
    raise no_such(Record.PRINT_JOB, number)


def _standings(db: Connection, statement: Select[Any]) -> tuple[Standing, ...]:
    return tuple(_standing(row) for row in db.execute(statement))


def _state(row: Any) -> JobState | None:
    if row.printer is None:
        return None
    state = _STATES[row.state]
    return JobState.SUPERSEDED if state.waits and row.newer is not None else state


def _standing(row: Any) -> Standing:
    return Standing(
        id=row.id,
        job=Record.PRINT_JOB.number(row.number),
        kind=row.kind,
        record=row.record,
        copy=row.copy_number,
        design=row.design,
        printer=row.printer,
        position=row.position,
        by=row.by,
        state=_state(row),
        begun=row.state is Attempted.SENDING,
        tried=row.attempt or 0,
        problem=row.problem,
        receipt=row.receipt,
        since=row.since,
        printed_again=None if row.printed_again is None else Record.PRINT_JOB.number(row.printed_again),
        newer=None if row.newer is None else Record.PRINT_JOB.number(row.newer),
    )
