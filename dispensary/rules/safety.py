"""The checks before a dispense: each looks at the case and returns what it finds.

A `stop` ends the dispense, an `override` needs a pharmacist's reason that is recorded, a `note`
is printed. All findings are collected before any is shown.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dispensary.errors import Refused, quoted
from dispensary.rules.directions import Directions
from dispensary.rules.people import Condition, History
from dispensary.rules.product import Form, Product, Sensitivity
from dispensary.rules.quantity import Dose
from dispensary.rules.refills import PrescriptionState, states_on
from dispensary.rules.text import clean_text

# Injected doses in use run from 30 mcg to 5 mg (cyanocobalamin label 30-1,000 mcg; off-label practice
# up to 5 mg). A thousandth or a thousandfold of any of them lies outside these limits.
LEAST_DOSE = Dose(11)
MOST_DOSE = Dose(29_999)


class Severity(StrEnum):
    """What a finding does to a dispense."""

    STOP = "stop"
    OVERRIDE = "override"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has seen. `reason` is the pharmacist's, where the finding was overridden."""

    code: str
    severity: Severity
    message: str
    reason: str | None = None


class NotAnOverride(Refused):
    """An override without code, reason or a finding that it answers."""

    sentence = "{given} overrides nothing: {way_out}."
    given: str
    way_out: str


def read_override(text: str) -> tuple[str, str]:
    """The code and the reason in `CODE=REASON`; raises NotAnOverride and NotCleanText."""
    code, equals, reason = text.partition("=")
    if not equals or not re.fullmatch(r"[a-z_]{1,40}", code):
        raise NotAnOverride(given=quoted(text), way_out="write CODE=REASON with the code that the refusal names")
    return code, clean_text(reason, "a reason")


class StoppedByChecks(Refused):
    """The checks found something that ends the dispense or waits for a pharmacist's reason."""

    sentence = "{messages} {outcome}."
    messages: str
    findings: tuple[Finding, ...]
    outcome: str = "Nothing was dispensed"


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks look at. `preservative_free` names the stock on hand without any preservative."""

    today: date
    form: Form
    directions: Directions
    valid_until: date
    fills_left: int
    history: History
    product: Product
    preservative_free: str


def thousandfold(directions: Directions) -> Iterator[Finding]:
    """A dose that is a thousandth or a thousand times of what is ever injected: mg for mcg, or the reverse."""
    for phase in directions.phases:
        if not LEAST_DOSE <= phase.dose <= MOST_DOSE:
            slip = "mg was written for mcg" if phase.dose > MOST_DOSE else "mcg was written for mg"
            yield Finding(
                "thousandfold_dose",
                Severity.STOP,
                f"A dose of {phase.dose} is outside anything injected (30 mcg to 5 mg): perhaps {slip}; "
                "ask the prescriber.",
            )


def _dose(case: Case) -> Iterator[Finding]:
    yield from thousandfold(case.directions)


def _form(case: Case) -> Iterator[Finding]:
    """The forms are not equivalent: hydroxocobalamin has no TE code to cyanocobalamin (Drugs@FDA)."""
    if case.product.form is not case.form:
        yield Finding(
            "wrong_form",
            Severity.STOP,
            f"{case.product.code} is {case.product.form} and the prescription says {case.form}: "
            "never exchanged without the prescriber.",
        )


def _states(case: Case) -> tuple[PrescriptionState, ...]:
    return states_on(case.valid_until, case.fills_left, case.today)


def _expired(case: Case) -> Iterator[Finding]:
    if PrescriptionState.EXPIRED in _states(case):
        yield Finding(
            "prescription_expired",
            Severity.STOP,
            f"The prescription was valid until {case.valid_until}: ask the prescriber for a new one.",
        )


def _exhausted(case: Case) -> Iterator[Finding]:
    if PrescriptionState.EXHAUSTED in _states(case):
        yield Finding(
            "prescription_exhausted",
            Severity.STOP,
            "Every fill of the prescription has been dispensed: ask the prescriber for a new one.",
        )


def _cobalamin(case: Case) -> Iterator[Finding]:
    """Cobalt or cobalamin hypersensitivity is a contraindication of every B12 label."""
    if Sensitivity.COBALAMIN in case.history.sensitivities:
        yield Finding(
            "cobalamin_hypersensitivity",
            Severity.STOP,
            "The patient is hypersensitive to cobalamin, which every form of B12 is: call the prescriber.",
        )


def _preservative(case: Case) -> Iterator[Finding]:
    """A preservative that is not known counts as present."""
    for sensitivity in sorted(case.history.sensitivities):
        if case.product.preservatives.may_provoke(sensitivity):
            held = (
                f"contains {case.product.preservatives}"
                if case.product.preservatives.agents
                else "has preservatives that are not known"
            )
            yield Finding(
                "preservative_sensitivity",
                Severity.STOP,
                f"The patient reacts to {sensitivity} and {case.product.code} {held}; "
                f"preservative-free on hand: {case.preservative_free}.",
            )


def _route(case: Case) -> Iterator[Finding]:
    for phase in case.directions.phases:
        if phase.route not in case.product.routes:
            yield Finding(
                "route_not_labelled",
                Severity.STOP,
                f"{case.product.code} is not for {phase.route} injection "
                f"(only {', '.join(sorted(case.product.routes))}): ask the prescriber.",
            )


def _leber(case: Case) -> Iterator[Finding]:
    """Cyanocobalamin label: severe and swift optic atrophy in early Leber's disease."""
    if case.product.form is Form.CYANOCOBALAMIN and Condition.LEBER in case.history.conditions:
        yield Finding(
            "leber",
            Severity.OVERRIDE,
            "The patient has Leber's disease, in which cyanocobalamin has caused severe and swift optic atrophy.",
        )


