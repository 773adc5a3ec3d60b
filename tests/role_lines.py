"""A good line of every command, and the acts of the matrix that whoever types it must be allowed.

A command of which there is no line here fails a test; one that opens no pharmacy needs no act. The lines stand
on what `prepared` has done.
"""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dispensary.checkpoint import SigningKey
from dispensary.rights import person_at
from dispensary.rules.access import Act
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
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, a_recall, an_rx, dispensed
from tests.everything import HOUSE, HOUSE_ROWS, VIALS_OF_1, VIALS_OF_10
from tests.exchange.documents import with_national_numbers

MOMENT = NOW + timedelta(hours=1)
"""When the lines are typed."""

PEOPLE = {
    "tess": Role.TECHNICIAN,
    "pia": Role.PHARMACIST,
    "ada": Role.AUDITOR,
    "mia": Role.MANAGER,
    "rob": Role.REPORTER,
    "eve": Role.EXPORTER,
    "kit": Role.KEEPER,
}

KEY = SigningKey("test-origin", b"r" * 32)
"""What `user rescue` opens the pharmacy of the lines with."""

BADGE, NEW_PIN = "0x8f41c7", "271828"

PLAIN = f"receive --product {VIALS_OF_1} --lot Z1 --expires 2027-12-31 --quantity 5"
NEW_RX = "rx add --patient P4 --prescriber PR1 --form cyanocobalamin --directions '1 mg IM weekly' --quantity 4 --yes"
SCANNED = "'(01)00305170031251(17)271231(10)F1(21)F-1'"
UNPRESCRIBED = "vial draw V1 --dose '1 mg' --patient P2 --reason telephone --route IM --yes"
NEW_PRODUCT = "HS-PF1,Cyanocobalamin plain,house,cyanocobalamin,1000,single-dose vial,1,1,none,2-8,yes,IM,none,,,own"
MADE = "--units 5 --made 5 --category 2 --start sterile --checked-by sam --place refrigerator"
REPACKED = f"repack {HOUSE} --from F1 {MADE}"
RECALL = f"--product {VIALS_OF_1} --class II --reference D-0799-2026 --reason cracked"

