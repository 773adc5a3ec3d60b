"""The rows about a lot and about what was made of it: movements, draws, and batches both ways."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from dispensary.schema.catalogue import product
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.counting import count_closing, stock_count
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import lot as lots
from dispensary.schema.stock import movement, place, stock_act
from dispensary.schema.trust import request
from dispensary.schema.vials import draw, vial

_from = place.alias("from_place")
_to = place.alias("to_place")
_undone = dispense.alias("undone")
_MOVEMENTS = (
    select(
        lots.c.id.label("lot_id"),
        lots.c.number.label("lot"),
        product.c.code,
        movement.c.units,
        movement.c.at,
        request.c.kind,
        _from.c.code.label("from_"),
        _from.c.kind.label("from_kind"),
        _to.c.code.label("to"),
        _to.c.kind.label("to_kind"),
        dispense.c.number.label("dispense"),
        _undone.c.number.label("undone"),
        patient.c.number.label("patient"),
        dispense_return.c.number.label("return_"),
        vial.c.number.label("vial"),
        stock_act.c.number.label("stock_act"),
        stock_count.c.number.label("count_"),
        batch.c.number.label("batch"),
    )
    .join(product, product.c.id == lots.c.product_id)
    .join(movement, movement.c.lot_id == lots.c.id)
    .join(request, request.c.id == movement.c.request_id)
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .outerjoin(dispense, dispense.c.request_id == request.c.id)
    .outerjoin(dispense_return, dispense_return.c.request_id == request.c.id)
    .outerjoin(_undone, _undone.c.id == dispense_return.c.dispense_id)
    .outerjoin(prescription, prescription.c.id == func.coalesce(dispense.c.prescription_id, _undone.c.prescription_id))
    .outerjoin(patient, patient.c.id == prescription.c.patient_id)
    .outerjoin(vial, vial.c.request_id == request.c.id)
    .outerjoin(stock_act, stock_act.c.request_id == request.c.id)
    .outerjoin(count_closing, count_closing.c.request_id == request.c.id)
    .outerjoin(stock_count, stock_count.c.id == count_closing.c.count_id)
    .outerjoin(batch, batch.c.request_id == request.c.id)
    .where(lots.c.id.in_(bindparam("lots", expanding=True)), request.c.site_id == bindparam("site"))
    .order_by(lots.c.id, movement.c.id)
)
_DRAWS = (
    select(vial.c.lot_id, draw.c.number, vial.c.number.label("vial"), patient.c.number.label("patient"))
    .add_columns(draw.c.volume_ul, draw.c.at)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(patient, patient.c.id == draw.c.patient_id)
    .where(vial.c.lot_id.in_(bindparam("lots", expanding=True)), draw.c.site_id == bindparam("site"))
    .order_by(draw.c.id)
)
_INGREDIENTS = (
    select(batch.c.lot_id, batch.c.number, product.c.code, batch_ingredient)
    .join(batch_ingredient, batch_ingredient.c.batch_id == batch.c.id)
    .outerjoin(lots, lots.c.id == batch_ingredient.c.lot_id)
    .outerjoin(product, product.c.id == lots.c.product_id)
    .where(batch.c.lot_id.in_(bindparam("lots", expanding=True)), batch.c.site_id == bindparam("site"))
    .order_by(batch_ingredient.c.id)
)
_USED: Select[Any] = (
    select(
        batch.c.lot_id,
        batch.c.number,
        batch.c.at,
        batch.c.units.label("made"),
        product.c.code,
        lots.c.number.label("lot"),
        batch_ingredient.c.lot_id.label("of_id"),
        batch_ingredient.c.lot_number.label("of_lot"),
        batch_ingredient.c.name,
        batch_ingredient.c.units,
        batch_ingredient.c.amount,
    )
    .join(batch_ingredient, batch_ingredient.c.batch_id == batch.c.id)
    .join(lots, lots.c.id == batch.c.lot_id)
    .join(product, product.c.id == lots.c.product_id)
    .where(batch.c.site_id == bindparam("site"))
    .order_by(batch.c.id, batch_ingredient.c.id)
)
_MADE_INTO = _USED.where(batch_ingredient.c.lot_id.in_(bindparam("lots", expanding=True)))
_MADE_WITH = _USED.where(
    batch_ingredient.c.lot_id.is_(None), func.lower(batch_ingredient.c.lot_number) == bindparam("number")
)


@dataclass(frozen=True, slots=True)
class Story:
    """The rows about some lots, each under the lot that it is about."""

    movements: dict[int, list[Row[Any]]]
    draws: dict[int, list[Row[Any]]]
    ingredients: dict[int, list[Row[Any]]]
    made_into: dict[int, list[Row[Any]]]


def made_with(db: Connection, site_id: int, lot: str) -> Sequence[Row[Any]]:
    """The uses of powders and diluents of that lot number, which are not stock; upper and lower case are the same."""
    return db.execute(_MADE_WITH, {"site": site_id, "number": lot.lower()}).all()


def ingredient_rows(db: Connection, site_id: int, made: Sequence[int]) -> Sequence[Row[Any]]:
    """What the lots that were made here were made of."""
    return db.execute(_INGREDIENTS, {"site": site_id, "lots": made}).all()


def story_of(db: Connection, site_id: int, found: Sequence[int]) -> Story:
    """What is known of the lots and of every lot that was made of them, and of those in turn."""
    known, newest = list(found), list(found)
    made_into: list[Row[Any]] = []
    while newest:
        made = db.execute(_MADE_INTO, {"site": site_id, "lots": newest}).all()
        made_into += made
        newest = [row.lot_id for row in made]
        known += newest
    given = {"site": site_id, "lots": known}
    return Story(
        movements=_by_lot(db.execute(_MOVEMENTS, given)),
        draws=_by_lot(db.execute(_DRAWS, given)),
        ingredients=_by_lot(ingredient_rows(db, site_id, known)),
        made_into=_by_lot(made_into, "of_id"),
    )


def _by_lot(rows: Iterable[Row[Any]], lot: str = "lot_id") -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(getattr(row, lot), []).append(row)
    return found
