"""What happened to stock on a day, line by line: deliveries, what was done by hand, counts, and acts about lots."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, case, select

from dispensary.reports.nightly.day import OF_THE_DAY, Day, rows_of
from dispensary.rules.lot_life import LotAct
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.catalogue import product
from dispensary.schema.counting import count_closing, stock_count
from dispensary.schema.people import user
from dispensary.schema.recalls import lot_act
from dispensary.schema.stock import lot, movement, place, receipt, receipt_line, stock_act
from dispensary.schema.trust import request


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """Units of a lot that a delivery of the day brought."""

    receipt: str
    product: str
    lot: str
    expires: date
    units: int
    place: str
    by: str


@dataclass(frozen=True, slots=True)
class StockActLine:
    """Units of a lot that were moved, destroyed or sent back by hand."""

    act: str
    kind: StockActKind
    product: str
    lot: str
    units: int
    from_: str
    to: str
    reason: str | None
    witness: str | None
    by: str


@dataclass(frozen=True, slots=True)
class CountedLine:
    """Units of a lot by which a count corrected the books, below 0 where it took some out."""

    count: str
    product: str
    lot: str
    place: str
    variance: int
    reason: str | None
    by: str


@dataclass(frozen=True, slots=True)
class LotActLine:
    """A lot that was held, released, recalled or taken out of a recall."""

    product: str
    lot: str
    lot_act: LotAct
    reason: str
    by: str


_RECEIVED = (
    select(
        receipt.c.number,
        product.c.code,
        lot.c.number.label("lot"),
        lot.c.expires,
        receipt_line.c.units,
        place.c.code.label("place"),
        user.c.name.label("by"),
    )
    .join(request, request.c.id == receipt.c.request_id)
    .join(receipt_line, receipt_line.c.receipt_id == receipt.c.id)
    .join(lot, lot.c.id == receipt_line.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(place, place.c.id == receipt_line.c.place_id)
    .join(user, user.c.id == request.c.by_id)
    .where(*OF_THE_DAY)
    .order_by(receipt.c.number, receipt_line.c.id)
)
_source = place.alias("source")
_target = place.alias("target")
_witness = user.alias("witness")
_STOCK_ACTS = (
    select(
        stock_act.c.number,
        stock_act.c.kind,
        product.c.code,
        lot.c.number.label("lot"),
        movement.c.units,
        _source.c.code.label("from_"),
        _target.c.code.label("to"),
        stock_act.c.reason,
        _witness.c.name.label("witness"),
        user.c.name.label("by"),
    )
    .join(movement, movement.c.request_id == stock_act.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .join(_target, _target.c.id == movement.c.to_place_id)
    .join(user, user.c.id == stock_act.c.by_id)
    .outerjoin(_witness, _witness.c.id == stock_act.c.witness_id)
    .where(
        stock_act.c.site_id == bindparam("site"),
        stock_act.c.at >= bindparam("start"),
        stock_act.c.at < bindparam("end"),
    )
    .order_by(stock_act.c.number, movement.c.id)
)
_came = _source.c.kind == PlaceKind.VARIANCE
_COUNTED = (
    select(
        stock_count.c.number,
        product.c.code,
        lot.c.number.label("lot"),
        case((_came, _target.c.code), else_=_source.c.code).label("place"),
        case((_came, movement.c.units), else_=-movement.c.units).label("variance"),
        count_closing.c.reason,
        user.c.name.label("by"),
    )
    .join(count_closing, count_closing.c.count_id == stock_count.c.id)
    .join(movement, movement.c.request_id == count_closing.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(_source, _source.c.id == movement.c.from_place_id)
    .join(_target, _target.c.id == movement.c.to_place_id)
    .join(user, user.c.id == count_closing.c.by_id)
    .where(
        stock_count.c.site_id == bindparam("site"),
        count_closing.c.at >= bindparam("start"),
        count_closing.c.at < bindparam("end"),
    )
    .order_by(stock_count.c.number, movement.c.id)
)
_LOT_ACTS = (
    select(product.c.code, lot.c.number, lot_act.c.act, lot_act.c.reason, user.c.name.label("by"))
    .join(request, request.c.id == lot_act.c.request_id)
    .join(lot, lot.c.id == lot_act.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(user, user.c.id == lot_act.c.by_id)
    .where(*OF_THE_DAY)
    .order_by(lot_act.c.id)
)


def received(db: Connection, day: Day) -> tuple[ReceivedLine, ...]:
    """The deliveries, by number."""
    return tuple(ReceivedLine(Record.RECEIPT.number(row.number), *row[1:]) for row in rows_of(db, _RECEIVED, day))


def stock_acts(db: Connection, day: Day) -> tuple[StockActLine, ...]:
    """Moves, destructions and returns to the supplier, by number."""
    return tuple(StockActLine(Record.STOCK_ACT.number(row.number), *row[1:]) for row in rows_of(db, _STOCK_ACTS, day))


def counted(db: Connection, day: Day) -> tuple[CountedLine, ...]:
    """What the counts that were closed corrected, by number."""
    return tuple(CountedLine(Record.COUNT.number(row.number), *row[1:]) for row in rows_of(db, _COUNTED, day))


def lot_acts(db: Connection, day: Day) -> tuple[LotActLine, ...]:
    """Holds, releases and recalls of lots, in their order."""
    return tuple(LotActLine(*row) for row in rows_of(db, _LOT_ACTS, day))
