"""Labels that were printed or wait for their printer, and every attempt to print them. No text of a label is kept."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from dispensary.schema.base import Id, Instant, choice, metadata
from dispensary.schema.people import site, user
from dispensary.schema.trust import request


class Attempted(StrEnum):
    """What became of an attempt, or what a person said of the job.

    `sending` alone is that of an attempt which was never told to have ended.
    """

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """Nothing was printed."""
    UNKNOWN = "unknown"
    """Something may have been printed."""
    PRINTED = "printed"
    """A person has seen that it was printed."""
    CANCELLED = "cancelled"
    """A person does not want it any more."""


print_job = Table(
    "print_job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("request_id", Id, ForeignKey(request.c.id), nullable=False, index=True),
    # What is printed of which document: a dispense label of D12, a shelf label of a product's code.
    Column("kind", Text, nullable=False),
    Column("record", Text, nullable=False),
    # 1 for the first print of that kind and record; a later one says on paper which it is.
    Column("copy", Integer, nullable=False),
    Column("design", Text, nullable=False),
    # By its name in the settings; nothing where it went into a file.
    Column("printer", Text),
    # The label of a sheet that is printed first, from 1; nothing on a roll.
    Column("position", Integer),
    # The job of which nobody knew whether it was printed, and that this one prints again.
    Column("again_id", Id, ForeignKey("print_job.id"), unique=True),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "number"),
    UniqueConstraint("site_id", "kind", "record", "copy"),
    CheckConstraint("copy > 0", name="copy"),
    CheckConstraint("position > 0", name="position"),
    CheckConstraint("again_id IS NULL OR printer IS NOT NULL", name="again"),
)

# `sending` is written before anything goes to the printer: who cannot write it does not send.
print_attempt = Table(
    "print_attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey(print_job.c.id), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", choice(Attempted, "state"), nullable=False),
    # What was wrong, or for which reason it was cancelled.
    Column("problem", Text),
    # What the printer called it, such as a job number of CUPS.
    Column("receipt", Text),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("job_id", "attempt", "state"),
    CheckConstraint("attempt > 0", name="attempt"),
    CheckConstraint("(problem IS NOT NULL) = (state IN ('failed', 'unknown', 'cancelled'))", name="problem"),
    CheckConstraint("(receipt IS NOT NULL) = (state = 'sent')", name="receipt"),
)
