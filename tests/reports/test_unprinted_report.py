"""Labels that wait are in the nightly report until a printer took them."""

from dispensary.reports.nightly.attention import MOST_LOTS
from dispensary.reports.nightly.nightly import nightly
from dispensary.services.printing.print_label import Print, print_label
from dispensary.services.printing.send import Ended, claim, end
from tests.build import later


def needed(shop):
    return list(shop.read(nightly, 1, shop.on).needs_a_person)


def printed(shop, record="D1", printer="counter"):
    return shop.do(print_label, Print(shop.key(), "dispense", record, "dispense-100x62", printer)).job


def test_a_label_in_a_file_needs_nobody(shop):
    printed(shop, printer=None)
    assert needed(shop) == []


def test_labels_that_wait_are_named_by_their_printer(shop):
    printed(shop)
    assert needed(shop) == ["Not printed by counter: dispense of D1; send it with `dispensary label send`."]
    shop.do(claim, "PJ1")
    shop.do(end, Ended("PJ1", 1, problem="no paper"))
    for number in range(MOST_LOTS + 1):
        printed(shop, f"D{number + 2}")
    printed(shop, "D9", "office")
    assert needed(shop) == [
        "Not printed by counter: dispense of D1, dispense of D2, dispense of D3, dispense of D4 and 2 more; "
        "send them with `dispensary label send`.",
        "Not printed by office: dispense of D9; send it with `dispensary label send`.",
    ]


def test_a_label_that_was_perhaps_printed_is_named_until_it_was(shop):
    shop.do(claim, printed(shop))
    assert needed(shop) == []
    after = later(shop, 1)
    assert needed(after) == [
        "Perhaps not printed by counter: dispense of D1; look for it: `dispensary label printed PJ1` if it is there, "
        "else `dispensary label send --again PJ1`."
    ]
    shop.do(end, Ended("PJ1", 1))
    assert needed(after) == []


def test_a_label_of_which_a_newer_copy_was_printed_is_to_be_taken_out(shop):
    printed(shop)
    shop.do(print_label, Print(shop.key(), "dispense", "D1", "dispense-100x62"))
    assert needed(shop) == [
        "Not printed by counter: dispense of D1, of which a newer copy was; take it out with "
        "`dispensary label cancel PJ1`."
    ]
