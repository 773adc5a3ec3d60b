"""The label of a batch, read from its record."""

from datetime import date

import pytest

from dispensary.labelling.kinds.batch import BatchFacts
from dispensary.lookup import NotFound, product_by_code
from dispensary.reports.labels.batch import batch_facts
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Country, Language, Role
from dispensary.rules.product import Preservatives
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot
from tests.refusing import refused
from tests.reports.labels.at_corner import facts_of
from tests.services.test_repack import house_products, made, of_powder


@pytest.fixture
def house(shop):
    """alex and sam are pharmacists; 10 units of lot A1 stand on the shelf, with benzyl alcohol."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    a_lot(shop, units=10)
    return shop


def test_a_batch_label_has_what_the_record_has(house):
    made(house, made=4)
    found = facts_of(house, batch_facts, "b1")
    assert found == BatchFacts(
        country=Country.US,
        language=Language.ENGLISH,
        pharmacy="Corner Pharmacy",
        address="1 Main Street",
        phone="555-0100",
        batch="B1",
        product=found.product,
        lot="H1",
        units=4,
        made_at=house.on,
        use_by=date(2026, 11, 30),
        made_by="alex",
        checked_by="sam",
        ingredients=(("Cyanocobalamin injection (US-CY-ARG1)", "A1"),),
    )
    text = found.said()
    assert text.symbol.text == "B1|2026-11-30|H1"
    assert text.route == "To inject into a muscle."


def test_the_preservative_is_that_of_the_batch_and_not_of_the_formulary(house):
    made(house, "HS-BR1")
    _, product = house.read(product_by_code, "HS-BR1")
    assert product.preservatives == Preservatives.parse("per batch record")
    text = facts_of(house, batch_facts, "B1").said()
    assert text.preservative == "Preservative: benzyl alcohol 15 mg/mL."


def test_what_is_not_stock_is_named_with_its_lot_too(house):
    of_powder(house)
    text = facts_of(house, batch_facts, "B1").said()
    assert text.ingredients == "Made of: Cyanocobalamin USP lot P1; Sodium chloride 0.9% lot N1."
    assert text.preservative == "No preservative."


def test_a_batch_that_is_not_there(house):
    refused(NotFound, lambda: facts_of(house, batch_facts, "B2"))
    refused(NotANumber, lambda: facts_of(house, batch_facts, "H1"))
