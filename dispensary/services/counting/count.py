"""Starting a count of a place or a product, and entering what is found; whoever counts is not told what to find."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from dispensary import audit, database, lookup, lots, places, request
from dispensary.errors import Refused
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person
from dispensary.rules.shelf import Operation
from dispensary.schema.catalogue import product as products
from dispensary.schema.counting import count_closing, count_entry, count_line, stock_count
from dispensary.schema.stock import balance, place


class NothingToCount(Refused):
    """Neither a place nor a product."""

    sentence = "Nobody said what to count: give --place, --product or both."


class CountClosed(Refused):
    """The count has come to its end."""

    sentence = "{count} is closed: nothing was changed; start another with `dispensary count start`."
    count: str


class NotInThisCount(Refused):
    """A lot or a place that is no part of the count."""

    sentence = "{count} counts {scope}, not {given}: nothing was entered; start another count for that."
    count: str
    scope: str
    given: str


class WhichPlace(Refused):
    """The lot may stand at several places of the count."""

    sentence = "{count} counts a product wherever it stands: say where lot {lot} was found, with --place."
    count: str
    lot: str


@dataclass(frozen=True, slots=True)
class StartCount:
    """What to count: a place, a product, or a product at a place."""

    key: str
    place: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A lot to be counted at a place; how many units it should be is not told."""

    product: str
    lot: str
    expires: date
    place: str


@dataclass(frozen=True, slots=True)
class CountStarted:
    """The receipt: the sheet to go along the shelf with."""

    count: str
    key: str
    place: str | None
    product: str | None
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class EnterCount:
    """What was found of a lot; the place where the count is of a product wherever it stands."""

    key: str
    count: str
    lot: str
    units: int
    place: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class CountEntered:
    """The receipt of an entry."""

    count: str
    key: str
    product: str
    lot: str
    expires: date
    place: str
    units: int


@dataclass(frozen=True, slots=True)
class Count:
    """An open count and its scope, held for this transaction."""

    id: int
    number: str
    place: places.StockPlace | None
    product_id: int | None
    product: str | None

    @property
    def scope(self) -> str:
        """The scope in words."""
        where = None if self.place is None else self.place.code
        return " at ".join(each for each in (self.product, where) if each)


_STANDING = (
    select(balance.c.lot_id, balance.c.place_id, balance.c.units, place.c.code)
    .join(place, place.c.id == balance.c.place_id)
    .where(place.c.site_id == bindparam("site"), balance.c.units > 0)
    .order_by(balance.c.lot_id, balance.c.place_id)
)
_COUNT = (
    select(stock_count.c.id, stock_count.c.place_id, stock_count.c.product_id, products.c.code)
    .outerjoin(products, products.c.id == stock_count.c.product_id)
    .where(stock_count.c.site_id == bindparam("site"), stock_count.c.number == bindparam("number"))
)
_LINE_PLACES = select(count_line.c.place_id).where(
    count_line.c.count_id == bindparam("count"), count_line.c.lot_id == bindparam("lot")
)
_BALANCE = select(func.coalesce(func.sum(balance.c.units), 0)).where(
    balance.c.lot_id == bindparam("lot"), balance.c.place_id == bindparam("place")
)
# What was found there before in the same count, which the entry takes the place of.
_BEFORE = (
    select(count_entry.c.units)
    .where(
        count_entry.c.count_id == bindparam("count"),
        count_entry.c.lot_id == bindparam("lot"),
        count_entry.c.place_id == bindparam("place"),
    )
    .order_by(count_entry.c.id.desc())
    .limit(1)
)


def start_count(db: Connection, order: StartCount, *, on: datetime, by: Person) -> CountStarted:
    """Write down every lot that stands in the scope of the count. Raises NothingToCount, NotFound, NotAStockPlace."""
    claimed = request.claim(db, "count start", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, CountStarted)
    if order.place is None and order.product is None:
        raise NothingToCount
    where = None if order.place is None else places.stock_place(db, by.site_id, order.place)
    product_id, facts = (None, None) if order.product is None else lookup.product_by_code(db, order.product)
    code = None if facts is None else facts.code
    standing = _standing(db, where, product_id, by)
    for lot in {lot.id: lot for lot, _ in standing}.values():
        lot.require(Operation.COUNT, on.date())
    head = audit.take(db, by.site_id, "counts")
    count_id = db.execute(
        insert(stock_count)
        .values(
            site_id=by.site_id,
            number=head.number,
            request_id=claimed,
            place_id=None if where is None else where.id,
            product_id=product_id,
            at=on,
            by_id=by.user_id,
        )
        .returning(stock_count.c.id)
    ).scalar_one()
    if standing:
        lines = [
            {"count_id": count_id, "lot_id": lot.id, "place_id": row.place_id, "units": row.units}
            for lot, row in standing
        ]
        db.execute(insert(count_line), lines)
    sheet = [SheetLine(lot.product, lot.number, lot.expires, row.code) for lot, row in standing]
    started = CountStarted(
        count=Record.COUNT.number(head.number),
        key=order.key,
        place=None if where is None else where.code,
        product=code,
        # Along the shelf, and not in the order of their arrival.
        lines=tuple(sorted(sheet, key=lambda line: (line.place, line.product, line.expires, line.lot))),
    )
    values = {
        "place": started.place,
        "product": code,
        "standing": [[lot.product, lot.number, lot.expires, row.code, row.units] for lot, row in standing],
    }
    audit.record(db, head, audit.Event("count start", started.count, order.key, values), on=on, by=by)
    request.keep(db, claimed, started)
    return started


