"""The events of the audit as people read them, the newest last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection, bindparam, select

from dispensary import auditor
from dispensary.reports.audit.wanted import Row, Wanted, selection
from dispensary.reports.chain import BATCH, head_of
from dispensary.reports.disclosed import Disclosed
from dispensary.rules.moments import on_both_clocks, utc_exactly
from dispensary.rules.numbers import Record, parse_number
from dispensary.schema.trust import audit_event


@dataclass(frozen=True, slots=True)
class LogRow:
    """An event: in UTC and by the pharmacy's clock; the patient as the chain has it, a commitment or nothing."""

    sequence: int
    at: str
    local: str
    user: str
    kind: str
    subject: str
    patient: str
    key: str
    values: Mapping[str, object]
    hash: str


_BEFORE = (
    select(*(audit_event.c[column] for column in auditor.COLUMNS))
    .where(audit_event.c.site_id == bindparam("site"), audit_event.c.sequence < bindparam("before"))
    .order_by(audit_event.c.sequence.desc())
    .limit(BATCH)
)


def log(db: Connection, site_id: int, wanted: Wanted, limit: int, on: datetime) -> Disclosed[tuple[LogRow, ...]]:
    """The last `limit` of the wanted events, in the order of the chain.

    It names no patient, but for the one who was asked for. Raises NotAPeriod, NotANumber and NotFound.
    """
    chosen = selection(db, site_id, wanted, on)
    found: list[LogRow] = []
    for event in _backwards(db, site_id, chosen.after):
        if len(found) == limit:
            break
        if chosen.takes(event):
            found.append(_row(event, on.tzinfo))
    return Disclosed(tuple(reversed(found)), readers_patients(wanted))


def readers_patients(wanted: Wanted) -> frozenset[int]:
    """The patient whose number was given: whoever is shown that patient's events has read of the patient."""
    return frozenset() if wanted.patient is None else frozenset({parse_number(Record.PATIENT, wanted.patient)})


def _backwards(db: Connection, site_id: int, after: int) -> Iterator[Row]:
    before = head_of(db, site_id).sequence + 1
    while before > after + 1:
        rows = db.execute(_BEFORE, {"site": site_id, "before": before}).mappings().all()
        for row in rows:
            if row["sequence"] <= after:
                return
            yield {**row, "at": utc_exactly(row["at"])}
        before = rows[-1]["sequence"] if rows else 0


def _row(event: Row, zone: tzinfo | None) -> LogRow:
    at, local = on_both_clocks(datetime.fromisoformat(str(event["at"])), zone)
    return LogRow(
        sequence=int(str(event["sequence"])),
        at=at,
        local=local,
        user=str(event["actor"]),
        kind=str(event["kind"]),
        subject=str(event["subject"]),
        patient=str(event["patient"]),
        key=str(event["request_key"]),
        values=auditor.values_of(str(event["canonical"])),
        hash=str(event["hash"]),
    )
