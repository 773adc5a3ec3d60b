from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from dispensary.reports.nightly.attention import BelowMinimum
from dispensary.reports.nightly.day import DispensedLine, LotUnits, ReturnedLine
from dispensary.reports.nightly.nightly import OverrideCount, StockGroup, nightly
from dispensary.reports.nightly.stock_day import CountedLine, LotActLine, ReceivedLine, StockActLine
from dispensary.reports.prescribing.unmet import Unmet
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Role
from dispensary.rules.product import Form
from dispensary.rules.stock_act import StockActKind
from dispensary.schema.trust import head
from dispensary.services.catalogue.formulary import ProductEdit, edit_product
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from tests.build import a_lot, a_patient, an_rx, dispensed, later, returned


def read(shop):
    return shop.read(nightly, 1, shop.on)


def test_an_empty_day_needs_nobody(shop):
    report = read(shop)
    assert not report.needs_attention
    assert (report.day, report.stock, report.expiring, report.below_minimum) == (shop.today, (), (), ())
    assert (report.dispensed, report.returned, report.received) == ((), (), ())


def test_a_day_holds_what_came_went_and_came_back(shop):
    a_lot(shop, lot="A1", expires="2027-05-31", units=3)
    a_lot(shop, lot="B2", expires="2027-11-30", units=9)
    dispensed(shop, an_rx(shop, units=4))
    returned(shop, "D1", units=1, lot="B2", reason="undelivered")
    report = read(shop)
    assert report.received == (
        ReceivedLine("R1", "US-CY-ARG1", "A1", date(2027, 5, 31), 3, "shelf", "alex"),
        ReceivedLine("R2", "US-CY-ARG1", "B2", date(2027, 11, 30), 9, "shelf", "alex"),
    )
    lots = (LotUnits("A1", 3), LotUnits("B2", 1))
    assert report.dispensed == (DispensedLine("D1", "RX1", "P1", "US-CY-ARG1", lots, 4, "alex"),)
    assert report.returned == (ReturnedLine("RT1", "D1", "US-CY-ARG1", "B2", 1, "returned", "undelivered", "alex"),)
    assert report.stock == (StockGroup(Form.CYANOCOBALAMIN, Decimal(1), "benzyl alcohol 15 mg/mL", 9, 8),)
    assert report.needs_a_person == (
        "Set aside (returned): 1 unit of US-CY-ARG1, lot B2; decide what becomes of them.",
    )


def test_the_day_is_the_pharmacy_own(shop):
    zone = shop.on.tzinfo
    for day, hour, minute in ((22, 23, 59), (23, 0, 0), (23, 23, 59), (24, 0, 0)):
        a_lot(shop.at(datetime(2026, 11, day, hour, minute, tzinfo=zone)), lot=f"{day}T{hour}", units=1)
    here = shop.read(nightly, 1, datetime(2026, 11, 23, 12, 0, tzinfo=zone))
    assert [line.lot for line in here.received] == ["23T0", "23T23"]
    # The last of them is the 24th in UTC, 04:59; a counter in another zone has another day.
    elsewhere = shop.read(nightly, 1, datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert [line.lot for line in elsewhere.received] == ["23T23", "24T0"]


def test_a_day_of_25_hours_is_whole(shop):
    zone = shop.on.tzinfo
    for day, hour in ((7, 0), (7, 23), (8, 0)):
        a_lot(shop.at(datetime(2027, 11, day, hour, 30, tzinfo=zone)), lot=f"{day}T{hour}", units=1)
    report = shop.read(nightly, 1, datetime(2027, 11, 7, 12, 0, tzinfo=zone))
    assert [line.lot for line in report.received] == ["7T0", "7T23"]


def test_a_product_below_its_minimum_is_named_also_when_there_is_none(shop):
    for product, minimum in (("US-CY-ARG1", 10), ("US-CY-FK1", 5), ("US-CY-VIT30", 1), ("US-CY-DOD10", 0)):
        shop.do(edit_product, ProductEdit(shop.key(), product, minimum))
    a_lot(shop, "US-CY-ARG1", lot="A", units=9)
    a_lot(shop, "US-CY-ARG1", lot="B", units=5, place="quarantine")
    a_lot(shop, "US-CY-VIT30", lot="V", units=1)
    assert read(shop).below_minimum == (
        BelowMinimum("US-CY-ARG1", "Cyanocobalamin injection", 10, 9),
        BelowMinimum("US-CY-FK1", "Cyanocobalamin injection", 5, 0),
    )


def test_an_override_of_the_day_is_to_be_read_again(shop):
    a_lot(shop)
    rx = an_rx(shop, a_patient(shop, conditions=("leber",)))
    dispensed(shop, rx, overrides={"leber": "seen by the eye clinic"})
    assert read(shop).needs_a_person == (
        "alex overrode a warning on D1 (The patient has Leber's disease, in which cyanocobalamin has caused severe "
        "and swift optic atrophy), giving as the reason: seen by the eye clinic.",
    )
    assert read(shop).overrides == (OverrideCount("leber", "other", 1),)
    assert not read(shop.at(shop.on + timedelta(days=1))).needs_attention


def test_demand_that_was_not_met_needs_a_person(shop):
    an_rx(shop, units=4, product="US-CY-FK1")
    shop.do(owe, Owe(shop.key(), "RX1"), practice=shop.practice)
    assert read(shop).unmet == (Unmet("RX1", "US-CY-FK1", 4, 0, "alex"),)
    assert read(shop).needs_a_person == (
        "Not filled: RX1 wanted 4 of US-CY-FK1, 0 usable; order it and call the patient.",
    )


def test_a_fill_that_nobody_checked_needs_a_person_where_the_practice_asks_for_it(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop))
    assert not read(shop).needs_attention
    asked = shop.read(nightly, 1, shop.on, practice=replace(shop.practice, second_check=True))
    assert asked.needs_a_person == (
        "D1 of RX1, dispensed by alex, was checked by no second person; scan it with `dispensary rx check D1`.",
    )


