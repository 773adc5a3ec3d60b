"""What will expire unused: the forecast use, taken from the lots in the order of their expiry (FEFO)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dispensary.rules.figures.amounts import nearest
from dispensary.rules.figures.forecast import Forecast
from dispensary.rules.figures.span import Span
from dispensary.rules.shelf import last_usable_day


@dataclass(frozen=True, slots=True)
class LotLeft:
    """Usable units of a lot. `received` is the order of receipt, which breaks ties of expiry."""

    lot_id: int
    expires: date
    units: int
    received: int


@dataclass(frozen=True, slots=True)
class RunDown:
    """Of a lot's units, how many will have been used by its last usable day, and how many not."""

    lot: LotLeft
    used: int
    unused: int


def run_down(lots: Iterable[LotLeft], forecast: Forecast | None, today: date) -> tuple[RunDown, ...]:
    """The lots in the order of use.

    Through its last usable day a lot and those before it can have given no more than the forecast of
    those days, to the nearest unit. Without a forecast nothing is used. A lot gives nothing after it
    has expired; a fill's later injections, which a lot must outlast as well, are left out of account.
    """
    found: list[RunDown] = []
    used = 0
    for lot in sorted(lots, key=lambda lot: (last_usable_day(lot.expires), lot.received, lot.lot_id)):
        end = last_usable_day(lot.expires) + timedelta(days=1)
        demand = 0 if forecast is None else nearest(forecast.units(Span(today, max(today, end))))
        taken = min(lot.units, max(0, demand - used))
        used += taken
        found.append(RunDown(lot, taken, lot.units - taken))
    return tuple(found)
