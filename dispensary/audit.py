"""The only writer of the audit chain: one event a write, each bound to the one before it.

The format, which `auditor.py` reads without sharing a line with this file:

- An event is a list of text fields: the format's name, the origin of the site's chain, the
  sequence (from 1, without gaps), the hash of the event before it (64 zeros at the start), the
  moment in UTC, the moment by the counter's clock, the acting person, the kind, the subject, the
  patient's commitment (or nothing), the request key, and the values as JSON with sorted keys.
- Its canonical text writes each field as a netstring: its length in bytes of UTF-8, a colon, the
  field, a comma. Joining without lengths would make lot A1 quantity 12 equal lot A11 quantity 2.
- Its hash is the SHA-256, in lower-case hexadecimal, of the byte 0x00 and the canonical text in
  UTF-8.

Patients appear only as HMAC-SHA256 under a key of their own, so that erasing the key erases the
person and leaves the chain whole.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from dispensary.rules.canonical import canonical_json
from dispensary.rules.clock import mark
from dispensary.rules.moments import utc_exactly
from dispensary.rules.people import Person
from dispensary.schema.people import site
from dispensary.schema.trust import audit_event, head

FORMAT = "dispensary audit 1"
START = "0" * 64

_ADVANCE = (
    update(head)
    .where(head.c.site_id == bindparam("site"))
    .values(hash=bindparam("new_hash"), at=bindparam("mark", type_=head.c.at.type))
)
_APPEND = insert(audit_event).inline()


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an event stands in the chain."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """What happened. `values` holds old and new values, reasons and everything else worth knowing."""

    kind: str
    subject: str
    key: str
    values: Mapping[str, object]
    patient: str = ""


def commitment(audit_key: bytes, number: int) -> str:
    """What stands in the chain for a patient: nobody without the patient's key can tell whose it is."""
    return hmac.new(audit_key, f"patient {number}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a site's chain, taken for one more event; `number` is the document number counted with it.

    `at` is the latest moment of its entries, before the first of them None.
    """

    origin: str
    sequence: int
    previous: str
    number: int
    at: datetime | None


@cache
def _taking(counter: str) -> ReturningUpdate[Any]:
    counted = head.c[counter]
    values = {head.c.sequence: head.c.sequence + 1}
    if counted is not head.c.sequence:
        values[counted] = counted + 1
    origin = select(site.c.origin).where(site.c.id == head.c.site_id).scalar_subquery()
    return (
        update(head)
        .where(head.c.site_id == bindparam("site"))
        .values(values)
        .returning(head.c.sequence, head.c.hash, counted.label("number"), head.c.at, origin.label("origin"))
    )


def take(db: Connection, site_id: int, counter: str = "sequence") -> Head:
    """The head of the site, locked until the transaction ends, with the next number of the counter, from 1.

    Every other counter waits from here on: call it after all other locks are held, and record one
    event on it.
    """
    row = db.execute(_taking(counter), {"site": site_id}).one()
    return Head(row.origin, row.sequence, row.hash, row.number, row.at)


def record(db: Connection, last: Head, event: Event, *, on: datetime, by: Person) -> Entry:
    """Append the event to the chain of the person's site, on the head that was taken for it; raises ClockBehind."""
    marked = mark(last.at, event.kind, on)
    values = canonical_json(event.values)
    canonical = _netstrings(
        FORMAT,
        last.origin,
        str(last.sequence),
        last.previous,
        utc_exactly(on),
        on.isoformat(timespec="microseconds"),
        by.name,
        event.kind,
        event.subject,
        event.patient,
        event.key,
        values,
    )
    digest = hashlib.sha256(b"\x00" + canonical.encode()).hexdigest()
    row = {
        "site_id": by.site_id,
        "sequence": last.sequence,
        "at": on,
        "actor": by.name,
        "kind": event.kind,
        "subject": event.subject,
        "patient": event.patient,
        "request_key": event.key,
        "canonical": canonical,
        "hash": digest,
    }
    db.execute(_APPEND, row)
    db.execute(_ADVANCE, {"site": by.site_id, "new_hash": digest, "mark": marked})
    return Entry(last.sequence, digest)


def _netstrings(*fields: str) -> str:
    return "".join(f"{len(field.encode())}:{field}," for field in fields)
