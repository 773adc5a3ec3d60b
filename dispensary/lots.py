"""Lots by the number on the pack, the acts that change their state, and the recalls that cover them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from dispensary.errors import Refused, quoted
from dispensary.lookup import NotFound, no_such
from dispensary.rules import shelf
from dispensary.rules.lot_life import LotAct, state_after
from dispensary.rules.moments import day_in
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person
from dispensary.rules.recall import OpenRecall, Scope
from dispensary.rules.shelf import Operation, State
from dispensary.schema.catalogue import product
from dispensary.schema.compounding import batch, batch_ingredient
from dispensary.schema.counting import count_entry, count_line
from dispensary.schema.recalls import lot_act, recall, recall_withdrawal
from dispensary.schema.stock import lot as lot_table
from dispensary.schema.stock import movement, place


class WhichProduct(Refused):
    """Two products have a lot of the same number."""

    sentence = "Lot {lot} is one of {products}: say which product with --product."
    lot: str
    products: str


class RecallWithdrawn(Refused):
    """Nothing more is done about a recall that was withdrawn."""

    sentence = "{recall} was withdrawn on {on}: nothing was written; enter a new notice with `dispensary lot recall`."
    recall: str
    on: date


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as it is recorded; whether it has expired is decided by the day (shelf.state_on)."""

    id: int
    number: str
    product_id: int
    product: str
    """The product's code."""
    expires: date
    state: State

    def require(self, operation: Operation, today: date) -> None:
        """Raises LotNotUsable unless the lot's state on the day allows the operation."""
        shelf.require(operation, self.state, self.expires, today, lot=self.number, product=self.product)


_LOTS = (
    select(
        lot_table.c.id,
        lot_table.c.number,
        lot_table.c.product_id,
        product.c.code.label("product"),
        lot_table.c.expires,
        lot_table.c.state,
    )
    .join(product, product.c.id == lot_table.c.product_id)
    .order_by(lot_table.c.id)
)
_LOCK = (
    select(lot_table.c.id)
    .where(lot_table.c.id.in_(bindparam("lots", expanding=True)))
    .order_by(lot_table.c.id)
    .with_for_update(key_share=True)
)
STOOD_HERE = exists().where(
    movement.c.lot_id == lot_table.c.id, movement.c.to_place_id == place.c.id, place.c.site_id == bindparam("site")
)
"""Whether any of a lot has ever stood at a place of the site: of other lots it knows nothing."""

_NUMBERED = select(lot_table.c.id).where(lot_table.c.number == bindparam("number"), STOOD_HERE)
RECALLS = (
    select(
        *(column for column in recall.c if column.name != "class"),
        recall.c["class"].label("class_"),
        product.c.code.label("product"),
        recall_withdrawal.c.at.label("withdrawn_at"),
        recall_withdrawal.c.reason.label("withdrawn_reason"),
        recall_withdrawal.c.by_id.label("withdrawn_by_id"),
    )
    .outerjoin(product, product.c.id == recall.c.product_id)
    .outerjoin(recall_withdrawal, recall_withdrawal.c.recall_id == recall.c.id)
    .where(recall.c.site_id == bindparam("site"))
    .order_by(recall.c.number)
)
"""The recalls of a site, with what `scope_of` needs, and how each ended."""

OF_RECALL = select(lot_act.c.lot_id).where(lot_act.c.recall_id == bindparam("recall"), lot_act.c.act == LotAct.RECALL)
"""The lots that a recall covers: those in the books when it was entered, since no more of them come in."""

OF_COUNT = (
    select(count_line.c.lot_id, count_line.c.place_id)
    .where(count_line.c.count_id == bindparam("count"))
    .union(select(count_entry.c.lot_id, count_entry.c.place_id).where(count_entry.c.count_id == bindparam("count")))
)
"""The lots that a count is of, each with its place: those of its sheet, and those that were entered beside it."""

_MADE_OF = (
    select(batch.c.lot_id)
    .join(batch_ingredient, batch_ingredient.c.batch_id == batch.c.id)
    .where(batch_ingredient.c.lot_id.in_(bindparam("lots", expanding=True)))
)
_MADE_WITH = (
    select(batch.c.lot_id, batch_ingredient.c.lot_number)
    .join(batch_ingredient, batch_ingredient.c.batch_id == batch.c.id)
    .where(
        batch_ingredient.c.lot_id.is_(None),
        func.lower(batch_ingredient.c.lot_number) == bindparam("number"),
        batch.c.site_id == bindparam("site"),
    )
)

OPEN_RECALLS = RECALLS.where(recall_withdrawal.c.recall_id.is_(None))
"""Those of RECALLS that nobody withdrew."""

