"""The pharmacy before and after its first PIN."""

import pytest

from dispensary.cli import context
from dispensary.rules.people import Role
from tests.build import Shop, a_lot
from tests.cli.counter import Counter
from tests.cli.sign_in.house import House
from tests.pins import PINS, cheap, entered, given_pin


@pytest.fixture
def open_house(counter: Counter, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> House:
    """alex and pia are pharmacists, mia a manager, sam a technician, nightly a reporter; nobody has a PIN yet."""
    cheap(monkeypatch)
    monkeypatch.setattr(context, "interactive", lambda: False)
    monkeypatch.delenv("DISPENSARY_USER")
    for name, role in (
        ("pia", Role.PHARMACIST),
        ("mia", Role.MANAGER),
        ("sam", Role.TECHNICIAN),
        ("nightly", Role.REPORTER),
    ):
        entered(shop, name, role)
    a_lot(shop, "US-CY-ARG1", "A1", units=10)
    house = House(shop, counter, monkeypatch)
    house.go_to("front")
    return house


@pytest.fixture
def house(open_house: House) -> House:
    """All of them have a PIN of their own choice, and nobody is logged in."""
    for name in PINS:
        given_pin(open_house.shop, name)
    return open_house
