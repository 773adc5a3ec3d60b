"""A lot: what it is, its state on the day, how it came in and where it stands."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from dispensary import lookup
from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.reports.stock import preservative, stock
from dispensary.rules.numbers import Record
from dispensary.rules.product import Container, Form, Temperature
from dispensary.rules.quantity import millilitres
from dispensary.rules.shelf import State, days_left, state_on
from dispensary.schema.catalogue import product
from dispensary.schema.stock import lot as lots
from dispensary.schema.stock import place, receipt, receipt_line
from dispensary.schema.trust import request


@dataclass(frozen=True, slots=True)
class Standing:
    """Units of the lot at one place."""

    place: str
    units: int
    usable_units: int


@dataclass(frozen=True, slots=True)
class CameIn:
    """Units of the lot that one line of a receipt took in; `unit_cost` in the pharmacy's currency, where known."""

    receipt: str
    on: date
    place: str
    units: int
    serial: str | None
    unit_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class LotDetail:
    """A lot with its product's facts. `month_only` where the pack gave no day of expiry."""

    lot: str
    product: str
    name: str
    form: Form
    strength_mcg_per_ml: int
    container: Container
    fill_ml: Decimal
    preservative: str
    temperature: Temperature
    protect_from_light: bool
    state: State
    expires: date
    month_only: bool
    days_left: int
    units: int
    usable_units: int
    places: tuple[Standing, ...]
    received: tuple[CameIn, ...]


_RECEIVED = (
    select(
        lots.c.product_id,
        lots.c.number.label("lot"),
        lots.c.expires,
        lots.c.month_only,
        lots.c.state,
        receipt.c.number.label("receipt"),
        request.c.at,
        place.c.code.label("place"),
        receipt_line.c.units,
        receipt_line.c.serial,
        receipt_line.c.unit_cost_micros,
    )
    .join(receipt_line, receipt_line.c.lot_id == lots.c.id)
    .join(receipt, receipt.c.id == receipt_line.c.receipt_id)
    .join(request, request.c.id == receipt.c.request_id)
    .join(place, place.c.id == receipt_line.c.place_id)
    .where(lots.c.number == bindparam("lot"), receipt.c.site_id == bindparam("site"))
    .order_by(lots.c.product_id, receipt_line.c.id)
)


def show_lot(db: Connection, site_id: int, lot: str, on: datetime) -> tuple[LotDetail, ...]:
    """The lot of this number, once for each product that has one.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotFound.
    """
    rows: list[Any] = list(db.execute(_RECEIVED, {"site": site_id, "lot": lot.strip()}))
    if not rows:
        raise NotFound(what="lot", given=quoted(lot), way_out="`dispensary stock` shows the lots on hand")
    found = [
        _detail(db, site_id, product_id, list(group), on)
        for product_id, group in groupby(rows, key=lambda row: int(row.product_id))
    ]
    return tuple(sorted(found, key=lambda detail: detail.product))


def _detail(db: Connection, site_id: int, product_id: int, rows: list[Row[Any]], on: datetime) -> LotDetail:
    first = rows[0]
    (facts,) = lookup.products(db, product.c.id == product_id).values()
    standing = [
        Standing(row.place, row.units, row.usable_units)
        for row in stock(db, site_id, on.date(), product=facts.code)
        if row.lot == first.lot
    ]
    return LotDetail(
        lot=first.lot,
        product=facts.code,
        name=facts.name,
        form=facts.form,
        strength_mcg_per_ml=facts.strength.mcg_per_ml,
        container=facts.container,
        fill_ml=millilitres(facts.fill_ul),
        preservative=preservative(facts),
        temperature=facts.storage.temperature,
        protect_from_light=facts.storage.protect_from_light,
        state=state_on(first.state, first.expires, on.date()),
        expires=first.expires,
        month_only=first.month_only,
        days_left=days_left(first.expires, on.date()),
        units=sum(each.units for each in standing),
        usable_units=sum(each.usable_units for each in standing),
        places=tuple(standing),
        received=tuple(_came_in(row, on) for row in rows),
    )


def _came_in(row: Row[Any], on: datetime) -> CameIn:
    micros = row.unit_cost_micros
    return CameIn(
        receipt=Record.RECEIPT.number(row.receipt),
        on=row.at.astimezone(on.tzinfo).date(),
        place=row.place,
        units=row.units,
        serial=row.serial,
        unit_cost=None if micros is None else Decimal(micros).scaleb(-6).normalize(),
    )
