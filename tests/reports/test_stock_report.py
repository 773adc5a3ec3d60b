from datetime import date
from decimal import Decimal

import pytest

from dispensary.lookup import NotFound
from dispensary.reports.stock.stock import GROUPINGS, NotAGrouping, StockRow, stock, stock_by
from dispensary.rules.product import Container, Form, Temperature
from dispensary.rules.shelf import State
from tests.build import a_lot, an_rx, dispensed, in_state, returned
from tests.refusing import refused


def read(shop, **more):
    return shop.read(stock, 1, shop.today, **more)


def test_a_row_holds_the_facts_of_the_product_beside_the_lot(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2027-11-30", units=10)
    assert read(shop) == (
        StockRow(
            product="US-CY-ARG1",
            name="Cyanocobalamin injection",
            form=Form.CYANOCOBALAMIN,
            strength_mcg_per_ml=1000,
            container=Container.MULTI_DOSE_VIAL,
            fill_ml=Decimal(1),
            preservative="benzyl alcohol 15 mg/mL",
            temperature=Temperature.ROOM,
            protect_from_light=True,
            lot="A1",
            expires=date(2027, 11, 30),
            place="shelf",
            state=State.AVAILABLE,
            units=10,
            usable_units=10,
            days_left=374,
        ),
    )


def test_a_product_of_two_preservatives_is_one_row(shop):
    a_lot(shop, "US-HY-ACT30", units=3)
    (row,) = read(shop)
    assert (row.preservative, row.units) == ("methylparaben 1.5 mg/mL, propylparaben 0.2 mg/mL", 3)


@pytest.mark.parametrize(
    ("code", "text"),
    [("NO-CY-TAK1", "none"), ("US-CY-LIF1", "unknown"), ("US-ME-CMP10", "per batch record")],
)
def test_no_and_unknown_preservatives_are_told_apart(shop, code, text):
    a_lot(shop, code)
    assert read(shop)[0].preservative == text


def test_a_lot_is_usable_on_its_last_day_and_not_after(shop):
    a_lot(shop, expires="2026-11-22", units=5)
    tomorrow, later = date(2026, 11, 22), date(2026, 11, 23)
    (row,) = shop.read(stock, 1, tomorrow)
    assert (row.state, row.usable_units, row.days_left) == (State.AVAILABLE, 5, 0)
    (row,) = shop.read(stock, 1, later)
    assert (row.state, row.units, row.usable_units, row.days_left) == (State.EXPIRED, 5, 0, -1)


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_stock_that_is_not_available_is_there_but_not_usable(shop, state):
    a_lot(shop, units=5)
    in_state(shop, "A1", state)
    (row,) = read(shop)
    assert (row.state, row.units, row.usable_units) == (state, 5, 0)


def test_quarantine_is_there_but_not_usable(shop):
    a_lot(shop, units=5, place="quarantine")
    (row,) = read(shop)
    assert (row.place, row.state, row.units, row.usable_units) == ("quarantine", State.AVAILABLE, 5, 0)


def test_an_exhausted_lot_is_not_stock(shop):
    a_lot(shop, units=4)
    dispensed(shop, an_rx(shop, units=4))
    assert read(shop) == ()


def test_what_came_back_stands_apart(shop):
    a_lot(shop, units=4)
    returned(shop, dispensed(shop, an_rx(shop, units=4)).dispense)
    assert [(row.place, row.units, row.usable_units) for row in read(shop)] == [("returned", 4, 0)]


def test_rows_are_in_the_order_of_product_expiry_lot_and_place_on_every_engine(shop):
    a_lot(shop, "US-CY-VIT30", lot="V")
    a_lot(shop, "US-CY-ARG1", lot="b", expires="2027-05-31")
    a_lot(shop, "US-CY-ARG1", lot="A", expires="2027-05-31", place="shelf")
    a_lot(shop, "US-CY-ARG1", lot="A", expires="2027-05-31", place="refrigerator")
    a_lot(shop, "US-CY-ARG1", lot="Z", expires="2027-01-31")
    a_lot(shop, "NO-CY-TAK1", lot="N")
    assert [(row.lot, row.place) for row in read(shop)] == [
        ("N", "shelf"),
        ("Z", "shelf"),
        ("A", "refrigerator"),
        ("A", "shelf"),
        ("b", "shelf"),
        ("V", "shelf"),
    ]


def test_one_product_or_one_place_can_be_asked_for(shop):
    a_lot(shop, "US-CY-ARG1", lot="A", place="shelf")
    a_lot(shop, "US-CY-ARG1", lot="B", place="refrigerator")
    a_lot(shop, "US-CY-VIT30", lot="V", place="shelf")
    assert [row.lot for row in read(shop, product="us-cy-arg1")] == ["A", "B"]
    assert [row.lot for row in read(shop, place="shelf")] == ["A", "V"]
    assert [row.lot for row in read(shop, product="US-CY-ARG1", place="shelf")] == ["A"]


def test_an_unknown_product_or_place_is_refused(shop):
    refused(NotFound, lambda: read(shop, product="US-XX-NOPE"))
    refused(NotFound, lambda: read(shop, place="cellar"))


def test_stock_is_summed_by_form_size_and_preservative(shop):
    a_lot(shop, "US-CY-ARG1", lot="A", units=10)
    a_lot(shop, "US-CY-FK1", lot="B", units=5)
    a_lot(shop, "US-CY-FK1", lot="C", units=2, place="quarantine")
    a_lot(shop, "NO-CY-TAK1", lot="N", units=7)
    a_lot(shop, "US-CY-VIT30", lot="V", units=1)
    assert stock_by(read(shop), ["form", "fill_ml", "preservative"]) == (
        {
            "form": "cyanocobalamin",
            "fill_ml": Decimal(1),
            "preservative": "benzyl alcohol 15 mg/mL",
            "units": 17,
            "usable_units": 15,
        },
        {"form": "cyanocobalamin", "fill_ml": Decimal(1), "preservative": "none", "units": 7, "usable_units": 7},
        {
            "form": "cyanocobalamin",
            "fill_ml": Decimal(30),
            "preservative": "benzyl alcohol 15 mg/mL",
            "units": 1,
            "usable_units": 1,
        },
    )


@pytest.mark.parametrize("key", GROUPINGS)
def test_every_grouping_sums_to_the_same(shop, key):
    a_lot(shop, "US-CY-ARG1", lot="A", units=10)
    a_lot(shop, "US-CY-VIT30", lot="V", units=3, place="quarantine")
    groups = stock_by(read(shop), [key])
    assert sum(group["units"] for group in groups) == 13
    assert sum(group["usable_units"] for group in groups) == 10


@pytest.mark.parametrize("key", ["colour", "units", ""])
def test_a_grouping_that_is_not_a_fact_of_stock_is_refused(key):
    refused(NotAGrouping, lambda: stock_by((), ["form", key]))
