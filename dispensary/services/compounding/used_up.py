"""Units of a lot of the stock that a batch uses up: a lot in a fit state, in a place that is for patients."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup, lots, places
from dispensary.errors import Refused
from dispensary.ledger import Movement
from dispensary.rules.ingredient import Source
from dispensary.rules.place import Place
from dispensary.rules.product import Preservatives, Preserved
from dispensary.rules.shelf import Operation
from dispensary.schema.compounding import batch
from dispensary.schema.stock import balance, place


class NothingToUse(Refused):
    """The units are not where they would be taken from."""

    sentence = (
        "{wanted} units of lot {lot} of {product} cannot be used ({standing}): nothing was made; what is used stands "
        "in one place from which it might be dispensed, named with --from-place."
    )
    product: str
    lot: str
    wanted: int
    standing: str


@dataclass(frozen=True, slots=True)
class FromLot:
    """Units of a lot of the stock; `product` where several have a lot of that number, `place` where it stands."""

    lot: str
    units: int
    product: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Units that are used up, and where they stand."""

    lot: lots.Lot
    place: Place
    code: str
    units: int

    def movement(self, workshop: Place) -> Movement:
        """The units into the workshop, as long as the lot is what it was when the table was asked."""
        lot = self.lot
        return Movement(lot.id, lot.product_id, lot.expires, self.place, workshop, self.units, state=lot.state)


_MADE_OF = select(batch.c.preservative).where(batch.c.lot_id == bindparam("lot"))
_STANDING = (
    select(place.c.id, place.c.code, place.c.kind, balance.c.units)
    .join(place, place.c.id == balance.c.place_id)
    .where(balance.c.lot_id == bindparam("lot"), place.c.site_id == bindparam("site"), balance.c.units > 0)
    .order_by(place.c.code)
)


def take(db: Connection, wanted: FromLot, site_id: int, on: datetime) -> tuple[Source, Taken]:
    """The lot, locked, in a state that allows it, with enough units in one place that is for patients.

    Raises NotFound, WhichProduct, LotNotUsable, NothingToUse and NotAStockPlace.
    """
    lot = lots.named(db, site_id, wanted.lot, wanted.product)
    lot.require(Operation.REPACK, on.date())
    product = lookup.product_by_id(db, lot.product_id)
    taken = Taken(lot, *_standing(db, lot, wanted, site_id), wanted.units)
    preservatives = product.preservatives
    if preservatives.known is Preserved.BATCH:
        # What was made here says in its batch record what it holds; of what came from elsewhere nobody knows.
        recorded = db.execute(_MADE_OF, {"lot": lot.id}).scalar()
        preservatives = Preservatives.parse(recorded or Preserved.UNKNOWN)
    return Source(product, lot.number, lot.expires, wanted.units, preservatives), taken


def _standing(db: Connection, lot: lots.Lot, wanted: FromLot, site_id: int) -> tuple[Place, str]:
    """The place that was named, or the first that holds enough; never one whose units are not for patients."""
    rows = db.execute(_STANDING, {"lot": lot.id, "site": site_id}).all()
    named_place = wanted.place and places.stock_place(db, site_id, wanted.place).code
    for row in rows:
        if row.kind.saleable and row.units >= wanted.units and named_place in (None, row.code):
            return Place(row.id, stocked=True), row.code
    standing = ", ".join(f"{row.units} in {row.code}" for row in rows) or "none is in stock"
    raise NothingToUse(product=lot.product, lot=lot.number, wanted=wanted.units, standing=standing)
