"""Rows of prescriptions that were changed past the program are found by what the audit chain tells of them."""

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from dispensary import database, ownership
from dispensary.reports.verify import movements_told, verify
from dispensary.reports.verify.guards import APPEND_ONLY
from dispensary.rules.life import Act
from dispensary.rules.people import Role
from dispensary.rules.scan import Pack
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.hand_over import HandOver, check_hand_over
from dispensary.services.prescribing.owe import Owe, owe
from dispensary.services.prescribing.prescription_act import Decided, act
from tests.build import NOW, Shop, a_lot, a_patient, a_prescriber, an_rx, dispensed
from tests.reports.planting import found, found_in, only, told_by

GTIN = "00305170031251"


@pytest.fixture(scope="module")
def busy(standing):
    """RX1: D1, three of four units, checked by kim, its fourth as D2, held and released; RX2: nothing, and noted."""
    shop = standing("prescribed")
    a_lot(shop, units=90)
    prescriber = a_prescriber(shop)
    first = an_rx(shop, a_patient(shop, conditions=("leber",)), prescriber, product="US-CY-ARG1")
    shop.do(add_user, NewUser(shop.key(), "kim", Role.PHARMACIST))
    second = replace(shop, user="kim")
    fill = dispensed(shop, first, units=3, overrides={"leber": "monitored: by the eye clinic"})
    second.do(check_hand_over, HandOver(shop.key(), fill.dispense, (Pack(GTIN, "A1", date(2027, 11, 30), "S1"),)))
    dispensed(shop, first, overrides={"leber": "monitored"})
    shop.do(act, Decided(shop.key(), first, Act.HOLD, "to be cleared"))
    second.do(act, Decided(shop.key(), first, Act.RELEASE, "cleared"))
    unmet = an_rx(shop, a_patient(shop, "MRN-2"), prescriber, units=99)
    shop.do(owe, Owe(shop.key(), unmet), practice=shop.practice)
    return shop


def sequence(shop, kind: str, which: str = "min") -> int:
    """The first event of the kind, or its last."""
    statement = text(f"SELECT {which}(sequence) FROM audit_event WHERE kind = :kind")
    return shop.read(lambda db: db.execute(statement, {"kind": kind}).scalar())


def test_a_busy_pharmacy_agrees_with_itself(busy):
    assert found(busy) == {}


