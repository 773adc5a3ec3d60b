"""Kinds of places: where stock stands, and the ends that it comes from and goes to."""

from dataclasses import dataclass
from enum import StrEnum


class PlaceKind(StrEnum):
    """What a place is. Movements run between any two; balances are kept where stock stands."""

    SHELF = "shelf"
    REFRIGERATOR = "refrigerator"
    QUARANTINE = "quarantine"
    SUPPLIER = "supplier"
    PATIENTS = "patients"
    WASTE = "waste"
    VARIANCE = "variance"

    @property
    def saleable(self) -> bool:
        """Whether what stands here may be dispensed."""
        return self in (PlaceKind.SHELF, PlaceKind.REFRIGERATOR)

    @property
    def stocked(self) -> bool:
        """Whether the pharmacy's stock stands here."""
        return self.saleable or self is PlaceKind.QUARANTINE


@dataclass(frozen=True, slots=True)
class Place:
    """A place as movements need it: balances are kept where stock stands."""

    id: int
    stocked: bool


# What a new site begins with: a code for each kind.
STARTING_PLACES = {kind.value: kind for kind in PlaceKind}
