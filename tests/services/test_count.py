from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.places import NotAStockPlace
from dispensary.reports.counting.counts import CountLine, CountSheet, count_sheet
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.counting import CountAgain, CountOutdated, NotCounted, ReturnsAmongStock, VarianceNeedsReason
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.schema import counting, stock, trust
from dispensary.services.counting.count import (
    CountClosed,
    CountEntered,
    CountStarted,
    EnterCount,
    NothingToCount,
    NotInThisCount,
    SheetLine,
    StartCount,
    WhichPlace,
    enter_count,
    start_count,
)
from dispensary.services.counting.count_close import AbandonNeedsReason, CloseCount, ClosedLine, CountDone, close_count
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from tests.build import a_lot, a_patient, an_rx, dispensed, in_state, returned, rows, units_at
from tests.refusing import everything, nothing_written

EXPIRES = date(2027, 11, 30)


def started(shop, place="shelf", product=None, key=None):
    return shop.do(start_count, StartCount(key or shop.key(), place, product))


def entered(shop, units, count="C1", lot="A1", key=None, **where):
    return shop.do(enter_count, EnterCount(key or shop.key(), count, lot, units, **where))


def closed(shop, count="C1", reason=None, key=None, abandon=False):
    return shop.do(close_count, CloseCount(key or shop.key(), count, reason, abandon), practice=shop.practice)


def sheet(shop, count="C1"):
    return shop.read(count_sheet, count, zone=shop.on.tzinfo, by=shop.by())


def acting(shop, name, role=Role.TECHNICIAN):
    shop.do(add_user, NewUser(shop.key(), name, role))
    return replace(shop, user=name)


def newest(shop):
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(statement).first())


def sold(shop, units, identifier="MRN-1"):
    rx = an_rx(shop, a_patient(shop, identifier), units=units, directions="1 mg IM daily", refills=0)
    return dispensed(shop, rx)


@pytest.fixture
def stocked(shop):
    """10 units of lot A1 on the shelf."""
    a_lot(shop, units=10)
    return shop


@pytest.fixture
def open_count(stocked):
    """C1 of the shelf is open."""
    started(stocked)
    return stocked


def test_a_sheet_names_the_lots_of_a_place_and_not_how_many_units(stocked):
    a_lot(stocked, lot="B1", expires="2027-01-31", units=5)
    a_lot(stocked, product="NO-CY-TAK1", lot="N1", units=5)
    a_lot(stocked, lot="R1", units=5, place="refrigerator")
    assert started(stocked, key="k") == CountStarted(
        count="C1",
        key="k",
        place="shelf",
        product=None,
        lines=(
            SheetLine("NO-CY-TAK1", "N1", EXPIRES, "shelf"),
            SheetLine("US-CY-ARG1", "B1", date(2027, 1, 31), "shelf"),
            SheetLine("US-CY-ARG1", "A1", EXPIRES, "shelf"),
        ),
    )
    product = started(stocked, None, "us-cy-arg1")
    assert [(line.lot, line.place) for line in product.lines] == [
        ("R1", "refrigerator"),
        ("B1", "shelf"),
        ("A1", "shelf"),
    ]
    assert [line.lot for line in started(stocked, "refrigerator", "US-CY-ARG1").lines] == ["R1"]
    assert started(stocked, "quarantine").lines == ()


def test_what_stood_there_is_written_down(open_count):
    lines = open_count.read(lambda db: db.execute(select(counting.count_line.c.units)).scalars().all())
    assert lines == [10]
    event = newest(open_count)
    assert (event.kind, event.subject) == ("count start", "C1")
    assert '"standing":[["US-CY-ARG1","A1","2027-11-30","shelf",10]]' in event.canonical


def test_what_may_not_be_sold_is_counted_too(stocked):
    for lot, state in (("H1", State.HELD), ("X1", State.RECALLED)):
        a_lot(stocked, lot=lot, units=3)
        in_state(stocked, lot, state)
    later = stocked.at(stocked.on + timedelta(days=900))
    assert {line.lot for line in started(later).lines} == {"A1", "H1", "X1"}
    for lot, units in (("A1", 10), ("H1", 3), ("X1", 2)):
        entered(later, units, lot=lot)
    assert [line.variance for line in closed(later, reason="broken").lines] == [0, 0, -1]


