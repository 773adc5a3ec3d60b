"""What the patient has, takes and was measured for."""

from collections.abc import Iterator
from datetime import date

from dispensary.rules.case import Case
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.people import Condition
from dispensary.rules.product import Form, Sensitivity

CHLORAMPHENICOL = ("chloramphenicol", "kloramfenikol")
"""Its names in English and Norwegian."""

MONITORING = "B12 injections for neuropathy: documented deficiency, B12 level monitored"


def cobalamin(case: Case) -> Iterator[Finding]:
    """Cobalt or cobalamin hypersensitivity is a contraindication of every B12 label."""
    if Sensitivity.COBALAMIN in case.history.sensitivities:
        yield Finding(
            "cobalamin_hypersensitivity",
            Severity.STOP,
            "The patient is hypersensitive to cobalamin, which every form of B12 is: call the prescriber.",
            "cyanocobalamin and hydroxocobalamin labels",
        )


def leber(case: Case) -> Iterator[Finding]:
    """Leber's disease: cyanocobalamin needs a reason, hydroxocobalamin gets a note, and neither is swapped.

    UK hydroxocobalamin is indicated in it; the Danish label warns of its early stage.
    """
    if Condition.LEBER not in case.history.conditions:
        return
    if case.product.form is Form.CYANOCOBALAMIN:
        yield Finding(
            "leber",
            Severity.OVERRIDE,
            "The patient has Leber's disease, in which cyanocobalamin has caused severe and swift optic atrophy.",
            "cyanocobalamin label",
        )
    elif case.product.form is Form.HYDROXOCOBALAMIN:
        yield Finding(
            "leber_hydroxocobalamin",
            Severity.NOTE,
            "The patient has Leber's disease, for which hydroxocobalamin is given in the UK; "
            "the Danish label warns of early disease: ask the prescriber where it is new.",
            "hydroxocobalamin labels (emc 31182; Denmark)",
        )


def kidneys(case: Case) -> Iterator[Finding]:
    """The cyanide of cyanocobalamin is cleared by the kidneys; GFR below 50: prefer hydroxocobalamin."""
    if case.product.form is Form.CYANOCOBALAMIN and Condition.KIDNEY_FAILURE in case.history.conditions:
        yield Finding(
            "kidney_failure",
            Severity.OVERRIDE,
            "The patient has kidney failure, in which hydroxocobalamin is preferred to cyanocobalamin.",
            "C. Lapp on B12 in CFS",
        )


def chloramphenicol(case: Case) -> Iterator[Finding]:
    """Any medicine whose name holds chloramphenicol: a name does not reliably tell drops from infusions."""
    taken = sorted(
        medicine for medicine in case.history.medicines if any(name in medicine.casefold() for name in CHLORAMPHENICOL)
    )
    if taken:
        yield Finding(
            "chloramphenicol",
            Severity.OVERRIDE,
            f"The patient takes {' and '.join(taken)}, with which the blood may respond poorly to B12: "
            "ask the prescriber.",
            "product labels",
        )


def level(case: Case) -> Iterator[Finding]:
    """No B12 level on record, or one older than Practice.level_months; the same day of the month is in time."""
    if case.level_on is None:
        yield Finding(
            "level_missing",
            Severity.NOTE,
            "No B12 level of the patient is on record: enter one, or ask the prescriber.",
            MONITORING,
        )
    elif _months_after(case.level_on, case.practice.level_months) < (case.today.year, case.today.month, case.today.day):
        yield Finding(
            "level_due",
            Severity.NOTE,
            f"The last B12 level is of {case.level_on}, more than {case.practice.level_months} months ago: "
            "ask the prescriber for a new one.",
            MONITORING,
        )


def _months_after(day: date, months: int) -> tuple[int, int, int]:
    """The same day so many months later as year, month, day; 31 February stands after every day of it."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.year + years, month + 1, day.day
