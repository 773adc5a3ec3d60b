import pytest

from dispensary.rules.lot_life import AFTER, LotAct, NotFromThisLotState, state_after
from dispensary.rules.shelf import State
from tests.refusing import refused

RECORDED = (State.AVAILABLE, State.HELD, State.RECALLED)
EXPECTED = {
    State.AVAILABLE: {LotAct.HOLD: State.HELD, LotAct.RECALL: State.RECALLED},
    State.HELD: {LotAct.HOLD: State.HELD, LotAct.RELEASE: State.AVAILABLE, LotAct.RECALL: State.RECALLED},
    State.RECALLED: {LotAct.RECALL: State.RECALLED, LotAct.WITHDRAW: State.HELD},
}


@pytest.mark.parametrize("state", RECORDED)
@pytest.mark.parametrize("act", LotAct)
def test_each_act_in_each_state(state, act):
    if act in EXPECTED[state]:
        assert state_after(act, state, lot="A1", product="US-CY-ARG1") is EXPECTED[state][act]
        return
    refused(NotFromThisLotState, lambda: state_after(act, state, lot="A1", product="US-CY-ARG1"))


def test_a_recalled_lot_is_never_released_at_once():
    assert (State.RECALLED, LotAct.RELEASE) not in AFTER
    assert AFTER[State.RECALLED, LotAct.WITHDRAW] is State.HELD
