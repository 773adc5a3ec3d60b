"""Counts of one shelf at once, and what is sold meanwhile, in the worst order: the books end as the shelf is."""

from collections.abc import Iterator
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import Connection

from dispensary import lots
from dispensary.services.counting.count import (
    CountClosed,
    CountEntered,
    EnterCount,
    StartCount,
    enter_count,
    start_count,
)
from dispensary.services.counting.count_close import CloseCount, CountDone, close_count
from dispensary.services.prescribing.dispense import Dispensed, Order, dispense
from dispensary.services.stock.move import Move, Moved, move
from dispensary.services.stock.stock_act import NotSoManyThere
from tests.build import Shop, a_lot, an_rx, units_at
from tests.faults.books import require_sound
from tests.faults.test_races import Race, Work, asked

UNITS = 100


@pytest.fixture
def counts(shop: Shop, url: str) -> Iterator[Race]:
    """C1 and C2 of the shelf are open; of lot A1 the books have 100 units, and two are not there."""
    a_lot(shop, units=UNITS)
    for _ in range(2):
        shop.do(start_count, StartCount(shop.key(), "shelf"))
    run = Race(shop, url)
    yield run
    assert run.problems == []
    require_sound(shop)


def entering(race: Race, count: str, units: int = UNITS - 2) -> Work:
    return asked(race, enter_count, EnterCount(race.shop.key(), count, "A1", units))


def closing(race: Race, count: str) -> Work:
    end = CloseCount(race.shop.key(), count, "two broke")
    return asked(race, close_count, end, practice=race.shop.practice)


def dispensing(race: Race, units: int = 4) -> Work:
    order = Order(race.shop.key(), an_rx(race.shop, units=units, directions="1 mg IM daily"))
    return asked(race, dispense, order, practice=race.shop.practice)


def now(race: Race, work: Work) -> Any:
    return race.shop.write(work)


def variances(done: CountDone) -> list[int]:
    return [line.variance for line in done.lines]


def test_two_counts_that_close_at_once_correct_the_books_once(counts):
    now(counts, entering(counts, "C1"))
    now(counts, entering(counts, "C2"))
    one, other = counts.run(closing(counts, "C1"), closing(counts, "C2"))
    assert (variances(one), variances(other)) == ([-2], [0])
    assert units_at(counts.shop, "A1") == UNITS - 2


def test_an_entry_that_waits_for_another_counts_correction_is_of_the_corrected_books(counts):
    now(counts, entering(counts, "C1"))
    closed, entered = counts.run(closing(counts, "C1"), entering(counts, "C2"))
    assert (variances(closed), type(entered)) == ([-2], CountEntered)
    assert variances(now(counts, closing(counts, "C2"))) == [0]
    assert units_at(counts.shop, "A1") == UNITS - 2


def test_a_correction_that_waits_for_another_counts_entry_is_taken_off_it(counts):
    now(counts, entering(counts, "C1"))
    entered, closed = counts.run(entering(counts, "C2"), closing(counts, "C1"))
    assert (type(entered), variances(closed)) == (CountEntered, [-2])
    assert variances(now(counts, closing(counts, "C2"))) == [0]
    assert units_at(counts.shop, "A1") == UNITS - 2


@pytest.mark.parametrize("units", [UNITS - 2, UNITS - 1])
def test_an_entry_that_began_before_a_correction_and_got_the_lot_after_it(counts, units, monkeypatch):
    """Its request is older than the correction's, and still it met the corrected books.

    A wrong count, of one more, is what the books have in the end, since it is closed last.
    """
    now(counts, entering(counts, "C1"))
    real, once = lots.named, Lock()

    def named_late(db: Connection, *given: Any) -> Any:
        if once.acquire(blocking=False):
            counts.let_the_second_in()
        return real(db, *given)

    monkeypatch.setattr(lots, "named", named_late)
    entered, closed = counts.run_from_within(entering(counts, "C2", units), closing(counts, "C1"))
    assert (type(entered), variances(closed)) == (CountEntered, [-2])
    assert variances(now(counts, closing(counts, "C2"))) == [units - (UNITS - 2)]
    assert units_at(counts.shop, "A1") == units


def test_an_entry_comes_before_the_end_of_its_count_or_not_at_all(counts):
    now(counts, entering(counts, "C1"))
    closed, entered = counts.run(closing(counts, "C1"), entering(counts, "C1", UNITS))
    assert (variances(closed), type(entered)) == ([-2], CountClosed)
    now(counts, entering(counts, "C2"))
    entered, closed = counts.run(entering(counts, "C2", UNITS), closing(counts, "C2"))
    assert (type(entered), variances(closed)) == (CountEntered, [2])


def test_a_count_is_closed_once(counts):
    now(counts, entering(counts, "C1"))
    one, other = counts.run(closing(counts, "C1"), closing(counts, "C1"))
    assert (variances(one), type(other)) == ([-2], CountClosed)
    assert units_at(counts.shop, "A1") == UNITS - 2


def test_what_is_dispensed_as_a_count_is_entered_is_before_it_or_after_it(counts):
    sold, entered = counts.run(dispensing(counts), entering(counts, "C1", UNITS - 6))
    assert (type(sold), type(entered)) == (Dispensed, CountEntered)
    assert variances(now(counts, closing(counts, "C1"))) == [-2]
    entered, moved = counts.run(
        entering(counts, "C2", UNITS - 6), asked(counts, move, Move(counts.shop.key(), "A1", "shelf", "quarantine", 10))
    )
    assert (type(entered), type(moved)) == (CountEntered, Moved)
    assert variances(now(counts, closing(counts, "C2"))) == [0]
    assert units_at(counts.shop, "A1") == UNITS - 16


def test_what_is_dispensed_as_a_count_is_closed_is_no_variance(counts):
    now(counts, entering(counts, "C1"))
    sold, closed = counts.run(dispensing(counts), closing(counts, "C1"))
    assert (type(sold), variances(closed)) == (Dispensed, [-2])
    now(counts, entering(counts, "C2", UNITS - 7))
    closed, moved = counts.run(
        closing(counts, "C2"), asked(counts, move, Move(counts.shop.key(), "A1", "shelf", "quarantine", 5))
    )
    assert (variances(closed), type(moved)) == ([-1], Moved)
    assert units_at(counts.shop, "A1") == UNITS - 12


def test_a_count_that_starts_as_stock_moves_has_it_before_or_after(counts):
    away = Move(counts.shop.key(), "A1", "shelf", "quarantine", UNITS)
    moved, started = counts.run(
        asked(counts, move, away), asked(counts, start_count, StartCount(counts.shop.key(), "shelf"))
    )
    assert (type(moved), started.lines) == (Moved, ())


def test_the_last_units_leave_once(counts):
    moves = [Move(counts.shop.key(), "A1", "shelf", "quarantine", 60) for _ in range(2)]
    one, other = counts.run(*(asked(counts, move, each) for each in moves))
    assert (type(one), type(other)) == (Moved, NotSoManyThere)
    assert units_at(counts.shop, "A1") == UNITS - 60
