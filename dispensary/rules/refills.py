"""What is left of a prescription, what was dispensed less what came back, and whether it has ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PrescriptionState(StrEnum):
    """Whether a prescription can still be dispensed against."""

    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"


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


def states_on(valid_until: date, fills_left: int, today: date) -> tuple[PrescriptionState, ...]:
    """The states on the day: active, or why it has ended, which can be both expired and exhausted, in this order."""
    ended = {
        PrescriptionState.EXPIRED: today > valid_until,
        PrescriptionState.EXHAUSTED: fills_left <= 0,
    }
    return tuple(state for state, holds in ended.items() if holds) or (PrescriptionState.ACTIVE,)
