"""Faults planted into the database, with its guards switched off, are each found by the check that looks for them."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from dispensary import audit, auditor, database
from dispensary.reports import chain
from dispensary.reports.verify import verify
from dispensary.services.catalogue.open_pharmacy import Opening, open_pharmacy
from dispensary.services.people.register import note_reading
from tests.build import NOW, Shop, a_lot, an_rx, dispensed, returned
from tests.reports.planting import found, placed, plant, told_by

LOT = "(SELECT id FROM lot WHERE number = '{}')"
A1 = LOT.format("A1")
B2 = LOT.format("B2")
SHELF = "(SELECT id FROM place WHERE site_id = 1 AND code = 'shelf')"
FILL = "(SELECT request_id FROM dispense WHERE number = 1)"
TAKEN = f"request_id = {FILL}"


def traded(shop: Shop) -> Shop:
    """Lot A1: 10 received, 4 dispensed as D1, 1 of them back as RT1; lot B2: 5 received."""
    a_lot(shop, lot="A1", expires="2027-11-30", units=10)
    a_lot(shop, lot="B2", expires="2028-02-29", units=5)
    fill = dispensed(shop, an_rx(shop, units=4))
    returned(shop, fill.dispense, units=1)
    return shop


@pytest.fixture
def busy(shop):
    """A pharmacy of the test's own."""
    return traded(shop)


@pytest.fixture(scope="module")
def shared(standing):
    """The same for the tests that leave it as it is."""
    return traded(standing("traded"))


def verdict(shop: Shop, **known) -> auditor.Verdict:
    def read(db):
        end = chain.head_of(db, 1)
        return auditor.check(chain.events(db, 1), claimed_head=(end.sequence, end.hash), **known)

    return shop.read(read)


def test_a_new_pharmacy_agrees_with_itself(shop):
    assert found(shop) == {}


def test_a_busy_pharmacy_agrees_with_itself(busy):
    checks = busy.read(verify).checks
    assert [check.name for check in checks if not check.ok] == []
    assert {check.name: check.detail for check in checks}["balances"] == "Every balance is the sum of its movements."


def test_patient_reading_and_a_refused_write_are_no_differences(busy):
    busy.do(lambda db, order, on, by: note_reading(db, [1], "patient show P1", on=on, by=by), None)
    with pytest.raises(database.Refused):
        a_lot(busy, lot="A1", expires="2027-12-31")
    assert found(busy) == {}


