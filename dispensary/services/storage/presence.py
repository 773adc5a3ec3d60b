"""Which lots stood at a place, from when until when: sealed units by the movements, opened vials by their entries."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from math import ceil, floor
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, or_, select

from dispensary.rules.mean_kinetic import Stay
from dispensary.rules.product import Temperature
from dispensary.rules.vial import VialEntryKind, VialState
from dispensary.schema.catalogue import product
from dispensary.schema.stock import balance, lot, movement
from dispensary.schema.vials import vial, vial_entry

# Whatever has stood at a place has a balance there, which leads to its movements by their index.
_MOVEMENTS = (
    select(movement.c.lot_id, movement.c.to_place_id, movement.c.units, movement.c.at, product.c.temperature)
    .join(balance, balance.c.lot_id == movement.c.lot_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .where(
        balance.c.place_id == bindparam("place"),
        or_(movement.c.from_place_id == bindparam("place"), movement.c.to_place_id == bindparam("place")),
    )
    .order_by(movement.c.lot_id, movement.c.at, movement.c.id)
)
_other = vial_entry.alias("other")
_moved = (
    select(_other.c.vial_id)
    .where(
        _other.c.kind == VialEntryKind.MOVE,
        or_(_other.c.from_place_id == bindparam("place"), _other.c.to_place_id == bindparam("place")),
    )
    .scalar_subquery()
)
_still = exists().where(_other.c.vial_id == vial.c.id, _other.c.at >= bindparam("since"))
# A row for each entry that moved a vial or took something out of it, one without where nothing happened to it yet.
_VIALS = (
    select(
        vial.c.id,
        vial.c.lot_id,
        vial.c.place_id,
        vial.c.opened_at,
        vial.c.state,
        product.c.temperature,
        vial_entry.c.kind,
        vial_entry.c.from_place_id,
        vial_entry.c.to_place_id,
        vial_entry.c.at,
    )
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .outerjoin(
        vial_entry,
        and_(
            vial_entry.c.vial_id == vial.c.id,
            vial_entry.c.kind.in_([VialEntryKind.MOVE, VialEntryKind.DRAW, VialEntryKind.WASTE]),
        ),
    )
    .where(
        or_(vial.c.state != VialState.DISCARDED, _still),
        or_(vial.c.place_id == bindparam("place"), vial.c.id.in_(_moved)),
    )
    .order_by(vial.c.id, vial_entry.c.id)
)


def at_place(db: Connection, place_id: int, since: datetime) -> dict[Temperature, list[Stay]]:
    """All that has stood there since then, and perhaps more: whole units or an opened vial, by its storage class."""
    stays: dict[Temperature, list[Stay]] = defaultdict(list)
    for temperature, stay in (*_sealed(db, place_id), *_opened(db, place_id, since)):
        stays[temperature].append(stay)
    return stays


def _stay(lot_id: int, since: datetime, until: datetime | None) -> Stay:
    return Stay(lot_id, floor(since.timestamp()), None if until is None else ceil(until.timestamp()))


def _sealed(db: Connection, place_id: int) -> Iterator[tuple[Temperature, Stay]]:
    units: dict[int, int] = defaultdict(int)
    came: dict[int, Any] = {}
    for row in db.execute(_MOVEMENTS, {"place": place_id}):
        before = units[row.lot_id]
        units[row.lot_id] = now = before + (row.units if row.to_place_id == place_id else -row.units)
        if before <= 0 < now:
            came[row.lot_id] = row
        elif now <= 0 < before:
            yield row.temperature, _stay(row.lot_id, came.pop(row.lot_id).at, row.at)
    for row in came.values():
        yield row.temperature, _stay(row.lot_id, row.at, None)


def _opened(db: Connection, place_id: int, since: datetime) -> Iterator[tuple[Temperature, Stay]]:
    rows = db.execute(_VIALS, {"place": place_id, "since": since})
    for _, group in groupby(rows, key=lambda row: row.id):
        entries = list(group)
        row = entries[0]
        moves = [entry for entry in entries if entry.kind is VialEntryKind.MOVE]
        # What took the last of it out was its end.
        end = entries[-1].at if row.state is VialState.DISCARDED else None
        stood = [moves[0].from_place_id if moves else row.place_id, *(move.to_place_id for move in moves)]
        times = [row.opened_at, *(move.at for move in moves), end]
        for where, came, left in zip(stood, times, times[1:], strict=False):
            if where == place_id and came is not None:
                yield row.temperature, _stay(row.lot_id, came, left)
