from datetime import UTC

from sqlalchemy import select

from dispensary import audit, database, ownership
from dispensary.reports.verify import verify
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.schema import people, stock, trust
from dispensary.services.catalogue.open_pharmacy import is_open
from tests.build import NOW, Shop


def test_a_new_pharmacy_has_a_place_of_each_kind(shop):
    places = shop.read(lambda db: db.execute(select(stock.place.c.code, stock.place.c.kind)).all())
    assert {row.kind for row in places} == set(PlaceKind)
    assert all(row.code == row.kind for row in places)


def test_the_first_user_is_a_pharmacist(shop):
    users = shop.read(lambda db: db.execute(select(people.user.c.name, people.user.c.role)).all())
    assert users == [("alex", Role.PHARMACIST)]
    assert shop.by().name == "alex"


def test_the_chain_begins_with_the_opening_and_the_formulary(shop):
    events = shop.read(lambda db: db.execute(select(trust.audit_event).order_by("sequence")).all())
    assert [(event.sequence, event.kind, event.actor) for event in events] == [
        (1, "init", "alex"),
        (2, "product import", "alex"),
    ]
    assert f"64:{audit.START}," in events[0].canonical
    assert "11:test-origin," in events[0].canonical
    assert events[0].at == NOW.astimezone(UTC)


def test_nothing_is_numbered_yet_and_the_books_are_sound(shop):
    head = shop.read(lambda db: db.execute(select(trust.head)).one())
    assert {number for name, number in head._mapping.items() if name not in ("site_id", "sequence", "hash", "at")} == {
        0
    }
    assert head.at == NOW
    assert shop.read(verify).ok


def test_an_empty_database_is_not_open(url, tmp_path):
    shop = Shop(database.open_engine(database.parse_url(url), pause=lambda: None), NOW)
    assert shop.read(is_open)
    shop.engine.dispose()
    empty = database.open_engine(database.parse_url(str(tmp_path / "empty.db")), pause=lambda: None)
    ownership.upgrade(empty)
    assert not Shop(empty, NOW).read(is_open)
    empty.dispose()
