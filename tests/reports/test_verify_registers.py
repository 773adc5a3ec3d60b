"""Registers that were changed past the program are found by what the events told of each record."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from dispensary import database, ownership
from dispensary.rules.level import Level
from dispensary.rules.people import Condition, Country, History, Language
from dispensary.services.people.erase import Erasure, erase
from dispensary.services.people.patients import NewLevel, PatientEdit, edit_patient, record_level
from dispensary.services.people.register import NewPatient, add_patient
from tests.build import NOW, Shop, later
from tests.reports.planting import found, found_after, placed, told_by

PRODUCT = "(SELECT id FROM product WHERE code = 'US-CY-DOD10')"
REGISTERS = {
    "no preservative any more": (
        "UPDATE product SET preserved = 'none' WHERE code = 'US-CY-DOD10'",
        "US-CY-DOD10: event {import} tells of preserved listed, and the record of none",
    ),
    "another preservative": (
        f"UPDATE product_preservative SET agent = 'methylparaben' WHERE product_id = {PRODUCT}",
        "US-CY-DOD10: event {import} tells of preservatives benzyl alcohol 15000 mcg/mL, "
        "and the record of methylparaben 15000 mcg/mL",
    ),
    "a preservative less": (
        f"DELETE FROM product_preservative WHERE product_id = {PRODUCT}",
        "US-CY-DOD10: event {import} tells of preservatives benzyl alcohol 15000 mcg/mL, and the record of nothing",
    ),
    "ten times the strength": (
        "UPDATE product SET strength_mcg_per_ml = 10000 WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: event {import} tells of strength mcg per ml 1000, and the record of 10000",
    ),
    "another storage": (
        "UPDATE product SET temperature = '2-8' WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: event {import} tells of temperature 20-25, and the record of 2-8",
    ),
    "no light protection": (
        "UPDATE product SET protect_from_light = {false} WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: event {import} tells of protect from light True, and the record of False",
    ),
    "another route": (
        "UPDATE product SET routes = 'IV' WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: event {import} tells of routes IM;subcut, and the record of IV",
    ),
    "a longer use": (
        "UPDATE product SET in_use_days = 90 WHERE code = 'US-CY-DOD10'",
        "US-CY-DOD10: event {import} tells of in use days nothing, and the record of 90",
    ),
    "no limit of light": (
        "UPDATE product SET light_limit_minutes = NULL WHERE code = 'US-CY-DOD10'",
        "US-CY-DOD10: event {product edit US-CY-DOD10} tells of light limit minutes 60, and the record of nothing",
    ),
    "less to keep in stock": (
        "UPDATE product SET minimum_units = 1 WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: event {import} tells of minimum units nothing, and the record of 1",
    ),
    "a product from nowhere": (
        "INSERT INTO product (code, name, labeler, form, strength_mcg_per_ml, container, fill_ul, preserved, "
        "temperature, protect_from_light, routes, identifier_kind, identifier, confidence) SELECT 'FORGED', name, "
        "labeler, form, strength_mcg_per_ml, container, fill_ul, preserved, temperature, protect_from_light, routes, "
        "identifier_kind, identifier, confidence FROM product WHERE code = 'US-CY-ARG1'",
        "FORGED: no event tells of this product",
    ),
    "a product under another code": (
        "UPDATE product SET code = 'FORGED' WHERE code = 'US-CY-ARG1'",
        "FORGED: no event tells of this product; "
        "US-CY-ARG1: event {import} tells of this product, and no record does; "
        "US-CY-ARG1: the events and the record differ in the pack 00305170031251 of 25; and more",
    ),
    "more in a pack": (
        "UPDATE pack SET units = 250 WHERE gtin = '50305170031256'",
        "US-CY-ARG1: the events and the record differ in the pack 50305170031256 of 25; "
        "US-CY-ARG1: the events and the record differ in the pack 50305170031256 of 250",
    ),
    "a pack from nowhere": (
        "INSERT INTO pack (product_id, gtin, units) SELECT id, '00000000000017', 5 FROM product "
        "WHERE code = 'US-CY-ARG1'",
        "US-CY-ARG1: the events and the record differ in the pack 00000000000017 of 5",
    ),
    "a warmer place": (
        "UPDATE place SET temperature = '20-25' WHERE code = 'refrigerator' AND site_id = 1",
        "refrigerator: event {init Corner Pharmacy} tells of temperature 2-8, and the record of 20-25",
    ),
    "a lighter place": (
        "UPDATE place SET dark = {false} WHERE code = 'shelf-2'",
        "shelf-2: event {place add shelf-2} tells of dark True, and the record of False",
    ),
    "a place from which nothing is sold": (
        "UPDATE place SET kind = 'quarantine' WHERE code = 'shelf-2'",
        "shelf-2: event {place add shelf-2} tells of kind shelf, and the record of quarantine",
    ),
    "a place from nowhere": (
        "INSERT INTO place (site_id, code, kind) VALUES (1, 'back-door', 'shelf')",
        "back-door: no event tells of this place",
    ),
    "a technician who became a pharmacist": (
        "UPDATE user_account SET role = 'pharmacist' WHERE name = 'sam'",
        "sam: event {user add sam} tells of role technician, and the record of pharmacist",
    ),
    "the first user as a manager": (
        "UPDATE user_account SET role = 'manager' WHERE name = 'alex'",
        "alex: event {init Corner Pharmacy} tells of role pharmacist, and the record of manager",
    ),
    "a user locked out": (
        "UPDATE user_account SET disabled_at = '2026-11-22 08:00:00.000000{zone}' WHERE name = 'kim'",
        "kim: event {user add kim} tells of disabled at nothing, and the record of 2026-11-22 08:00:00+00:00",
    ),
    "a user from nowhere": (
        "INSERT INTO user_account (site_id, name, role) VALUES (1, 'mallory', 'pharmacist')",
        "mallory: no event tells of this user",
    ),
    "another prescriber's number": (
        "UPDATE prescriber SET npi = '1234567801'",
        "PR1: event {prescriber add PR1} tells of npi 1234567893, and the record of 1234567801",
    ),
    "another profession": (
        "UPDATE prescriber SET profession = 'astrologer'",
        "PR1: event {prescriber add PR1} tells of profession physician, and the record of astrologer",
    ),
    "a prescriber from nowhere": (
        "INSERT INTO prescriber (site_id, number, name, profession, npi) VALUES (1, 2, 'Dr. X', 'physician', '1')",
        "PR2: no event tells of this prescriber",
    ),
}


def events(shop: Shop) -> dict[str, int]:
    """The last event of each kind about each subject."""
    told = shop.read(lambda db: db.execute(text("SELECT kind, subject, sequence FROM audit_event ORDER BY 3")).all())
    known = {f"{kind} {subject}": sequence for kind, subject, sequence in told}
    return {**known, "import": known["product import starter formulary"]}


@pytest.mark.parametrize("name", REGISTERS)
def test_a_register_that_is_not_what_the_events_tell_is_found(busy, name):
    statement, detail = REGISTERS[name]
    assert told_by(busy, "registers", placed(busy, statement)) == detail.format_map(events(busy))


def test_a_lost_record_is_found(busy):
    wrong = found_after(busy, "DELETE FROM prescriber")
    assert wrong["registers"] == f"PR1: event {events(busy)['prescriber add PR1']} tells of this prescriber, " + (
        "and no record does"
    )


WRITTEN = {
    "other directions as written": (
        "UPDATE prescription SET directions_as_written = 'as she likes' WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add RX1} tells of another directions as written than the record",
    ),
    "another indication": (
        "UPDATE prescription SET indication = 'vigour' WHERE number = 1",
        "prescriptions",
        "RX1: event {rx add RX1} tells of another indication than the record",
    ),
    "a longer supply": (
        "UPDATE dispense SET days_supply = 99 WHERE number = 1",
        "fills",
        "D1: event {dispense D1} tells of days supply 21, and the record of 99",
    ),
    "another last injection": (
        "UPDATE dispense SET last_injection = '2026-11-22' WHERE number = 1",
        "fills",
        "D1: event {dispense D1} tells of last injection 2026-12-05, and the record of 2026-11-22",
    ),
    "another message": (
        "UPDATE finding SET message = 'all is well' WHERE code = 'leber' AND dispense_id = 1",
        "fills",
        "D1: event {dispense D1} and the record differ in the finding leber",
    ),
    "another message of a dose": (
        "UPDATE draw_finding SET message = 'all is well' WHERE code = 'leber'",
        "vial records",
        "DR2: event {vial draw DR2} and the record differ in the finding leber",
    ),
    "another source": (
        "UPDATE finding SET source = 'hearsay' WHERE code = 'leber' AND dispense_id = 1",
        "fills",
        "D1: event {dispense D1} and the record differ in the finding leber",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_earlier_releases_did_not_tell_is_compared(busy, name):
    statement, check, detail = WRITTEN[name]
    assert told_by(busy, check, statement) == detail.format_map(events(busy))


PATIENTS = {
    "a medicine less": (
        "DELETE FROM patient_medicine",
        "P1: event {patient edit P1} tells of another medicines than the record",
    ),
    "another name": (
        "UPDATE patient SET name = 'Somebody Else' WHERE number = 2",
        "P2: event {patient edit P2} tells of another name than the record",
    ),
    "another birth date": (
        "UPDATE patient SET born = '1999-09-09' WHERE number = 2",
        "P2: event {patient edit P2} tells of another born than the record",
    ),
    "another language": (
        "UPDATE patient SET language = 'en' WHERE number = 2",
        "P2: event {patient edit P2} tells of another language than the record",
    ),
    "a condition less": (
        "DELETE FROM patient_condition",
        "P1: event {patient add P1} tells of another conditions than the record",
    ),
    "another name of somebody who was never edited": (
        "UPDATE patient SET name = 'Somebody Else' WHERE number = 3",
        "P3: event {patient add P3} tells of another name than the record",
    ),
    "another identifier": (
        "UPDATE patient SET identifier = 'MRN-9' WHERE number = 3",
        "P3: event {patient add P3} tells of another identifier than the record",
    ),
    "another key": (
        "UPDATE patient SET audit_key = (SELECT audit_key FROM patient WHERE number = 1) WHERE number = 3",
        "P3: event {patient add P3} tells of another patient than the record",
    ),
    "another level": (
        "UPDATE patient_level SET level = '900 pmol/L'",
        "P1: event {patient level P1} tells of another level of 2026-11-20 than the record",
    ),
    "a lost level": (
        "DELETE FROM patient_level",
        "P1: event {patient level P1} tells of a level of 2026-11-20, and no record does",
    ),
    "a level of another day": (
        "UPDATE patient_level SET taken_on = '2026-11-19'",
        "P1: event {patient level P1} tells of a level of 2026-11-20, and no record does; "
        "P1: no event tells of this level of 2026-11-19",
    ),
    "another name before": (
        "UPDATE patient_change SET old = 'Somebody Else' WHERE fact = 'name'",
        "P2: event {patient edit P2} tells of another change of name than the record",
    ),
    "a lost change": (
        "DELETE FROM patient_change WHERE fact = 'born'",
        "P2: event {patient edit P2} tells of another change of born than the record",
    ),
    "a change from nowhere": (
        "INSERT INTO patient_change (patient_id, request_id, at, by_id, fact, old, new) SELECT patient_id, 1, at, "
        "by_id, fact, old, new FROM patient_change WHERE fact = 'born'",
        "P2: no event tells of this change of born",
    ),
    "a patient from nowhere": (
        "INSERT INTO patient (site_id, number, identifier, name, born, language, audit_key) SELECT site_id, 4, "
        "'MRN-4', name, born, language, audit_key FROM patient WHERE number = 3",
        "P4: no event tells of this patient",
    ),
    "a lost patient": (
        "DELETE FROM patient WHERE number = 3",
        "P3: event {patient add P3} tells of this patient, and no record does",
    ),
    "erased past the program": (
        "UPDATE patient SET erased_at = '2026-11-22 08:00:00.000000{zone}' WHERE number = 3",
        "P3: the record and the events differ in whether the patient was erased",
    ),
}


@pytest.fixture
def edited(shop):
    """P1 takes folic acid and has a level, corrected once; P2 has another name, birth date and language; P3."""
    for number in (1, 2, 3):
        who = (f"MRN-{number}", "Kari Nordmann", date(1961, 4, 3), Language.ENGLISH)
        suffers = frozenset({Condition.LEBER} if number == 1 else ())
        new = NewPatient(shop.key(), *who, frozenset(), suffers)
        shop.do(add_patient, new, audit_key=bytes([number]) * 32)
    some = History(frozenset(), frozenset(), frozenset({"Folic acid"}))
    shop.do(edit_patient, PatientEdit(shop.key(), "P1", add=some), country=Country.US)
    for level, correct in (("1480 pmol/L", False), ("148 pmol/L", True)):
        order = NewLevel(shop.key(), "P1", Level.parse(level), date(2026, 11, 20), correct)
        shop.do(record_level, order)
    order = PatientEdit(shop.key(), "P2", "Åse Lie", date(1950, 2, 28), Language.BOKMAAL)
    shop.do(edit_patient, order, country=Country.US)
    return shop


def test_patients_agree_with_their_events(edited):
    assert found(edited) == {}


def test_a_patients_record_that_is_not_what_the_events_tell_is_found(edited):
    told = events(edited)
    for name, (statement, detail) in PATIENTS.items():
        said = told_by(edited, "patients", placed(edited, statement))
        assert (name, said) == (name, detail.format_map(told))


def test_a_patient_who_was_erased_is_not_compared_any_more(edited):
    years_later = later(edited, 366 * 30)
    years_later.do(erase, Erasure(edited.key(), "P2", "nothing is to be kept any more"), practice=edited.practice)
    assert found(edited) == {}
    wrong = found_after(edited, "UPDATE patient SET erased_at = NULL WHERE number = 2")
    assert wrong["patients"] == "P2: the record and the events differ in whether the patient was erased"


OLD = sorted((Path(__file__).parent.parent / "golden" / "schemas").glob("*.sql"))


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.stem)
def test_what_an_earlier_release_told_is_compared(quick_disk, tmp_path, file):
    with sqlite3.connect(tmp_path / "old.db") as db:
        db.executescript(file.read_text("utf-8"))
    db.close()
    engine = database.open_engine(database.parse_url(str(tmp_path / "old.db")), pause=lambda: None)
    old = Shop(engine, NOW)
    ownership.upgrade(engine)
    assert found(old) == {}
    told = events(old)
    for statement, check, detail in (
        ("UPDATE product SET in_use_days = 90 WHERE code = 'US-CY-DOD10'", "registers", "in use days nothing"),
        ("UPDATE user_account SET role = 'manager' WHERE name = 'alex'", "registers", "role pharmacist"),
        ("UPDATE place SET dark = 0 WHERE code = 'shelf'", "registers", "shelf: event 1 tells of dark True"),
        ("UPDATE prescriber SET npi = '1234567801'", "registers", f"event {told['prescriber add PR1']} tells of npi"),
        ("UPDATE patient SET audit_key = x'00' WHERE number = 1", "patients", "another patient than the record"),
    ):
        assert detail in told_by(old, check, statement)
    engine.dispose()
