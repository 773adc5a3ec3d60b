"""Recalling lots by a notice, and withdrawing it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from dispensary import audit, lookup, lots, request
from dispensary.errors import Contended, Refused
from dispensary.lots import Lot
from dispensary.rules.lot_life import LotAct
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.recall import RecallClass, Scope, require_dated
from dispensary.rules.shelf import State
from dispensary.schema.catalogue import product as product_table
from dispensary.schema.recalls import lot_act, recall_withdrawal
from dispensary.schema.recalls import recall as recall_table
from dispensary.schema.stock import lot as lot_table


class AlreadyRecalled(Refused):
    """The same notice of the same lots, entered twice."""

    sentence = (
        "{recall} is the recall of {covers} by {reference}: nothing was written; "
        "`dispensary recall show {recall}` shows what it concerns."
    )
    recall: str
    covers: str
    reference: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice of recall; `reference` is its own number, such as D-0792-2026, and `dated` its date."""

    key: str
    scope: Scope
    class_: RecallClass
    reference: str
    dated: date
    reason: str


@dataclass(frozen=True, slots=True)
class CoveredLot:
    """A lot whose state the recall changed, or left as it was.

    `made_with` is the lot number of the powder or diluent because of which it is recalled; None where it is another.
    """

    product: str
    lot: str
    expires: date
    from_: State
    state: State
    made_with: str | None = None


@dataclass(frozen=True, slots=True)
class Recalled:
    """The receipt: every lot of this pharmacy that the notice covers, and all that was made of what it covers."""

    recall: str
    key: str
    class_: RecallClass
    reference: str
    dated: date
    covers: str
    reason: str
    lots: tuple[CoveredLot, ...]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The recall that is to hold no longer, and why."""

    key: str
    recall: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The receipt: lots are held until they are released, or stay recalled by another notice."""

    recall: str
    key: str
    reason: str
    lots: tuple[CoveredLot, ...]


_STOOD_HERE = (
    select(lot_table.c.id, lot_table.c.number, lot_table.c.expires, product_table.c.code)
    .join(product_table, product_table.c.id == lot_table.c.product_id)
    .where(lots.STOOD_HERE)
)
_RECALLED_OTHERWISE = (
    select(lot_act.c.lot_id)
    .outerjoin(recall_withdrawal, recall_withdrawal.c.recall_id == lot_act.c.recall_id)
    .where(
        lot_act.c.lot_id.in_(bindparam("lots", expanding=True)),
        lot_act.c.act == LotAct.RECALL,
        lot_act.c.recall_id != bindparam("recall"),
        recall_withdrawal.c.recall_id.is_(None),
    )
)


def recall(db: Connection, notice: Notice, *, on: datetime, by: Person) -> Recalled:
    """Enter the notice and recall every lot that it covers, and all that was made of what it covers.

    A lot number without a product is also that of a powder or a diluent that batches were made with.

    Nothing of a recalled lot reaches a patient, wherever it stands, and no more of it comes in
    (services.stock.receive). Raises NotAllowed, NotFound, WhichProduct, NoticeFromTheFuture and AlreadyRecalled.
    """
    claimed = request.claim(db, "lot recall", notice.key, notice, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Recalled)
    require_dated(notice.reference, notice.dated, on.date())
    scope = notice.scope
    product_id = None if scope.product is None else lookup.product_by_code(db, scope.product)[0]
    for each in lots.open_recalls(db, by.site_id):
        if (each.scope, each.reference) == (scope, notice.reference):
            raise AlreadyRecalled(recall=each.recall, covers=str(scope), reference=each.reference)
    wanted = _covered(db, by.site_id, scope, product_id)
    covered = lots.locked(db, wanted)
    head = audit.take(db, by.site_id, "recalls")
    # A delivery or a batch may have come in between; from here on each waits for the head, and sees the notice.
    if _covered(db, by.site_id, scope, product_id) != wanted:
        raise Contended
    made_with = lots.made_with(db, by.site_id, scope)
    told = {
        "class": notice.class_,
        "reference": notice.reference,
        "dated": notice.dated,
        "reason": notice.reason,
        "expires_from": scope.expires_from,
        "expires_to": scope.expires_to,
    }
    row = {"site_id": by.site_id, "number": head.number, "request_id": claimed, "at": on, "by_id": by.user_id}
    covers = {"product_id": product_id, "lot_number": scope.lot}
    entered = insert(recall_table).values({**row, **covers, **told}).returning(recall_table.c.id)
    recall_id = db.execute(entered).scalar_one()
    done = Recalled(
        recall=Record.RECALL.number(head.number),
        key=notice.key,
        class_=notice.class_,
        reference=notice.reference,
        dated=notice.dated,
        covers=str(scope),
        reason=notice.reason,
        lots=_acted(db, covered, LotAct.RECALL, notice.reason, claimed, recall_id, made_with, on=on, by=by),
    )
    values = {**told, "product": scope.product, "lot": scope.lot, "lots": _told(done.lots)}
    audit.record(db, head, audit.Event("lot recall", done.recall, notice.key, values), on=on, by=by)
    request.keep(db, claimed, done)
    return done


