"""Prints and attempts that were changed past the program are found by what their events tell.

The pharmacy is that of tests.everything.
"""

import pytest

from tests.reports.planting import placed, told_by

KIM = "(SELECT id FROM user_account WHERE name = 'kim')"
PJ2 = "job_id = (SELECT id FROM print_job WHERE number = 2)"
PJ4 = "job_id = (SELECT id FROM print_job WHERE number = 4)"

TOLD = {
    "another kind": ("UPDATE print_job SET kind = 'bag' WHERE number = 2", "kind dispense, and the record of bag"),
    "another record": ("UPDATE print_job SET record = 'D9' WHERE number = 2", "record D1, and the record of D9"),
    "a first print": ("UPDATE print_job SET copy = 9 WHERE number = 2", "copy 2, and the record of 9"),
    "another design": (
        "UPDATE print_job SET design = 'x' WHERE number = 2",
        "design dispense-a4-3x7, and the record of x",
    ),
    "another printer": ("UPDATE print_job SET printer = 'x' WHERE number = 2", "printer office, and the record of x"),
    "into a file": (
        "UPDATE print_job SET printer = NULL WHERE number = 2",
        "printer office, and the record of nothing",
    ),
    "another position": ("UPDATE print_job SET position = 5 WHERE number = 2", "position 4, and the record of 5"),
    "not again": ("UPDATE print_job SET again_id = NULL WHERE number = 4", "again PJ3, and the record of nothing"),
    "another request": (
        "UPDATE print_job SET request_id = 1 WHERE number = 2",
        "request do-{key}, and the record of init",
    ),
    "another hour": (
        "UPDATE print_job SET at = '2026-11-22 08:00:00.000000{zone}' WHERE number = 2",
        "and the record of 2026-11-22 08:00:00+00:00",
    ),
    "another person": (f"UPDATE print_job SET by_id = {KIM} WHERE number = 2", "by alex, and the record of kim"),
    "a lost print": ("DELETE FROM print_job WHERE number = 5", "tells of `label print`, and no record does"),
    "a print from nowhere": (
        "INSERT INTO print_job (site_id, number, request_id, kind, record, copy, design, at, by_id) "
        "SELECT site_id, 8, 1, kind, record, 9, design, at, by_id FROM print_job WHERE number = 1",
        "PJ8: not every `label print` in the records is told by an event",
    ),
    "another receipt": (
        f"UPDATE print_attempt SET receipt = 'x' WHERE state = 'sent' AND {PJ2}",
        "receipt office-12, and the record of x",
    ),
    "another problem": (
        f"UPDATE print_attempt SET problem = 'x' WHERE attempt = 2 AND state = 'failed' AND {PJ4}",
        "problem no paper, and the record of x",
    ),
    "not sent": (f"DELETE FROM print_attempt WHERE state = 'sent' AND {PJ2}", "tells of `label sent`, and no record"),
    "another reason": (
        "UPDATE print_attempt SET problem = 'x' WHERE state = 'cancelled'",
        "problem the bag has one, and the record of x",
    ),
    "not seen": ("DELETE FROM print_attempt WHERE state = 'printed'", "tells of `label printed`, and no record"),
    "perhaps printed": (
        f"UPDATE print_attempt SET state = 'unknown' WHERE attempt = 2 AND state = 'failed' AND {PJ4}",
        "tells of `label failed`, and no record does",
    ),
    "sent by another": (
        f"UPDATE print_attempt SET by_id = {KIM} WHERE state = 'sent' AND {PJ2}",
        "by alex, and the record of kim",
    ),
    "an attempt from nowhere": (
        "INSERT INTO print_attempt (job_id, attempt, state, at, by_id) "
        "SELECT job_id, 3, 'sending', at, by_id FROM print_attempt "
        f"WHERE attempt = 2 AND state = 'failed' AND {PJ4}",
        "PJ4: not every `label sending` in the records is told by an event",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_row_that_its_event_does_not_tell_is_found(busy, name):
    statement, detail = TOLD[name]
    found = told_by(busy, "print records", placed(busy, statement))
    assert detail.partition("{key}")[0] in found
    assert found.startswith("PJ")
