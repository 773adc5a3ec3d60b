from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.reports.prescribing.unchecked import Unchecked, unchecked
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.hand_over import PacksMissing, ScannedTwice, TooManyPacks, WrongPack
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.scan import Pack
from dispensary.schema import prescribing, trust
from dispensary.services.catalogue.formulary import NewPack, add_pack
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.hand_over import (
    AlreadyChecked,
    Checked,
    CheckedPack,
    DispenseReturned,
    HandOver,
    PackUsed,
    SamePerson,
    check_hand_over,
)
from tests.build import a_lot, a_patient, an_rx, dispensed, returned, rows
from tests.refusing import everything, nothing_written

CARTON = "00305170031251"  # 25 vials
VIAL = "50305170031256"
ANOTHER_PRODUCT = "00363323044442"
EXPIRES = date(2027, 11, 30)


def a_scan(gtin=VIAL, lot="A1", expires=EXPIRES, serial=None):
    return Pack(gtin, lot, expires, serial)


def checked(shop, *packs, dispense="D1", key=None):
    return shop.do(check_hand_over, HandOver(key or shop.key(), dispense, packs))


def acting(shop, name):
    other = shop.at(shop.on)
    other.user = name
    return other


def day(shop):
    start = shop.on.replace(hour=0, minute=0)
    return shop.read(unchecked, 1, start, start + timedelta(days=1))


