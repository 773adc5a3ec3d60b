"""Opened vials against their entries and draws: each function gives the first sentences of what differs."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from dispensary.reports.verify.differences import first
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.vial import VialEntryKind, VialState
from dispensary.schema.catalogue import product
from dispensary.schema.stock import lot, movement, place
from dispensary.schema.vials import draw, vial, vial_entry

_target = place.alias("target")
_TAKEN = (
    select(func.coalesce(func.sum(vial_entry.c.volume_ul), 0))
    .where(vial_entry.c.vial_id == vial.c.id)
    .scalar_subquery()
)


def _last(column: ColumnElement[Any], *kinds: VialEntryKind) -> ColumnElement[Any]:
    """The column of the vial's last entry of these kinds, NULL where there is none."""
    entry = vial_entry.alias("last_entry")
    last = select(func.max(entry.c.id)).where(entry.c.vial_id == vial.c.id, entry.c.kind.in_(kinds)).correlate(vial)
    return select(column).where(vial_entry.c.id == last.scalar_subquery()).correlate(vial).scalar_subquery()


_OPENED = (
    select(vial.c.number)
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .outerjoin(movement, movement.c.request_id == vial.c.request_id)
    .outerjoin(_target, _target.c.id == movement.c.to_place_id)
    .group_by(vial.c.id, vial.c.number, vial.c.volume_ul, product.c.fill_ul)
    .having(
        or_(
            func.count(movement.c.id) != 1,
            func.sum(
                case(
                    (
                        and_(
                            movement.c.units == 1,
                            movement.c.lot_id == vial.c.lot_id,
                            _target.c.kind == PlaceKind.OPENED,
                        ),
                        1,
                    ),
                    else_=0,
                )
            )
            != 1,
            vial.c.volume_ul != product.c.fill_ul,
        )
    )
    .order_by(vial.c.id)
)
_VOLUMES = (
    select(vial.c.number, vial.c.volume_ul, vial.c.remaining_ul, _TAKEN.label("taken"))
    .where(vial.c.remaining_ul != vial.c.volume_ul - _TAKEN)
    .order_by(vial.c.id)
)
_held = _last(vial_entry.c.kind, VialEntryKind.HOLD, VialEntryKind.RELEASE) == VialEntryKind.HOLD
_became = case(
    (vial.c.remaining_ul == 0, VialState.DISCARDED),
    (_held, VialState.HELD),
    else_=VialState.OPEN,
)
_STATES = select(vial.c.number, vial.c.state).where(vial.c.state != _became).order_by(vial.c.id)
_stands = func.coalesce(
    _last(vial_entry.c.to_place_id, VialEntryKind.MOVE),
    select(func.min(movement.c.from_place_id)).where(movement.c.request_id == vial.c.request_id).scalar_subquery(),
)
_PLACES = (
    select(vial.c.number, place.c.code)
    .join(place, place.c.id == vial.c.place_id)
    .where(vial.c.place_id != _stands)
    .order_by(vial.c.id)
)
_DRAWN = (
    select(draw.c.number, draw.c.volume_ul, func.sum(vial_entry.c.volume_ul).label("entered"))
    .outerjoin(
        vial_entry,
        and_(
            vial_entry.c.request_id == draw.c.request_id,
            vial_entry.c.vial_id == draw.c.vial_id,
            vial_entry.c.kind == VialEntryKind.DRAW,
        ),
    )
    .group_by(draw.c.id, draw.c.number, draw.c.volume_ul)
    .having(func.coalesce(func.sum(vial_entry.c.volume_ul), 0) != draw.c.volume_ul)
    .order_by(draw.c.id)
)
_LATE = (
    select(draw.c.number, vial.c.number.label("vial"))
    .join(vial, vial.c.id == draw.c.vial_id)
    # Counters' clocks differ: before the opening is told by the order of the requests, not by the hour.
    .where(or_(draw.c.at >= vial.c.discard_at, draw.c.request_id < vial.c.request_id))
    .order_by(draw.c.id)
)
_UNDRAWN = (
    select(vial_entry.c.id, vial.c.number)
    .join(vial, vial.c.id == vial_entry.c.vial_id)
    .outerjoin(draw, draw.c.request_id == vial_entry.c.request_id)
    .where(vial_entry.c.kind == VialEntryKind.DRAW, draw.c.id.is_(None))
    .order_by(vial_entry.c.id)
)


def volumes(db: Connection) -> list[str]:
    """Vials of which more or less is left than was put in and taken out."""
    return [
        f"{Record.VIAL.number(row.number)} held {row.volume_ul} microlitres, of which {row.taken} were taken out, "
        f"and {row.remaining_ul} are left in the books"
        for row in first(db, _VOLUMES)
    ]


def _vials(db: Connection, statement: Select[Any], what: str) -> list[str]:
    return [f"{Record.VIAL.number(row.number)} {what.format(*row[1:])}" for row in first(db, statement)]


def vials(db: Connection) -> list[str]:
    """Vials that were not opened out of the stock, or are not in the state or place that their entries left them."""
    return [
        *_vials(db, _OPENED, "is not one unit of its lot that was opened, with its whole volume"),
        *_vials(db, _STATES, "is {0}, and its entries say otherwise"),
        *_vials(db, _PLACES, "stands at {0}, and its entries say otherwise"),
    ]


def draws(db: Connection) -> list[str]:
    """Doses that are not what was taken out of their vial, or were taken after its hour."""
    return [
        *(
            f"{Record.DRAW.number(row.number)} is {row.volume_ul} microlitres, and {row.entered or 0} were taken out"
            for row in first(db, _DRAWN)
        ),
        *(
            f"{Record.DRAW.number(row.number)} was drawn from {Record.VIAL.number(row.vial)} at an hour at which "
            "it was not in use"
            for row in first(db, _LATE)
        ),
        *(
            f"entry {row.id} of {Record.VIAL.number(row.number)} took out a dose that nobody got"
            for row in first(db, _UNDRAWN)
        ),
    ]


CHECKS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("vials", "Every vial was opened out of the stock and is as its entries left it.", vials),
    ("volumes", "Every vial holds what was put in less what was taken out.", volumes),
    ("draws", "Every dose was taken out of its vial within its hours.", draws),
)
"""Name, what is so where nothing differs, and the function that looks."""
