"""What moves, destructions and returns to the supplier share: units of one lot leave a place, under one number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from dispensary import audit, ledger, lots, places
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.rules import access
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.stock_act import ReleaseNeedsReason, StockActKind, releases
from dispensary.schema.stock import balance, place, stock_act


class NotSoManyThere(Refused):
    """Fewer units stand there than are to be taken."""

    sentence = (
        "{there} units of lot {lot} of {product} stand at {place}, fewer than {wanted}: nothing was written; {way_out}."
    )
    lot: str
    product: str
    place: str
    there: int
    wanted: int
    way_out: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of a locked lot that are to leave a place; `there` are all that stand at it."""

    lot: lots.Lot
    place: places.StockPlace
    units: int
    there: int


@dataclass(frozen=True, slots=True)
class Act:
    """What is done with them, and why; a reference for the supplier, a witness of a destruction."""

    kind: StockActKind
    key: str
    reason: str | None
    reference: str | None = None
    witness_id: int | None = None


_STANDING = (
    select(place.c.id, place.c.code, balance.c.units)
    .join(place, place.c.id == balance.c.place_id)
    .where(balance.c.lot_id == bindparam("lot"), place.c.site_id == bindparam("site"), balance.c.units > 0)
    .order_by(place.c.id)
)


def take(db: Connection, number: str, product: str | None, code: str, units: int | None, *, by: Person) -> Taken:
    """The units of the lot at the place, all that stand there where `units` is None; the lot is locked.

    Raises NotFound, WhichProduct, NotAStockPlace and NotSoManyThere.
    """
    source = places.stock_place(db, by.site_id, code)
    lot = lots.named(db, by.site_id, number, product)
    standing = db.execute(_STANDING, {"lot": lot.id, "site": by.site_id}).all()
    there = sum(row.units for row in standing if row.id == source.id)
    if not 0 < (units or there) <= there:
        where = ", ".join(f"{row.code} ({row.units})" for row in standing)
        raise NotSoManyThere(
            lot=lot.number,
            product=lot.product,
            place=source.code,
            there=there,
            wanted=units or 1,
            way_out=f"the lot stands at {where}" if where else "no unit of the lot is in stock",
        )
    return Taken(lot, source, units or there, there)


def require_release(
    kind: PlaceKind, code: str, target: places.StockPlace, reason: str | None, *, what: str, by: Person
) -> None:
    """Raises NotAllowed and ReleaseNeedsReason where a move from a place lets go of what was set aside there."""
    if not releases(kind, target.kind):
        return
    access.require(by, access.Act.LEAVE_QUARANTINE)
    if reason is None:
        raise ReleaseNeedsReason(what=what, place=code, target=target.code)


def write(
    db: Connection,
    taken: Taken,
    target: Place,
    to: str,
    act: Act,
    values: Mapping[str, object],
    *,
    request_id: int,
    on: datetime,
    by: Person,
) -> str:
    """Move the units to the target, which the event calls `to`, and write the act; returns its number."""
    lot = taken.lot
    moved = Movement(lot.id, lot.product_id, lot.expires, taken.place.as_place, target, taken.units, state=lot.state)
    ledger.post(db, [moved], request_id=request_id, on=on, by=by)
    head = audit.take(db, by.site_id, "stock_acts")
    db.execute(
        insert(stock_act).values(
            site_id=by.site_id,
            number=head.number,
            request_id=request_id,
            kind=act.kind,
            reason=act.reason,
            reference=act.reference,
            witness_id=act.witness_id,
            at=on,
            by_id=by.user_id,
        )
    )
    written = Record.STOCK_ACT.number(head.number)
    told = {
        **values,
        "reason": act.reason,
        "lines": [[lot.product, lot.number, lot.expires, taken.place.code, to, taken.units]],
    }
    audit.record(db, head, audit.Event(act.kind.value, written, act.key, told), on=on, by=by)
    return written
