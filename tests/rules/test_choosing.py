from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from itertools import product as combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.allocation import OnHand, ShortStock
from dispensary.rules.choosing import Choice, MoreThanPrescribed, Stock, Wanted, choose, preservative_free, propose
from dispensary.rules.course import Course, CourseCompleted
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import Strength
from dispensary.rules.shelf import State
from dispensary.rules.supply import TooFewUnits, last_injection, supply_of
from tests.build import FORMULARY
from tests.refusing import refused

TODAY = date(2026, 11, 21)
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}


def a_stock(code="US-CY-ARG1", *lots, units=50, expires="2027-11-30", state=State.AVAILABLE, cost=None):
    """The product with its lots; a product has the id of its place in the formulary."""
    number = sorted(PRODUCTS).index(code)
    given_lots = lots or ((f"{code}-1", expires, units, state),)
    return Stock(
        number,
        PRODUCTS[code],
        tuple(
            OnHand(100 * number + n, lot, date.fromisoformat(day), count, 1, held, 100 * number + n, cost)
            for n, (lot, day, count, held) in enumerate(given_lots)
        ),
    )


def wanted(directions="1 mg IM weekly", units=None, most=4, days=None, start=TODAY):
    return Wanted(Course(parse(directions), start), units, None if days else most, days)


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


def test_takes_the_cheapest_where_waste_and_units_are_the_same():
    dear = a_stock("US-CY-ARG1", expires="2027-01-31", cost=3_000_000)
    cheap = a_stock("US-CY-FK1", expires="2027-11-30", cost=2_900_000)
    unknown = a_stock("US-CY-ZYD1", expires="2027-01-31")
    assert chosen([dear, unknown, cheap])[0] == "US-CY-FK1"
    assert chosen([unknown, dear])[0] == "US-CY-ARG1"


def test_a_cost_that_is_known_in_part_is_not_known():
    part = a_stock("US-CY-ARG1", ("A", "2027-01-31", 2, State.AVAILABLE), ("B", "2027-02-28", 9, State.AVAILABLE))
    lots = (part.lots[0]._replace(unit_cost_micros=1), part.lots[1])
    part = Stock(part.product_id, part.product, lots)
    assert chosen([part, a_stock("US-CY-FK1", cost=9_000_000)])[0] == "US-CY-FK1"
    assert chosen([part, a_stock("US-CY-FK1", cost=9_000_000)], most=2)[0] == "US-CY-ARG1"


def test_a_dearer_product_serves_where_the_cheapest_is_short():
    short, dear = a_stock("US-CY-ARG1", units=3, cost=1), a_stock("US-CY-FK1", cost=9_000_000)
    assert chosen([short, dear])[0] == "US-CY-FK1"


def test_the_least_volume_goes_before_the_cost():
    """4 units daily are four doses or forty, and neither wastes anything."""
    stocks = [a_stock("US-CY-DOD10", cost=1), a_stock("US-CY-ARG1", cost=9_000_000)]
    assert chosen(stocks, directions="1 mg IM daily") == ("US-CY-ARG1", 4)


def test_units_are_what_is_asked_or_what_the_prescription_says():
    def of(**more):
        choice = choose([a_stock()], wanted(**more), TODAY)
        return choice.supply.units, choice.prescribed_units

    assert of() == (4, 4)
    assert of(units=1) == (1, 4)
    assert of(days=29) == (5, 5)
    assert of(days=29, units=2) == (2, 5)


def test_days_end_with_the_course_and_units_do_not():
    text = "1 mg IM weekly for 3 doses"
    assert chosen([a_stock()], directions=text, days=90) == ("US-CY-ARG1", 3)
    choice = choose([a_stock()], wanted(text, most=5), TODAY)
    assert (choice.supply.units, choice.supply.doses, choice.supply.completes) == (5, 3, True)


def test_a_completed_course_is_refused_whatever_is_on_hand():
    course = Course(parse("1 mg IM weekly for 3 doses"), TODAY, ((TODAY - timedelta(days=30), 3),))
    with pytest.raises(CourseCompleted):
        choose([a_stock()], Wanted(course, None, 4, None), TODAY)


@pytest.mark.parametrize("more", [{"units": 5}, {"units": 5, "days": 28}], ids=str)
def test_refuses_more_than_the_fill_may_hold(more):
    refused(MoreThanPrescribed, lambda: choose([a_stock()], wanted(**more), TODAY))


def short_of(stocks, **more):
    with pytest.raises(ShortStock) as caught:
        choose(stocks, wanted(**more), TODAY)
    return caught.value


def test_the_shortage_of_a_product_that_can_serve_a_part_is_named_first():
    refusal = short_of([a_stock("US-CY-ARG1", state=State.HELD), a_stock("US-CY-DOD10", units=3)])
    assert (refusal.product, refusal.available) == ("US-CY-DOD10", 3)
    assert refusal.way_out == "hand over what there is with --quantity 3; the rest is owed"


