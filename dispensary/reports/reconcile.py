"""The stock's books recomputed from the movements: each function gives the first sentences of what differs.

All sums are the database's own; no movement is read into the program.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
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

from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.schema.catalogue import product
from dispensary.schema.prescribing import dispense, dispense_return
from dispensary.schema.stock import balance, lot, movement, place, receipt, receipt_line
from dispensary.schema.trust import request

SHOWN = 3
"""Differences that are named; one more is fetched, to know that there are more."""

_STOCKED = [kind for kind in PlaceKind if kind.stocked]
_SALEABLE = [kind for kind in PlaceKind if kind.saleable]
_SET_ASIDE = [kind for kind in _STOCKED if not kind.saleable]
_NONE = literal_column("0", Integer)
_ONE = literal_column("1", Integer)
_source = place.alias("source")
_target = place.alias("target")
_original = movement.alias("original")


def first(db: Connection, statement: Select[Any]) -> CursorResult[Any]:
    """The first rows that the statement finds."""
    return db.execute(statement.limit(SHOWN + 1))


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


_line_lot = lot.alias("line_lot")
_of_fill = and_(
    _source.c.kind.in_(_SALEABLE),
    _target.c.kind == PlaceKind.PATIENTS,
    movement.c.reverses_id.is_(None),
    _line_lot.c.product_id == dispense.c.product_id,
)
_of_return = and_(
    _source.c.kind == PlaceKind.PATIENTS,
    _target.c.kind.in_(_SET_ASIDE),
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
    """Returns that are not what came back from that dispense into a place that is not saleable."""
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


def _without(table: Any, at: ColumnElement[int], kind: PlaceKind) -> Select[Any]:
    return (
        select(movement.c.id, lot.c.number.label("lot"))
        .join(lot, lot.c.id == movement.c.lot_id)
        .join(place, place.c.id == at)
        .outerjoin(table, table.c.request_id == movement.c.request_id)
        .where(place.c.kind == kind, table.c.request_id.is_(None))
        .order_by(movement.c.id)
    )


_UNDOCUMENTED: dict[str, Select[Any]] = {
    "a dispense": _without(dispense, movement.c.to_place_id, PlaceKind.PATIENTS),
    "a return": _without(dispense_return, movement.c.from_place_id, PlaceKind.PATIENTS),
    "a receipt": _without(receipt, movement.c.from_place_id, PlaceKind.SUPPLIER),
}
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
    return alone + [
        f"movement {row.id} of lot {row.lot} has another moment or person than its request"
        for row in first(db, _FOREIGN)
    ]


CHECKS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    ("balances", "Every balance is the sum of its movements.", balances),
    ("below zero", "No place gave away more than it had.", below_zero),
    ("lots", "Every balance has its lot's product and expiry.", lots),
    ("movements", "Every movement belongs to a document and to its request.", movements),
    ("receipts", "Every delivery is what came in.", receipts),
    ("dispenses", "Every dispense is what went out.", dispenses),
    ("returns", "Every return is what came back.", returns),
    ("reversals", "Nothing came back twice.", reversals),
)
"""Name, what is so where nothing differs, and the function that looks."""
