"""Sending jobs from the books to their printers, and what became of each, in words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from dispensary.errors import Refused
from dispensary.rules.access import Act
from dispensary.rules.printer import JobState, printer_named

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.printing import Paper
    from dispensary.reports.printing.queue import QueuedJob
    from dispensary.rules.people import Person
    from dispensary.rules.printer import Printer
    from dispensary.services.printing.send import Claimed, NotToBeSent

Result = TypeVar("Result")

TRIES = 3
"""How often a printer is asked in a row to take a label that it certainly has not printed."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A label in the form that its printer takes."""

    data: bytes
    paper: "Paper"


Render = Callable[["Claimed", "Printer"], Rendered]
"""Draws the label of a job anew from the books; a refusal says why it cannot be drawn."""


@dataclass(frozen=True, slots=True)
class SentLabel:
    """What became of a job. `receipt` of the printer, or empty; `problem` is empty where it was sent."""

    job: str
    printer: str
    state: JobState
    tries: int
    receipt: str
    problem: str


class StillWaiting(Refused):
    """Labels that no printer is known to have printed (exit status 4: done, and it needs a person)."""

    exit_status = 4
    sentence = "{counted} not printed: {problem}. {way_out}."
    counted: str
    problem: str
    way_out: str


def send_all(at: "Desk", jobs: Iterable[str], render: Render) -> tuple[SentLabel, ...]:
    """Send these jobs one after the other, each by its number; one that another counter has taken is left to it."""
    sent = (_sent(at, job, render) for job in jobs)
    return tuple(each for each in sent if isinstance(each, SentLabel))


def send_one(at: "Desk", job: str, render: Render) -> SentLabel:
    """Send a job that waits, up to three times; what was sent before, or perhaps was, is told as it stands.

    Raises NotToBeSent for a job that is for no printer, was cancelled, or of which another copy is printed,
    NotANumber, NotFound, NotSettings and NotAllowed.
    """
    from dispensary import print_jobs

    sent = _sent(at, job, render)
    if isinstance(sent, SentLabel):
        return sent
    with at.reading(Act.LABEL_SEND) as (db, by):
        found = print_jobs.by_number(db, by.site_id, job)
    state = found.state_at(at.on)
    if found.printer is None or state is None or state in _OVER or found.printed_again is not None:
        raise sent
    problem = _being_sent(found.since.astimezone(at.on.tzinfo)) if state is JobState.BEING_SENT else found.problem
    return SentLabel(found.job, found.printer, state, found.tried, found.receipt or "", problem or "")


_OVER = (JobState.SUPERSEDED, JobState.CANCELLED)


def _being_sent(since: datetime) -> str:
    return f"it is being sent since {since:%H:%M}"


def _sent(at: "Desk", job: str, render: Render) -> "SentLabel | NotToBeSent":
    """What became of the job, or why it is not for this counter to send."""
    from dispensary.cli.context import pause_for_printer
    from dispensary.services.printing.send import NotToBeSent, claim

    # Settings that cannot be used are told before anything is claimed.
    printers = at.printers
    for attempt in range(TRIES):
        if attempt:
            pause_for_printer()
        try:
            claimed = _now(at, claim, job)
        except NotToBeSent as refusal:
            return refusal
        sent, again = _attempt(at, claimed, printers, render)
        if not again:
            break
    return sent


def _now(at: "Desk", service: Callable[..., Result], order: object) -> Result:
    """The service's receipt, of this moment: others judge by it whether a job is being sent still."""
    from dispensary.cli.context import now

    def work(db: "Connection", order: object, *, on: datetime, by: "Person") -> Result:
        del on
        return service(db, order, on=now(at.pharmacy.timezone), by=by)

    return at.write(work, order)


def _attempt(at: "Desk", claimed: "Claimed", printers: "tuple[Printer, ...]", render: Render) -> tuple[SentLabel, bool]:
    """One attempt, and whether another one is worth while: what cannot be drawn now cannot be in two seconds."""
    from dispensary.cli.context import line_printer
    from dispensary.printing import PrinterFailed, print_on
    from dispensary.services.printing.send import Ended, end

    receipt, problem, kept, perhaps, again = "", "", None, False, False
    try:
        printer = printer_named(printers, claimed.printer)
        label = render(claimed, printer)
        title = f"dispensary {claimed.job}"
        receipt = print_on(printer, label.data, label.paper, title=title, lp=line_printer())
    except PrinterFailed as failure:
        problem = kept = failure.problem
        perhaps = failure.perhaps
        again = not perhaps
    except Refused as refusal:
        # The sentence may name a patient, and what is kept is there for ever.
        problem, kept = str(refusal).removesuffix("."), f"it cannot be printed ({refusal.code})"
    state = _now(at, end, Ended(claimed.job, claimed.attempt, receipt, kept, perhaps))
    return SentLabel(claimed.job, claimed.printer, state, claimed.attempt, receipt, problem), again


def require_sent(labels: "Iterable[SentLabel | QueuedJob]") -> None:
    """Raises StillWaiting where one of them was not sent; it names the first problem."""
    left = [label for label in labels if label.state is not JobState.SENT]
    if not left:
        return
    many = len(left) > 1
    # What only a person can mend is told first.
    first = min(left, key=lambda label: _FIRST.index(label.state) if label.state in _FIRST else len(_FIRST))
    if first.state in _FIRST:
        way_out = _WAYS_OUT[first.state].format(job=first.job)
    else:
        way_out = (
            f"{'They wait' if many else 'It waits'} in the books; send {'them' if many else 'it'} again with "
            f"`dispensary label send`, or give {'one' if many else 'it'} up with "
            f"`dispensary label cancel {first.job} --reason TEXT`"
        )
    raise StillWaiting(
        counted=f"{len(left)} labels are" if many else f"{first.job} is",
        problem=(f"{first.job}: " if many else "") + (first.problem or "nobody told how its sending ended"),
        way_out=way_out,
    )


_FIRST = (JobState.UNKNOWN, JobState.SUPERSEDED, JobState.BEING_SENT)
_WAYS_OUT = {
    JobState.UNKNOWN: "{job} may have been printed; if it was not, run `dispensary label send --again {job}`, "
    "and if it was, `dispensary label printed {job}`",
    JobState.SUPERSEDED: "Give {job} up with `dispensary label cancel {job} --reason TEXT`",
    JobState.BEING_SENT: "Wait two minutes, and look at `dispensary label queue`",
}
