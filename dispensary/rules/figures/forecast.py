"""The forecast of a product: what the schedules know, and from history only what they did not know.

    forecast of some days = what the active prescriptions want on them
                          + days x (used - wanted, a day, in past months seen from as far ahead)

The second part is what the schedules of the time had not foreseen: new patients, doses without a
prescription, renewals; below 0 where patients who were expected stayed away. So nothing counts twice,
and where there are no prescriptions the forecast is the average consumption.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from dispensary.rules.figures.amounts import MONTH_DAYS, percent
from dispensary.rules.figures.span import Span, month
from dispensary.rules.figures.stock_days import DaysInStock

TRIMMED_FROM = 4
"""From so many months on, the highest and the lowest are left out."""

NOTHING: Mapping[date, Fraction] = {}


@dataclass(frozen=True, slots=True)
class Series:
    """A product's past, and what the schedules said at several times.

    `used` are the units of each past day. `in_stock` covers all the months that are asked for. `wanted`
    holds by the number of a month (0 begins today, -1 a month earlier; see span.month) what the
    prescriptions that were active as it began wanted on each day from then on.
    """

    today: date
    used: Mapping[date, int]
    in_stock: DaysInStock
    wanted: Mapping[int, Mapping[date, Fraction]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One past month: what was used, what would have been forecast for it as it began, and the average before it."""

    month: Span
    used: int
    forecast: Fraction
    history: Fraction


