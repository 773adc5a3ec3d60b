"""Labels of people and fills that do not exist, to see what a design looks like before anybody has it printed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dispensary.labelling import Facts
from dispensary.labelling.kinds.bag import bag_of
from dispensary.labelling.kinds.batch import BatchFacts
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.labelling.kinds.leaflet import leaflet_of
from dispensary.labelling.kinds.shelf import ShelfFacts
from dispensary.labelling.kinds.vial import VialFacts
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.people import Country, Language
from dispensary.rules.product import Product
from dispensary.rules.schedule import injections, paces
from dispensary.shipped import formulary

_DAY = date(2026, 11, 21)
_OPENED = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("UTC"))
_EXPIRES = date(2027, 10, 31)
_DOSES = 10
_PHARMACIES = {
    Country.US: ("Harbor Pharmacy", "12 Quay Street, Sacramento CA 95814", "(916) 555-0100"),
    Country.NORWAY: ("Svaneapoteket", "Storgata 5, 9008 Tromsø", "77 60 00 00"),
}
_PEOPLE = {
    Country.US: ("Jane Sample", date(1961, 4, 3), "Ida Berg", "MD", "vitamin B12 deficiency"),
    Country.NORWAY: ("Ola Eksempel", date(1954, 11, 30), "Kari Prøve", "lege", "vitamin B12-mangel"),
}
_PRODUCTS = {Country.US: "US-CY-VIT30", Country.NORWAY: "NO-HY-TAK1"}
_LONG_DIRECTIONS = "1 mg IM daily for 7 days, then weekly for 4 weeks, then monthly for life"


def samples(kind: str, country: Country, language: Language) -> Iterator[tuple[str, tuple[Facts, ...]]]:
    """Labels of this kind by a short name, those of a fill together: the usual ones, and what is longer."""
    product = _product(_PRODUCTS[country])
    match kind:
        case "dispense":
            yield "usual", (_package(country, language, product),)
            yield "two-lots", tuple(_package(country, language, product, part=part) for part in (1, 2))
            yield "long", (_package(country, language, product, directions=_LONG_DIRECTIONS),)
        case "leaflet":
            yield "usual", (leaflet_of([_package(country, language, product)]),)
        case "bag":
            yield "usual", (bag_of([_package(country, language, product)]),)
        case "vial":
            yield "usual", (_vial(language, product, ""),)
            yield "dedicated", (_vial(language, product, _PEOPLE[country][0]),)
        case "shelf":
            for found in _products():
                if found.code.startswith(country.value.upper()):
                    yield found.code, (ShelfFacts(country, language, found.made_by(_PHARMACIES[country][0]), None),)
        case "batch":
            yield "usual", (_batch(country, language, product),)


def _products() -> tuple[Product, ...]:
    return tuple(row.product for row in read_rows(formulary().read_bytes(), formulary().name))


def _product(code: str) -> Product:
    return next(product for product in _products() if product.code == code)


def _package(
    country: Country, language: Language, product: Product, *, part: int = 0, directions: str = "1 mg IM weekly"
) -> DispenseFacts:
    pharmacy, address, phone = _PHARMACIES[country]
    patient, born, prescriber, profession, indication = _PEOPLE[country]
    read = parse(directions)
    days = tuple(each.on for each in islice(injections(read, _DAY, paces(read)[0]), _DOSES))
    return DispenseFacts(
        country=country,
        language=language,
        pharmacy=pharmacy,
        address=address,
        phone=phone,
        rx="RX1024",
        dispense="D2048",
        fill=2,
        dispensed_on=_DAY,
        patient=patient,
        born=born,
        prescriber=prescriber,
        profession=profession,
        product=product,
        units=1,
        directions=read,
        directions_as_written=directions,
        indication=indication,
        lot="A2611" if part < 2 else "B0703",
        expires=_EXPIRES,
        gtin=None,
        part=part or 1,
        parts=2 if part else 1,
        refills_left=3,
        dispensed_by="alex",
        checked_by="sam",
        # Each of two packages serves its half of the injections.
        injections=days[_DOSES // 2 * (part == 2) : _DOSES // 2 if part == 1 else _DOSES],
    )


def _vial(language: Language, product: Product, patient: str) -> VialFacts:
    return VialFacts(
        language=language,
        vial="V12",
        product=product,
        lot="A2611",
        volume_ul=product.fill_ul,
        opened_at=_OPENED,
        opened_by="alex",
        discard_at=_OPENED + timedelta(days=28),
        patient=patient,
    )


def _batch(country: Country, language: Language, product: Product) -> BatchFacts:
    pharmacy, address, phone = _PHARMACIES[country]
    return BatchFacts(
        country=country,
        language=language,
        pharmacy=pharmacy,
        address=address,
        phone=phone,
        batch="B7",
        product=product,
        lot="H7",
        units=48,
        made_at=_OPENED,
        use_by=_DAY + timedelta(days=10),
        made_by="alex",
        checked_by="sam",
        ingredients=((product.name, "A2611"), ("Sodium chloride 0.9%", "N1")),
    )
