"""The gate before a dispense: all that the checks find, and what a pharmacist answers to it.

A `stop` ends the dispense, an `override` needs a pharmacist's coded reason that is recorded, a `note`
is printed. All findings are collected before any is shown.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dispensary.errors import Refused, quoted
from dispensary.rules.case import Case
from dispensary.rules.checks import CHECKS, Check
from dispensary.rules.checks.dose import thousandfold
from dispensary.rules.directions import Directions
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.text import clean_text

OTHER = "other"
REASONS = {
    "prescriber_consulted": "the prescriber was asked and agrees",
    "benefit_outweighs_risk": "the benefit outweighs the risk",
    "patient_informed": "the patient knows of it and what to watch for",
    "monitored": "it is being monitored",
    "tolerated_before": "the patient has had it before without harm",
    "dose_changed": "the prescriber changed the dose",
    "travel": "the patient travels",
    "holiday_closure": "the pharmacy will be closed",
    "lost_or_broken": "what the patient had is lost or broken",
    OTHER: "another reason, in words",
}
"""The reasons that can be counted, with what each means."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A pharmacist's reason: a code of REASONS and words, which only `other` must have."""

    code: str
    text: str = ""

    def __str__(self) -> str:
        if self.code == OTHER:
            return self.text
        return f"{self.code}: {self.text}" if self.text else self.code


class NotAnOverride(Refused):
    """An override without code, reason or a finding that it answers."""

    sentence = "{given} overrides nothing: {way_out}."
    given: str
    way_out: str


class OverriddenTwice(Refused):
    """Two reasons for one finding, of which the record could keep only one."""

    sentence = "{finding} is overridden twice, and nothing was written: give one reason for it."
    finding: str


class StoppedByChecks(Refused):
    """The checks found something that ends the dispense or waits for a pharmacist's reason."""

    sentence = "{messages} {outcome}."
    messages: str
    findings: tuple[Finding, ...]
    outcome: str


def require_no_slip(directions: Directions, outcome: str) -> None:
    """Nothing, where no dose is a thousandth or a thousand times of what is ever injected; else StoppedByChecks."""
    slips = tuple(thousandfold(directions))
    if slips:
        raise StoppedByChecks(messages=" ".join(slip.message for slip in slips), findings=slips, outcome=outcome)


def read_overrides(texts: Iterable[str]) -> dict[str, str]:
    """The reasons by the codes of their findings; raises OverriddenTwice, NotAnOverride and NotCleanText."""
    reasons: dict[str, str] = {}
    for code, words in map(read_override, texts):
        if code in reasons:
            raise OverriddenTwice(finding=code)
        reasons[code] = words
    return reasons


def read_override(text: str) -> tuple[str, str]:
    """The code of the finding and the reason's words in `CODE=REASON`; raises NotAnOverride and NotCleanText."""
    code, equals, reason = text.partition("=")
    if not equals or not re.fullmatch(r"[a-z_]{1,40}", code):
        raise NotAnOverride(given=quoted(text), way_out="write CODE=REASON with the code that the refusal names")
    words = clean_text(reason, "a reason")
    read_reason(words)
    return code, words


def read_reason(words: str) -> Reason:
    """The reason `travel` or `travel: flies to Oslo`; words alone have the code `other`. Raises NotAnOverride."""
    known, _, more = words.partition(":")
    if known.strip() not in REASONS:
        return Reason(OTHER, words)
    read = Reason(known.strip(), more.strip())
    if read.code == OTHER and not read.text:
        choices = ", ".join(each for each in REASONS if each != OTHER)
        raise NotAnOverride(given=quoted(words), way_out=f"say which reason it is, in words or as one of {choices}")
    return read


def findings(case: Case, checks: tuple[Check, ...] | None = None) -> tuple[Finding, ...]:
    """Everything that these checks find, or all of them, in their order."""
    return tuple(finding for check in checks or CHECKS for finding in check(case))


def stops(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that nobody can override."""
    return tuple(finding for finding in found if finding.severity is Severity.STOP)


def blocking(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What stands in the way: the stops, then the overrides that have no reason."""
    unanswered = (f for f in found if f.severity is Severity.OVERRIDE and f.reason is None)
    return (*stops(found), *unanswered)


def overridden(
    found: tuple[Finding, ...], reasons: Mapping[str, Reason], *, outcome: str = "Nothing was dispensed"
) -> tuple[Finding, ...]:
    """The findings with the pharmacist's reasons in their place, by the codes of the findings.

    Raises StoppedByChecks where a stop was found or an override lacks its reason, with the outcome in
    words, and NotAnOverride where a reason answers nothing.
    """
    codes = [finding.code for finding in found if finding.severity is Severity.OVERRIDE]
    for code in reasons:
        if code not in codes and not stops(found):
            answers = f"give reasons for {' and '.join(codes)} only" if codes else "nothing was found; leave it out"
            raise NotAnOverride(given=code, way_out=answers)
    answered = tuple(
        _answered(finding, reasons[finding.code]) if finding.code in reasons else finding for finding in found
    )
    in_the_way = blocking(answered)
    if in_the_way:
        messages = " ".join(dict.fromkeys(finding.message for finding in in_the_way))
        raise StoppedByChecks(messages=messages, findings=found, outcome=_outcome(in_the_way, outcome))
    return answered


def _answered(finding: Finding, reason: Reason) -> Finding:
    if finding.severity is not Severity.OVERRIDE:
        return finding
    return replace(finding, reason=str(reason), reason_code=reason.code)


def _outcome(in_the_way: tuple[Finding, ...], outcome: str) -> str:
    overrides = [finding.code for finding in in_the_way if finding.severity is Severity.OVERRIDE]
    stopped = list(dict.fromkeys(finding.code for finding in stops(in_the_way)))
    if not overrides:
        return outcome
    if stopped:
        stands = "stands" if len(stopped) == 1 else "stand"
        return f"{outcome}, and nothing can be overridden while {' and '.join(stopped)} {stands}"
    return f"{outcome}; a pharmacist who has judged it gives " + " ".join(
        f"--override {code}=REASON" for code in overrides
    )
