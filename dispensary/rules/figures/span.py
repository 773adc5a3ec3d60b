"""Days in a row, and the months before and after a day that figures are reckoned in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dispensary.rules.dates import months_later


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `first` to the one before `end`."""

    first: date
    end: date

    @property
    def days(self) -> int:
        """How many days."""
        return max(0, (self.end - self.first).days)

    @property
    def last(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.first <= day < self.end

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))


def months_before(today: date, months: int) -> Span:
    """The whole days of so many months before today, which is not over yet."""
    return Span(months_later(today, -months), today)


def month(today: date, number: int) -> Span:
    """The month that begins `number` months after today: 0 begins today, -1 ended yesterday.

    Each is counted from today, so that months which begin on a 31st do not drift.
    """
    return Span(months_later(today, number), months_later(today, number + 1))
