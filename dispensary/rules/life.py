"""The life of a prescription: what people decide about it, and the state that it is in on a day."""

from datetime import date
from enum import StrEnum

from dispensary.errors import Refused


class Act(StrEnum):
    """What a person does to a prescription."""

    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    TRANSFER = "transfer"


class LifeState(StrEnum):
    """What the last act made of a prescription."""

    ACTIVE = "active"
    HELD = "held"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


class NotFromThisState(Refused):
    """The act is not possible on a prescription in this state."""

    sentence = "{rx} is {state} and cannot be {done}: {way_out}."
    rx: str
    state: str
    done: str
    way_out: str


_DONE = {Act.HOLD: "held", Act.RELEASE: "released", Act.CANCEL: "cancelled", Act.TRANSFER: "transferred"}
_AFTER = {
    Act.HOLD: LifeState.HELD,
    Act.RELEASE: LifeState.ACTIVE,
    Act.CANCEL: LifeState.CANCELLED,
    Act.TRANSFER: LifeState.TRANSFERRED,
}
_ALLOWED = {
    LifeState.ACTIVE: (Act.HOLD, Act.CANCEL, Act.TRANSFER),
    LifeState.HELD: (Act.RELEASE, Act.CANCEL),
    LifeState.CANCELLED: (),
    LifeState.TRANSFERRED: (),
}
_WAYS_OUT = {
    LifeState.ACTIVE: "it is on no hold",
    LifeState.HELD: "release it first with `dispensary rx release`",
    LifeState.CANCELLED: "a cancelled prescription stays so; enter a new one",
    LifeState.TRANSFERRED: "the other pharmacy has it now; enter a new one",
}


def life_after(last: Act | None) -> LifeState:
    """What the last act made of a prescription, None where nobody has done anything to it."""
    return LifeState.ACTIVE if last is None else _AFTER[last]


def require_allowed(act: Act, state: LifeState, rx: str) -> None:
    """Nothing, where the act is possible in the state; else NotFromThisState."""
    if act not in _ALLOWED[state]:
        raise NotFromThisState(rx=rx, state=state, done=_DONE[act], way_out=_WAYS_OUT[state])


class PrescriptionState(StrEnum):
    """Whether a prescription can still be dispensed against."""

    ACTIVE = "active"
    HELD = "held"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    COMPLETED = "completed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is given of it, not even what is owed of its last fill."""
        return self not in (PrescriptionState.ACTIVE, PrescriptionState.HELD, PrescriptionState.EXHAUSTED)


def states_on(
    valid_until: date, fills_left: int, today: date, *, life: LifeState = LifeState.ACTIVE, completed: bool = False
) -> tuple[PrescriptionState, ...]:
    """The states on the day: active, or all the reasons why it has ended, the gravest first."""
    ended = {
        PrescriptionState.CANCELLED: life is LifeState.CANCELLED,
        PrescriptionState.TRANSFERRED: life is LifeState.TRANSFERRED,
        PrescriptionState.HELD: life is LifeState.HELD,
        PrescriptionState.EXPIRED: today > valid_until,
        PrescriptionState.EXHAUSTED: fills_left <= 0,
        PrescriptionState.COMPLETED: completed,
    }
    return tuple(state for state, holds in ended.items() if holds) or (PrescriptionState.ACTIVE,)
