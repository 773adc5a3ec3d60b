"""Documents against the movements of their requests: each function gives the first sentences of what differs."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from dispensary.reports.verify.differences import first
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.counting import count_closing
from dispensary.schema.prescribing import dispense, dispense_return
from dispensary.schema.stock import lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import vial

_STOCKED = [kind for kind in PlaceKind if kind.stocked]
_SALEABLE = [kind for kind in PlaceKind if kind.saleable]
_SET_ASIDE = [kind for kind in _STOCKED if not kind.saleable]
_NONE = literal_column("0", Integer)
_source = place.alias("source")
_target = place.alias("target")
_original = movement.alias("original")


_line_lot = lot.alias("line_lot")
_of_fill = and_(
    _source.c.kind.in_(_SALEABLE),
    _target.c.kind == PlaceKind.PATIENTS,
    movement.c.reverses_id.is_(None),
    _line_lot.c.product_id == dispense.c.product_id,
)
_of_return = and_(
    _source.c.kind == PlaceKind.PATIENTS,
    # What never left the pharmacy goes back to where it came from, and nothing else to where it may be dispensed.
    case(
        (dispense_return.c.undelivered, movement.c.to_place_id == _original.c.from_place_id),
        else_=_target.c.kind.in_(_SET_ASIDE),
    ),
    _original.c.request_id == dispense.c.request_id,
    _original.c.lot_id == movement.c.lot_id,
)


def _document(table: Any, fits: ColumnElement[bool]) -> Select[Any]:
    """Documents whose units are not those of the movements of their request, each of which must fit."""
    fitting = func.coalesce(func.sum(case((fits, movement.c.units), else_=0)), 0)
    together = func.coalesce(func.sum(movement.c.units), 0)
    documents = table if table is dispense else table.join(dispense, dispense.c.id == table.c.dispense_id)
    return (
        select(table.c.number, table.c.units, fitting.label("fitting"), together.label("together"))
        .select_from(documents)
        .outerjoin(movement, movement.c.request_id == table.c.request_id)
        .outerjoin(_source, _source.c.id == movement.c.from_place_id)
        .outerjoin(_target, _target.c.id == movement.c.to_place_id)
        .outerjoin(_line_lot, _line_lot.c.id == movement.c.lot_id)
        .outerjoin(_original, _original.c.id == movement.c.reverses_id)
        .group_by(table.c.id, table.c.number, table.c.units)
        .having(or_(fitting != table.c.units, together != table.c.units))
        .order_by(table.c.id)
    )


_FILLS = _document(dispense, _of_fill)
_RETURNS = _document(dispense_return, _of_return)


def dispenses(db: Connection) -> list[str]:
    """Dispenses that are not what went from a saleable place to the patient."""
    return _documents(db, _FILLS, Record.DISPENSE)


def returns(db: Connection) -> list[str]:
    """Returns that are not what came back from that dispense, to where nothing is dispensed from or undelivered."""
    return _documents(db, _RETURNS, Record.RETURN)


def _documents(db: Connection, statement: Select[Any], record: Record) -> list[str]:
    return [
        f"{record.number(row.number)} has {row.units} units, and its movements {row.fitting}"
        + (f" and {row.together - row.fitting} that do not belong" if row.together != row.fitting else "")
        for row in first(db, statement)
    ]


_back = movement.alias("back")
_REVERSED = (
    select(_original.c.id, lot.c.number.label("lot"), _original.c.units, func.sum(_back.c.units).label("back"))
    .select_from(_original)
    .join(_back, _back.c.reverses_id == _original.c.id)
    .join(lot, lot.c.id == _original.c.lot_id)
    .group_by(_original.c.id, lot.c.number, _original.c.units)
    .having(func.sum(_back.c.units) > _original.c.units)
    .order_by(_original.c.id)
)


def reversals(db: Connection) -> list[str]:
    """Movements of which more was taken back than was moved."""
    return [
        f"movement {row.id} of lot {row.lot} has {row.units} units, and {row.back} were taken back"
        for row in first(db, _REVERSED)
    ]


_received = union_all(
    select(
        receipt_line.c.receipt_id,
        receipt_line.c.lot_id,
        receipt_line.c.place_id,
        receipt_line.c.units.label("written"),
        _NONE.label("moved"),
    ),
    select(receipt.c.id, movement.c.lot_id, movement.c.to_place_id, _NONE, movement.c.units)
    .join(movement, movement.c.request_id == receipt.c.request_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .where(_source.c.kind == PlaceKind.SUPPLIER),
).subquery()
_RECEIPTS = (
    select(
        receipt.c.number,
        lot.c.number.label("lot"),
        func.sum(_received.c.written).label("written"),
        func.sum(_received.c.moved).label("moved"),
    )
    .select_from(_received)
    .join(receipt, receipt.c.id == _received.c.receipt_id)
    .join(lot, lot.c.id == _received.c.lot_id)
    .group_by(receipt.c.id, receipt.c.number, lot.c.id, lot.c.number, _received.c.place_id)
    .having(func.sum(_received.c.written) != func.sum(_received.c.moved))
    .order_by(receipt.c.id, lot.c.id)
)


def receipts(db: Connection) -> list[str]:
    """Deliveries whose lines are not what came in from the supplier."""
    return [
        f"{Record.RECEIPT.number(row.number)} has {row.written} units of lot {row.lot}, and its movements {row.moved}"
        for row in first(db, _RECEIPTS)
    ]


def _without(table: Any, *where: ColumnElement[bool]) -> Select[Any]:
    """Movements between such places whose request has no such document."""
    return (
        select(movement.c.id, lot.c.number.label("lot"))
        .join(lot, lot.c.id == movement.c.lot_id)
        .join(_source, _source.c.id == movement.c.from_place_id)
        .join(_target, _target.c.id == movement.c.to_place_id)
        .outerjoin(table, table.c.request_id == movement.c.request_id)
        .where(*where, table.c.request_id.is_(None))
        .order_by(movement.c.id)
    )


_to_hand = or_(
    _target.c.kind.in_((PlaceKind.SUPPLIER, PlaceKind.WASTE)),
    and_(_source.c.kind.in_(_STOCKED), _target.c.kind.in_(_STOCKED)),
)
_UNDOCUMENTED: dict[str, Select[Any]] = {
    "a dispense": _without(dispense, _target.c.kind == PlaceKind.PATIENTS),
    "a return": _without(dispense_return, _source.c.kind == PlaceKind.PATIENTS),
    "a receipt": _without(receipt, _source.c.kind == PlaceKind.SUPPLIER),
    "a vial": _without(vial, _target.c.kind == PlaceKind.OPENED),
    "a batch": _without(batch, or_(*(end.c.kind == PlaceKind.COMPOUNDING for end in (_source, _target)))),
    "a count": _without(count_closing, or_(*(end.c.kind == PlaceKind.VARIANCE for end in (_source, _target)))),
    "a stock act": _without(stock_act, _to_hand),
}
_FROM_NOWHERE = (
    select(movement.c.id, lot.c.number.label("lot"))
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .where(_source.c.kind.in_((PlaceKind.OPENED, PlaceKind.WASTE)))
    .order_by(movement.c.id)
)
_FOREIGN = (
    select(movement.c.id, lot.c.number.label("lot"))
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(request, request.c.id == movement.c.request_id)
    .where(or_(movement.c.at != request.c.at, movement.c.by_id != request.c.by_id))
    .order_by(movement.c.id)
)


def movements(db: Connection) -> list[str]:
    """Movements without the document that they need, or of another moment or person than their request."""
    alone = [
        f"movement {row.id} of lot {row.lot} is without {what}"
        for what, statement in _UNDOCUMENTED.items()
        for row in first(db, statement)
    ]
    alone += [f"movement {row.id} of lot {row.lot} brings back what was used up" for row in first(db, _FROM_NOWHERE)]
    return alone + [
        f"movement {row.id} of lot {row.lot} has another moment or person than its request"
        for row in first(db, _FOREIGN)
    ]


_of_kind = or_(
    *(
        and_(stock_act.c.kind == kind, _source.c.kind.in_(_STOCKED), _target.c.kind.in_(targets))
        for kind, targets in {
            StockActKind.MOVE: _STOCKED,
            StockActKind.DESTROY: [PlaceKind.WASTE],
            StockActKind.SEND_BACK: [PlaceKind.SUPPLIER],
        }.items()
    )
)
_MISDONE = (
    select(stock_act.c.number, stock_act.c.kind, func.count(movement.c.id).label("moved"))
    .outerjoin(movement, movement.c.request_id == stock_act.c.request_id)
    .outerjoin(_source, _source.c.id == movement.c.from_place_id)
    .outerjoin(_target, _target.c.id == movement.c.to_place_id)
    .group_by(stock_act.c.id, stock_act.c.number, stock_act.c.kind)
    .having(or_(func.count(movement.c.id) == 0, func.sum(case((_of_kind, 0), else_=1)) > 0))
    .order_by(stock_act.c.id)
)


def stock_acts(db: Connection) -> list[str]:
    """Moves, destructions and returns to the supplier whose movements do something else."""
    return [
        f"{Record.STOCK_ACT.number(row.number)} is to {row.kind}, and its movements "
        + ("do something else" if row.moved else "are not there")
        for row in first(db, _MISDONE)
    ]


_used = union_all(
    select(batch.c.id.label("batch_id"), batch.c.lot_id, _NONE.label("used"), batch.c.units.label("made")),
    select(batch_ingredient.c.batch_id, batch_ingredient.c.lot_id, batch_ingredient.c.units, _NONE).where(
        batch_ingredient.c.lot_id.is_not(None)
    ),
    select(batch.c.id, movement.c.lot_id, -movement.c.units, _NONE)
    .join(movement, movement.c.request_id == batch.c.request_id)
    .join(_target, _target.c.id == movement.c.to_place_id)
    .where(_target.c.kind == PlaceKind.COMPOUNDING),
    select(batch.c.id, movement.c.lot_id, _NONE, -movement.c.units)
    .join(movement, movement.c.request_id == batch.c.request_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .where(_source.c.kind == PlaceKind.COMPOUNDING),
).subquery()
_BATCHES = (
    select(batch.c.number, lot.c.number.label("lot"))
    .select_from(_used)
    .join(batch, batch.c.id == _used.c.batch_id)
    .join(lot, lot.c.id == _used.c.lot_id)
    .group_by(batch.c.id, batch.c.number, lot.c.id, lot.c.number)
    .having(or_(func.sum(_used.c.used) != 0, func.sum(_used.c.made) != 0))
    .order_by(batch.c.id, lot.c.id)
)


def batches(db: Connection) -> list[str]:
    """Batches that did not use up or make what their record says."""
    return [
        f"{Record.BATCH.number(row.number)} has other units of lot {row.lot} than its movements"
        for row in first(db, _BATCHES)
    ]


CHECKS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("movements", "Every movement belongs to a document and to its request.", movements),
    ("receipts", "Every delivery is what came in.", receipts),
    ("dispenses", "Every dispense is what went out.", dispenses),
    ("returns", "Every return is what came back.", returns),
    ("stock acts", "Every move, destruction and return to the supplier is what was moved.", stock_acts),
    ("batches", "Every batch used and made what its record says.", batches),
    ("reversals", "Nothing came back twice.", reversals),
)
"""Name, what is so where nothing differs, and the function that looks."""
