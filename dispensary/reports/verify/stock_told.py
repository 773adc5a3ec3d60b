"""Moves, destructions, returns, counts and batches as their events tell of them, under the same names."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Text, case, cast, literal, select

from dispensary.reports.verify.agreement import agrees
from dispensary.reports.verify.told import PATIENT, Parts, Told, ToldParts, Values, day, listed, number_of, rows_of
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.catalogue import product
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.counting import count_closing, count_entry, count_line, stock_count
from dispensary.schema.people import patient, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import lot, movement, place, stock_act
from dispensary.schema.trust import request

_C = number_of(Record.COUNT, stock_count.c.number)
_source = place.alias("source")
_target = place.alias("target")
_witness = user.alias("witness")
_checker = user.alias("checker")
_act_kind = cast(stock_act.c.kind, Text)


def _end(of: Any) -> Any:
    """An end of a movement as events tell it: the place where stock stands, and the kind of any other."""
    return case((of.c.kind.in_([kind for kind in PlaceKind if kind.stocked]), of.c.code), else_=cast(of.c.kind, Text))


def _told_lines(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    return Counter((lot_number, code, *more) for code, lot_number, *more in listed(values, "lines"))


_LINES = ToldParts(
    "line of lot",
    select(
        request.c.key,
        lot.c.number.label("lot"),
        product.c.code.label("product"),
        lot.c.expires,
        _end(_source).label("source"),
        _end(_target).label("target"),
        movement.c.units,
    )
    .join(movement, movement.c.request_id == request.c.id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .join(_target, _target.c.id == movement.c.to_place_id),
    lambda row: (row.lot, row.product, day(row.expires), row.source, row.target, row.units),
    _told_lines,
)
"""The movements of a request, with the places that the sums of `recorded` do not compare."""

ACTS = Told(
    stock_act,
    tuple(kind.value for kind in StockActKind),
    _act_kind,
    rows_of(
        stock_act,
        number_of(Record.STOCK_ACT, stock_act.c.number),
        stock_act.c.at,
        user.c.name.label("by"),
        _act_kind.label("act"),
        stock_act.c.reason,
        stock_act.c.reference,
        _witness.c.name.label("witness"),
    )
    .join(user, user.c.id == stock_act.c.by_id)
    .outerjoin(_witness, _witness.c.id == stock_act.c.witness_id),
    # Only a return to the supplier has a reference, and only a destruction a witness.
    before={"reference": None, "witness": None},
    parts=(_LINES,),
)


def _returned_to(row: Row[Any]) -> tuple[object, ...]:
    return (row.lot, row.product, day(row.expires), row.target, row.units)


def _told_returned(values: Values, kept: Sequence[Row[Any]]) -> Parts:
    if "undelivered" not in values:
        # The first schemas did not tell where it went.
        return Counter(map(_returned_to, kept))
    return _told_lines(values, kept)


RETURNS = Told(
    dispense_return,
    ("return",),
    literal("return"),
    rows_of(
        dispense_return,
        number_of(Record.RETURN, dispense_return.c.number),
        *PATIENT,
        number_of(Record.DISPENSE, dispense.c.number).label("dispense"),
        dispense_return.c.reason,
        dispense_return.c.undelivered,
    )
    .join(dispense, dispense.c.id == dispense_return.c.dispense_id)
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id),
    parts=(
        ToldParts(
            "line of lot",
            # Where returns go by kind is told by kind, and where they came from by code.
            _LINES.rows.with_only_columns(
                request.c.key,
                lot.c.number.label("lot"),
                product.c.code.label("product"),
                lot.c.expires,
                case((_target.c.kind == PlaceKind.RETURNED, PlaceKind.RETURNED.value), else_=_target.c.code).label(
                    "target"
                ),
                movement.c.units,
                maintain_column_froms=True,
            ),
            _returned_to,
            _told_returned,
        ),
    ),
)


def _told_standing(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    return Counter((lot_number, code, *more) for code, lot_number, *more in listed(values, "standing"))


STARTED = Told(
    stock_count,
    ("count start",),
    literal("count start"),
    rows_of(
        stock_count,
        _C,
        stock_count.c.at,
        user.c.name.label("by"),
        place.c.code.label("place"),
        product.c.code.label("product"),
    )
    .join(user, user.c.id == stock_count.c.by_id)
    .outerjoin(place, place.c.id == stock_count.c.place_id)
    .outerjoin(product, product.c.id == stock_count.c.product_id),
    parts=(
        ToldParts(
            "line of lot",
            select(
                request.c.key,
                lot.c.number.label("lot"),
                product.c.code.label("product"),
                lot.c.expires,
                place.c.code.label("place"),
                count_line.c.units,
            )
            .join(stock_count, stock_count.c.request_id == request.c.id)
            .join(count_line, count_line.c.count_id == stock_count.c.id)
            .join(lot, lot.c.id == count_line.c.lot_id)
            .join(product, product.c.id == lot.c.product_id)
            .join(place, place.c.id == count_line.c.place_id),
            lambda row: (row.lot, row.product, day(row.expires), row.place, row.units),
            _told_standing,
        ),
    ),
)
ENTERED = Told(
    count_entry,
    ("count enter",),
    literal("count enter"),
    rows_of(
        count_entry,
        _C,
        count_entry.c.at,
        user.c.name.label("by"),
        product.c.code.label("product"),
        lot.c.number.label("lot"),
        lot.c.expires,
        place.c.code.label("place"),
        count_entry.c.units,
        count_entry.c.book_units,
    )
    .join(stock_count, stock_count.c.id == count_entry.c.count_id)
    .join(lot, lot.c.id == count_entry.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == count_entry.c.place_id)
    .join(user, user.c.id == count_entry.c.by_id),
)
CLOSED = Told(
    count_closing,
    ("count close",),
    literal("count close"),
    rows_of(count_closing, _C, count_closing.c.at, user.c.name.label("by"), count_closing.c.reason)
    .join(stock_count, stock_count.c.id == count_closing.c.count_id)
    .join(user, user.c.id == count_closing.c.by_id),
    parts=(_LINES,),
)


def _told_ingredients(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    return Counter(map(tuple, listed(values, "ingredients")))


BATCHES = Told(
    batch,
    ("repack",),
    literal("repack"),
    rows_of(
        batch,
        number_of(Record.BATCH, batch.c.number),
        batch.c.at,
        user.c.name.label("by"),
        _checker.c.name.label("checked_by"),
        product.c.code.label("product"),
        lot.c.number.label("lot"),
        lot.c.expires,
        batch.c.category,
        batch.c.start,
        batch.c.stability_days,
        batch.c.stability_source,
        batch.c.limited_by,
        batch.c.preservative,
        batch.c.strength_mcg_per_ml,
        batch.c.units,
        batch.c.expected_units,
        batch.c.calculation,
    )
    .join(lot, lot.c.id == batch.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(user, user.c.id == batch.c.by_id)
    .join(_checker, _checker.c.id == batch.c.checked_by_id),
    parts=(
        _LINES,
        ToldParts(
            "ingredient",
            select(
                request.c.key,
                batch_ingredient.c.name,
                product.c.code.label("product"),
                batch_ingredient.c.lot_number,
                batch_ingredient.c.expires,
                batch_ingredient.c.amount,
                batch_ingredient.c.units,
            )
            .join(batch, batch.c.request_id == request.c.id)
            .join(batch_ingredient, batch_ingredient.c.batch_id == batch.c.id)
            .outerjoin(lot, lot.c.id == batch_ingredient.c.lot_id)
            .outerjoin(product, product.c.id == lot.c.product_id),
            lambda row: (row.name, row.product, row.lot_number, day(row.expires), row.amount, row.units),
            _told_ingredients,
        ),
    ),
)

AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    (
        "stock records",
        "Every move, destruction, return, count and batch is what its event tells of.",
        partial(agrees, (ACTS, RETURNS, STARTED, ENTERED, CLOSED, BATCHES)),
    ),
)
"""Name, what is so where nothing differs, and the function that looks."""