@dataclass(frozen=True, slots=True)
class Errors:
    """How far forecasts were from what was used, over the months compared.

    wMAPE: the absolute errors, added up, in percent of all that was used; None where nothing was, or no
    month could be compared.
    """

    months: int
    used: int
    forecast: Fraction
    history: Fraction

    @property
    def forecast_percent(self) -> Decimal | None:
        """Of the forecast."""
        return percent(self.forecast, Fraction(self.used))

    @property
    def history_percent(self) -> Decimal | None:
        """Of history alone: the average consumption of the months before."""
        return percent(self.history, Fraction(self.used))


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected use of a product from `today` on.

    `wanted` are the scheduled units by day, `added` what is added a day in the 1st, 2nd ... month from
    today. After those months the mean of them goes on, because prescriptions end and patients do not.
    """

    today: date
    wanted: Mapping[date, Fraction]
    added: tuple[Fraction, ...]
    compared: tuple[Compared, ...]

    @property
    def known(self) -> Span:
        """The days that are forecast one by one."""
        return Span(self.today, month(self.today, len(self.added)).first)

    def scheduled(self, span: Span) -> Fraction:
        """What the prescriptions want in the span, as far as it is known."""
        return sum((units for on, units in self.wanted.items() if on in span and on in self.known), Fraction())

    def units(self, span: Span) -> Fraction:
        """The forecast of the span, never below 0."""
        later = Span(max(span.first, self.known.end), span.end)
        return self._of_known(span) + later.days * self.a_day

    @property
    def a_day(self) -> Fraction:
        """The mean of the known days."""
        return self._of_known(self.known) / self.known.days

    @property
    def a_month(self) -> Fraction:
        """The same for a mean month of 30.4375 days."""
        return self.a_day * MONTH_DAYS

    def first_days(self, days: int) -> Fraction:
        """The forecast of so many days from today on."""
        return self.units(Span(self.today, self.today + timedelta(days=days)))

    @property
    def errors(self) -> Errors:
        """How good it has been."""
        return errors(self.compared)

    def _of_known(self, span: Span) -> Fraction:
        return max(Fraction(), self.scheduled(span) + self._added(span))

    def _added(self, span: Span) -> Fraction:
        parts = (month(self.today, number) for number in range(len(self.added)))
        return sum(
            (
                Span(max(span.first, part.first), min(span.end, part.end)).days * a_day
                for part, a_day in zip(parts, self.added, strict=True)
            ),
            Fraction(),
        )


def errors(compared: Iterable[Compared]) -> Errors:
    """The errors of months of one product or of several."""
    found = list(compared)
    return Errors(
        len(found),
        sum(each.used for each in found),
        sum((abs(each.used - each.forecast) for each in found), Fraction()),
        sum((abs(each.used - each.history) for each in found), Fraction()),
    )


def months_needed(months: int, history: int) -> dict[int, int]:
    """The months as whose beginning schedules are needed, by number, and how many months ahead each is to see.

    For a forecast of so many months from so many of history, of which as many are compared. The first of
    them is the first month of the past that counts.
    """
    far = history + months - 1
    return {number: months if number >= -far else 1 for number in range(-max(2 * history, far), 1)}


def forecast(series: Series, months: int, history: int) -> Forecast:
    """The forecast of so many months from so many months of history, compared with as many past ones.

    A past month is compared that had stock on every day, and some day in stock before it.
    """
    return Forecast(
        series.today,
        series.wanted.get(0, NOTHING),
        tuple(_unforeseen(series, 0, ahead, history) for ahead in range(months)),
        tuple(
            compared for number in range(-history, 0) if (compared := _compared(series, number, history)) is not None
        ),
    )


def _compared(series: Series, number: int, history: int) -> Compared | None:
    of = month(series.today, number)
    past = Span(month(series.today, number - history).first, of.first)
    if _days(series, of) < of.days or not _days(series, past):
        return None
    wanted = _wanted(series, number, of)
    added = _unforeseen(series, number, 0, history) * of.days
    return Compared(
        of,
        _used(series, of),
        max(Fraction(), wanted + added),
        Fraction(_used(series, past), _days(series, past)) * of.days,
    )


def _unforeseen(series: Series, number: int, ahead: int, history: int) -> Fraction:
    """What was used a day beyond what had been wanted `ahead` months ahead, over the months before month `number`.

    Of months in which the stock never ran out, where there are any: the use of the others is that of the
    stock, and what was missed in them is collected later. Else of their days in stock.

    Where prescriptions want anything, the month that went furthest beyond them and the one that went
    least are left out, of TRIMMED_FROM or more: many who began at once in one month are in the schedules
    from then on, and do not begin again each month. Where they want nothing it is the plain average.
    """
    seen = [month(series.today, each) for each in range(number - history, number)]
    origins = range(number - history - ahead, number - ahead)
    known = [(each, origin) for each, origin in zip(seen, origins, strict=True) if _days(series, each)]
    whole = [(each, origin) for each, origin in known if _days(series, each) == each.days] or known
    wanted = [_wanted(series, origin, each) for each, origin in whole]
    days = [_days(series, each) for each, _ in whole]
    beyond = [_used(series, each) - units for (each, _), units in zip(whole, wanted, strict=True)]
    found = list(zip(beyond, days, strict=True))
    if any(wanted) and len(found) >= TRIMMED_FROM:
        found = sorted(found, key=lambda each: each[0] / each[1])[1:-1]
    return sum((units for units, _ in found), Fraction()) / max(1, sum(many for _, many in found))


def _used(series: Series, span: Span) -> int:
    return sum(units for on, units in series.used.items() if on in span)


def _wanted(series: Series, number: int, span: Span) -> Fraction:
    """What was wanted on the days in stock of the span, as it was known when month `number` began."""
    wanted = series.wanted.get(number, NOTHING)
    return sum((units for on, units in wanted.items() if on in span and on in series.in_stock), Fraction())


def _days(series: Series, span: Span) -> int:
    return series.in_stock.within(span)


def by_month(forecast: Forecast) -> Sequence[Span]:
    """The months that are forecast one by one."""
    return [month(forecast.today, number) for number in range(len(forecast.added))]


def by_week(forecast: Forecast) -> Sequence[Span]:
    """The same days in weeks from today on; the last one may be shorter."""
    known, week = forecast.known, timedelta(days=7)
    firsts = [known.first + week * number for number in range(-(-known.days // 7))]
    return [Span(first, min(first + week, known.end)) for first in firsts]
