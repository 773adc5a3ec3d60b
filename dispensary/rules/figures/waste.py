"""What the same doses would have wasted in vials of another size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispensary.errors import Refused
from dispensary.rules.product import Product, Sensitivity
from dispensary.rules.quantity import Dose


@dataclass(frozen=True, slots=True)
class DoseGiven:
    """A dose that was drawn at a moment (aware)."""

    at: datetime
    dose: Dose


@dataclass(frozen=True, slots=True)
class Drawing:
    """What drawing some doses takes of a product: whole units opened, and microlitres.

    `given_ul` went to patients, `dead_ul` stayed in needles, `rest_ul` was left when a vial's time was
    over or it held too little for the next dose. What is left in the last vial within its time is not
    waste yet, and is `open_ul`.
    """

    units: int
    given_ul: int
    dead_ul: int
    rest_ul: int
    open_ul: int

    @property
    def wasted_ul(self) -> int:
        """What nobody got, and nobody will."""
        return self.dead_ul + self.rest_ul


def may_stand_in(other: Product, product: Product) -> bool:
    """Whether another product could have served the doses of this one.

    The same form by every route, for every patient: nothing in it may provoke a sensitivity that this
    one does not provoke as well. What is not known of a preservative counts as present in the other.
    """
    if other.form is not product.form or not product.routes <= other.routes:
        return False
    return all(
        product.preservatives.may_provoke(each) or not other.preservatives.may_provoke(each) for each in Sensitivity
    )


def drawing(doses: Sequence[DoseGiven], product: Product, dead_volume_ul: int, until: datetime) -> Drawing | None:
    """What the doses, in their order, take of the product where one vial is open at a time.

    A vial that is kept serves while it holds the dose and less than its in-use days have passed since it
    was opened (USP <797>: 28 days, unless the manufacturer says otherwise); of what is never kept, each
    dose opens its own. The dead volume is lost besides each dose, as far as there is any left. `until`
    is the end of what is looked at. None where a dose is no whole microlitre of it, or more than a unit.
    """
    units = given = dead = rest = left = 0
    opened: datetime | None = None
    kept = timedelta(days=product.kept_days)
    for each in doses:
        try:
            dose_ul = product.strength.volume_ul(each.dose)
        except Refused:
            return None
        if dose_ul > product.fill_ul:
            return None
        # Aware moments in UTC, so that a day has 24 hours whatever the clocks do.
        if opened is None or dose_ul > left or each.at - opened >= kept:
            rest, units, left, opened = rest + left, units + 1, product.fill_ul, each.at
        lost = min(dead_volume_ul, left - dose_ul)
        given, dead, left = given + dose_ul, dead + lost, left - dose_ul - lost
        if not product.kept_days:
            rest, left = rest + left, 0
    if opened is not None and until - opened >= kept:
        rest, left = rest + left, 0
    return Drawing(units, given, dead, rest, left)


def other_sizes(product: Product, formulary: Iterable[Product]) -> list[Product]:
    """The other vial sizes that could have served, by size and code; of products that are as good the first."""
    found: dict[tuple[int, int, int], Product] = {}
    for other in sorted(formulary, key=lambda each: (each.fill_ul, each.code)):
        size = other.fill_ul, other.strength.mcg_per_ml, other.kept_days
        if size != (product.fill_ul, product.strength.mcg_per_ml, product.kept_days) and may_stand_in(other, product):
            found.setdefault(size, other)
    return list(found.values())
