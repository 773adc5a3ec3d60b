"""Opening a vial: one unit leaves its place and becomes microlitres that are drawn until an hour."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from dispensary import audit, ledger, lookup, lots, on_hand, places, request
from dispensary.audit import Entry
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.rules.allocation import OnHand, allocate
from dispensary.rules.moments import to_the_second, utc_exactly
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.product import Product
from dispensary.rules.shelf import Operation
from dispensary.rules.vial import Standing, VialState, discard_at, hours_left
from dispensary.schema.stock import place as place_table
from dispensary.schema.vials import vial


class NothingToOpen(Refused):
    """No unit of the lot stands where units are opened."""

    sentence = "No unit of lot {lot} of {product} stands {where}: `dispensary stock` shows where there is any."
    lot: str
    product: str
    where: str


class NothingNamed(Refused):
    """Neither a product nor a lot."""

    sentence = "Nothing says what to open: name a product with --product, or a lot with --lot."


@dataclass(frozen=True, slots=True)
class Opening:
    """What to open: the lot, or the lot of the product that expires first; at one place where it is named."""

    key: str
    product: str | None = None
    lot: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The receipt. `discard_at` is the moment from which it is no longer used, `usable_hours` whole hours away.

    `preservative` and `protect_from_light` are the product's, `by` who opened it.
    """

    vial: str
    key: str
    product: str
    lot: str
    expires: date
    place: str
    opened_at: str
    discard_at: str
    usable_hours: int
    volume_ul: int
    remaining_ul: int
    state: Standing
    preservative: str
    protect_from_light: bool
    by: str
    notes: tuple[str, ...]
    audit: Entry


def open_vial(db: Connection, order: Opening, *, on: datetime, by: Person) -> Opened:
    """Open one unit of a lot at a saleable place.

    Raises NothingNamed, LotNotUsable, NothingToOpen, ShortStock, WhichProduct and NotFound.
    """
    claimed = request.claim(db, "vial open", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Opened)
    product_id, product, unit = _unit(db, order, on.date(), by.site_id)
    used_until = discard_at(on, product, unit.expires, on.tzinfo)
    opened_place = places.place_of_kind(db, by.site_id, PlaceKind.OPENED)
    source = Place(unit.place_id, stocked=True)
    movement = Movement(unit.lot_id, product_id, unit.expires, source, opened_place, 1, state=unit.state)
    ledger.post(db, [movement], request_id=claimed, on=on, by=by)
    place = db.execute(select(place_table.c.code).where(place_table.c.id == unit.place_id)).scalar_one()
    head = audit.take(db, by.site_id, "vials")
    db.execute(
        insert(vial).values(
            site_id=by.site_id,
            number=head.number,
            request_id=claimed,
            lot_id=unit.lot_id,
            volume_ul=product.fill_ul,
            opened_at=on,
            discard_at=used_until,
            by_id=by.user_id,
            place_id=unit.place_id,
            remaining_ul=product.fill_ul,
            state=VialState.OPEN,
        )
    )
    event = audit.Event(
        "vial open",
        Record.VIAL.number(head.number),
        order.key,
        {
            "lines": [[product.code, unit.lot, unit.expires, place, 1]],
            "volume_ul": product.fill_ul,
            "opened_at": utc_exactly(on),
            "discard_at": utc_exactly(used_until),
            "place": place,
        },
    )
    opened = Opened(
        vial=event.subject,
        key=order.key,
        product=product.code,
        lot=unit.lot,
        expires=unit.expires,
        place=place,
        opened_at=to_the_second(on),
        discard_at=to_the_second(used_until),
        usable_hours=hours_left(on, used_until),
        volume_ul=product.fill_ul,
        remaining_ul=product.fill_ul,
        state=Standing.OPEN,
        preservative=str(product.preservatives),
        protect_from_light=product.storage.protect_from_light,
        by=by.name,
        notes=() if product.kept_days else ("Nothing of it is kept: it serves one draw, and the rest is waste.",),
        audit=audit.record(db, head, event, on=on, by=by),
    )
    request.keep(db, claimed, opened)
    return opened


def _unit(db: Connection, order: Opening, today: date, site_id: int) -> tuple[int, Product, OnHand]:
    """The product, and its unit that is opened: of the lot that was named, or by FEFO."""
    place_id = None if order.place is None else places.place_by_code(db, site_id, order.place).id
    if order.lot is not None:
        lot = lots.named(db, site_id, order.lot, order.product)
        lot.require(Operation.OPEN, today)
        product_id, product = lot.product_id, lookup.product_by_id(db, lot.product_id)
        standing = [unit for unit in _standing(db, product_id, place_id, site_id) if unit.lot_id == lot.id]
        if not standing:
            where = "on a shelf or in a refrigerator" if order.place is None else f"at {order.place} to be opened"
            raise NothingToOpen(lot=lot.number, product=lot.product, where=where)
        return product_id, product, standing[0]
    if order.product is None:
        raise NothingNamed
    product_id, product = lookup.product_by_code(db, order.product)
    standing = _standing(db, product_id, place_id, site_id)
    (pick,) = allocate(
        1, standing, product=product.code, today=today, last_injection=lambda _: today, operation=Operation.OPEN
    ).picks
    return product_id, product, pick.lot


def _standing(db: Connection, product_id: int, place_id: int | None, site_id: int) -> list[OnHand]:
    """The units of the product at saleable places of the site, or at one of them."""
    return [unit for unit in on_hand.of_product(db, product_id, site_id) if place_id in (None, unit.place_id)]
