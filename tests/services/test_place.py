import pytest
from sqlalchemy import select

from dispensary.places import place_by_code
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.schema import trust
from dispensary.services.storage.place import (
    KeepsNoStock,
    NewPlace,
    NotAPlaceCode,
    PlaceAdded,
    PlaceKnown,
    add_place,
    parse_class,
    parse_kind,
)
from tests.build import a_lot, units_at
from tests.refusing import everything, nothing_written, refused


def added(shop, code="cupboard-2", kind="shelf", temperature="<=25", dark=False, key=None):
    return shop.do(add_place, NewPlace(key or shop.key(), code, PlaceKind(kind), Temperature(temperature), dark))


def test_a_place_is_entered_with_how_it_keeps_stock(shop):
    done = added(shop, " Cupboard-2 ", key="k")
    assert done == PlaceAdded("cupboard-2", "k", PlaceKind.SHELF, Temperature.UP_TO_25, dark=False)
    assert shop.read(place_by_code, 1, "cupboard-2").stocked
    a_lot(shop, place="cupboard-2", product="NO-CY-TAK1", units=7)
    assert units_at(shop, "A1", "cupboard-2") == 7
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc()).offset(1)
    event = shop.read(lambda db: db.execute(newest).first())
    assert (event.kind, event.subject) == ("place add", "cupboard-2")
    assert '{"dark":false,"kind":"shelf","temperature":"<=25"}' in event.canonical
    assert shop.read(verify).ok


def test_the_same_key_enters_one_place(shop):
    first = added(shop, key="k")
    before = everything(shop)
    assert added(shop, key="k") == first
    assert everything(shop) == before
    nothing_written(shop, KeyReused, lambda: added(shop, dark=True, key="k"))


@pytest.mark.parametrize("code", ["", "-shelf", "two words", "skåp", "a" * 33, "a/b"])
def test_refuses_what_cannot_name_a_place(shop, code):
    nothing_written(shop, NotAPlaceCode, lambda: added(shop, code))


def test_refuses_a_place_that_is_known(shop):
    nothing_written(shop, PlaceKnown, lambda: added(shop, "Shelf"))


@pytest.mark.parametrize(
    ("kind", "temperature"), [("waste", "20-25"), ("opened", "2-8"), ("shelf", "per batch record")]
)
def test_refuses_a_place_where_stock_cannot_stand(shop, kind, temperature):
    nothing_written(shop, KeepsNoStock, lambda: added(shop, kind=kind, temperature=temperature))


def test_a_word_that_is_no_kind_or_class_is_answered_with_those_that_a_place_may_have():
    assert (parse_kind(" Shelf "), parse_class("<=25")) == (PlaceKind.SHELF, Temperature.UP_TO_25)
    refused(KeepsNoStock, lambda: parse_kind("fridge"))
    refused(KeepsNoStock, lambda: parse_class("5"))
