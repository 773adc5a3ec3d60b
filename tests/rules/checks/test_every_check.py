"""What holds of every check: removed, it is missed; found, it says why, what to do and whence the rule comes."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dispensary.rules import checks, safety
from dispensary.rules.checks import CHECKS
from dispensary.rules.finding import Severity
from dispensary.rules.life import LifeState
from dispensary.rules.safety import NotAnOverride, Reason, StoppedByChecks, findings, overridden
from tests.rules.checks.cases import a_case
from tests.rules.checks.table import TABLE

CASES = tuple(case for row in TABLE for case in (row.found, row.not_found, row.boundary))
OVERRIDES = [row for row in TABLE if row.severity is Severity.OVERRIDE]


def by_code(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.code)


def outcomes():
    return [findings(case) for case in CASES]


def codes_in_the_source():
    """Every code that a check is written to give."""
    text = "".join(file.read_text(encoding="utf-8") for file in Path(checks.__file__).parent.glob("*.py"))
    written = re.findall(r'Finding\(\s*"([a-z0-9_]+)"', text)
    assert len(written) + 1 == len(re.findall(r"\bFinding\(", text)), "one code is made of the state"
    return {*written, *(f"prescription_{state}" for state in LifeState if state is not LifeState.ACTIVE)}


def test_nothing_is_found_where_nothing_is_wrong():
    assert findings(a_case()) == ()


def test_the_table_names_every_finding_once():
    assert sorted(row.code for row in TABLE) == sorted(codes_in_the_source())


@by_code(TABLE)
def test_it_is_found_with_its_sentence_and_its_source(row):
    (finding,) = [each for each in findings(row.found) if each.code == row.code]
    assert (finding.severity, finding.message) == (row.severity, row.says)
    assert finding.source
    assert (finding.reason, finding.reason_code) == (None, None)


@by_code(TABLE)
def test_it_is_not_found_in_the_next_case(row):
    assert row.code not in {each.code for each in findings(row.not_found)}


@by_code(TABLE)
def test_it_knows_its_boundary(row):
    assert (row.code in {each.code for each in findings(row.boundary)}) is row.found_at_boundary


@by_code(OVERRIDES)
def test_a_coded_reason_answers_it_and_stands_with_it(row):
    found = findings(row.found)
    reasons = {each.code: Reason("monitored", "weekly") for each in found if each.severity is Severity.OVERRIDE}
    without = {code: reason for code, reason in reasons.items() if code != row.code}
    with pytest.raises(StoppedByChecks):
        overridden(found, without)
    before, after = (
        next(each for each in some if each.code == row.code) for some in (found, overridden(found, reasons))
    )
    assert after == replace(before, reason="monitored: weekly", reason_code="monitored")


@by_code([row for row in TABLE if row.severity is Severity.STOP])
def test_no_reason_helps_against_a_stop(row):
    with pytest.raises(StoppedByChecks):
        overridden(findings(row.found), {row.code: Reason("monitored")})


@by_code([row for row in TABLE if row.severity is Severity.NOTE])
def test_a_note_waits_for_nothing_and_takes_no_reason(row):
    notes = tuple(each for each in findings(row.found) if each.code == row.code)
    assert overridden(notes, {}) == notes
    with pytest.raises(NotAnOverride):
        overridden(notes, {row.code: Reason("monitored")})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.__module__.rpartition('.')[2]}.{check.__name__}")
def test_removing_any_check_is_noticed(check, monkeypatch):
    whole = outcomes()
    monkeypatch.setattr(safety, "CHECKS", tuple(each for each in CHECKS if each is not check))
    assert outcomes() != whole


def test_no_check_runs_twice():
    assert max(Counter(CHECKS).values()) == 1


def test_every_check_that_is_written_is_in_the_list():
    modules = (checks.prescription, checks.patient, checks.dose, checks.product, checks.benzyl_alcohol)
    written = {
        function
        for module in modules
        for name, function in vars(module).items()
        if callable(function) and getattr(function, "__annotations__", {}).keys() == {"case", "return"}
        if "Iterator" in str(function.__annotations__["return"])
    }
    assert written == set(CHECKS)


def test_a_reason_and_a_note_are_found_once_in_a_case():
    """A reason answers a code, and a fill keeps one finding of each."""
    for case in CASES:
        kept = Counter(each.code for each in findings(case) if each.severity is not Severity.STOP)
        assert max(kept.values(), default=1) == 1
