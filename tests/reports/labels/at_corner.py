"""The pharmacy whose labels the tests read, and how they read them."""

from typing import Any

from dispensary.rules.people import Country, Language, Pharmacy
from tests.build import Shop

CORNER = Pharmacy("Corner Pharmacy", "1 Main Street", "555-0100", Country.US, "America/New_York", Language.ENGLISH)


def facts_of(shop: Shop, reader: Any, number: str, pharmacy: Pharmacy = CORNER, **more: Any) -> Any:
    return shop.read(reader, number, pharmacy=pharmacy, on=shop.on, by=shop.by(), **more)
