from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.numbers import NotANumber
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.rules.stock_act import NotUndelivered
from dispensary.schema import prescribing, stock, trust
from dispensary.services.prescribing.take_back import Line, NothingLeftToReturn, Return, TakenBack, WhichLot, take_back
from tests.build import a_lot, a_patient, an_rx, dispensed, in_state, returned, the_rx, units_at
from tests.refusing import everything, nothing_written


@pytest.fixture
def filled(shop):
    """D1: 4 units of lot A1, of 10."""
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4, refills=0))
    return shop


@pytest.fixture
def split(shop):
    """D1: 1 unit of lot A, 3 of lot B."""
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    a_lot(shop, lot="B", expires="2027-06-30", units=9)
    dispensed(shop, an_rx(shop, units=4, refills=0))
    return shop


def left(shop, rx="RX1"):
    return the_rx(shop, rx).standing.left


def test_comes_back_to_where_nothing_is_sold_from_and_not_onto_the_shelf(filled):
    back = returned(filled, "D1")
    assert back == TakenBack(
        return_="RT1",
        dispense="D1",
        key=back.key,
        lines=(Line("US-CY-ARG1", "A1", date(2027, 11, 30), 4, "returned"),),
        units=4,
        reason="undelivered",
    )
    assert (units_at(filled, "A1"), units_at(filled, "A1", "returned")) == (6, 4)


def test_each_movement_names_the_one_that_it_reverses(split):
    returned(split, "D1")
    moved = split.read(
        lambda db: db.execute(
            select(stock.movement.c.id, stock.movement.c.reverses_id, stock.movement.c.units).order_by("id")
        ).all()
    )
    out, back = moved[2:4], moved[4:]
    assert [(row.reverses_id, row.units) for row in back] == [(row.id, row.units) for row in out]


def test_the_event_names_the_reason_and_the_patient_only_as_a_commitment(filled):
    returned(filled, "D1", reason="never collected")
    event = filled.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert (event.kind, event.subject, len(event.patient)) == ("return", "RT1", 64)
    assert "never collected" in event.canonical


def test_a_return_frees_the_fill(filled):
    assert left(filled).fills == 0
    returned(filled, "D1")
    assert (left(filled).fills, left(filled).units) == (1, 4)


def test_a_part_comes_back_and_then_the_rest(filled):
    assert [returned(filled, "D1", units=units).units for units in (1, 2)] == [1, 2]
    assert left(filled).units == 3
    assert returned(filled, "D1").units == 1
    assert units_at(filled, "A1", "returned") == 4


def test_a_part_of_a_fill_by_days_does_not_free_it(shop):
    a_lot(shop, units=10)
    rx = an_rx(shop, days=28, refills=0)
    dispensed(shop, rx)
    returned(shop, "D1", units=3)
    assert left(shop).fills == 0
    returned(shop, "D1")
    assert left(shop).fills == 1


def test_a_whole_return_gives_the_next_injection_back(shop):
    a_lot(shop, units=10)
    rx = an_rx(shop, units=4)
    first = dispensed(shop, rx)
    returned(shop, first.dispense)
    again = dispensed(shop, rx)
    assert (again.fill, again.refills_left, again.next_fill_on) == (2, 2, first.next_fill_on)


def test_all_of_a_split_fill_comes_back_without_naming_lots(split):
    assert [(line.lot, line.units) for line in returned(split, "D1").lines] == [("A", 1), ("B", 3)]


def test_a_part_of_a_split_fill_comes_back_of_the_lot_that_is_named(split):
    assert [(line.lot, line.units) for line in returned(split, "D1", units=2, lot="B").lines] == [("B", 2)]
    # One unit of each lot is left.
    nothing_written(split, WhichLot, lambda: returned(split, "D1", units=1))
    assert [(line.lot, line.units) for line in returned(split, "D1", lot="A").lines] == [("A", 1)]
    # Now it can only be lot B.
    assert [(line.lot, line.units) for line in returned(split, "D1", units=1).lines] == [("B", 1)]


def test_a_lot_from_shelf_and_refrigerator_comes_back_in_parts(shop):
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=2, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    backs = [returned(shop, "D1", units=units) for units in (1, 2)] + [returned(shop, "D1", lot="A1")]
    assert [[line.units for line in back.lines] for back in backs] == [[1], [1, 1], [1]]
    assert units_at(shop, "A1", "returned") == 4


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_lot_comes_back_whatever_became_of_it(filled, state):
    in_state(filled, "A1", state)
    assert returned(filled.at(filled.on + timedelta(days=900)), "D1").units == 4


def test_the_same_key_takes_back_once(filled):
    order = Return("k", "D1", "undelivered", units=3)
    first = filled.do(take_back, order, practice=filled.practice)
    before = everything(filled)
    assert filled.do(take_back, order, practice=filled.practice) == first
    assert everything(filled) == before


def test_refuses_a_key_that_came_with_another_return(filled):
    filled.do(take_back, Return("k", "D1", "undelivered", units=1), practice=filled.practice)
    nothing_written(
        filled, KeyReused, lambda: filled.do(take_back, Return("k", "D1", "broken", units=1), practice=filled.practice)
    )


