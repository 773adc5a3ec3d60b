"""`dispensary label queue, send, cancel` and `printed`: labels that wait for their printer."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, request_key, show
from dispensary.cli.printing import rendered
from dispensary.errors import Refused
from dispensary.rules.access import Act
from dispensary.rules.printer import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.cli.send_labels import SentLabel
    from dispensary.reports.printing.queue import QueuedJob
    from dispensary.rules.people import Person
    from dispensary.services.printing.print_label import PrintJob
    from dispensary.services.printing.settle import Settled

JobArgument = Annotated[
    str | None, typer.Argument(metavar="JOB", help="Print job number. [default: every one that waits]")
]
OneJobArgument = Annotated[str, typer.Argument(metavar="JOB", help="Print job number.")]
AgainOption = Annotated[
    str | None,
    typer.Option(metavar="JOB", help="Print this one once more, as a further copy: it is not known to be printed."),
]


class OneOrTheOther(Refused):
    """A job to send and a job to print again, both at once."""

    sentence = "{job} is to be sent and {again} to be printed again: give one of them."
    job: str
    again: str


def queue(
    context: typer.Context,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Labels that wait for a printer, or were perhaps printed."""
    jobs = _queued(desk(context), Act.READ_STOCK)
    show(format, jobs, jobs, _queue_page(jobs))


def send(
    context: typer.Context,
    job: JobArgument = None,
    again: AgainOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Send what waits to its printer. Nothing is printed twice unless somebody says so."""
    from dispensary.cli.send_labels import require_sent, send_all, send_one

    at = desk(context)
    drawn = partial(rendered, at)
    if job is not None and again is not None:
        raise OneOrTheOther(job=job, again=again)
    if again is not None:
        job = _printed_again(at, again, request_key(context, key))
    left: Sequence[QueuedJob] = ()
    if job is not None:
        sent: tuple[SentLabel, ...] = (send_one(at, job, drawn),)
    else:
        waiting = [each.job for each in _queued(at, Act.LABEL_SEND) if each.state.waits]
        sent = send_all(at, waiting, drawn)
        left = [each for each in _queued(at, Act.LABEL_SEND) if each.job not in waiting]
    nothing = "No label was sent." if left else "No label was waiting."
    show(format, sent, sent, _sent_page(sent) or nothing)
    require_sent((*sent, *left))


def cancel(
    context: typer.Context,
    job: OneJobArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Take a label out of the queue. Its copy stays counted."""
    from dispensary.rules.text import clean_text
    from dispensary.services.printing.settle import Cancel
    from dispensary.services.printing.settle import cancel as service

    done = desk(context).write(service, Cancel(request_key(context, key), job, clean_text(reason, "a reason")))
    _show_settled(format, done, f"{done.job} is cancelled")


def printed(
    context: typer.Context,
    job: OneJobArgument,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Say of a label that it came out after all."""
    from dispensary.services.printing.settle import WasPrinted, was_printed

    done = desk(context).write(was_printed, WasPrinted(request_key(context, key), job))
    _show_settled(format, done, f"{done.job} was printed by {done.printer}")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("queue")(queue)
    app.command("send")(send)
    app.command("cancel")(cancel)
    app.command("printed")(printed)


def _show_settled(format: Format, done: "Settled", said: str) -> None:  # noqa: A002
    copy = f", copy {done.copy}" if done.copy > 1 else ""
    show(format, done, [done], f"{said}: {done.kind} {done.record}{copy}.")


def _queued(at: "Desk", act: Act) -> "tuple[QueuedJob, ...]":
    from dispensary.reports.printing.queue import queue

    with at.reading(act) as (db, by):
        return queue(db, by.site_id, at.on)


def _printed_again(at: "Desk", job: str, key: str) -> str:
    from dispensary import print_jobs
    from dispensary.reports.labels.reading import read_labels
    from dispensary.services.printing.send import Again, print_again

    def work(db: "Connection", order: Again, *, on: datetime, by: "Person") -> "PrintJob":
        found = print_jobs.by_number(db, by.site_id, order.job)
        labels = read_labels(db, found.kind, found.record, pharmacy=at.pharmacy, on=on, by=by)
        return print_again(db, order, patient=labels.patient, on=on, by=by)

    entered: PrintJob = at.write(work, Again(key, job))
    return entered.job


def _queue_page(jobs: "Sequence[QueuedJob]") -> str:
    from dispensary.exports.terminal import table, wrapped

    if not jobs:
        return "Every label is printed."
    heads = ("job", "label", "copy", "printer", "state", "tries", "since")
    rows = [
        (each.job, f"{each.kind} {each.record}", each.copy, each.printer, each.state, each.tries, each.since[:16])
        for each in jobs
    ]
    problems = [wrapped(f"{each.job}: {each.problem}.") for each in jobs if each.problem]
    return "\n".join(filter(None, [table(heads, rows), *problems]))


def _sent_page(sent: "Sequence[SentLabel]") -> str:
    from dispensary.exports.terminal import wrapped

    return "\n".join(
        wrapped(
            f"{each.job}: {each.printer} took it" + (f" as {each.receipt}." if each.receipt else ".")
            if each.state is JobState.SENT
            else f"{each.job}: {each.problem or 'nobody told how its sending ended'}."
        )
        for each in sent
    )
