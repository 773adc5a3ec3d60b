"""The stock's books recomputed from the movements: each function gives the first sentences of what differs.

All sums are the database's own; no movement is read into the program.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from dispensary.reports.verify.differences import first
from dispensary.rules.lot_life import AFTER
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import State
from dispensary.schema.catalogue import product
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import balance, lot, movement, place

_STOCKED = [kind for kind in PlaceKind if kind.stocked]
_NONE = literal_column("0", Integer)
_ONE = literal_column("1", Integer)


def _moved(at: ColumnElement[int], units: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            movement.c.lot_id,
            at.label("place_id"),
            units.label("moved"),
            _NONE.label("kept"),
            _NONE.label("balances"),
        )
        .join(place, place.c.id == at)
        .where(place.c.kind.in_(_STOCKED))
    )


_entries = union_all(
    _moved(movement.c.to_place_id, movement.c.units),
    _moved(movement.c.from_place_id, -movement.c.units),
    select(balance.c.lot_id, balance.c.place_id, _NONE, balance.c.units, _ONE),
).subquery()
_sums = (
    select(
        lot.c.number.label("lot"),
        product.c.code.label("product"),
        place.c.code.label("place"),
        func.sum(_entries.c.moved).label("moved"),
        func.sum(_entries.c.kept).label("kept"),
        func.sum(_entries.c.balances).label("balances"),
    )
    .select_from(_entries)
    .join(lot, lot.c.id == _entries.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == _entries.c.place_id)
    .group_by(lot.c.id, lot.c.number, product.c.code, place.c.id, place.c.code)
    .order_by(lot.c.id, place.c.id)
)
_DIFFERENT = _sums.having(
    or_(
        func.sum(_entries.c.moved) != func.sum(_entries.c.kept),
        # A balance that no movement made.
        func.count() == func.sum(_entries.c.balances),
    )
)
_BELOW_ZERO = _sums.having(func.sum(_entries.c.moved) < 0)
_MISPLACED = (
    select(lot.c.number.label("lot"), lot.c.expires, balance.c.expires.label("found"), place.c.code.label("place"))
    .select_from(balance)
    .join(lot, lot.c.id == balance.c.lot_id)
    .join(place, place.c.id == balance.c.place_id)
    .where(or_(balance.c.product_id != lot.c.product_id, balance.c.expires != lot.c.expires))
    .order_by(lot.c.id, place.c.id)
)


def balances(db: Connection) -> list[str]:
    """Balances that are not the sum of their movements, that are missing, or that no movement made."""
    return [
        f"lot {row.lot} of {row.product} at {row.place}: {row.moved} units by the movements and "
        + (f"{row.kept} in the balance" if row.balances else "no balance")
        for row in first(db, _DIFFERENT)
    ]


def below_zero(db: Connection) -> list[str]:
    """Places that gave away more of a lot than they had."""
    return [f"lot {row.lot} of {row.product} at {row.place}: {row.moved} units" for row in first(db, _BELOW_ZERO)]


def lots(db: Connection) -> list[str]:
    """Balances whose product or expiry is not the lot's."""
    return [
        f"lot {row.lot} expires on {row.expires}, and its balance at {row.place} has "
        + ("another product" if row.found == row.expires else f"{row.found}")
        for row in first(db, _MISPLACED)
    ]


_RESULTS = {act: state for (_, act), state in AFTER.items()}
_last_act = lot_act.alias("last_act")
_became = case(
    *((lot_act.c.act == act, state) for act, state in _RESULTS.items()),
    else_=State.AVAILABLE,
)
_LOT_STATES = (
    select(lot.c.number, product.c.code, lot.c.state, lot_act.c.act)
    .join(product, product.c.id == lot.c.product_id)
    .outerjoin(
        lot_act,
        lot_act.c.id
        == select(func.max(_last_act.c.id)).where(_last_act.c.lot_id == lot.c.id).correlate(lot).scalar_subquery(),
    )
    .where(lot.c.state != _became)
    .order_by(lot.c.id)
)


def lot_states(db: Connection) -> list[str]:
    """Lots that are not in the state in which their last act left them."""
    return [
        f"lot {row.number} of {row.code} is {row.state}, and "
        + (f"the last that was done is to {row.act} it" if row.act else "nothing was done about it")
        for row in first(db, _LOT_STATES)
    ]


CHECKS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("balances", "Every balance is the sum of its movements.", balances),
    ("below zero", "No place gave away more than it had.", below_zero),
    ("lots", "Every balance has its lot's product and expiry.", lots),
    ("lot states", "Every lot is in the state of its last act.", lot_states),
)
"""Name, what is so where nothing differs, and the function that looks."""