def test_refuses_to_count_nothing_or_what_is_not_there(stocked):
    nothing_written(stocked, NothingToCount, lambda: started(stocked, None))
    nothing_written(stocked, NotFound, lambda: started(stocked, "cellar"))
    nothing_written(stocked, NotAStockPlace, lambda: started(stocked, "variance"))
    nothing_written(stocked, NotFound, lambda: started(stocked, None, "X"))


def test_an_entry_is_kept_beside_the_books_and_its_receipt_is_blind(open_count):
    assert entered(open_count, 9, key="k") == CountEntered("C1", "k", "US-CY-ARG1", "A1", EXPIRES, "shelf", 9)
    entry = open_count.read(lambda db: db.execute(select(counting.count_entry)).one())
    assert (entry.units, entry.book_units) == (9, 10)
    event = newest(open_count)
    assert (event.kind, event.subject) == ("count enter", "C1")
    assert '"book_units":10' in event.canonical
    assert '"units":9' in event.canonical


def test_a_count_that_agrees_moves_nothing(open_count):
    entered(open_count, 10)
    assert closed(open_count, key="k", reason="none needed") == CountDone(
        "C1", "k", False, None, (ClosedLine("US-CY-ARG1", "A1", EXPIRES, "shelf", 10, 10, 0),)
    )
    assert rows(open_count, stock.movement) == 1


def test_a_variance_becomes_a_movement_with_its_reason(open_count):
    entered(open_count, 8)
    done = closed(open_count, reason="two broke")
    assert (done.reason, done.lines[0].variance) == ("two broke", -2)
    assert units_at(open_count, "A1") == 8
    event = newest(open_count)
    assert (event.kind, event.subject) == ("count close", "C1")
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","shelf","variance",2]]' in event.canonical
    assert '"counted":[["US-CY-ARG1","A1","2027-11-30","shelf",10,8]]' in event.canonical
    assert open_count.read(verify).ok


def test_more_may_be_there_than_the_books_say(open_count):
    entered(open_count, 12)
    closed(open_count, reason="a delivery was short by two on paper")
    assert units_at(open_count, "A1") == 12
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","variance","shelf",2]]' in newest(open_count).canonical
    assert open_count.read(verify).ok


def test_a_lot_of_the_books_may_be_found_where_none_should_be(open_count):
    a_lot(open_count, lot="B1", units=5, place="refrigerator")
    entered(open_count, 10)
    entered(open_count, 1, lot="B1")
    done = closed(open_count, reason="left on the shelf")
    assert [(line.lot, line.book_units, line.variance) for line in done.lines] == [("A1", 10, 0), ("B1", 0, 1)]
    assert (units_at(open_count, "B1"), units_at(open_count, "B1", "refrigerator")) == (1, 5)


def test_a_lot_that_is_not_in_the_books_is_not_found(open_count):
    nothing_written(open_count, NotFound, lambda: entered(open_count, 1, lot="B7"))


@pytest.mark.parametrize("found_before", [True, False])
def test_what_is_sold_or_received_during_the_count_is_no_variance(open_count, found_before):
    if found_before:
        entered(open_count, 10)
    sold(open_count, 4)
    a_lot(open_count, units=1)
    if not found_before:
        entered(open_count, 7)
    assert [line.variance for line in closed(open_count).lines] == [0]
    assert units_at(open_count, "A1") == 7


def test_a_variance_stays_what_it_was_when_it_was_found(open_count):
    entered(open_count, 9)
    sold(open_count, 4)
    (line,) = closed(open_count, reason="one broke").lines
    assert (line.book_units, line.counted_units, line.variance) == (10, 9, -1)
    assert units_at(open_count, "A1") == 5


def test_every_lot_that_is_there_must_be_counted(open_count):
    a_lot(open_count, lot="B1", units=5)
    nothing_written(open_count, NotCounted, lambda: closed(open_count))
    entered(open_count, 10)
    # It came after the start.
    assert [line.lot for line in closed(open_count).lines] == ["A1"]


