"""The primary is killed under load and its synchronous standby promoted: what was acknowledged is there, once."""

import os
import random
import time
from typing import Any

import pytest
from sqlalchemy import select

from dispensary.reports.chain import check_database
from dispensary.schema.trust import audit_event, head
from tests.build import Shop
from tests.faults.counter import UNITS_OF_A_PRESCRIPTION, Counter, Desk
from tests.standby.machines import Pair
from tests.torture.acts import Counted, Till, acting_through, opened_for, prescriptions
from tests.torture.tally import Tally, judge, judge_answer

COUNTERS = 3
UNITS = 2 * UNITS_OF_A_PRESCRIPTION
ROUNDS = int(os.environ.get("DISPENSARY_TEST_FAILOVERS", "1"))


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {chosen}: repeat with DISPENSARY_TEST_SEED={chosen}")  # noqa: T201
    return chosen


def test_a_killed_primary_loses_and_doubles_nothing(pair, shop, url, seed):
    chance = random.Random(seed)
    opened_for(shop)
    for number in range(ROUNDS):
        if number:
            pair.follow()
        tally = one_failover(pair, shop, url, chance, number)
        print(tally)  # noqa: T201
        assert tally.clean, tally
        assert tally.again > 0
        assert tally.acknowledged > 0


def one_failover(pair: Pair, shop: Shop, url: str, chance: random.Random, number: int) -> Tally:
    tally = Tally("primary killed", "postgresql")
    desk = Desk(url, shop.on, shop.by())
    lanes = [
        Counted(desk, f"f{number}x{lane}", prescriptions(shop, f"{number}x{lane}", UNITS), None)
        for lane in range(COUNTERS)
    ]
    counters = [Counter(acting_through, lane) for lane in lanes]
    heard: list[list[Any]] = [[] for _ in counters]
    assert all(counter.pipe.poll(120) for counter in counters), "a counter does not start"
    hear(counters, heard, chance.uniform(0.5, 3))
    before = end_of_chain(shop)
    pair.fail_over()
    tally.faults += 1
    for counter in counters:
        counter.pipe.send("stop")
    for counter, said in zip(counters, heard, strict=True):
        while not said or said[-1][0] != "again":
            said.append(counter.said())
        counter.close()
    shop.engine.dispose()
    assert pair.primary.rows("SELECT pg_is_in_recovery()")[0][0] is False
    work = []
    for lane, said in zip(lanes, heard, strict=True):
        tally.again += said.pop()[1]
        till = Till(lane, shop.engine)
        for act, receipt in said:
            judge_answer(tally, till, act, receipt)
        work.append((till, dict(said)))
    judge(tally, shop, work)
    # The chain goes on from what it was: its end of before is a link of it.
    kept = select(audit_event.c.hash).where(audit_event.c.site_id == 1, audit_event.c.sequence == before[0])
    assert shop.read(lambda db: db.execute(kept).scalar_one()) == before[1]
    assert end_of_chain(shop)[0] > before[0]
    assert shop.read(check_database, 1).ok
    return tally


def hear(counters: list[Counter], heard: list[list[Any]], seconds: float) -> None:
    """What they say meanwhile, so that none waits for us."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for counter, said in zip(counters, heard, strict=True):
            while counter.pipe.poll():
                said.append(counter.pipe.recv())
        time.sleep(0.005)


def end_of_chain(shop: Shop) -> tuple[int, str]:
    row = shop.read(lambda db: db.execute(select(head.c.sequence, head.c.hash).where(head.c.site_id == 1)).one())
    return row.sequence, row.hash
