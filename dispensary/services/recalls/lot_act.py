"""What people decide about a lot: hold it, or release it from every hold."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select

from dispensary import audit, lots, request
from dispensary.errors import Contended
from dispensary.lots import Lot
from dispensary.rules.lot_life import LotAct
from dispensary.rules.moments import day_in
from dispensary.rules.people import Person
from dispensary.rules.shelf import State, state_on
from dispensary.schema.people import user
from dispensary.schema.recalls import lot_act


@dataclass(frozen=True, slots=True)
class Decided:
    """What to do about which lot, and why; `act` is hold or release."""

    key: str
    lot: str
    act: LotAct
    reason: str
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A reason for which the lot was held, which a release answers."""

    act: LotAct
    on: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class MadeLot:
    """A lot that was made of the one that the act is about, directly or of what was made of it."""

    lot: str
    product: str
    expires: date
    from_: State
    state: State


@dataclass(frozen=True, slots=True)
class LotActDone:
    """The receipt. `state` is the one on the day: a released lot may have expired.

    `made` are the lots made of it: those that a hold held with it, or those that a release leaves held.
    """

    lot: str
    product: str
    expires: date
    key: str
    act: LotAct
    from_: State
    state: State
    reason: str
    answered: tuple[Answered, ...]
    made: tuple[MadeLot, ...] = ()


_before = lot_act.alias("before")
_RELEASED = (
    select(func.coalesce(func.max(_before.c.id), 0))
    .where(_before.c.lot_id == bindparam("lot"), _before.c.act == LotAct.RELEASE)
    .scalar_subquery()
)
_HELD_FOR = (
    select(lot_act.c.act, lot_act.c.at, user.c.name, lot_act.c.reason)
    .join(user, user.c.id == lot_act.c.by_id)
    .where(
        lot_act.c.lot_id == bindparam("lot"),
        lot_act.c.act.in_([LotAct.HOLD, LotAct.WITHDRAW]),
        lot_act.c.id > _RELEASED,
    )
    .order_by(lot_act.c.id)
)


def act(db: Connection, order: Decided, *, on: datetime, by: Person) -> LotActDone:
    """Append the act to the lot. Anybody may hold a lot; a pharmacist releases it, from every hold at once.

    A hold also holds what was made of the lot, but for what is recalled; a release frees the one lot alone.

    Raises NotAllowed, NotFound, WhichProduct and NotFromThisLotState.
    """
    claimed = request.claim(db, f"lot {order.act}", order.key, order, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, LotActDone)
    lot = lots.named(db, by.site_id, order.lot, order.product)
    answered = tuple(
        Answered(row.act, day_in(row.at, on.tzinfo), row.name, row.reason)
        for row in (db.execute(_HELD_FOR, {"lot": lot.id}) if order.act is LotAct.RELEASE else ())
    )
    made = _made_of(db, lot)
    after = lots.record_act(db, lot, order.act, order.reason, request_id=claimed, on=on, by=by)
    why = f"{order.reason}; made of lot {lot.number}"
    if order.act is LotAct.HOLD:
        followed = [each for each in made if each.state is not State.RECALLED]
        for each in followed:
            lots.record_act(db, each, LotAct.HOLD, why, request_id=claimed, on=on, by=by)
    else:
        followed = [each for each in made if each.state is State.HELD]
    done = LotActDone(
        lot=lot.number,
        product=lot.product,
        expires=lot.expires,
        key=order.key,
        act=order.act,
        from_=lot.state,
        state=state_on(after, lot.expires, on.date()),
        reason=order.reason,
        answered=answered,
        made=tuple(MadeLot(each.number, each.product, each.expires, each.state, State.HELD) for each in followed),
    )
    values = {
        "product": lot.product,
        "expires": lot.expires,
        "from": lot.state,
        "to": after,
        "reason": order.reason,
        "answered": [[each.act, each.on, each.by, each.reason] for each in answered],
    }
    if order.act is LotAct.HOLD:
        values["made"] = [[each.product, each.lot, each.expires, each.from_, each.state, why] for each in done.made]
    event = audit.Event(f"lot {order.act}", lot.number, order.key, values)
    audit.record(db, audit.take(db, by.site_id), event, on=on, by=by)
    request.keep(db, claimed, done)
    return done


def _made_of(db: Connection, lot: Lot) -> list[Lot]:
    """The lots that were made of the locked lot, locked too; raises Contended where another was made meanwhile."""
    wanted = lots.made_of(db, [lot.id])
    made = lots.locked(db, wanted)
    # Nothing is made of a locked lot; what was made before it was locked is found now.
    if lots.made_of(db, [lot.id]) != wanted:
        raise Contended
    return made
