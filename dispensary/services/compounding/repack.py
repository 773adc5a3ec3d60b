"""Repacking: a pharmacist makes an in-house lot out of units of a lot, or out of a powder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count

from sqlalchemy import Connection, insert

from dispensary import audit, ledger, lookup, lots, places, request
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.places import StockPlace
from dispensary.rules.access import Act
from dispensary.rules.beyond_use import Category, Stability, Start, beyond_use
from dispensary.rules.compounding import compound, require_ingredients
from dispensary.rules.fit import misfits
from dispensary.rules.ingredient import Diluent, Powder, Source, named
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Product
from dispensary.rules.shelf import State
from dispensary.schema.base import insert_of
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.stock import lot as lot_table
from dispensary.services.compounding.used_up import FromLot, Taken, take
from dispensary.services.people.second_person import another_person


class NotForBatches(Refused):
    """A place where only stock stands that was here before."""

    sentence = "What is made does not go to {place}: nothing was made; choose a shelf, a refrigerator or quarantine."
    place: str


class BatchPlaceDoesNotFit(Refused):
    """The place is too warm, too cold or too bright: the beyond-use date rests on how the product is kept."""

    sentence = (
        "{place} does not fit {product}, whose beyond-use date rests on how it is kept: it {misfits}; nothing was "
        "made; choose a place that fits."
    )
    place: str
    product: str
    misfits: str


class IngredientRecalled(Refused):
    """A notice covers a powder or a diluent."""

    sentence = (
        "{name} of lot {lot} is recalled by {reference} ({recall}): nothing was made; take another lot of it, "
        "and send this one back or destroy it."
    )
    name: str
    lot: str
    reference: str
    recall: str


class RecalledBeforeMade(Refused):
    """A notice covers what would be made."""

    sentence = (
        "A lot of {product} to be used through {expires} would be recalled by {reference} ({recall}): nothing was "
        "made; withdraw the recall if it does not mean what is made here."
    )
    product: str
    expires: date
    reference: str
    recall: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What was made of what, by whom it was checked, and where it is put."""

    key: str
    product: str
    main: FromLot | Powder
    diluents: tuple[Diluent, ...]
    made: int
    category: Category
    start: Start
    stability: Stability | None
    checked_by: str
    place: str


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What went into a batch: `product` and `units` for a lot of the stock, `amount` as the record says it."""

    name: str
    product: str | None
    lot: str
    expires: date
    units: int | None
    amount: str


@dataclass(frozen=True, slots=True)
class Repacked:
    """The receipt of a batch. `expires` is the beyond-use date and `yield_` the units made of those expected."""

    batch: str
    key: str
    product: str
    lot: str
    expires: date
    units: int
    expected_units: int
    yield_: str
    place: str
    category: Category
    start: Start
    limited_by: str
    preservative: str
    strength_mcg_per_ml: int
    ingredients: tuple[Ingredient, ...]
    made_by: str
    checked_by: str


def repack(db: Connection, order: Batch, *, on: datetime, by: Person) -> Repacked:
    """Use the ingredients up and put what was made of them into its place, as a lot with a number of its own.

    Raises NotAllowed, NotAnotherPerson, NotFound, WhichProduct, LotNotUsable, NothingToUse, NotAStockPlace,
    NotForBatches, BatchPlaceDoesNotFit, BeyondUseTooShort, IngredientRecalled, RecalledBeforeMade, and what
    `require_ingredients` and `compound` refuse.
    """
    claimed = request.claim(db, "repack", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Repacked)
    checker_id, _ = another_person(db, order.checked_by, by, Act.CHECK_BATCH, option="--checked-by")
    product_id, target = lookup.product_by_code(db, order.product)
    stands = _stands(db, order.place, target, by)
    main, taken = (order.main, None) if isinstance(order.main, Powder) else take(db, order.main, by.site_id, on)
    require_ingredients(target, main, order.diluents, order.start, on.date())
    compounded = compound(target, main, order.diluents, order.made)
    expiries = [(named(each), each.expires) for each in (main, *order.diluents)]
    until = beyond_use(on, order.category, order.start, target.storage.temperature, order.stability, expiries)
    workshop = places.place_of_kind(db, by.site_id, PlaceKind.COMPOUNDING)
    if taken is not None:
        ledger.post(db, [taken.movement(workshop)], request_id=claimed, on=on, by=by)
    # The lot that is made has its number from the head; nobody else can know it yet, so nobody waits for it.
    head = audit.take(db, by.site_id, "batches")
    _require_not_recalled(db, order, by)
    lot_id, lot = _new_lot(db, product_id, target.code, f"H{head.number}", until.last_day, by)
    made = Movement(lot_id, product_id, until.last_day, workshop, stands.as_place, order.made)
    ledger.post(db, [made], request_id=claimed, on=on, by=by)
    repacked = Repacked(
        batch=Record.BATCH.number(head.number),
        key=order.key,
        product=target.code,
        lot=lot,
        expires=until.last_day,
        units=order.made,
        expected_units=compounded.expected_units,
        yield_=compounded.yield_percent,
        place=stands.code,
        category=order.category,
        start=order.start,
        limited_by=until.limited_by,
        preservative=str(compounded.preservatives),
        strength_mcg_per_ml=target.strength.mcg_per_ml,
        ingredients=tuple(map(_ingredient, (main, *order.diluents))),
        made_by=by.name,
        checked_by=order.checked_by,
    )
    told = _told(repacked, order.stability, [*compounded.calculation, *map(str, until.limits)])
    row = {"site_id": by.site_id, "number": head.number, "request_id": claimed, "lot_id": lot_id}
    people = {"at": on, "by_id": by.user_id, "checked_by_id": checker_id}
    _write(db, {**row, **people, **told}, repacked.ingredients, taken)
    event = audit.Event("repack", repacked.batch, order.key, {**told, **_lines(repacked, taken)})
    audit.record(db, head, event, on=on, by=by)
    request.keep(db, claimed, repacked)
    return repacked


def _stands(db: Connection, code: str, target: Product, by: Person) -> StockPlace:
    """The place that what is made goes to."""
    stands = places.stock_place(db, by.site_id, code)
    if not stands.kind.takes_new_stock:
        raise NotForBatches(place=stands.code)
    unfit = misfits(target.storage, stands.climate)
    if unfit:
        raise BatchPlaceDoesNotFit(place=stands.code, product=target.code, misfits=" and ".join(unfit))
    return stands


def _require_not_recalled(db: Connection, order: Batch, by: Person) -> None:
    """What is not stock is recalled by its lot number; asked with the head, which a notice takes last too."""
    notices = {
        notice.scope.ingredient.lower(): notice
        for notice in lots.open_recalls(db, by.site_id)
        if notice.scope.ingredient is not None
    }
    for each in (order.main, *order.diluents):
        notice = None if isinstance(each, FromLot) else notices.get(each.lot.lower())
        if notice is not None and not isinstance(each, FromLot):
            raise IngredientRecalled(name=each.name, lot=each.lot, reference=notice.reference, recall=notice.recall)


def _new_lot(db: Connection, product_id: int, code: str, number: str, expires: date, by: Person) -> tuple[int, str]:
    """The new lot and its number, which another site, a maker or a notice of recall may have used before."""
    notices = lots.open_recalls(db, by.site_id)
    for name in chain([number], (f"{number}-{more}" for more in count(2))):
        covering = [notice for notice in notices if notice.scope.covers(code, name, expires)]
        if any(notice.scope.lot is not None for notice in covering):
            continue
        for notice in covering:
            raise RecalledBeforeMade(product=code, expires=expires, reference=notice.reference, recall=notice.recall)
        lot_id = db.execute(
            insert_of(db.dialect.name)(lot_table)
            .values(product_id=product_id, number=name, expires=expires, state=State.AVAILABLE, month_only=False)
            .on_conflict_do_nothing(index_elements=["product_id", "number"])
            .returning(lot_table.c.id)
        ).scalar()
        if lot_id is not None:
            return int(lot_id), name
    raise AssertionError("numbers do not end")


def _ingredient(each: Source | Powder | Diluent) -> Ingredient:
    code, units = (each.product.code, each.units) if isinstance(each, Source) else (None, None)
    return Ingredient(each.name, code, each.lot, each.expires, units, each.amount)


def _told(made: Repacked, stability: Stability | None, calculation: Sequence[str]) -> dict[str, object]:
    """What the batch's row holds and its event tells alike, under the names of the columns."""
    return {
        "category": made.category,
        "start": made.start,
        "stability_days": stability and stability.days,
        "stability_source": stability and stability.source,
        "limited_by": made.limited_by,
        "preservative": made.preservative,
        "strength_mcg_per_ml": made.strength_mcg_per_ml,
        "units": made.units,
        "expected_units": made.expected_units,
        "calculation": "\n".join(calculation),
    }