def test_less_than_a_dose_is_no_part_to_hand_over():
    refusal = short_of([a_stock("US-CY-ARG1", units=2)], directions="2.5 mg IM weekly", most=6)
    assert (refusal.available, refusal.way_out) == (2, "receive stock, or note the demand with `dispensary rx owe RX`")


SOON, LATE = "2027-06-30", "2028-01-31"


@pytest.mark.parametrize(
    ("stocks", "more", "why"),
    [
        ([a_stock()], {}, "US-CY-ARG1 (1 mL): 4 units, nothing wasted; no other product to choose from."),
        (
            [a_stock(), a_stock("US-CY-DOD10")],
            {"days": 28},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-DOD10 (10 mL) would waste 6 mL.",
        ),
        (
            [a_stock("US-CY-DOD10"), a_stock("US-CY-VIT30")],
            {"days": 28},
            "US-CY-DOD10 (10 mL): 1 unit, 6 mL wasted; US-CY-VIT30 (30 mL) would waste 26 mL.",
        ),
        (
            [a_stock(), a_stock("US-CY-DOD10")],
            {"days": 10, "directions": "1 mg IM daily"},
            "US-CY-DOD10 (10 mL): 1 unit, nothing wasted; US-CY-ARG1 (1 mL) would take 10 units.",
        ),
        (
            [a_stock(), a_stock("US-CY-DOD10")],
            {"directions": "1 mg IM daily"},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-DOD10 (10 mL) would hand over 40 mL.",
        ),
        (
            [a_stock(cost=2), a_stock("US-CY-FK1", cost=3)],
            {},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-FK1 (1 mL) would cost more.",
        ),
        (
            [a_stock(cost=2, expires=LATE), a_stock("US-CY-FK1", expires=SOON)],
            {},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-FK1 (1 mL) has no known cost.",
        ),
        (
            [a_stock(expires=LATE), a_stock("US-CY-FK1", expires=SOON)],
            {},
            "US-CY-FK1 (1 mL): 4 units, nothing wasted; US-CY-ARG1 (1 mL) expires later, on 2028-01-31.",
        ),
        (
            [a_stock(cost=2), a_stock("US-CY-FK1", cost=2)],
            {},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-FK1 (1 mL) would do as well.",
        ),
        (
            [a_stock(), a_stock("US-CY-FK1", state=State.HELD)],
            {},
            "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-FK1 (1 mL) is not usable.",
        ),
        (
            [a_stock(units=3), a_stock("US-CY-DOD10")],
            {},
            "US-CY-DOD10 (10 mL): 4 units, 24 mL wasted; US-CY-ARG1 (1 mL) is short, 3 of 4 usable.",
        ),
        (
            [a_stock("NO-CY-TAK1"), a_stock("US-CY-DOD10")],
            {"directions": "5 mg IM weekly"},
            "US-CY-DOD10 (10 mL): 4 units, nothing wasted; no other product serves it.",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_explains_the_choice_in_a_line(stocks, more, why):
    assert choose(stocks, wanted(**more), TODAY).why == why
    assert choose(stocks[::-1], wanted(**more), TODAY).why == why


def test_proposes_without_stock_in_the_order_of_the_choice():
    products = [PRODUCTS[code] for code in ("US-CY-VIT30", "US-CY-DOD10", "NO-CY-TAK1", "US-CY-ARG1")]

    def proposed(**more):
        return [(each.product.code, each.supply.units) for each in propose(products, wanted(**more))]

    assert proposed(days=28) == [("NO-CY-TAK1", 4), ("US-CY-ARG1", 4), ("US-CY-DOD10", 1), ("US-CY-VIT30", 1)]
    assert proposed(directions="5 mg IM 3 times a week", days=28) == [
        ("US-CY-VIT30", 2),
        ("US-CY-DOD10", 6),
        ("NO-CY-TAK1", 60),
        ("US-CY-ARG1", 60),
    ]
    assert [code for code, _ in proposed(directions="5 mg IM weekly")] == ["US-CY-DOD10", "US-CY-VIT30"]


def test_proposes_nothing_where_no_product_serves():
    with pytest.raises(TooFewUnits):
        propose([PRODUCTS["NO-CY-TAK1"]], wanted("5 mg IM weekly"))


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


SMALL_DIRECTIONS = (
    "1 mg IM weekly",
    "1 mg IM daily",
    "500 mcg IM every 2 to 3 days",
    "2.5 mg IM weekly",
    "1 mg IM daily for 2 to 3 days, then 1 mg IM weekly for 2 weeks",
    "1 mg IM weekly until 2026-12-05, then 2 mg IM monthly",
    "1 mg IM 3 times a week for 4 doses",
)


def a_small_product(draw: Random, number: int) -> Product:
    return Product(
        code=f"P{number}",
        name="Cyanocobalamin injection",
        labeler="Any",
        form=Form.CYANOCOBALAMIN,
        strength=Strength(draw.choice((1000, 500))),
        container=draw.choice((Container.MULTI_DOSE_VIAL, Container.MULTI_DOSE_VIAL, Container.AMPOULE)),
        fill_ul=draw.choice((1000, 2000, 10_000)),
        preservatives=Preservatives.parse("benzyl alcohol 1.5%"),
        storage=Storage(Temperature.ROOM, protect_from_light=True),
        routes=frozenset(Route),
    )


def a_small_case(draw: Random) -> tuple[list[Stock], Wanted]:
    """Up to four products, alike often enough, with up to three small lots each that expire around the injections."""
    stocks = []
    kinds = [a_small_product(draw, 0) for _ in range(2)]
    for number in range(draw.randint(1, 4)):
        product = replace(draw.choice(kinds), code=f"P{number}")
        lots = tuple(
            OnHand(
                lot_id=10 * number + lot,
                lot=f"L{lot}",
                expires=TODAY + timedelta(days=draw.choice((-1, 0, 5, 20, 60, 400))),
                units=draw.randint(1, 4),
                place_id=1,
                state=draw.choice((State.AVAILABLE, State.AVAILABLE, State.AVAILABLE, State.HELD)),
                received=lot,
                unit_cost_micros=draw.choice((None, 1_000_000, 2_000_000)),
            )
            for lot in range(draw.randint(0, 3))
        )
        stocks.append(Stock(number, product, lots))
    course = Course(parse(draw.choice(SMALL_DIRECTIONS)), TODAY + timedelta(days=draw.choice((0, 0, 3))))
    days = draw.choice((None, 5, 14, 30))
    return stocks, Wanted(course, None, None if days else draw.randint(1, 6), days)


def fewest_units(wanted: Wanted, product: Product) -> int:
    """Tried from one unit on."""
    assert wanted.days is not None
    for units in count(1):
        try:
            supply = supply_of(units, wanted.course, product)
        except TooFewUnits:
            continue
        if supply.completes or supply.days_supply >= wanted.days:
            return units
    raise AssertionError("no end")


def taken(stock: Stock, supply_units: int, wanted: Wanted) -> tuple[OnHand, ...] | None:
    """The unit-by-unit taking of the lots, first expired first out, of all that outlast the injections."""
    usable = [lot for lot in stock.lots if lot.state is State.AVAILABLE and lot.expires >= TODAY]
    usable.sort(key=lambda lot: (lot.expires, lot.received))
    latest = last_injection(wanted.course, stock.product)
    end = wanted.course.start + timedelta(days=wanted.days - 1) if wanted.days else date.max
    found: list[tuple[int, ...]] = []
    for counts in combinations(*(range(lot.units + 1) for lot in usable)):
        if sum(counts) != supply_units:
            continue
        units = [lot for lot, many in zip(usable, counts, strict=True) for _ in range(many)]
        if all(min(latest(number), end) <= lot.expires for number, lot in enumerate(units, 1)):
            found.append(counts)
    if not found:
        return None
    return tuple(lot for lot, many in zip(usable, max(found), strict=True) for _ in range(many))


def every_way(stocks: list[Stock], wanted: Wanted) -> dict[tuple[object, ...], tuple[str, dict[int, int]]]:
    """Every product that serves the fill, with its lots, under what it is judged by."""
    found: dict[tuple[object, ...], tuple[str, dict[int, int]]] = {}
    for stock in stocks:
        product = stock.product
        units = wanted.most or fewest_units(wanted, product)
        try:
            supply = supply_of(units, wanted.course, product)
        except TooFewUnits:
            continue
        lots = taken(stock, units, wanted)
        if lots is None:
            continue
        costs = [lot.unit_cost_micros for lot in lots]
        cost = None if None in costs else sum(each for each in costs if each is not None)
        expiry = min(lot.expires for lot in stock.lots if lot.state is State.AVAILABLE and lot.expires >= TODAY)
        volume = units * product.fill_ul
        key = (supply.waste_ul, units, volume, cost is None, cost or 0, expiry, product.code)
        found[key] = product.code, dict(Counter(lot.lot_id for lot in lots))
    return found


def test_equals_trying_every_way_on_2000_small_cases():
    draw = Random(20261121)
    served = 0
    for _ in range(2000):
        stocks, wanted_here = a_small_case(draw)
        ways = every_way(stocks, wanted_here)
        try:
            choice: Choice | None = choose(stocks, wanted_here, TODAY)
        except (ShortStock, TooFewUnits):
            choice = None
        assert (choice is None) == (not ways)
        if choice is not None:
            served += 1
            picks = {pick.lot.lot_id: pick.units for pick in choice.allocation.picks}
            assert (choice.stock.product.code, picks) == ways[min(ways)]
    # The cases are no use where nothing, or everything, is served.
    assert 500 < served < 1900


def test_units_for_days_need_not_outlast_a_slower_patient():
    # Every 2 to 3 days for 28 days: 14 units, of which a patient who injects every 3 days has some for 39 days.
    stock = a_stock("NO-CY-TAK1", expires=(TODAY + timedelta(days=28)).isoformat())
    assert chosen([stock], directions="1 mg IM every 2 to 3 days", days=28) == ("NO-CY-TAK1", 14)
    with pytest.raises(ShortStock):
        chosen([stock], directions="1 mg IM every 2 to 3 days", most=14)
