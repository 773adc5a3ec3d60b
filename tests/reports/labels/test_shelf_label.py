"""The shelf label of a product, read from the formulary."""

import pytest

from dispensary.labelling.kinds.shelf import ShelfFacts
from dispensary.lookup import NotFound, product_by_code
from dispensary.reports.labels.shelf import shelf_facts
from dispensary.rules.people import Country, Language
from tests.refusing import refused
from tests.reports.labels.at_corner import CORNER


def shelf_of(shop, code):
    return shop.read(shelf_facts, code, pharmacy=CORNER)


def test_a_shelf_label_has_what_the_formulary_has(shop):
    _, product = shop.read(product_by_code, "US-CY-VIT30")
    assert shelf_of(shop, "us-cy-vit30") == ShelfFacts(
        country=Country.US, language=Language.ENGLISH, product=product, gtin="00369680121307"
    )


@pytest.mark.parametrize("code", ["US-CY-ARG1", "US-CY-DOD10"])
def test_the_gtin_of_a_carton_or_none_at_all_does_not_stand_on_the_shelf(shop, code):
    found = shelf_of(shop, code)
    assert found.gtin is None
    assert found.said().symbol.text == code


def test_what_the_pharmacy_makes_itself_carries_its_name(shop):
    assert shelf_of(shop, "US-ME-CMP10").said().labeler == "Manufacturer: Corner Pharmacy."


def test_a_product_that_is_not_there(shop):
    refused(NotFound, lambda: shelf_of(shop, "US-XX"))
