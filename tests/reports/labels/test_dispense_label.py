from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from sqlalchemy import event

from dispensary.labelling.kinds.leaflet import leaflet_of
from dispensary.lookup import NotFound
from dispensary.reports.labels.dispense import dispense_facts, labelled
from dispensary.rules.grammar import parse
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.quantity import Dose
from dispensary.rules.schedule import injections, paces
from dispensary.services.catalogue.formulary import NewPack, add_pack
from tests.build import a_lot, a_patient, an_rx, dispensed, later, returned, the_rx
from tests.refusing import nothing_written
from tests.reports.planting import plant
from tests.vials import MULTI, a_vial, drawn

PHARMACY = Pharmacy(
    "Corner Pharmacy", "1 Main Street, Albany NY", "+1 518 555 0100", Country.US, "America/New_York", Language.ENGLISH
)
VIAL = "00305170031015"
SURPLUS = {"surplus_units": "the box is not broken"}


def weekly(first, many):
    return tuple(first + timedelta(weeks=week) for week in range(many))


def facts_of(shop, number="D1", pharmacy=PHARMACY):
    return shop.read(dispense_facts, number, pharmacy=pharmacy, on=shop.on, by=shop.by()).labels


def test_a_label_names_patient_medicine_and_pharmacy(shop):
    a_lot(shop, units=10)
    patient = a_patient(shop, name="Åse O'Brien", born="1950-02-28", language="nb")
    rx = an_rx(shop, patient=patient, directions="1 mg intramuscular every week", units=4, indication="anaemia")
    dispensed(shop, rx)
    (facts,) = facts_of(shop)
    assert (facts.pharmacy, facts.address, facts.phone, facts.country) == (
        "Corner Pharmacy",
        "1 Main Street, Albany NY",
        "+1 518 555 0100",
        Country.US,
    )
    assert (facts.patient, facts.born, facts.language) == ("Åse O'Brien", date(1950, 2, 28), Language.BOKMAAL)
    assert (facts.rx, facts.dispense, facts.fill, facts.refills_left) == ("RX1", "D1", 1, 2)
    assert (facts.prescriber, facts.profession, facts.dispensed_by) == ("Dr. Ida Berg", "physician", "alex")
    assert (facts.product.code, facts.units, facts.lot, facts.expires) == ("US-CY-ARG1", 4, "A1", date(2027, 11, 30))
    assert [phase.dose for phase in facts.directions.phases] == [Dose(1000)]
    assert (facts.directions_as_written, facts.indication) == ("1 mg intramuscular every week", "anaemia")
    assert (facts.part, facts.parts, facts.dispensed_on) == (1, 1, shop.today)


def test_a_fill_of_several_lots_has_a_label_each_in_the_order_of_use(shop):
    a_lot(shop, lot="B", expires="2027-06-30", units=9)
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    dispensed(shop, an_rx(shop, units=4))
    assert [(each.lot, each.units, each.part, each.parts) for each in facts_of(shop)] == [
        ("A", 1, 1, 2),
        ("B", 3, 2, 2),
    ]


def test_one_lot_from_two_places_has_one_label(shop):
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=2, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    assert [(each.lot, each.units, each.parts) for each in facts_of(shop)] == [("A1", 4, 1)]


def test_only_the_gtin_of_a_single_unit_stands_on_a_unit(shop):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4))
    assert facts_of(shop)[0].gtin is None
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", VIAL, 1))
    assert facts_of(shop)[0].gtin == VIAL


