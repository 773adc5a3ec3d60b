"""The facts of one package, with a usual value for each that a test does not name."""

from datetime import date
from typing import Any

from dispensary.labelling.text import DispenseFacts
from dispensary.rules.directions import Directions, Interval, Phase, Unit
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Container, Form, Preservatives, Product, Route, Storage, Temperature
from dispensary.rules.quantity import Dose, Strength

WEEKLY = Interval(Unit.WEEK, 1, 1)


def a_product(
    *,
    name: str = "Cyanocobalamin injection",
    labeler: str = "American Regent",
    form: Form = Form.CYANOCOBALAMIN,
    strength: int = 1000,
    container: Container = Container.MULTI_DOSE_VIAL,
    fill_ul: int = 1000,
    preservatives: str = "benzyl alcohol 1.5%",
    temperature: Temperature = Temperature.ROOM,
    dark: bool = True,
) -> Product:
    return Product(
        code="US-CY-ARG1",
        name=name,
        labeler=labeler,
        form=form,
        strength=Strength(strength),
        container=container,
        fill_ul=fill_ul,
        preservatives=Preservatives.parse(preservatives),
        storage=Storage(temperature, dark),
        routes=frozenset(Route),
    )


def some_directions(dose: str = "1 mg", route: Route = Route.IM, interval: Interval = WEEKLY) -> Directions:
    return Directions((Phase(Dose.parse(dose), route, interval),))


def a_package(**given: Any) -> DispenseFacts:
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
        "born": date(1961, 5, 4),
        "prescriber": "Jane Smith",
        "profession": "MD",
        "product": a_product(),
        "units": 4,
        "directions": some_directions(),
        "directions_as_written": "1 mg IM weekly",
        "indication": "vitamin B12 deficiency",
        "lot": "A23",
        "expires": date(2027, 5, 31),
        "gtin": "00305170031251",
        "part": 1,
        "parts": 1,
        "refills_left": 2,
        "dispensed_by": "KN",
        "checked_by": "KN",
    }
    return DispenseFacts(**(usual | given))


def a_norwegian_package(**given: Any) -> DispenseFacts:
    usual: dict[str, Any] = {
        "country": Country.NORWAY,
        "language": Language.BOKMAAL,
        "pharmacy": "Svaneapoteket",
        "address": "Storgata 5, 9008 Tromsø",
        "phone": "77 60 00 00",
        "patient": "Kari Nordmann",
        "prescriber": "Ola Ås",
        "profession": "lege",
        "product": a_product(
            name="Vitamin B12 Depot",
            labeler="Takeda",
            form=Form.HYDROXOCOBALAMIN,
            container=Container.AMPOULE,
            preservatives="benzyl alcohol 15 mg/mL",
            temperature=Temperature.UP_TO_25,
        ),
        "indication": "vitamin B12-mangel",
        "gtin": None,
    }
    return a_package(**(usual | given))
