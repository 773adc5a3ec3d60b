"""A lot: what it is, its state on the day and why, how it came in, where it stands and what is opened of it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.lots import STOOD_HERE
from dispensary.reports.stock.stock import product_columns, stock
from dispensary.rules.lot_life import LotAct
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.product import Container, Form, Temperature
from dispensary.rules.quantity import bare
from dispensary.rules.shelf import State, days_left, state_on
from dispensary.rules.vial import VialState
from dispensary.schema.compounding import batch
from dispensary.schema.people import user
from dispensary.schema.recalls import lot_act, recall
from dispensary.schema.stock import lot as lots
from dispensary.schema.stock import place, receipt, receipt_line
from dispensary.schema.trust import request
from dispensary.schema.vials import vial


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
class ActOnLot:
    """What somebody decided about the lot; `recall` is the one that brought it about."""

    act: LotAct
    at: datetime
    by: str
    reason: str
    recall: str | None


@dataclass(frozen=True, slots=True)
class OpenedVial:
    """An opened vial of the lot that still holds something."""

    vial: str
    place: str
    state: VialState
    discard_at: datetime
    remaining_ul: int


@dataclass(frozen=True, slots=True)
class MadeHere:
    """The batch in which the pharmacy made the lot."""

    batch: str
    on: date
    units: int
    by: str
    checked_by: str
    limited_by: str


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
    acts: tuple[ActOnLot, ...]
    vials: tuple[OpenedVial, ...]
    batch: MadeHere | None


_LOTS = select(lots.c.id, lots.c.product_id, lots.c.number, lots.c.expires, lots.c.month_only, lots.c.state).where(
    lots.c.number == bindparam("lot"),
    STOOD_HERE,
)
_RECEIVED = (
    select(
        receipt.c.number.label("receipt"),
        request.c.at,
        place.c.code.label("place"),
        receipt_line.c.units,
        receipt_line.c.serial,
        receipt_line.c.unit_cost_micros,
    )
    .join(receipt, receipt.c.id == receipt_line.c.receipt_id)
    .join(request, request.c.id == receipt.c.request_id)
    .join(place, place.c.id == receipt_line.c.place_id)
    .where(receipt_line.c.lot_id == bindparam("lot"), receipt.c.site_id == bindparam("site"))
    .order_by(receipt_line.c.id)
)
_ACTS = (
    select(lot_act.c.act, lot_act.c.at, user.c.name, lot_act.c.reason, recall.c.number)
    .join(user, user.c.id == lot_act.c.by_id)
    .outerjoin(recall, recall.c.id == lot_act.c.recall_id)
    .where(lot_act.c.lot_id == bindparam("lot"))
    .order_by(lot_act.c.id)
)
_VIALS = (
    select(vial.c.number, place.c.code, vial.c.state, vial.c.discard_at, vial.c.remaining_ul)
    .join(place, place.c.id == vial.c.place_id)
    .where(vial.c.lot_id == bindparam("lot"), vial.c.site_id == bindparam("site"), vial.c.remaining_ul > 0)
    .order_by(vial.c.number)
)
_checker = user.alias("checker")
_BATCH = (
    select(
        batch.c.number, batch.c.at, batch.c.units, batch.c.limited_by, user.c.name, _checker.c.name.label("checked_by")
    )
    .join(user, user.c.id == batch.c.by_id)
    .join(_checker, _checker.c.id == batch.c.checked_by_id)
    .where(batch.c.lot_id == bindparam("lot"))
)


def show_lot(db: Connection, site_id: int, lot: str, on: datetime) -> tuple[LotDetail, ...]:
    """The lot of this number, once for each product that has one.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotFound.
    """
    rows = db.execute(_LOTS, {"site": site_id, "lot": lot.strip()}).all()
    if not rows:
        raise NotFound(what="lot", given=quoted(lot), way_out="`dispensary lot list` shows the lots")
    return tuple(sorted((_detail(db, site_id, row, on) for row in rows), key=lambda detail: detail.product))


def _detail(db: Connection, site_id: int, row: Any, on: datetime) -> LotDetail:
    facts = lookup.product_by_id(db, row.product_id)
    standing = [
        Standing(each.place, each.units, each.usable_units)
        for each in stock(db, site_id, on.date(), product=facts.code)
        if each.lot == row.number
    ]
    given = {"lot": row.id, "site": site_id}
    return LotDetail(
        lot=row.number,
        **product_columns(facts),
        state=state_on(row.state, row.expires, on.date()),
        expires=row.expires,
        month_only=row.month_only,
        days_left=days_left(row.expires, on.date()),
        units=sum(each.units for each in standing),
        usable_units=sum(each.usable_units for each in standing),
        places=tuple(standing),
        received=tuple(_came_in(each, on) for each in db.execute(_RECEIVED, given)),
        acts=tuple(_act(each, on) for each in db.execute(_ACTS, given)),
        vials=tuple(_vial(each, on) for each in db.execute(_VIALS, given)),
        batch=next((_made_here(each, on) for each in db.execute(_BATCH, given)), None),
    )


def _act(row: Any, on: datetime) -> ActOnLot:
    at = row.at.astimezone(on.tzinfo)
    return ActOnLot(row.act, at, row.name, row.reason, row.number and Record.RECALL.number(row.number))


def _vial(row: Any, on: datetime) -> OpenedVial:
    discard_at = row.discard_at.astimezone(on.tzinfo)
    return OpenedVial(Record.VIAL.number(row.number), row.code, row.state, discard_at, row.remaining_ul)


def _made_here(row: Any, on: datetime) -> MadeHere:
    day = day_in(row.at, on.tzinfo)
    return MadeHere(Record.BATCH.number(row.number), day, row.units, row.name, row.checked_by, row.limited_by)


def _came_in(row: Any, on: datetime) -> CameIn:
    micros = row.unit_cost_micros
    return CameIn(
        receipt=Record.RECEIPT.number(row.receipt),
        on=day_in(row.at, on.tzinfo),
        place=row.place,
        units=row.units,
        serial=row.serial,
        unit_cost=None if micros is None else bare(Decimal(micros).scaleb(-6)),
    )
