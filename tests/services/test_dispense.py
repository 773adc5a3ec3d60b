from datetime import date, datetime

import pytest
from sqlalchemy import select

from dispensary.dispensable import NoStock
from dispensary.on_hand import UnknownLot
from dispensary.request import KeyReused
from dispensary.rules.allocation import ShortStock
from dispensary.rules.shelf import State
from dispensary.schema import stock, trust
from dispensary.services.prescribing.dispense import Dispensed, Line, SkippedLot
from tests.build import (
    a_lot,
    a_patient,
    an_rx,
    dispensed,
    in_state,
    later,
    picks,
    returned,
    units_at,
)
from tests.refusing import everything, nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def test_takes_the_units_from_the_lot(shop):
    a_lot(shop, units=10)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("A1", 4)]
    assert units_at(shop, "A1") == 6


def test_the_receipt_says_what_was_handed_over(shop):
    a_lot(shop, units=10)
    receipt = dispensed(shop, an_rx(shop, units=4, refills=2), key="k")
    event = shop.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert (event.kind, event.subject, event.actor) == ("dispense", "D1", "alex")
    assert receipt == Dispensed(
        dispense="D1",
        rx="RX1",
        key="k",
        fill=1,
        lines=(Line("US-CY-ARG1", "A1", date(2027, 11, 30), 4),),
        units=4,
        days_supply=28,
        last_injection=date(2026, 12, 12),
        next_fill_on=date(2026, 12, 19),
        refills_left=2,
        findings=receipt.findings,
        skipped=(),
        audit=receipt.audit,
        owed=0,
        completes=None,
        why="US-CY-ARG1 (1 mL): 4 units, nothing wasted; no other product to choose from.",
        directions="1 mg IM weekly",
    )
    assert [finding.code for finding in receipt.findings] == ["level_missing", "folate"]
    assert (receipt.audit.sequence, receipt.audit.hash) == (event.sequence, event.hash)


def test_every_movement_names_the_person_the_time_and_the_places(shop):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4))
    source, target = stock.place.alias(), stock.place.alias()
    last = shop.read(
        lambda db: db.execute(
            select(source.c.code, target.c.code, stock.movement.c.units, stock.movement.c.at, stock.movement.c.by_id)
            .join(source, source.c.id == stock.movement.c.from_place_id)
            .join(target, target.c.id == stock.movement.c.to_place_id)
            .order_by(stock.movement.c.id.desc())
        ).first()
    )
    assert last == ("shelf", "patients", 4, shop.on, shop.by().user_id)


def test_prefers_the_lot_that_expires_first(shop):
    a_lot(shop, lot="LATE", expires="2028-05-31")
    a_lot(shop, lot="SOON", expires="2027-05-31")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("SOON", 4)]


def test_prefers_the_lot_that_came_first_where_they_expire_together(shop):
    a_lot(shop, lot="Z9")
    a_lot(shop, lot="A1")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("Z9", 4)]


def test_splits_over_as_many_lots_as_it_needs(shop):
    a_lot(shop, lot="C", expires="2027-07-31", units=10)
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    a_lot(shop, lot="B", expires="2027-06-30", units=2)
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("A", 1), ("B", 2), ("C", 1)]
    assert [units_at(shop, lot) for lot in "ABC"] == [0, 0, 9]


def test_takes_from_shelf_and_refrigerator(shop):
    a_lot(shop, units=3, place="refrigerator")
    a_lot(shop, units=3, place="shelf")
    assert dispensed(shop, an_rx(shop, units=4)).units == 4
    assert units_at(shop, "A1") + units_at(shop, "A1", "refrigerator") == 2


def test_each_lot_outlasts_the_last_injection_that_it_serves(shop):
    # Weekly from Saturday 2026-11-21: the third injection is on 12-05.
    a_lot(shop, lot="SOON", expires="2026-12-05", units=10)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=10)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("SOON", 3), ("LATE", 1)]
    assert receipt.last_injection == date(2026, 12, 12)


def test_a_lot_is_used_on_its_last_day_and_not_after_it(shop):
    a_lot(shop, lot="TODAY", expires="2026-11-21", units=10)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=10)
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("TODAY", 1), ("LATE", 3)]
    tomorrow = later(shop, 1)
    receipt = dispensed(tomorrow, an_rx(shop, a_patient(shop, identifier="MRN-2"), "PR1", units=4))
    assert picks(receipt) == [("LATE", 4)]
    assert receipt.skipped == (SkippedLot("TODAY", "expired on 2026-11-21"),)


