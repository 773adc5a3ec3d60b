"""Average monthly consumption: what patients got, by the days on which there was anything to give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dispensary.rules.figures.amounts import MONTH_DAYS, tenths
from dispensary.rules.figures.span import Span
from dispensary.rules.figures.stock_days import DaysInStock

FORMULA = "units dispensed less what came back, and vials drawn from, x 30.4375 / days in stock"
"""As it is printed beside the figure."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What patients got of a product over some days.

    `units` are sealed units dispensed, net of what came back of those very fills, and vials by the day
    of their first draw. `stock_out_days` are those on which nothing was usable and nothing was given.
    """

    window: Span
    units: int
    stock_out_days: int

    @property
    def days_in_stock(self) -> int:
        """The days that the average divides by."""
        return self.window.days - self.stock_out_days

    @property
    def a_day(self) -> Fraction | None:
        """Units a day in stock; None where there was no such day."""
        return Fraction(self.units, self.days_in_stock) if self.days_in_stock else None

    @property
    def a_month(self) -> Decimal | None:
        """Units in a mean month of 30.4375 days, to one decimal; None where it was never in stock.

        Total consumption by the months of the window less its days without stock (MSH, MDS-3, chapter 20).
        """
        a_day = self.a_day
        return None if a_day is None else tenths(a_day * MONTH_DAYS)


def consumption(window: Span, used: Mapping[date, int], in_stock: DaysInStock) -> Consumption:
    """The consumption of a product in the window; `in_stock` covers the window.

    `used` are the units of each day, of which those of other days count for nothing.
    """
    given = {day: units for day, units in used.items() if units and day in window}
    days = in_stock.with_days(given).within(window)
    return Consumption(window, sum(given.values()), window.days - days)


def months_of_stock(usable_units: int, a_month: Fraction | None) -> Decimal | None:
    """How many months the usable units last at that rate, to one decimal; None where nothing is used."""
    return tenths(usable_units / a_month) if a_month else None
