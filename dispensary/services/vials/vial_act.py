"""What is done to an opened vial besides drawing and discarding: held, released, moved to another place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dispensary import audit, places, request
from dispensary.errors import Refused
from dispensary.rules.fit import require_fits
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import Operation
from dispensary.rules.vial import Standing, VialEntryKind, VialOperation, VialState, require, standing_at
from dispensary.services.stock.stock_act import require_release
from dispensary.services.vials import opened
from dispensary.services.vials.opened import OpenedVial


class StandsThere(Refused):
    """The vial stands where it is to go."""

    sentence = "Vial {vial} stands at {place} already: nothing was moved."
    vial: str
    place: str


class NotForVials(Refused):
    """The place is for what patients bring back."""

    sentence = (
        "{place} is for what patients bring back, and vial {vial} is not: nothing was moved; "
        "choose a shelf, a refrigerator or a quarantine."
    )
    vial: str
    place: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A hold or a release of a vial, and why."""

    key: str
    vial: str
    act: VialOperation
    reason: str


@dataclass(frozen=True, slots=True)
class VialMove:
    """Where a vial is to go, and why: needed out of quarantine, and where the place does not fit it."""

    key: str
    vial: str
    to: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class VialActDone:
    """The receipt: where the vial stands now, and what it is."""

    vial: str
    key: str
    product: str
    lot: str
    act: VialOperation
    place: str
    came_from: str | None
    state: Standing
    reason: str | None
    audit: audit.Entry


_KINDS = {VialOperation.HOLD: VialEntryKind.HOLD, VialOperation.RELEASE: VialEntryKind.RELEASE}
_AFTER = {VialOperation.HOLD: VialState.HELD, VialOperation.RELEASE: VialState.OPEN}


def act(db: Connection, order: Decided, *, on: datetime, by: Person) -> VialActDone:
    """Hold a vial, which anybody may, or release it, which is a pharmacist's.

    Raises NotAllowed, VialNotUsable and NotFound.
    """
    kind = f"vial {order.act}"
    claimed = request.claim(db, kind, order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, VialActDone)
    vial = opened.locked(db, by.site_id, order.vial, on)
    require(order.act, vial.standing(on), vial.named)
    after = _AFTER[order.act]
    entry = opened.Entry(_KINDS[order.act], reason=order.reason)
    opened.write(db, vial, [entry], {"state": after}, request_id=claimed, on=on, by=by)
    values = {"from": vial.state, "to": after, "reason": order.reason}
    done = VialActDone(
        vial=vial.vial,
        key=order.key,
        product=vial.product.code,
        lot=vial.lot,
        act=order.act,
        place=vial.place,
        came_from=None,
        state=standing_at(after, vial.discard_at, on),
        reason=order.reason,
        audit=_recorded(db, kind, vial, order.key, values, on=on, by=by),
    )
    request.keep(db, claimed, done)
    return done


def move(db: Connection, order: VialMove, *, on: datetime, by: Person) -> VialActDone:
    """Put a vial at another place; one that does not fit needs a reason, and so does a pharmacist out of quarantine.

    From where nothing is dispensed to where something is only while its lot is available. Raises
    StandsThere, NotForVials, PlaceDoesNotFit, LotNotUsable, VialNotUsable, NotAllowed, ReleaseNeedsReason,
    NotAStockPlace and NotFound.
    """
    claimed = request.claim(db, "vial move", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, VialActDone)
    to = places.stock_place(db, by.site_id, order.to)
    vial = opened.locked(db, by.site_id, order.vial, on)
    require(VialOperation.MOVE, vial.standing(on), vial.named)
    if to.id == vial.place_id:
        raise StandsThere(vial=vial.vial, place=to.code)
    if to.kind is PlaceKind.RETURNED:
        raise NotForVials(vial=vial.vial, place=to.code)
    shelved = to.kind.saleable and not vial.place_kind.saleable
    vial.require_of_lot(Operation.SHELVE if shelved else Operation.MOVE, on.date())
    require_release(vial.place_kind, vial.place, to, order.reason, what=f"Vial {vial.vial}", by=by)
    require_fits(vial.product, to.code, to.climate, order.reason)
    entry = opened.Entry(VialEntryKind.MOVE, reason=order.reason, from_place_id=vial.place_id, to_place_id=to.id)
    opened.write(db, vial, [entry], {"place_id": to.id}, request_id=claimed, on=on, by=by)
    values = {"from": vial.place, "to": to.code, "reason": order.reason}
    done = VialActDone(
        vial=vial.vial,
        key=order.key,
        product=vial.product.code,
        lot=vial.lot,
        act=VialOperation.MOVE,
        place=to.code,
        came_from=vial.place,
        state=vial.standing(on),
        reason=order.reason,
        audit=_recorded(db, "vial move", vial, order.key, values, on=on, by=by),
    )
    request.keep(db, claimed, done)
    return done


def _recorded(
    db: Connection, kind: str, vial: OpenedVial, key: str, values: Mapping[str, object], *, on: datetime, by: Person
) -> audit.Entry:
    """The event, on the head that is taken last of all locks."""
    given = {"product": vial.product.code, "lot": vial.lot, **values}
    return audit.record(db, audit.take(db, by.site_id), audit.Event(kind, vial.vial, key, given), on=on, by=by)
