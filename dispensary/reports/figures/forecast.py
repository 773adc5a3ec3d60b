"""The forecast of each product by month or week, and how good such forecasts have been."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dispensary.reports.figures.basis import Basis
from dispensary.rules.figures.amounts import tenths
from dispensary.rules.figures.forecast import Errors, by_month, by_week, errors
from dispensary.rules.product import Form


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """The expected use of a product from `first` to `last`, in units to one decimal.

    `scheduled` is what active prescriptions want, `from_history` what history adds to it or takes away;
    `units` is their sum, and not below 0.
    """

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str
    first: date
    last: date
    scheduled: Decimal
    from_history: Decimal
    units: Decimal


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How far forecasts of a month were from what was used in it, over `months` past months.

    The errors are wMAPE in percent, of the forecast and of history alone (the average before each month);
    None where no month could be compared or nothing was used. In the row of all products, `product` is empty.
    """

    product: str
    months: int
    used: int
    error_percent: Decimal | None
    history_error_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """By product and time; and the errors by product, with those of all products together."""

    today: date
    history_months: int
    rows: tuple[ForecastRow, ...]
    errors: tuple[ErrorRow, ...]
    overall: ErrorRow


def forecasts(basis: Basis, *, weekly: bool = False) -> ForecastReport:
    """The forecast of every product that was used or is wanted; of months from today, or of weeks."""
    rows: list[ForecastRow] = []
    found: list[ErrorRow] = []
    by_code = sorted(basis.forecasts, key=lambda each: basis.products[each].code)
    for product_id in by_code:
        forecast = basis.forecasts[product_id]
        facts = basis.facts(product_id)
        found.append(_error(facts["product"], forecast.errors))
        for part in by_week(forecast) if weekly else by_month(forecast):
            scheduled, units = tenths(forecast.scheduled(part)), tenths(forecast.units(part))
            # Of the rounded ones, so that a row adds up.
            rows.append(
                ForecastRow(**facts, first=part.first, last=part.last, scheduled=scheduled,
                            from_history=units - scheduled, units=units)
            )  # fmt: skip
    overall = errors(each for product_id in by_code for each in basis.forecasts[product_id].compared)
    return ForecastReport(basis.today, basis.history, tuple(rows), tuple(found), _error("", overall))


def _error(product: str, of: Errors) -> ErrorRow:
    return ErrorRow(product, of.months, of.used, of.forecast_percent, of.history_percent)