def test_names_the_lots_that_it_passed_over_and_why(shop):
    a_lot(shop, lot="OLD", expires="2026-11-21", units=5)
    a_lot(shop, lot="BAD", expires="2027-01-31", units=5)
    a_lot(shop, lot="HELD", expires="2027-02-28", units=5)
    a_lot(shop, lot="GOOD", expires="2027-11-30", units=5)
    in_state(shop, "BAD", State.RECALLED)
    in_state(shop, "HELD", State.HELD)
    receipt = dispensed(later(shop, 1), an_rx(shop, units=4))
    assert picks(receipt) == [("GOOD", 4)]
    assert receipt.skipped == (
        SkippedLot("OLD", "expired on 2026-11-21"),
        SkippedLot("BAD", "recalled"),
        SkippedLot("HELD", "held"),
    )


def test_a_lot_that_gives_nothing_before_its_expiry_is_named(shop):
    a_lot(shop, lot="SOON", expires="2026-11-25", units=1)
    a_lot(shop, lot="BRIEF", expires="2026-11-27", units=9)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=9)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("SOON", 1), ("LATE", 3)]
    assert receipt.skipped == (SkippedLot("BRIEF", "expires 2026-11-27, before the injection of 2026-11-28"),)


def test_what_stands_in_quarantine_is_never_dispensed(shop):
    a_lot(shop, units=10, place="quarantine")
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, lot="A1"))


def test_what_came_back_is_never_dispensed_again(shop):
    a_lot(shop, units=4)
    rx = an_rx(shop, units=4)
    returned(shop, dispensed(shop, rx).dispense)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_lot_that_is_not_available_is_never_dispensed(shop, state):
    a_lot(shop, units=10)
    in_state(shop, "A1", state)
    rx = an_rx(shop)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx, lot="A1"))


def test_an_expired_lot_is_never_dispensed(shop):
    a_lot(shop, units=10, expires="2026-11-21")
    rx = an_rx(shop)
    tomorrow = later(shop, 1)
    nothing_written(tomorrow, ShortStock, lambda: dispensed(tomorrow, rx, lot="A1"))


def test_the_pharmacys_own_midnight_ends_a_lot(shop):
    a_lot(shop, units=10, expires="2026-11-21")
    rx = an_rx(shop, units=1)
    last_minute = shop.at(datetime(2026, 11, 21, 23, 59, tzinfo=shop.on.tzinfo))
    # In UTC this is the 22nd already.
    assert dispensed(last_minute, rx).units == 1
    midnight = shop.at(datetime(2026, 11, 22, 0, 0, tzinfo=shop.on.tzinfo))
    nothing_written(midnight, ShortStock, lambda: dispensed(midnight, rx))


def test_the_same_key_gives_the_same_receipt_and_dispenses_once(shop):
    a_lot(shop, lot="SOON", expires="2026-11-25", units=2)
    a_lot(shop, lot="LATE", units=10)
    rx = an_rx(shop, patient=a_patient(shop, conditions=("leber",)), units=4)
    order = {"key": "k", "overrides": {"leber": "judged"}}
    first = dispensed(shop, rx, **order)
    before = everything(shop)
    again = dispensed(shop, rx, **order)
    assert again == first
    assert everything(shop) == before


def test_the_receipt_comes_again_when_nothing_could_be_dispensed_any_more(shop):
    a_lot(shop, units=4)
    rx = an_rx(shop, units=4, refills=0)
    first = dispensed(shop, rx, key="k")
    in_state(shop, "A1", State.RECALLED)
    assert dispensed(later(shop, 900), rx, key="k") == first


@pytest.mark.parametrize("other", [{"units": 3}, {"lot": "A1"}, {"overrides": {"leber": "x"}}], ids=str)
def test_refuses_a_key_that_came_with_another_order(shop, other):
    a_lot(shop, units=50)
    rx = an_rx(shop)
    dispensed(shop, rx, key="k")
    nothing_written(shop, KeyReused, lambda: dispensed(shop, rx, key="k", **other))


def test_a_refused_dispense_leaves_its_key_free(shop):
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx, key="k"))
    a_lot(shop)
    assert dispensed(shop, rx, key="k").dispense == "D1"
