"""Whether the prescription may be dispensed against today."""

from collections.abc import Iterator

from dispensary.rules.case import Case, OtherTherapy
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.life import LifeState, PrescriptionState, states_on

VALIDITY = "Norway: forskrift 2022-06-02-977 § 4-4; United States: state rules"
REFILLS = "Norway: Reit (apotek1.no); United States: state rules"
EARLY_REFILL = "usual refill limits, 75 to 90% of the supply; counted from the first fill as VistA does"

_LIFE = {
    LifeState.HELD: "release it with `dispensary rx release` first",
    LifeState.CANCELLED: "ask the prescriber for a new one",
    LifeState.TRANSFERRED: "the other pharmacy has it now; ask the prescriber for a new one",
}


def life(case: Case) -> Iterator[Finding]:
    """Held, cancelled or transferred to another pharmacy."""
    if case.state is not LifeState.ACTIVE:
        why = f" ({case.state_reason})" if case.state_reason else ""
        yield Finding(
            f"prescription_{case.state}",
            Severity.STOP,
            f"The prescription is {case.state}{why}: {_LIFE[case.state]}.",
            "what the pharmacy recorded",
        )


def written(case: Case) -> Iterator[Finding]:
    """Dated after today."""
    if case.today < case.written:
        yield Finding(
            "not_yet_written",
            Severity.STOP,
            f"The prescription is dated {case.written}, after today, {case.today}: "
            "dispense it from that day on, or have the prescriber correct it.",
            VALIDITY,
        )


def expired(case: Case) -> Iterator[Finding]:
    """Past its last day, which still counts."""
    if PrescriptionState.EXPIRED in _states(case):
        yield Finding(
            "prescription_expired",
            Severity.STOP,
            f"The prescription was valid until {case.valid_until}: ask the prescriber for a new one.",
            VALIDITY,
        )


def exhausted(case: Case) -> Iterator[Finding]:
    """No fill is left."""
    if PrescriptionState.EXHAUSTED in _states(case):
        yield Finding(
            "prescription_exhausted",
            Severity.STOP,
            "Every fill of the prescription has been dispensed: ask the prescriber for a new one.",
            REFILLS,
        )


def completed(case: Case) -> Iterator[Finding]:
    """The patient has all that the directions ask for, whatever refills are left."""
    if PrescriptionState.COMPLETED in _states(case):
        yield Finding(
            "course_completed",
            Severity.STOP,
            "Every injection of the directions has been supplied: ask the prescriber for a new prescription.",
            "the directions",
        )


def early(case: Case) -> Iterator[Finding]:
    """Too much is left of what was supplied before."""
    if case.earliest_fill is not None and case.today < case.earliest_fill:
        yield Finding(
            "early_refill",
            Severity.OVERRIDE,
            f"The next fill is due on {case.earliest_fill}, when {case.practice.early_refill_percent}% "
            "of a supply will have been used: dispense it from that day on.",
            EARLY_REFILL,
        )


def duplicates(case: Case) -> Iterator[Finding]:
    """Other B12 prescriptions of the patient: a reason where their supply still runs, else a note."""
    running = [other for other in case.others if _runs(other, case)]
    idle = [other for other in case.others if not _runs(other, case)]
    if running:
        supplied = " and ".join(f"{other} until {other.covered_until}" for other in running)
        yield Finding(
            "duplicate_supply",
            Severity.OVERRIDE,
            f"The patient is supplied with B12 on {supplied}: ask the prescriber which is meant.",
            "duplicate therapy",
        )
    if idle:
        yield Finding(
            "duplicate_prescription",
            Severity.NOTE,
            f"The patient has other active B12: {' and '.join(map(str, idle))}; ask the prescriber which is meant.",
            "duplicate therapy",
        )


def _runs(other: OtherTherapy, case: Case) -> bool:
    return other.covered_until is not None and other.covered_until > case.today


def _states(case: Case) -> tuple[PrescriptionState, ...]:
    return states_on(case.valid_until, case.fills_left, case.today, completed=case.course_complete)
