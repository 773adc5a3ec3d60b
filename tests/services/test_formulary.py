import pytest
from sqlalchemy import select

from dispensary import lookup
from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.schema import catalogue, trust
from dispensary.services.formulary import (
    Import,
    MinimumSet,
    NewMinimum,
    NewPack,
    PackKnown,
    ProductKnown,
    add_pack,
    import_products,
    set_minimum,
)
from tests.build import FORMULARY
from tests.refusing import everything, nothing_written

HOUSE = {
    "code": "HOUSE-1",
    "name": "Cyanocobalamin injection",
    "labeler": "house",
    "form": "cyanocobalamin",
    "strength_mcg_per_ml": "1000",
    "container": "ampoule",
    "fill_ml": "0.5",
    "units_per_pack": "10",
    "preservatives": "none",
    "temperature": "2-8",
    "protect_from_light": "yes",
    "routes": "IM;subcut",
    "identifier_kind": "none",
    "identifier": "",
    "gtin": "00305170031015",
    "confidence": "own batch record",
}


def a_file(*changes):
    lines = [",".join(COLUMNS)]
    lines += [",".join({**HOUSE, **change}[column] for column in COLUMNS) for change in changes]
    return read_rows("\n".join(lines).encode(), "house.csv")


def imported(shop, *changes, key=None):
    return shop.do(import_products, Import(key or shop.key(), "house.csv", a_file(*changes)))


def packs(shop, code):
    query = (
        select(catalogue.pack.c.gtin, catalogue.pack.c.units)
        .join(catalogue.product, catalogue.product.c.id == catalogue.pack.c.product_id)
        .where(catalogue.product.c.code == code)
        .order_by(catalogue.pack.c.id)
    )
    return [tuple(row) for row in shop.read(lambda db: db.execute(query).all())]


def last_event(shop):
    query = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(query).first())


def test_the_starter_formulary_is_kept_as_the_file_says(shop):
    """Every fact of every row survives the way through the database, its confidence with it."""
    rows = read_rows(FORMULARY.read_bytes(), "formulary.csv")
    assert len(rows) == 14
    kept = shop.read(lookup.products)
    assert sorted(kept.values(), key=lambda product: product.code) == sorted(
        (row.product for row in rows), key=lambda product: product.code
    )
    for row in rows:
        expected = [] if row.units_per_pack is None else [(row.gtin, row.units_per_pack)]
        assert packs(shop, row.product.code) == expected


def test_imports_all_products_of_a_file(shop):
    assert imported(shop, {}, {"code": "HOUSE-2", "gtin": ""}).products == ("HOUSE-1", "HOUSE-2")
    _, product = shop.read(lookup.product_by_code, " house-1 ")
    assert (product.fill_ul, product.confidence) == (500, "own batch record")
    assert (packs(shop, "HOUSE-1"), packs(shop, "HOUSE-2")) == ([("00305170031015", 10)], [(None, 10)])
    assert (last_event(shop).kind, last_event(shop).subject) == ("product import", "house.csv")


def test_the_same_key_imports_once(shop):
    assert imported(shop, {}, key="k") == imported(shop, {}, key="k")


def test_refuses_a_key_that_came_with_another_file(shop):
    imported(shop, {}, key="k")
    nothing_written(shop, KeyReused, lambda: imported(shop, {"code": "HOUSE-2", "gtin": ""}, key="k"))


def test_refuses_to_import_twice(shop):
    imported(shop, {})
    nothing_written(shop, ProductKnown, lambda: imported(shop, {}))
    nothing_written(shop, ProductKnown, lambda: imported(shop, {"code": "NEW"}, {}, {"code": "US-CY-ARG1"}))


def test_refuses_a_gtin_that_another_product_has_and_enters_none_of_the_file(shop):
    nothing_written(
        shop, PackKnown, lambda: imported(shop, {"gtin": ""}, {"code": "HOUSE-2", "gtin": "00305170031251"})
    )


def test_refuses_one_gtin_for_two_products_of_a_file(shop):
    nothing_written(shop, PackKnown, lambda: imported(shop, {}, {"code": "HOUSE-2"}))


def test_a_pack_is_added_to_a_product(shop):
    added = shop.do(add_pack, NewPack("k", "us-cy-arg1", "00305170031015", 1))
    assert (added.product, added.gtin, added.units) == ("US-CY-ARG1", "00305170031015", 1)
    assert packs(shop, "US-CY-ARG1") == [("00305170031251", 25), ("00305170031015", 1)]
    assert (last_event(shop).kind, last_event(shop).subject) == ("product pack", "US-CY-ARG1")
    assert shop.do(add_pack, NewPack("k", "us-cy-arg1", "00305170031015", 1)) == added


def test_refuses_a_pack_that_is_known(shop):
    again = NewPack(shop.key(), "US-CY-FK1", "00305170031251", 1)
    nothing_written(shop, PackKnown, lambda: shop.do(add_pack, again))


@pytest.mark.parametrize(
    ("service", "order"),
    [(add_pack, NewPack("k", "NOPE", "00305170031015", 1)), (set_minimum, NewMinimum("k", "NOPE", 10))],
)
def test_refuses_an_unknown_product(shop, service, order):
    nothing_written(shop, NotFound, lambda: shop.do(service, order))


def test_a_minimum_is_set_and_the_old_one_recorded(shop):
    assert shop.do(set_minimum, NewMinimum("a", "US-CY-ARG1", 10)) == MinimumSet("US-CY-ARG1", 10, None)
    second = NewMinimum("b", "US-CY-ARG1", 25)
    assert shop.do(set_minimum, second) == MinimumSet("US-CY-ARG1", 25, 10)
    assert '{"minimum_units":{"new":25,"old":10}}' in last_event(shop).canonical
    before = everything(shop)
    assert shop.do(set_minimum, second) == MinimumSet("US-CY-ARG1", 25, 10)
    assert everything(shop) == before
