"""Many counters at once, each a process: nothing is sold twice, and who comes too late is told so."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

from dispensary.rules.people import Role
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.services.counting.count import CountEntered, EnterCount, StartCount, start_count
from dispensary.services.counting.count_close import CloseCount
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.dispense import Dispensed, Order
from dispensary.services.prescribing.take_back import Return, TakenBack
from dispensary.services.stock.destroy import Destroy, Destroyed
from dispensary.services.stock.move import Move, Moved
from dispensary.services.stock.receive import Delivery, Received, Typed
from dispensary.services.vials.draw import DoseDrawn, Draw, Unprescribed
from dispensary.services.vials.open_vial import Opened, Opening
from tests.build import Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed, rows, units_at
from tests.faults.books import dispensed_units, require_sound
from tests.faults.counter import UNITS_OF_A_PRESCRIPTION, Counter, Desk, draining, serving
from tests.vials import MULTI, a_vial, require_reconciled

COUNTERS = 8
UNITS = 500
ROUNDS = 10


def desk(shop: Shop, url: str) -> Desk:
    return Desk(url, shop.on, shop.by())


def prescriptions(shop: Shop, count: int, units: int = 1) -> list[str]:
    """Each of its own patient, who is supplied with nothing else."""
    prescriber = a_prescriber(shop)
    patients = [a_patient(shop, identifier=f"MRN-{number}") for number in range(count)]
    more = {"directions": "1 mg IM daily", "units": units, "refills": 0}
    return [an_rx(shop, patient, prescriber, **more) for patient in patients]


@contextmanager
def two_counters(shop: Shop, url: str) -> Iterator[list[Counter]]:
    with ExitStack() as stack:
        counters = [Counter(serving, desk(shop, url)) for _ in range(2)]
        for counter in counters:
            stack.callback(counter.close)
        assert [counter.said() for counter in counters] == ["ready", "ready"]
        yield counters


def at_once(counters: list[Counter], *asked: tuple[str, object]) -> list[object]:
    for counter, each in zip(counters, asked, strict=True):
        counter.pipe.send(each)
    return [counter.said() for counter in counters]


def test_eight_counters_empty_one_lot_to_the_last_unit(shop, url):
    a_lot(shop, lot="HOT", units=UNITS)
    written = prescriptions(shop, COUNTERS, units=UNITS_OF_A_PRESCRIPTION)
    # Each counter begins with another prescription and goes round.
    counters = [Counter(draining, desk(shop, url), f"counter-{n}", written[n:] + written[:n]) for n in range(COUNTERS)]
    assert [counter.said() for counter in counters] == ["ready"] * COUNTERS
    for counter in counters:
        counter.pipe.send("go")
    said = [counter.said() for counter in counters]
    for counter in counters:
        counter.close()
    assert sum(done for done, _ in said) == UNITS
    assert {refusal.split(":")[0] for _, refusal in said} <= {"no_stock", "short_stock"}, said
    assert (units_at(shop, "HOT"), dispensed_units(shop)) == (0, UNITS)
    require_sound(shop)


def test_the_last_fill_of_a_prescription_is_given_once(shop, url):
    a_lot(shop, units=100)
    with two_counters(shop, url) as counters:
        for number, rx in enumerate(prescriptions(shop, ROUNDS)):
            asked = [("dispense", Order(f"{number}-{side}", rx)) for side in "ab"]
            said = at_once(counters, *asked)
            assert sorted(type(each) is Dispensed for each in said) == [False, True]
            (refusal,) = (each for each in said if isinstance(each, str))
            assert refusal.startswith("stopped_by_checks: Every fill of the prescription has been dispensed")
    assert dispensed_units(shop) == ROUNDS
    require_sound(shop)


def test_what_is_owed_is_handed_over_once(shop, url):
    a_lot(shop, units=100)
    with two_counters(shop, url) as counters:
        for number, rx in enumerate(prescriptions(shop, ROUNDS, units=4)):
            first = dispensed(shop, rx, units=1)
            said = at_once(counters, *(("dispense", Order(f"{number}-{side}", rx)) for side in "ab"))
            (rest,) = (each for each in said if type(each) is Dispensed)
            assert (rest.units, rest.owed, rest.completes) == (3, 0, first.dispense)
            (refusal,) = (each for each in said if isinstance(each, str))
            assert refusal.startswith("stopped_by_checks: Every fill of the prescription has been dispensed")
    assert dispensed_units(shop) == 4 * ROUNDS
    require_sound(shop)


def test_the_same_key_from_two_counters_is_one_dispense_with_one_receipt(shop, url):
    a_lot(shop, units=100)
    with two_counters(shop, url) as counters:
        for number, rx in enumerate(prescriptions(shop, ROUNDS)):
            asked = ("dispense", Order(f"same-{number}", rx))
            one, other = at_once(counters, asked, asked)
            assert type(one) is Dispensed
            assert one == other
    assert dispensed_units(shop) == ROUNDS
    require_sound(shop)


def test_two_deliveries_of_one_new_lot_add_up(shop, url):
    with two_counters(shop, url) as counters:
        for number in range(ROUNDS):
            line = Typed("US-CY-ARG1", f"NEW{number}", date(2027, 11, 30), 5, month_only=False)
            asked = [("receive", Delivery(f"{number}-{side}", (line,), "shelf")) for side in "ab"]
            said = at_once(counters, *asked)
            assert [type(each) for each in said] == [Received, Received]
            assert units_at(shop, f"NEW{number}") == 10
    require_sound(shop)


def test_deliveries_and_dispenses_of_one_lot_do_not_wait_for_each_other_in_a_circle(shop, url):
    a_lot(shop, lot="A1", units=ROUNDS)
    with two_counters(shop, url) as counters:
        for number, rx in enumerate(prescriptions(shop, ROUNDS)):
            line = Typed("US-CY-ARG1", "A1", date(2027, 11, 30), 1, month_only=False)
            said = at_once(
                counters,
                ("receive", Delivery(f"in-{number}", (line,), "shelf")),
                ("dispense", Order(f"out-{number}", rx)),
            )
            assert [type(each) for each in said] == [Received, Dispensed]
    assert units_at(shop, "A1") == ROUNDS
    require_sound(shop)


def test_a_fill_is_taken_back_once(shop, url):
    a_lot(shop, units=100)
    fills = [dispensed(shop, rx).dispense for rx in prescriptions(shop, ROUNDS)]
    with two_counters(shop, url) as counters:
        for number, fill in enumerate(fills):
            asked = [("return", Return(f"{number}-{side}", fill, "undelivered")) for side in "ab"]
            said = at_once(counters, *asked)
            assert sorted(type(each) is TakenBack for each in said) == [False, True]
            (refusal,) = (each for each in said if isinstance(each, str))
            assert refusal.startswith("nothing_left_to_return: ")
    assert units_at(shop, "A1", "returned") == ROUNDS
    require_sound(shop)


def test_of_a_vial_no_more_is_drawn_than_it_holds(shop, url):
    """10 mL for twelve doses of 1 mL."""
    a_lot(shop, MULTI, "HOT", units=1)
    a_vial(shop)
    a_patient(shop)
    dose = Unprescribed("P1", Dose(1000), "in the clinic", Route.IM)
    with two_counters(shop, url) as counters:
        said = [
            each
            for number in range(6)
            for each in at_once(counters, *(("draw", Draw(f"{number}-{side}", "V1", dose)) for side in "ab"))
        ]
    assert [type(each) for each in said].count(DoseDrawn) == 10
    assert all(each.startswith("vial_not_usable: ") for each in said if isinstance(each, str))
    require_reconciled(shop)
    require_sound(shop)


def test_the_last_unit_is_opened_or_moved_or_destroyed_once(shop, url):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    with two_counters(shop, url) as counters:
        for number in range(ROUNDS):
            lot = f"LAST{number}"
            a_lot(shop, lot=lot, units=1)
            opening = ("open", Opening(f"{number}-a", lot=lot))
            away = ("move", Move(f"{number}-b", lot, "shelf", "quarantine"))
            destroying = ("destroy", Destroy(f"{number}-b", lot, "shelf", "broken", "sam"))
            said = at_once(counters, opening, destroying if number % 2 else away)
            assert sorted(type(each) in (Opened, Moved, Destroyed) for each in said) == [False, True]
            (refusal,) = (each for each in said if isinstance(each, str))
            assert refusal.startswith(("nothing_to_open: ", "not_so_many_there: "))
            assert units_at(shop, lot) == 0
    require_reconciled(shop)
    require_sound(shop)


def test_two_counts_of_one_shelf_correct_it_once(shop, url):
    a_lot(shop, units=100)
    with two_counters(shop, url) as counters:
        for number in range(ROUNDS):
            for side in "ab":
                shop.do(start_count, StartCount(f"start-{number}-{side}", "shelf"))
            counts = [f"C{2 * number + 1}", f"C{2 * number + 2}"]
            found = units_at(shop, "A1") - 2
            entering = (("count enter", EnterCount(f"enter-{each}", each, "A1", found)) for each in counts)
            assert [type(each) for each in at_once(counters, *entering)] == [CountEntered] * 2
            closing = (("count close", CloseCount(f"close-{each}", each, "two broke")) for each in counts)
            assert sorted(each.lines[0].variance for each in at_once(counters, *closing)) == [-2, 0]
            assert units_at(shop, "A1") == found
    require_sound(shop)


def test_a_refused_counter_leaves_nothing_of_itself(shop, url):
    from dispensary.schema.trust import request

    a_lot(shop, units=1)
    with two_counters(shop, url) as counters:
        rx = prescriptions(shop, 2)
        before = rows(shop, request)
        said = at_once(counters, *(("dispense", Order(f"k-{each}", each)) for each in rx))
    assert sorted(type(each) is Dispensed for each in said) == [False, True]
    assert rows(shop, request) == before + 1
    require_sound(shop)
