import pytest
from sqlalchemy import select

from dispensary import lookup
from dispensary.lookup import NotFound
from dispensary.reports.people.records import show_product
from dispensary.request import KeyReused, again
from dispensary.rules.access import NotAllowed
from dispensary.rules.formulary import COLUMNS, read_rows
from dispensary.rules.people import Role
from dispensary.schema import catalogue, trust
from dispensary.services.catalogue.formulary import (
    Changed,
    Import,
    NeverKept,
    NewPack,
    NothingToEdit,
    PackKnown,
    ProductEdit,
    ProductEdited,
    ProductKnown,
    add_pack,
    edit_product,
    import_products,
)
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import FORMULARY, a_lot
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
    [(add_pack, NewPack("k", "NOPE", "00305170031015", 1)), (edit_product, ProductEdit("k", "NOPE", 10))],
)
def test_refuses_an_unknown_product(shop, service, order):
    nothing_written(shop, NotFound, lambda: shop.do(service, order))


def test_a_minimum_is_set_and_the_old_one_recorded(shop):
    first = shop.do(edit_product, ProductEdit("a", "us-cy-arg1", 10))
    assert first == ProductEdited("US-CY-ARG1", 10, changed=(Changed("minimum_units", None, 10),), key="a")
    second = ProductEdit("b", "US-CY-ARG1", 25)
    done = shop.do(edit_product, second)
    assert (done.minimum_units, done.changed) == (25, (Changed("minimum_units", 10, 25),))
    assert '{"minimum_units":{"new":25,"old":10}}' in last_event(shop).canonical
    before = everything(shop)
    assert shop.do(edit_product, second) == done
    assert everything(shop) == before


def test_the_limits_of_use_and_light_are_set_shown_and_taken_away(shop):
    done = shop.do(edit_product, ProductEdit("a", "US-CY-VIT30", 5, in_use_days=14, light_minutes=120))
    assert (done.minimum_units, done.in_use_days, done.light_limit_minutes) == (5, 14, 120)
    _, product = shop.read(lookup.product_by_code, "US-CY-VIT30")
    assert product.kept_days == 14
    shown = shop.read(show_product, "US-CY-VIT30")
    assert (shown.minimum_units, shown.in_use_days, shown.light_limit_minutes) == (5, 14, 120)
    away = shop.do(edit_product, ProductEdit("b", "US-CY-VIT30", in_use_days=0))
    assert away.changed == (Changed("in_use_days", 14, None),)
    assert (away.minimum_units, away.in_use_days, away.light_limit_minutes) == (5, None, 120)
    assert '{"in_use_days":{"new":null,"old":14}}' in last_event(shop).canonical
    _, product = shop.read(lookup.product_by_code, "US-CY-VIT30")
    assert product.kept_days == 28


def test_vials_that_were_opened_under_a_longer_limit_are_named(shop):
    a_lot(shop, product="US-CY-VIT30", lot="M1")
    a_lot(shop, product="US-CY-VIT30", lot="M2", expires="2026-11-30")
    for lot in ("M1", "M1", "M2"):
        shop.do(open_vial, Opening(shop.key(), lot=lot))
    shop.do(discard, Discard(shop.key(), "V2", "cloudy"))
    # V3 is to be used until its lot expires, in nine days and a half.
    assert shop.do(edit_product, ProductEdit("a", "US-CY-VIT30", in_use_days=14)).beyond == ("V1",)
    assert shop.do(edit_product, ProductEdit("b", "US-CY-VIT30", in_use_days=9)).beyond == ("V1", "V3")
    assert shop.do(edit_product, ProductEdit("b", "US-CY-VIT30", in_use_days=9)).beyond == ("V1", "V3")
    assert shop.do(edit_product, ProductEdit("c", "US-CY-VIT30", in_use_days=60)).beyond == ()
    shop.do(open_vial, Opening(shop.key(), lot="M1"))
    assert shop.do(edit_product, ProductEdit("d", "US-CY-VIT30", in_use_days=0)).beyond == ("V4",)
    assert shop.do(edit_product, ProductEdit("e", "US-CY-VIT30", 5)).beyond == ()


def test_what_is_never_kept_open_has_no_days_of_use(shop):
    nothing_written(shop, NeverKept, lambda: shop.do(edit_product, ProductEdit("a", "NO-CY-TAK1", in_use_days=3)))
    assert shop.do(edit_product, ProductEdit("a", "NO-CY-TAK1", in_use_days=0)).in_use_days is None


def test_refuses_an_edit_that_sets_nothing(shop):
    nothing_written(shop, NothingToEdit, lambda: shop.do(edit_product, ProductEdit("a", "US-CY-ARG1")))


def test_limits_of_use_are_a_pharmacists_and_a_minimum_is_anybodys(shop):
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    shop.user = "sam"
    for limits in ({"in_use_days": 14}, {"light_minutes": 60}, {"units": 5, "light_minutes": 60}):
        edit = ProductEdit("a", "US-CY-ARG1", **limits)
        nothing_written(shop, NotAllowed, lambda edit=edit: shop.do(edit_product, edit))
    assert shop.do(edit_product, ProductEdit("a", "US-CY-ARG1", 5)).minimum_units == 5


def test_a_receipt_of_an_earlier_release_is_still_read():
    earlier = '{"before":null,"minimum_units":10,"product":"US-CY-ARG1"}'
    assert again(earlier, ProductEdited) == ProductEdited("US-CY-ARG1", 10)
