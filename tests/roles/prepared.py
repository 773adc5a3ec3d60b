"""The pharmacy that the lines stand on, and the files that they read."""

import json
from dataclasses import replace
from pathlib import Path

from dispensary.checkpoint import SigningKey
from dispensary.rights import person_at
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.formulary import COLUMNS
from dispensary.rules.life import Act as LifeAct
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.vial import VialOperation
from dispensary.services.catalogue.formulary import Import, import_products
from dispensary.services.compounding.repack import Batch, repack
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.rescue import NewKey, enter_key
from dispensary.services.people.sites import NewSite, add_site
from dispensary.services.people.user_access import Access, change_access
from dispensary.services.prescribing import prescription_act
from dispensary.services.printing.print_label import Print, print_label
from dispensary.services.printing.send import Ended, claim, end
from dispensary.services.recalls import lot_act
from dispensary.services.storage.place import NewPlace, add_place
from dispensary.services.vials import vial_act
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import Shop, a_lot, a_patient, a_prescriber, a_recall, an_rx, dispensed
from tests.everything import HOUSE, HOUSE_ROWS, VIALS_OF_1, VIALS_OF_10
from tests.exchange.documents import with_national_numbers
from tests.roles.lines import NEW_PRODUCT, PEOPLE

KEY = SigningKey("test-origin", b"r" * 32)
"""What `user rescue` opens the pharmacy of the lines with."""


def prepared(shop: Shop) -> None:
    """What the lines name: people, a second shelf, the product of the house and what is made below."""
    others = {"sam": Role.TECHNICIAN, "robin": Role.TECHNICIAN, "quinn": Role.TECHNICIAN, "max": Role.MANAGER}
    for name, role in {**PEOPLE, **others}.items():
        shop.do(add_user, NewUser(shop.key(), name, role))
    shop.do(change_access, Access(shop.key(), "quinn", "on leave", enabled=False))
    shop.do(add_site, NewSite(shop.key(), "North"), origin="north-origin")
    there = shop.read(person_at, shop.by(), "North")
    shop.write(lambda db: add_user(db, NewUser("nora", "nora", Role.TECHNICIAN), on=shop.on, by=there))
    shop.do(enter_key, NewKey(shop.key(), KEY.verifier))
    shop.do(add_place, NewPlace(shop.key(), "shelf-2", PlaceKind.SHELF, Temperature.ROOM, dark=True))
    shop.do(import_products, Import(shop.key(), "house.csv", HOUSE_ROWS))
    _treated(shop)
    _opened(shop)
    _counted(shop)
    batch = Batch(shop.key(), HOUSE, FromLot("F1", 5), (), 5, Category.TWO, Start.STERILE, None, "sam", "refrigerator")
    shop.do(repack, batch)
    for _ in range(2):
        shop.do(print_label, Print(shop.key(), "shelf", VIALS_OF_1, "shelf-62x29", "counter"))
    shop.do(claim, "PJ2")
    shop.do(end, Ended("PJ2", 1, problem="it broke off", perhaps=True))


def _treated(shop: Shop) -> None:
    """Lots F1, W1 (held), Q1 (set aside), R1 (recalled, RC1), and P1 to P7, who has Leber's disease.

    RX1 of P1 (D1) got R1, RX2 is drawn, RX3 to be dispensed, RX4 held, RX5 (D2) got F1, and nobody has so much as
    RX6 asks for.
    """
    for lot, units, place in (("F1", 40, "shelf"), ("W1", 3, "shelf-2"), ("Q1", 3, "quarantine"), ("R1", 3, "shelf")):
        a_lot(shop, VIALS_OF_1, lot, "2027-12-31", units, place)
    shop.do(lot_act.act, lot_act.Decided(shop.key(), "W1", LotAct.HOLD, "too warm"))
    a_prescriber(shop)
    for number in range(1, 8):
        conditions = ("leber",) if number == 7 else ()
        a_patient(shop, f"MRN-{number}", f"Patient {number}", f"1961-04-0{number}", conditions=conditions)
    for number in range(1, 7):
        product, units = VIALS_OF_10 if number == 2 else VIALS_OF_1, 999 if number == 6 else 1
        an_rx(shop, f"P{number}", "PR1", units=units, product=product)
    dispensed(shop, "RX1", lot="R1")
    dispensed(shop, "RX5", lot="F1")
    shop.do(prescription_act.act, prescription_act.Decided(shop.key(), "RX4", LifeAct.HOLD, "doubtful"))
    a_recall(shop, "R1", VIALS_OF_1)


def _opened(shop: Shop) -> None:
    """The vials V1, V2, which is set aside, and V3, which is held."""
    a_lot(shop, VIALS_OF_10, "M1", "2027-12-31", 12)
    for _ in range(3):
        shop.do(open_vial, Opening(shop.key(), VIALS_OF_10))
    shop.do(vial_act.move, vial_act.VialMove(shop.key(), "V2", "quarantine", "cloudy"))
    shop.do(vial_act.act, vial_act.Decided(shop.key(), "V3", VialOperation.HOLD, "cloudy"))


def _counted(shop: Shop) -> None:
    """The counts C1, of the second shelf, and C2, in which two persons found nothing at all."""
    shop.do(start_count, StartCount(shop.key(), "shelf-2"))
    shop.do(start_count, StartCount(shop.key(), None, VIALS_OF_10))
    for user in ("alex", "sam"):
        replace(shop, user=user).do(enter_count, EnterCount(shop.key(), "C2", "M1", 0, "shelf"))


def write_files(folder: Path) -> None:
    """The files that the lines read; `restore` reads kept.backup."""
    (folder / "new.csv").write_text(f"{','.join(COLUMNS)}\n{NEW_PRODUCT}\n")
    (folder / "rescue.key").write_text(f"{KEY.text}\n")
    (folder / "rx.json").write_text(json.dumps(with_national_numbers()))
    (folder / "log.csv").write_text("Time,Celsius\n2026-11-21 08:00:00,5.0\n2026-11-21 08:05:00,5.1\n")
