"""Until when a lot may be used, and what may be done with it in each state."""

from datetime import date
from enum import StrEnum

from dispensary.errors import Refused


class LotNotUsable(Refused):
    """The state of the lot does not allow the operation."""

    sentence = "lot {lot} of {product} {why}; {way_out}."
    lot: str
    product: str
    state: str
    operation: str
    why: str
    way_out: str


BANDS = (30, 60, 90, 180)
"""Short-dated stock is reported by days left, each band up to and including its number."""


class State(StrEnum):
    """What a lot is, on a given day."""

    AVAILABLE = "available"
    HELD = "held"
    RECALLED = "recalled"
    EXPIRED = "expired"


class Operation(StrEnum):
    """What can be done with units of a lot."""

    RECEIVE = "receive"
    DISPENSE = "dispense"
    OPEN = "open"
    DRAW = "draw"
    MOVE = "move"
    COUNT = "count"
    RETURN = "return"
    DESTROY = "destroy"


_WITHOUT_A_PATIENT = frozenset({Operation.MOVE, Operation.COUNT, Operation.RETURN, Operation.DESTROY})
_BY_STATE: dict[State, frozenset[Operation]] = {
    State.AVAILABLE: frozenset(Operation),
    # More packs of a held lot may come in, and are held with it.
    State.HELD: _WITHOUT_A_PATIENT | {Operation.RECEIVE},
    State.RECALLED: _WITHOUT_A_PATIENT,
    State.EXPIRED: _WITHOUT_A_PATIENT,
}
ALLOWED: dict[tuple[State, Operation], bool] = {
    (state, operation): operation in allowed for state, allowed in _BY_STATE.items() for operation in Operation
}
"""The one table of state x operation. Whatever the state, stock can be found, moved to quarantine,
sent or taken back, and destroyed; only available stock reaches a patient."""

_WAYS_OUT = {
    State.HELD: "take another lot or have a pharmacist release {lot}",
    State.RECALLED: "take another lot and return or destroy {lot}",
    State.EXPIRED: "take another lot or destroy {lot}",
}


def last_usable_day(expires: date) -> date:
    """A lot is usable through its expiry date, pharmacy-local (month-only: `expires` is the month's last day)."""
    return expires


def usable_on(expires: date, day: date) -> bool:
    """Whether a lot with this expiry may still be used on the day."""
    return day <= last_usable_day(expires)


def days_left(expires: date, today: date) -> int:
    """Days until the last usable day: 0 on it, negative after it."""
    return (last_usable_day(expires) - today).days


def band(expires: date, today: date) -> str | None:
    """`expired`, or the narrowest band that holds the days left (`30`, `60`, `90`, `180`), or None beyond them."""
    if not usable_on(expires, today):
        return State.EXPIRED.value
    left = days_left(expires, today)
    return next((str(days) for days in BANDS if left <= days), None)


def state_on(recorded: State, expires: date, today: date) -> State:
    """The state on the day: recalled before expired before held before available.

    A recall is named even after expiry, because its units are answered for one by one. Expiry goes
    before a hold, because a release would not make the lot usable and no more of it may come in.
    """
    if recorded is State.RECALLED or usable_on(expires, today):
        return recorded
    return State.EXPIRED


def described(state: State, expires: date) -> str:
    """Why the lot is not available: `held`, `recalled` or `expired on 2026-10-31`."""
    return f"expired on {expires}" if state is State.EXPIRED else state.value


def require(operation: Operation, state: State, *, lot: str, product: str, expires: date) -> None:
    """Raises LotNotUsable unless the table allows the operation on a lot in this state (see state_on)."""
    if ALLOWED[state, operation]:
        return
    way_out = _WAYS_OUT[state].format(lot=lot)
    if operation is Operation.RECEIVE:
        way_out = "keep it out of stock and send it back to the supplier"
    why = described(state, expires)
    raise LotNotUsable(
        lot=lot,
        product=product,
        state=state.value,
        operation=operation.value,
        why=why if state is State.EXPIRED else f"is {why}",
        way_out=way_out,
    )