def test_a_reprint_says_what_the_first_print_said(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    first = facts_of(shop)
    dispensed(later(shop, 21), rx)
    returned(later(shop, 21), "D1")
    assert facts_of(later(shop, 400)) == first


def test_the_refills_on_the_label_are_those_of_the_receipt(shop):
    """Also where an earlier fill came back before this one."""
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    returned(shop, "D1")
    receipt = dispensed(shop, rx)
    assert receipt.refills_left == 2
    assert facts_of(shop, receipt.dispense)[0].refills_left == 2


def test_what_is_owed_has_labels_of_its_own_with_the_refills_unchanged(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    for units in (1, 3):
        dispensed(shop, rx, units=units)
    labels = [facts_of(shop, number)[0] for number in ("D1", "D2")]
    assert [(each.fill, each.units, each.refills_left) for each in labels] == [(1, 1, 2), (2, 3, 2)]


def test_the_day_on_the_label_is_the_pharmacys_own(shop):
    a_lot(shop, units=50)
    late = shop.at(datetime(2026, 11, 21, 23, 30, tzinfo=shop.on.tzinfo))
    dispensed(late, an_rx(shop, units=4))
    assert facts_of(shop)[0].dispensed_on == date(2026, 11, 21)


def test_the_pharmacy_is_that_of_today(shop):
    a_lot(shop, units=50)
    dispensed(shop, an_rx(shop, units=4))
    moved = replace(PHARMACY, address="2 Side Street")
    assert facts_of(shop, pharmacy=moved)[0].address == "2 Side Street"


@pytest.mark.parametrize(
    ("directions", "days"),
    [
        ("1 mg IM weekly", [0, 7, 14, 21]),
        ("1 mg IM daily for 2 days, then weekly", [0, 1, 2, 9]),
        ("1 mg IM every 2 to 3 days", []),
        ("1 mg IM as needed, at most weekly", []),
    ],
)
def test_a_label_knows_the_days_of_its_injections_where_the_directions_do(shop, directions, days):
    a_lot(shop, units=50)
    dispensed(shop, an_rx(shop, directions=directions, units=4))
    assert facts_of(shop)[0].injections == tuple(shop.today + timedelta(day) for day in days)


def test_a_refill_has_the_days_of_its_own_injections(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, directions="1 mg IM daily for 2 days, then weekly", units=4)
    dispensed(shop, rx)
    after = later(shop, 14)
    dispensed(after, rx)
    days = facts_of(after, "D2")[0].injections
    assert [(day - shop.today).days for day in days] == [16, 23, 30, 37]


@pytest.mark.parametrize(
    ("directions", "units"),
    [
        ("1 mg IM every month", [2, 1, 3, 2]),
        ("1 mg IM three times a week", [4, 2, 5, 1, 3]),
        ("1 mg IM daily for 3 days, then twice a week for 5 doses, then monthly", [2, 4, 1, 5]),
        ("1.5 mg IM every 2 weeks", [2, 4, 2]),
    ],
)
def test_the_fills_together_have_the_days_of_one_walk_over_the_directions(shop, directions, units):
    """Also from the 31st of a month, and where a fill ends within a week: what is next by the prescription."""
    start = date(2026, 12, 31)
    first = later(shop, (start - shop.today).days)
    a_lot(first, units=50, expires="2029-12-31")
    rx = an_rx(first, directions=directions, units=sum(units), valid_until="2027-11-20", written="2026-12-30")
    at, days = first, []
    for each in units:
        course = the_rx(at, rx).standing.course(parse(directions), at.today)
        receipt = dispensed(at, rx, units=each)
        filled = facts_of(at, receipt.dispense)[0].injections
        assert filled == tuple(islice((coming.on for coming in course.injections()), len(filled)))
        days += filled
        at = later(at, (receipt.next_fill_on - at.today).days)
    (pace,) = paces(parse(directions))
    assert days == [each.on for each in islice(injections(parse(directions), start, pace), len(days))]
    assert len(days) >= sum(units) // 2


def test_each_package_has_the_days_that_its_own_units_serve(shop):
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    a_lot(shop, lot="B", expires="2027-06-30", units=1)
    a_lot(shop, lot="C", expires="2027-07-31", units=9)
    dispensed(shop, an_rx(shop, units=4))
    labels = facts_of(shop)
    assert [[(day - shop.today).days for day in each.injections] for each in labels] == [[0], [7], [14, 21]]
    assert leaflet_of(labels).injections == tuple(day for each in labels for day in each.injections)


def test_a_dose_out_of_two_packages_is_on_both_and_on_the_leaflet_once(shop):
    a_lot(shop, lot="A", expires="2027-05-31", units=3)
    a_lot(shop, lot="B", expires="2027-06-30", units=9)
    dispensed(shop, an_rx(shop, directions="2 mg IM weekly", units=6))
    labels = facts_of(shop)
    assert [[(day - shop.today).days for day in each.injections] for each in labels] == [[0, 7], [7, 14]]
    assert [(day - shop.today).days for day in leaflet_of(labels).injections] == [0, 7, 14]


def test_a_package_that_the_course_needs_no_more_has_no_days(shop):
    a_lot(shop, lot="A", expires="2027-05-31", units=2)
    a_lot(shop, lot="B", expires="2027-06-30", units=9)
    dispensed(shop, an_rx(shop, directions="1 mg IM weekly for 2 doses", units=4), overrides=SURPLUS)
    assert [len(each.injections) for each in facts_of(shop)] == [2, 0]


def test_what_came_back_before_a_fill_leaves_its_days_open(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx)
    returned(shop, "D1", units=1)
    dispensed(later(shop, 20), rx)
    assert facts_of(shop, "D1")[0].injections == weekly(shop.today, 4)
    assert facts_of(shop, "D2")[0].injections == ()


def test_a_dose_that_was_drawn_before_a_fill_leaves_its_days_open(shop):
    a_lot(shop, MULTI, "D1", units=5)
    rx = an_rx(shop, units=1, refills=1, product=MULTI)
    a_vial(shop)
    drawn(shop)
    week = later(shop, 7)
    dispensed(week, rx, product=MULTI)
    assert facts_of(week)[0].injections == ()


def test_a_dose_that_was_drawn_after_a_fill_leaves_a_copy_of_its_label_as_it_was(shop):
    a_lot(shop, units=50)
    a_lot(shop, MULTI, "D1", units=5)
    rx = an_rx(shop, units=4, refills=2)
    dispensed(shop, rx)
    first = facts_of(shop)
    after = later(shop, 28)
    a_vial(after)
    drawn(after, rx=rx)
    assert facts_of(after) == first
    assert first[0].injections == weekly(shop.today, 4)


@pytest.mark.parametrize("changed", ["doses = NULL", "doses = 3", "last_injection = '2026-12-13'"])
def test_a_row_that_does_not_agree_with_the_directions_leaves_its_days_open(shop, changed):
    """Rows of the first schema hold no doses; a product that is entered otherwise since would serve others."""
    a_lot(shop, units=50)
    dispensed(shop, an_rx(shop, units=4))
    plant(shop, f"UPDATE dispense SET {changed}")
    assert facts_of(shop)[0].injections == ()


def test_many_dispenses_are_read_in_five_statements(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    for weeks in (0, 4, 8):
        dispensed(later(shop, 7 * weeks), rx)
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    by = shop.by()
    asked.clear()
    found = shop.read(lambda db: list(labelled(db, range(1, 9), pharmacy=PHARMACY, on=shop.on, by=by)))
    many = sum(each.startswith("SELECT") for each in asked)
    assert [(each.dispense, each.labels) for each in found] == [(f"D{n}", facts_of(shop, f"D{n}")) for n in (1, 2, 3)]
    assert many == 5


def test_refuses_a_dispense_that_is_not_there(shop):
    nothing_written(shop, NotFound, lambda: facts_of(shop))