def test_expired_stock_needs_a_person_and_is_listed(shop):
    a_lot(shop, expires="2026-11-22", units=2)
    later = shop.at(shop.on + timedelta(days=2))
    report = read(later)
    assert report.needs_attention
    assert [(row.lot, row.band, row.units) for row in report.expiring] == [("A1", "expired", 2)]


def test_the_audit_head_is_the_end_of_the_chain(shop):
    a_lot(shop)
    end = shop.read(lambda db: db.execute(select(head.c.sequence, head.c.hash)).one())
    assert (read(shop).audit.sequence, read(shop).audit.hash) == tuple(end)
    assert end.sequence == 3


def test_another_site_has_a_day_of_its_own(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop, units=4))
    opening = Opening("init", "Other Pharmacy", "other-origin", "kim", ())
    other = shop.write(lambda db: open_pharmacy(db, opening, on=shop.on))
    report = shop.read(nightly, other.site_id, shop.on)
    assert (report.stock, report.dispensed, report.received) == ((), (), ())
    assert report.audit.sequence == 2


def test_what_was_done_to_stock_by_hand_is_told(shop):
    a_lot(shop, units=8)
    shop.do(add_user, NewUser(shop.key(), "kim", Role.TECHNICIAN))
    shop.do(move, Move(shop.key(), "A1", "shelf", "quarantine", 3))
    shop.do(destroy, Destroy(shop.key(), "A1", "quarantine", "broken", "kim", 1))
    shop.do(start_count, StartCount(shop.key(), place="shelf"))
    shop.do(enter_count, EnterCount(shop.key(), "C1", "A1", 4))
    shop.do(close_count, CloseCount(shop.key(), "C1", "one was broken"), practice=shop.practice)
    shop.do(act, Decided(shop.key(), "A1", LotAct.HOLD, "particles"))
    report = read(shop)
    assert report.stock_acts == (
        StockActLine("S1", StockActKind.MOVE, "US-CY-ARG1", "A1", 3, "shelf", "quarantine", None, None, "alex"),
        StockActLine("S2", StockActKind.DESTROY, "US-CY-ARG1", "A1", 1, "quarantine", "waste", "broken", "kim", "alex"),
    )
    assert report.counted == (CountedLine("C1", "US-CY-ARG1", "A1", "shelf", -1, "one was broken", "alex"),)
    assert report.lot_acts == (LotActLine("US-CY-ARG1", "A1", LotAct.HOLD, "particles", "alex"),)
    assert read(later(shop, 1)).counted == ()
