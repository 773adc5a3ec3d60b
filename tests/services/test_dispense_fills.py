from dataclasses import replace
from datetime import date, timedelta

from dispensary.lookup import NotFound
from dispensary.rules.choosing import MoreThanPrescribed
from dispensary.rules.quantity import NotAWholeMicrolitre
from dispensary.rules.safety import StoppedByChecks
from tests.build import a_lot, a_patient, an_rx, codes, dispensed, later, returned, the_rx
from tests.owning import past
from tests.refusing import nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def test_refuses_when_every_fill_was_dispensed(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    fills = [dispensed(later(shop, days), rx) for days in (0, 28, 56)]
    assert [(each.fill, each.refills_left) for each in fills] == [(1, 2), (2, 1), (3, 0)]
    after = later(shop, 84)
    refusal = nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx))
    assert codes(refusal) == ["prescription_exhausted"]


def test_a_refill_goes_on_where_the_last_one_ends(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    assert dispensed(shop, rx).next_fill_on == date(2026, 12, 19)
    second = dispensed(later(shop, 21), rx)
    assert (second.last_injection, second.next_fill_on) == (date(2027, 1, 9), date(2027, 1, 16))


def test_a_refill_after_a_gap_begins_on_its_day(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx)
    assert dispensed(later(shop, 60), rx).last_injection == date(2027, 2, 10)


def test_what_a_fill_lacks_is_owed_and_collected_at_any_time(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    first, second = dispensed(shop, rx, units=1), dispensed(shop, rx)
    assert (first.units, first.owed, first.refills_left, first.completes) == (1, 3, 1, None)
    assert (second.units, second.owed, second.refills_left, second.completes) == (3, 0, 1, "D1")
    assert (second.days_supply, second.next_fill_on) == (21, date(2026, 12, 19))
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["early_refill"]
    assert (dispensed(later(shop, 21), rx).refills_left, rx) == (0, "RX1")


def test_what_is_owed_may_be_collected_in_parts(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    assert [dispensed(shop, rx, units=units).owed for units in (1, 1, 2)] == [3, 2, 0]
    assert dispensed(later(shop, 21), rx).units == 4


def test_no_more_than_is_owed_is_handed_over(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    dispensed(shop, rx, units=3)
    refusal = nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=2))
    assert refusal.most == 1


def test_the_rest_of_a_fill_by_days_is_owed(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, days=28, refills=1)
    first, second = dispensed(shop, rx, units=1), dispensed(shop, rx)
    assert (first.owed, first.refills_left) == (3, 1)
    assert (second.units, second.owed, second.refills_left) == (3, 0, 1)
    third = dispensed(later(shop, 21), rx)
    assert (third.units, third.refills_left) == (4, 0)


def test_what_came_back_of_a_fill_is_not_owed(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    returned(shop, dispensed(shop, rx).dispense, units=2)
    # Two doses were kept, which last 14 days.
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["early_refill"]
    after = later(shop, 11)
    assert (dispensed(after, rx).units, after.today) == (4, date(2026, 12, 2))


def test_a_returned_part_moves_the_next_injection(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    returned(shop, dispensed(shop, rx).dispense, units=2)
    assert dispensed(later(shop, 12), rx).last_injection == date(2026, 12, 26)


def test_a_fill_that_came_back_whole_frees_the_next(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=0)
    returned(shop, dispensed(shop, rx).dispense)
    assert dispensed(shop, rx).units == 4


def test_an_early_refill_waits_for_its_day_or_for_a_reason(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=5)
    dispensed(shop, rx)
    # Three quarters of 28 days are 21.
    early = later(shop, 20)
    refusal = nothing_written(early, StoppedByChecks, lambda: dispensed(early, rx))
    assert codes(refusal) == ["early_refill"]
    assert "2026-12-12" in str(refusal)
    found = dispensed(early, rx, overrides={"early_refill": "travel: flies to Oslo"}).findings
    assert [(each.code, each.reason_code) for each in found if each.reason] == [("early_refill", "travel")]


def test_early_fills_never_add_up(shop):
    a_lot(shop, units=100, expires="2028-11-30")
    rx = an_rx(shop, units=4, refills=11)
    day, ahead = 0, []
    while len(ahead) < 12:
        try:
            receipt = dispensed(later(shop, day), rx)
        except StoppedByChecks:
            day += 1
            continue
        covered = (receipt.next_fill_on - shop.today).days
        ahead.append(covered - day - receipt.days_supply)
    # A quarter of 28 days is never exceeded, whoever comes as early as allowed each time.
    assert max(ahead) == 7
    assert day == 11 * 28 - 7


def test_how_early_is_a_setting(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=5)
    dispensed(shop, rx)
    strict = later(shop, 21)
    strict.practice = replace(shop.practice, early_refill_percent=90)
    nothing_written(strict, StoppedByChecks, lambda: dispensed(strict, rx))
    assert dispensed(later(shop, 21), rx).fill == 2


def test_a_loading_phase_goes_on_from_fill_to_fill(shop):
    a_lot(shop, PLAIN, lot="N1", units=50)
    rx = an_rx(shop, directions="1 mg IM daily for 7 days, then 1 mg IM weekly", units=5, refills=3)
    assert dispensed(shop, rx).next_fill_on == date(2026, 11, 26)
    # Two daily ones are left, then three weekly ones from the eighth day on.
    second = dispensed(later(shop, 5), rx)
    assert (second.last_injection, second.next_fill_on) == (date(2026, 12, 12), date(2026, 12, 19))
    assert second.directions == "1 mg IM daily for 2 doses, then 1 mg IM weekly"


def test_directions_that_are_completed_are_dispensed_no_more(shop):
    a_lot(shop, PLAIN, lot="N1", units=50)
    rx = an_rx(shop, directions="1 mg IM daily for 7 days", units=4, refills=3)
    dispensed(shop, rx)
    # Three of the seven are left, and four units are a fill.
    nothing_written(later(shop, 4), StoppedByChecks, lambda: dispensed(later(shop, 4), rx))
    last = dispensed(later(shop, 4), rx, units=3)
    assert (last.units, last.next_fill_on) == (3, None)
    after = later(shop, 30)
    refusal = nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx))
    assert codes(refusal) == ["course_completed"]


def test_refuses_more_units_than_a_fill_may_hold(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=5)
    nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=5))


