"""The audit chain of a site as the database holds it, for the auditor and for export."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy import Connection, bindparam, exc, select

from dispensary import auditor, lookup
from dispensary.audit import START, Entry
from dispensary.auditor import Checkpoint, Verdict
from dispensary.rules.moments import utc_exactly
from dispensary.schema.trust import audit_event, head

BATCH = 2000
"""Events held in memory at a time."""

_FIRST = (
    select(*(audit_event.c[column] for column in auditor.COLUMNS))
    .where(audit_event.c.site_id == bindparam("site"))
    .order_by(audit_event.c.sequence)
    .limit(BATCH)
)
_NEXT = _FIRST.where(audit_event.c.sequence > bindparam("after"))
_HASH = select(audit_event.c.hash).where(
    audit_event.c.site_id == bindparam("site"), audit_event.c.sequence == bindparam("sequence")
)
_HEAD = select(head.c.sequence, head.c.hash).where(head.c.site_id == bindparam("site"))


def events(db: Connection, site_id: int, *, after: int | None = None) -> Iterator[Mapping[str, object]]:
    """The site's events with the auditor's columns, the moment as ISO 8601 in UTC; BATCH of them at a time.

    Those that follow the sequence `after`, or all.
    """
    first, asked = (_FIRST, {"site": site_id}) if after is None else (_NEXT, {"site": site_id, "after": after})
    rows = db.execute(first, asked).mappings().all()
    while rows:
        for row in rows:
            yield {**row, "at": row["at"] and utc_exactly(row["at"])}
        rows = db.execute(_NEXT, {"site": site_id, "after": rows[-1]["sequence"]}).mappings().all()


def head_of(db: Connection, site_id: int) -> Entry:
    """The end of the site's chain, as its head row says; a lost head says that there is no event."""
    row = db.execute(_HEAD, {"site": site_id}).first()
    return Entry(0, START) if row is None else Entry(row.sequence, row.hash)


def hash_of(db: Connection, site_id: int, sequence: int) -> str:
    """The hash of the site's event of this sequence; that of the start before the first one."""
    found = db.execute(_HASH, {"site": site_id, "sequence": sequence}).scalar()
    return START if found is None else str(found)


def check_database(
    db: Connection,
    site_id: int,
    checkpoints: Iterable[Checkpoint] = (),
    told: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """The auditor's verdict on the site's chain and head, and on whether it goes through these checkpoints.

    `told` hears how far it is.
    """
    end, origin, kept = head_of(db, site_id), lookup.origin(db, site_id), tuple(checkpoints)
    if any(each.origin != origin for each in kept):
        return Verdict(False, 0, auditor.START, "The checkpoint belongs to another chain.")
    claimed, noted = (end.sequence, end.hash), [(each.sequence, each.hash) for each in kept]
    try:
        rows = counted(events(db, site_id), end.sequence, told)
        return auditor.check(rows, claimed_head=claimed, noted=noted, origin=origin)
    except (TypeError, ValueError, exc.DBAPIError):
        # SQLite keeps whatever somebody wrote into a column, also what is no moment and no text.
        return Verdict(False, 0, auditor.START, "An event in the database cannot be read.")


def counted(
    rows: Iterable[Mapping[str, object]], end: int, told: Callable[[str], None], after: int = 0
) -> Iterator[Mapping[str, object]]:
    """The events that follow the sequence `after`; `told` hears how far they are, of the last one, `end`."""
    for number, row in enumerate(rows, start=after):
        if number % BATCH == 0:
            told(f"audit: {number:,} of {end:,} events")
        yield row
