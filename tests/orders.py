"""An order of every kind: the service, the order, another under the same key, and what else the service is given."""

from dataclasses import replace
from datetime import date, timedelta

from dispensary.rules.beyond_use import Category, Stability, Start
from dispensary.rules.dates import parse_expiry
from dispensary.rules.formulary import read_rows
from dispensary.rules.level import Level
from dispensary.rules.life import Act
from dispensary.rules.logger import Measured
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Condition, Country, History, Language, Person, Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Form, Route, Sensitivity, Temperature
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import Contact, RecallClass, Scope
from dispensary.rules.scan import Pack
from dispensary.rules.vial import GivenAs, VialOperation
from dispensary.services.catalogue.formulary import (
    Import,
    NewPack,
    ProductEdit,
    add_pack,
    edit_product,
    import_products,
)
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.people.credentials import BadgeOf, PinOf, give_badge, give_pin
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.patients import NewLevel, PatientEdit, edit_patient, record_level
from dispensary.services.people.register import (
    NewPatient,
    NewPrescriber,
    NewUser,
    add_patient,
    add_prescriber,
    add_user,
)
from dispensary.services.people.rescue import NewKey, enter_key
from dispensary.services.people.set_clock import SetClock, set_clock
from dispensary.services.people.sites import NewSite, Right, add_site, give_right
from dispensary.services.people.user_access import Access, change_access
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.hand_over import HandOver, check_hand_over
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe
from dispensary.services.prescribing.prescription_act import Decided, act
from dispensary.services.prescribing.take_back import Return, take_back
from dispensary.services.printing.print_label import Print, print_label
from dispensary.services.printing.send import Again, Ended, claim, end, print_again
from dispensary.services.printing.settle import Cancel, WasPrinted, cancel, was_printed
from dispensary.services.recalls import lot_act
from dispensary.services.recalls.recall import Notice, Withdrawal, recall, withdraw
from dispensary.services.recalls.recall_contact import Called, note_contact
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.stock.send_back import SendBack, send_back
from dispensary.services.storage.light import InTheLight, expose
from dispensary.services.storage.log_readings import Log, log_readings
from dispensary.services.storage.place import NewPlace, add_place
from dispensary.services.vials import vial_act
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.draw import Draw, Prescribed, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import FORMULARY, a_lot, a_patient, a_prescriber, a_recall, an_rx, dispensed
from tests.everything import HOUSE, HOUSE_ROWS, overrides
from tests.vials import MULTI, a_vial

KEY = "the-key"


def a_delivery(shop):
    line = Typed("US-CY-ARG1", "A1", parse_expiry("2027-11"), 3, month_only=True)
    order = Delivery(KEY, (line, replace(line, lot="B2")), "refrigerator", 2_500_000, "the shelf is full")
    return receive, order, replace(order, unit_cost_micros=2_500_001), {}


def a_new_patient(shop):
    order = NewPatient(
        KEY,
        "MRN-9",
        "Æ Ø",
        date(1950, 2, 28),
        Language("nb"),
        frozenset({Sensitivity.PARABENS, Sensitivity.COBALAMIN}),
        frozenset({Condition.LEBER}),
    )
    return add_patient, order, replace(order, sensitivities=frozenset()), {"audit_key": b"x" * 32}


def a_new_prescriber(shop):
    order = NewPrescriber(KEY, "Dr. A", "physician", "1234567893", None)
    return add_prescriber, order, replace(order, name="Dr. B"), {}


def a_new_user(shop):
    order = NewUser(KEY, "robin", Role.TECHNICIAN)
    return add_user, order, replace(order, role=Role.MANAGER), {}


def a_prescription(shop):
    order = NewPrescription(
        key=KEY,
        patient=a_patient(shop),
        prescriber=a_prescriber(shop),
        form=Form.HYDROXOCOBALAMIN,
        directions="1 mg IM weekly",
        quantity_units=None,
        days=28,
        refills=1,
        written=date(2026, 11, 20),
        valid_until=None,
        indication="",
        product="NO-HY-TAK1",
        as_written=True,
    )
    return prescribe, order, replace(order, days=29), {"practice": shop.practice}


def a_dispense(shop):
    a_lot(shop, lot="A1", units=3)
    a_lot(shop, lot="B2", units=3, expires="2028-01-31")
    a_lot(shop, lot="X9", units=3, expires="2026-12-01")
    order = Order(KEY, an_rx(shop, units=4))
    return dispense, order, replace(order, units=3), {"practice": shop.practice}