def _standing(
    db: Connection, where: places.StockPlace | None, product_id: int | None, by: Person
) -> list[tuple[lots.Lot, Any]]:
    """The lots that stand in the scope, locked, each with its place and units."""
    standing = _STANDING
    if where is not None:
        standing = standing.where(balance.c.place_id == where.id)
    if product_id is not None:
        standing = standing.where(balance.c.product_id == product_id)
    # Locked before they are written down, so that no movement is half before and half after the start.
    found = lots.locked(db, [row.lot_id for row in db.execute(standing, {"site": by.site_id})])
    known = {each.id: each for each in found}
    rows = db.execute(standing, {"site": by.site_id})
    return [(known[row.lot_id], row) for row in rows if row.lot_id in known]


def enter_count(db: Connection, order: EnterCount, *, on: datetime, by: Person) -> CountEntered:
    """Write down what was found, beside what the books have at this moment; the last entry of a lot counts.

    Raises NotFound, CountClosed, NotInThisCount, WhichProduct, WhichPlace and NotAStockPlace.
    """
    claimed = request.claim(db, "count enter", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, CountEntered)
    count = open_count(db, order.count, by)
    # What a count of a product finds is of that product, whatever else has a lot of the same number.
    lot = lots.named(db, by.site_id, order.lot, order.product or count.product)
    if count.product_id not in (None, lot.product_id):
        raise NotInThisCount(count=count.number, scope=count.scope, given=lot.product)
    where = _place(db, count, lot, order.place, by)
    lot.require(Operation.COUNT, on.date())
    book_units = int(db.execute(_BALANCE, {"lot": lot.id, "place": where.id}).scalar_one())
    before = db.execute(_BEFORE, {"count": count.id, "lot": lot.id, "place": where.id}).scalar()
    head = audit.take(db, by.site_id)
    db.execute(
        insert(count_entry).values(
            count_id=count.id,
            request_id=claimed,
            lot_id=lot.id,
            place_id=where.id,
            units=order.units,
            book_units=book_units,
            at=on,
            by_id=by.user_id,
        )
    )
    entered = CountEntered(
        count=count.number,
        key=order.key,
        product=lot.product,
        lot=lot.number,
        expires=lot.expires,
        place=where.code,
        units=order.units,
    )
    values = {
        "product": lot.product,
        "lot": lot.number,
        "expires": lot.expires,
        "place": where.code,
        "before": before,
        "units": order.units,
        "book_units": book_units,
    }
    audit.record(db, head, audit.Event("count enter", count.number, order.key, values), on=on, by=by)
    request.keep(db, claimed, entered)
    return entered


def open_count(db: Connection, given: str, by: Person) -> Count:
    """The open count of this number, held until the transaction ends; raises NotFound and CountClosed."""
    number = parse_number(Record.COUNT, given)
    written = Record.COUNT.number(number)
    row = db.execute(_COUNT, {"site": by.site_id, "number": number}).first()
    if row is None:
        raise lookup.no_such(Record.COUNT, number)
    # An entry and the end of its count wait for each other.
    database.hold(db, "count", row.id)
    if db.execute(select(count_closing.c.count_id).where(count_closing.c.count_id == row.id)).first() is not None:
        raise CountClosed(count=written)
    by_id = {each.id: each for each in places.stock_places(db, by.site_id)}
    return Count(row.id, written, None if row.place_id is None else by_id[row.place_id], row.product_id, row.code)


def _place(db: Connection, count: Count, lot: lots.Lot, given: str | None, by: Person) -> places.StockPlace:
    """Where the lot was found: as given, or the only place where it can be."""
    if given is not None:
        where = places.stock_place(db, by.site_id, given)
        if count.place not in (None, where):
            raise NotInThisCount(count=count.number, scope=count.scope, given=where.code)
        return where
    if count.place is not None:
        return count.place
    ids = list(db.execute(_LINE_PLACES, {"count": count.id, "lot": lot.id}).scalars())
    if len(ids) != 1:
        raise WhichPlace(count=count.number, lot=lot.number)
    return next(each for each in places.stock_places(db, by.site_id) if each.id == ids[0])