def _kidneys(case: Case) -> Iterator[Finding]:
    """The cyanide of cyanocobalamin is cleared by the kidneys; GFR below 50: prefer hydroxocobalamin."""
    if case.product.form is Form.CYANOCOBALAMIN and Condition.KIDNEY_FAILURE in case.history.conditions:
        yield Finding(
            "kidney_failure",
            Severity.OVERRIDE,
            "The patient has kidney failure, in which hydroxocobalamin is preferred to cyanocobalamin.",
        )


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _expired,
    _exhausted,
    _cobalamin,
    _dose,
    _form,
    _route,
    _preservative,
    _leber,
    _kidneys,
)


def findings(case: Case) -> tuple[Finding, ...]:
    """Everything that the checks find, in their order."""
    return tuple(finding for check in CHECKS for finding in check(case))


def stops(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that nobody can override."""
    return tuple(finding for finding in found if finding.severity is Severity.STOP)


def overridden(found: tuple[Finding, ...], reasons: dict[str, str], *, may_override: bool) -> tuple[Finding, ...]:
    """The findings with the pharmacist's reasons in their place.

    Raises StoppedByChecks where a stop was found or an override lacks its reason, and NotAnOverride
    where a reason answers nothing.
    """
    codes = [f.code for f in found if f.severity is Severity.OVERRIDE]
    if stops(found):
        raise StoppedByChecks(messages=_messages(stops(found)), findings=found)
    for code in reasons:
        if code not in codes:
            answers = f"give reasons for {' and '.join(codes)} only" if codes else "nothing was found; leave it out"
            raise NotAnOverride(given=code, way_out=answers)
    open_codes = [code for code in codes if code not in reasons or not may_override]
    if open_codes:
        raise StoppedByChecks(
            messages=_messages(tuple(f for f in found if f.code in open_codes)),
            findings=found,
            outcome="Nothing was dispensed; a pharmacist who has judged it gives "
            + " ".join(f"--override {code}=REASON" for code in open_codes),
        )
    return tuple(Finding(f.code, f.severity, f.message, reasons[f.code]) if f.code in reasons else f for f in found)


def _messages(found: tuple[Finding, ...]) -> str:
    return " ".join(finding.message for finding in found)
