"""Whether this product may be given for what was prescribed."""

from collections.abc import Iterator

from dispensary.rules.case import Case
from dispensary.rules.finding import Finding, Severity
from dispensary.rules.people import Condition
from dispensary.rules.product import Form, Product
from dispensary.rules.quantity import ml


def form(case: Case) -> Iterator[Finding]:
    """The forms are not equivalent: hydroxocobalamin has no TE code to cyanocobalamin (Drugs@FDA)."""
    if case.product.form is not case.form:
        yield Finding(
            "wrong_form",
            Severity.STOP,
            f"{case.product.code} is {case.product.form} and the prescription says {case.form}: "
            "never exchanged without the prescriber.",
            "Drugs@FDA: no TE code between the forms",
        )


def substitution(case: Case) -> Iterator[Finding]:
    """Another product of the form than the one that the prescriber named: prescriber and country must allow it."""
    named, taken = case.prescribed_product, case.product
    if named is None or named == taken.code or taken.form is not case.form:
        return
    if not case.substitution_allowed:
        why = "allows no other"
    elif case.form not in case.practice.substitution:
        why = f"{case.form} is not exchanged for another maker's here"
    else:
        return
    yield Finding(
        "substitution_not_allowed",
        Severity.STOP,
        f"The prescriber named {named} and {why}: take {named} instead of {taken.code}, or ask the prescriber.",
        "United States: Drugs@FDA, TE codes; Norway: relis.no 4-4987",
    )


def route(case: Case) -> Iterator[Finding]:
    """A route that the product's label does not name: US hydroxocobalamin is for IM only."""
    for prescribed in sorted({phase.route for phase in case.directions.phases} - case.product.routes):
        yield Finding(
            "route_not_labelled",
            Severity.STOP,
            f"{case.product.code} is not for {prescribed} injection "
            f"(only {', '.join(sorted(case.product.routes))}): ask the prescriber.",
            "the product's label",
        )


def preservative(case: Case) -> Iterator[Finding]:
    """A preservative that is not known counts as present."""
    for sensitivity in sorted(case.history.sensitivities):
        if case.product.preservatives.may_provoke(sensitivity):
            yield Finding(
                "preservative_sensitivity",
                Severity.STOP,
                f"The patient reacts to {sensitivity} and {case.product.code} {holds(case.product)}; "
                f"preservative-free on hand: {case.preservative_free}.",
                "the product's label",
            )


def holds(product: Product) -> str:
    """What is known of its preservatives, as the end of a sentence about a product that may provoke."""
    if product.preservatives.agents:
        return f"contains {product.preservatives}"
    return "has preservatives that are not known"


_SIZES = "what a unit is differs between 1 mL, 10 mL and 30 mL vials"


def vial_size(case: Case) -> Iterator[Finding]:
    """Units of a prescription that names no vial size, counted in vials of several doses: `4 units` may be 120 mL.

    Where most of several vials would be wasted, smaller ones are meant.
    """
    if case.quantity_units is None or case.prescribed_product is not None or not case.product.multi_dose:
        return
    dose = max(phase.dose for phase in case.directions.phases)
    doses = case.product.fill_ul * case.product.strength.mcg_per_ml // (1000 * dose.mcg)
    if doses < 2:
        return
    units, supply = case.quantity_units, case.supply
    if supply is not None and supply.units > 1 and 4 * supply.waste_ul > 3 * (supply.volume_ul + supply.waste_ul):
        yield Finding(
            "vial_size",
            Severity.OVERRIDE,
            f"Of {supply.units} units of {case.product.code}, {case.product.fill} each, "
            f"{ml(supply.waste_ul)} would be wasted, and the prescription names no vial size: "
            "ask whether such vials are meant, and take fewer or a smaller size.",
            _SIZES,
        )
    else:
        yield Finding(
            "vial_size",
            Severity.NOTE,
            f"A unit of {case.product.code} holds {doses} doses and the prescription names no vial size: "
            f"ask whether {units} such vial{'s are' if units > 1 else ' is'} meant.",
            _SIZES,
        )


def surplus(case: Case) -> Iterator[Finding]:
    """Sealed units that the directions leave no use for."""
    supply = case.supply
    if supply is None or not supply.completes or supply.waste_ul < case.product.fill_ul or supply.units < 2:
        return
    over = supply.waste_ul // case.product.fill_ul
    yield Finding(
        "surplus_units",
        Severity.OVERRIDE,
        f"The directions end on {supply.last_injection} and leave {over} of {supply.units} units unused: "
        f"dispense {supply.units - over} with --quantity.",
        "the directions",
    )


def aluminium(case: Case) -> Iterator[Finding]:
    """Aluminium builds up where kidneys fail or are not mature yet: infants under a year who were born too early.

    At every fill, because what builds up does so over the fills.
    """
    conditions = case.history.conditions
    if Condition.KIDNEY_FAILURE in conditions:
        why = "kidney failure"
    elif Condition.PREMATURITY in conditions and case.younger_than(years=1):
        why = "immature kidneys"
    else:
        return
    yield Finding(
        "aluminium",
        Severity.NOTE,
        f"{case.product.code} may contain aluminium, which builds up over many injections with {why}: "
        "ask the prescriber.",
        "cyanocobalamin label",
    )


def compounded(case: Case) -> Iterator[Finding]:
    """Methylcobalamin."""
    if case.product.form is Form.METHYLCOBALAMIN and case.first_fill:
        yield Finding(
            "compounded",
            Severity.NOTE,
            "No methylcobalamin injection is approved in the United States, where it is only compounded: "
            "tell the patient.",
            "Drugs@FDA",
        )
