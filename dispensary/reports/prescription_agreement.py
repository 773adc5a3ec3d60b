"""What the audit chain tells of prescriptions, against their rows: who changes a row meets the chain.

What an event does not hold is not compared, but for the columns that came after the first schema,
which its rows leave empty.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from itertools import chain, islice
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Row, RowMapping, Select, bindparam, except_, or_, select

from dispensary import audit, auditor
from dispensary.reports.chain_agreement import batches
from dispensary.reports.prescription_rows import ACTS, ADDED, CHECKS, FILLS, UNMET, Told
from dispensary.reports.reconcile import SHOWN, first
from dispensary.rules.numbers import Record
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, hand_over_check
from dispensary.schema.trust import audit_event, request

_UNSAID = ("patient", "reason")
"""What a message does not repeat."""

_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_completed = dispense.alias("completed")
_ASTRAY = (
    select(dispense.c.number, _completed.c.number.label("completes"))
    .select_from(dispense)
    .join(_completed, _completed.c.id == dispense.c.completes_id)
    .where(
        or_(
            _completed.c.prescription_id != dispense.c.prescription_id,
            _completed.c.number >= dispense.c.number,
            _completed.c.completes_id.is_not(None),
        )
    )
    .order_by(dispense.c.id)
)
_ALONE = (
    select(dispense.c.number, user.c.name)
    .join(hand_over_check, hand_over_check.c.dispense_id == dispense.c.id)
    .join(user, user.c.id == hand_over_check.c.by_id)
    .where(hand_over_check.c.by_id == dispense.c.by_id)
    .order_by(dispense.c.id)
)


def _agrees(rows: Told, db: Connection) -> list[str]:
    """Rows that are not what their event tells of, events without a row and rows without an event."""
    return list(islice(chain(_differences(db, rows), _untold(db, rows)), SHOWN + 1))


def _fills(db: Connection) -> list[str]:
    astray = [
        f"{Record.DISPENSE.number(row.number)} completes {Record.DISPENSE.number(row.completes)}, "
        "which did not begin that fill of its prescription before"
        for row in first(db, _ASTRAY)
    ]
    return _agrees(FILLS, db) + astray


def _checks(db: Connection) -> list[str]:
    alone = [
        f"{Record.DISPENSE.number(row.number)} was checked by {row.name}, who dispensed it" for row in first(db, _ALONE)
    ]
    return _agrees(CHECKS, db) + alone


def _differences(db: Connection, rows: Told) -> Iterator[str]:
    for site_id, events in batches(db, rows.kinds):
        of_batch = {"site": site_id, "keys": [event.request_key for event in events]}
        kept = {row["key"]: row for row in _of_requests(db, rows.rows, of_batch).mappings()}
        parts: dict[str, list[Row[Any]]] = {}
        if rows.parts is not None:
            for part in _of_requests(db, rows.parts.rows, of_batch):
                parts.setdefault(part.key, []).append(part)
        for event in events:
            row = kept.get(event.request_key)
            if row is None:
                yield f"{event.subject}: event {event.sequence} tells of `{event.kind}`, and no record does"
            else:
                yield from _of_event(rows, event, row, parts.get(event.request_key, []))


def _of_requests(db: Connection, rows: Select[Any], of_batch: Mapping[str, object]) -> CursorResult[Any]:
    return db.execute(rows.where(request.c.site_id == bindparam("site"), request.c.key.in_(_KEYS)), of_batch)


def _of_event(rows: Told, event: Row[Any], row: RowMapping, parts: list[Row[Any]]) -> Iterator[str]:
    """In what the row differs from its event."""
    values = auditor.values_of(event.canonical)
    told = {
        **rows.before,
        **values,
        "subject": event.subject,
        "patient": event.patient,
        "at": event.at,
        "by": event.actor,
        "act": event.kind,
    }
    for name, value in _named(row).items():
        if name not in told or told[name] == value:
            continue
        if name in _UNSAID:
            yield f"{event.subject}: event {event.sequence} tells of another {name} than the record"
        else:
            yield (
                f"{event.subject}: event {event.sequence} tells of {name.replace('_', ' ')} {_shown(told[name])}, "
                f"and the record of {_shown(value)}"
            )
    if rows.parts is not None:
        listed, kept = rows.parts.told(values, parts), Counter(map(rows.parts.kept, parts))
        if listed != kept:
            part = min(str(each[0]) for each in (listed - kept) + (kept - listed))
            yield f"{event.subject}: event {event.sequence} and the record differ in the {rows.parts.what} {part}"


def _named(row: RowMapping) -> dict[str, object]:
    """What the row holds, as its event would write it."""
    named: dict[str, Any] = {name: value for name, value in row.items() if name != "key"}
    if "audit_key" in named:
        named["patient"] = audit.commitment(named.pop("audit_key"), named.pop("number"))
    return {
        name: value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
        for name, value in named.items()
    }


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _untold(db: Connection, rows: Told) -> Iterator[str]:
    """Rows of which no event tells."""
    # A set operation, since an outer join without an index on the keys of events takes minutes on SQLite.
    without = except_(
        select(request.c.site_id, request.c.key, rows.kind)
        .select_from(rows.table)
        .join(request, request.c.id == rows.table.c.request_id),
        select(audit_event.c.site_id, audit_event.c.request_key, audit_event.c.kind).where(
            audit_event.c.kind.in_(rows.kinds)
        ),
    )
    for site_id, key, _ in db.execute(without.limit(SHOWN + 1)).all():
        for row in _of_requests(db, rows.rows, {"site": site_id, "keys": [key]}):
            yield f"{row.subject}: no event of request {key} tells of this {rows.table.name.replace('_', ' ')}"


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("prescriptions", "Every prescription is what its event tells of.", partial(_agrees, ADDED)),
    ("acts", "Every hold, release, cancellation and transfer is what its event tells of.", partial(_agrees, ACTS)),
    ("fills", "Every fill and its findings are what its event tells of.", _fills),
    ("checks", "Every check of a fill and its packs are what its event tells of.", _checks),
    ("unmet", "All unmet demand is what its event tells of.", partial(_agrees, UNMET)),
)
"""Name, what is so where nothing differs, and the function that looks."""
