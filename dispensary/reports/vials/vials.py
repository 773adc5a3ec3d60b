"""Opened vials: what is left of each, where it stands, how long it may still be used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.places import place_by_code
from dispensary.reports.stock.stock import preservative
from dispensary.rules.moments import to_the_second
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.product import Product
from dispensary.rules.shelf import ALLOWED, Operation, State, state_on
from dispensary.rules.vial import Standing, hours_left, standing_at
from dispensary.schema.people import user
from dispensary.schema.stock import lot as lots
from dispensary.schema.stock import place as places
from dispensary.schema.vials import vial as vials


@dataclass(frozen=True, slots=True)
class VialRow:
    """An opened vial at a moment, with all that its label needs.

    `opened_at` and `discard_at` are ISO 8601 with the offset of the pharmacy's zone. `usable_hours` are
    the whole hours in which doses may still be drawn, 0 where its state, its lot or its place forbid it.
    `dedicated` where it serves one patient alone. `opened_by` is the user who opened it.
    """

    vial: str
    product: str
    name: str
    lot: str
    expires: date
    lot_state: State
    place: str
    opened_at: str
    opened_by: str
    discard_at: str
    usable_hours: int
    volume_ul: int
    remaining_ul: int
    state: Standing
    dedicated: bool
    preservative: str
    protect_from_light: bool


_VIALS = (
    select(
        vials,
        lots.c.number.label("lot"),
        lots.c.expires,
        lots.c.state.label("lot_state"),
        lots.c.product_id,
        places.c.code.label("place"),
        places.c.kind.label("place_kind"),
        user.c.name.label("opened_by"),
    )
    .join(lots, lots.c.id == vials.c.lot_id)
    .join(places, places.c.id == vials.c.place_id)
    .join(user, user.c.id == vials.c.by_id)
    .where(vials.c.site_id == bindparam("site"))
    .order_by(vials.c.number)
)


def opened_vials(
    db: Connection,
    site_id: int,
    on: datetime,
    *,
    product: str | None = None,
    place: str | None = None,
    discarded: bool = False,
) -> tuple[VialRow, ...]:
    """Every vial with something left of it, by number, or of one product or place; with `discarded` the empty ones too.

    Raises NotFound for a product or a place that does not exist.
    """
    statement = _VIALS if discarded else _VIALS.where(vials.c.remaining_ul > 0)
    if product is not None:
        product_id, _ = lookup.product_by_code(db, product)
        statement = statement.where(lots.c.product_id == product_id)
    if place is not None:
        statement = statement.where(vials.c.place_id == place_by_code(db, site_id, place).id)
    return _rows(db, db.execute(statement, {"site": site_id}).all(), on)


def one_vial(db: Connection, site_id: int, given: str, on: datetime) -> VialRow:
    """The vial of this number (V12); raises NotANumber and NotFound."""
    number = parse_number(Record.VIAL, given)
    rows = _rows(db, db.execute(_VIALS.where(vials.c.number == number), {"site": site_id}).all(), on)
    if not rows:
        raise lookup.no_such(Record.VIAL, number)
    return rows[0]


def _rows(db: Connection, found: Iterable[Any], on: datetime) -> tuple[VialRow, ...]:
    found = list(found)
    of = lookup.products_by_id(db, {row.product_id for row in found})
    return tuple(_row(row, of[row.product_id], on) for row in found)


def _row(row: Any, product: Product, on: datetime) -> VialRow:
    state = standing_at(row.state, row.discard_at, on)
    lot_state = state_on(row.lot_state, row.expires, on.date())
    usable = state is Standing.OPEN and ALLOWED[lot_state, Operation.DRAW] and row.place_kind.saleable
    return VialRow(
        vial=Record.VIAL.number(row.number),
        product=product.code,
        name=product.name,
        lot=row.lot,
        expires=row.expires,
        lot_state=lot_state,
        place=row.place,
        opened_at=to_the_second(row.opened_at.astimezone(on.tzinfo)),
        opened_by=row.opened_by,
        discard_at=to_the_second(row.discard_at.astimezone(on.tzinfo)),
        usable_hours=hours_left(on, row.discard_at) if usable else 0,
        volume_ul=row.volume_ul,
        remaining_ul=row.remaining_ul,
        state=state,
        dedicated=row.patient_id is not None,
        preservative=preservative(product),
        protect_from_light=product.storage.protect_from_light,
    )
