"""The facts of vials, shelves, batches and bags, with a usual value for each that a test does not name."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dispensary.labelling.kinds.bag import BagFacts
from dispensary.labelling.kinds.batch import BatchFacts
from dispensary.labelling.kinds.shelf import ShelfFacts
from dispensary.labelling.kinds.vial import VialFacts
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Product, Storage, Temperature
from tests.labelling.package_facts import LONG_NAME, a_product

NEW_YORK = ZoneInfo("America/New_York")
LONG_PHARMACY = "Ŋuorjjovuona apotek og helsesenter Østre Ødegården avdeling"
LONG_ADDRESS = "Øvre Kjærlighetsstien 112B, 9040 Nordkjosbotn i Balsfjord"
LONG_LOT = "ABCDEFGH012345678901"


def the_worst_product(**given: Any) -> Product:
    usual: dict[str, Any] = {
        "name": "Ŋuorjjovuona Hydroxocobalamin Žigić Ødegård depot injeksjon.",
        "labeler": "Kjærstad-Ŧuovllahiid Østre Ødegårdens legemiddelproduksjon",
        "form": Form.HYDROXOCOBALAMIN,
        "fill_ul": 30_000,
        "preservatives": "methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
        "temperature": Temperature.REFRIGERATOR,
    }
    return a_product(**(usual | given))


def a_vial_label(**given: Any) -> VialFacts:
    usual: dict[str, Any] = {
        "language": Language.ENGLISH,
        "vial": "V12",
        "product": a_product(fill_ul=10_000),
        "lot": "A23",
        "volume_ul": 10_000,
        "opened_at": datetime(2026, 11, 21, 9, 30, tzinfo=NEW_YORK),
        "opened_by": "alex",
        "discard_at": datetime(2026, 12, 19, 9, 30, tzinfo=NEW_YORK),
    }
    return VialFacts(**(usual | given))


def a_shelf_label(**given: Any) -> ShelfFacts:
    usual: dict[str, Any] = {
        "country": Country.US,
        "language": Language.ENGLISH,
        "product": a_product(fill_ul=10_000),
        "gtin": "00305170031251",
    }
    return ShelfFacts(**(usual | given))


def a_batch_label(**given: Any) -> BatchFacts:
    usual: dict[str, Any] = {
        "country": Country.US,
        "language": Language.ENGLISH,
        "pharmacy": "Harbor Pharmacy",
        "address": "12 Quay Street, Sacramento CA 95814",
        "phone": "(916) 555-0100",
        "batch": "B1",
        "product": a_product(
            name="Methylcobalamin injection",
            form=Form.METHYLCOBALAMIN,
            container=Container.SINGLE_DOSE_VIAL,
            preservatives="none",
            temperature=Temperature.REFRIGERATOR,
        ),
        "lot": "H1",
        "units": 48,
        "made_at": datetime(2026, 11, 21, 9, 30, tzinfo=NEW_YORK),
        "use_by": date(2026, 11, 24),
        "made_by": "alex",
        "checked_by": "sam",
        "ingredients": (("Methylcobalamin USP", "P1"), ("Sodium chloride 0.9%", "N1")),
    }
    return BatchFacts(**(usual | given))


def a_bag_label(**given: Any) -> BagFacts:
    usual: dict[str, Any] = {
        "language": Language.ENGLISH,
        "pharmacy": "Harbor Pharmacy",
        "patient": "Maria O'Brien",
        "rx": "RX1001",
        "fill": 1,
        "dispense": "D12",
        "dispensed_on": date(2026, 11, 21),
        "units": 1,
        "storage": Storage(Temperature.ROOM, protect_from_light=True),
    }
    return BagFacts(**(usual | given))


# The worst of each kind: every field as long as the books allow.
WORST_VIAL = {
    "product": the_worst_product(),
    "vial": "V123456789",
    "lot": LONG_LOT,
    "volume_ul": 30_000,
    "opened_by": "kristoffer.ødegård",
    "patient": LONG_NAME,
    "copy": 12,
}
WORST_SHELF = {"product": the_worst_product(), "copy": 12}
WORST_BATCH = {
    "product": the_worst_product(),
    "pharmacy": LONG_PHARMACY,
    "address": LONG_ADDRESS,
    "batch": "B123456789",
    "lot": LONG_LOT,
    "units": 12_345,
    "made_by": "kristoffer.ødegård",
    "checked_by": "áŋŋe-márjá.østby",
    "ingredients": ((LONG_NAME, LONG_LOT),) * 4,
    "copy": 12,
}
WORST_BAG = {
    "pharmacy": LONG_PHARMACY,
    "patient": LONG_NAME,
    "rx": "RX123456789",
    "fill": 100,
    "dispense": "D123456789",
    "units": 10,
    "storage": Storage(Temperature.REFRIGERATOR, protect_from_light=True),
    "copy": 12,
}