def withdraw(db: Connection, order: Withdrawal, *, on: datetime, by: Person) -> Withdrawn:
    """End the recall. Its lots are held, for a pharmacist to release, unless another recall covers them.

    Raises NotAllowed, NotANumber, NotFound and RecallWithdrawn.
    """
    claimed = request.claim(db, "recall withdraw", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Withdrawn)
    row = lots.recall_by_number(db, by.site_id, order.recall)
    lots.require_open(row, on)
    covered = lots.locked(db, db.execute(lots.OF_RECALL, {"recall": row.id}).scalars())
    given = {"lots": [lot.id for lot in covered], "recall": row.id}
    otherwise = set(db.execute(_RECALLED_OTHERWISE, given).scalars())
    db.execute(
        insert(recall_withdrawal).values(
            recall_id=row.id, request_id=claimed, reason=order.reason, at=on, by_id=by.user_id
        )
    )
    made_with = lots.made_with(db, by.site_id, lots.scope_of(row))
    freed = [lot for lot in covered if lot.id not in otherwise]
    stay = [
        CoveredLot(lot.product, lot.number, lot.expires, lot.state, lot.state, made_with.get(lot.id))
        for lot in covered
        if lot.id in otherwise
    ]
    done = Withdrawn(
        recall=Record.RECALL.number(row.number),
        key=order.key,
        reason=order.reason,
        lots=(*_acted(db, freed, LotAct.WITHDRAW, order.reason, claimed, row.id, made_with, on=on, by=by), *stay),
    )
    values = {"reason": order.reason, "lots": _told(done.lots)}
    event = audit.Event("recall withdraw", done.recall, order.key, values)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, done)
    return done


def _covered(db: Connection, site_id: int, scope: Scope, product_id: int | None) -> list[int]:
    """The lots that have stood at the site and are covered, and all that was made of what is covered; by id.

    Raises WhichProduct where two products have a lot of the number.
    """
    narrowed = _STOOD_HERE
    if product_id is not None:
        narrowed = narrowed.where(lot_table.c.product_id == product_id)
    if scope.lot is not None:
        narrowed = narrowed.where(func.lower(lot_table.c.number) == scope.lot.lower())
    found = [row for row in db.execute(narrowed, {"site": site_id}) if scope.covers(row.code, row.number, row.expires)]
    products = sorted({row.code for row in found})
    if scope.product is None and len(products) > 1:
        raise lots.WhichProduct(lot=str(scope.lot), products=" and ".join(products))
    covered = {row.id for row in found} | lots.made_with(db, site_id, scope).keys()
    return sorted(covered.union(lots.made_of(db, covered)))


def _acted(
    db: Connection,
    acted: Iterable[Lot],
    act: LotAct,
    reason: str,
    request_id: int,
    recall_id: int,
    made_with: Mapping[int, str],
    *,
    on: datetime,
    by: Person,
) -> tuple[CoveredLot, ...]:
    return tuple(
        CoveredLot(
            lot.product,
            lot.number,
            lot.expires,
            lot.state,
            lots.record_act(db, lot, act, reason, request_id=request_id, on=on, by=by, recall_id=recall_id),
            made_with.get(lot.id),
        )
        for lot in acted
    )


def _told(covered: Iterable[CoveredLot]) -> list[list[object]]:
    return [[each.product, each.lot, each.expires, each.from_, each.state] for each in covered]
