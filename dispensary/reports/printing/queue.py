"""What waits for a printer, failed, or may have been printed or not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import print_jobs
from dispensary.print_jobs import Standing
from dispensary.rules.moments import to_the_second
from dispensary.rules.printer import JobState


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that no printer is known to have taken.

    `copy` is 1 for a first print; `newer` is the job by which a later copy was printed, or empty. `tries` so far.
    `problem` of the last one, or empty. `since` the last news of it, ISO 8601 with the offset of the pharmacy's
    zone. `by` who had it printed.
    """

    job: str
    kind: str
    record: str
    copy: int
    printer: str
    design: str
    state: JobState
    tries: int
    problem: str
    since: str
    by: str
    newer: str


def queue(db: Connection, site_id: int, on: datetime) -> tuple[QueuedJob, ...]:
    """The jobs of the site in the order in which they were entered."""
    return tuple(
        QueuedJob(
            job=found.job,
            kind=found.kind,
            record=found.record,
            copy=found.copy,
            printer=found.printer,
            design=found.design,
            state=state,
            tries=found.tried,
            problem=_problem(found, state, on),
            since=to_the_second(found.since.astimezone(on.tzinfo)),
            by=found.by,
            newer=found.newer or "",
        )
        for found in print_jobs.unfinished(db, site_id)
        if found.printer is not None and (state := found.state_at(on)) is not None
    )


def _problem(job: Standing, state: JobState, on: datetime) -> str:
    if state is JobState.BEING_SENT:
        return f"it is being sent since {job.since.astimezone(on.tzinfo):%H:%M}"
    if state is JobState.SUPERSEDED:
        return f"{job.newer}, a newer copy of the label, is printed"
    return job.problem or ""
