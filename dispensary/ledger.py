"""The only writer of movements and balances: stock changes by appending movements, in no other way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from dispensary.errors import Contended
from dispensary.rules.people import Person
from dispensary.rules.place import Place
from dispensary.rules.shelf import State
from dispensary.schema.base import insert_of
from dispensary.schema.stock import balance, lot, movement


@dataclass(frozen=True, slots=True)
class Movement:
    """Whole units of one lot, from one place to another."""

    lot_id: int
    product_id: int
    expires: date
    source: Place
    target: Place
    units: int
    reverses_id: int | None = None
    state: State | None = None
    """The lot's recorded state on which the decision rests; None where any will do."""


# Two counters cannot take the same unit: the balance falls only where it is high enough.
_TAKE = (
    update(balance)
    .where(
        balance.c.lot_id == bindparam("lot"),
        balance.c.place_id == bindparam("place"),
        balance.c.units >= bindparam("taken"),
    )
    .values(units=balance.c.units - bindparam("taken"))
)
# Nor can a lot be held or recalled between the decision and its movement: who changes its state waits for this
# transaction, or this one sees the new state.
_TAKE_IN_STATE = _TAKE.where(
    exists(
        select(lot.c.id)
        .where(lot.c.id == balance.c.lot_id, lot.c.state == bindparam("state", type_=lot.c.state.type))
        .with_for_update(read=True)
    )
)
_APPEND = insert(movement).inline()
_back = movement.alias("back")

IN_STOCK: ColumnElement[bool] = literal_column("balance.units > 0")
"""What is not exhausted; written out, so that the planner may use the index of it."""


def returned(of: FromClause = movement) -> ColumnElement[int]:
    """The units that came back of a movement, in a statement that reads it from `of`; 0 where none did."""
    came_back = select(func.sum(_back.c.units)).where(_back.c.reverses_id == of.c.id)
    return func.coalesce(came_back.scalar_subquery(), 0)


def post(db: Connection, movements: Sequence[Movement], *, request_id: int, on: datetime, by: Person) -> None:
    """Append the movements and carry the balances along, lots in id order so that counters never cross.

    Raises Contended where a place no longer holds what is to be taken, or a lot has another state.
    """
    changes: Counter[tuple[int, int]] = Counter()
    lots = {}
    for move in movements:
        lots[move.lot_id] = move
        if move.source.stocked:
            changes[move.lot_id, move.source.id] -= move.units
        if move.target.stocked:
            changes[move.lot_id, move.target.id] += move.units
    for (lot_id, place_id), units in sorted(changes.items()):
        if units < 0:
            given = {"lot": lot_id, "place": place_id, "taken": -units}
            state = lots[lot_id].state
            taken = db.execute(_TAKE, given) if state is None else db.execute(_TAKE_IN_STATE, {**given, "state": state})
            if taken.rowcount != 1:
                raise Contended
        elif units > 0:
            _put(db, lots[lot_id], place_id, units)
    db.execute(
        _APPEND,
        [
            {
                "request_id": request_id,
                "lot_id": move.lot_id,
                "from_place_id": move.source.id,
                "to_place_id": move.target.id,
                "units": move.units,
                "at": on,
                "by_id": by.user_id,
                "reverses_id": move.reverses_id,
            }
            for move in movements
        ],
    )


def _put(db: Connection, move: Movement, place_id: int, units: int) -> None:
    row = insert_of(db.dialect.name)(balance).values(
        lot_id=move.lot_id, place_id=place_id, product_id=move.product_id, expires=move.expires, units=units
    )
    db.execute(
        row.on_conflict_do_update(
            index_elements=[balance.c.lot_id, balance.c.place_id],
            set_={"units": balance.c.units + row.excluded.units},
        )
    )
