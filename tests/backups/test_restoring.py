"""The way back, from either engine to either."""

import os
import sqlite3
import stat
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from dispensary import database, ownership
from dispensary.backups.manifest import Manifest
from dispensary.backups.proving import drill
from dispensary.backups.restoring import NotTaken
from dispensary.database import OtherSchema
from dispensary.exports.files import FileNotSaved
from tests.backups.backed_up import OLD, ask, content, listing, no_pause, restored, taken
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, admin, an_rx, dispensed, later, server_uri, units_at
from tests.faults.books import require_sound
from tests.owning import past
from tests.refusing import refused

pytestmark = pytest.mark.usefixtures("tables_made_once")


def test_everything_comes_back_on_either_engine_and_its_backup_is_the_same(busy, kept, elsewhere, here):
    told, file = kept
    proof = restored(file, elsewhere)
    assert (proof.ok, proof.verified, proof.problems, proof.chains) == (True, True, (), told.chains)
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    back = Shop(engine, NOW)
    assert content(back) == content(busy)
    if engine.dialect.name == "sqlite":
        assert stat.S_IMODE(Path(str(engine.url.database)).stat().st_mode) == 0o600
        assert listing(Path(str(engine.url.database)).parent) == ["pharmacy.db"]
    again = taken(back, here / "c")
    engine.dispose()
    assert (again.chains, again.rows, again.schema) == (told.chains, told.rows, told.schema)


def test_dispensing_goes_on_after_a_restore(shop, elsewhere, here):
    a_lot(shop, units=20)
    rx = an_rx(shop, a_patient(shop), a_prescriber(shop), units=4)
    before = dispensed(shop, rx, key="before")
    taken(shop, here / "b")
    assert restored(here / "b", elsewhere).ok
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    back = Shop(engine, shop.on, _keys=count(100))
    # What was asked before the backup is answered with the same words.
    assert dispensed(back, rx, key="before") == before
    a_lot(back, lot="B2", units=5)
    another = an_rx(back, a_patient(back, identifier="MRN-2"), a_prescriber(back, npi="1245319599"), units=3)
    assert dispensed(back, another).dispense == "D2"
    assert units_at(back, "A1") == 20 - 4 - 3
    with pytest.raises(exc.DBAPIError, match="append-only"):
        past(back, lambda db: db.execute(text("DELETE FROM movement")))
    require_sound(back)
    engine.dispose()


@pytest.fixture(scope="module")
def old(request, tmp_path_factory) -> tuple[str, Manifest, Path]:
    """A backup of a pharmacy of an old schema."""
    folder = tmp_path_factory.mktemp("old")
    db = sqlite3.connect(folder / "old.db")
    db.executescript(request.param.read_text("utf-8"))
    db.close()
    engine = database.open_engine(database.parse_url(str(folder / "old.db")), no_pause)
    told = taken(Shop(engine, NOW), folder / "b")
    engine.dispose()
    return request.param.stem, told, folder / "b"


of_each_schema = pytest.mark.parametrize("old", OLD, indirect=True, ids=lambda file: file.stem)


@of_each_schema
def test_a_backup_of_an_old_schema_is_verified_in_full_by_a_drill(old):
    schema, told, file = old
    assert told.schema == schema
    rehearsed = drill(file, ask, no_pause)
    assert (rehearsed.ok, rehearsed.verified, rehearsed.schema) == (True, True, schema)


@of_each_schema
def test_a_backup_of_an_old_schema_comes_back_as_it_is_and_is_upgraded(old, elsewhere, here):
    schema, told, file = old
    proof = restored(file, elsewhere)
    assert (proof.ok, proof.verified, proof.schema) == (True, False, schema)
    engine = database.open_engine(database.parse_url(elsewhere), no_pause)
    with pytest.raises(OtherSchema, match="dispensary upgrade"):
        database.check_schema(engine)
    # From this engine too, before its upgrade.
    assert taken(Shop(engine, NOW), here / "c").rows == told.rows
    ownership.upgrade(engine)
    # After the last of what the old pharmacies hold.
    back = later(Shop(engine, NOW, _keys=count(1000)), 60)
    require_sound(back)
    a_lot(back, lot="NEW", units=5)
    require_sound(back)
    engine.dispose()


def test_what_the_server_does_not_take_leaves_nothing_there(sqlite_template, postgres_server, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    admin(postgres_server, "CREATE DATABASE strict")
    uri = server_uri(postgres_server, "strict")
    try:
        for change, number in (("name = 'a' || char(0)", 1), ("disabled_at = 'yesterday'", 2)):
            with sqlite3.connect("x.db") as db:
                db.execute(f"UPDATE user_account SET {change}")
            db.close()
            taken(Shop(engine, NOW), here / f"b{number}")
            server = database.shown(database.parse_url(uri))
            refused(NotTaken, lambda: restored(here / f"b{number}", uri), folder=server)  # noqa: B023
        there = database.open_engine(database.parse_url(uri), no_pause)
        assert database.schema_of(there) is None
        there.dispose()
    finally:
        engine.dispose()
        admin(postgres_server, "DROP DATABASE strict WITH (FORCE)")


def test_a_restore_to_a_full_disk_leaves_nothing(saved, here, monkeypatch):

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(FileNotSaved, lambda: restored(saved, "sqlite:///new.db"))
    assert listing(here) == ["b"]


def test_without_links_the_database_gets_its_name_all_the_same(saved, here, monkeypatch):

    def none(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    assert restored(saved, "sqlite:///x.db").ok
    assert listing(here) == ["b", "x.db"]
