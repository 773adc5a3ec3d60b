"""Receiving: packs by scan or by typed fields, into a place, under one receipt number, all or nothing."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from dispensary import audit, ledger, lookup, places, request
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.places import StockPlace
from dispensary.rules.canonical import added
from dispensary.rules.fit import require_fits
from dispensary.rules.numbers import Record
from dispensary.rules.people import Person
from dispensary.rules.place import Place, PlaceKind
from dispensary.rules.quantity import MOST_UNITS
from dispensary.rules.scan import Pack
from dispensary.schema.catalogue import pack as packs
from dispensary.schema.stock import lot as lot_table
from dispensary.schema.stock import receipt, receipt_line
from dispensary.services.stock.received_lot import KnownLine, lots_received, require_not_recalled


class UnknownGtin(Refused):
    """No product has a pack with this GTIN."""

    sentence = (
        "GTIN {gtin} belongs to no product of the formulary: nothing was received; check the pack, then add it "
        "with `dispensary product pack PRODUCT --gtin {gtin} --units N`."
    )
    gtin: str


class SerialReceived(Refused):
    """A pack that is already in the books."""

    sentence = (
        "The pack {gtin} with serial {serial} was received before ({receipt}): nothing was received; "
        "leave this pack out."
    )
    gtin: str
    serial: str
    receipt: str


class SerialQuantity(Refused):
    """A serial names one pack."""

    sentence = "Serial {serial} names one pack, so its quantity cannot be {quantity}: scan each pack once."
    serial: str
    quantity: int


class TooManyUnits(Refused):
    """Packs that hold more units together than one line can be."""

    sentence = (
        "{quantity} packs of {product} would be {units} units, more than the {most} of one line: "
        "nothing was received; check the quantity."
    )
    quantity: int
    product: str
    units: int
    most: int


class NotForDeliveries(Refused):
    """A place where only stock stands that was here before."""

    sentence = "Nothing can be received into {place}: choose a shelf, a refrigerator or quarantine."
    place: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A line that was typed: units of a lot of a product. `month_only` where only the month was given."""

    product: str
    lot: str
    expires: date
    units: int
    month_only: bool


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scanned pack, `quantity` times: packs, or with `units` so many single units."""

    pack: Pack
    quantity: int = 1
    units: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came. `unit_cost_micros` is millionths of the currency for one unit; `reason` why it goes where it does."""

    key: str
    lines: tuple[Typed | Scanned, ...]
    place: str
    unit_cost_micros: int | None = None
    reason: str | None = added(None)


@dataclass(frozen=True, slots=True)
class Line:
    """What was received of one lot."""

    product: str
    lot: str
    expires: date
    serial: str | None
    units: int
    place: str


@dataclass(frozen=True, slots=True)
class Received:
    """The receipt of a delivery."""

    receipt: str
    key: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


_SERIALS = (
    select(receipt_line.c.serial, receipt.c.number)
    .join(receipt, receipt.c.id == receipt_line.c.receipt_id)
    .where(
        receipt_line.c.pack_id == bindparam("pack"),
        receipt_line.c.serial.in_(bindparam("serials", expanding=True)),
    )
)


def receive(db: Connection, delivery: Delivery, *, on: datetime, by: Person) -> Received:
    """Post the delivery into its place.

    Raises ExpiryTooFar, UnknownGtin, SerialReceived, SerialQuantity, TooManyUnits, LotConflict, SameLot,
    NotAStockPlace, NotForDeliveries, PlaceDoesNotFit, NotFound, RecalledBeforeReceived and LotNotUsable
    (an expired or recalled lot).
    """
    claimed = request.claim(db, "receive", delivery.key, delivery, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Received)
    place = _place(db, delivery, by)
    target = place.as_place
    source = places.place_of_kind(db, by.site_id, PlaceKind.SUPPLIER)
    known = _known(db, delivery.lines)
    for line in known:
        require_fits(line.product, place.code, place.climate, delivery.reason)
    _require_new_serials(db, known)
    require_not_recalled(db, known, by)
    found = lots_received(db, known, on.date(), by)
    ledger.post(
        db,
        [
            Movement(found[line.product_id, line.lot].id, line.product_id, line.expires, source, target, line.units)
            for line in known
        ],
        request_id=claimed,
        on=on,
        by=by,
    )
    if delivery.unit_cost_micros is not None:
        received_lots = sorted({row.id for row in found.values()})
        db.execute(
            update(lot_table)
            .where(lot_table.c.id.in_(received_lots))
            .values(unit_cost_micros=delivery.unit_cost_micros)
        )
    head = audit.take(db, by.site_id, "receipts")
    # A notice may have been entered since; from here on one waits for the head, and finds the lots.
    require_not_recalled(db, known, by)
    _write(db, {"site_id": by.site_id, "number": head.number, "request_id": claimed}, delivery, known, found, target)
    received = Received(
        receipt=Record.RECEIPT.number(head.number),
        key=delivery.key,
        lines=tuple(
            Line(line.product.code, line.lot, line.expires, line.serial, line.units, place.code) for line in known
        ),
        notes=tuple(_notes(delivery.lines)),
    )
    values = {
        "lines": [[line.product, line.lot, line.expires, line.serial, line.units] for line in received.lines],
        "place": place.code,
        "unit_cost_micros": delivery.unit_cost_micros,
        "reason": delivery.reason,
    }
    audit.record(db, head, audit.Event("receive", received.receipt, delivery.key, values), on=on, by=by)
    request.keep(db, claimed, received)
    return received


