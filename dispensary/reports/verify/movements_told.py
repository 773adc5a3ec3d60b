"""What the audit chain says was moved, against the movements: who changes both books and balances meets the chain."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dispensary import auditor
from dispensary.reports.chain import BATCH
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.told import day
from dispensary.schema.catalogue import product
from dispensary.schema.people import site
from dispensary.schema.stock import lot, movement
from dispensary.schema.trust import audit_event, request

Moved = Counter[tuple[str, str, str]]
"""Units by product, lot and expiry."""

_TELLING = (
    "receive",
    "dispense",
    "return",
    "vial open",
    "move",
    "destroy",
    "send back",
    "count close",
    "repack",
)
_EVENTS = (
    select(
        audit_event.c.sequence,
        audit_event.c.at,
        audit_event.c.actor,
        audit_event.c.kind,
        audit_event.c.subject,
        audit_event.c.patient,
        audit_event.c.request_key,
        audit_event.c.canonical,
    )
    .where(
        audit_event.c.site_id == bindparam("site"),
        audit_event.c.sequence > bindparam("after"),
        audit_event.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(audit_event.c.sequence)
    .limit(BATCH)
)
_MOVED = (
    select(request.c.key, product.c.code, lot.c.number, lot.c.expires, func.sum(movement.c.units).label("units"))
    .join(movement, movement.c.request_id == request.c.id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .where(request.c.site_id == bindparam("site"), request.c.key.in_(bindparam("keys", expanding=True)))
    .group_by(request.c.key, product.c.code, lot.c.number, lot.c.expires)
)


def batches(db: Connection, kinds: Sequence[str]) -> Iterator[tuple[int, Sequence[Any]]]:
    """The events of these kinds, BATCH of them at a time, each time with the site that they are of."""
    for site_id in db.execute(select(site.c.id).order_by(site.c.id)).scalars().all():
        after = 0
        while batch := db.execute(_EVENTS, {"site": site_id, "after": after, "kinds": kinds}).all():
            after = batch[-1].sequence
            yield site_id, batch


def recorded(db: Connection) -> list[str]:
    """Deliveries, dispenses and returns whose movements are not those of their event."""
    return list(islice(_differences(db), SHOWN + 1))


def _differences(db: Connection) -> Iterator[str]:
    for site_id, batch in batches(db, _TELLING):
        moved: dict[str, Moved] = {}
        for row in db.execute(_MOVED, {"site": site_id, "keys": [event.request_key for event in batch]}):
            moved.setdefault(row.key, Counter())[row.code, row.number, day(row.expires)] += row.units
        for event in batch:
            told = _told(auditor.values_of(event.canonical))
            if told != moved.get(event.request_key, Counter()):
                yield _sentence(event, told, moved.get(event.request_key, Counter()))


def _told(values: Any) -> Moved:
    """The lines of an event: product, lot, expiry, perhaps a serial, and last the units."""
    told: Moved = Counter()
    for code, number, expires, *_, units in values.get("lines", ()):
        told[code, number, expires] += units
    return told


def _sentence(event: Any, told: Moved, moved: Moved) -> str:
    first = min(key for key in told.keys() | moved.keys() if told[key] != moved[key])
    code, number, expires = first
    return (
        f"{event.subject}: event {event.sequence} tells of {told[first]} units of lot {number} of {code} "
        f"that expires on {expires}, and {moved[first]} were moved"
    )


AGREEMENTS = (("recorded", "Every movement is what its event tells of.", recorded),)
"""Name, what is so where nothing differs, and the function that looks."""
