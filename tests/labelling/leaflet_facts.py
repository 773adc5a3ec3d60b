"""The facts of one leaflet, with a usual value for each that a test does not name."""

from datetime import date
from typing import Any

from dispensary.labelling.kinds.leaflet import LeafletFacts
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Temperature
from tests.labelling.package_facts import a_product, some_directions


def a_leaflet(**given: Any) -> LeafletFacts:
    usual: dict[str, Any] = {
        "country": Country.US,
        "language": Language.ENGLISH,
        "pharmacy": "Harbor Pharmacy",
        "address": "12 Quay Street, Sacramento CA 95814",
        "phone": "(916) 555-0100",
        "rx": "RX1001",
        "dispense": "D12",
        "fill": 1,
        "dispensed_on": date(2026, 11, 21),
        "patient": "Maria O'Brien",
        "prescriber": "Jane Smith",
        "product": a_product(fill_ul=10_000),
        "directions": some_directions(),
        "directions_as_written": "1 mg IM weekly",
    }
    return LeafletFacts(**(usual | given))


def a_norwegian_leaflet(**given: Any) -> LeafletFacts:
    usual: dict[str, Any] = {
        "country": Country.NORWAY,
        "language": Language.BOKMAAL,
        "pharmacy": "Svaneapoteket",
        "address": "Storgata 5, 9008 Tromsø",
        "phone": "77 60 00 00",
        "patient": "Kari Nordmann",
        "prescriber": "Ola Ås",
        "product": a_product(
            name="Vitamin B12 Depot",
            labeler="Takeda",
            form=Form.HYDROXOCOBALAMIN,
            container=Container.AMPOULE,
            preservatives="benzyl alcohol 15 mg/mL",
            temperature=Temperature.UP_TO_25,
        ),
    }
    return a_leaflet(**(usual | given))
