"""Moving sealed units of a lot from one place of the pharmacy to another."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup, places, request
from dispensary.errors import Refused
from dispensary.places import StockPlace
from dispensary.rules.fit import misfits, require_fits
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import (
    Passage,
    StockActKind,
    had_by_patients,
    moving,
    require_had,
    require_not_had,
)
from dispensary.schema.stock import movement, place
from dispensary.services.stock import stock_act
from dispensary.services.stock.stock_act import Act, Taken


class SamePlace(Refused):
    """From a place to itself."""

    sentence = "Lot {lot} stands at {place} already: nothing was moved; name another place with --to."
    lot: str
    place: str


@dataclass(frozen=True, slots=True)
class Move:
    """What to move where; without `units`, all that stands there.

    What leaves quarantine needs a reason, and what goes to a place that does not fit.
    """

    key: str
    lot: str
    source: str
    target: str
    units: int | None = None
    product: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The receipt of a move. `misfits` says in what the place does not fit the product."""

    move: str
    key: str
    product: str
    lot: str
    expires: date
    units: int
    from_: str
    to: str
    reason: str | None
    misfits: tuple[str, ...]


_from, _to = place.alias("from_place"), place.alias("to_place")
_PASSAGES = (
    select(
        movement.c.units,
        movement.c.to_place_id,
        _from.c.kind.label("from_kind"),
        _to.c.kind.label("to_kind"),
    )
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .where(
        movement.c.lot_id == bindparam("lot"),
        (movement.c.from_place_id == bindparam("place")) | (movement.c.to_place_id == bindparam("place")),
    )
    .order_by(movement.c.id)
)


def move(db: Connection, order: Move, *, on: datetime, by: Person) -> Moved:
    """Post the units from one place to another.

    Raises NotFound, WhichProduct, NotAStockPlace, SamePlace, NotSoManyThere, LotNotUsable, PatientsHadThem,
    NotFromPatients, NotAllowed, ReleaseNeedsReason and PlaceDoesNotFit.
    """
    claimed = request.claim(db, "move", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Moved)
    target = places.stock_place(db, by.site_id, order.target)
    taken = stock_act.take(db, order.lot, order.product, order.source, order.units, by=by)
    lot = taken.lot
    if target.id == taken.place.id:
        raise SamePlace(lot=lot.number, place=target.code)
    lot.require(moving(taken.place.kind, target.kind), on.date())
    _require_of_its_kind(db, taken, target, by)
    what = f"Lot {lot.number} of {lot.product}"
    stock_act.require_release(taken.place.kind, taken.place.code, target, order.reason, what=what, by=by)
    facts = lookup.product_by_id(db, lot.product_id)
    require_fits(facts, target.code, target.climate, order.reason)
    unfit = misfits(facts.storage, target.climate)
    number = stock_act.write(
        db,
        taken,
        target.as_place,
        target.code,
        Act(StockActKind.MOVE, order.key, order.reason),
        {"from": taken.place.code, "to": target.code, "misfits": list(unfit)},
        request_id=claimed,
        on=on,
        by=by,
    )
    moved = Moved(
        move=number,
        key=order.key,
        product=lot.product,
        lot=lot.number,
        expires=lot.expires,
        units=taken.units,
        from_=taken.place.code,
        to=target.code,
        reason=order.reason,
        misfits=unfit,
    )
    request.keep(db, claimed, moved)
    return moved


def _require_of_its_kind(db: Connection, taken: Taken, target: StockPlace, by: Person) -> None:
    """Raises PatientsHadThem and NotFromPatients where what patients have had and what they have not would be mixed."""
    source, lot = taken.place, taken.lot
    had = _had(db, taken)
    if target.kind is PlaceKind.RETURNED:
        require_had(taken.units, had, lot=lot.number, product=lot.product, place=source.code, target=target.code)
        return
    returned = source.code
    if source.kind is not PlaceKind.RETURNED:
        standing = places.stock_places(db, by.site_id)
        returned = next(each.code for each in standing if each.kind is PlaceKind.RETURNED)
    require_not_had(
        taken.units,
        had,
        taken.there,
        lot=lot.number,
        product=lot.product,
        place=source.code,
        returned=returned,
    )


def _had(db: Connection, taken: Taken) -> int:
    """How many of the units at the place patients have had."""
    if taken.place.kind.saleable:
        return 0
    if taken.place.kind is PlaceKind.RETURNED:
        return taken.there
    # Before there was a place for them, they came into quarantine.
    rows = db.execute(_PASSAGES, {"lot": taken.lot.id, "place": taken.place.id})
    return had_by_patients(
        _passage(row.units, row.from_kind, row.to_kind, row.to_place_id == taken.place.id) for row in rows
    )


def _passage(units: int, source: PlaceKind, target: PlaceKind, came: bool) -> Passage:
    if came:
        return Passage(units, patients=source in (PlaceKind.PATIENTS, PlaceKind.RETURNED))
    return Passage(-units, patients=target is PlaceKind.RETURNED)