FAULTS = {
    "more refills": (
        "UPDATE prescription SET refills = 99 WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of refills 2, and the record of 99",
    ),
    "other directions": (
        "UPDATE prescription SET directions = '5 mg IM daily' WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of directions 1 mg IM weekly, and the record of 5 mg IM daily",
    ),
    "no product": (
        "UPDATE prescription SET product_id = NULL WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of product US-CY-ARG1, and the record of nothing",
    ),
    "as written": (
        "UPDATE prescription SET as_written = {true} WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of as written False, and the record of True",
    ),
    "valid for longer": (
        "UPDATE prescription SET valid_until = '2030-01-01' WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of valid until 2027-11-20, and the record of 2030-01-01",
    ),
    "another patient": (
        "UPDATE prescription SET patient_id = (SELECT id FROM patient WHERE number = 2) WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of another patient than the record",
    ),
    "a lost prescription": (
        "DELETE FROM prescription WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add} tells of `rx add`, and no record does",
    ),
    "a prescription from nowhere": (
        "INSERT INTO prescription (site_id, number, request_id, patient_id, prescriber_id, form, directions, "
        "directions_as_written, quantity_units, refills, written, valid_until, indication) SELECT site_id, 3, 1, "
        "patient_id, prescriber_id, form, directions, directions, 9, 9, written, valid_until, '' "
        "FROM prescription WHERE number = 1",
        "prescriptions",
        "RX3: no event of request init tells of this prescription",
    ),
    "a lost hold": (
        "DELETE FROM prescription_act WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of `rx hold`, and no record does",
    ),
    "another act": (
        "UPDATE prescription_act SET act = 'release' WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of act rx hold, and the record of rx release; "
        "RX1: no event of request key-9 tells of this prescription act",
    ),
    "another reason": (
        "UPDATE prescription_act SET reason = 'forged' WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of another reason than the record",
    ),
    "another pharmacy": (
        "UPDATE prescription_act SET to_pharmacy = 'Mine' WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of to pharmacy nothing, and the record of Mine",
    ),
    "an act of another prescription": (
        "UPDATE prescription_act SET prescription_id = (SELECT id FROM prescription WHERE number = 2) "
        "WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of subject RX1, and the record of RX2",
    ),
    "an act of another person": (
        "UPDATE prescription_act SET by_id = (SELECT id FROM user_account WHERE name = 'kim') WHERE act = 'hold'",
        "acts",
        "RX1: event {rx hold} tells of by alex, and the record of kim",
    ),
    "an act from nowhere": (
        "INSERT INTO prescription_act (prescription_id, request_id, act, reason, at, by_id) "
        "SELECT prescription_id, 1, 'cancel', '', at, by_id FROM prescription_act WHERE act = 'hold'",
        "acts",
        "RX1: no event of request init tells of this prescription act",
    ),
    "other doses": (
        "UPDATE dispense SET doses = 40 WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of doses 3, and the record of 40",
    ),
    "nothing owed": (
        "UPDATE dispense SET prescribed_units = 3 WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of prescribed units 4, and the record of 3",
    ),
    "another first injection": (
        "UPDATE dispense SET first_injection = '2026-11-01' WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of first injection 2026-11-21, and the record of 2026-11-01",
    ),
    "another next injection": (
        "UPDATE dispense SET next_injection = '2026-12-01' WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of next injection 2026-12-12, and the record of 2026-12-01",
    ),
    "a fill that completes itself": (
        "UPDATE dispense SET completes_id = id WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of completes nothing, and the record of D1; "
        "D1 completes D1, which did not begin that fill of its prescription before; "
        "D2 completes D1, which did not begin that fill of its prescription before",
    ),
    "a fill of another prescription": (
        "UPDATE dispense SET prescription_id = (SELECT id FROM prescription WHERE number = 2) WHERE number = 1",
        "fills",
        "D1: event {dispense} tells of rx RX1, and the record of RX2; "
        "D2 completes D1, which did not begin that fill of its prescription before",
    ),
    "a lost fill": (
        "DELETE FROM dispense WHERE number = 2",
        "fills",
        "D2: event {last} tells of `dispense`, and no record does",
    ),
    "a fill from nowhere": (
        "INSERT INTO dispense (site_id, number, request_id, prescription_id, product_id, fill, units, days_supply, "
        "first_injection, last_injection, next_injection, at, by_id) SELECT site_id, 3, 1, prescription_id, "
        "product_id, 3, 1, 7, first_injection, first_injection, next_injection, at, by_id "
        "FROM dispense WHERE number = 1",
        "fills",
        "D3: no event of request init tells of this dispense",
    ),
    "a lost finding": (
        "DELETE FROM finding WHERE code = 'leber' AND dispense_id = (SELECT id FROM dispense WHERE number = 1)",
        "fills",
        "D1: event {dispense} and the record differ in the finding leber",
    ),
    "another reason of a finding": (
        "UPDATE finding SET reason_code = 'travel' WHERE code = 'leber' "
        "AND dispense_id = (SELECT id FROM dispense WHERE number = 1)",
        "fills",
        "D1: event {dispense} and the record differ in the finding leber",
    ),
    "a finding from nowhere": (
        "INSERT INTO finding (dispense_id, code, severity, message) SELECT id, 'agreed', 'note', '' FROM dispense "
        "WHERE number = 1",
        "fills",
        "D1: event {dispense} and the record differ in the finding agreed",
    ),
    "less demand": (
        "UPDATE unmet_demand SET units = 87",
        "unmet",
        "RX2: event {rx owe} tells of units 99, and the record of 87",
    ),
    "lost demand": (
        "DELETE FROM unmet_demand",
        "unmet",
        "RX2: event {rx owe} tells of `rx owe`, and no record does",
    ),
    "demand from nowhere": (
        "INSERT INTO unmet_demand (prescription_id, request_id, product_id, units, usable_units, at, by_id) "
        "SELECT prescription_id, 1, product_id, 7, 0, at, by_id FROM unmet_demand",
        "unmet",
        "RX2: no event of request init tells of this unmet demand",
    ),
    "a lost check": (
        "DELETE FROM hand_over_check",
        "checks",
        "D1: event {rx check} tells of `rx check`, and no record does",
    ),
    "checked by the dispenser": (
        "UPDATE hand_over_check SET by_id = (SELECT by_id FROM dispense WHERE number = 1)",
        "checks",
        "D1: event {rx check} tells of by kim, and the record of alex; D1 was checked by alex, who dispensed it",
    ),
    "dispensed by the checker": (
        "UPDATE dispense SET by_id = (SELECT by_id FROM hand_over_check) WHERE number = 1",
        "checks",
        "D1: event {rx check} tells of dispensed by alex, and the record of kim; "
        "D1 was checked by kim, who dispensed it",
    ),
    "a check of another fill": (
        "UPDATE hand_over_check SET dispense_id = (SELECT id FROM dispense WHERE number = 2)",
        "checks",
        "D1: event {rx check} tells of subject D1, and the record of D2",
    ),
    "a check from nowhere": (
        "INSERT INTO hand_over_check (dispense_id, request_id, at, by_id) SELECT id, 1, at, "
        "(SELECT by_id FROM hand_over_check) FROM dispense WHERE number = 2",
        "checks",
        "D2: no event of request init tells of this hand over check",
    ),
    "a lost pack": (
        "DELETE FROM checked_pack",
        "checks",
        "D1: event {rx check} and the record differ in the pack 00305170031251",
    ),
    "a serial that is used up": (
        "UPDATE checked_pack SET serial = 'S9'",
        "checks",
        "D1: event {rx check} and the record differ in the pack 00305170031251",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_changed_row_is_found(busy, name):
    statement, check, detail = FAULTS[name]
    kinds = ("rx add", "rx hold", "rx owe", "rx check", "dispense")
    here = {kind: sequence(busy, kind) for kind in kinds}
    here |= {"last": sequence(busy, "dispense", "max"), "true": "1" if on_sqlite(busy) else "true"}
    assert told_by(busy, check, statement.format_map(here)) == detail.format_map(here)


OLD = Path(__file__).parent.parent / "golden" / "schemas" / "0001.sql"


def test_rows_of_the_first_schema_are_compared_too(quick_disk, tmp_path):
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as db:
        db.executescript(OLD.read_text("utf-8"))
    db.close()
    old = Shop(database.open_engine(database.parse_url(str(file)), pause=lambda: None), NOW)
    ownership.upgrade(old.engine)
    assert found(old) == {}
    for statement, check, said in (
        ("UPDATE dispense SET doses = 40", "fills", "doses nothing, and the record of 40"),
        ("UPDATE dispense SET prescribed_units = 90", "fills", "prescribed units nothing, and the record of 90"),
        ("UPDATE prescription SET as_written = 1", "prescriptions", "as written False, and the record of True"),
        ("UPDATE prescription SET refills = 99", "prescriptions", "refills 2, and the record of 99"),
        ("UPDATE finding SET reason_code = 'travel'", "fills", "and the record differ in the finding leber"),
    ):
        assert said in told_by(old, check, statement)
    old.engine.dispose()


def test_a_difference_in_a_later_batch_is_found(busy, monkeypatch):
    monkeypatch.setattr(movements_told, "_EVENTS", movements_told._EVENTS.limit(1))
    assert found(busy) == {}
    assert told_by(busy, "fills", "UPDATE dispense SET doses = 40 WHERE number = 2").startswith("D2: event ")


def on_sqlite(shop) -> bool:
    return shop.engine.dialect.name == "sqlite"


def triggers(shop) -> list[tuple[str, str]]:
    where = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if on_sqlite(shop)
        else "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    )
    return sorted(tuple(row) for row in shop.read(lambda db: db.execute(text(where)).all()))


def test_every_trigger_of_the_migrations_is_missed_when_it_is_gone(shop):
    there = triggers(shop)
    assert {table for _, table in there} == {table.name for table in APPEND_ONLY}
    for name, table in there:
        with shop.engine.connect() as db:
            transaction = db.begin()
            if on_sqlite(shop):
                db.execute(text(f"DROP TRIGGER {name}"))
            else:
                application = db.execute(text("SELECT current_user")).scalar_one()
                db.execute(text("SET LOCAL ROLE NONE"))
                db.execute(text(f"DROP TRIGGER {name} ON {table}"))
                db.execute(text(f"SET LOCAL ROLE {application}"))
            wrong = found_in(db) if name == there[0][0] else {"append-only": only(db, "append-only").detail}
            transaction.rollback()
        said = f"{table} can be changed, since its trigger {name} is not there as it was made"
        assert wrong == {"append-only": said}
    assert found(shop) == {}


IDLE = {
    "sqlite": [
        [
            "DROP TRIGGER finding_no_update",
            "CREATE TRIGGER finding_no_update BEFORE UPDATE ON finding WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
        ]
    ],
    "postgresql": [
        ["ALTER TABLE finding DISABLE TRIGGER finding_append_only"],
        ["CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"],
    ],
}


def test_a_trigger_that_guards_nothing_is_found(shop):
    for statements in IDLE[shop.engine.dialect.name]:
        with shop.engine.connect() as db:
            transaction = db.begin()
            if not on_sqlite(shop):
                db.execute(text("SET LOCAL ROLE NONE"))
            for statement in statements:
                db.execute(text(statement))
            assert [check.name for check in verify(db).checks if not check.ok] == ["append-only"]
            transaction.rollback()
