"""A counter that is killed at any moment: what it acknowledged is there, and a retry finishes the rest once."""

import os
import random
import time

from sqlalchemy import select

from dispensary.rules.people import Role
from dispensary.schema import vials
from dispensary.schema.counting import stock_count
from dispensary.schema.prescribing import dispense
from dispensary.schema.stock import movement, stock_act
from dispensary.schema.trust import request
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot, a_patient, a_prescriber, an_rx, rows, units_at
from tests.faults.books import dispensed_units, require_sound
from tests.faults.counter import (
    STOCK_ACTS,
    UNITS_OF_A_PRESCRIPTION,
    Counter,
    Desk,
    answer,
    handling,
    looping,
    order,
    stock_order,
)
from tests.vials import entries, require_reconciled

KILLS = int(os.environ.get("DISPENSARY_TEST_KILLS", "100"))
"""Over both engines together."""

MOST_SECONDS = 0.25
"""The longest life of a counter after its start: it opens the database and dispenses some times."""

STOCK = 1_000_000


def test_kills_lose_nothing_and_double_nothing(shop, url):
    seed = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}: repeat with DISPENSARY_TEST_SEED={seed}")  # noqa: T201
    moments = random.Random(seed)
    a_lot(shop, lot="HOT", units=STOCK, expires="2036-06-30")
    prescriber = a_prescriber(shop)
    desk = Desk(url, shop.on, shop.by())
    written: list[str] = []
    acknowledged: dict[int, object] = {}
    cut = finished = 0
    for _ in range(max(1, KILLS // 2)):
        first = len(acknowledged)
        while len(written) * UNITS_OF_A_PRESCRIPTION < first + 3 * UNITS_OF_A_PRESCRIPTION:
            patient = a_patient(shop, identifier=f"MRN-{len(written)}")
            units = UNITS_OF_A_PRESCRIPTION
            written.append(an_rx(shop, patient, prescriber, directions="1 mg IM daily", units=units, refills=0))
        counter = Counter(looping, desk, first, written)
        time.sleep(moments.uniform(0, MOST_SECONDS))
        counter.kill()
        acknowledged.update(counter.said_before_its_end())
        counter.close()
        # The counter is started again, and asks once more for what it got no answer to.
        unanswered = len(acknowledged)
        known = was_committed(shop, unanswered)
        acknowledged[unanswered] = answer(shop.engine, desk, "dispense", order(unanswered, written))
        finished += known
        cut += not known
    print(f"{len(acknowledged)} dispenses; of the last one of each counter {finished} were saved and {cut} were not")  # noqa: T201
    assert list(acknowledged) == list(range(len(acknowledged)))
    for number, receipt in acknowledged.items():
        # Every key is answered with the receipt that was acknowledged before the kill.
        assert answer(shop.engine, desk, "dispense", order(number, written)) == receipt
    count = len(acknowledged)
    assert [rows(shop, dispense), dispensed_units(shop)] == [count, count]
    assert rows(shop, movement) == count + 1
    assert units_at(shop, "HOT") == STOCK - count
    require_sound(shop)


def test_kills_while_stock_is_handled_lose_no_unit_and_no_microlitre(shop, url):
    seed = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}: repeat with DISPENSARY_TEST_SEED={seed}")  # noqa: T201
    moments = random.Random(seed)
    a_lot(shop, lot="HOT", units=STOCK, expires="2036-06-30")
    a_patient(shop)
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    desk = Desk(url, shop.on, shop.by())
    acknowledged: dict[int, object] = {}
    for _ in range(max(1, KILLS // 4)):
        counter = Counter(handling, desk, len(acknowledged))
        time.sleep(moments.uniform(0, MOST_SECONDS))
        counter.kill()
        acknowledged.update(counter.said_before_its_end())
        counter.close()
        unanswered = len(acknowledged)
        acknowledged[unanswered] = answer(shop.engine, desk, *stock_order(unanswered))
    # The last round is brought to its end.
    while len(acknowledged) % STOCK_ACTS:
        acknowledged[len(acknowledged)] = answer(shop.engine, desk, *stock_order(len(acknowledged)))
    assert list(acknowledged) == list(range(len(acknowledged)))
    for number, receipt in acknowledged.items():
        assert not isinstance(receipt, str), receipt
        assert answer(shop.engine, desk, *stock_order(number)) == receipt
    rounds = len(acknowledged) // STOCK_ACTS
    assert [rows(shop, table) for table in (vials.vial, vials.draw, stock_count, stock_act)] == [
        rounds, rounds, rounds, 2 * rounds,
    ]  # fmt: skip
    assert rows(shop, movement) == 1 + 4 * rounds
    assert (units_at(shop, "HOT"), units_at(shop, "HOT", "quarantine")) == (STOCK - 3 * rounds, 0)
    assert [entries(shop, number) for number in range(1, rounds + 1)] == [
        [("draw", 400, None), ("waste", 600, "not needed")]
    ] * rounds
    require_reconciled(shop)
    require_sound(shop)


def was_committed(shop, number):
    query = select(request.c.id).where(request.c.key == f"k-{number}")
    return shop.read(lambda db: db.execute(query).first()) is not None
