"""A good line of every command, and the acts of the matrix that whoever types it must be allowed.

A command of which there is no line here fails a test; one that opens no pharmacy needs no act. The lines stand
on what `prepared.py` has done.
"""

from datetime import timedelta

from dispensary.rules.access import Act
from dispensary.rules.people import Role
from tests.build import NOW
from tests.everything import HOUSE, VIALS_OF_1, VIALS_OF_10

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

Row = tuple[str, str, tuple[Act, ...]]
"""A command, a line of it, and its acts."""

ROWS: list[Row] = [(command, line, acts) for command, lines in LINES.items() for line, acts in lines]

ACTING = [row for row in ROWS if row[2]]
"""The lines that somebody acts with; the others open no pharmacy, or find out who acts."""

FREE = [(command, line) for command, line, acts in ROWS if not acts]
