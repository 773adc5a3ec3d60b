from datetime import date

import pytest

from dispensary.rules.finding import Finding, Severity
from dispensary.rules.life import LifeState
from dispensary.rules.product import Form, Route
from dispensary.rules.safety import (
    OTHER,
    REASONS,
    NotAnOverride,
    OverriddenTwice,
    Reason,
    StoppedByChecks,
    blocking,
    findings,
    overridden,
    read_override,
    read_overrides,
    read_reason,
    stops,
)
from dispensary.rules.text import NotCleanText, clean_text
from tests.refusing import refused
from tests.rules.checks.cases import TODAY, TOMORROW, a_case, codes, phase

LEBER = Finding("leber", Severity.OVERRIDE, "Leber.", "the label")
KIDNEYS = Finding("kidney_failure", Severity.OVERRIDE, "Kidneys.", "the label")
NOTE = Finding("note", Severity.NOTE, "A note.")
STOP = Finding("stop", Severity.STOP, "Stop.")
ANOTHER_STOP = Finding("another_stop", Severity.STOP, "Another stop.")
JUDGED = Reason(OTHER, "judged")
TRAVEL = Reason("travel", "flies to Oslo")


def test_all_findings_are_collected_in_one_order():
    assert codes(
        phase("1000 mg", route=Route.SUBCUT),
        product="US-HY-ACT30",
        form=Form.CYANOCOBALAMIN,
        valid_until=date(2026, 1, 1),
        fills_left=0,
        sensitivities=("cobalamin", "parabens"),
    ) == [
        "prescription_expired",
        "prescription_exhausted",
        "cobalamin_hypersensitivity",
        "thousandfold_dose",
        "weekly_total",
        "wrong_form",
        "route_not_labelled",
        "preservative_sensitivity",
    ]


def test_only_stops_are_stops():
    assert stops((LEBER, STOP, NOTE)) == (STOP,)


def test_what_blocks_are_the_stops_and_then_the_overrides_without_a_reason():
    (answered,) = overridden((LEBER,), {"leber": JUDGED})
    assert blocking((NOTE, KIDNEYS, STOP, answered)) == (STOP, KIDNEYS)
    assert blocking((NOTE, answered)) == ()


def test_a_note_ends_nothing():
    assert overridden((NOTE,), {}) == (NOTE,)


def test_the_pharmacists_reason_stands_with_its_finding():
    found = overridden((LEBER, NOTE), {"leber": JUDGED})
    assert found == (Finding("leber", Severity.OVERRIDE, "Leber.", "the label", "judged", OTHER), NOTE)


def test_the_code_of_the_reason_can_be_counted():
    (found,) = overridden((LEBER,), {"leber": TRAVEL})
    assert (found.reason, found.reason_code) == ("travel: flies to Oslo", "travel")


def test_nobody_overrides_a_stop():
    refusal = refused(StoppedByChecks, lambda: overridden((STOP, LEBER), {"stop": JUDGED, "leber": JUDGED}))
    assert refusal.findings == (STOP, LEBER)


def test_all_that_stands_in_the_way_is_told_together():
    refused(StoppedByChecks, lambda: overridden((LEBER, NOTE, STOP, KIDNEYS), {}))
    refused(
        StoppedByChecks,
        lambda: overridden((STOP, ANOTHER_STOP, LEBER, KIDNEYS), {"leber": JUDGED}),
    )
    refused(StoppedByChecks, lambda: overridden((STOP, LEBER), {}))


def test_what_a_counter_sees_of_a_held_prescription_filled_early():
    case = a_case(state=LifeState.HELD, state_reason="moved abroad", earliest_fill=TOMORROW, conditions=("leber",))
    refused(StoppedByChecks, lambda: overridden(findings(case), {}))


def test_the_same_sentence_is_told_once():
    refusal = refused(StoppedByChecks, lambda: overridden((STOP, STOP), {}))
    assert refusal.findings == (STOP, STOP)


@pytest.mark.parametrize("reasons", [{}, {"leber": JUDGED}])
def test_every_override_waits_for_a_pharmacists_reason(reasons):
    refused(StoppedByChecks, lambda: overridden((LEBER, NOTE, KIDNEYS), reasons))


def test_refuses_a_reason_that_answers_nothing():
    refused(NotAnOverride, lambda: overridden((LEBER, KIDNEYS), {"note": JUDGED}))
    refused(NotAnOverride, lambda: overridden((), {"leber": JUDGED}))


@pytest.mark.parametrize(
    ("text", "reason", "shown"),
    [
        ("travel", Reason("travel"), "travel"),
        ("travel:", Reason("travel"), "travel"),
        ("travel: flies to Oslo", TRAVEL, "travel: flies to Oslo"),
        ("travel:flies to Oslo ", TRAVEL, "travel: flies to Oslo"),
        ("other: a power cut", Reason(OTHER, "a power cut"), "a power cut"),
        ("judged", JUDGED, "judged"),
        ("talked to Dr. Berg = agreed ", Reason(OTHER, "talked to Dr. Berg = agreed"), "talked to Dr. Berg = agreed"),
        # No code stands before the colon, or no colon after the code.
        ("Dr. Berg: go on", Reason(OTHER, "Dr. Berg: go on"), "Dr. Berg: go on"),
        ("travel to Oslo", Reason(OTHER, "travel to Oslo"), "travel to Oslo"),
        ("monitored: level: 300", Reason("monitored", "level: 300"), "monitored: level: 300"),
    ],
)
def test_reads_a_code_and_its_reason(text, reason, shown):
    code, words = read_override(f"early_refill={text}")
    assert (code, words) == ("early_refill", text.strip())
    assert read_reason(words) == reason
    assert str(reason) == shown


@pytest.mark.parametrize("code", [code for code in REASONS if code != OTHER])
def test_every_reason_but_other_speaks_for_itself(code):
    assert read_reason(read_override(f"leber={code}")[1]) == Reason(code)
    assert clean_text(REASONS[code], "a reason") == REASONS[code]


@pytest.mark.parametrize("text", ["other", "other:", "other: "])
def test_other_alone_says_nothing(text):
    refused(NotAnOverride, lambda: read_override(f"leber={text}"))


@pytest.mark.parametrize("text", ["leber", "=reason", "Leber=x", "le ber=x", "", "x" * 41 + "=reason"])
def test_refuses_what_is_no_override(text):
    refused(NotAnOverride, lambda: read_override(text))


@pytest.mark.parametrize("text", ["leber=", "leber=  ", "leber=a\x1b[0m", "leber=" + "x" * 201])
def test_refuses_a_reason_that_cannot_be_kept(text):
    refused(NotCleanText, lambda: read_override(text))


def test_one_finding_has_one_reason():
    assert read_overrides(["leber=monitored", "note=travel"]) == {"leber": "monitored", "note": "travel"}
    for second in ("travel", "monitored"):
        refused(OverriddenTwice, lambda second=second: read_overrides(["leber=monitored", f"leber={second}"]))


def test_a_reason_that_is_read_can_be_kept_and_read_again():
    for reason in (TRAVEL, Reason("monitored"), JUDGED):
        assert read_reason(read_override(f"leber={reason}")[1]) == reason


def test_today_is_in_the_case_and_not_on_the_clock():
    assert codes(today=TOMORROW, valid_until=TODAY) == ["prescription_expired"]
