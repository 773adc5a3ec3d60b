from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.allocation import OnHand, ShortStock
from dispensary.rules.choosing import MoreThanPrescribed, Stock, Wanted, choose, preservative_free, units_of
from dispensary.rules.directions import parse
from dispensary.rules.formulary import read_rows
from dispensary.rules.shelf import State
from dispensary.rules.supply import TooFewUnits
from tests.build import FORMULARY
from tests.refusing import refused

TODAY = date(2026, 11, 21)
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}


def a_stock(code="US-CY-ARG1", *lots, units=50, expires="2027-11-30", state=State.AVAILABLE):
    """The product with its lots; a product has the id of its place in the formulary."""
    number = sorted(PRODUCTS).index(code)
    given_lots = lots or ((f"{code}-1", expires, units, state),)
    return Stock(
        number,
        PRODUCTS[code],
        tuple(
            OnHand(100 * number + n, lot, date.fromisoformat(day), count, 1, held, 100 * number + n)
            for n, (lot, day, count, held) in enumerate(given_lots)
        ),
    )


def wanted(directions="1 mg IM weekly", units=None, most=4, days=None, start=TODAY):
    return Wanted(parse(directions), start, units, None if days else most, days)


def chosen(stocks, **more):
    choice = choose(stocks, wanted(**more), TODAY)
    return choice.stock.product.code, choice.supply.units


def test_takes_what_wastes_least():
    # Four weekly doses out of a 10 mL vial leave 6 mL after 28 days.
    assert chosen([a_stock("US-CY-DOD10"), a_stock("US-CY-ARG1")], days=28) == ("US-CY-ARG1", 4)


def test_takes_the_fewest_units_where_nothing_is_wasted():
    assert chosen([a_stock("US-CY-ARG1"), a_stock("US-CY-DOD10")], days=10, directions="1 mg IM daily") == (
        "US-CY-DOD10",
        1,
    )


def test_takes_the_product_that_expires_first_where_all_else_is_equal():
    stocks = [a_stock("US-CY-ARG1", expires="2028-01-31"), a_stock("US-CY-FK1", expires="2027-06-30")]
    assert chosen(stocks)[0] == "US-CY-FK1"
    assert chosen(stocks[::-1])[0] == "US-CY-FK1"


def test_a_lot_that_may_not_be_used_does_not_make_its_product_the_older_one():
    old = a_stock("US-CY-ARG1", ("OLD", "2026-11-20", 9, State.AVAILABLE), ("NEW", "2028-01-31", 9, State.AVAILABLE))
    bad = a_stock("US-CY-FK1", ("BAD", "2027-01-31", 9, State.RECALLED), ("NEW", "2028-01-31", 9, State.AVAILABLE))
    good = a_stock("US-CY-SOM1", expires="2027-06-30")
    assert chosen([old, bad, good])[0] == "US-CY-SOM1"


def test_takes_the_next_product_where_the_best_is_short():
    assert chosen([a_stock("US-CY-ARG1", units=3), a_stock("US-CY-DOD10", units=4)]) == ("US-CY-DOD10", 4)


def test_never_mixes_two_products():
    stocks = [a_stock("US-CY-ARG1", units=3), a_stock("US-CY-FK1", units=3)]
    refused(ShortStock, lambda: choose(stocks, wanted(), TODAY))


def test_the_shortage_of_a_product_that_would_do_is_named_before_a_product_that_would_not():
    """5 mg do not go into one 1 mL ampoule, and of the 10 mL vials there are too few."""
    stocks = [a_stock("NO-CY-TAK1"), a_stock("US-CY-DOD10", units=1)]
    refusal = refused(ShortStock, lambda: choose(stocks, wanted("5 mg IM weekly"), TODAY))
    assert refusal.product == "US-CY-DOD10"


def test_refuses_a_fill_that_holds_no_dose():
    refused(TooFewUnits, lambda: choose([a_stock("NO-CY-TAK1")], wanted("5 mg IM weekly"), TODAY))


def test_the_lots_outlast_the_injections_from_the_start_on():
    stock = a_stock("US-CY-ARG1", ("A", "2026-12-31", 9, State.AVAILABLE), ("B", "2027-12-31", 9, State.AVAILABLE))
    choice = choose([stock], wanted(start=TODAY + timedelta(days=28)), TODAY)
    assert [(pick.lot.lot, pick.units) for pick in choice.allocation.picks] == [("A", 2), ("B", 2)]


def test_units_are_what_is_asked_or_what_the_prescription_says():
    product = PRODUCTS["US-CY-ARG1"]
    assert units_of(wanted(), product) == 4
    assert units_of(wanted(units=1), product) == 1
    assert units_of(wanted(days=29), product) == 5
    assert units_of(wanted(days=29, units=2), product) == 2


@pytest.mark.parametrize("more", [{"units": 5}, {"units": 5, "days": 28}], ids=str)
def test_refuses_more_than_the_fill_may_hold(more):
    refused(MoreThanPrescribed, lambda: units_of(wanted(**more), PRODUCTS["US-CY-ARG1"]))


def test_names_what_is_preservative_free_and_usable():
    stocks = [
        a_stock("US-CY-ARG1"),
        a_stock("US-CY-LIF1"),
        a_stock(
            "NO-CY-TAK1",
            ("A", "2027-11-30", 7, State.AVAILABLE),
            ("B", "2026-11-21", 5, State.AVAILABLE),
            ("C", "2026-11-20", 100, State.AVAILABLE),
            ("D", "2027-11-30", 100, State.HELD),
        ),
    ]
    assert preservative_free(stocks, TODAY) == "12 of NO-CY-TAK1 (1 mL ampoule)"
    assert preservative_free(stocks[:2], TODAY) == "none"
    assert preservative_free([], TODAY) == "none"


@given(
    st.lists(st.sampled_from(["US-CY-ARG1", "US-CY-FK1", "US-CY-DOD10", "US-CY-VIT30"]), min_size=1, unique=True),
    st.integers(1, 12),
    st.randoms(),
)
def test_the_order_of_the_products_is_irrelevant(codes, most, order):
    stocks = [a_stock(code) for code in codes]
    first = choose(stocks, wanted(most=most), TODAY)
    order.shuffle(stocks)
    assert choose(stocks, wanted(most=most), TODAY) == first
    assert sum(pick.units for pick in first.allocation.picks) == first.supply.units == most
