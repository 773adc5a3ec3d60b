"""The registers: each line by hand, the balance after it, and what is none of theirs."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from dispensary.reports.audit.override_register import override_register
from dispensary.reports.audit.recall_register import recall_register
from dispensary.reports.audit.stock_registers import RegisterRow, StockRegister, stock_register
from dispensary.reports.period import NotAPeriod, Period
from dispensary.schema.catalogue import product
from dispensary.schema.stock import balance
from tests.build import a_lot, an_rx, dispensed, later, returned
from tests.refusing import refused

ALWAYS = Period()


def lines(shop, register, period=ALWAYS):
    return shop.read(lambda db: list(stock_register(db, 1, StockRegister(register), period, shop.on)))


def figures(rows):
    return [(row.number, row.act, row.lot, row.units, row.balance, row.volume_ul, row.second) for row in rows]


def test_dispensing_tells_units_and_doses_and_what_came_back(busy):
    assert figures(lines(busy, "dispensing")) == [
        ("D1", "dispense", "A1", -3, 102, 0, "kim"),
        ("D2", "dispense", "A1", -1, 101, 0, None),
        ("D3", "dispense", "A1", -2, 99, 0, None),
        ("RT1", "return", "A1", 1, 100, 0, None),
        ("RT2", "return", "A1", 2, 102, 0, None),
        ("DR1", "vial draw", "M1", 0, 2, -1000, None),
        ("DR2", "vial draw", "M1", 0, 2, -1000, None),
    ]


def test_a_line_says_who_when_what_and_why(busy):
    assert lines(busy, "dispensing")[3] == RegisterRow(
        at="2026-11-21T14:30:00+00:00",
        local="2026-11-21T09:30:00-05:00",
        act="return",
        number="RT1",
        product="US-CY-ARG1",
        lot="A1",
        expires=date(2027, 10, 30),
        units=1,
        balance=100,
        volume_ul=0,
        place="returned",
        patient="P1",
        rx="RX1",
        prescriber="PR1",
        by="alex",
        second=None,
        reason="not wanted",
    )


def test_receiving_tells_deliveries_what_was_made_and_what_went_back(busy):
    assert figures(lines(busy, "receiving")) == [
        ("R1", "receive", "A1", 90, 90, 0, None),
        ("R2", "receive", "M1", 5, 5, 0, None),
        ("R3", "receive", "B1", 6, 96, 0, None),
        ("R4", "receive", "C1", 4, 100, 0, None),
        ("R5", "receive", "W1", 3, 103, 0, None),
        ("R6", "receive", "K1", 2, 105, 0, None),
        ("S3", "send back", "A1", -3, 97, 0, None),
        # What the batch was made of is no delivery.
        ("B1", "repack", "H1", 5, 5, 0, "kim"),
    ]


def test_destruction_has_its_witness_its_reason_and_the_rests_of_vials(busy):
    rows = lines(busy, "destruction")
    assert figures(rows) == [
        ("S2", "destroy", "A1", -2, 100, 0, "sam"),
        ("V1", "vial draw", "M1", 0, 2, -75, None),
        ("V2", "vial discard", "M1", 0, 2, -9000, None),
    ]
    assert [row.reason for row in rows] == ["broken", "dead volume", "cloudy"]


def on_hand(shop):
    query = (
        select(product.c.code, func.sum(balance.c.units))
        .join(balance, balance.c.product_id == product.c.id)
        .group_by(product.c.code)
    )
    return {code: int(units) for code, units in shop.read(lambda db: db.execute(query).all())}


def test_the_last_balance_is_what_stands_there(shop):
    """After a day of every register in turns, of two products."""
    a_lot(shop, units=20)
    a_lot(shop, product="US-CY-DOD10", lot="M1", units=3)
    fill = dispensed(shop, an_rx(shop, units=4))
    returned(shop, fill.dispense)
    a_lot(shop, lot="A2", units=7)
    last = {row.product: row.balance for row in lines(shop, "receiving")}
    assert last == on_hand(shop)


def test_a_later_period_goes_on_from_the_balance_before_it(shop):
    a_lot(shop, units=20)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx)
    tomorrow = later(shop, 1)
    a_lot(tomorrow, lot="A2", units=5)
    day = tomorrow.today
    assert figures(lines(tomorrow, "receiving", Period(since=day))) == [("R2", "receive", "A2", 5, 21, 0, None)]
    assert [row.number for row in lines(tomorrow, "receiving", Period(until=shop.today))] == ["R1"]
    assert lines(tomorrow, "dispensing", Period(day, day)) == []


@pytest.mark.parametrize("pieces", [1, 3])
def test_rows_are_fetched_in_pieces(busy, monkeypatch, pieces):
    whole = {register: lines(busy, register) for register in StockRegister}
    monkeypatch.setattr("dispensary.reports.audit.stock_registers.BATCH", pieces)
    assert {register: lines(busy, register) for register in StockRegister} == whole


def test_overrides_tell_the_reason_and_nothing_of_the_patient(busy):
    rows = busy.read(lambda db: list(override_register(db, 1, ALWAYS, busy.on)))
    assert [(row.number, row.patient, row.code, row.reason_code, row.reason) for row in rows] == [
        ("D1", "P1", "leber", "monitored", "monitored: by the eye clinic"),
        ("D2", "P1", "leber", "monitored", "monitored: by the eye clinic"),
        ("DR2", "P1", "duplicate_supply", "prescriber_consulted", "prescriber_consulted: judged"),
        ("DR2", "P1", "leber", "monitored", "monitored"),
        ("DR2", "P1", "without_prescription", None, "ordered by telephone"),
    ]
    assert {row.by for row in rows} == {"alex"}
    assert (rows[0].rx, rows[0].severity, rows[0].source) == ("RX1", "override", "cyanocobalamin label")
    assert busy.read(lambda db: list(override_register(db, 1, Period(since=date(2026, 11, 22)), busy.on))) == []


def test_the_recall_file_has_the_notice_the_lots_the_calls_and_the_end(busy):
    rows = busy.read(lambda db: list(recall_register(db, 1, ALWAYS, busy.on)))
    assert [(row.recall, row.line, row.lot, row.patient, row.outcome, row.reason) for row in rows] == [
        ("RC1", "notice", None, None, None, "cracked vials"),
        ("RC1", "lot", "A1", None, None, None),
        ("RC1", "lot", "H1", None, None, None),
        ("RC1", "patient", None, "P1", "reached", None),
        ("RC1", "call", None, "P1", "reached", "brings back what is left"),
        ("RC1", "patient", None, "P2", None, None),
        ("RC1", "withdrawal", None, None, None, "entered in error"),
        ("RC2", "notice", None, None, None, "lacks sterility"),
        ("RC2", "lot", "K1", None, None, None),
    ]
    of_lots = defaultdict(int)
    for row in rows:
        for what in ("received", "on_hand", "with_patients", "elsewhere"):
            if row.lot == "A1":
                of_lots[what] += getattr(row, what)
    assert of_lots == {"received": 90, "on_hand": 76, "with_patients": 3, "elsewhere": 11}
    assert busy.read(lambda db: list(recall_register(db, 1, Period(until=date(2026, 11, 25)), busy.on))) == []


def test_there_is_no_period_of_days_in_the_wrong_order():
    refused(NotAPeriod, lambda: Period(date(2026, 11, 22), date(2026, 11, 21)))
    refused(NotAPeriod, lambda: replace(Period(date(2026, 11, 22)), until=date(2026, 11, 21)))
    assert Period(date(2026, 11, 22), date(2026, 11, 22)).has(date(2026, 11, 22))
