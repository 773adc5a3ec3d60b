"""The days that a register tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from dispensary.reports.people.access import NotAPeriod


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day through the last one by the pharmacy's clock; what is empty has no end."""

    since: date | None = None
    until: date | None = None

    def require(self) -> None:
        """Raises NotAPeriod where the days stand in the wrong order."""
        if self.since is not None and self.until is not None and self.until < self.since:
            raise NotAPeriod(since=self.since, until=self.until)

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

    def holds(self, at: datetime, zone: tzinfo | None) -> bool:
        """Whether the moment lies in it."""
        begins, ends = self.begins(zone), self.ends(zone)
        return (begins is None or at >= begins) and (ends is None or at < ends)
