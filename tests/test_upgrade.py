"""A database of each earlier schema, written by the program of that time, goes on in this one."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from dispensary import database, ownership
from dispensary.cli.context import settings_of
from dispensary.cli.init import PLACEHOLDERS
from dispensary.database import OtherSchema
from dispensary.reports.labels.dispense import dispense_facts
from dispensary.reports.people.records import patients
from dispensary.reports.prescribing.prescription import show_prescription
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.clock import ClockBehind
from dispensary.rules.people import Condition, Language
from dispensary.rules.refills import Left
from dispensary.schema import prescribing, stock, trust
from dispensary.schema.whole import metadata
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.register import NewPatient, add_patient
from tests.build import NOW, Shop, a_lot, an_rx, dispensed, later, picks, returned, the_rx
from tests.refusing import refused

OLD = sorted((Path(__file__).parent / "golden" / "schemas").glob("*.sql"))
KEPT = ("movement", "balance", "lot", "patient", "prescription", "dispense", "finding", "audit_event", "request")


@pytest.fixture(params=OLD, ids=lambda file: file.stem)
def old(request, tmp_path: Path) -> Iterator[Shop]:
    """A pharmacy as the earlier program left it: three prescriptions, four fills, a part that came back."""
    file = tmp_path / "old.db"
    db = sqlite3.connect(file)
    db.executescript(request.param.read_text("utf-8"))
    db.close()
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    yield Shop(engine, NOW, _keys=count(1000))
    engine.dispose()


def counts(shop: Shop) -> dict[str, object]:
    return shop.read(
        lambda db: (
            {name: db.execute(select(func.count()).select_from(metadata.tables[name])).scalar() for name in KEPT}
            | {
                "units": db.execute(select(func.sum(stock.balance.c.units))).scalar(),
                "moved": db.execute(select(func.sum(stock.movement.c.units))).scalar(),
                "head": db.execute(
                    select(trust.head.c.sequence, trust.head.c.hash).order_by(trust.head.c.site_id)
                ).all(),
            }
        )
    )


def test_an_old_database_is_refused_until_it_is_upgraded(old):
    refused(OtherSchema, lambda: database.check_schema(old.engine), folder=Path(str(old.engine.url.database)).parent)


def test_nothing_is_lost_and_the_schema_is_that_of_a_fresh_one(old, sqlite_template):
    before = counts(old)
    ownership.upgrade(old.engine)
    assert counts(old) == before
    assert old.read(verify).ok
    fresh = database.open_engine(database.parse_url(str(sqlite_template)), pause=lambda: None)
    shapes = []
    for engine in (old.engine, fresh):
        seen = inspect(engine)
        with engine.connect() as db:
            triggers = sorted(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
        tables = {name: [column["name"] for column in seen.get_columns(name)] for name in seen.get_table_names()}
        shapes.append((tables, triggers))
    assert shapes[0] == shapes[1]
    fresh.dispose()


def test_the_latest_moment_of_each_chain_is_known(old):
    ownership.upgrade(old.engine)
    marks = old.read(lambda db: dict(db.execute(select(trust.head.c.site_id, trust.head.c.at)).all()))
    latest = select(trust.audit_event.c.site_id, func.max(trust.audit_event.c.at)).group_by(trust.audit_event.c.site_id)
    assert marks == old.read(lambda db: dict(db.execute(latest).all()))
    assert marks[1] >= later(old, 28).on
    refused(ClockBehind, lambda: a_lot(later(old, 10), lot="T79"))


def test_what_a_lot_cost_is_known(old):
    ownership.upgrade(old.engine)
    found = old.read(lambda db: dict(db.execute(select(stock.lot.c.number, stock.lot.c.unit_cost_micros)).all()))
    # The last price of A1; T77 came without one.
    assert found == {"A1": 4_000_000, "T77": None}


def test_old_fills_read_as_they_were(old):
    ownership.upgrade(old.engine)
    first = old.read(show_prescription, 1, "RX1", practice=old.practice, on=old.on).shown
    assert [(fill.dispense, fill.units, fill.prescribed_units, fill.next_injection) for fill in first.fills] == [
        ("D1", 4, 4, date(2026, 12, 19)),
        ("D4", 4, 4, date(2027, 1, 16)),
    ]
    assert [(found.code, found.reason) for found in first.fills[0].findings] == [("leber", "seen by the eye clinic")]
    assert (the_rx(old, "RX1").standing.left, the_rx(old, "RX3").standing.left) == (Left(1, 1, 4), Left(1, 0, 1))
    assert the_rx(old, "RX1").patient.history.conditions == {Condition.LEBER, Condition.PREGNANCY}
    # Seven ampoules were handed over, every second day, and two came back.
    assert the_rx(old, "RX2").standing.next_injection == date(2026, 12, 1)


def test_work_goes_on(old):
    ownership.upgrade(old.engine)
    after = later(old, 60)
    assert dispensed(after, "RX1", overrides={"leber": "monitored"}).refills_left == 0
    a_lot(after, "NO-CY-TAK1", "T78", units=9, cost=1_000_000)
    assert picks(dispensed(after, "RX2")) == [("T77", 2), ("T78", 5)]
    returned(after, "D4")
    assert old.read(verify).ok
    assert old.read(lambda db: db.execute(select(func.count()).select_from(prescribing.dispense)).scalar()) == 6


def test_old_receipts_still_make_labels(old):
    ownership.upgrade(old.engine)
    corner = settings_of(PLACEHOLDERS).pharmacy
    facts = old.read(lambda db: dispense_facts(db, "D1", pharmacy=corner, on=old.on, by=old.by())).labels
    assert [(each.lot, each.units, each.refills_left) for each in facts] == [("T77", 4, 2)]


def test_what_was_asked_before_the_upgrade_is_answered_after_it(old):
    """The content of a request has the hash that the earlier program gave it."""
    ownership.upgrade(old.engine)
    before = counts(old)
    after = later(old, 400)
    again = dispensed(after, "RX1", key="old-1", overrides={"leber": "seen by the eye clinic"})
    assert (again.dispense, again.units, again.owed) == ("D1", 4, 0)
    assert dispensed(after, "RX3", key="old-3", units=3).dispense == "D3"
    assert counts(old) == before


def test_what_held_a_persons_data_is_answered_by_its_plain_hash(old):
    """Such a request is sealed by the patient's key since; those of before go on."""
    ownership.upgrade(old.engine)
    before = counts(old)
    none = frozenset()
    eve = NewPatient("key-7", "MRN-3", "Eve Example", date(1978, 2, 14), Language.ENGLISH, none, none)
    assert old.do(add_patient, eve, audit_key=b"another").patient == "P3"
    assert an_rx(replace(old, _keys=count(8)), "P1", "PR1") == "RX1"
    refused(KeyReused, lambda: old.do(add_patient, replace(eve, name="Eva Example"), audit_key=b"another"))
    assert counts(old) == before


def test_a_patient_of_an_earlier_release_is_erased(old):
    ownership.upgrade(old.engine)
    after = old.at(old.on.replace(year=old.on.year + 11))
    for number in ("P1", "P2", "P3"):
        after.do(erase, Erasure(after.key(), number, "asked for it"), practice=after.practice)
    assert after.read(verify).ok
    assert {row.name for row in after.read(patients, 1, zone=after.on.tzinfo).shown[:3]} == {"(erased)"}