def test_a_lot_that_is_gone_need_not_be_counted(open_count):
    sold(open_count, 10)
    assert closed(open_count).lines == ()


def test_a_variance_needs_a_reason(open_count):
    entered(open_count, 9)
    nothing_written(open_count, VarianceNeedsReason, lambda: closed(open_count))


def test_a_large_variance_needs_a_second_count(open_count):
    kim = acting(open_count, "kim")
    entered(open_count, 5)
    nothing_written(open_count, CountAgain, lambda: closed(open_count, reason="broken"))
    entered(kim, 4)
    nothing_written(open_count, CountAgain, lambda: closed(open_count, reason="broken"))
    sold(open_count, 1)
    entered(open_count, 3)
    assert closed(open_count, reason="broken").lines[0].variance == -6
    assert units_at(open_count, "A1") == 3


def test_a_large_variance_is_found_by_two_persons(open_count):
    for _ in range(2):
        entered(open_count, 5)
        nothing_written(open_count, CountAgain, lambda: closed(open_count, reason="broken"))
    entered(acting(open_count, "kim"), 5)
    assert closed(open_count, reason="broken").lines[0].variance == -5


def test_a_large_variance_is_closed_by_a_pharmacist(open_count):
    kim = acting(open_count, "kim")
    entered(kim, 5)
    nothing_written(open_count, CountAgain, lambda: closed(kim, reason="broken"))
    entered(open_count, 5)
    nothing_written(open_count, NotAllowed, lambda: closed(kim, reason="broken"))
    assert closed(open_count, reason="broken").lines[0].variance == -5


def test_whoever_counts_closes_a_small_variance(open_count):
    kim = acting(open_count, "kim")
    entered(kim, 6)
    assert closed(kim, reason="broken").lines[0].variance == -4


@pytest.fixture
def brought_back(stocked):
    """Of the 10 units of lot A1 patients have had 4, which stand apart; 6 are on the shelf."""
    sold(stocked, 4)
    returned(stocked, "D1")
    return stocked


def test_a_count_does_not_put_on_the_shelf_what_patients_had(brought_back):
    started(brought_back, None, "US-CY-ARG1")
    entered(brought_back, 8, place="shelf")
    entered(brought_back, 2, place="returned")
    nothing_written(brought_back, ReturnsAmongStock, lambda: closed(brought_back, reason="found"))
    # They are put back, and both places are counted again.
    entered(brought_back, 6, place="shelf")
    entered(brought_back, 4, place="returned")
    assert [line.variance for line in closed(brought_back).lines] == [0, 0]


@pytest.mark.parametrize("first", ["returned", "shelf"])
def test_nor_do_two_counts_in_any_order(brought_back, first):
    found = {"returned": 2, "shelf": 8}
    second = {"returned": "shelf", "shelf": "returned"}[first]
    started(brought_back, first)
    entered(brought_back, found[first])
    closed(brought_back, reason="counted")
    started(brought_back, second)
    entered(brought_back, found[second], "C2")
    nothing_written(brought_back, ReturnsAmongStock, lambda: closed(brought_back, "C2", "counted"))
    # What was counted away is found again where it stands apart, or has never left.
    started(brought_back, "returned")
    entered(brought_back, 4, "C3")
    closed(brought_back, "C3", "found again")
    entered(brought_back, 7 if second == "shelf" else 4, "C2")
    assert len(closed(brought_back, "C2", "a delivery was short on paper").lines) == 1
    assert brought_back.read(verify).ok


def test_what_patients_had_may_be_missing_and_more_of_it_found_apart(brought_back):
    started(brought_back, "returned")
    entered(brought_back, 1)
    closed(brought_back, reason="stolen")
    started(brought_back, "shelf")
    entered(brought_back, 5, "C2")
    closed(brought_back, "C2", "stolen too")
    a_lot(brought_back, lot="B1", units=5)
    started(brought_back, "shelf")
    entered(brought_back, 5, "C3")
    entered(brought_back, 6, "C3", lot="B1")
    # Of another lot, more is found.
    assert [line.variance for line in closed(brought_back, "C3", "short on paper").lines] == [0, 1]


