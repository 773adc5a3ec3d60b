"""Acts that ask for a PIN again, and for the other person's, on each engine."""

import pytest

from dispensary.reports.verify import verify
from tests.build import units_at
from tests.cli.sign_in.house import DESTROY, WRONG, is_refused
from tests.pins import PINS
from tests.refusing import everything


def test_a_destruction_takes_the_pins_of_both_in_the_same_command(house):
    house.login("pia")
    before = everything(house.shop)
    is_refused(house.run.refused(*DESTROY, "sam"), "needs_pin")
    assert everything(house.shop) == before
    house.done(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    assert units_at(house.shop, "A1") == 9
    assert house.events("confirmed") == [
        ("pia", "confirmed", "`destroy`"),
        ("sam", "confirmed", "witness the destruction"),
    ]
    assert house.shop.read(verify).ok


@pytest.mark.parametrize("typed", [("pia",), ("pia", "pia"), ("sam", "sam"), ("sam", "pia"), ("pia", "")])
def test_without_both_pins_in_their_order_nothing_is_destroyed(house, typed):
    house.login("pia")
    house.refused(*DESTROY, "sam", typed=tuple(PINS.get(each, "") for each in typed))
    assert units_at(house.shop, "A1") == 10


def test_nobody_is_their_own_witness(house):
    house.login("pia")
    said = house.refused(*DESTROY, "pia", typed=(PINS["pia"], PINS["pia"]))
    assert said.startswith("pia cannot witness the destruction, being the person who acts")
    assert house.events("refused") == [("pia", "refused", "witness the destruction")]
    assert units_at(house.shop, "A1") == 10


def test_a_witness_who_is_disabled_locked_or_a_script_witnesses_nothing(house):
    house.login("pia")
    assert "having the role of reporter" in house.refused(*DESTROY, "nightly", typed=(PINS["pia"], PINS["nightly"]))
    for _ in range(5):
        house.refused("login", "sam", typed=(WRONG,))
    assert "is locked until" in house.refused(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    house.done("user", "disable", "sam", "--reason", "left the house", typed=(PINS["pia"],))
    assert "being disabled" in house.refused(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    assert units_at(house.shop, "A1") == 10


def test_each_confirmed_act_asks_again(house):
    house.login("pia")
    house.done(*DESTROY, "sam", typed=(PINS["pia"], PINS["sam"]))
    house.run.refused(*DESTROY, "sam")
