from datetime import date

from dispensary.rules.case import OtherTherapy
from dispensary.rules.finding import Severity
from dispensary.rules.life import LifeState
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.rules.safety import findings
from tests.rules.checks.cases import TODAY, TOMORROW, a_case, codes, only

RX7 = OtherTherapy("RX7", Form.HYDROXOCOBALAMIN, date(2026, 12, 5))
RX8 = OtherTherapy("RX8", Form.CYANOCOBALAMIN, date(2027, 1, 2))
RX9 = OtherTherapy("RX9", Form.CYANOCOBALAMIN, None)


def test_every_reason_why_it_has_ended_is_told():
    ended = codes(
        state=LifeState.CANCELLED, valid_until=date(2026, 1, 1), fills_left=0, course_complete=True, written=TOMORROW
    )
    assert ended == [
        "prescription_cancelled",
        "not_yet_written",
        "prescription_expired",
        "prescription_exhausted",
        "course_completed",
    ]


def test_a_hold_without_a_reason_shows_no_empty_parentheses():
    held = only(state=LifeState.HELD).message
    assert held == "The prescription is held: release it with `dispensary rx release` first."


def test_the_early_refill_names_the_part_that_is_set():
    message = only(earliest_fill=TOMORROW, practice=Practice(early_refill_percent=90)).message
    assert "90% of a supply" in message


def test_several_supplies_are_one_finding_as_one_reason_answers_them():
    (finding,) = findings(a_case(others=(RX7, RX8)))
    assert "RX7 (hydroxocobalamin) until 2026-12-05 and RX8 (cyanocobalamin) until 2027-01-02" in finding.message


def test_a_running_supply_and_an_idle_prescription_are_told_apart():
    found = findings(a_case(others=(RX9, RX7)))
    assert [(finding.code, finding.severity) for finding in found] == [
        ("duplicate_supply", Severity.OVERRIDE),
        ("duplicate_prescription", Severity.NOTE),
    ]
    assert "RX9" not in found[0].message
    assert "RX7" not in found[1].message


def test_the_day_after_the_other_supply_it_no_longer_runs():
    assert codes(others=(OtherTherapy("RX7", Form.CYANOCOBALAMIN, TODAY),)) == ["duplicate_prescription"]
