"""A pharmacy in which everything is done once: every service, every kind of event, rows in every table."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from dispensary.rules.beyond_use import Category, Stability, Start
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.level import Level
from dispensary.rules.life import Act
from dispensary.rules.logger import Measured
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Condition, Country, History, Language, Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Form, Route, Temperature
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import Contact, RecallClass, Scope
from dispensary.rules.safety import read_overrides
from dispensary.rules.scan import Pack
from dispensary.rules.vial import VialOperation
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
from dispensary.services.prescribing import prescription_act
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.hand_over import HandOver, check_hand_over
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.prescribing.prescribe import NewPrescription, prescribe
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
from tests.build import Shop

VIALS_OF_1 = "US-CY-ARG1"
VIALS_OF_10 = "US-CY-DOD10"
HOUSE = "HOUSE-CY-1"
HOUSE_ROWS = read_rows(
    f"{','.join(COLUMNS)}\n{HOUSE},Cyanocobalamin refilled,house,cyanocobalamin,1000,multi-dose vial,1,1,"
    "benzyl alcohol 1.5%,2-8,yes,IM,none,,,made here\n".encode(),
    "house.csv",
)
STEP = 300
DAYS = 5
"""After so many days the file of readings comes, and what follows it."""


@dataclass(frozen=True)
class Asked:
    """What was asked by whom when, and what was answered."""

    shop: Shop
    service: Callable[..., Any]
    order: Any
    more: dict[str, Any]
    receipt: Any

    def again(self) -> Any:
        return self.shop.do(self.service, self.order, **self.more)


@dataclass
class Day:
    """Asks one service after the other under keys of their own: do-1, do-2 and so on."""

    shop: Shop
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, service: Callable[..., Any], kind: Callable[..., Any], *given: Any, **named: Any) -> None:
        """The order is of this kind; what begins with `with_` goes to the service."""
        more = {name.removeprefix("with_"): named.pop(name) for name in [*named] if name.startswith("with_")}
        order = kind(f"do-{len(self.asked) + 1}", *given, **named)
        receipt = self.shop.do(service, order, **more)
        self.asked.append(Asked(self.shop, service, order, more, receipt))


def everything_done(shop: Shop) -> list[Asked]:
    """Do everything once; what stands where afterwards is said at each part."""
    do = Day(shop)
    _register(do)
    _stock(do)
    _prescribe(do)
    _dispense(do)
    _vials(do)
    _acts(do)
    do.shop = replace(shop, on=shop.on + timedelta(days=DAYS))
    _findings(do)
    _print(do)
    _erase(do)
    _sign_in(do)
    return do.asked


def overrides(*given: str) -> dict[str, str]:
    return read_overrides(given)


def _register(do: Day) -> None:
    """alex and kim are pharmacists, sam a technician; P1 to P3; a second shelf; a product of the house."""
    do(add_user, NewUser, "kim", Role.PHARMACIST)
    do(add_user, NewUser, "sam", Role.TECHNICIAN)
    do(add_place, NewPlace, "shelf-2", PlaceKind.SHELF, Temperature.ROOM, dark=True)
    do(import_products, Import, "house.csv", HOUSE_ROWS)
    do(add_pack, NewPack, VIALS_OF_1, "50305170031256", 25)
    do(edit_product, ProductEdit, VIALS_OF_1, light_minutes=60)
    do(edit_product, ProductEdit, VIALS_OF_10, light_minutes=60)
    do(add_prescriber, NewPrescriber, "Dr. Ida Berg", "physician", "1234567893", None)
    for number, conditions in ((1, {Condition.LEBER}), (2, set()), (3, set())):
        born, none = date(1961, 4, number), frozenset[Any]()
        given = (f"MRN-{number}", f"Patient {number}", born, Language("en"), none, frozenset(conditions))
        do(add_patient, NewPatient, *given, with_audit_key=bytes([number]) * 32)
    heard = History(frozenset(), frozenset(), frozenset({"Folic acid"}))
    do(edit_patient, PatientEdit, "P1", add=heard, with_country=Country.US)
    do(record_level, NewLevel, "P1", Level.parse("148 pmol/L"), date(2026, 11, 20))


def _stock(do: Day) -> None:
    """Lots of 1 mL but for M1, which is of 10 mL; W1 alone stands on the second shelf."""
    for code, lot, units, place in (
        (VIALS_OF_1, "A1", 90, "shelf"),
        (VIALS_OF_10, "M1", 5, "shelf"),
        (VIALS_OF_1, "B1", 6, "shelf"),
        (VIALS_OF_1, "C1", 4, "shelf"),
        (VIALS_OF_1, "W1", 3, "shelf-2"),
        (VIALS_OF_1, "K1", 2, "shelf"),
    ):
        # A1 is the first to expire.
        expires = date(2027, 10 if lot == "A1" else 11, 30)
        do(receive, Delivery, (Typed(code, lot, expires, units, month_only=False),), place, 2_500_000)


def _prescribe(do: Day) -> None:
    """RX1 for P1, RX2 and RX3 for P2, RX4 and RX5 for P3; nobody has so much as RX2 asks for."""
    for patient, units, product in (
        ("P1", 4, VIALS_OF_1),
        ("P2", 999, VIALS_OF_1),
        ("P2", 2, VIALS_OF_1),
        ("P3", 1, VIALS_OF_10),
        ("P3", 2, VIALS_OF_1),
    ):
        do(
            prescribe,
            NewPrescription,
            patient=patient,
            prescriber="PR1",
            form=Form.CYANOCOBALAMIN,
            directions="1 mg IM weekly",
            quantity_units=units,
            days=None,
            refills=1,
            written=date(2026, 11, 20),
            valid_until=None,
            indication="",
            product=product,
            as_written=False,
            with_practice=do.shop.practice,
        )


def _dispense(do: Day) -> None:
    """D1 of RX1 has three units of A1, D2 its fourth; one of D1 came back (RT1), and all of D3 of RX3 (RT2)."""
    practice = do.shop.practice
    judged = overrides("leber=monitored: by the eye clinic")
    do(dispense, Order, "RX1", units=3, overrides=judged, with_practice=practice)
    do(dispense, Order, "RX1", overrides=judged, with_practice=practice)
    do(dispense, Order, "RX3", with_practice=practice)
    alone = do.shop
    do.shop = replace(alone, user="kim")
    do(check_hand_over, HandOver, "D1", (Pack("00305170031251", "A1", date(2027, 10, 30), "S1"),))
    do.shop = alone
    do(take_back, Return, "D1", "not wanted", 1, with_practice=practice)
    do(take_back, Return, "D3", "not collected", undelivered=True, with_practice=practice)
    do(owe, Owe, "RX2", with_practice=practice)
    for name in (Act.HOLD, Act.RELEASE):
        do(prescription_act.act, prescription_act.Decided, "RX1", name, f"to {name}")
    do(prescription_act.act, prescription_act.Decided, "RX5", Act.TRANSFER, "moved", "Harbour Pharmacy")


def _vials(do: Day) -> None:
    """V1 serves P3 (DR1), V2 served P1 (DR2) and was moved and discarded, V3 is held after too much light."""
    for _ in range(3):
        do(open_vial, Opening, VIALS_OF_10)
    own = replace(do.shop.practice, dedicated_vials=True, dead_volume_ul=75)
    do(draw, Draw, "V1", Prescribed("RX4"), with_practice=own)
    judged = overrides("leber=monitored", "duplicate_supply=prescriber_consulted: judged")
    wanted = Unprescribed("P1", Dose.parse("1 mg"), "ordered by telephone", Route.IM)
    do(draw, Draw, "V2", wanted, overrides=judged, with_practice=do.shop.practice)
    for name in (VialOperation.HOLD, VialOperation.RELEASE):
        do(vial_act.act, vial_act.Decided, "V2", name, f"to {name}")
    do(vial_act.move, vial_act.VialMove, "V2", "shelf-2", "nearer")
    do(discard, Discard, "V2", "cloudy")
    do(expose, InTheLight, "V3", 60, "left on the counter")


def _acts(do: Day) -> None:
    """S1 to S3, C1 with a variance, C2 abandoned, B1 of the house; B1 of 1 mL is held, C1 was."""
    do(move, Move, "A1", "shelf", "shelf-2", 5, reason="more room")
    do(destroy, Destroy, "A1", "shelf", "broken", "sam", 2)
    do(send_back, SendBack, "A1", "shelf", "sent too many", 3, reference="RMA-7")
    do(start_count, StartCount, "shelf-2")
    do(enter_count, EnterCount, "C1", "W1", 3)
    do(enter_count, EnterCount, "C1", "A1", 4)
    do(close_count, CloseCount, "C1", "one was broken", with_practice=do.shop.practice)
    do(start_count, StartCount, None, VIALS_OF_10)
    do(close_count, CloseCount, "C2", "no time", abandon=True, with_practice=do.shop.practice)
    do(
        repack,
        Batch,
        HOUSE,
        FromLot("A1", 5),
        (),
        5,
        Category.TWO,
        Start.STERILE,
        Stability(20, "a study"),
        "kim",
        "refrigerator",
    )
    do(expose, InTheLight, "B1", 60, "a sunny window")
    for name in (LotAct.HOLD, LotAct.RELEASE):
        do(lot_act.act, lot_act.Decided, "C1", name, f"to {name}")


def _findings(do: Day) -> None:
    """Two hours of heat on the second shelf hold A1 and W1; A1 was recalled (RC1), and K1 is (RC2)."""
    start = int((do.shop.on - timedelta(days=DAYS)).timestamp())
    degrees = [2100] * 200 + [4100] * 24 + [2100] * 200
    readings = tuple((start + number * STEP, each) for number, each in enumerate(degrees, start=1))
    do(log_readings, Log, "shelf-2", "log.csv", "UTC", Measured(readings, 0, 0))
    dated = date(2026, 11, 24)
    do(recall, Notice, Scope(VIALS_OF_1, "A1"), RecallClass.II, "D-0792-2026", dated, "cracked vials")
    do(note_contact, Called, "RC1", "P1", Contact.REACHED, "brings back what is left")
    do(withdraw, Withdrawal, "RC1", "entered in error")
    do(recall, Notice, Scope(None, "K1"), RecallClass.I, "D-0793-2026", dated, "lacks sterility")


def _print(do: Day) -> None:
    """PJ1 is in a file, PJ2 was sent, PJ3 perhaps, and PJ4 is printed in its place, which failed twice; PJ5 waits.

    PJ6 is cancelled, and somebody has seen PJ7.
    """
    do(print_label, Print, "dispense", "D1", "dispense-100x62")
    do(print_label, Print, "dispense", "D1", "dispense-a4-3x7", "office", 4, with_patient="c" * 64)
    do(print_label, Print, "vial", "V1", "vial-50x25", "counter")
    for ended in (Ended("PJ2", 1, "office-12"), Ended("PJ3", 1, problem="it broke off", perhaps=True)):
        do.shop.do(claim, ended.job)
        do.shop.do(end, ended)
    do(print_again, Again, "PJ3")
    for attempt in (1, 2):
        do.shop.do(claim, "PJ4")
        do.shop.do(end, Ended("PJ4", attempt, problem="no paper"))
    do(print_label, Print, "shelf", VIALS_OF_1, "shelf-62x29", "counter")
    for kind in ("bag", "leaflet"):
        do(print_label, Print, kind, "D1", "one", "counter", with_patient="c" * 64)
    do(cancel, Cancel, "PJ6", "the bag has one")
    do.shop.do(claim, "PJ7")
    do.shop.do(end, Ended("PJ7", 1, problem="it broke off", perhaps=True))
    do(was_printed, WasPrinted, "PJ7")


def _erase(do: Day) -> None:
    """P4 was entered by mistake and is erased."""
    given = ("MRN-4", "Patient 4", date(1961, 4, 4), Language("en"), frozenset[Any](), frozenset[Any]())
    # Not one of those that are asked again: who was erased is answered no more.
    do.shop.do(add_patient, NewPatient("mistake", *given), audit_key=bytes([4]) * 32)
    do(erase, Erasure, "P4", "entered by mistake", with_practice=do.shop.practice)


def _sign_in(do: Day) -> None:
    """alex has a PIN, which nobody can type, and kim had a badge; robin was away; nora of North may look on here.

    A key was made, and the clock was set.
    """
    do(give_pin, PinOf, "alex", with_pin_hash="$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyBvcg$bm9ib2R5IGhhcyBpdA")
    do(give_badge, BadgeOf, "kim", with_badge_hash="b" * 64)
    do(give_badge, BadgeOf, "kim", True, with_badge_hash=None)
    do(add_user, NewUser, "robin", Role.KEEPER)
    for enabled in (False, True):
        do(change_access, Access, "robin", "on leave", enabled)
    do(add_site, NewSite, "North", with_origin="north")
    north = replace(do.shop.by(), site_id=2)
    do.shop.write(lambda db: add_user(db, NewUser("nora", "nora", Role.PHARMACIST), on=do.shop.on, by=north))
    do(give_right, Right, "nora", Role.AUDITOR)
    do(enter_key, NewKey, "test-origin+00000000+AQ")
    do(set_clock, SetClock, "the till was ahead")
