"""How much of a prescription is left: what was dispensed, less what came back."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fill:
    """Units that a fill handed over, and how many of them came back."""

    units: int
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What may still be dispensed. `units` is None for a prescription written in days."""

    fills: int
    refills: int
    units: int | None


def left(quantity_units: int | None, refills: int, fills: Iterable[Fill]) -> Left:
    """What is left of a prescription with `refills` beyond its first fill (Norwegian Reit-II: two refills).

    By units, a partial fill leaves the rest of its units; by days, every fill counts that was not
    returned whole.
    """
    kept = [fill.units - fill.returned for fill in fills]
    if quantity_units is None:
        fills_left = max(0, 1 + refills - sum(units > 0 for units in kept))
        return Left(fills_left, min(refills, fills_left), None)
    units_left = max(0, quantity_units * (1 + refills) - sum(kept))
    return Left(-(-units_left // quantity_units), min(refills, units_left // quantity_units), units_left)
