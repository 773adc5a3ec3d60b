"""Benzyl alcohol, which the smallest patients cannot break down and others only in small amounts.

A preservative or a concentration that is not known counts as too much.
"""

from collections.abc import Iterator
from decimal import ROUND_UP, Decimal
from itertools import islice

from dispensary.rules.case import Case
from dispensary.rules.checks.dose import WEEK_DAYS
from dispensary.rules.checks.product import holds
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.people import Condition
from dispensary.rules.product import Sensitivity
from dispensary.rules.quantity import plain
from dispensary.rules.schedule import injections, paces

NEWBORN_DAYS = 28
SMALL_CHILD_YEARS = 3

EXCIPIENTS = "EMA/CHMP/302620/2017, excipients in the package leaflet"
GASPING = f"cyanocobalamin label; {EXCIPIENTS}"

_SENSITIVE = {
    Condition.PREGNANCY: "is pregnant",
    Condition.LACTATION: "breast-feeds",
    Condition.KIDNEY_FAILURE: "has kidney failure",
    Condition.LIVER_DISEASE: "has liver disease",
}


def young(case: Case) -> Iterator[Finding]:
    """By age: a stop for newborns who were born too early, a reason for other newborns and for long courses under 3.

    The label names premature infants and the EMA the first 4 weeks. As it is not recorded how much too
    early a child was born, its 4 weeks may begin months after its birth: it needs a reason until it is
    a year old.
    """
    if not case.product.preservatives.may_provoke(Sensitivity.BENZYL_ALCOHOL):
        return
    premature = Condition.PREMATURITY in case.history.conditions
    newborn = case.days_old < NEWBORN_DAYS
    what = f"{case.product.code} {holds(case.product)}"
    free = f"preservative-free on hand: {case.preservative_free}"
    if premature and newborn:
        yield Finding(
            "benzyl_alcohol_premature",
            Severity.STOP,
            f"The patient was born too early, {case.days_old} days ago, and {what}: "
            f"benzyl alcohol has killed premature infants (gasping syndrome); {free}.",
            GASPING,
        )
    elif newborn or (premature and case.younger_than(years=1)):
        early = "was born too early and " if premature else ""
        yield Finding(
            "benzyl_alcohol_newborn",
            Severity.OVERRIDE,
            f"The patient {early}is {case.days_old} days old and {what}: "
            f"benzyl alcohol is avoided in the first 4 weeks, longer after a premature birth; {free}.",
            GASPING,
        )
    elif case.younger_than(SMALL_CHILD_YEARS) and _longer_than_a_week(case):
        yield Finding(
            "benzyl_alcohol_child",
            Severity.OVERRIDE,
            f"The patient is under {SMALL_CHILD_YEARS} years old, the treatment lasts more than a week and {what}: "
            f"benzyl alcohol is given for a week at the most; {free}.",
            EXCIPIENTS,
        )


def _longer_than_a_week(case: Case) -> bool:
    """Whether an injection falls after the first 7 days.

    By the whole course, as small fills would hide it, or by the fills where they already last longer.
    """
    start = case.first_injection
    if case.supply is not None and (case.supply.last_injection - start).days >= WEEK_DAYS:
        return True
    # At most one a day: of so many injections the last is after the first week, if there are so many.
    return any(
        (injection.on - start).days >= WEEK_DAYS
        for pace in paces(case.directions)
        for injection in islice(injections(case.directions, start, pace), WEEK_DAYS + 1)
    )


def amount(case: Case) -> Iterator[Finding]:
    """In pregnancy, lactation, kidney and liver disease, the milligrams of the largest injection.

    From Practice.benzyl_alcohol_mg on it needs a reason, below it the amount is noted.
    """
    having = [words for condition, words in _SENSITIVE.items() if condition in case.history.conditions]
    if not having or not case.product.preservatives.may_provoke(Sensitivity.BENZYL_ALCOHOL):
        return
    patient = f"The patient {' and '.join(having)}"
    mg = milligrams(case)
    limit = case.practice.benzyl_alcohol_mg
    if mg is None:
        yield Finding(
            "benzyl_alcohol_amount",
            Severity.OVERRIDE,
            f"{patient} and it is not known how much benzyl alcohol {case.product.code} contains: "
            f"preservative-free on hand: {case.preservative_free}.",
            EXCIPIENTS,
        )
    elif mg >= limit:
        yield Finding(
            "benzyl_alcohol_amount",
            Severity.OVERRIDE,
            f"{patient} and one injection of {case.product.code} holds {plain(mg)} mg of benzyl alcohol, "
            f"at or above the {limit} mg set here; preservative-free on hand: {case.preservative_free}.",
            EXCIPIENTS,
        )
    else:
        yield Finding(
            "benzyl_alcohol",
            Severity.NOTE,
            f"{patient} and one injection of {case.product.code} holds {plain(mg)} mg of benzyl alcohol, "
            f"below the {limit} mg set here.",
            EXCIPIENTS,
        )


def milligrams(case: Case) -> Decimal | None:
    """Benzyl alcohol in the largest injection of the directions, rounded up to 0.1 mg; None where it is not known.

    The dose need not be a whole microlitre: other rules refuse that.
    """
    # What is not known has no agents.
    agents = case.product.preservatives.agents
    concentration = next((a.mcg_per_ml for a in agents if a.sensitivity is Sensitivity.BENZYL_ALCOHOL), None)
    if concentration is None:
        return None
    largest = max(phase.dose.mcg for phase in case.directions.phases)
    mcg = Decimal(largest * concentration) / case.product.strength.mcg_per_ml
    return mcg.scaleb(-3).quantize(Decimal("0.1"), rounding=ROUND_UP)
