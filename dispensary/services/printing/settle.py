"""What a person says of a job for a printer: that it is not wanted any more, or that it was printed after all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import print_jobs, request
from dispensary.rules.people import Person
from dispensary.rules.printer import JobState
from dispensary.schema.printing import Attempted
from dispensary.services.printing.send import NotToBeSent, append, how_it_stands


@dataclass(frozen=True, slots=True)
class Cancel:
    """Never print a job that waits, or of which nobody knows whether it was printed."""

    key: str
    job: str
    reason: str


@dataclass(frozen=True, slots=True)
class WasPrinted:
    """A job of which nobody knew whether it was printed was."""

    key: str
    job: str


@dataclass(frozen=True, slots=True)
class Settled:
    """The receipt: the job, of which label, and how it stands from now on. Its copy is counted, whatever it is."""

    job: str
    kind: str
    record: str
    copy: int
    printer: str
    state: JobState


_CANCELLED = frozenset({JobState.WAITING, JobState.FAILED, JobState.SUPERSEDED, JobState.UNKNOWN})


def cancel(db: Connection, order: Cancel, *, on: datetime, by: Person) -> Settled:
    """Cancel a job; raises NotANumber, NotFound, NotToBeSent, KeyReused and NotAllowed."""
    claimed = request.claim(db, "label cancelled", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Settled)
    return _settled(db, claimed, order, Attempted.CANCELLED, order.reason, on=on, by=by)


def was_printed(db: Connection, order: WasPrinted, *, on: datetime, by: Person) -> Settled:
    """Enter that a job was printed; raises NotANumber, NotFound, NotToBeSent, KeyReused and NotAllowed."""
    claimed = request.claim(db, "label printed", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Settled)
    return _settled(db, claimed, order, Attempted.PRINTED, None, on=on, by=by)


def _settled(
    db: Connection,
    request_id: int,
    order: Cancel | WasPrinted,
    said: Attempted,
    reason: str | None,
    *,
    on: datetime,
    by: Person,
) -> Settled:
    found = print_jobs.by_number(db, by.site_id, order.job, lock=True)
    settles = _CANCELLED if said is Attempted.CANCELLED else {JobState.UNKNOWN}
    if found.state_at(on) not in settles or found.printed_again is not None:
        raise NotToBeSent(job=found.job, why=how_it_stands(found, on), act=f"{said} now")
    assert found.printer is not None, "what has a state is for a printer"
    # Who sent it, and comes back to tell how that ended, finds the attempt ended.
    append(db, found, found.next_attempt, said, reason, key=order.key, on=on, by=by)
    state = JobState.CANCELLED if said is Attempted.CANCELLED else JobState.SENT
    settled = Settled(found.job, found.kind, found.record, found.copy, found.printer, state)
    request.keep(db, request_id, settled)
    return settled
