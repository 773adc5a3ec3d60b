"""Rows of vials and doses that were changed past the program are found: by their events, or by one another.

The pharmacy is that of tests.everything.
"""

import pytest

from tests.reports.planting import found_after, placed, told_by

V1 = "vial_id = (SELECT id FROM vial WHERE number = 1)"
V2 = "vial_id = (SELECT id FROM vial WHERE number = 2)"
KIM = "(SELECT id FROM user_account WHERE name = 'kim')"
SHELF = "(SELECT id FROM place WHERE site_id = 1 AND code = 'shelf')"
P1 = "(SELECT id FROM patient WHERE number = 1)"
COLUMNS = "site_id, request_id, lot_id, volume_ul, opened_at, discard_at, by_id, place_id, remaining_ul, state"


def test_where_everything_was_done_all_agrees(busy):
    assert found_after(busy) == {}


TOLD = {
    "a vial that lasts longer": (
        "UPDATE vial SET discard_at = '2027-01-31 14:30:00.000000{zone}' WHERE number = 1",
        "V1: event 37 tells of discard at 2026-12-19T14:30:00.000000+00:00, "
        "and the record of 2027-01-31T14:30:00.000000+00:00",
    ),
    "a vial that was opened earlier": (
        "UPDATE vial SET opened_at = '2026-11-20 14:30:00.000000{zone}' WHERE number = 1",
        "V1: event 37 tells of opened at 2026-11-21T14:30:00.000000+00:00, "
        "and the record of 2026-11-20T14:30:00.000000+00:00",
    ),
    "a bigger vial": (
        "UPDATE vial SET volume_ul = 30000 WHERE number = 3",
        "V3: event 39 tells of volume ul 10000, and the record of 30000",
    ),
    "a vial that somebody else opened": (
        f"UPDATE vial SET by_id = {KIM} WHERE number = 3",
        "V3: event 39 tells of by alex, and the record of kim",
    ),
    "a vial that came from elsewhere": (
        "UPDATE movement SET from_place_id = (SELECT id FROM place WHERE site_id = 1 AND code = 'refrigerator') "
        "WHERE request_id = (SELECT request_id FROM vial WHERE number = 3)",
        "V3: event 39 tells of place shelf, and the record of refrigerator",
    ),
    "a lost vial": (
        "DELETE FROM vial WHERE number = 3",
        "V3: event 39 tells of `vial open`, and no record does; "
        "V3: event 46 and the record differ in the entry hold of V3",
    ),
    "a vial from nowhere": (
        f"INSERT INTO vial (number, {COLUMNS}) SELECT 4, site_id, 1, lot_id, volume_ul, opened_at, discard_at, by_id, "
        "place_id, volume_ul, 'open' FROM vial WHERE number = 1",
        "V4: no event of request init tells of this vial",
    ),
    "a vial for another patient": (
        f"UPDATE vial SET patient_id = {P1} WHERE number = 1",
        "V1 serves another patient, or others, than its draws tell",
    ),
    "a vial for all patients": (
        "UPDATE vial SET patient_id = NULL WHERE number = 1",
        "V1 serves another patient, or others, than its draws tell",
    ),
    "a vial for one patient": (
        f"UPDATE vial SET patient_id = {P1} WHERE number = 2",
        "V2 serves another patient, or others, than its draws tell",
    ),
    "a bigger dose": (
        "UPDATE draw SET dose_mcg = 5000 WHERE number = 1",
        "DR1: event 40 tells of dose mcg 1000, and the record of 5000",
    ),
    "another volume": (
        "UPDATE draw SET volume_ul = 900 WHERE number = 1",
        "DR1: event 40 tells of volume ul 1000, and the record of 900",
    ),
    "given otherwise": (
        "UPDATE draw SET given_as = 'syringe' WHERE number = 1",
        "DR1: event 40 tells of given as administered, and the record of syringe",
    ),
    "another next injection": (
        "UPDATE draw SET next_injection = '2026-12-24' WHERE number = 1",
        "DR1: event 40 tells of next injection 2026-11-28, and the record of 2026-12-24",
    ),
    "another prescription": (
        "UPDATE draw SET prescription_id = (SELECT id FROM prescription WHERE number = 5) WHERE number = 1",
        "DR1: event 40 tells of rx RX4, and the record of RX5",
    ),
    "another patient": (
        f"UPDATE draw SET patient_id = {P1} WHERE number = 1",
        "DR1: event 40 tells of another patient than the record; "
        "DR1: event 40 and the record differ in the finding folate",
    ),
    "another reason": (
        "UPDATE draw SET reason = 'forged' WHERE number = 2",
        "DR2: event 41 tells of another reason than the record",
    ),
    "another vial": (
        f"UPDATE draw SET {V2} WHERE number = 1",
        "DR1: event 40 tells of vial V1, and the record of V2",
    ),
    "another hour": (
        "UPDATE draw SET at = '2026-11-22 08:00:00.000000{zone}' WHERE number = 1",
        "DR1: event 40 tells of at 2026-11-21 14:30:00+00:00, and the record of 2026-11-22 08:00:00+00:00",
    ),
    "drawn by another person": (
        f"UPDATE draw SET by_id = {KIM} WHERE number = 1",
        "DR1: event 40 tells of by alex, and the record of kim",
    ),
    "a lost dose": (
        "DELETE FROM draw WHERE number = 2",
        "DR2: event 41 tells of `vial draw`, and no record does",
    ),
    "a dose from nowhere": (
        "INSERT INTO draw (site_id, number, request_id, vial_id, patient_id, reason, dose_mcg, volume_ul, given_as, "
        "at, by_id) SELECT site_id, 3, 1, vial_id, patient_id, reason, dose_mcg, volume_ul, given_as, at, by_id "
        "FROM draw WHERE number = 2",
        "DR3: no event of request init tells of this draw",
    ),
    "a lost finding": (
        "DELETE FROM draw_finding WHERE code = 'leber'",
        "DR2: event 41 and the record differ in the finding leber",
    ),
    "a finding without its reason": (
        "UPDATE draw_finding SET reason = NULL WHERE code = 'leber'",
        "DR2: event 41 and the record differ in the finding leber",
    ),
    "another reason of a finding": (
        "UPDATE draw_finding SET reason_code = 'travel' WHERE code = 'leber'",
        "DR2: event 41 and the record differ in the finding leber",
    ),
    "a lesser finding": (
        "UPDATE draw_finding SET severity = 'note' WHERE code = 'leber'",
        "DR2: event 41 and the record differ in the finding leber",
    ),
    "less waste": (
        "UPDATE vial_entry SET volume_ul = 5 WHERE reason = 'dead volume'",
        "DR1: event 40 and the record differ in the entry waste of V1",
    ),
    "another reason of waste": (
        "UPDATE vial_entry SET reason = 'forged' WHERE reason = 'cloudy'",
        "V2: event 45 and the record differ in the entry waste of V2",
    ),
    "lost waste": (
        "DELETE FROM vial_entry WHERE reason = 'cloudy'",
        "V2: event 45 and the record differ in the entry waste of V2",
    ),
    "less drawn": (
        f"UPDATE vial_entry SET volume_ul = 1 WHERE kind = 'draw' AND {V2}",
        "DR2: event 41 and the record differ in the entry draw of V2",
    ),
    "a lost hold": (
        f"DELETE FROM vial_entry WHERE kind = 'hold' AND {V2}",
        "V2: event 42 and the record differ in the entry hold of V2",
    ),
    "a hold by another person": (
        f"UPDATE vial_entry SET by_id = {KIM} WHERE kind = 'hold' AND {V2}",
        "V2: event 42 and the record differ in the entry hold of V2",
    ),
    "a release of another vial": (
        f"UPDATE vial_entry SET {V1} WHERE kind = 'release'",
        "V2: event 43 and the record differ in the entry release of V1",
    ),
    "a release at another hour": (
        "UPDATE vial_entry SET at = '2026-11-22 08:00:00.000000{zone}' WHERE kind = 'release'",
        "V2: event 43 and the record differ in the entry release of V2",
    ),
    "moved to elsewhere": (
        f"UPDATE vial_entry SET to_place_id = {SHELF} WHERE kind = 'move'",
        "V2: event 44 and the record differ in the entry move of V2",
    ),
    "a lost hold for light": (
        "DELETE FROM vial_entry WHERE reason = '60 of 60 minutes in the light'",
        "V3: event 46 and the record differ in the entry hold of V3",
    ),
    "an entry from nowhere": (
        "INSERT INTO vial_entry (vial_id, request_id, kind, volume_ul, at, by_id) SELECT vial_id, 1, kind, 0, at, "
        "by_id FROM vial_entry WHERE kind = 'release'",
        "release of V2: no event of request init tells of this vial entry",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_row_that_its_event_does_not_tell_is_found(busy, name):
    statement, detail = TOLD[name]
    assert told_by(busy, "vial records", placed(busy, statement)) == detail


BOOKS = {
    "more left": (
        "UPDATE vial SET remaining_ul = 9999 WHERE number = 1",
        "volumes",
        "V1 held 10000 microlitres, of which 1075 were taken out, and 9999 are left in the books",
    ),
    "less taken out": (
        "DELETE FROM vial_entry WHERE reason = 'dead volume'",
        "volumes",
        "V1 held 10000 microlitres, of which 1000 were taken out, and 8925 are left in the books",
    ),
    "a vial off its hold": (
        "UPDATE vial SET state = 'open' WHERE number = 3",
        "vials",
        "V3 is open, and its entries say otherwise",
    ),
    "a discarded vial that is open": (
        "UPDATE vial SET state = 'open' WHERE number = 2",
        "vials",
        "V2 is open, and its entries say otherwise",
    ),
    "a vial that stands elsewhere": (
        f"UPDATE vial SET place_id = {SHELF} WHERE number = 2",
        "vials",
        "V2 stands at shelf, and its entries say otherwise",
    ),
    "a vial of another lot": (
        "UPDATE vial SET lot_id = (SELECT id FROM lot WHERE number = 'A1') WHERE number = 3",
        "vials",
        "V3 is not one unit of its lot that was opened, with its whole volume",
    ),
    "two units for a vial": (
        "UPDATE movement SET units = 2 WHERE request_id = (SELECT request_id FROM vial WHERE number = 3)",
        "vials",
        "V3 is not one unit of its lot that was opened, with its whole volume",
    ),
    "a vial that was not opened": (
        "DELETE FROM movement WHERE request_id = (SELECT request_id FROM vial WHERE number = 3)",
        "vials",
        "V3 is not one unit of its lot that was opened, with its whole volume",
    ),
    "a dose that was not taken out": (
        f"DELETE FROM vial_entry WHERE kind = 'draw' AND {V1}",
        "draws",
        "DR1 is 1000 microlitres, and 0 were taken out",
    ),
    "a dose at the very hour": (
        "UPDATE vial SET discard_at = '2026-11-21 14:30:00.000000{zone}' WHERE number = 1",
        "draws",
        "DR1 was drawn from V1 at an hour at which it was not in use",
    ),
    "a dose before the opening": (
        "UPDATE draw SET request_id = (SELECT min(id) FROM request) WHERE number = 1",
        "draws",
        "DR1 is 1000 microlitres, and 0 were taken out; DR1 was drawn from V1 at an hour at which it was not in use; "
        "entry 1 of V1 took out a dose that nobody got",
    ),
    "a dose that nobody got": (
        "DELETE FROM draw WHERE number = 2",
        "draws",
        "entry {entry} of V2 took out a dose that nobody got",
    ),
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_vial_that_is_not_what_its_entries_make_of_it_is_found(busy, name):
    statement, check, detail = BOOKS[name]
    drawn = f"SELECT id FROM vial_entry WHERE kind = 'draw' AND {V2}"
    assert told_by(busy, check, placed(busy, statement)) == detail.format(entry=busy.read(one, drawn))


def one(db, statement: str):
    return db.exec_driver_sql(statement).scalar()
