"""Kinds of places: where stock stands, and the ends that it comes from and goes to."""

from dataclasses import dataclass
from enum import StrEnum

from dispensary.rules.product import Temperature


class PlaceKind(StrEnum):
    """What a place is. Movements run between any two; balances are kept where stock stands."""

    SHELF = "shelf"
    REFRIGERATOR = "refrigerator"
    QUARANTINE = "quarantine"
    RETURNED = "returned"
    """Where units stand that patients have had: nobody knows how warm or bright they were kept."""
    TRANSIT = "transit"
    """On the way between two places of the pharmacy."""
    SUPPLIER = "supplier"
    PATIENTS = "patients"
    OPENED = "opened"
    """Units that were opened: what is left of each is in microlitres, in the books of the vials."""
    COMPOUNDING = "compounding"
    """What a batch was made of goes there, and what was made comes from there."""
    WASTE = "waste"
    VARIANCE = "variance"

    @property
    def saleable(self) -> bool:
        """Whether what stands here may be dispensed."""
        return self in (PlaceKind.SHELF, PlaceKind.REFRIGERATOR)

    @property
    def stocked(self) -> bool:
        """Whether the pharmacy's stock stands here."""
        return self.takes_new_stock or self in (PlaceKind.RETURNED, PlaceKind.TRANSIT)

    @property
    def takes_new_stock(self) -> bool:
        """Whether what comes in or is made may be put here; elsewhere stands what was here before."""
        return self.saleable or self is PlaceKind.QUARANTINE


@dataclass(frozen=True, slots=True)
class Place:
    """A place as movements need it: balances are kept where stock stands."""

    id: int
    stocked: bool


@dataclass(frozen=True, slots=True)
class Climate:
    """How a place keeps what stands there: its temperature class, and whether it is dark."""

    temperature: Temperature
    dark: bool


# What a new site begins with: a code for each kind.
STARTING_PLACES = {kind.value: kind for kind in PlaceKind}


def starting_climate(kind: PlaceKind) -> Climate | None:
    """How a place of this kind keeps stock where nobody has said otherwise; None where no stock stands.

    A closed cupboard at room temperature, and for a refrigerator 2 to 8 °C (USP <659>).
    """
    if not kind.stocked:
        return None
    return Climate(Temperature.REFRIGERATOR if kind is PlaceKind.REFRIGERATOR else Temperature.ROOM, dark=True)
