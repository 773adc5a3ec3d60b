from datetime import date

import pytest

from dispensary.rules.life import (
    Act,
    LifeState,
    NotFromThisState,
    PrescriptionState,
    life_after,
    require_allowed,
    states_on,
)
from tests.refusing import refused

UNTIL = date(2027, 11, 20)

ALLOWED = {
    LifeState.ACTIVE: {Act.HOLD: LifeState.HELD, Act.CANCEL: LifeState.CANCELLED, Act.TRANSFER: LifeState.TRANSFERRED},
    LifeState.HELD: {Act.RELEASE: LifeState.ACTIVE, Act.CANCEL: LifeState.CANCELLED},
    LifeState.CANCELLED: {},
    LifeState.TRANSFERRED: {},
}


@pytest.mark.parametrize("state", LifeState)
@pytest.mark.parametrize("act", Act)
def test_each_act_in_each_state(state, act):
    if act in ALLOWED[state]:
        require_allowed(act, state, "RX1")
        assert life_after(act) is ALLOWED[state][act]
    else:
        refused(NotFromThisState, lambda: require_allowed(act, state, "RX1"))


def test_it_is_active_before_any_act():
    assert life_after(None) is LifeState.ACTIVE


def test_it_is_active_through_its_last_day():
    assert states_on(UNTIL, 1, UNTIL) == (PrescriptionState.ACTIVE,)
    assert states_on(UNTIL, 1, date(2027, 11, 21)) == (PrescriptionState.EXPIRED,)


def test_every_reason_is_told_the_gravest_first():
    told = states_on(UNTIL, 0, date(2028, 1, 1), life=LifeState.HELD, completed=True)
    assert told == (
        PrescriptionState.HELD,
        PrescriptionState.EXPIRED,
        PrescriptionState.EXHAUSTED,
        PrescriptionState.COMPLETED,
    )
