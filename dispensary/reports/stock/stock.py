"""What stands where: a row for each lot and place, what of it is usable, and sums by any of its facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, TypedDict

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.errors import Refused, quoted
from dispensary.ledger import IN_STOCK
from dispensary.places import place_by_code
from dispensary.rules.product import Container, Form, Product, Temperature
from dispensary.rules.quantity import millilitres
from dispensary.rules.shelf import ALLOWED, Operation, State, days_left, state_on
from dispensary.schema.catalogue import product as products
from dispensary.schema.stock import balance, lot
from dispensary.schema.stock import place as places


class NotAGrouping(Refused):
    """Stock has no such fact to be summed by."""

    sentence = "Stock cannot be summed by {given}: choose among {choices}."
    given: str
    choices: str


class ProductColumns(TypedDict):
    """What a report tells of a product, column by column. The strength is a whole number of micrograms in a mL."""

    product: str
    name: str
    form: Form
    strength_mcg_per_ml: int
    container: Container
    fill_ml: Decimal
    preservative: str
    temperature: Temperature
    protect_from_light: bool


@dataclass(frozen=True, slots=True)
class StockRow:
    """Units of one lot at one place, on one day.

    `usable_units` are what may be dispensed: all of them, or 0 where the lot is not available or
    the place not saleable. `days_left` is 0 on the last usable day and negative after it.
    """

    product: str
    name: str
    form: Form
    strength_mcg_per_ml: int
    container: Container
    fill_ml: Decimal
    preservative: str
    temperature: Temperature
    protect_from_light: bool
    lot: str
    expires: date
    place: str
    state: State
    units: int
    usable_units: int
    days_left: int


GROUPINGS = (*ProductColumns.__annotations__, "lot", "expires", "place", "state")
"""What stock can be summed by."""

_STOCK = (
    select(
        *lookup.PRODUCT_COLUMNS,
        lot.c.id.label("lot_id"),
        lot.c.number.label("lot"),
        lot.c.state,
        balance.c.expires,
        balance.c.units,
        places.c.code.label("place"),
        places.c.kind,
    )
    .select_from(lookup.PRODUCTS)
    .join(balance, balance.c.product_id == products.c.id)
    .join(lot, lot.c.id == balance.c.lot_id)
    .join(places, places.c.id == balance.c.place_id)
    .where(IN_STOCK, places.c.site_id == bindparam("site"))
    .order_by(products.c.id)
)


def stock(
    db: Connection, site_id: int, today: date, *, product: str | None = None, place: str | None = None
) -> tuple[StockRow, ...]:
    """Every lot with units at every place, or of one product or place; by product, expiry, lot and place.

    Raises NotFound for a product or a place that does not exist.
    """
    statement = _STOCK
    if product is not None:
        product_id, _ = lookup.product_by_code(db, product)
        statement = statement.where(products.c.id == product_id)
    if place is not None:
        statement = statement.where(places.c.id == place_by_code(db, site_id, place).id)
    found = db.execute(statement, {"site": site_id})
    rows = [row for _, group in groupby(found, key=lambda row: row.product_id) for row in _rows(list(group), today)]
    # Sorted here, because the engines do not agree on the order of text.
    return tuple(sorted(rows, key=lambda row: (row.product, row.expires, row.lot, row.place)))


def _rows(found: list[Any], today: date) -> Iterable[StockRow]:
    columns = product_columns(lookup.product_of(found))
    # Each preservative of the product repeats the lot.
    for row in {(row.lot_id, row.place): row for row in found}.values():
        state = state_on(row.state, row.expires, today)
        usable = ALLOWED[state, Operation.DISPENSE] and row.kind.saleable
        yield StockRow(
            **columns,
            lot=row.lot,
            expires=row.expires,
            place=row.place,
            state=state,
            units=row.units,
            usable_units=row.units if usable else 0,
            days_left=days_left(row.expires, today),
        )


def product_columns(product: Product) -> ProductColumns:
    """The columns of the product, as the formulary has it."""
    return {
        "product": product.code,
        "name": product.name,
        "form": product.form,
        "strength_mcg_per_ml": product.strength.mcg_per_ml,
        "container": product.container,
        "fill_ml": millilitres(product.fill_ul),
        "preservative": preservative(product),
        "temperature": product.storage.temperature,
        "protect_from_light": product.storage.protect_from_light,
    }


def preservative(product: Product) -> str:
    """What preserves the product, such as `benzyl alcohol 15 mg/mL`, `none` or `unknown`."""
    return ", ".join(map(str, product.preservatives.agents)) or str(product.preservatives)


def stock_by(rows: Iterable[StockRow], keys: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """The rows summed by `keys`, in the order of their values: the keys, `units` and `usable_units`.

    Raises NotAGrouping for a key that is not one of GROUPINGS.
    """
    for key in keys:
        if key not in GROUPINGS:
            raise NotAGrouping(given=quoted(key), choices=", ".join(GROUPINGS))
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        group = sums.setdefault(tuple(getattr(row, key) for key in keys), [0, 0])
        group[0] += row.units
        group[1] += row.usable_units
    return tuple(
        {**dict(zip(keys, group, strict=True)), "units": units, "usable_units": usable}
        for group, (units, usable) in sorted(sums.items())
    )
