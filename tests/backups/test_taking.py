"""Backups taken while counters dispense, and what is not backed up."""

import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import select, text

from dispensary import database
from dispensary.backups import copying
from dispensary.backups.copying import DamagedDatabase
from dispensary.backups.manifest import Manifest
from dispensary.backups.proving import drill
from dispensary.backups.restoring import unpacked
from dispensary.database import NoPharmacy, OtherSchema
from dispensary.errors import Refused
from dispensary.schema.trust import audit_event
from tests.backups.backed_up import ask, listing, no_pause, taken
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, an_rx
from tests.faults.books import require_sound
from tests.faults.counter import UNITS_OF_A_PRESCRIPTION, Counter, Desk, looping
from tests.owning import past
from tests.refusing import refused

pytestmark = pytest.mark.usefixtures("tables_made_once")


def test_a_backup_while_two_counters_dispense_is_a_moment_of_the_chain(shop, url, here, monkeypatch):
    # Their socket stands in the folder for what is temporary, and its path must be short.
    monkeypatch.setattr("tempfile.tempdir", None)
    a_lot(shop, lot="HOT", units=1_000_000, expires="2036-06-30")
    prescriber = a_prescriber(shop)
    written = [
        [
            an_rx(
                shop,
                a_patient(shop, identifier=f"MRN-{name}-{number}"),
                prescriber,
                directions="1 mg IM daily",
                units=UNITS_OF_A_PRESCRIPTION,
                refills=0,
            )
            for number in range(12)
        ]
        for name in "ab"
    ]
    desk = Desk(url, shop.on, shop.by())
    # Keys of their own: the second counter begins where the first one cannot come to.
    first = Counter(looping, desk, 0, written[0] + written[1])
    second = Counter(looping, desk, 12 * UNITS_OF_A_PRESCRIPTION, written[0] + written[1])
    told: list[Manifest] = []
    acknowledged = 0
    try:
        for counter in (first, second):
            counter.said()
        for number in range(6):
            told.append(taken(shop, here / f"b{number}"))
            for counter in (first, second):
                # One that nobody listens to stops at some time.
                acknowledged += len(counter.said_before_its_end())
            time.sleep(0.1)
    finally:
        for counter in (first, second):
            counter.kill()
            counter.close()
    chain = shop.read(lambda db: dict(db.execute(select(audit_event.c.sequence, audit_event.c.hash)).all()))
    lengths = [each.chains[0].events for each in told]
    assert lengths == sorted(set(lengths)), "nobody dispensed meanwhile"
    for number, each in enumerate(told):
        assert chain[each.chains[0].events] == each.chains[0].head
        assert drill(here / f"b{number}", ask, no_pause).problems == ()
    print(f"{len(told)} backups at events {lengths}, {acknowledged} dispenses meanwhile")  # noqa: T201
    require_sound(shop)


def test_a_database_with_a_write_ahead_log_is_backed_up(sqlite_template, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    other = sqlite3.connect("x.db")
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("INSERT INTO site (name, origin) VALUES ('In the log', 'log')")
    other.commit()
    with pytest.MonkeyPatch.context() as patch:
        # This program's own pragma would end the log where SQLite is too old for one.
        patch.setattr(database, "_set_pragmas", lambda *_: None)
        engine = database.open_engine(database.parse_url("x.db"), no_pause)
        told = taken(Shop(engine, NOW), here / "b")
        engine.dispose()
    other.close()
    assert told.rows["site"] == 2
    with unpacked(here / "b", ask) as backup:
        assert backup.database.read_bytes()[18:20] == b"\1\1"


def test_copying_that_is_always_begun_anew_ends_in_one_go(sqlite_template, here, monkeypatch):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    other = sqlite3.connect("x.db", isolation_level=None)
    monkeypatch.setattr(copying, "PAGES", 10)
    steps = []
    see = copying._Watch.see

    def write_and_see(self, status, remaining, total):
        steps.append(remaining)
        if remaining:
            other.execute("INSERT INTO site (name, origin) VALUES (?1, ?1)", (f"another-{len(steps)}",))
        see(self, status, remaining, total)

    monkeypatch.setattr(copying._Watch, "see", write_and_see)
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    told = taken(Shop(engine, NOW), here / "b")
    engine.dispose()
    assert steps[-1] == 0
    assert told.rows["site"] == len(steps)
    other.close()


def test_a_database_that_stays_locked_is_not_saved(sqlite_template, here, monkeypatch):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    monkeypatch.setattr(copying, "LOCKED", 3)
    watch = copying._Watch()
    for _ in range(2):
        watch.see(sqlite3.SQLITE_BUSY, 10, 10)
    refused(database.NotSaved, lambda: watch.see(sqlite3.SQLITE_BUSY, 10, 10))
    engine.dispose()


def test_a_damaged_database_makes_no_backup(sqlite_template, here):
    Path("x.db").write_bytes(sqlite_template.read_bytes())
    with sqlite3.connect("x.db") as db:
        db.execute("INSERT INTO pack (product_id, units) VALUES (77, 1)")
    db.close()
    engine = database.open_engine(database.parse_url("x.db"), no_pause)
    shop = Shop(engine, NOW)
    refusal = refused(DamagedDatabase, lambda: taken(shop, here / "b"))
    assert refusal.exit_status == 4
    damaged = bytearray(sqlite_template.read_bytes())
    for page in range(2, len(damaged) // 4096):
        damaged[page * 4096 : page * 4096 + 100] = bytes(100)
    Path("y.db").write_bytes(damaged)
    other = database.open_engine(database.parse_url("y.db"), no_pause)
    with pytest.raises(Refused):
        taken(Shop(other, NOW), here / "b")
    assert listing(here) == ["x.db", "y.db"]
    engine.dispose()
    other.dispose()


def test_what_is_no_pharmacy_or_newer_is_not_backed_up(shop, here):
    engine = database.open_engine(database.parse_url("none.db"), no_pause)
    refused(NoPharmacy, lambda: taken(Shop(engine, NOW), here / "b"))
    past(shop, lambda db: db.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(OtherSchema, match="newer program"):
        taken(shop, here / "b")
    assert listing(here) == []
