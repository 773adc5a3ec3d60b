"""Recalls, calls and acts about lots that were changed past the program are found by what their events tell.

The pharmacy is that of tests.everything.
"""

import pytest

from tests.reports.planting import placed, told_by

KIM = "(SELECT id FROM user_account WHERE name = 'kim')"
C1 = "lot_id = (SELECT id FROM lot WHERE number = 'C1')"
W1 = "lot_id = (SELECT id FROM lot WHERE number = 'W1')"
K1 = "lot_id = (SELECT id FROM lot WHERE number = 'K1')"

TOLD = {
    "a lesser class": (
        "UPDATE recall SET class = 'III' WHERE number = 2",
        "RC2: event 64 tells of class I, and the record of III",
    ),
    "another reference": (
        "UPDATE recall SET reference = 'D-1' WHERE number = 2",
        "RC2: event 64 tells of reference D-0793-2026, and the record of D-1",
    ),
    "another date": (
        "UPDATE recall SET dated = '2026-11-01' WHERE number = 2",
        "RC2: event 64 tells of dated 2026-11-24, and the record of 2026-11-01",
    ),
    "another reason": (
        "UPDATE recall SET reason = 'forged' WHERE number = 2",
        "RC2: event 64 tells of another reason than the record",
    ),
    "another product": (
        "UPDATE recall SET product_id = (SELECT id FROM product WHERE code = 'NO-CY-TAK1') WHERE number = 1",
        "RC1: event 61 tells of product US-CY-ARG1, and the record of NO-CY-TAK1",
    ),
    "another lot": (
        "UPDATE recall SET lot_number = 'K2' WHERE number = 2",
        "RC2: event 64 tells of lot K1, and the record of K2",
    ),
    "fewer expiries": (
        "UPDATE recall SET expires_from = '2028-01-31' WHERE number = 2",
        "RC2: event 64 tells of expires from nothing, and the record of 2028-01-31",
    ),
    "earlier expiries": (
        "UPDATE recall SET expires_to = '2026-01-31' WHERE number = 2",
        "RC2: event 64 tells of expires to nothing, and the record of 2026-01-31",
    ),
    "recalled by another person": (
        f"UPDATE recall SET by_id = {KIM} WHERE number = 2",
        "RC2: event 64 tells of by alex, and the record of kim",
    ),
    "a lost recall": (
        "DELETE FROM recall WHERE number = 2",
        "RC2: event 64 tells of `lot recall`, and no record does; "
        "RC2: event 64 and the record differ in the act about lot K1",
    ),
    "a recall from nowhere": (
        "INSERT INTO recall (site_id, number, request_id, class, reference, dated, reason, lot_number, at, by_id) "
        "SELECT site_id, 3, 1, class, reference, dated, reason, lot_number, at, by_id FROM recall WHERE number = 2",
        "RC3: no event of request init tells of this recall",
    ),
    "another reason of a withdrawal": (
        "UPDATE recall_withdrawal SET reason = 'forged'",
        "RC1: event 63 tells of another reason than the record",
    ),
    "a recall that holds again": (
        "DELETE FROM recall_withdrawal",
        "RC1: event 63 tells of `recall withdraw`, and no record does",
    ),
    "a recall that holds no longer": (
        "INSERT INTO recall_withdrawal (recall_id, request_id, reason, at, by_id) "
        "SELECT id, 1, '', at, by_id FROM recall WHERE number = 2",
        "RC2: no event of request init tells of this recall withdrawal",
    ),
    "another outcome of a call": (
        "UPDATE recall_contact SET contact = 'not reached'",
        "RC1: event 62 tells of contact reached, and the record of not reached",
    ),
    "another note of a call": (
        "UPDATE recall_contact SET note = 'forged'",
        "RC1: event 62 tells of another note than the record",
    ),
    "a call to another patient": (
        "UPDATE recall_contact SET patient_id = (SELECT id FROM patient WHERE number = 2)",
        "RC1: event 62 tells of another patient than the record",
    ),
    "a call because of another recall": (
        "UPDATE recall_contact SET recall_id = (SELECT id FROM recall WHERE number = 2)",
        "RC1: event 62 tells of subject RC1, and the record of RC2",
    ),
    "a lost call": (
        "DELETE FROM recall_contact",
        "RC1: event 62 tells of `recall contact`, and no record does",
    ),
    "a call that nobody made": (
        "INSERT INTO recall_contact (recall_id, patient_id, request_id, contact, note, at, by_id) "
        "SELECT recall_id, patient_id, 1, contact, '', at, by_id FROM recall_contact",
        "RC1: no event of request init tells of this recall contact",
    ),
    "a lost hold": (
        f"DELETE FROM lot_act WHERE act = 'hold' AND {C1}",
        "C1: event 58 and the record differ in the act about lot C1",
    ),
    "another reason of a hold": (
        f"UPDATE lot_act SET reason = 'forged' WHERE act = 'hold' AND {C1}",
        "C1: event 58 and the record differ in the act about lot C1",
    ),
    "a release by another person": (
        f"UPDATE lot_act SET by_id = {KIM} WHERE act = 'release' AND {C1}",
        "C1: event 59 and the record differ in the act about lot C1",
    ),
    "a release at another hour": (
        f"UPDATE lot_act SET at = '2026-11-22 08:00:00.000000{{zone}}' WHERE act = 'release' AND {C1}",
        "C1: event 59 and the record differ in the act about lot C1",
    ),
    "a lot that is not recalled": (
        f"DELETE FROM lot_act WHERE {K1}",
        "RC2: event 64 and the record differ in the act about lot K1",
    ),
    "recalled by another notice": (
        f"UPDATE lot_act SET recall_id = (SELECT id FROM recall WHERE number = 1) WHERE {K1}",
        "RC2: event 64 and the record differ in the act about lot K1",
    ),
    "a withdrawal that frees no lot": (
        "DELETE FROM lot_act WHERE act = 'withdraw' AND lot_id = (SELECT id FROM lot WHERE number = 'H1')",
        "RC1: event 63 and the record differ in the act about lot H1",
    ),
    "a hold after an excursion that is lost": (
        f"DELETE FROM lot_act WHERE {W1}",
        "shelf-2: event 60 and the record differ in the act about lot W1",
    ),
    "a hold for no excursion": (
        f"UPDATE lot_act SET excursion_id = NULL WHERE {W1}",
        "shelf-2: event 60 and the record differ in the act about lot W1",
    ),
    "a hold for light that is lost": (
        "DELETE FROM lot_act WHERE reason = '60 of 60 minutes in the light'",
        "B1: event 57 and the record differ in the act about lot B1",
    ),
    "an act from nowhere": (
        f"INSERT INTO lot_act (lot_id, request_id, act, reason, at, by_id) SELECT lot_id, 1, act, '', at, by_id "
        f"FROM lot_act WHERE act = 'release' AND {C1}",
        "C1: no event of request init tells of this lot act",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_row_that_its_event_does_not_tell_is_found(busy, name):
    statement, detail = TOLD[name]
    assert told_by(busy, "recall records", placed(busy, statement)) == detail
