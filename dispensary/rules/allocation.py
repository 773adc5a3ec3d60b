"""Which lots a fill takes: first expired, first out, each lot outlasting the injections that it serves."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from dispensary.errors import Refused
from dispensary.rules.shelf import ALLOWED, Operation, State, described, last_usable_day, state_on


class ShortStock(Refused):
    """The usable lots do not hold what is wanted; `available` is the most that they can serve."""

    sentence = "{product} is short: {wanted} wanted, {available} usable ({on_hand}); {way_out}."
    product: str
    wanted: int
    available: int
    on_hand: str
    way_out: str


class OnHand(NamedTuple):
    """Units of one lot at one place. `received` is the order of receipt, which breaks ties of expiry.

    A tuple, because a counter reads hundreds of them for one dispense.
    """

    lot_id: int
    lot: str
    expires: date
    units: int
    place_id: int
    state: State
    received: int
    unit_cost_micros: int | None = None
    """What a unit has cost, in millionths of the currency; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Whole units taken from a lot, at least 1."""

    lot: OnHand
    units: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A lot that could give nothing, and why."""

    lot: OnHand
    reason: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """The picks in the order of use, and the lots that were passed over on the way."""

    picks: tuple[Pick, ...]
    skipped: tuple[Skipped, ...]

    @property
    def cost_micros(self) -> int | None:
        """What the picked units have cost, in millionths of the currency; None where the cost of any is not known."""
        cost = 0
        for pick in self.picks:
            if pick.lot.unit_cost_micros is None:
                return None
            cost += pick.units * pick.lot.unit_cost_micros
        return cost


def allocate(
    units: int,
    lots: Iterable[OnHand],
    *,
    product: str,
    today: date,
    last_injection: Callable[[int], date],
    units_a_dose: int = 1,
    operation: Operation = Operation.DISPENSE,
) -> Allocation:
    """Picks `units` (from 1) for the operation in FEFO order, ties by receipt; raises ShortStock, never picks a part.

    `last_injection(n)` is the day on which the first n units are last needed, never falling with n.
    A lot gives as many units as will be needed by its last usable day, the next lots serve the
    later injections. Taking the earliest expiry first serves the most that these lots can serve.
    Fewer than `units_a_dose` are of no use to the patient, and nobody is told to hand them over.
    """
    picks: list[Pick] = []
    skipped: list[Skipped] = []
    on_hand: list[str] = []
    taken = 0
    for lot in sorted((lot for lot in lots if lot.units > 0), key=_fefo):
        state = state_on(lot.state, lot.expires, today)
        if not ALLOWED[state, operation]:
            skipped.append(Skipped(lot, described(state, lot.expires)))
            on_hand.append(f"lot {lot.lot}: {lot.units} {skipped[-1].reason}")
            continue
        most = min(lot.units, units - taken)
        # The days on which the next units are last needed do not fall, so the lot outlasts a first part of them.
        days = range(taken + 1, taken + most + 1)
        given = bisect_right(days, last_usable_day(lot.expires), key=last_injection)
        detail = f"lot {lot.lot}: {given}"
        if given < most:
            reason = f"expires {lot.expires}, before the injection of {last_injection(taken + given + 1)}"
            detail = f"lot {lot.lot}: {given} of {lot.units}, {reason}"
        if given:
            picks.append(Pick(lot, given))
        else:
            skipped.append(Skipped(lot, reason))
        on_hand.append(detail)
        taken += given
        if taken == units:
            return Allocation(tuple(picks), tuple(skipped))
    raise ShortStock(
        product=product,
        wanted=units,
        available=taken,
        on_hand="; ".join(on_hand) or "none on hand",
        way_out=(
            f"hand over what there is with --quantity {taken}; the rest is owed"
            if taken >= units_a_dose
            else "receive stock, or note the demand with `dispensary rx owe RX`"
        ),
    )


def _fefo(lot: OnHand) -> tuple[date, int, int, int]:
    return last_usable_day(lot.expires), lot.received, lot.lot_id, lot.place_id
