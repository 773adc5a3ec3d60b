"""What the checks look at: one product for one prescription and patient on one day."""

from dataclasses import dataclass
from datetime import date

from dispensary.rules.directions import Directions
from dispensary.rules.life import LifeState
from dispensary.rules.people import History
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form, Product
from dispensary.rules.supply import Supply


@dataclass(frozen=True, slots=True)
class OtherTherapy:
    """Another active B12 prescription of the patient.

    `covered_until` is the first day that its fills do not cover, None where its supply does not run.
    """

    rx: str
    form: Form
    covered_until: date | None

    def __str__(self) -> str:
        return f"{self.rx} ({self.form})"


@dataclass(frozen=True, slots=True)
class Case:
    """One product for one prescription and patient on one day.

    `form` is the prescribed one; `prescribed_product` the code of the product that the prescriber
    named, and `substitution_allowed` whether another may be taken for it. `quantity_units` is what a
    fill holds where the prescription says units. `earliest_fill` is the answer of the early-refill
    rule, None where any day will do. `first_injection` is the first of the whole treatment.
    `supply` is what the fill serves, None while it is not known. `level_on` is the day of the last
    B12 level on record. `preservative_free` names the stock on hand without any
    preservative.
    """

    today: date
    form: Form
    directions: Directions
    written: date
    valid_until: date
    fills_left: int
    born: date
    history: History
    product: Product
    preservative_free: str
    practice: Practice
    state: LifeState
    state_reason: str
    course_complete: bool
    earliest_fill: date | None
    first_fill: bool
    level_on: date | None
    others: tuple[OtherTherapy, ...]
    prescribed_product: str | None
    substitution_allowed: bool
    first_injection: date
    supply: Supply | None
    quantity_units: int | None

    @property
    def days_old(self) -> int:
        """The patient's age in days."""
        return (self.today - self.born).days

    def younger_than(self, years: int) -> bool:
        """Whether that birthday is still to come; whoever is born on 29 February has it on 1 March."""
        born = (self.born.year + years, self.born.month, self.born.day)
        return (self.today.year, self.today.month, self.today.day) < born
