"""An opened vial as the services see it: found by its number and locked, its books written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from dispensary import lookup
from dispensary.errors import Contended
from dispensary.rules import shelf
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Product
from dispensary.rules.shelf import Operation, State
from dispensary.rules.vial import Named, Standing, VialEntryKind, VialState, standing_at
from dispensary.schema.stock import lot, place
from dispensary.schema.vials import vial, vial_entry


@dataclass(frozen=True, slots=True)
class OpenedVial:
    """A vial as it is recorded; whether its hour or its lot has passed is decided by the clock."""

    id: int
    vial: str
    """The number that people type."""
    lot: str
    lot_state: State
    expires: date
    product: Product
    place_id: int
    place: str
    place_kind: PlaceKind
    volume_ul: int
    remaining_ul: int
    state: VialState
    opened_at: datetime
    discard_at: datetime
    patient_id: int | None
    """The one patient whom it serves, where it is dedicated."""

    @property
    def named(self) -> Named:
        """The vial as messages name it."""
        return Named(self.vial, self.lot, self.product.code)

    def standing(self, now: datetime) -> Standing:
        """What it is at the moment."""
        return standing_at(self.state, self.discard_at, now)

    def require_of_lot(self, operation: Operation, today: date) -> None:
        """Raises LotNotUsable unless the lot's state on the day allows the operation."""
        shelf.require(operation, self.lot_state, self.expires, today, lot=self.lot, product=self.product.code)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written into the books of a vial: what it took out, why, and for a move whence and where to."""

    kind: VialEntryKind
    volume_ul: int = 0
    reason: str | None = None
    from_place_id: int | None = None
    to_place_id: int | None = None


_NUMBERED = select(vial.c.id, vial.c.lot_id).where(
    vial.c.site_id == bindparam("site"), vial.c.number == bindparam("number")
)
_LOCK_LOT = select(lot.c.id).where(lot.c.id == bindparam("lot")).with_for_update(read=True)
_LOCK_VIAL = select(vial.c.id).where(vial.c.id == bindparam("vial")).with_for_update(key_share=True)
_VIAL = (
    select(
        vial,
        lot.c.number.label("lot"),
        lot.c.state.label("lot_state"),
        lot.c.expires,
        lot.c.product_id,
        place.c.code.label("place"),
        place.c.kind.label("place_kind"),
    )
    .join(lot, lot.c.id == vial.c.lot_id)
    .join(place, place.c.id == vial.c.place_id)
    .where(vial.c.id == bindparam("vial"))
)
_CHANGE = update(vial).where(
    vial.c.id == bindparam("vial"),
    vial.c.remaining_ul == bindparam("remaining"),
    vial.c.state == bindparam("was", type_=vial.c.state.type),
    vial.c.place_id == bindparam("place"),
)


def locked(db: Connection, site_id: int, given: str, now: datetime) -> OpenedVial:
    """The vial of this number (V12), locked until the transaction ends, its moments in the zone of `now`.

    Who would hold or recall its lot waits too. Locked first and read afterwards: a statement that waits
    in PostgreSQL goes on with what it saw before. Raises NotANumber and NotFound.
    """
    number = parse_number(Record.VIAL, given)
    found = db.execute(_NUMBERED, {"site": site_id, "number": number}).first()
    if found is None:
        raise lookup.no_such(Record.VIAL, number)
    if db.dialect.name != "sqlite":
        db.execute(_LOCK_LOT, {"lot": found.lot_id})
        db.execute(_LOCK_VIAL, {"vial": found.id})
    return _opened(db, db.execute(_VIAL, {"vial": found.id}).one(), now)


def _opened(db: Connection, row: Any, now: datetime) -> OpenedVial:
    return OpenedVial(
        id=row.id,
        vial=Record.VIAL.number(row.number),
        lot=row.lot,
        lot_state=row.lot_state,
        expires=row.expires,
        product=lookup.product_by_id(db, row.product_id),
        place_id=row.place_id,
        place=row.place,
        place_kind=row.place_kind,
        volume_ul=row.volume_ul,
        remaining_ul=row.remaining_ul,
        state=row.state,
        opened_at=row.opened_at.astimezone(now.tzinfo),
        discard_at=row.discard_at.astimezone(now.tzinfo),
        patient_id=row.patient_id,
    )


def write(
    db: Connection,
    opened: OpenedVial,
    entries: Sequence[Entry],
    changes: dict[str, object],
    *,
    request_id: int,
    on: datetime,
    by: Person,
) -> None:
    """Append the entries and carry the vial along; raises Contended where it is not any longer what was decided on."""
    db.execute(
        insert(vial_entry),
        [
            {
                "vial_id": opened.id,
                "request_id": request_id,
                "kind": entry.kind,
                "volume_ul": entry.volume_ul,
                "from_place_id": entry.from_place_id,
                "to_place_id": entry.to_place_id,
                "reason": entry.reason,
                "at": on,
                "by_id": by.user_id,
            }
            for entry in entries
        ],
    )
    given = {"vial": opened.id, "remaining": opened.remaining_ul, "was": opened.state, "place": opened.place_id}
    if db.execute(_CHANGE.values(**changes), given).rowcount != 1:
        raise Contended
