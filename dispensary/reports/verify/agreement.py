"""What the audit chain tells of records, against their rows: who changes a row meets the chain.

What an event does not hold is not compared, but for the columns that came after the first schema,
which its rows leave empty.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Row, RowMapping, Select, bindparam, except_, select

from dispensary import audit, auditor
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.movements_told import batches
from dispensary.reports.verify.told import PATIENT, Told, ToldParts, Values, day
from dispensary.rules.moments import utc_exactly
from dispensary.rules.sealed import sealed
from dispensary.schema.trust import audit_event, request

_UNSAID = ("patient", "reason", "note")
"""What a message does not repeat."""

_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)


def agrees(told: Sequence[Told], db: Connection) -> list[str]:
    """Rows that are not what their event tells of, events without a row and rows without an event.

    All of them are compared in one pass over the chain.
    """
    untold = (_untold(db, rows) for rows in told)
    return list(islice(chain(_differences(db, told), chain.from_iterable(untold)), SHOWN + 1))


def _differences(db: Connection, told: Sequence[Told]) -> Iterator[str]:
    kinds = tuple({kind for rows in told for kind in rows.kinds})
    for site_id, events in batches(db, kinds):
        for rows in told:
            of_kind = [event for event in events if event.kind in rows.kinds]
            if of_kind:
                yield from _of_events(db, rows, site_id, of_kind)


def _of_events(db: Connection, rows: Told, site_id: int, events: Sequence[Row[Any]]) -> Iterator[str]:
    of_batch = {"site": site_id, "keys": [event.request_key for event in events]}
    kept: dict[str, RowMapping] = {}
    if rows.rows is not None:
        kept = {row["key"]: row for row in _of_requests(db, rows.rows, of_batch).mappings()}
    parts = [(each, _by_key(_of_requests(db, each.rows, of_batch))) for each in rows.parts]
    for event in events:
        told = _told(rows, event)
        row = kept.get(event.request_key)
        if rows.rows is not None and row is None:
            yield f"{event.subject}: event {event.sequence} tells of `{event.kind}`, and no record does"
            continue
        if row is not None:
            yield from _of_row(rows, event, told, row)
        for each, of_keys in parts:
            yield from _of_parts(event, told, each, of_keys.get(event.request_key, []))


def _of_requests(db: Connection, rows: Select[Any], of_batch: Mapping[str, object]) -> CursorResult[Any]:
    return db.execute(rows.where(request.c.site_id == bindparam("site"), request.c.key.in_(_KEYS)), of_batch)


def _by_key(rows: CursorResult[Any]) -> dict[str, list[Row[Any]]]:
    by_key: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    return by_key


def _told(rows: Told, event: Row[Any]) -> Values:
    """All that the event tells."""
    return {
        **rows.before,
        **auditor.values_of(event.canonical),
        "subject": event.subject,
        "patient": event.patient,
        "at": event.at,
        "by": event.actor,
        "act": event.kind,
    }


def _of_row(rows: Told, event: Row[Any], told: Values, row: RowMapping) -> Iterator[str]:
    """In what the row differs from its event."""
    for name, value in _named(rows, row).items():
        if name not in told or told[name] == value:
            continue
        if name in _UNSAID or name in rows.sealed:
            yield (f"{event.subject}: event {event.sequence} tells of another {name.replace('_', ' ')} than the record")
        else:
            yield (
                f"{event.subject}: event {event.sequence} tells of {name.replace('_', ' ')} {_shown(told[name])}, "
                f"and the record of {_shown(value)}"
            )


def _of_parts(event: Row[Any], told: Values, part: ToldParts, rows: Sequence[Row[Any]]) -> Iterator[str]:
    """In which part the rows differ from what the event tells of them."""
    listed, kept = part.told(told, rows), Counter(map(part.kept, rows))
    if listed != kept:
        one = min(str(each[0]) for each in (listed - kept) + (kept - listed))
        yield f"{event.subject}: event {event.sequence} and the record differ in the {part.what} {one}"


def _named(rows: Told, row: RowMapping) -> dict[str, object]:
    """What the row holds, as its event would write it; nothing of a patient who was erased."""
    named: dict[str, Any] = {name: value for name, value in row.items() if name != "key"}
    if "audit_key" in named:
        audit_key, number, erased_at = (named.pop(column.name) for column in PATIENT)
        texts = {name: named.pop(name) for name in rows.sealed}
        if erased_at is None:
            named["patient"] = audit.commitment(audit_key, number)
            named |= {name: sealed(audit_key, name, text) for name, text in texts.items()}
    return {name: value if name == "at" else _written(value) for name, value in named.items()}


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return utc_exactly(value)
    return day(value) if isinstance(value, date) else value


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
        given = {"site": site_id, "keys": [key]}
        if rows.rows is not None:
            alone = [row.subject for row in _of_requests(db, rows.rows, given)]
        else:
            alone = [each.kept(row)[0] for each in rows.parts for row in _of_requests(db, each.rows, given)]
        for subject in alone:
            yield f"{subject}: no event of request {key} tells of this {rows.table.name.replace('_', ' ')}"