FAULTS = {
    "a changed balance": (
        [f"UPDATE balance SET units = units + 1 WHERE lot_id = {A1} AND place_id = {SHELF}"],
        {"balances": "lot A1 of US-CY-ARG1 at shelf: 6 units by the movements and 7 in the balance"},
    ),
    "a lost balance": (
        [f"DELETE FROM balance WHERE lot_id = {B2}"],
        {"balances": "lot B2 of US-CY-ARG1 at shelf: 5 units by the movements and no balance"},
    ),
    "a balance from nowhere": (
        [
            "INSERT INTO balance (lot_id, place_id, product_id, expires, units) SELECT lot.id, place.id, "
            "lot.product_id, lot.expires, 0 FROM lot, place WHERE lot.number = 'B2' AND place.code = 'refrigerator'"
        ],
        {"balances": "lot B2 of US-CY-ARG1 at refrigerator: 0 units by the movements and 0 in the balance"},
    ),
    "a lost movement": (
        [f"DELETE FROM movement WHERE {TAKEN}"],
        {
            "balances": "lot A1 of US-CY-ARG1 at shelf: 10 units by the movements and 6 in the balance",
            "dispenses": "D1 has 4 units, and its movements 0",
            "returns": "RT1 has 1 units, and its movements 0 and 1 that do not belong",
            "recorded": "D1: event 8 tells of 4 units of lot A1 of US-CY-ARG1 that expires on 2027-11-30, "
            "and 0 were moved",
        },
    ),
    "changed units": (
        [f"UPDATE movement SET units = 2 WHERE {TAKEN}"],
        {
            "balances": "lot A1 of US-CY-ARG1 at shelf: 8 units by the movements and 6 in the balance",
            "dispenses": "D1 has 4 units, and its movements 2",
            "recorded": "D1: event 8 tells of 4 units of lot A1 of US-CY-ARG1 that expires on 2027-11-30, "
            "and 2 were moved",
        },
    ),
    "changed units, with balance and dispense to match": (
        [
            f"UPDATE movement SET units = 2 WHERE {TAKEN}",
            f"UPDATE balance SET units = 8 WHERE lot_id = {A1} AND place_id = {SHELF}",
            "UPDATE dispense SET units = 2",
        ],
        {
            "recorded": "D1: event 8 tells of 4 units of lot A1 of US-CY-ARG1 that expires on 2027-11-30, "
            "and 2 were moved"
        },
    ),
    "another lot, with balances to match": (
        [
            f"UPDATE movement SET lot_id = {B2} WHERE {TAKEN}",
            f"UPDATE movement SET lot_id = {B2} WHERE reverses_id IS NOT NULL",
            f"UPDATE balance SET units = 10 WHERE lot_id = {A1} AND place_id = {SHELF}",
            f"UPDATE balance SET units = 1 WHERE lot_id = {B2}",
            "INSERT INTO balance (lot_id, place_id, product_id, expires, units) SELECT lot.id, place.id, "
            "lot.product_id, lot.expires, 1 FROM lot, place WHERE lot.number = 'B2' AND place.code = 'quarantine'",
            f"DELETE FROM balance WHERE place_id = (SELECT id FROM place WHERE code = 'quarantine') AND lot_id = {A1}",
        ],
        {
            "recorded": "D1: event 8 tells of 4 units of lot A1 of US-CY-ARG1 that expires on 2027-11-30, "
            "and 0 were moved; RT1: event 9 tells of 1 units of lot A1 of US-CY-ARG1 that expires on 2027-11-30, "
            "and 0 were moved"
        },
    ),
    "a moved expiry in the balance": (
        [f"UPDATE balance SET expires = '2029-12-31' WHERE lot_id = {B2}"],
        {"lots": "lot B2 expires on 2028-02-29, and its balance at shelf has 2029-12-31"},
    ),
    "another product in the balance": (
        [f"UPDATE balance SET product_id = product_id + 1 WHERE lot_id = {B2}"],
        {"lots": "lot B2 expires on 2028-02-29, and its balance at shelf has another product"},
    ),
    "a moved expiry in lot and balance": (
        [
            "UPDATE lot SET expires = '2029-12-31' WHERE number = 'B2'",
            f"UPDATE balance SET expires = '2029-12-31' WHERE lot_id = {B2}",
        ],
        {
            "recorded": "R2: event 4 tells of 5 units of lot B2 of US-CY-ARG1 that expires on 2028-02-29, "
            "and 0 were moved"
        },
    ),
    "more dispensed than was there": (
        [f"DELETE FROM movement WHERE lot_id = {A1} AND to_place_id = {SHELF}"],
        {
            "below zero": "lot A1 of US-CY-ARG1 at shelf: -4 units",
            "receipts": "R1 has 10 units of lot A1, and its movements 0",
        },
    ),
    "a changed delivery": (
        [f"UPDATE receipt_line SET units = 50 WHERE lot_id = {B2}"],
        {"receipts": "R2 has 50 units of lot B2, and its movements 5"},
    ),
    "a fill without a movement": (
        [
            "INSERT INTO dispense (site_id, number, request_id, prescription_id, product_id, fill, units, "
            "days_supply, first_injection, last_injection, next_injection, at, by_id) SELECT site_id, 2, 1, "
            "prescription_id, product_id, 2, 3, days_supply, first_injection, last_injection, next_injection, at, "
            "by_id FROM dispense",
            "UPDATE head SET dispenses = 2",
        ],
        {"dispenses": "D2 has 3 units, and its movements 0"},
    ),
    "a movement without a fill": (
        ["DELETE FROM dispense"],
        {"movements": "movement {fill} of lot A1 is without a dispense"},
    ),
    "a movement at another moment": (
        [f"UPDATE movement SET at = '2026-11-20 08:00:00.000000{{zone}}' WHERE {TAKEN}"],
        {"movements": "movement {fill} of lot A1 has another moment or person than its request"},
    ),
    "returned to the shelf": (
        [f"UPDATE movement SET to_place_id = {SHELF} WHERE reverses_id IS NOT NULL"],
        {"returns": "RT1 has 1 units, and its movements 0 and 1 that do not belong"},
    ),
    "returned twice": (
        [
            "INSERT INTO movement (request_id, lot_id, from_place_id, to_place_id, units, at, by_id, reverses_id) "
            "SELECT request_id, lot_id, from_place_id, to_place_id, 4, at, by_id, reverses_id "
            "FROM movement WHERE reverses_id IS NOT NULL"
        ],
        {"reversals": "movement {fill} of lot A1 has 4 units, and 5 were taken back"},
    ),
    "a lost answer": (
        [f"DELETE FROM answer WHERE request_id = {FILL}"],
        {"requests": "request key-6 (dispense) has no answer"},
    ),
    "a request by somebody else": (
        [
            "INSERT INTO user_account (site_id, name, role) VALUES (1, 'mallory', 'pharmacist')",
            f"UPDATE request SET by_id = (SELECT id FROM user_account WHERE name = 'mallory') WHERE id = {FILL}",
        ],
        {"requests": "request key-6 (dispense) has 0 events of its moment and person"},
    ),
    "an event told twice": (
        [
            "INSERT INTO audit_event SELECT site_id, 99, at, actor, kind, subject, patient, request_key, canonical, "
            "hash FROM audit_event WHERE sequence = 8"
        ],
        {"requests": "request key-6 (dispense) has 2 events of its moment and person"},
    ),
    "a lost request": (
        ["DELETE FROM request WHERE key = 'key-4'"],
        {"requests": "event 5 is of request key-4, which is not there"},
    ),
    "a lost document": (
        ["DELETE FROM dispense_return"],
        {"numbers": "Corner Pharmacy: 1 returns were numbered, 0 are there, the last is none"},
    ),
    "a counter set back": (
        ["UPDATE head SET receipts = 1"],
        {"numbers": "Corner Pharmacy: 1 receipts were numbered, 2 are there, the last is 2"},
    ),
    "a lost head": (
        ["DELETE FROM head"],
        {"audit": "Corner Pharmacy: The chain ends with event 9, and its head says 0 events."},
    ),
    "a clock let back": (
        ["UPDATE head SET at = '2015-01-01 00:00:00.000000'"],
        {"audit": "Corner Pharmacy: The head's latest moment is not that of its entries."},
    ),
    "a clock let go": (
        ["UPDATE head SET at = NULL"],
        {"audit": "Corner Pharmacy: The head's latest moment is not that of its entries."},
    ),
    "a clock put forward": (
        ["UPDATE head SET at = '2035-01-01 00:00:00.000000'"],
        {"audit": "Corner Pharmacy: The head's latest moment is not that of its entries."},
    ),
    "another schema": (
        ["UPDATE alembic_version SET version_num = '0000'"],
        {"schema": f"schema 0000 and not {database.SCHEMA}"},
    ),
    "a lost event": (
        ["DELETE FROM audit_event WHERE sequence = 5"],
        {"audit": "Corner Pharmacy: Event 5: its sequence does not follow the event before it."},
    ),
    "swapped events": (
        [
            "UPDATE audit_event SET sequence = 99 WHERE sequence = 4",
            "UPDATE audit_event SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit_event SET sequence = 5 WHERE sequence = 99",
        ],
        {"audit": "Corner Pharmacy: Event 4: the sequence in its canonical text is another."},
    ),
    "an event before the first": (
        [
            "INSERT INTO audit_event SELECT site_id, -1, at, actor, kind, subject, patient, request_key, canonical, "
            "hash FROM audit_event WHERE sequence = 1"
        ],
        {"audit": "Corner Pharmacy: Event 1: its sequence does not follow the event before it."},
    ),
    "an edited canonical text": (
        ["UPDATE audit_event SET canonical = replace(canonical, 'A1', 'A9') WHERE sequence = 8"],
        {"audit": "Corner Pharmacy: Event 8: its hash is not that of its canonical text."},
    ),
    "an edited actor": (
        ["UPDATE audit_event SET actor = 'robin' WHERE sequence = 7"],
        {"audit": "Corner Pharmacy: Event 7: the column actor is not what its canonical text says."},
    ),
    "an edited moment": (
        ["UPDATE audit_event SET at = '2026-11-20 08:00:00.000000{zone}' WHERE sequence = 7"],
        {"audit": "Corner Pharmacy: Event 7: the column at is not what its canonical text says."},
    ),
    "an edited hash": (
        [f"UPDATE audit_event SET hash = '{'0' * 64}' WHERE sequence = 7"],
        {"audit": "Corner Pharmacy: Event 7: its hash is not that of its canonical text."},
    ),
    "a dropped tail": (
        ["DELETE FROM audit_event WHERE sequence > 6"],
        {"audit": "Corner Pharmacy: The chain ends with event 6, and its head says 9 events."},
    ),
    "a head rewritten": (
        [f"UPDATE head SET hash = '{'0' * 64}'"],
        {"audit": "Corner Pharmacy: Event 9: it is the last one, and the head has another hash."},
    ),
    "a tail dropped and the head put on the new end": (
        [
            "DELETE FROM audit_event WHERE sequence > 8",
            "UPDATE head SET sequence = 8, hash = (SELECT hash FROM audit_event WHERE sequence = 8)",
        ],
        {"requests": "request key-7 (return) has 0 events of its moment and person"},
    ),
    "another origin": (
        ["UPDATE site SET origin = 'elsewhere'"],
        {"audit": "Corner Pharmacy: Event 1: it belongs to another chain."},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(shared, name):
    statements, expected = FAULTS[name]
    fill = shared.read(lambda db: db.execute(text(f"SELECT id FROM movement WHERE {TAKEN}")).scalar())
    here = [placed(shared, statement) for statement in statements]
    for check, detail in expected.items():
        assert told_by(shared, check, *here) == detail.format(fill=fill)


def test_the_first_three_differences_are_named(shop):
    for number in range(1, 6):
        a_lot(shop, lot=f"L{number}", units=number)
    plant(shop, "UPDATE balance SET units = 9")
    assert found(shop)["balances"] == (
        "lot L1 of US-CY-ARG1 at shelf: 1 units by the movements and 9 in the balance; "
        "lot L2 of US-CY-ARG1 at shelf: 2 units by the movements and 9 in the balance; "
        "lot L3 of US-CY-ARG1 at shelf: 3 units by the movements and 9 in the balance; and more"
    )


def test_a_chain_written_anew_is_caught_only_by_a_head_kept_elsewhere(busy):
    kept = busy.read(chain.head_of, 1)
    events = busy.read(lambda db: list(chain.events(db, 1)))
    previous, statements = audit.START, []
    for event in events:
        fields = auditor._netstrings(event["canonical"].encode())
        fields[3] = previous
        if event["kind"] == "return":
            fields[11] = fields[11].replace("undelivered", "wrong patient")
        canonical = audit._netstrings(*fields)
        previous = hashlib.sha256(b"\x00" + canonical.encode()).hexdigest()
        statements.append(
            f"UPDATE audit_event SET canonical = '{canonical}', hash = '{previous}' "
            f"WHERE sequence = {event['sequence']}".replace(":", r"\:" if busy.engine.name == "postgresql" else ":")
        )
    plant(busy, *statements, f"UPDATE head SET hash = '{previous}'")
    assert "audit" not in found(busy)
    assert verdict(busy).ok
    assert (
        verdict(busy, noted=[(kept.sequence, kept.hash)]).problem == "Event 9: its hash is not the one that was noted."
    )


def test_another_sites_books_are_checked_too(busy):
    opening = Opening("init-2", "Second Pharmacy", "other-origin", "robin", ())
    busy.write(lambda db: open_pharmacy(db, opening, on=busy.on))
    assert found(busy) == {}
    plant(busy, "UPDATE audit_event SET subject = 'nothing' WHERE actor = 'robin' AND sequence = 2")
    assert found(busy) == {"audit": "Second Pharmacy: Event 2: the column subject is not what its canonical text says."}


@pytest.fixture
def file_shop(quick_disk, sqlite_template, tmp_path):
    """A pharmacy in an SQLite file, for what only a file can suffer."""
    file = tmp_path / "pharmacy.db"
    shutil.copy(sqlite_template, file)
    engine = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    shop = Shop(engine, NOW)
    a_lot(shop)
    yield shop
    engine.dispose()


@pytest.mark.parametrize("value", ["'yesterday'", "12", "x'ff'", "NULL", "'2026-02-30 00:00:00.000000'"])
def test_a_moment_that_is_none_is_a_finding_and_no_traceback(file_shop, value):
    plant(file_shop, "PRAGMA ignore_check_constraints = ON")
    with sqlite3.connect(str(file_shop.engine.url.database)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'at DATETIME NOT NULL', 'at DATETIME')")
    db.close()
    plant(file_shop, f"UPDATE audit_event SET at = {value} WHERE sequence = 2")
    problem = "Event 2: a column is not text." if value == "NULL" else "An event in the database cannot be read."
    assert found(file_shop)["audit"] == f"Corner Pharmacy: {problem}"


def test_a_day_that_is_none_is_a_finding_and_no_traceback(file_shop):
    plant(file_shop, "UPDATE lot SET expires = 'soon'")
    assert found(file_shop)["lots"].startswith("what is kept cannot be read (")


def test_text_that_is_not_utf_8_is_a_finding_and_no_traceback(file_shop):
    plant(file_shop, "UPDATE audit_event SET actor = CAST(x'ff' AS TEXT) WHERE sequence = 2")
    assert found(file_shop)["audit"] == "Corner Pharmacy: An event in the database cannot be read."


def test_a_reference_to_nothing_is_found(file_shop):
    plant(file_shop, "DELETE FROM user_account")
    assert "row 1 of request names a row of user_account that is not there" in found(file_shop)["references"]


def test_a_damaged_page_is_a_finding_and_no_traceback(file_shop):
    file = Path(str(file_shop.engine.url.database))
    with sqlite3.connect(file) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'audit_event'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    damaged = bytearray(file.read_bytes())
    damaged[(page - 1) * size : page * size] = b"\xff" * size
    file_shop.engine.dispose()
    file.write_bytes(damaged)
    wrong = found(file_shop)
    assert set(wrong) >= {"file", "audit"}
