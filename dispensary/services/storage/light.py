"""Recording how long a lot or an opened vial was in the light, and holding it at its product's limit."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, insert, or_, select

from dispensary import audit, lots, request
from dispensary.errors import Refused
from dispensary.lots import Lot
from dispensary.rules.light import Exposure, reached, total_of_lot, total_of_vial
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Person
from dispensary.rules.shelf import State
from dispensary.rules.vial import ALLOWED, VialEntryKind, VialOperation, VialState
from dispensary.schema.catalogue import product
from dispensary.schema.stock import lot as lot_table
from dispensary.schema.storage import light_exposure
from dispensary.schema.vials import vial
from dispensary.services.vials import opened
from dispensary.services.vials.opened import OpenedVial


class LotOrVial(Refused):
    """A lot has a number that looks like a vial's, and there is such a vial."""

    sentence = (
        "{given} is the number of an opened vial and of a lot: nothing was recorded; "
        "say --product CODE for the lot, or write the vial as {vial}."
    )
    given: str
    vial: str


class VialGone(Refused):
    """Nothing is left of the vial."""

    sentence = "Nothing is left of {vial}: nothing was recorded; `dispensary vial list` shows the opened vials."
    vial: str


@dataclass(frozen=True, slots=True)
class InTheLight:
    """Minutes out of the carton, of a lot (its number, with its product where several have it) or a vial (V12)."""

    key: str
    subject: str
    minutes: int
    note: str = ""
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Exposed:
    """The receipt. `vial` is None for a whole lot, and `limit_minutes` where the product has none."""

    product: str
    lot: str
    vial: str | None
    key: str
    minutes: int
    total_minutes: int
    limit_minutes: int | None
    held: bool
    note: str


@dataclass(frozen=True, slots=True)
class _Subject:
    """What was in the light, and the limit of its product."""

    lot_id: int
    lot: str
    product: str
    expires: date
    limit: int | None
    whole: Lot | None
    """The lot, where it was the whole of it."""
    vial: OpenedVial | None


_VIAL = select(vial.c.id).where(vial.c.site_id == bindparam("site"), vial.c.number == bindparam("number"))
_LOT = select(lot_table.c.id).where(lot_table.c.number == bindparam("number"))
_OF_LOT = (
    select(lot_table.c.id, lot_table.c.number, lot_table.c.expires, product.c.code, product.c.light_limit_minutes)
    .join(product, product.c.id == lot_table.c.product_id)
    .where(lot_table.c.id == bindparam("lot"))
)
_LOT_OF = select(vial.c.lot_id).where(vial.c.id == bindparam("vial"))
_EXPOSURES = select(light_exposure.c.minutes, light_exposure.c.at, light_exposure.c.vial_id).where(
    light_exposure.c.lot_id == bindparam("lot"),
    or_(light_exposure.c.vial_id.is_(None), light_exposure.c.vial_id == bindparam("vial")),
)


def expose(db: Connection, order: InTheLight, *, on: datetime, by: Person) -> Exposed:
    """Add the minutes to those of the lot or vial, and hold it where its product's limit is reached.

    A recalled lot stays recalled, and a vial past its hour is not held. Raises NotFound, WhichProduct,
    LotOrVial and VialGone.
    """
    claimed = request.claim(db, "light", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Exposed)
    subject = _subject(db, order, on, by)
    opened_id = None if subject.vial is None else subject.vial.id
    exposures = [
        *_before(db, subject.lot_id, opened_id),
        Exposure(order.minutes, on, of_vial=subject.vial is not None),
    ]
    total = total_of_lot(exposures) if subject.vial is None else total_of_vial(exposures, subject.vial.opened_at)
    db.execute(
        insert(light_exposure).values(
            lot_id=subject.lot_id,
            vial_id=opened_id,
            request_id=claimed,
            minutes=order.minutes,
            note=order.note,
            at=on,
            by_id=by.user_id,
        )
    )
    held = None
    if reached(total, subject.limit):
        held = _hold(db, subject, f"{total:,} of {subject.limit:,} minutes in the light", claimed, on=on, by=by)
    exposed = Exposed(
        product=subject.product,
        lot=subject.lot,
        vial=None if subject.vial is None else subject.vial.vial,
        key=order.key,
        minutes=order.minutes,
        total_minutes=total,
        limit_minutes=subject.limit,
        held=held is not None,
        note=order.note,
    )
    values = {
        "product": subject.product,
        "lot": subject.lot,
        "expires": subject.expires,
        "vial": exposed.vial,
        "minutes": order.minutes,
        "total_minutes": total,
        "limit_minutes": subject.limit,
        "note": order.note,
        "held": held,
    }
    event = audit.Event("light", exposed.vial or subject.lot, order.key, values)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, exposed)
    return exposed


def _subject(db: Connection, order: InTheLight, on: datetime, by: Person) -> _Subject:
    """The vial or the lot that was meant, locked."""
    given = order.subject.strip()
    found = _opened(db, given, order.product, on, by)
    if found is not None:
        whole, lot_id = None, db.execute(_LOT_OF, {"vial": found.id}).scalar_one()
    else:
        whole = lots.named(db, by.site_id, given, order.product)
        lot_id = whole.id
    row = db.execute(_OF_LOT, {"lot": lot_id}).one()
    return _Subject(row.id, row.number, row.code, row.expires, row.light_limit_minutes, whole, found)


def _opened(db: Connection, given: str, product_code: str | None, on: datetime, by: Person) -> OpenedVial | None:
    """The vial, where the text is the number of one: V12; a product says that a lot is meant."""
    written = re.fullmatch(r"[Vv]([1-9][0-9]{0,8})", given, re.ASCII)
    if written is None or product_code is not None:
        return None
    if db.execute(_VIAL, {"site": by.site_id, "number": int(written[1])}).first() is None:
        return None
    if db.execute(_LOT, {"number": given}).first() is not None:
        raise LotOrVial(given=given, vial=given.swapcase())
    found = opened.locked(db, by.site_id, given, on)
    if found.state is VialState.DISCARDED:
        raise VialGone(vial=found.vial)
    return found


def _before(db: Connection, lot_id: int, vial_id: int | None) -> list[Exposure]:
    rows = db.execute(_EXPOSURES, {"lot": lot_id, "vial": vial_id})
    return [Exposure(row.minutes, row.at, of_vial=row.vial_id is not None) for row in rows]


def _hold(
    db: Connection, subject: _Subject, reason: str, request_id: int, *, on: datetime, by: Person
) -> list[str] | None:
    """Hold the vial or the lot: the state before and after and the reason, or None where it is not to be held."""
    if subject.vial is not None:
        if not ALLOWED[subject.vial.standing(on), VialOperation.HOLD]:
            return None
        entry = opened.Entry(VialEntryKind.HOLD, reason=reason)
        opened.write(db, subject.vial, [entry], {"state": VialState.HELD}, request_id=request_id, on=on, by=by)
        return [subject.vial.state, VialState.HELD, reason]
    assert subject.whole is not None
    if subject.whole.state is State.RECALLED:
        return None
    after = lots.record_act(db, subject.whole, LotAct.HOLD, reason, request_id=request_id, on=on, by=by)
    return [subject.whole.state, after, reason]
