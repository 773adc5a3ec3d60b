"""Two counters at one label: one of them sends it, and copies are counted one after the other."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from dispensary import database
from dispensary.errors import Refused
from dispensary.rules.printer import JobState
from dispensary.schema.printing import print_attempt
from dispensary.services.printing.print_label import Print, PrintJob, print_label
from dispensary.services.printing.send import Again, Claimed, Ended, NotToBeSent, claim, end, print_again
from dispensary.services.printing.settle import Cancel, Settled, cancel
from tests.build import Shop
from tests.faults.books import require_sound
from tests.faults.test_races import Race, asked

COUNTERS = 8


@pytest.fixture
def race(shop: Shop, url: str):
    """PJ1 waits for a printer."""
    shop.do(print_label, Print("first", "dispense", "D1", "dispense-100x62", "counter"))
    run = Race(shop, url)
    yield run
    assert run.problems == []
    require_sound(shop)


def test_of_two_senders_one_sends(race):
    first, second = race.run(asked(race, claim, "PJ1"), asked(race, claim, "PJ1"))
    assert (type(first), type(second)) == (Claimed, NotToBeSent)
    assert first.attempt == 1


def test_of_two_senders_of_what_failed_one_sends(race):
    race.shop.do(claim, "PJ1")
    race.shop.do(end, Ended("PJ1", 1, problem="no paper"))
    first, second = race.run(asked(race, claim, "PJ1"), asked(race, claim, "PJ1"))
    assert (first.attempt, type(second)) == (2, NotToBeSent)


def test_of_two_who_print_again_one_does(race):
    race.shop.do(claim, "PJ1")
    race.shop.do(end, Ended("PJ1", 1, problem="it broke off", perhaps=True))
    first, second = race.run(
        asked(race, print_again, Again("one", "PJ1")), asked(race, print_again, Again("two", "PJ1"))
    )
    assert (type(first), type(second)) == (PrintJob, NotToBeSent)


def test_what_is_cancelled_while_it_is_sent_is_not_both(race):
    first, second = race.run(asked(race, claim, "PJ1"), asked(race, cancel, Cancel("one", "PJ1", "no use")))
    assert {type(first), type(second)} in ({Claimed, NotToBeSent}, {Settled, NotToBeSent})


def test_an_attempt_does_not_end_in_two_ways(race):
    race.shop.do(claim, "PJ1")
    first, second = race.run(
        asked(race, end, Ended("PJ1", 1, "Roll-1")), asked(race, end, Ended("PJ1", 1, problem="no paper"))
    )
    assert (first, type(second)) == (JobState.SENT, NotToBeSent)


def test_two_prints_of_one_label_are_two_copies(race):
    first, second = race.run(
        asked(race, print_label, Print("one", "dispense", "D1", "dispense-100x62", "counter")),
        asked(race, print_label, Print("two", "dispense", "D1", "dispense-100x62", "counter")),
    )
    assert (first.copy, second.copy) == (2, 3)


def test_eight_senders_send_eight_jobs_once_each(shop, url):
    for number in range(COUNTERS):
        shop.do(print_label, Print(f"p{number}", "dispense", f"D{number}", "dispense-100x62", "counter"))
    by, together = shop.by(), Barrier(COUNTERS)
    engine = database.open_engine(database.parse_url(url), pause=lambda: time.sleep(0.002))

    def counter(_):
        together.wait()
        mine = []
        for number in range(COUNTERS):
            job = f"PJ{number + 1}"
            try:
                database.transaction(engine, lambda db, job=job: claim(db, job, on=shop.on, by=by))
            except Refused:
                continue
            mine.append(job)
            database.transaction(engine, lambda db, job=job: end(db, Ended(job, 1, "sent"), on=shop.on, by=by))
        return mine

    with ThreadPoolExecutor(COUNTERS) as counters:
        sent = [job for mine in counters.map(counter, range(COUNTERS)) for job in mine]
    engine.dispose()
    assert sorted(sent) == [f"PJ{number + 1}" for number in range(COUNTERS)]
    assert len(shop.read(lambda db: db.execute(select(print_attempt)).all())) == 2 * COUNTERS
    require_sound(shop)
