"""The checks in their order: the prescription, the patient, the dose, the product.

A check is a function of a case that yields findings. An override or a note is found once under its
code, however many phases or other prescriptions it speaks of: a reason answers a code, and the fill
keeps one of each. A note about what does not change from fill to fill comes with the first one only.
"""

from collections.abc import Callable, Iterator

from dispensary.rules.case import Case
from dispensary.rules.checks import benzyl_alcohol, dose, patient, prescription, product
from dispensary.rules.finding import Finding

Check = Callable[[Case], Iterator[Finding]]

OF_ANY_PRODUCT: tuple[Check, ...] = (
    prescription.life,
    prescription.written,
    prescription.expired,
    prescription.exhausted,
    prescription.completed,
    prescription.early,
    prescription.duplicates,
    patient.cobalamin,
    patient.chloramphenicol,
    patient.level,
    dose.slip,
    dose.high,
    dose.weekly,
    dose.hypokalaemia,
    dose.folate,
)
"""The checks that do not look at the product: one answer for all that may be taken."""

OF_THE_PRODUCT: tuple[Check, ...] = (
    patient.leber,
    patient.kidneys,
    product.form,
    product.substitution,
    product.route,
    product.preservative,
    product.vial_size,
    product.surplus,
    product.aluminium,
    product.compounded,
    benzyl_alcohol.young,
    benzyl_alcohol.amount,
)

CHECKS = (*OF_ANY_PRODUCT, *OF_THE_PRODUCT)

OF_A_DRAW = tuple(check for check in CHECKS if check not in (product.vial_size, product.surplus))
"""The checks of a dose out of an opened vial: all but those that speak of units."""