LINES: dict[str, list[tuple[str, tuple[Act, ...]]]] = {
    "init": [("init --yes", ())],
    "demo": [("demo --out demo", ())],
    "upgrade": [("upgrade", (Act.UPGRADE,))],
    "verify": [("verify", (Act.VERIFY,))],
    "backup": [("backup new.backup", (Act.BACKUP,))],
    "restore": [("restore kept.backup --to restored.db", ())],
    "receive": [(PLAIN, (Act.RECEIVE,))],
    "dispense": [("dispense RX3", (Act.DISPENSE,))],
    "return": [("return D2 --reason 'not wanted'", (Act.RETURN,))],
    "vial open": [(f"vial open --product {VIALS_OF_10}", (Act.VIAL_OPEN,))],
    "vial draw": [
        ("vial draw V1 --rx RX2 --yes", (Act.VIAL_DRAW,)),
        (UNPRESCRIBED, (Act.VIAL_DRAW, Act.WITHOUT_PRESCRIPTION)),
    ],
    "vial discard": [("vial discard V1 --reason cloudy", (Act.VIAL_DISCARD,))],
    "vial hold": [("vial hold V1 --reason cloudy", (Act.VIAL_HOLD,))],
    "vial release": [("vial release V3 --reason 'looked at'", (Act.VIAL_RELEASE,))],
    "vial move": [
        ("vial move V1 --to shelf-2 --reason nearer", (Act.VIAL_MOVE,)),
        ("vial move V2 --to shelf --reason 'looked at'", (Act.VIAL_MOVE, Act.LEAVE_QUARANTINE)),
    ],
    "vial list": [("vial list", (Act.READ_STOCK,))],
    "move": [
        ("move F1 --from shelf --to shelf-2 --quantity 1", (Act.MOVE,)),
        ("move Q1 --from quarantine --to shelf --reason 'looked at'", (Act.MOVE, Act.LEAVE_QUARANTINE)),
    ],
    "count start": [(f"count start --product {VIALS_OF_1}", (Act.COUNT_START,))],
    "count enter": [("count enter C1 W1 3", (Act.COUNT_ENTER,))],
    "count show": [("count show C1", (Act.READ_STOCK,))],
    "count close": [
        ("count close C2 --reason broken", (Act.COUNT_CLOSE, Act.LARGE_VARIANCE)),
        ("count close C2 --abandon --reason late", (Act.COUNT_CLOSE,)),
    ],
    "destroy": [("destroy F1 --place shelf --reason broken --witness sam --quantity 1", (Act.DESTROY,))],
    "send-back": [("send-back F1 --place shelf --reason 'too many' --quantity 1", (Act.SEND_BACK,))],
    "repack": [(REPACKED, (Act.REPACK,))],
    "label dispense": [("label dispense D2 --out label.pdf", (Act.LABEL_PRINT,))],
    "label leaflet": [("label leaflet D2 --out label.pdf", (Act.LABEL_PRINT,))],
    "label bag": [("label bag D2 --out label.pdf", (Act.LABEL_PRINT,))],
    "label vial": [("label vial V1 --out label.pdf", (Act.LABEL_PRINT,))],
    "label shelf": [(f"label shelf {VIALS_OF_1} --out label.pdf", (Act.LABEL_PRINT,))],
    "label batch": [("label batch B1 --out label.pdf", (Act.LABEL_PRINT,))],
    "label range": [("label range D2 D2 --out labels.pdf", (Act.LABEL_PRINT,))],
    "label designs": [("label designs", ())],
    "label check": [("label check dispense-100x62", ())],
    "label copy": [("label copy dispense-100x62 mine.toml", ())],
    "label preview": [("label preview dispense D2", (Act.READ_PATIENTS,))],
    "label gallery": [("label gallery --design shelf-62x29 --out pictures", ())],
    "label queue": [("label queue", (Act.READ_STOCK,))],
    "label send": [("label send", (Act.LABEL_SEND,)), ("label send PJ1", (Act.LABEL_SEND,))],
    "label cancel": [("label cancel PJ1 --reason 'not wanted'", (Act.LABEL_CANCELLED,))],
    "label printed": [("label printed PJ2", (Act.LABEL_PRINTED,))],
    "stock": [("stock", (Act.READ_STOCK,))],
    "expiring": [("expiring", (Act.READ_STOCK,))],
    "product list": [("product list", (Act.READ_STOCK,))],
    "product show": [(f"product show {VIALS_OF_1}", (Act.READ_STOCK,))],
    "product import": [("product import new.csv", (Act.PRODUCT_IMPORT,))],
    "product pack": [(f"product pack {VIALS_OF_1} --gtin 10305170031258 --units 10", (Act.PRODUCT_PACK,))],
    "product edit": [
        (f"product edit {VIALS_OF_1} --minimum 9", (Act.PRODUCT_EDIT,)),
        (f"product edit {VIALS_OF_1} --light-minutes 30", (Act.PRODUCT_EDIT, Act.LIMIT_OF_USE)),
    ],
    "place list": [("place list", (Act.READ_STOCK,))],
    "place show": [("place show shelf", (Act.READ_STOCK,))],
    "place add": [("place add shelf-9 --kind shelf --temperature 20-25 --dark", (Act.PLACE_ADD,))],
    "place log": [("place log log.csv --place refrigerator --timezone UTC", (Act.PLACE_LOG,))],
    "light": [("light F1 --minutes 5", (Act.LIGHT,))],
    "lot list": [("lot list", (Act.READ_STOCK,))],
    "lot show": [("lot show F1", (Act.READ_STOCK,))],
    "lot hold": [("lot hold F1 --reason doubtful", (Act.LOT_HOLD,))],
    "lot release": [("lot release W1 --reason 'looked at'", (Act.LOT_RELEASE,))],
    "lot recall": [(f"lot recall --lot F1 {RECALL}", (Act.LOT_RECALL,))],
    "recall list": [("recall list", (Act.READ_STOCK,))],
    "recall show": [("recall show RC1", (Act.READ_RECIPIENTS,))],
    "recall contact": [("recall contact RC1 --patient P1 --outcome declined", (Act.RECALL_CONTACT,))],
    "recall withdraw": [("recall withdraw RC1 --reason 'entered in error'", (Act.RECALL_WITHDRAW,))],
    "patient add": [("patient add --id MRN-9 --name 'Patient 9' --born 1961-04-09", (Act.PATIENT_ADD,))],
    "patient edit": [
        ("patient edit P4 --medicine Metformin", (Act.PATIENT_EDIT,)),
        ("patient edit P7 --no-condition leber", (Act.PATIENT_EDIT, Act.ERASE_FACT)),
        ("patient edit P4 --born 1961-05-04", (Act.PATIENT_EDIT, Act.ERASE_FACT)),
    ],
    "patient level": [("patient level P4 '148 pmol/L'", (Act.PATIENT_LEVEL,))],
    "patient erase": [("patient erase P7 --reason 'entered by mistake'", (Act.PATIENT_ERASE,))],
    "patient list": [("patient list", (Act.READ_PATIENTS,))],
    "patient show": [("patient show P4", (Act.READ_PATIENTS,))],
    "prescriber add": [("prescriber add --name 'Ida Specimen' --npi 1245319599", (Act.PRESCRIBER_ADD,))],
    "prescriber list": [("prescriber list", (Act.READ_STOCK,))],
    "rx add": [(NEW_RX, (Act.READ_STOCK, Act.RX_ADD))],
    "rx list": [("rx list", (Act.READ_PATIENTS,))],
    "rx show": [("rx show RX3", (Act.READ_PATIENTS,))],
    "rx plan": [(f"rx plan '1 mg IM weekly' --product {VIALS_OF_1} --days 28", (Act.READ_STOCK,))],
    "rx hold": [("rx hold RX3 --reason doubtful", (Act.RX_HOLD,))],
    "rx release": [("rx release RX4 --reason 'looked at'", (Act.RX_RELEASE,))],
    "rx cancel": [("rx cancel RX3 --reason stopped", (Act.RX_CANCEL,))],
    "rx transfer": [("rx transfer RX3 --to 'Harbour Pharmacy' --reason moved", (Act.RX_TRANSFER,))],
    "rx owe": [("rx owe RX6", (Act.RX_OWE,))],
    "rx check": [(f"rx check D2 --scan {SCANNED}", (Act.RX_CHECK,))],
    "report nightly": [("report nightly --out night", (Act.READ_REPORTS,))],
    "report trace": [("report trace F1", (Act.READ_RECIPIENTS,))],
    "report batch": [("report batch B1", (Act.READ_REPORTS,))],
    "report usage": [("report usage", (Act.READ_REPORTS,))],
    "report reorder": [("report reorder", (Act.READ_REPORTS,))],
    "report forecast": [("report forecast", (Act.READ_REPORTS,))],
    "report value": [("report value", (Act.READ_REPORTS,))],
    "report expiry": [("report expiry", (Act.READ_REPORTS,))],
    "report waste": [("report waste", (Act.READ_REPORTS,))],
    "report due": [
        ("report due", (Act.READ_REPORTS,)),
        ("report due --patients", (Act.READ_PATIENTS,)),
    ],
    "report access": [("report access", (Act.READ_ACCESS,))],
    "audit log": [("audit log", (Act.AUDIT_EXPORT,)), ("audit log --patient P4", (Act.READ_PATIENTS,))],
    "audit export": [
        ("audit export --out audit.jsonl", (Act.AUDIT_EXPORT,)),
        ("audit export --out part.jsonl --lot F1", (Act.AUDIT_EXPORT, Act.CHECKPOINT)),
        ("audit export --out part.jsonl --with-patients", (Act.READ_PATIENTS, Act.AUDIT_EXPORT)),
        ("audit export --out part.jsonl --patient P4", (Act.READ_PATIENTS, Act.AUDIT_EXPORT)),
    ],
    "audit register": [
        ("audit register dispensing", (Act.READ_RECIPIENTS,)),
        ("audit register receiving", (Act.READ_REPORTS,)),
        ("audit register access", (Act.READ_ACCESS,)),
    ],
    "audit verify": [("audit verify", (Act.VERIFY,))],
    "audit checkpoint": [("audit checkpoint", (Act.CHECKPOINT,))],
    "audit clock": [("audit clock --reason 'the till was a day ahead'", (Act.AUDIT_CLOCK,))],
    "export": [
        ("export tables", (Act.AUDIT_EXPORT,)),
        ("export tables --patients", (Act.READ_RECIPIENTS, Act.AUDIT_EXPORT)),
    ],
    "fhir import": [("fhir import rx.json --add-people", (Act.RX_ADD, Act.PATIENT_ADD, Act.PRESCRIBER_ADD))],
    "fhir export": [
        ("fhir export --out fills.json", (Act.AUDIT_EXPORT,)),
        ("fhir export --out fills.json --patients", (Act.READ_PATIENTS, Act.AUDIT_EXPORT)),
    ],
    "fhir prescription": [("fhir prescription RX3 --out rx-out.json", (Act.READ_PATIENTS,))],
    "fhir stock": [("fhir stock --out stock.json", (Act.READ_STOCK,))],
    "epcis export": [("epcis export --out epcis.json", (Act.AUDIT_EXPORT,))],
    "user add": [("user add newman --role technician", (Act.USER_ADD,))],
    "user list": [("user list", (Act.READ_USERS,))],
    "user disable": [("user disable robin --reason 'left the house'", (Act.USER_DISABLE,))],
    "user enable": [("user enable quinn --reason 'came back'", (Act.USER_ENABLE,))],
    "user pin": [("user pin max", (Act.USER_PIN, Act.OTHERS_PIN))],
    "user badge": [("user badge robin", (Act.USER_BADGE,))],
    "user key": [("user key --out new.key", (Act.USER_KEY,))],
    "user rescue": [("user rescue max rescue.key", ())],
    "user right": [("user right nora --role technician", (Act.USER_RIGHT,))],
    "site add": [("site add West", (Act.SITE_ADD,))],
    "site list": [("site list", (Act.READ_USERS,))],
    "login": [("login pia", ())],
    "logout": [("logout", ())],
}

TYPED = {"user pin max": (NEW_PIN,), "user rescue max rescue.key": (NEW_PIN,), "user badge robin": (BADGE,)}
"""What some of them ask for, which is no PIN of somebody who acts."""

WITNESSED = {"destroy": "sam", "repack": "sam"}
"""Whose PIN is typed as well where people have PINs, last of all."""

STATUS = {"label send": 4, "report nightly": 4}
"""The exit status where it is not 0: no printer is there, and something needs a person."""


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
