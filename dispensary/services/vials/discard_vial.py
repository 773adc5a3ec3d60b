"""Discarding what is left of an opened vial, whatever its state and its lot's."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import audit, request
from dispensary.rules.people import Person
from dispensary.rules.shelf import Operation
from dispensary.rules.vial import Standing, VialEntryKind, VialOperation, VialState, require
from dispensary.services.vials import opened


@dataclass(frozen=True, slots=True)
class Discard:
    """Which vial, and why."""

    key: str
    vial: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discarded:
    """The receipt: `wasted_ul` went to waste, `was` is what the vial was before."""

    vial: str
    key: str
    product: str
    lot: str
    volume_ul: int
    wasted_ul: int
    remaining_ul: int
    was: Standing
    state: Standing
    reason: str
    audit: audit.Entry


def discard(db: Connection, order: Discard, *, on: datetime, by: Person) -> Discarded:
    """Send what is left of the vial to waste; raises VialNotUsable where nothing is left, and NotFound."""
    claimed = request.claim(db, "vial discard", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Discarded)
    vial = opened.locked(db, by.site_id, order.vial, on)
    vial.require_of_lot(Operation.DISCARD, on.date())
    was = vial.standing(on)
    require(VialOperation.DISCARD, was, vial.named)
    entry = opened.Entry(VialEntryKind.WASTE, vial.remaining_ul, order.reason)
    changes: dict[str, object] = {"remaining_ul": 0, "state": VialState.DISCARDED}
    opened.write(db, vial, [entry], changes, request_id=claimed, on=on, by=by)
    values = {
        "product": vial.product.code,
        "lot": vial.lot,
        "wasted": [[vial.remaining_ul, order.reason]],
        "from": vial.state,
        "to": VialState.DISCARDED,
        "remaining_ul": 0,
        "reason": order.reason,
    }
    event = audit.Event("vial discard", vial.vial, order.key, values)
    discarded = Discarded(
        vial=vial.vial,
        key=order.key,
        product=vial.product.code,
        lot=vial.lot,
        volume_ul=vial.volume_ul,
        wasted_ul=vial.remaining_ul,
        remaining_ul=0,
        was=was,
        state=Standing.DISCARDED,
        reason=order.reason,
        audit=audit.record(db, audit.take(db, by.site_id), event, on=on, by=by),
    )
    request.keep(db, claimed, discarded)
    return discarded
