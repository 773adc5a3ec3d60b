"""Sending a job to its printer: claimed first, ended after, each in a short transaction of its own.

Nothing is open while bytes go out. Who cannot enter `sending` does not send, so that two counters never
send one job at once. A process that dies meanwhile leaves `sending`, which says that nobody knows whether
the label was printed: only a person has it printed again, as a copy that says so, or says that it was printed
or is not wanted (settle.py).

An attempt carries no request key: it is the job, its number and its state, which are there once.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from dispensary import audit, print_jobs, request
from dispensary.audit import Event
from dispensary.errors import Refused
from dispensary.print_jobs import Standing
from dispensary.rules.access import Act, require
from dispensary.rules.people import Person
from dispensary.rules.printer import JobState
from dispensary.schema.printing import Attempted, print_attempt
from dispensary.services.printing.print_label import Print, PrintJob, write


class NotToBeSent(Refused):
    """What is asked about a job, and how it stands, do not go together."""

    sentence = "{job} is not {act}: {why}."
    job: str
    why: str
    act: str = "sent"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that nobody else sends now; `attempt` counts from 1. Its label is rendered from the books."""

    job: str
    kind: str
    record: str
    copy: int
    design: str
    printer: str
    position: int | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How the attempt ended: with the printer's receipt, or with a problem.

    `perhaps` where something may have been printed in spite of the problem. The problem is kept in the
    audit chain, so it names no patient.
    """

    job: str
    attempt: int
    receipt: str = ""
    problem: str | None = None
    perhaps: bool = False

    @property
    def state(self) -> Attempted:
        """What the books say of it."""
        if self.problem is None:
            return Attempted.SENT
        return Attempted.UNKNOWN if self.perhaps else Attempted.FAILED


@dataclass(frozen=True, slots=True)
class Again:
    """Print a job again of which nobody knows whether it was printed."""

    key: str
    job: str


_INSERT = insert(print_attempt).inline()


def claim(db: Connection, job: str, *, on: datetime, by: Person) -> Claimed:
    """Take a job that waits, to send it now; raises NotANumber, NotFound, NotToBeSent and NotAllowed."""
    require(by, Act.LABEL_SEND)
    found = print_jobs.by_number(db, by.site_id, job, lock=True)
    if found.state is None or not found.state.waits:
        raise NotToBeSent(job=found.job, why=how_it_stands(found, on))
    assert found.printer is not None, "what waits is for a printer"
    attempt = found.tried + 1
    append(db, found, attempt, Attempted.SENDING, on=on, by=by)
    return Claimed(
        found.job, found.kind, found.record, found.copy, found.design, found.printer, found.position, attempt
    )


def end(db: Connection, ended: Ended, *, on: datetime, by: Person) -> JobState:
    """Enter how a claimed attempt ended; raises NotToBeSent where it has ended already, and NotAllowed."""
    require(by, Act.LABEL_SEND)
    found = print_jobs.by_number(db, by.site_id, ended.job, lock=True)
    if not found.begun or found.tried != ended.attempt:
        raise NotToBeSent(job=found.job, why=f"attempt {ended.attempt} has ended already")
    receipt = ended.receipt if ended.problem is None else None
    append(db, found, ended.attempt, ended.state, ended.problem, receipt, on=on, by=by)
    return JobState(ended.state)


def print_again(db: Connection, order: Again, *, patient: str = "", on: datetime, by: Person) -> PrintJob:
    """Enter a new job, a further copy, in place of one of which nobody knows whether it was printed.

    Raises NotANumber, NotFound, NotToBeSent, KeyReused and NotAllowed.
    """
    claimed = request.claim(db, "label print", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, PrintJob)
    found = print_jobs.by_number(db, by.site_id, order.job, lock=True)
    if found.state_at(on) is not JobState.UNKNOWN or found.printed_again is not None:
        raise NotToBeSent(job=found.job, why=how_it_stands(found, on), act="printed again")
    what = Print(order.key, found.kind, found.record, found.design, found.printer, found.position)
    job = write(
        db,
        what,
        request_id=claimed,
        key=order.key,
        patient=patient,
        on=on,
        by=by,
        again=(found.id, found.job),
    )
    request.keep(db, claimed, job)
    return job


def append(
    db: Connection,
    job: Standing,
    attempt: int,
    state: Attempted,
    problem: str | None = None,
    receipt: str | None = None,
    *,
    key: str = "",
    on: datetime,
    by: Person,
) -> None:
    """What became of the job, with the event that tells of it, under the key where it was a request."""
    told = {"attempt": attempt, "problem": problem, "receipt": receipt}
    db.execute(_INSERT, {"job_id": job.id, "state": state, "at": on, "by_id": by.user_id, **told})
    audit.record(db, audit.take(db, by.site_id), Event(f"label {state}", job.job, key, told), on=on, by=by)


def how_it_stands(job: Standing, on: datetime) -> str:
    """Why the job is not what is asked of it, and what may be done."""
    if job.printed_again is not None:
        return f"it is printed again as {job.printed_again}"
    state = job.state_at(on)
    assert state is not None or job.printer is None
    return _STANDS[state].format(
        printer=job.printer,
        job=job.job,
        reason=job.problem,
        newer=job.newer,
        since=f"{job.since.astimezone(on.tzinfo):%H:%M}",
    )


_COPY = "print the label once more, which counts as a copy"
_STANDS = {
    None: "it went into a file, which can be printed or written again",
    JobState.WAITING: "it waits still, and is sent with `dispensary label send`",
    JobState.FAILED: "it waits still, and is sent with `dispensary label send`",
    JobState.SUPERSEDED: "{newer}, a newer copy of the label, is printed; "
    "run `dispensary label cancel {job} --reason TEXT`",
    JobState.BEING_SENT: "it is being sent since {since}; wait two minutes, and look at `dispensary label queue`",
    JobState.UNKNOWN: "it is not known whether it was printed; look at {printer}, and run "
    "`dispensary label send --again {job}` if it was not, or `dispensary label printed {job}` if it was",
    JobState.SENT: f"{{printer}} took it already; {_COPY}",
    JobState.CANCELLED: f"it was cancelled ({{reason}}); {_COPY}",
}
