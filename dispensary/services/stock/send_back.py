"""Returning sealed units of a lot to the supplier."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from dispensary import places, request
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import Operation
from dispensary.rules.stock_act import StockActKind
from dispensary.services.stock import stock_act
from dispensary.services.stock.stock_act import Act


@dataclass(frozen=True, slots=True)
class SendBack:
    """What to send back and why; without `units`, all that stands there. `reference` is the supplier's own."""

    key: str
    lot: str
    place: str
    reason: str
    units: int | None = None
    product: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class SentBack:
    """The receipt of a return to the supplier."""

    send_back: str
    key: str
    product: str
    lot: str
    expires: date
    units: int
    place: str
    reason: str
    reference: str | None


def send_back(db: Connection, order: SendBack, *, on: datetime, by: Person) -> SentBack:
    """Post the units to the supplier. Raises NotFound, WhichProduct, NotAStockPlace and NotSoManyThere."""
    claimed = request.claim(db, "send back", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, SentBack)
    taken = stock_act.take(db, order.lot, order.product, order.place, order.units, by=by)
    lot = taken.lot
    lot.require(Operation.SEND_BACK, on.date())
    number = stock_act.write(
        db,
        taken,
        places.place_of_kind(db, by.site_id, PlaceKind.SUPPLIER),
        PlaceKind.SUPPLIER.value,
        Act(StockActKind.SEND_BACK, order.key, order.reason, reference=order.reference),
        {"place": taken.place.code, "reference": order.reference},
        request_id=claimed,
        on=on,
        by=by,
    )
    sent = SentBack(
        send_back=number,
        key=order.key,
        product=lot.product,
        lot=lot.number,
        expires=lot.expires,
        units=taken.units,
        place=taken.place.code,
        reason=order.reason,
        reference=order.reference,
    )
    request.keep(db, claimed, sent)
    return sent