def test_what_is_destroyed_is_not_missing(brought_back):
    acting(brought_back, "sam")
    brought_back.do(destroy, Destroy(brought_back.key(), "A1", "returned", "broken", "sam", 2))
    started(brought_back, None, "US-CY-ARG1")
    entered(brought_back, 7, place="shelf")
    entered(brought_back, 2, place="returned")
    assert [line.variance for line in closed(brought_back, reason="short on paper").lines] == [0, 1]


def test_stock_that_went_meanwhile_is_not_taken_out_twice(open_count):
    entered(open_count, 8)
    open_count.do(move, Move(open_count.key(), "A1", "shelf", "quarantine", 9))
    nothing_written(open_count, CountOutdated, lambda: closed(open_count, reason="broken"))
    entered(open_count, 1)
    assert closed(open_count, reason="broken").lines[0].variance == 0


def test_a_closed_count_takes_nothing_more(open_count):
    entered(open_count, 10)
    closed(open_count)
    nothing_written(open_count, CountClosed, lambda: entered(open_count, 9))
    nothing_written(open_count, CountClosed, lambda: closed(open_count))
    nothing_written(open_count, CountClosed, lambda: closed(open_count, abandon=True, reason="late"))


def test_an_abandoned_count_changes_nothing(open_count):
    entered(open_count, 2)
    nothing_written(open_count, AbandonNeedsReason, lambda: closed(open_count, abandon=True))
    assert closed(open_count, abandon=True, reason="fire alarm", key="k") == CountDone(
        "C1", "k", True, "fire alarm", ()
    )
    assert units_at(open_count, "A1") == 10
    assert (sheet(open_count).state, sheet(open_count).reason) == ("abandoned", "fire alarm")
    assert open_count.read(verify).ok
    nothing_written(open_count, CountClosed, lambda: entered(open_count, 9))


def test_a_count_that_is_not_there_is_refused(stocked):
    for act in (lambda: entered(stocked, 1, "C1"), lambda: closed(stocked), lambda: sheet(stocked)):
        nothing_written(stocked, NotFound, act)
    nothing_written(stocked, NotANumber, lambda: entered(stocked, 1, "RX1"))


def test_the_same_key_counts_once(stocked):
    first = started(stocked, key="s"), entered(stocked, 9, key="e"), closed(stocked, reason="broken", key="c")
    before = everything(stocked)
    again = started(stocked, key="s"), entered(stocked, 9, key="e"), closed(stocked, reason="broken", key="c")
    assert again == first
    assert everything(stocked) == before
    nothing_written(stocked, KeyReused, lambda: started(stocked, "refrigerator", key="s"))
    nothing_written(stocked, KeyReused, lambda: entered(stocked, 8, key="e"))
    nothing_written(stocked, KeyReused, lambda: closed(stocked, reason="stolen", key="c"))


def test_refuses_an_auditor(open_count):
    open_count.do(add_user, NewUser(open_count.key(), "ada", Role.AUDITOR))
    open_count.user = "ada"
    for act in (lambda: started(open_count), lambda: entered(open_count, 1), lambda: closed(open_count)):
        nothing_written(open_count, NotAllowed, act)


def test_a_count_is_of_its_place_and_its_product(stocked):
    a_lot(stocked, product="NO-CY-TAK1", lot="N1", units=5)
    started(stocked, "shelf", "US-CY-ARG1")
    nothing_written(stocked, NotInThisCount, lambda: entered(stocked, 5, lot="N1", product="NO-CY-TAK1"))
    nothing_written(stocked, NotInThisCount, lambda: entered(stocked, 5, place="refrigerator"))
    nothing_written(stocked, NotFound, lambda: entered(stocked, 5, lot="N1"))
    assert entered(stocked, 10, place="shelf").place == "shelf"


