"""The facts of one package, with a usual value for each that a test does not name."""

from datetime import date, timedelta
from typing import Any

from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.rules.directions import Directions, Duration, Interval, Ongoing, Phase, Unit
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


THREE_PHASES = Directions(
    (
        Phase(Dose(1000), Route.IM, Interval(Unit.DAY, 1, 1), Duration(Unit.DAY, 7, 7)),
        Phase(Dose(1000), Route.IM, Interval(Unit.WEEK, 1, 1), Duration(Unit.WEEK, 4, 4)),
        Phase(Dose(1000), Route.SUBCUT, Interval(Unit.MONTH, 1, 1), Ongoing.LIFE),
    )
)
AMPOULE = a_product(
    name="Vitamin B12",
    labeler="Takeda",
    container=Container.AMPOULE,
    preservatives="none",
    temperature=Temperature.UP_TO_25,
)
PARABENS = a_product(
    name="Hydroxocobalamin injection",
    labeler="Actavis",
    form=Form.HYDROXOCOBALAMIN,
    fill_ul=30_000,
    preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
)
LONG_NAME = "Áŋŋe-Márjá Østby-Žigić Kjærstad-Ŧuovllahiid Ødegård Nilssen"
LONGEST = {
    "patient": LONG_NAME,
    "prescriber": LONG_NAME,
    "pharmacy": "Ŋuorjjovuona apotek og helsesenter Østre Ødegården avdeling",
    "address": "Øvre Kjærlighetsstien 112B, 9040 Nordkjosbotn i Balsfjord",
    "indication": "perniciøs anemi og nevropati ved vitamin B12-mangel",
    "directions": THREE_PHASES,
    "lot": "ABCDEFGH012345678901",
    "part": 2,
    "parts": 2,
    "product": a_product(
        name="Hydroksokobalamin Orifarm",
        labeler="Orifarm",
        form=Form.HYDROXOCOBALAMIN,
        fill_ul=30_000,
        preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
        temperature=Temperature.REFRIGERATOR,
    ),
}
LABELS = {
    "us-en-multi-dose-vial": a_package(),
    "us-en-ampoule": a_package(product=AMPOULE, gtin=None, lot="01052018@46"),
    "us-en-parabens-30-ml": a_package(
        product=PARABENS, directions=some_directions("2.5 mg", interval=Interval(Unit.DAY, 2, 3)), units=1
    ),
    "us-en-split-first": a_package(part=1, parts=2, units=1),
    "us-en-split-second": a_package(part=2, parts=2, units=3, lot="B07"),
    "us-nb-ampoule": a_package(language=Language.BOKMAAL, product=AMPOULE, gtin=None),
    "no-nb-ampoule": a_norwegian_package(),
    "us-en-copy": a_package(copy=2),
    "us-en-refrigerator": a_package(product=a_product(temperature=Temperature.REFRIGERATOR), gtin=None),
    "us-en-calendar": a_package(injections=tuple(date(2026, 11, 21) + timedelta(7 * week) for week in range(4))),
    "us-en-longest": a_package(**LONGEST),
    "no-nb-longest": a_norwegian_package(**LONGEST),
    "no-en-ampoule": a_norwegian_package(language=Language.ENGLISH),
}