def test_days_become_the_units_that_last_so_long(shop):
    a_lot(shop, PLAIN, lot="N1", units=50)
    receipt = dispensed(shop, an_rx(shop, directions="1 mg IM every 2 to 3 days", days=28, refills=0))
    # Every second day, the shorter end: 14 injections.
    assert (receipt.units, receipt.days_supply) == (14, 28)


def test_a_prescription_by_days_counts_its_fills(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, days=28, refills=1)
    fills = dispensed(shop, rx), dispensed(later(shop, 28), rx)
    assert [(each.units, each.refills_left) for each in fills] == [(4, 1), (4, 0)]
    after = later(shop, 56)
    nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx))


def test_refuses_more_units_than_the_days_need(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, days=28)
    nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=5))


def test_what_came_back_may_be_dispensed_again(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=0)
    returned(shop, dispensed(shop, rx).dispense, units=3)
    assert dispensed(shop, rx, overrides={"early_refill": "lost_or_broken: three vials cracked"}).units == 3
    after = later(shop, 60)
    nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx))


def test_refuses_a_prescription_that_is_not_there(shop):
    nothing_written(shop, NotFound, lambda: dispensed(shop, "RX9"))


def test_refuses_a_dose_that_no_syringe_measures(shop):
    a_lot(shop, PLAIN, lot="N1")
    # 1,111 mcg of 1,000 mcg/mL is 1,111 microlitres; the strengths of the formulary all measure whole mcg.
    assert dispensed(shop, an_rx(shop, directions="1111 mcg IM weekly", units=2)).units == 2
    past(shop, lambda db: db.exec_driver_sql("UPDATE product SET strength_mcg_per_ml = 3000 WHERE code = 'NO-CY-TAK1'"))
    rx = an_rx(shop, a_patient(shop, identifier="MRN-2"), "PR1", directions="1 mg IM weekly")
    nothing_written(shop, NotAWholeMicrolitre, lambda: dispensed(shop, rx))


def test_the_label_of_a_refill_leaves_out_what_is_over(shop):
    a_lot(shop, PLAIN, lot="N1", units=50)
    rx = an_rx(shop, directions="1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then monthly", units=7)
    texts = [dispensed(later(shop, days), rx).directions for days in (0, 7)]
    assert texts == [
        "1 mg IM daily for 7 days, then 1 mg IM weekly for 4 weeks, then 1 mg IM monthly",
        "1 mg IM weekly for 4 weeks, then 1 mg IM monthly",
    ]


def test_a_renewal_begins_where_the_vials_of_the_prescription_before_it_end(shop):
    a_lot(shop, units=99, expires="2029-11-30")
    patient = a_patient(shop)
    first = an_rx(shop, patient, units=12, refills=0)
    dispensed(shop, first)
    second = an_rx(shop, patient, "PR1", units=12, refills=0)
    early = later(shop, 62)
    refusal = nothing_written(early, StoppedByChecks, lambda: dispensed(early, second))
    assert codes(refusal) == ["duplicate_supply"]
    # Three quarters of 84 days are 63; the new vials follow the old ones.
    assert dispensed(later(shop, 63), second).next_fill_on == shop.today + timedelta(days=168)


def test_a_part_that_comes_back_later_moves_what_followed_it(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=5)
    dispensed(shop, rx)
    dispensed(later(shop, 21), rx)
    returned(later(shop, 22), "D1", units=1)
    # Seven of eight are kept: seven weeks from the first day.
    assert the_rx(shop, rx).standing.next_injection == shop.today + timedelta(days=49)