def test_a_count_of_a_product_asks_where_a_lot_of_two_places_was_found(stocked):
    a_lot(stocked, units=3, place="refrigerator")
    a_lot(stocked, lot="B1", units=3)
    started(stocked, None, "US-CY-ARG1")
    nothing_written(stocked, WhichPlace, lambda: entered(stocked, 10))
    entered(stocked, 10, place="shelf")
    entered(stocked, 3, place="refrigerator")
    assert entered(stocked, 3, lot="B1").place == "shelf"
    assert [line.variance for line in closed(stocked).lines] == [0, 0, 0]


def test_two_products_may_have_a_lot_of_one_number(stocked):
    a_lot(stocked, product="NO-CY-TAK1", units=3)
    started(stocked)
    nothing_written(stocked, WhichProduct, lambda: entered(stocked, 3))
    assert entered(stocked, 3, product="NO-CY-TAK1").product == "NO-CY-TAK1"
    started(stocked, None, "US-CY-ARG1")
    assert entered(stocked, 10, "C2").product == "US-CY-ARG1"


def test_an_open_count_shows_only_what_its_reader_entered(open_count):
    open_count.do(add_user, NewUser(open_count.key(), "sam", Role.TECHNICIAN))
    entered(open_count, 9)
    sam = open_count.at(open_count.on)
    sam.user = "sam"
    line = CountLine("US-CY-ARG1", "A1", EXPIRES, "shelf", ("alex",), None, None, None)
    assert sheet(sam) == CountSheet("C1", "open", "shelf", None, open_count.on, "alex", None, (line,))
    entered(sam, 8)
    (mine,), (others,) = sheet(sam).lines, sheet(open_count).lines
    assert (mine.counted_units, others.counted_units) == (8, 9)
    assert (mine.counted_by, mine.book_units, mine.variance) == (("alex", "sam"), None, None)


def test_a_closed_count_shows_books_and_variances(open_count):
    a_lot(open_count, lot="B1", units=5)
    entered(open_count, 9)
    entered(open_count, 6, lot="B1")
    closed(open_count, reason="miscounted")
    shown = sheet(open_count)
    assert (shown.state, shown.reason) == ("closed", "miscounted")
    assert [(line.lot, line.book_units, line.counted_units, line.variance) for line in shown.lines] == [
        ("A1", 10, 9, -1),
        ("B1", 5, 6, 1),
    ]


@pytest.mark.parametrize("first", ["C1", "C2"])
def test_two_counts_of_one_shelf_correct_it_once(open_count, first):
    started(open_count)
    entered(open_count, 8)
    entered(open_count, 8, "C2")
    second = {"C1": "C2", "C2": "C1"}[first]
    assert closed(open_count, first, "two broke").lines[0].variance == -2
    (line,) = closed(open_count, second).lines
    assert (line.book_units, line.counted_units, line.variance) == (8, 8, 0)
    assert units_at(open_count, "A1") == 8
    assert open_count.read(verify).ok


def test_an_entry_after_another_counts_correction_is_of_the_corrected_books(open_count):
    started(open_count)
    entered(open_count, 8)
    closed(open_count, "C1", "two broke")
    entered(open_count, 8, "C2")
    assert closed(open_count, "C2").lines[0].variance == 0
    assert units_at(open_count, "A1") == 8


def test_of_two_counts_that_differ_the_one_that_is_closed_last_stands(open_count):
    started(open_count)
    entered(open_count, 8)
    entered(open_count, 9, "C2")
    sold(open_count, 3)
    closed(open_count, "C1", "two broke")
    assert closed(open_count, "C2", "only one broke").lines[0].variance == 1
    assert units_at(open_count, "A1") == 6


def test_a_wrong_entry_and_its_correction_in_two_counts(open_count):
    """C1 finds far too few, is closed all the same, and C2 sets it right."""
    kim = acting(open_count, "kim")
    entered(open_count, 2)
    entered(kim, 2)
    started(open_count)
    entered(open_count, 10, "C2")
    closed(open_count, "C1", "stolen")
    assert units_at(open_count, "A1") == 2
    nothing_written(open_count, CountAgain, lambda: closed(open_count, "C2", "found again"))
    entered(kim, 10, "C2")
    assert closed(open_count, "C2", "found again").lines[0].variance == 8
    assert units_at(open_count, "A1") == 10
    assert open_count.read(verify).ok