def test_refuses_more_than_was_dispensed(filled):
    nothing_written(filled, NothingLeftToReturn, lambda: returned(filled, "D1", units=5))


def test_refuses_a_unit_that_came_back_before(filled):
    returned(filled, "D1", units=3)
    nothing_written(filled, NothingLeftToReturn, lambda: returned(filled, "D1", units=2))
    returned(filled, "D1")
    nothing_written(filled, NothingLeftToReturn, lambda: returned(filled, "D1"))


def test_refuses_more_than_came_of_the_lot(split):
    nothing_written(split, NothingLeftToReturn, lambda: returned(split, "D1", units=2, lot="A"))


def test_refuses_a_part_of_several_lots_without_naming_one(split):
    nothing_written(split, WhichLot, lambda: returned(split, "D1", units=2))


def test_refuses_a_lot_that_the_fill_did_not_take(split):
    nothing_written(split, NotFound, lambda: returned(split, "D1", lot="C"))


def test_refuses_a_dispense_that_is_not_there(filled):
    nothing_written(filled, NotFound, lambda: returned(filled, "D2"))
    nothing_written(filled, NotANumber, lambda: returned(filled, "RX1"))


def test_the_fill_of_another_patient_is_untouched(shop):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4, refills=0))
    other = an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber="PR1", units=4, refills=0)
    dispensed(shop, other)
    returned(shop, "D1")
    assert left(shop, other).fills == 0


def undelivered(shop, dispense="D1", **order):
    return returned(shop, dispense, reason="never collected", undelivered=True, **order)


def later(shop, days, **clock):
    return shop.at((shop.on + timedelta(days=days)).replace(**clock))


def test_an_undelivered_fill_goes_back_to_where_it_came_from(shop):
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=9, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4, refills=0))
    back = undelivered(shop)
    assert (back.units, back.undelivered) == (4, True)
    assert sorted((line.place, line.units) for line in back.lines) == [("refrigerator", 2), ("shelf", 2)]
    assert (units_at(shop, "A1"), units_at(shop, "A1", "refrigerator"), units_at(shop, "A1", "returned")) == (2, 9, 0)
    assert left(shop).fills == 1
    assert shop.read(verify).ok


def test_an_undelivered_fill_is_recorded_as_such(filled):
    undelivered(filled)
    assert filled.read(lambda db: db.execute(select(prescribing.dispense_return.c.undelivered)).scalar()) is True
    event = filled.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","shelf",4]]' in event.canonical
    assert '"undelivered":true' in event.canonical


def test_the_same_key_restocks_once(filled):
    first = undelivered(filled, key="k")
    before = everything(filled)
    assert undelivered(filled, key="k") == first
    assert everything(filled) == before
    nothing_written(filled, KeyReused, lambda: returned(filled, "D1", reason="never collected", key="k"))


def test_an_undelivered_fill_goes_back_within_the_days_of_the_setting(filled):
    nothing_written(filled, NotUndelivered, lambda: undelivered(later(filled, 15, hour=0, minute=0)))
    assert undelivered(later(filled, 14, hour=23, minute=59)).units == 4


def test_a_pharmacy_may_put_nothing_back(filled):
    filled.practice = replace(filled.practice, restock_days=0)
    nothing_written(filled, NotUndelivered, lambda: undelivered(filled))
    assert returned(filled, "D1").lines[0].place == "returned"


def test_the_days_are_those_of_the_pharmacys_own_calendar(shop):
    """Dispensed at 23:30 in New York, which is the next day in UTC."""
    a_lot(shop, units=10)
    night = shop.at(shop.on.replace(hour=23, minute=30))
    dispensed(night, an_rx(night, units=4))
    nothing_written(shop, NotUndelivered, lambda: undelivered(later(shop, 15, hour=0, minute=30)))


def test_what_a_patient_had_a_part_of_does_not_go_back_into_stock(filled):
    returned(filled, "D1", units=1)
    nothing_written(filled, NotUndelivered, lambda: undelivered(filled))
    assert returned(filled, "D1").units == 3


def test_only_a_whole_fill_is_undelivered(split):
    nothing_written(split, NotUndelivered, lambda: undelivered(split, units=1, lot="A"))
    nothing_written(split, NotUndelivered, lambda: undelivered(split, lot="A"))
    nothing_written(split, NotUndelivered, lambda: undelivered(split, units=4))
    assert [(line.lot, line.units) for line in undelivered(split).lines] == [("A", 1), ("B", 3)]


def test_an_undelivered_fill_goes_back_once(filled):
    undelivered(filled)
    nothing_written(filled, NothingLeftToReturn, lambda: undelivered(filled))
    nothing_written(filled, NothingLeftToReturn, lambda: returned(filled, "D1"))


def test_one_lot_that_is_recalled_keeps_the_whole_fill_out_of_stock(split):
    in_state(split, "B", State.RECALLED)
    nothing_written(split, LotNotUsable, lambda: undelivered(split))
    assert {line.place for line in returned(split, "D1").lines} == {"returned"}
