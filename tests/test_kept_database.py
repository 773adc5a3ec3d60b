"""The database that the tests on PostgreSQL have after each other is each time as the template is."""

from collections.abc import Iterator

import pytest

from dispensary import database
from tests.build import NOW, Shop, a_lot, admin, an_rx
from tests.kept_database import Kept, content_of
from tests.owning import past


@pytest.fixture
def kept(postgres_server) -> Iterator[Kept]:
    kept = Kept(postgres_server, "kept_here", "template")
    yield kept
    kept.dropped()


def held(kept: Kept) -> object:
    with kept.connected() as db:
        return content_of(db)


def number(kept: Kept) -> int:
    with kept.connected() as db:
        return db.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()[0]


def test_what_a_pharmacy_did_is_taken_back_and_the_database_stays(kept):
    engine = database.open_engine(database.parse_url(kept.fresh()), pause=lambda: None)
    before, first = held(kept), number(kept)
    shop = Shop(engine, NOW)
    a_lot(shop)
    an_rx(shop)
    past(shop, lambda db: db.exec_driver_sql("DELETE FROM balance"))
    assert held(kept) != before
    kept.fresh()
    assert (held(kept), number(kept)) == (before, first)
    # Its numbers begin anew, and nobody is connected.
    with pytest.raises(database.NotSaved):
        a_lot(shop)
    a_lot(shop)
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER movement_append_only ON movement",
        "ALTER TABLE movement DISABLE TRIGGER ALL",
        "ALTER TABLE site ADD COLUMN more integer",
        "ALTER TABLE site ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE balance DROP CONSTRAINT {constraint}",
        "CREATE TABLE more (number integer)",
        "CREATE SCHEMA more",
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP TABLE movement CASCADE",
        "ALTER DATABASE kept_here SET timezone = 'Asia/Tokyo'",
    ],
)
def test_where_more_than_rows_was_changed_it_is_made_anew(kept, change):
    kept.fresh()
    before, first = held(kept), number(kept)
    with kept.connected() as db:
        of_balance = "SELECT conname FROM pg_constraint WHERE conrelid = 'balance'::regclass LIMIT 1"
        db.execute(change.format(constraint=db.execute(of_balance).fetchone()[0]))
    assert held(kept) != before
    kept.fresh()
    assert held(kept) == before
    assert number(kept) != first


def test_where_it_was_taken_away_it_is_made_anew(kept, postgres_server):
    kept.fresh()
    before = held(kept)
    admin(postgres_server, "DROP DATABASE kept_here")
    kept.fresh()
    assert held(kept) == before
