"""What stands on hand to dispense from: the stock of a form, or of the lots that were named or scanned."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from dispensary import lookup
from dispensary.errors import Refused
from dispensary.ledger import IN_STOCK
from dispensary.rules.allocation import OnHand
from dispensary.rules.choosing import Stock
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Form, Product
from dispensary.rules.scan import Pack
from dispensary.schema.catalogue import pack, product
from dispensary.schema.stock import balance, place
from dispensary.schema.stock import lot as lot_table


class UnknownLot(Refused):
    """A lot that is not on hand."""

    sentence = (
        "No unit of lot {lot} stands on a shelf or in a refrigerator: `dispensary lot show` says where it went, "
        "`dispensary stock` what there is."
    )
    lot: str


class SeveralProducts(Refused):
    """What was named or scanned belongs to more than one product."""

    sentence = "Lot {lots} of {products} cannot be one fill, which is never mixed from two products: {way_out}."
    lots: str
    products: str
    way_out: str


class PackMismatch(Refused):
    """A scanned pack that the fill does not take, or that is not what the books say."""

    sentence = "The scanned pack of lot {lot} {problem}: nothing was dispensed; put it back and scan the right one."
    lot: str
    problem: str


_SALEABLE = or_(*(place.c.kind == kind for kind in PlaceKind if kind.saleable))
_ON_HAND = (
    select(
        balance.c.product_id,
        balance.c.lot_id,
        lot_table.c.number,
        balance.c.expires,
        balance.c.units,
        balance.c.place_id,
        lot_table.c.state,
        # Lots are numbered as they are first received.
        balance.c.lot_id.label("received"),
        lot_table.c.unit_cost_micros,
    )
    .join(lot_table, lot_table.c.id == balance.c.lot_id)
    .join(place, place.c.id == balance.c.place_id)
    .where(IN_STOCK, place.c.site_id == bindparam("site"), _SALEABLE)
    .order_by(balance.c.product_id, balance.c.expires, balance.c.lot_id, balance.c.place_id)
)
_OF_FORM = _ON_HAND.join(product, product.c.id == balance.c.product_id).where(
    product.c.form == bindparam("form", type_=product.c.form.type)
)
_OF_PRODUCT = _ON_HAND.where(balance.c.product_id == bindparam("product"))
_EVER = (
    select(balance.c.product_id)
    .distinct()
    .join(place, place.c.id == balance.c.place_id)
    .where(place.c.site_id == bindparam("site"), balance.c.product_id.in_(bindparam("products", expanding=True)))
)
_OF_LOTS = _ON_HAND.where(lot_table.c.number.in_(bindparam("lots", expanding=True)))


def of_form(db: Connection, form: Form, site_id: int) -> list[Stock]:
    """Every product of the form that has units at a saleable place of the site, whatever its lots' states."""
    rows = db.execute(_OF_FORM, {"site": site_id, "form": form}).all()
    return _stocks(lookup.products_of_form(db, form), rows)


def of_product(db: Connection, product_id: int, site_id: int) -> tuple[OnHand, ...]:
    """The units of one product at saleable places of the site, by lot and place."""
    return _units(db.execute(_OF_PRODUCT, {"site": site_id, "product": product_id}))


def received_before(db: Connection, products: Mapping[int, Product], site_id: int) -> frozenset[int]:
    """Those of the products that ever stood at the site; all of them where none did."""
    found = db.execute(_EVER, {"site": site_id, "products": list(products)}).scalars()
    return frozenset(found) or frozenset(products)


def _stocks(products: Mapping[int, Product], rows: Iterable[Any]) -> list[Stock]:
    return [
        Stock(product_id, products[product_id], _units(group)) for product_id, group in groupby(rows, key=itemgetter(0))
    ]


def _units(rows: Iterable[Any]) -> tuple[OnHand, ...]:
    return tuple([OnHand._make(row[1:]) for row in rows])


def named(db: Connection, lot: str | None, scans: Sequence[Pack], site_id: int) -> list[Stock]:
    """The stock of the lots that were named or scanned, each scan checked against the books.

    Raises UnknownLot, SeveralProducts and PackMismatch.
    """
    wanted = {scan.lot for scan in scans} | ({lot} if lot is not None else set())
    rows = db.execute(_OF_LOTS, {"site": site_id, "lots": sorted(wanted)}).all()
    stocks = _stocks(lookup.products_by_id(db, {row.product_id for row in rows}), rows)
    if scans:
        gtins = {scan.gtin for scan in scans}
        found = db.execute(select(pack.c.gtin, pack.c.product_id).where(pack.c.gtin.in_(gtins)))
        owners = {row.gtin: row.product_id for row in found}
        for scan in scans:
            _require_known(scan, owners, stocks)
        stocks = [stock for stock in stocks if stock.product_id in owners.values()]
    known = {on_hand.lot for stock in stocks for on_hand in stock.lots}
    for missing in sorted(wanted - known):
        raise UnknownLot(lot=missing)
    if len(stocks) > 1:
        raise SeveralProducts(
            lots=" and ".join(sorted(wanted)),
            products=" and ".join(stock.product.code for stock in stocks),
            way_out="scan packs of one product" if scans else "scan the pack in hand with --scan",
        )
    return stocks


def _require_known(scan: Pack, owners: Mapping[str, int], stocks: Iterable[Stock]) -> None:
    """The scanned pack's product has its lot on hand, with its expiry."""
    if scan.gtin not in owners:
        raise PackMismatch(lot=scan.lot, problem=f"has GTIN {scan.gtin}, which no product of the formulary has")
    expiries = {
        on_hand.expires
        for stock in stocks
        if stock.product_id == owners[scan.gtin]
        for on_hand in stock.lots
        if on_hand.lot == scan.lot
    }
    if not expiries:
        raise UnknownLot(lot=scan.lot)
    if scan.expires not in expiries:
        (expires,) = expiries
        raise PackMismatch(lot=scan.lot, problem=f"says {scan.expires} and the books say it expires on {expires}")
