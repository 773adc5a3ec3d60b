from dispensary.reports.nightly.attention import BelowMinimum, Overridden, Seen, sentences
from dispensary.reports.prescribing.unchecked import Unchecked
from dispensary.reports.prescribing.unmet import Unmet
from dispensary.reports.stock.stock import stock
from dispensary.rules.shelf import State
from tests.build import a_lot, in_state


def said(shop, **seen):
    return sentences(shop.read(stock, 1, shop.today), Seen(**seen))


def test_usable_stock_needs_nobody(shop):
    a_lot(shop)
    assert said(shop) == ()


def test_the_most_dangerous_comes_first(shop):
    a_lot(shop, lot="OK")
    a_lot(shop, lot="Q", units=1, place="quarantine")
    a_lot(shop, lot="H", units=2)
    a_lot(shop, lot="E", units=3, expires="2026-11-21")
    a_lot(shop, lot="R", units=4)
    in_state(shop, "H", State.HELD)
    in_state(shop, "R", State.RECALLED)
    tomorrow = shop.at(shop.on.replace(day=22))
    assert said(tomorrow) == (
        "Recalled (shelf): 4 units of US-CY-ARG1, lot R; take them out of stock and do what the recall says.",
        "Expired (shelf): 3 units of US-CY-ARG1, lot E; take them out of stock and destroy them.",
        "Held (shelf): 2 units of US-CY-ARG1, lot H; a pharmacist releases or condemns them.",
        "Set aside (quarantine): 1 unit of US-CY-ARG1, lot Q; decide what becomes of them.",
    )


def test_many_lots_of_a_product_are_one_sentence(shop):
    for number in range(6):
        a_lot(shop, lot=f"A{number}", units=200, place="quarantine")
    assert said(shop) == (
        "Set aside (quarantine): 1,200 units of US-CY-ARG1, lots A0, A1, A2, A3 and 2 more; "
        "decide what becomes of them.",
    )


def test_orders_are_one_sentence_and_each_override_its_own(shop):
    below = (BelowMinimum("US-CY-ARG1", "Cyanocobalamin", 50, 8), BelowMinimum("US-CY-FK1", "Cyanocobalamin", 1500, 0))
    overridden = (Overridden("D4", "The patient has kidney failure.", "dialysis unit agreed.", "alex"),)
    assert said(shop, below_minimum=below, overridden=overridden) == (
        "Below minimum, usable units of those wanted: US-CY-ARG1 (8 of 50), US-CY-FK1 (0 of 1,500); order them.",
        "alex overrode a warning on D4 (The patient has kidney failure), giving as the reason: dialysis unit agreed.",
    )


def test_patients_who_wait_and_fills_that_nobody_checked_are_named(shop):
    unmet = (Unmet("RX7", "US-CY-ARG1", 4, 1, "alex"),)
    unchecked = (Unchecked("D4", "RX7", shop.today, "alex"),)
    assert said(shop, unmet=unmet, unchecked=unchecked) == (
        "Not filled: RX7 wanted 4 of US-CY-ARG1, 1 usable; order it and call the patient.",
        "D4 of RX7, dispensed by alex, was checked by no second person; scan it with `dispensary rx check D4`.",
    )