_ONE_RECALL = RECALLS.where(recall.c.number == bindparam("number"))


def numbered(db: Connection, site_id: int, number: str) -> list[int]:
    """The ids of the lots of this number which the site has had, of one product or of several."""
    return list(db.execute(_NUMBERED, {"number": number, "site": site_id}).scalars())


def named(db: Connection, site_id: int, number: str, product_code: str | None = None) -> Lot:
    """The site's lot of this number, locked until the transaction ends; of the product where several have one.

    Raises NotFound and WhichProduct.
    """
    found = locked(db, numbered(db, site_id, number))
    wanted = product_code and product_code.strip().upper()
    of_product = [each for each in found if wanted in (None, each.product)]
    if not of_product:
        given = f"{quoted(number)} of {wanted}" if wanted else quoted(number)
        raise NotFound(what="lot", given=given, way_out="`dispensary lot list` shows the lots")
    if len(of_product) > 1:
        raise WhichProduct(lot=number, products=" and ".join(each.product for each in of_product))
    return of_product[0]


def locked(db: Connection, ids: Iterable[int]) -> list[Lot]:
    """These lots by id, each locked until the transaction ends: others wait who would change their state.

    Locked first, in the order of their ids, and read afterwards: a statement that waits in PostgreSQL
    goes on with what it saw before.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return []
    if db.dialect.name != "sqlite":
        db.execute(_LOCK, {"lots": wanted}).all()
    return [lot_of(row) for row in db.execute(_LOTS.where(lot_table.c.id.in_(wanted)))]


def lot_of(row: Any) -> Lot:
    """The lot of a row with the columns of a Lot."""
    return Lot(row.id, row.number, row.product_id, row.product, row.expires, row.state)


def made_of(db: Connection, lot_ids: Iterable[int], since: datetime | None = None) -> list[int]:
    """What was made of these lots, and of what was made of them in turn; by id, without the lots themselves.

    With `since` only batches that were made at that moment or later count.
    """
    wanted = _MADE_OF if since is None else _MADE_OF.where(batch.c.at >= since)
    made: set[int] = set()
    newest = set(lot_ids)
    while newest:
        newest = set(db.execute(wanted, {"lots": sorted(newest)}).scalars()) - made
        made |= newest
    return sorted(made)


def made_with(db: Connection, site_id: int, scope: Scope) -> dict[int, str]:
    """What the site made with a powder or a diluent that the scope covers: its lot number as the batch record has it.

    By the id of the lot that was made; those that were made of such lots in turn are `made_of`.
    """
    if scope.ingredient is None:
        return {}
    given = {"number": scope.ingredient.lower(), "site": site_id}
    return {row.lot_id: row.lot_number for row in db.execute(_MADE_WITH, given)}


def record_act(
    db: Connection,
    lot: Lot,
    act: LotAct,
    reason: str,
    *,
    request_id: int,
    on: datetime,
    by: Person,
    recall_id: int | None = None,
    excursion_id: int | None = None,
) -> State:
    """Append the act to the locked lot and carry its state along; raises NotFromThisLotState."""
    state = state_after(act, lot.state, lot=lot.number, product=lot.product)
    db.execute(
        insert(lot_act).values(
            lot_id=lot.id,
            request_id=request_id,
            act=act,
            reason=reason,
            recall_id=recall_id,
            excursion_id=excursion_id,
            at=on,
            by_id=by.user_id,
        )
    )
    db.execute(update(lot_table).where(lot_table.c.id == lot.id).values(state=state))
    return state


def scope_of(row: Any) -> Scope:
    """What the recall of a row of RECALLS covers."""
    return Scope(row.product, row.lot_number, row.expires_from, row.expires_to)


def open_recalls(db: Connection, site_id: int) -> list[OpenRecall]:
    """The recalls of the site that have not been withdrawn, by number."""
    rows = db.execute(OPEN_RECALLS, {"site": site_id})
    return [OpenRecall(Record.RECALL.number(row.number), row.reference, scope_of(row)) for row in rows]


def recall_by_number(db: Connection, site_id: int, given: str) -> Any:
    """The row of RECALLS of this number (RC1); raises NotANumber and NotFound."""
    number = parse_number(Record.RECALL, given)
    row = db.execute(_ONE_RECALL, {"site": site_id, "number": number}).first()
    if row is None:
        raise no_such(Record.RECALL, number)
    return row


def require_open(row: Any, on: datetime) -> None:
    """Raises RecallWithdrawn; `row` is one of RECALLS."""
    if row.withdrawn_at is not None:
        day = day_in(row.withdrawn_at, on.tzinfo)
        raise RecallWithdrawn(recall=Record.RECALL.number(row.number), on=day)