@pytest.fixture
def alex(shop):
    """Who dispensed D1: 4 vials of lot A1. A vial has a GTIN of its own beside its carton's."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", VIAL, 1))
    a_lot(shop, units=100)
    dispensed(shop, an_rx(shop, units=4))
    return shop


@pytest.fixture
def sam(alex):
    """Another person, who checks what alex dispensed."""
    return acting(alex, "sam")


@pytest.fixture
def next_fill(alex):
    """D2: 4 more of lot A1, four weeks later, which sam checks."""
    later = alex.at(alex.on + timedelta(days=28))
    dispensed(later, "RX1")
    return acting(later, "sam")


def test_another_person_scans_every_pack(sam):
    packs = [a_scan(serial=f"S{n}") for n in range(4)]
    assert checked(sam, *packs, key="k") == Checked(
        dispense="D1",
        rx="RX1",
        key="k",
        product="US-CY-ARG1",
        dispensed_by="alex",
        checked_by="sam",
        packs=tuple(CheckedPack(VIAL, "A1", EXPIRES, f"S{n}", 1, 1) for n in range(4)),
        units=4,
    )
    assert (rows(sam, prescribing.hand_over_check), rows(sam, prescribing.checked_pack)) == (1, 4)


def test_the_event_names_packs_and_persons_and_the_patient_only_as_a_commitment(sam):
    checked(sam, a_scan(CARTON, serial="S1"))
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = sam.read(lambda db: db.execute(newest).first())
    assert (event.kind, event.subject, event.actor, len(event.patient)) == ("rx check", "D1", "sam", 64)
    assert f'"packs":[["{CARTON}","A1","2027-11-30","S1",4]]' in event.canonical
    assert '"dispensed_by":"alex"' in event.canonical
    assert "Kari" not in event.canonical


def test_the_same_key_checks_once(sam):
    first = checked(sam, a_scan(CARTON), key="k")
    before = everything(sam)
    assert checked(sam, a_scan(CARTON), key="k") == first
    assert everything(sam) == before
    nothing_written(sam, KeyReused, lambda: checked(sam, a_scan(CARTON, serial="S1"), key="k"))


def test_an_opened_carton_serves_fill_after_fill(next_fill):
    """Its serial is not used up: 4 of its 25 vials left with the first fill."""
    carton = a_scan(CARTON, serial="S1")
    assert [(pack.units, pack.pack_units) for pack in checked(next_fill, carton).packs] == [(4, 25)]
    assert checked(next_fill, carton, dispense="D2").units == 4


def test_refuses_a_pack_that_left_with_another_fill(next_fill):
    checked(next_fill, *(a_scan(serial=f"S{n}") for n in range(4)))
    again = [a_scan(serial=f"S{n}") for n in range(3, 7)]
    nothing_written(next_fill, PackUsed, lambda: checked(next_fill, *again, dispense="D2"))
    # The same serial under another GTIN is another pack.
    packs = [*(a_scan(serial=f"S{n}") for n in range(4, 7)), a_scan(CARTON, serial="S3")]
    assert [pack.units for pack in checked(next_fill, *packs, dispense="D2").packs] == [1, 1, 1, 1]


def test_refuses_a_whole_carton_that_left_and_comes_again_as_an_opened_one(alex):
    dispensed(alex, an_rx(alex, a_patient(alex, "MRN-2"), "PR1", units=25))
    sam = acting(alex, "sam")
    carton = a_scan(CARTON, serial="S1")
    checked(sam, carton, dispense="D2")
    nothing_written(sam, PackUsed, lambda: checked(sam, carton))


def test_refuses_the_person_who_dispensed(alex):
    nothing_written(alex, SamePerson, lambda: checked(alex, a_scan(CARTON)))


def test_refuses_an_auditor(alex):
    alex.do(add_user, NewUser(alex.key(), "ada", Role.AUDITOR))
    nothing_written(alex, NotAllowed, lambda: checked(acting(alex, "ada"), a_scan(CARTON)))


def test_refuses_a_second_check(alex, sam):
    checked(sam, a_scan(CARTON))
    alex.do(add_user, NewUser(alex.key(), "mia", Role.TECHNICIAN))
    nothing_written(alex, AlreadyChecked, lambda: checked(acting(alex, "mia"), a_scan(CARTON)))


def test_what_came_back_is_not_scanned(alex, sam):
    returned(alex, "D1", units=3)
    assert checked(acting(alex, "sam"), a_scan()).units == 1


def test_refuses_a_fill_that_came_back_whole(alex, sam):
    returned(alex, "D1", units=3)
    returned(alex, "D1", units=1)
    nothing_written(sam, DispenseReturned, lambda: checked(sam, a_scan(CARTON)))


def test_refuses_packs_that_are_not_of_the_fill(alex, sam):
    a_lot(alex, lot="B1")
    for wrong in (
        a_scan(ANOTHER_PRODUCT),
        a_scan("00000096385074"),
        a_scan(lot="B1"),
        a_scan(expires=date(2027, 10, 31)),
    ):
        nothing_written(sam, WrongPack, lambda wrong=wrong: checked(sam, a_scan(), a_scan(), a_scan(), wrong))


def test_refuses_too_few_too_many_and_the_same_packs(sam):
    nothing_written(sam, PacksMissing, lambda: checked(sam, a_scan()))
    nothing_written(sam, PacksMissing, lambda: checked(sam))
    nothing_written(sam, TooManyPacks, lambda: checked(sam, *[a_scan()] * 5))
    nothing_written(sam, ScannedTwice, lambda: checked(sam, *[a_scan(serial="S1")] * 4))


def test_refuses_a_dispense_that_is_not_there(sam):
    nothing_written(sam, NotFound, lambda: checked(sam, a_scan(CARTON), dispense="D9"))
    nothing_written(sam, NotANumber, lambda: checked(sam, a_scan(CARTON), dispense="RX1"))


def test_a_lot_from_shelf_and_refrigerator_is_one_lot(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    a_lot(shop, units=2, place="shelf")
    a_lot(shop, units=2, place="refrigerator")
    dispensed(shop, an_rx(shop, units=4))
    (pack,) = checked(acting(shop, "sam"), a_scan(CARTON)).packs
    assert pack.units == 4


def test_a_split_fill_needs_the_packs_of_each_lot(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    a_lot(shop, lot="A1", expires="2027-05-31", units=1)
    a_lot(shop, lot="B1", expires="2027-06-30", units=9)
    dispensed(shop, an_rx(shop, units=4))
    sam = acting(shop, "sam")
    first, second = a_scan(CARTON, "A1", date(2027, 5, 31)), a_scan(CARTON, "B1", date(2027, 6, 30))
    nothing_written(sam, PacksMissing, lambda: checked(sam, second))
    assert [(pack.lot, pack.units) for pack in checked(sam, second, first).packs] == [("B1", 3), ("A1", 1)]


def test_fills_that_nobody_checked_are_listed_with_who_dispensed_them(alex, sam, next_fill):
    assert day(alex) == (Unchecked("D1", "RX1", alex.today, "alex"),)
    start = alex.on - timedelta(days=1)
    both = sam.read(unchecked, 1, start, start + timedelta(days=60))
    assert [(row.dispense, row.on) for row in both] == [("D1", alex.today), ("D2", next_fill.today)]
    checked(next_fill, a_scan(CARTON))
    assert (day(alex), len(day(next_fill))) == ((), 1)


def test_a_fill_that_came_back_whole_needs_no_check(alex):
    returned(alex, "D1", units=3)
    assert len(day(alex)) == 1
    returned(alex, "D1")
    assert day(alex) == ()


def test_the_day_of_a_fill_begins_with_its_start(alex):
    second = timedelta(seconds=1)
    assert len(alex.read(unchecked, 1, alex.on, alex.on + second)) == 1
    assert alex.read(unchecked, 1, alex.on - second, alex.on) == ()
