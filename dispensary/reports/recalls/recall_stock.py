"""What became of the units of recalled lots: where they stand, what was opened, and an account of every unit."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, func, or_, select

from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import State, state_on
from dispensary.rules.vial import Standing, VialEntryKind, standing_at
from dispensary.schema.catalogue import product
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.stock import balance, movement, place
from dispensary.schema.stock import lot as lot_table
from dispensary.schema.trust import request
from dispensary.schema.vials import vial, vial_entry


@dataclass(frozen=True, slots=True)
class RecalledLot:
    """A lot and the account of its units.

    What came in is `received`, `made` here and `found` in counts; the rest says where it is. On hand is
    by the balances, with patients by their fills, opened by the vials, and the others by the movements:
    `unaccounted` is what lies between, and is 0 unless the books disagree.
    """

    lot: str
    product: str
    name: str
    expires: date
    state: State
    received: int
    made: int
    found: int
    on_hand: int
    with_patients: int
    opened: int
    destroyed: int
    sent_back: int
    used_in_batches: int
    lost: int
    unaccounted: int
    made_into: tuple[str, ...]
    """The lots that were made of it."""
    made_with: str | None
    """The lot number of the recalled powder or diluent that it was made with; None where it is recalled otherwise."""


@dataclass(frozen=True, slots=True)
class RecalledUnits:
    """Units that stand at a place, on the way included."""

    lot: str
    product: str
    place: str
    units: int


@dataclass(frozen=True, slots=True)
class RecalledVial:
    """An opened vial that still holds something, `expired` past its hour; `wasted_ul` went to waste before."""

    vial: str
    lot: str
    product: str
    place: str
    state: Standing
    discard_at: datetime
    remaining_ul: int
    wasted_ul: int


@dataclass(frozen=True, slots=True)
class RecalledMovement:
    """Units that were destroyed, sent back, used in a batch or counted otherwise; `kind` is the command."""

    lot: str
    product: str
    kind: str
    units: int
    from_: str
    to: str
    on: date


@dataclass(frozen=True, slots=True)
class RecalledStock:
    """All of it. `units_returned` came back from patients since the recall."""

    lots: tuple[RecalledLot, ...]
    stock: tuple[RecalledUnits, ...]
    vials: tuple[RecalledVial, ...]
    other: tuple[RecalledMovement, ...]
    units_returned: int


_ids: BindParameter[int] = bindparam("lots", expanding=True)
_LOTS = (
    select(lot_table.c.id, lot_table.c.number, lot_table.c.expires, lot_table.c.state, product.c.code, product.c.name)
    .join(product, product.c.id == lot_table.c.product_id)
    .where(lot_table.c.id.in_(_ids))
    .order_by(lot_table.c.id)
)
_from, _to = place.alias("from_place"), place.alias("to_place")
# By the order of the requests: clocks of counters may differ.
_SINCE = movement.c.request_id > bindparam("since")
_FLOWS = (
    select(
        movement.c.lot_id,
        _from.c.kind.label("from_kind"),
        _to.c.kind.label("to_kind"),
        func.sum(movement.c.units).label("units"),
        func.sum(case((_SINCE, movement.c.units), else_=0)).label("since"),
    )
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .where(movement.c.lot_id.in_(_ids), _from.c.site_id == bindparam("site"))
    .group_by(movement.c.lot_id, _from.c.kind, _to.c.kind)
)
_BALANCES = (
    select(balance.c.lot_id, place.c.code, balance.c.units)
    .join(place, place.c.id == balance.c.place_id)
    .where(balance.c.lot_id.in_(_ids), balance.c.units > 0, place.c.site_id == bindparam("site"))
    .order_by(balance.c.lot_id, place.c.id)
)
_VIALS = (
    select(
        vial.c.lot_id,
        vial.c.number,
        place.c.code,
        vial.c.state,
        vial.c.discard_at,
        vial.c.remaining_ul,
        func.coalesce(
            select(func.sum(vial_entry.c.volume_ul))
            .where(vial_entry.c.vial_id == vial.c.id, vial_entry.c.kind == VialEntryKind.WASTE)
            .scalar_subquery(),
            0,
        ).label("wasted_ul"),
    )
    .join(place, place.c.id == vial.c.place_id)
    .where(vial.c.lot_id.in_(_ids), vial.c.site_id == bindparam("site"))
    .order_by(vial.c.number)
)
_ENDS = (PlaceKind.WASTE, PlaceKind.COMPOUNDING, PlaceKind.VARIANCE)
_OTHER = (
    select(
        movement.c.lot_id,
        request.c.kind,
        movement.c.units,
        _from.c.code.label("from_"),
        _to.c.code.label("to"),
        movement.c.at,
    )
    .join(request, request.c.id == movement.c.request_id)
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .where(
        movement.c.lot_id.in_(_ids),
        request.c.site_id == bindparam("site"),
        or_(_from.c.kind.in_(_ENDS), _to.c.kind.in_((*_ENDS, PlaceKind.SUPPLIER))),
    )
    .order_by(movement.c.id)
)
_made = lot_table.alias("made")
_MADE_INTO = (
    select(batch_ingredient.c.lot_id, _made.c.number)
    .join(batch, batch.c.id == batch_ingredient.c.batch_id)
    .join(_made, _made.c.id == batch.c.lot_id)
    .where(batch_ingredient.c.lot_id.in_(_ids))
    .order_by(batch.c.number)
)


def recalled_stock(
    db: Connection,
    site_id: int,
    lots: list[int],
    with_patients: Mapping[int, int],
    made_with: Mapping[int, str],
    *,
    since: int,
    on: datetime,
) -> RecalledStock:
    """What became of the lots (by id) at the site.

    `with_patients` are the units that patients kept and `made_with` the recalled powders and diluents, by
    lot; `since` is the request of the recall.
    """
    given = {"lots": lots, "site": site_id}
    rows = {row.id: row for row in db.execute(_LOTS, given)}
    returned = 0
    flows: dict[int, list[Any]] = {}
    for flow in db.execute(_FLOWS, {**given, "since": since}):
        flows.setdefault(flow.lot_id, []).append(flow)
        if flow.from_kind is PlaceKind.PATIENTS:
            returned += int(flow.since)
    standing = db.execute(_BALANCES, given).all()
    vials = db.execute(_VIALS, given).all()
    into: dict[int, list[str]] = {}
    for made in db.execute(_MADE_INTO, given):
        into.setdefault(made.lot_id, []).append(made.number)
    on_hand: Counter[int] = Counter()
    for each in standing:
        on_hand[each.lot_id] += each.units
    opened = Counter(each.lot_id for each in vials)
    return RecalledStock(
        lots=tuple(
            _account(
                row,
                flows.get(row.id, []),
                on_hand[row.id],
                with_patients.get(row.id, 0),
                opened[row.id],
                tuple(dict.fromkeys(into.get(row.id, ()))),
                made_with.get(row.id),
                on.date(),
            )
            for row in rows.values()
        ),
        stock=tuple(
            RecalledUnits(rows[each.lot_id].number, rows[each.lot_id].code, each.code, each.units) for each in standing
        ),
        vials=tuple(_vial(each, rows[each.lot_id], on) for each in vials if each.remaining_ul),
        other=tuple(_moved(each, rows[each.lot_id], on) for each in db.execute(_OTHER, given)),
        units_returned=returned,
    )


def _vial(row: Any, of: Any, on: datetime) -> RecalledVial:
    return RecalledVial(
        vial=Record.VIAL.number(row.number),
        lot=of.number,
        product=of.code,
        place=row.code,
        state=standing_at(row.state, row.discard_at, on),
        discard_at=row.discard_at.astimezone(on.tzinfo),
        remaining_ul=row.remaining_ul,
        wasted_ul=int(row.wasted_ul),
    )


def _moved(row: Any, of: Any, on: datetime) -> RecalledMovement:
    return RecalledMovement(
        lot=of.number,
        product=of.code,
        kind=row.kind,
        units=row.units,
        from_=row.from_,
        to=row.to,
        on=day_in(row.at, on.tzinfo),
    )


def _account(
    row: Any,
    flows: list[Any],
    on_hand: int,
    with_patients: int,
    opened: int,
    made_into: tuple[str, ...],
    made_with: str | None,
    today: date,
) -> RecalledLot:
    into: Counter[PlaceKind] = Counter()
    out: Counter[PlaceKind] = Counter()
    for flow in flows:
        out[flow.from_kind] += int(flow.units)
        into[flow.to_kind] += int(flow.units)
    came = out[PlaceKind.SUPPLIER] + out[PlaceKind.COMPOUNDING] + out[PlaceKind.VARIANCE]
    went = into[PlaceKind.WASTE] + into[PlaceKind.SUPPLIER] + into[PlaceKind.COMPOUNDING] + into[PlaceKind.VARIANCE]
    return RecalledLot(
        lot=row.number,
        product=row.code,
        name=row.name,
        expires=row.expires,
        state=state_on(row.state, row.expires, today),
        received=out[PlaceKind.SUPPLIER],
        made=out[PlaceKind.COMPOUNDING],
        found=out[PlaceKind.VARIANCE],
        on_hand=on_hand,
        with_patients=with_patients,
        opened=opened,
        destroyed=into[PlaceKind.WASTE],
        sent_back=into[PlaceKind.SUPPLIER],
        used_in_batches=into[PlaceKind.COMPOUNDING],
        lost=into[PlaceKind.VARIANCE],
        unaccounted=came - on_hand - with_patients - opened - went,
        made_into=made_into,
        made_with=made_with,
    )
