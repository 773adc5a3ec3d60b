"""The life of a lot: what people and findings make of it, each act from one state to the next."""

from datetime import date
from enum import StrEnum

from dispensary.errors import Refused
from dispensary.rules.shelf import State


class NotFromThisLotState(Refused):
    """The act does not apply to a lot in this state."""

    sentence = "{act} does not apply to lot {lot} of {product}, which is {state}: nothing was changed; {way_out}."
    lot: str
    product: str
    act: str
    state: str
    way_out: str


class SameLot(Refused):
    """A lot number that differs only in case from one that is known."""

    sentence = (
        "Lot {lot} of {product} is known as {known} with the same expiry, {expires}: nothing was received; "
        "look at the pack again and receive it as {known}."
    )
    lot: str
    product: str
    known: str
    expires: date


class LotAct(StrEnum):
    """What is done about a lot."""

    HOLD = "hold"
    RELEASE = "release"
    RECALL = "recall"
    WITHDRAW = "withdraw"
    """Take a recall back, which leaves the lot held until a pharmacist releases it."""


AFTER: dict[tuple[State, LotAct], State] = {
    (State.AVAILABLE, LotAct.HOLD): State.HELD,
    (State.AVAILABLE, LotAct.RECALL): State.RECALLED,
    # Each hold has its own reason, and one release answers them all.
    (State.HELD, LotAct.HOLD): State.HELD,
    (State.HELD, LotAct.RELEASE): State.AVAILABLE,
    (State.HELD, LotAct.RECALL): State.RECALLED,
    # A lot may be recalled by several notices.
    (State.RECALLED, LotAct.RECALL): State.RECALLED,
    (State.RECALLED, LotAct.WITHDRAW): State.HELD,
}
"""The recorded state after an act; what is not here is refused."""

_WAYS_OUT = {
    State.AVAILABLE: "nothing need be done",
    State.HELD: "release it with `dispensary lot release`",
    State.RECALLED: "return or destroy it, or withdraw the recall with `dispensary recall withdraw`",
}


def state_after(act: LotAct, state: State, *, lot: str, product: str) -> State:
    """The recorded state after the act; raises NotFromThisLotState. `state` is the recorded one, so never expired."""
    after = AFTER.get((state, act))
    if after is None:
        raise NotFromThisLotState(lot=lot, product=product, act=act.value, state=state.value, way_out=_WAYS_OUT[state])
    return after
