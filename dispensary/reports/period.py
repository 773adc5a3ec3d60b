"""The days that a report or an export tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from dispensary.errors import Refused


class NotAPeriod(Refused):
    """Days in the wrong order."""

    sentence = "--since {since} is later than --until {until}: give the earlier day as --since."
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day through the last one by the pharmacy's clock; what is empty has no end. Raises NotAPeriod."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise NotAPeriod(since=self.since, until=self.until)

    def has(self, day: date) -> bool:
        """Whether it is one of the days."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def begins(self, zone: tzinfo | None) -> datetime | None:
        """The first moment in it."""
        return None if self.since is None else datetime.combine(self.since, time(), zone)

    def ends(self, zone: tzinfo | None) -> datetime | None:
        """The first moment after it."""
        return None if self.until is None else datetime.combine(self.until + timedelta(days=1), time(), zone)

    def where(self, at: Any, zone: tzinfo | None) -> Iterator[Any]:
        """The conditions on a column of moments."""
        if (begins := self.begins(zone)) is not None:
            yield at >= begins
        if (ends := self.ends(zone)) is not None:
            yield at < ends
