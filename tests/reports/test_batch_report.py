from datetime import date

import pytest

from dispensary.lookup import NotFound
from dispensary.reports.compounding.batch import BatchRecord, batch_record
from dispensary.reports.stock.trace import MadeFrom
from dispensary.rules.beyond_use import Category, Stability, Start
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.product import Container, Form, Route, Temperature
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot
from tests.refusing import refused
from tests.services.test_repack import house_products, made


@pytest.fixture
def house(shop):
    """B1: 4 of 5 units of HS-BA1 out of lot A1."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    a_lot(shop, units=10)
    made(shop, made=4, stability=Stability(3, "a letter"))
    return shop


def test_the_record_says_who_what_of_what_and_until_when(house):
    found = house.read(batch_record, 1, "b1", house.on)
    assert found == BatchRecord(
        batch="B1",
        product="HS-BA1",
        name="HS-BA1 cyanocobalamin",
        form=Form.CYANOCOBALAMIN,
        strength_mcg_per_ml=1000,
        container=Container.MULTI_DOSE_VIAL,
        fill_ml=1,
        preservative="benzyl alcohol 15 mg/mL",
        temperature=Temperature.REFRIGERATOR,
        protect_from_light=True,
        routes=(Route.IM,),
        lot="H1",
        made_at=house.on,
        made_by="alex",
        checked_by="sam",
        category=Category.TWO,
        start=Start.STERILE,
        stability_days=3,
        stability_source="a letter",
        expires=date(2026, 11, 23),
        limited_by="stability data: 3 days (a letter)",
        units=4,
        expected_units=5,
        yield_="80%",
        ingredients=(
            MadeFrom(
                "B1", "Cyanocobalamin injection (US-CY-ARG1)", "US-CY-ARG1", "A1", date(2027, 11, 30), 5, "5 x 1 mL"
            ),
        ),
        calculation=(
            "Cyanocobalamin injection (US-CY-ARG1) lot A1: 5 x 1 mL at 1,000 mcg/mL = 5 mL with 5 mg",
            "Mixture: 5 mg in 5 mL: 1,000 mcg/mL",
            "It holds benzyl alcohol 15 mg/mL.",
            "5 mL in units of 1 mL: 5 expected, 0 mL left over",
            "4 of 5 units made: yield 80%, 1 mL wasted",
            "category 2, sterile start, refrigerated: 10 days (USP <797>, 2023): through 2026-11-30",
            "stability data: 3 days (a letter): through 2026-11-23",
            "expiry of Cyanocobalamin injection (US-CY-ARG1) lot A1: through 2027-11-30",
        ),
    )
    assert found.made_at.tzinfo is house.on.tzinfo


def test_the_record_says_what_preserves_this_batch_where_the_product_does_not(house):
    made(house, "HS-BR1")
    found = house.read(batch_record, 1, "B2", house.on)
    assert (found.product, found.preservative) == ("HS-BR1", "benzyl alcohol 15 mg/mL")


def test_a_batch_that_is_not_there_or_of_another_site(house):
    refused(NotFound, lambda: house.read(batch_record, 1, "B2", house.on))
    refused(NotFound, lambda: house.read(batch_record, 2, "B1", house.on))
    refused(NotANumber, lambda: house.read(batch_record, 1, "H1", house.on))
