"""Until when a lot may be used, and what may be done with it in each state."""

from datetime import date
from enum import StrEnum
from shlex import quote

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
    HAND_OVER = "hand over"
    """Give a fill that was dispensed to the patient, once a second person has checked it."""
    OPEN = "open"
    DRAW = "draw"
    REPACK = "repack"
    """Use it up as an ingredient of a batch."""
    MOVE = "move"
    """Between places of which the target is no more saleable than the source."""
    SHELVE = "shelve"
    """Put where it may be dispensed what stood where it may not."""
    RESTOCK = "restock"
    """Put back a fill that never left the pharmacy."""
    COUNT = "count"
    RETURN = "return"
    """Take back from a patient."""
    SEND_BACK = "send back"
    """Return to the supplier."""
    DISCARD = "discard"
    """Waste what is left of an opened vial."""
    DESTROY = "destroy"


_WITHOUT_A_PATIENT = frozenset(
    {
        Operation.MOVE,
        Operation.COUNT,
        Operation.RETURN,
        Operation.SEND_BACK,
        Operation.DISCARD,
        Operation.DESTROY,
    }
)
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
"""The one table of state x operation. Whatever the state, stock can be found, set aside, sent or
taken back, and destroyed; only available stock reaches a patient or a place from which it might."""

_INSTEAD = {
    Operation.RECEIVE: "keep it out of stock and send it back to the supplier",
    Operation.DISPENSE: "take another lot",
    Operation.HAND_OVER: "do not hand it over, and take the fill back with `dispensary return`",
    Operation.OPEN: "open another lot",
    Operation.DRAW: "draw from a vial of another lot",
    Operation.REPACK: "use another lot",
    Operation.SHELVE: "leave it where it stands",
    Operation.RESTOCK: "take it back without --undelivered",
}
_WITH_THE_LOT = {
    State.HELD: ", or have a pharmacist release it with `dispensary lot release {lot}`",
    State.RECALLED: ", and send it back with `dispensary send-back {lot}` or destroy it",
    State.EXPIRED: ", and destroy it with `dispensary destroy {lot}`",
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
    return band_of(days_left(expires, today))


def band_of(left: int) -> str | None:
    """The same of days left."""
    if left < 0:
        return State.EXPIRED.value
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


def standing(state: State, expires: date) -> str:
    """The same, said of the lot: `is held`, `is recalled` or `expired on 2026-10-31`."""
    why = described(state, expires)
    return why if state is State.EXPIRED else f"is {why}"


def require(operation: Operation, recorded: State, expires: date, today: date, *, lot: str, product: str) -> None:
    """Raises LotNotUsable unless the table allows the operation on a lot in its state on the day (see state_on)."""
    state = state_on(recorded, expires, today)
    if ALLOWED[state, operation]:
        return
    raise LotNotUsable(
        lot=lot,
        product=product,
        state=state.value,
        operation=operation.value,
        why=standing(state, expires),
        way_out=_way_out(operation, state, lot),
    )


def _way_out(operation: Operation, state: State, lot: str) -> str:
    instead = _INSTEAD[operation]
    if operation is Operation.DRAW and state is not State.HELD:
        return f"{instead}, and discard this one"
    if operation in (Operation.RECEIVE, Operation.HAND_OVER):
        return instead
    if operation is Operation.RESTOCK and state is not State.HELD:
        return instead
    # A lot number may have a character that means something to a shell.
    return instead + _WITH_THE_LOT[state].format(lot=quote(lot))