def _place(db: Connection, delivery: Delivery, by: Person) -> StockPlace:
    place = places.stock_place(db, by.site_id, delivery.place)
    if not place.kind.takes_new_stock:
        raise NotForDeliveries(place=place.code)
    return place


def _known(db: Connection, lines: Collection[Typed | Scanned]) -> list[KnownLine]:
    """The lines with their products; those that were scanned ask for all their packs at once."""
    gtins = {line.pack.gtin for line in lines if isinstance(line, Scanned)}
    found = {row.gtin: row for row in db.execute(select(packs).where(packs.c.gtin.in_(gtins)))} if gtins else {}
    products = lookup.products_by_id(db, {row.product_id for row in found.values()})
    known = []
    for line in lines:
        if isinstance(line, Typed):
            product_id, product = lookup.product_by_code(db, line.product)
            known.append(
                KnownLine(product_id, product, None, line.lot, line.expires, line.month_only, None, "", line.units)
            )
            continue
        scan = line.pack
        row = found.get(scan.gtin)
        if row is None:
            raise UnknownGtin(gtin=scan.gtin)
        if scan.serial is not None and line.quantity > (row.units if line.units else 1):
            raise SerialQuantity(serial=scan.serial, quantity=line.quantity)
        product = products[row.product_id]
        units = line.quantity * (1 if line.units else row.units)
        if units > MOST_UNITS:
            raise TooManyUnits(quantity=line.quantity, product=product.code, units=units, most=MOST_UNITS)
        known.append(
            KnownLine(
                row.product_id, product, row.id, scan.lot, scan.expires, scan.day_00, scan.serial, scan.gtin, units
            )
        )
    return known


def _require_new_serials(db: Connection, known: Iterable[KnownLine]) -> None:
    """Raises SerialReceived for a pack that is in the books, or twice in the delivery; one question for each GTIN."""
    serials: defaultdict[tuple[int | None, str], Counter[str]] = defaultdict(Counter)
    for line in known:
        if line.serial is not None:
            serials[line.pack_id, line.gtin][line.serial] += 1
    for (pack_id, gtin), times in serials.items():
        rows = db.execute(_SERIALS, {"pack": pack_id, "serials": list(times)})
        earlier = {row.serial: f"receipt {Record.RECEIPT.number(row.number)}" for row in rows}
        for serial, count in times.items():
            if serial in earlier or count > 1:
                where = earlier.get(serial, "twice in this delivery")
                raise SerialReceived(gtin=gtin, serial=serial, receipt=where)


def _write(
    db: Connection,
    row: Mapping[str, object],
    delivery: Delivery,
    known: Iterable[KnownLine],
    found: Mapping[tuple[int, str], Any],
    target: Place,
) -> None:
    """The receipt and its lines."""
    receipt_id = db.execute(insert(receipt).values(**row).returning(receipt.c.id)).scalar_one()
    db.execute(
        insert(receipt_line),
        [
            {
                "receipt_id": receipt_id,
                "lot_id": found[line.product_id, line.lot].id,
                "place_id": target.id,
                "pack_id": line.pack_id,
                "serial": line.serial,
                "units": line.units,
                "unit_cost_micros": delivery.unit_cost_micros,
            }
            for line in known
        ],
    )


def _notes(lines: Iterable[Typed | Scanned]) -> Iterable[str]:
    for line in lines:
        if isinstance(line, Scanned) and line.pack.day_00:
            yield (
                f"The pack of lot {line.pack.lot} gives no day of expiry: {line.pack.expires} was taken, "
                "the last day of the month."
            )
