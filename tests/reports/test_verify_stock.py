"""Stock acts, returns, counts and batches that were changed past the program are found, by events or by movements.

The pharmacy is that of tests.everything.
"""

import pytest

from tests.reports.planting import placed, told_by

KIM = "(SELECT id FROM user_account WHERE name = 'kim')"
A1 = "(SELECT id FROM lot WHERE number = 'A1')"
W1 = "(SELECT id FROM lot WHERE number = 'W1')"
SHELF = "(SELECT id FROM place WHERE site_id = 1 AND code = 'shelf')"
QUARANTINE = "(SELECT id FROM place WHERE site_id = 1 AND code = 'quarantine')"
OF_ACT = "request_id = (SELECT request_id FROM stock_act WHERE number = {})"
MOVED, DESTROYED, SENT = (OF_ACT.format(number) for number in (1, 2, 3))
CLOSED = "request_id = (SELECT request_id FROM count_closing ORDER BY count_id LIMIT 1)"
MADE = "request_id = (SELECT request_id FROM batch)"
C1 = "(SELECT id FROM stock_count WHERE number = 1)"

TOLD = {
    "another reason": (
        "UPDATE stock_act SET reason = 'forged' WHERE number = 2",
        "S2: event 48 tells of another reason than the record",
    ),
    "no witness": (
        "UPDATE stock_act SET witness_id = NULL WHERE number = 2",
        "S2: event 48 tells of witness sam, and the record of nothing",
    ),
    "a witness of a move": (
        f"UPDATE stock_act SET witness_id = {KIM} WHERE number = 1",
        "S1: event 47 tells of witness nothing, and the record of kim",
    ),
    "another reference": (
        "UPDATE stock_act SET reference = 'RMA-8' WHERE number = 3",
        "S3: event 49 tells of reference RMA-7, and the record of RMA-8",
    ),
    "destroyed by another person": (
        f"UPDATE stock_act SET by_id = {KIM} WHERE number = 2",
        "S2: event 48 tells of by alex, and the record of kim",
    ),
    "another moment": (
        "UPDATE stock_act SET at = '2026-11-20 14:30:00.000000{zone}' WHERE number = 2",
        "S2: event 48 tells of at 2026-11-21 14:30:00+00:00, and the record of 2026-11-20 14:30:00+00:00",
    ),
    "another act": (
        "UPDATE stock_act SET kind = 'send back' WHERE number = 2",
        "S2: event 48 tells of act destroy, and the record of send back; "
        "S2: no event of request do-46 tells of this stock act",
    ),
    "a lost act": (
        "DELETE FROM stock_act WHERE number = 3",
        "S3: event 49 tells of `send back`, and no record does",
    ),
    "an act from nowhere": (
        "INSERT INTO stock_act (site_id, number, request_id, kind, at, by_id) SELECT site_id, 4, 1, kind, at, by_id "
        "FROM stock_act WHERE number = 1",
        "S4: no event of request init tells of this stock act",
    ),
    "moved to elsewhere": (
        f"UPDATE movement SET to_place_id = {QUARANTINE} WHERE {MOVED}",
        "S1: event 47 and the record differ in the line of lot A1",
    ),
    "destroyed from elsewhere": (
        f"UPDATE movement SET from_place_id = {QUARANTINE} WHERE {DESTROYED}",
        "S2: event 48 and the record differ in the line of lot A1",
    ),
    "another reason of a return": (
        "UPDATE dispense_return SET reason = 'forged' WHERE number = 1",
        "RT1: event 31 tells of another reason than the record",
    ),
    "a return that never left": (
        "UPDATE dispense_return SET undelivered = {true} WHERE number = 1",
        "RT1: event 31 tells of undelivered False, and the record of True",
    ),
    "a return of another fill": (
        "UPDATE dispense_return SET dispense_id = (SELECT id FROM dispense WHERE number = 2) WHERE number = 1",
        "RT1: event 31 tells of dispense D1, and the record of D2",
    ),
    "a return of another patient's fill": (
        "UPDATE dispense_return SET dispense_id = (SELECT id FROM dispense WHERE number = 3) WHERE number = 1",
        "RT1: event 31 tells of dispense D1, and the record of D3; "
        "RT1: event 31 tells of another patient than the record",
    ),
    "returned to quarantine": (
        f"UPDATE movement SET to_place_id = {QUARANTINE} "
        "WHERE request_id = (SELECT request_id FROM dispense_return WHERE number = 1)",
        "RT1: event 31 and the record differ in the line of lot A1",
    ),
    "a lost return": (
        "DELETE FROM dispense_return WHERE number = 1",
        "RT1: event 31 tells of `return`, and no record does",
    ),
    "a return from nowhere": (
        "INSERT INTO dispense_return (site_id, number, request_id, dispense_id, units, reason, undelivered) "
        "SELECT site_id, 3, 1, dispense_id, units, reason, undelivered FROM dispense_return WHERE number = 1",
        "RT3: no event of request init tells of this dispense return",
    ),
    "a count of another place": (
        f"UPDATE stock_count SET place_id = {SHELF} WHERE number = 1",
        "C1: event 50 tells of place shelf-2, and the record of shelf",
    ),
    "a count of another product": (
        "UPDATE stock_count SET product_id = (SELECT id FROM product WHERE code = 'US-CY-ARG1') WHERE number = 2",
        "C2: event 54 tells of product US-CY-DOD10, and the record of US-CY-ARG1",
    ),
    "counted by another person": (
        f"UPDATE stock_count SET by_id = {KIM} WHERE number = 1",
        "C1: event 50 tells of by alex, and the record of kim",
    ),
    "fewer units to be counted": (
        f"UPDATE count_line SET units = 2 WHERE lot_id = {W1}",
        "C1: event 50 and the record differ in the line of lot W1",
    ),
    "a lot that was not to be counted": (
        f"DELETE FROM count_line WHERE lot_id = {W1}",
        "C1: event 50 and the record differ in the line of lot W1",
    ),
    "another entry": (
        f"UPDATE count_entry SET units = 5 WHERE lot_id = {A1}",
        "C1: event 52 tells of units 4, and the record of 5",
    ),
    "another figure of the books": (
        f"UPDATE count_entry SET book_units = 4 WHERE lot_id = {A1}",
        "C1: event 52 tells of book units 5, and the record of 4",
    ),
    "an entry of another lot": (
        f"UPDATE count_entry SET lot_id = {W1} WHERE lot_id = {A1}",
        "C1: event 52 tells of lot A1, and the record of W1; "
        "C1: event 52 tells of expires 2027-10-30, and the record of 2027-11-30",
    ),
    "an entry of another place": (
        f"UPDATE count_entry SET place_id = {SHELF} WHERE lot_id = {A1}",
        "C1: event 52 tells of place shelf-2, and the record of shelf",
    ),
    "an entry of another count": (
        f"UPDATE count_entry SET count_id = (SELECT id FROM stock_count WHERE number = 2) WHERE lot_id = {A1}",
        "C1: event 52 tells of subject C1, and the record of C2",
    ),
    "a lost entry": (
        f"DELETE FROM count_entry WHERE lot_id = {W1}",
        "C1: event 51 tells of `count enter`, and no record does",
    ),
    "an entry from nowhere": (
        "INSERT INTO count_entry (count_id, request_id, lot_id, place_id, units, book_units, at, by_id) "
        f"SELECT count_id, 1, lot_id, place_id, 9, 9, at, by_id FROM count_entry WHERE lot_id = {W1}",
        "C1: no event of request init tells of this count entry",
    ),
    "another reason of a variance": (
        f"UPDATE count_closing SET reason = 'forged' WHERE count_id = {C1}",
        "C1: event 53 tells of another reason than the record",
    ),
    "a count that is open again": (
        f"DELETE FROM count_closing WHERE count_id = {C1}",
        "C1: event 53 tells of `count close`, and no record does",
    ),
    "a variance of elsewhere": (
        f"UPDATE movement SET from_place_id = {QUARANTINE} WHERE {CLOSED}",
        "C1: event 53 and the record differ in the line of lot A1",
    ),
    "another checker": (
        "UPDATE batch SET checked_by_id = (SELECT id FROM user_account WHERE name = 'sam')",
        "B1: event 56 tells of checked by kim, and the record of sam",
    ),
    "another category": (
        "UPDATE batch SET category = '1'",
        "B1: event 56 tells of category 2, and the record of 1",
    ),
    "another start": (
        "UPDATE batch SET start = 'non-sterile'",
        "B1: event 56 tells of start sterile, and the record of non-sterile",
    ),
    "more stability": (
        "UPDATE batch SET stability_days = 90",
        "B1: event 56 tells of stability days 20, and the record of 90",
    ),
    "another source": (
        "UPDATE batch SET stability_source = 'rumour'",
        "B1: event 56 tells of stability source a study, and the record of rumour",
    ),
    "another limit": (
        "UPDATE batch SET limited_by = 'nothing'",
        "B1: event 56 tells of limited by category 2, sterile start, refrigerated: 10 days (USP <797>, 2023), "
        "and the record of nothing",
    ),
    "another preservative": (
        "UPDATE batch SET preservative = 'none'",
        "B1: event 56 tells of preservative benzyl alcohol 15 mg/mL, and the record of none",
    ),
    "another strength": (
        "UPDATE batch SET strength_mcg_per_ml = 500",
        "B1: event 56 tells of strength mcg per ml 1000, and the record of 500",
    ),
    "fewer units": (
        "UPDATE batch SET units = 4",
        "B1: event 56 tells of units 5, and the record of 4",
    ),
    "a better yield": (
        "UPDATE batch SET expected_units = 6",
        "B1: event 56 tells of expected units 5, and the record of 6",
    ),
    "made by another person": (
        f"UPDATE batch SET by_id = {KIM}, checked_by_id = by_id",
        "B1: event 56 tells of by alex, and the record of kim; "
        "B1: event 56 tells of checked by kim, and the record of alex",
    ),
    "a later beyond-use date": (
        "UPDATE lot SET expires = '2027-11-30' WHERE number = 'H1'",
        "B1: event 56 tells of expires 2026-11-30, and the record of 2027-11-30; "
        "B1: event 56 and the record differ in the line of lot H1",
    ),
    "a lost batch": (
        "DELETE FROM batch",
        "B1: event 56 tells of `repack`, and no record does",
    ),
    "a batch from nowhere": (
        f"UPDATE batch SET request_id = 1, lot_id = {W1}",
        "B1: event 56 tells of `repack`, and no record does; B1: no event of request init tells of this batch",
    ),
    "a lost ingredient": (
        "DELETE FROM batch_ingredient",
        "B1: event 56 and the record differ in the ingredient Cyanocobalamin injection (US-CY-ARG1)",
    ),
    "another lot of an ingredient": (
        "UPDATE batch_ingredient SET lot_number = 'W1'",
        "B1: event 56 and the record differ in the ingredient Cyanocobalamin injection (US-CY-ARG1)",
    ),
    "another expiry of an ingredient": (
        "UPDATE batch_ingredient SET expires = '2029-01-31'",
        "B1: event 56 and the record differ in the ingredient Cyanocobalamin injection (US-CY-ARG1)",
    ),
    "another amount of an ingredient": (
        "UPDATE batch_ingredient SET amount = '6 x 1 mL'",
        "B1: event 56 and the record differ in the ingredient Cyanocobalamin injection (US-CY-ARG1)",
    ),
    "another name of an ingredient": (
        "UPDATE batch_ingredient SET name = 'Water'",
        "B1: event 56 and the record differ in the ingredient Cyanocobalamin injection (US-CY-ARG1)",
    ),
    "put elsewhere": (
        f"UPDATE movement SET to_place_id = {SHELF} WHERE {MADE} AND lot_id <> {A1}",
        "B1: event 56 and the record differ in the line of lot H1",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_row_that_its_event_does_not_tell_is_found(busy, name):
    statement, detail = TOLD[name]
    assert told_by(busy, "stock records", placed(busy, statement)) == detail


MOVEMENT = "SELECT id FROM movement WHERE "

BOOKS = {
    "a calculation that was changed": (
        "UPDATE batch SET calculation = 'none'",
        "stock records",
        "B1: event 56 tells of calculation ",
    ),
    "a destruction that went to the supplier": (
        "UPDATE movement SET to_place_id = (SELECT id FROM place WHERE site_id = 1 AND kind = 'supplier') "
        f"WHERE {DESTROYED}",
        "stock acts",
        "S2 is to destroy, and its movements do something else",
    ),
    "a move that was none": (
        f"DELETE FROM movement WHERE {MOVED}",
        "stock acts",
        "S1 is to move, and its movements are not there",
    ),
    "a return to the supplier that was destroyed": (
        f"UPDATE movement SET to_place_id = (SELECT id FROM place WHERE site_id = 1 AND kind = 'waste') WHERE {SENT}",
        "stock acts",
        "S3 is to send back, and its movements do something else",
    ),
    "a movement without a stock act": (
        "DELETE FROM stock_act WHERE number = 2",
        "movements",
        "movement {destroyed} of lot A1 is without a stock act",
    ),
    "a movement without a vial": (
        "DELETE FROM vial WHERE number = 3",
        "movements",
        "movement {opened} of lot M1 is without a vial",
    ),
    "a movement without a count": (
        f"DELETE FROM count_closing WHERE count_id = {C1}",
        "movements",
        "movement {counted} of lot A1 is without a count",
    ),
    "movements without a batch": (
        "DELETE FROM batch",
        "movements",
        "movement {used} of lot A1 is without a batch; movement {made} of lot H1 is without a batch",
    ),
    "units that were destroyed and come back": (
        "UPDATE movement SET from_place_id = (SELECT id FROM place WHERE site_id = 1 AND kind = 'waste') "
        "WHERE request_id = (SELECT request_id FROM receipt WHERE number = 3)",
        "movements",
        "movement {received} of lot B1 brings back what was used up",
    ),
    "an opened unit that is whole again": (
        "UPDATE movement SET from_place_id = (SELECT id FROM place WHERE site_id = 1 AND kind = 'opened') "
        "WHERE request_id = (SELECT request_id FROM receipt WHERE number = 3)",
        "movements",
        "movement {received} of lot B1 brings back what was used up",
    ),
    "a batch that used more": (
        f"UPDATE movement SET units = 6 WHERE {MADE} AND lot_id = {A1}",
        "batches",
        "B1 has other units of lot A1 than its movements",
    ),
    "a batch that made more": (
        f"UPDATE movement SET units = 6 WHERE {MADE} AND lot_id <> {A1}",
        "batches",
        "B1 has other units of lot H1 than its movements",
    ),
    "a batch of another lot": (
        f"UPDATE batch_ingredient SET lot_id = {W1}",
        "batches",
        "B1 has other units of lot A1 than its movements; B1 has other units of lot W1 than its movements",
    ),
    "fewer units of an ingredient": (
        "UPDATE batch_ingredient SET units = 4",
        "batches",
        "B1 has other units of lot A1 than its movements",
    ),
    "an undelivered fill that went elsewhere": (
        f"UPDATE movement SET to_place_id = {QUARANTINE} "
        "WHERE request_id = (SELECT request_id FROM dispense_return WHERE number = 2)",
        "returns",
        "RT2 has 2 units, and its movements 0 and 2 that do not belong",
    ),
    "what a patient had, back on the shelf": (
        "UPDATE dispense_return SET undelivered = {false} WHERE number = 2",
        "returns",
        "RT2 has 2 units, and its movements 0 and 2 that do not belong",
    ),
    "a recalled lot that is available": (
        "UPDATE lot SET state = 'available' WHERE number = 'K1'",
        "lot states",
        "lot K1 of US-CY-ARG1 is available, and the last that was done is to recall it",
    ),
    "a lot that was withdrawn and is available": (
        "UPDATE lot SET state = 'available' WHERE number = 'A1'",
        "lot states",
        "lot A1 of US-CY-ARG1 is available, and the last that was done is to withdraw it",
    ),
    "a released lot that is held": (
        "UPDATE lot SET state = 'held' WHERE number = 'C1'",
        "lot states",
        "lot C1 of US-CY-ARG1 is held, and the last that was done is to release it",
    ),
    "a lot held by nobody": (
        "UPDATE lot SET state = 'held' WHERE number = 'M1'",
        "lot states",
        "lot M1 of US-CY-DOD10 is held, and nothing was done about it",
    ),
}


@pytest.mark.parametrize("name", BOOKS)
def test_books_that_do_not_agree_are_found(busy, name):
    statement, check, detail = BOOKS[name]
    where = {
        "destroyed": DESTROYED,
        "opened": "request_id = (SELECT request_id FROM vial WHERE number = 3)",
        "counted": CLOSED,
        "used": f"{MADE} AND lot_id = {A1}",
        "made": f"{MADE} AND lot_id <> {A1}",
        "received": "request_id = (SELECT request_id FROM receipt WHERE number = 3)",
    }
    ids = {of: busy.read(lambda db, at=at: db.exec_driver_sql(MOVEMENT + at).scalar()) for of, at in where.items()}
    assert told_by(busy, check, placed(busy, statement)).startswith(detail.format_map(ids))
