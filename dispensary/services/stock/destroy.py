"""Destroying sealed units of a lot, by a pharmacist and before a witness."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from dispensary import places, request
from dispensary.rules import access
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import Operation
from dispensary.rules.stock_act import StockActKind
from dispensary.services.people.second_person import another_person
from dispensary.services.stock import stock_act
from dispensary.services.stock.stock_act import Act


@dataclass(frozen=True, slots=True)
class Destroy:
    """What to destroy, why, and before whom; without `units`, all that stands there."""

    key: str
    lot: str
    place: str
    reason: str
    witness: str
    units: int | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Destroyed:
    """The receipt of a destruction."""

    destroy: str
    key: str
    product: str
    lot: str
    expires: date
    units: int
    place: str
    reason: str
    destroyed_by: str
    witness: str


def destroy(db: Connection, order: Destroy, *, on: datetime, by: Person) -> Destroyed:
    """Post the units to the waste.

    Raises NotAllowed, NotAnotherPerson, NotFound, WhichProduct, NotAStockPlace and NotSoManyThere.
    """
    claimed = request.claim(db, "destroy", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Destroyed)
    witness_id, witness = another_person(db, order.witness, by, access.Act.WITNESS, option="--witness")
    taken = stock_act.take(db, order.lot, order.product, order.place, order.units, by=by)
    lot = taken.lot
    lot.require(Operation.DESTROY, on.date())
    number = stock_act.write(
        db,
        taken,
        places.place_of_kind(db, by.site_id, PlaceKind.WASTE),
        PlaceKind.WASTE.value,
        Act(StockActKind.DESTROY, order.key, order.reason, witness_id=witness_id),
        {"place": taken.place.code, "witness": witness},
        request_id=claimed,
        on=on,
        by=by,
    )
    destroyed = Destroyed(
        destroy=number,
        key=order.key,
        product=lot.product,
        lot=lot.number,
        expires=lot.expires,
        units=taken.units,
        place=taken.place.code,
        reason=order.reason,
        destroyed_by=by.name,
        witness=witness,
    )
    request.keep(db, claimed, destroyed)
    return destroyed