def a_dispense_of_what_is_owed(shop):
    a_lot(shop)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx, units=1)
    order = Order(KEY, rx, units=2, product="US-CY-ARG1", lot="A1")
    return dispense, order, replace(order, lot=None), {"practice": shop.practice}


def a_dispense_with_findings(shop):
    a_lot(shop)
    rx = an_rx(shop, patient=a_patient(shop, conditions=("kidney-failure", "leber")))
    judged = "prescriber_consulted: judged"
    order = Order(KEY, rx, overrides={"leber": judged, "kidney_failure": judged})
    other = replace(order, overrides={"leber": "judged", "kidney_failure": judged})
    return dispense, order, other, {"practice": shop.practice}


def a_return(shop):
    a_lot(shop)
    order = Return(KEY, dispensed(shop, an_rx(shop)).dispense, "undelivered", 2)
    return take_back, order, replace(order, reason="not wanted"), {"practice": shop.practice}


def a_hold(shop):
    order = Decided(KEY, an_rx(shop), Act.HOLD, "interaction to be cleared")
    return act, order, replace(order, reason="something else"), {}


def a_transfer(shop):
    order = Decided(KEY, an_rx(shop, days=28), Act.TRANSFER, "moved", "Harbour Pharmacy")
    return act, order, replace(order, to_pharmacy="Hill Pharmacy"), {}


def unmet_demand(shop):
    a_lot(shop, units=3)
    order = Owe(KEY, an_rx(shop, units=4))
    return owe, order, replace(order, product="US-CY-ARG1"), {"practice": shop.practice}


def a_hand_over(shop):
    a_lot(shop, units=30)
    number = dispensed(shop, an_rx(shop, units=4)).dispense
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.user = "sam"
    order = HandOver(KEY, number, (Pack("00305170031251", "A1", date(2027, 11, 30), "S1"),))
    return check_hand_over, order, replace(order, packs=(replace(order.packs[0], serial="S2"),)), {}


def a_changed_patient(shop):
    heard = History(frozenset({Sensitivity.PARABENS}), frozenset({Condition.LEBER}), frozenset({"Folic acid", "Æ"}))
    order = PatientEdit(KEY, a_patient(shop), name="Æ Ø", born=date(1950, 2, 28), add=heard)
    return edit_patient, order, replace(order, name="Æ Å"), {"country": Country.US}


def a_level(shop):
    order = NewLevel(KEY, a_patient(shop), Level.parse("148 pmol/L"), date(2026, 11, 20))
    return record_level, order, replace(order, level=Level.parse("200 pg/mL")), {}


def an_erasure(shop):
    order = Erasure(KEY, a_patient(shop), "entered by mistake")
    return erase, order, replace(order, reason="moved away"), {"practice": shop.practice}


def a_pin(shop):
    order = PinOf(KEY, "alex")
    return give_pin, order, replace(order, user="sam"), {"pin_hash": "a hash"}


def a_badge(shop):
    order = BadgeOf(KEY, "alex")
    return give_badge, order, replace(order, taken=True), {"badge_hash": "a hash"}


