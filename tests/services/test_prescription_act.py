import pytest

from dispensary.rules.access import NotAllowed
from dispensary.rules.life import Act, LifeState, NotFromThisState
from dispensary.rules.people import Role
from dispensary.rules.safety import StoppedByChecks
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.prescription_act import Decided, act
from tests.build import a_lot, an_rx, codes, dispensed, the_rx
from tests.refusing import everything, nothing_written


def done(shop, name, rx="RX1", reason="asked by the prescriber", to=None, key=None):
    return shop.do(act, Decided(key or shop.key(), rx, Act(name), reason, to))


def test_a_held_prescription_waits_until_it_is_released(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop)
    assert done(shop, "hold", reason="interaction to be cleared").state is LifeState.HELD
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["prescription_held"]
    assert "interaction to be cleared" in str(refusal)
    done(shop, "release")
    assert dispensed(shop, rx).fill == 1


@pytest.mark.parametrize(
    ("name", "code"), [("cancel", "prescription_cancelled"), ("transfer", "prescription_transferred")]
)
def test_a_cancelled_or_transferred_prescription_stays_so(shop, name, code):
    a_lot(shop, units=50)
    rx = an_rx(shop)
    done(shop, name, to="Harbour Pharmacy" if name == "transfer" else None)
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == [code]
    for other in ("hold", "release", "cancel", "transfer"):
        nothing_written(shop, NotFromThisState, lambda other=other: done(shop, other))


def test_a_transfer_says_what_the_other_pharmacy_may_still_dispense(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    receipt = done(shop, "transfer", to="Harbour Pharmacy")
    assert (receipt.to_pharmacy, receipt.units_left, receipt.refills_left) == ("Harbour Pharmacy", 8, 2)


def test_refuses_what_the_state_does_not_allow(shop):
    an_rx(shop)
    nothing_written(shop, NotFromThisState, lambda: done(shop, "release"))
    done(shop, "hold")
    nothing_written(shop, NotFromThisState, lambda: done(shop, "hold"))
    nothing_written(shop, NotFromThisState, lambda: done(shop, "transfer", to="Harbour Pharmacy"))
    assert done(shop, "cancel").state is LifeState.CANCELLED


def test_a_technician_holds_and_does_not_release(shop):
    an_rx(shop)
    shop.do(add_user, NewUser(shop.key(), "tess", Role.TECHNICIAN))
    tess = shop.at(shop.on)
    tess.user = "tess"
    done(tess, "hold")
    nothing_written(tess, NotAllowed, lambda: done(tess, "release"))
    assert the_rx(shop, "RX1").life is LifeState.HELD


def test_the_same_key_holds_once(shop):
    an_rx(shop)
    first = done(shop, "hold", key="k")
    before = everything(shop)
    assert done(shop, "hold", key="k") == first
    assert everything(shop) == before