def _lines(made: Repacked, taken: Taken | None) -> dict[str, object]:
    """The rest of the event: persons, ingredients, and a line for each movement."""
    workshop = PlaceKind.COMPOUNDING.value
    lines: list[list[object]] = [[made.product, made.lot, made.expires, workshop, made.place, made.units]]
    if taken is not None:
        lot = taken.lot
        lines.insert(0, [lot.product, lot.number, lot.expires, taken.code, workshop, taken.units])
    return {
        "product": made.product,
        "lot": made.lot,
        "expires": made.expires,
        "checked_by": made.checked_by,
        "ingredients": [[i.name, i.product, i.lot, i.expires, i.amount, i.units] for i in made.ingredients],
        "lines": lines,
    }


def _write(db: Connection, row: dict[str, object], ingredients: Sequence[Ingredient], taken: Taken | None) -> None:
    batch_id = db.execute(insert(batch).values(**row).returning(batch.c.id)).scalar_one()
    db.execute(
        insert(batch_ingredient),
        [
            {
                "batch_id": batch_id,
                "lot_id": taken.lot.id if taken is not None and each.units is not None else None,
                "units": each.units,
                "name": each.name,
                "lot_number": each.lot,
                "expires": each.expires,
                "amount": each.amount,
            }
            for each in ingredients
        ],
    )