def a_disabling(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    order = Access(KEY, "sam", "left", enabled=False)
    return change_access, order, replace(order, reason="is away"), {}


def an_enabling(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.do(change_access, Access(shop.key(), "sam", "left", enabled=False))
    order = Access(KEY, "sam", "is back", enabled=True)
    return change_access, order, replace(order, reason="was wrong"), {}


def a_site(shop):
    order = NewSite(KEY, "North")
    return add_site, order, replace(order, name="South"), {"origin": "north"}


def a_key(shop):
    order = NewKey(KEY, "test-origin+00000000+AQ")
    return enter_key, order, replace(order, verifier="test-origin+00000000+Ag"), {}


def a_set_clock(shop):
    order = SetClock(KEY, "the till was ahead")
    return set_clock, order, replace(order, reason="the office was ahead"), {}


def a_right(shop):
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north")
    north = Person(1, "alex", Role.PHARMACIST, 2)
    shop.write(lambda db: add_user(db, NewUser("nora", "nora", Role.PHARMACIST), on=shop.on, by=north))
    order = Right(KEY, "nora", Role.AUDITOR)
    return give_right, order, replace(order, role=Role.TECHNICIAN), {}


def an_import(shop):
    row = read_rows(FORMULARY.read_bytes(), "formulary.csv")[0]
    new = replace(row, product=replace(row.product, code="NEW-1"), gtin=None)
    order = Import(KEY, "new.csv", (new,))
    return import_products, order, replace(order, file="other.csv"), {}


def a_pack(shop):
    order = NewPack(KEY, "US-CY-ARG1", "50305170031256", 25)
    return add_pack, order, replace(order, units=10), {}


def a_minimum(shop):
    order = ProductEdit(KEY, "US-CY-ARG1", 20)
    return edit_product, order, replace(order, units=21), {}


def an_opened_vial(shop):
    a_lot(shop)
    order = Opening(KEY, "US-CY-ARG1", "A1", "shelf")
    return open_vial, order, replace(order, place=None), {}


def a_draw(shop):
    rx = an_rx(shop, patient=a_patient(shop, conditions=("leber",)))
    a_lot(shop, MULTI)
    a_vial(shop)
    order = Draw(KEY, "V1", Prescribed(rx), GivenAs.SYRINGE, overrides("leber=monitored"))
    return draw, order, replace(order, given_as=GivenAs.ADMINISTERED), {"practice": shop.practice}


def an_unprescribed_draw(shop):
    a_patient(shop)
    a_lot(shop, MULTI)
    a_vial(shop)
    order = Draw(KEY, "V1", Unprescribed("P1", Dose.parse("1 mg"), "by telephone", Route.IM))
    other = replace(order, wanted=replace(order.wanted, reason="in person"))
    return draw, order, other, {"practice": shop.practice}


def a_discarded_vial(shop):
    a_lot(shop, MULTI)
    a_vial(shop)
    order = Discard(KEY, "V1", "dropped")
    return discard, order, replace(order, reason="cloudy"), {}


def a_vial_hold(shop):
    a_lot(shop, MULTI)
    a_vial(shop)
    order = vial_act.Decided(KEY, "V1", VialOperation.HOLD, "a cracked cap")
    return vial_act.act, order, replace(order, reason="cloudy"), {}


def a_vial_move(shop):
    a_lot(shop, MULTI)
    a_vial(shop)
    order = vial_act.VialMove(KEY, "V1", "quarantine")
    return vial_act.move, order, replace(order, reason="cloudy"), {}


def a_lot_hold(shop):
    a_lot(shop)
    order = lot_act.Decided(KEY, "A1", LotAct.HOLD, "cracked vials")
    return lot_act.act, order, replace(order, product="US-CY-ARG1"), {}


def a_notice(shop):
    a_lot(shop)
    scope = Scope("US-CY-ARG1", None, None, date(2027, 12, 31))
    order = Notice(KEY, scope, RecallClass.II, "D-0792-2026", date(2026, 11, 20), "cracked vials")
    return recall, order, replace(order, class_=RecallClass.I), {}


def a_withdrawal(shop):
    a_lot(shop)
    order = Withdrawal(KEY, a_recall(shop).recall, "entered in error")
    return withdraw, order, replace(order, reason="over"), {}


def a_call(shop):
    a_lot(shop)
    dispensed(shop, an_rx(shop))
    order = Called(KEY, a_recall(shop).recall, "P1", Contact.REACHED, "brings them back")
    return note_contact, order, replace(order, contact=Contact.DECLINED), {}


def a_move(shop):
    a_lot(shop)
    order = Move(KEY, "A1", "shelf", "quarantine", 3, reason="to be looked at")
    return move, order, replace(order, units=4), {}


def a_destruction(shop):
    a_lot(shop)
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    order = Destroy(KEY, "A1", "shelf", "broken", "sam")
    return destroy, order, replace(order, units=3), {}


def a_return_to_the_supplier(shop):
    a_lot(shop)
    order = SendBack(KEY, "A1", "shelf", "sent too many", reference="RMA-7")
    return send_back, order, replace(order, reference="RMA-8"), {}


def a_count(shop):
    a_lot(shop)
    order = StartCount(KEY, "shelf", "US-CY-ARG1")
    return start_count, order, replace(order, product=None), {}


def a_counted_lot(shop):
    a_lot(shop)
    order = EnterCount(KEY, shop.do(start_count, StartCount(shop.key(), "shelf")).count, "A1", 9)
    return enter_count, order, replace(order, units=8), {}


def the_end_of_a_count(shop):
    a_lot(shop)
    number = shop.do(start_count, StartCount(shop.key(), "shelf")).count
    shop.do(enter_count, EnterCount(shop.key(), number, "A1", 9))
    order = CloseCount(KEY, number, "one was broken")
    return close_count, order, replace(order, abandon=True), {"practice": shop.practice}


def a_place(shop):
    order = NewPlace(KEY, "cupboard", PlaceKind.SHELF, Temperature.ROOM, dark=True)
    return add_place, order, replace(order, dark=False), {}


def a_file_of_readings(shop):
    # It came before the last of them.
    a_lot(shop.at(shop.on - timedelta(minutes=4)))
    start = int(shop.on.timestamp()) - 2700
    readings = tuple((start + 300 * number, 4100) for number in range(10))
    order = Log(KEY, "shelf", "log.csv", "UTC", Measured(readings, 0, 0))
    return log_readings, order, replace(order, timezone="Europe/Oslo"), {}


def time_in_the_light(shop):
    a_lot(shop)
    shop.do(edit_product, ProductEdit(shop.key(), "US-CY-ARG1", light_minutes=60))
    order = InTheLight(KEY, "A1", 60, "a sunny window")
    return expose, order, replace(order, minutes=61), {}


def a_batch(shop):
    shop.do(import_products, Import(shop.key(), "house.csv", HOUSE_ROWS))
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    a_lot(shop)
    main = FromLot("A1", 5)
    order = Batch(KEY, HOUSE, main, (), 5, Category.TWO, Start.STERILE, None, "sam", "refrigerator")
    return repack, order, replace(order, stability=Stability(5, "a study")), {}


def a_print(shop):
    order = Print(KEY, "shelf", "US-CY-ARG1", "shelf-62x29", "counter")
    return print_label, order, replace(order, position=2), {"patient": ""}


def a_print_again(shop):
    for key in ("one", "other"):
        shop.do(print_label, Print(key, "shelf", "US-CY-ARG1", "shelf-62x29", "counter"))
    perhaps_printed(shop)
    return print_again, Again(KEY, "PJ1"), Again(KEY, "PJ2"), {}


def a_cancelled_print(shop):
    shop.do(print_label, Print("one", "shelf", "US-CY-ARG1", "shelf-62x29", "counter"))
    return cancel, Cancel(KEY, "PJ1", "the shelf is gone"), Cancel(KEY, "PJ1", "another shelf"), {}


def a_print_that_came_out(shop):
    shop.do(print_label, Print("one", "shelf", "US-CY-ARG1", "shelf-62x29", "counter"))
    perhaps_printed(shop)
    return was_printed, WasPrinted(KEY, "PJ1"), WasPrinted(KEY, "PJ2"), {}


def perhaps_printed(shop):
    shop.do(claim, "PJ1")
    shop.do(end, Ended("PJ1", 1, problem="it broke off", perhaps=True))


KINDS = {
    a_delivery: "receive",
    a_new_patient: "patient add",
    a_new_prescriber: "prescriber add",
    a_new_user: "user add",
    a_prescription: "rx add",
    a_dispense: "dispense",
    a_dispense_of_what_is_owed: "dispense",
    a_dispense_with_findings: "dispense",
    a_return: "return",
    a_hold: "rx hold",
    a_transfer: "rx transfer",
    unmet_demand: "rx owe",
    a_hand_over: "rx check",
    a_changed_patient: "patient edit",
    a_level: "patient level",
    an_erasure: "patient erase",
    a_pin: "user pin",
    a_badge: "user badge",
    a_disabling: "user disable",
    an_enabling: "user enable",
    a_site: "site add",
    a_right: "user right",
    a_key: "user key",
    a_set_clock: "audit clock",
    an_import: "product import",
    a_pack: "product pack",
    a_minimum: "product edit",
    an_opened_vial: "vial open",
    a_draw: "vial draw",
    an_unprescribed_draw: "vial draw",
    a_discarded_vial: "vial discard",
    a_vial_hold: "vial hold",
    a_vial_move: "vial move",
    a_lot_hold: "lot hold",
    a_notice: "lot recall",
    a_withdrawal: "recall withdraw",
    a_call: "recall contact",
    a_move: "move",
    a_destruction: "destroy",
    a_return_to_the_supplier: "send back",
    a_count: "count start",
    a_counted_lot: "count enter",
    the_end_of_a_count: "count close",
    a_place: "place add",
    a_file_of_readings: "place log",
    time_in_the_light: "light",
    a_batch: "repack",
    a_print: "label print",
    a_print_again: "label print",
    a_cancelled_print: "label cancelled",
    a_print_that_came_out: "label printed",
}
