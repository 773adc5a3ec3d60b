"""Places by their kind, where a pharmacy has several of one."""

import pytest
from sqlalchemy import select, update

from dispensary import places
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.stock_act import PatientsHadThem
from dispensary.schema.stock import place
from dispensary.services.stock.move import Move, move
from dispensary.services.storage.place import NewPlace, add_place
from tests.build import a_lot, an_rx, dispensed, returned, units_at
from tests.faults.books import require_sound
from tests.owning import past
from tests.refusing import nothing_written

STOCKED = [kind for kind in PlaceKind if kind.stocked]


def another(shop, kind, code):
    shop.do(add_place, NewPlace(shop.key(), code, kind, Temperature.ROOM, dark=True))


def first_of(shop, kind):
    found = shop.read(lambda db: places.place_of_kind(db, shop.by().site_id, kind))
    return shop.read(lambda db: db.execute(select(place.c.code).where(place.c.id == found.id)).scalar_one())


@pytest.mark.parametrize("kind", STOCKED)
def test_of_several_places_of_a_kind_the_first_is_meant(shop, kind):
    another(shop, kind, "another")
    # A row that is written anew comes last where nobody asks for an order.
    past(shop, lambda db: db.execute(update(place).where(place.c.code == kind.value).values(dark=False)))
    assert first_of(shop, kind) == kind.value


def test_what_comes_back_goes_to_the_first_place_for_it_and_on_to_another(shop):
    another(shop, PlaceKind.RETURNED, "attic")
    a_lot(shop, units=4)
    dispensed(shop, an_rx(shop))
    assert [line.place for line in returned(shop, "D1").lines] == ["returned"]
    assert shop.do(move, Move(shop.key(), "A1", "returned", "attic", 3)).units == 3
    nothing_written(shop, PatientsHadThem, lambda: shop.do(move, Move(shop.key(), "A1", "attic", "shelf")))
    assert shop.do(move, Move(shop.key(), "A1", "attic", "returned", 1)).units == 1
    assert (units_at(shop, "A1", "returned"), units_at(shop, "A1", "attic")) == (2, 2)
    require_sound(shop)
