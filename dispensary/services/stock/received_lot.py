"""The lots of a delivery: found or written, and whatever forbids that more of them comes in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from dispensary import lots
from dispensary.errors import Refused
from dispensary.rules.lot_life import SameLot
from dispensary.rules.people import Person
from dispensary.rules.product import Product
from dispensary.rules.recall import require_not_covered
from dispensary.rules.shelf import Operation, State, require
from dispensary.schema.base import insert_of
from dispensary.schema.stock import lot as lot_table

MOST_YEARS = 10
"""No B12 injection keeps longer (labelled shelf lives are 2 to 3 years)."""


class LotConflict(Refused):
    """The lot is known with another expiry."""

    sentence = (
        "Lot {lot} of {product} is known with expiry {stored} and this pack says {given}: "
        "nothing was received; look at the packs and set this one aside if they differ."
    )
    lot: str
    product: str
    stored: date
    given: date


class ExpiryTooFar(Refused):
    """An expiry that no maker gives: a slip, which would keep the lot usable for ever."""

    sentence = (
        "Lot {lot} of {product} would expire on {expires}, more than {years} years from now: nothing was received; "
        "read the expiry on the pack again."
    )
    lot: str
    product: str
    expires: date
    years: int


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line whose product is found."""

    product_id: int
    product: Product
    pack_id: int | None
    lot: str
    expires: date
    month_only: bool
    serial: str | None
    gtin: str
    units: int


_LOT = (
    select(lot_table.c.id, lot_table.c.expires, lot_table.c.state)
    .where(lot_table.c.product_id == bindparam("product"), lot_table.c.number == bindparam("number"))
    # A dispense that refers to the lot need not wait: what it refers to does not change.
    .with_for_update(key_share=True)
)
_SAME_LOT = select(lot_table.c.number).where(
    lot_table.c.product_id == bindparam("product"),
    func.lower(lot_table.c.number) == func.lower(bindparam("number")),
    lot_table.c.number != bindparam("number"),
    lot_table.c.expires == bindparam("expires"),
)


def require_not_recalled(db: Connection, known: Iterable[KnownLine], by: Person) -> None:
    """Raises RecalledBeforeReceived where an open recall of the site covers a line."""
    recalls = lots.open_recalls(db, by.site_id)
    for line in known:
        require_not_covered(recalls, line.product.code, line.lot, line.expires)


def lots_received(
    db: Connection, known: Iterable[KnownLine], today: date, by: Person
) -> dict[tuple[int, str], Row[Any, Any, Any]]:
    """The row of each lot by product id and number, locked, written where it is new; usable for receiving.

    Raises ExpiryTooFar, RecalledBeforeReceived, LotNotUsable, SameLot and LotConflict.
    """
    lines = list(known)
    for line in lines:
        if line.expires.year - today.year > MOST_YEARS:
            raise ExpiryTooFar(lot=line.lot, product=line.product.code, expires=line.expires, years=MOST_YEARS)
    found = {key: _lot(db, line, today, by) for key, line in sorted(_first_of_each_lot(lines).items())}
    for line in lines:
        stored = found[line.product_id, line.lot]
        if stored.expires != line.expires:
            raise LotConflict(lot=line.lot, product=line.product.code, stored=stored.expires, given=line.expires)
    return found


def _first_of_each_lot(known: Iterable[KnownLine]) -> dict[tuple[int, str], KnownLine]:
    first: dict[tuple[int, str], KnownLine] = {}
    for line in known:
        first.setdefault((line.product_id, line.lot), line)
    return first


def _lot(db: Connection, line: KnownLine, today: date, by: Person) -> Row[Any, Any, Any]:
    """The lot's row, written if it is new; usable for receiving."""
    db.execute(
        insert_of(db.dialect.name)(lot_table)
        .values(
            product_id=line.product_id,
            number=line.lot,
            expires=line.expires,
            state=State.AVAILABLE,
            month_only=line.month_only,
        )
        .on_conflict_do_nothing(index_elements=["product_id", "number"])
    )
    stored = db.execute(_LOT, {"product": line.product_id, "number": line.lot}).one()
    if stored.state is State.RECALLED:
        # By a notice that may have been entered while the lot was waited for.
        require_not_recalled(db, [line], by)
    require(Operation.RECEIVE, stored.state, line.expires, today, lot=line.lot, product=line.product.code)
    # A careless typist would make two lots of one.
    given = {"product": line.product_id, "number": line.lot, "expires": line.expires}
    same = db.execute(_SAME_LOT, given).scalar()
    if same is not None:
        raise SameLot(lot=line.lot, product=line.product.code, known=same, expires=line.expires)
    return stored
