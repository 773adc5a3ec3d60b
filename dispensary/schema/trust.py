"""Requests and their answers, the head of each site's audit chain, and the events."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from dispensary.schema.base import Id, Instant, metadata
from dispensary.schema.people import site, user

request = Table(
    "request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey(site.c.id), nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    # SHA-256 of what was asked: the same key with other content is refused.
    Column("content", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by_id", Id, ForeignKey(user.c.id), nullable=False),
    UniqueConstraint("site_id", "key"),
)

answer = Table(
    "answer",
    metadata,
    Column("request_id", Id, ForeignKey(request.c.id), primary_key=True),
    # The receipt as JSON: the same key is answered with the same words.
    Column("receipt", Text, nullable=False),
)

LATER_COUNTERS = ("vials", "draws", "stock_acts", "counts", "recalls", "batches", "prints")
"""Those that the first schema had not: rows of the time before start at 0."""

head = Table(
    "head",
    metadata,
    Column("site_id", Id, ForeignKey(site.c.id), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    Column("patients", Integer, nullable=False),
    Column("prescribers", Integer, nullable=False),
    Column("prescriptions", Integer, nullable=False),
    Column("receipts", Integer, nullable=False),
    Column("dispenses", Integer, nullable=False),
    Column("returns", Integer, nullable=False),
    *(Column(counter, Integer, nullable=False, server_default=text("0")) for counter in LATER_COUNTERS),
    # The latest moment of an event, those of signing in left out; before the first there is none.
    Column("at", Instant, nullable=True),
    CheckConstraint("sequence >= 0", name="sequence"),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("site_id", Id, ForeignKey(site.c.id), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # A keyed commitment to the patient concerned, or empty.
    Column("patient", Text, nullable=False),
    Column("request_key", Text, nullable=False),
    # The very text that was hashed; the columns above are checked against it.
    Column("canonical", Text, nullable=False),
    Column("hash", Text, nullable=False),
)
Index("ix_audit_event_at", audit_event.c.site_id, audit_event.c.at)
