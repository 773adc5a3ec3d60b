"""Readings, their files, excursions and time in the light that were changed past the program are found.

The pharmacy is that of tests.everything: 424 readings of shelf-2, of which 24 are an excursion.
"""

import pytest

from dispensary.reports.verify import storage_told
from tests.reports.planting import only, placed, told_by

KIM = "(SELECT id FROM user_account WHERE name = 'kim')"
OTHER = "second = (SELECT min(second) FROM reading) + 300"

TOLD = {
    "another place": (
        "UPDATE place_log SET place_id = (SELECT id FROM place WHERE site_id = 1 AND code = 'shelf')",
        "shelf-2: event 60 tells of subject shelf-2, and the record of shelf",
    ),
    "another file": (
        "UPDATE place_log SET file = 'forged.csv'",
        "shelf-2: event 60 tells of file log.csv, and the record of forged.csv",
    ),
    "another time zone": (
        "UPDATE place_log SET timezone = 'Europe/Oslo'",
        "shelf-2: event 60 tells of timezone UTC, and the record of Europe/Oslo",
    ),
    "another beginning": (
        "UPDATE place_log SET first = 0",
        "shelf-2: event 60 tells of first 1795271700, and the record of 0",
    ),
    "another end": (
        "UPDATE place_log SET last = 0",
        "shelf-2: event 60 tells of last 1795398600, and the record of 0",
    ),
    "fewer readings": (
        "UPDATE place_log SET readings = 423",
        "shelf-2: event 60 tells of readings 424, and the record of 423",
    ),
    "readings that were there": (
        "UPDATE place_log SET repeated = 1",
        "shelf-2: event 60 tells of repeated 0, and the record of 1",
    ),
    "a gap": (
        "UPDATE place_log SET gaps = 1",
        "shelf-2: event 60 tells of gaps 0, and the record of 1",
    ),
    "another digest": (
        "UPDATE place_log SET digest = 'forged'",
        "shelf-2: event 60 tells of digest 09781ebcebe1db3d34a018682fd402ae63c8df062fc11f772d478968e863e4a1, "
        "and the record of forged",
    ),
    "imported by another person": (
        f"UPDATE place_log SET by_id = {KIM}",
        "shelf-2: event 60 tells of by alex, and the record of kim",
    ),
    "a lost file": (
        "DELETE FROM place_log",
        "shelf-2: event 60 tells of `place log`, and no record does",
    ),
    "a file from nowhere": (
        "INSERT INTO place_log (place_id, request_id, file, timezone, first, last, readings, repeated, gaps, digest, "
        "at, by_id) SELECT place_id, 1, file, timezone, first, last, 0, 424, 0, digest, at, by_id FROM place_log",
        "shelf-2: no event of request init tells of this place log",
    ),
    "a lost excursion": (
        "DELETE FROM excursion",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "a shorter excursion": (
        "UPDATE excursion SET ended = '2026-11-22 08:00:00.000000{zone}'",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "an earlier excursion": (
        "UPDATE excursion SET began = '2026-11-22 07:00:00.000000{zone}'",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:00:00+00:00",
    ),
    "a cooler excursion": (
        "UPDATE excursion SET highest = 3000, lowest = 3000",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "an excursion that was colder": (
        "UPDATE excursion SET lowest = 0",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "another mean": (
        "UPDATE excursion SET mean_kinetic = 2000",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "another class": (
        "UPDATE excursion SET temperature = '<=25'",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "another cause": (
        "UPDATE excursion SET why = 'forged'",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "an excursion of another place": (
        "UPDATE excursion SET place_id = (SELECT id FROM place WHERE site_id = 1 AND code = 'shelf')",
        "shelf-2: event 60 and the record differ in the excursion of 2026-11-22T07:15:00+00:00",
    ),
    "less light": (
        "UPDATE light_exposure SET minutes = 6 WHERE vial_id IS NULL",
        "B1: event 57 tells of minutes 60, and the record of 6",
    ),
    "another note": (
        "UPDATE light_exposure SET note = 'forged' WHERE vial_id IS NULL",
        "B1: event 57 tells of another note than the record",
    ),
    "light on another lot": (
        "UPDATE light_exposure SET lot_id = (SELECT id FROM lot WHERE number = 'C1') WHERE vial_id IS NULL",
        "B1: event 57 tells of subject B1, and the record of C1; B1: event 57 tells of lot B1, and the record of C1",
    ),
    "light on another vial": (
        "UPDATE light_exposure SET vial_id = (SELECT id FROM vial WHERE number = 1) WHERE vial_id IS NOT NULL",
        "V3: event 46 tells of subject V3, and the record of V1; V3: event 46 tells of vial V3, and the record of V1",
    ),
    "light on the whole lot": (
        "UPDATE light_exposure SET vial_id = NULL WHERE vial_id IS NOT NULL",
        "V3: event 46 tells of subject V3, and the record of M1; "
        "V3: event 46 tells of vial V3, and the record of nothing",
    ),
    "light that another person noted": (
        f"UPDATE light_exposure SET by_id = {KIM} WHERE vial_id IS NULL",
        "B1: event 57 tells of by alex, and the record of kim",
    ),
    "light at another hour": (
        "UPDATE light_exposure SET at = '2026-11-20 14:30:00.000000{zone}' WHERE vial_id IS NULL",
        "B1: event 57 tells of at 2026-11-21 14:30:00+00:00, and the record of 2026-11-20 14:30:00+00:00",
    ),
    "lost light": (
        "DELETE FROM light_exposure WHERE vial_id IS NULL",
        "B1: event 57 tells of `light`, and no record does",
    ),
    "light from nowhere": (
        "INSERT INTO light_exposure (lot_id, request_id, minutes, note, at, by_id) "
        "SELECT lot_id, 1, 9, '', at, by_id FROM light_exposure WHERE vial_id IS NULL",
        "B1: no event of request init tells of this light exposure",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_row_that_its_event_does_not_tell_is_found(busy, name):
    statement, detail = TOLD[name]
    assert told_by(busy, "storage records", placed(busy, statement)) == detail


READINGS = {
    "a cooler reading": (
        "UPDATE reading SET centidegrees = 2100 WHERE centidegrees = 4100",
        "shelf-2: the readings are not those that log.csv brought",
    ),
    "a reading at another moment": (
        f"UPDATE reading SET second = second + 1 WHERE {OTHER}",
        "shelf-2: the readings are not those that log.csv brought",
    ),
    "a lost reading": (
        f"DELETE FROM reading WHERE {OTHER}",
        "shelf-2: log.csv brought 424 readings, and 423 are there",
    ),
    "lost readings": (
        "DELETE FROM reading",
        "shelf-2: log.csv brought 424 readings, and 0 are there",
    ),
    "a reading from nowhere": (
        "INSERT INTO reading (place_id, second, centidegrees, log_id) "
        "SELECT place_id, second + 1, centidegrees, log_id FROM reading WHERE " + OTHER,
        "shelf-2: log.csv brought 424 readings, and 425 are there",
    ),
    "a reading of another place": (
        f"UPDATE reading SET place_id = (SELECT id FROM place WHERE site_id = 1 AND code = 'shelf') WHERE {OTHER}",
        "shelf-2: log.csv brought 424 readings, and 423 are there; 1 readings are of no file of their place",
    ),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_that_its_file_did_not_bring_is_found(busy, name, monkeypatch):
    # Of which the digest goes on from one part of the readings to the next.
    monkeypatch.setattr(storage_told, "_AT_ONCE", 100)
    assert busy.read(only, "readings").ok
    statement, detail = READINGS[name]
    assert told_by(busy, "readings", placed(busy, statement)) == detail
