"""The days that are told of."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from dispensary.reports.people.access import NotAPeriod


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` through `until`, in the pharmacy's days; None is no bound. Raises NotAPeriod."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise NotAPeriod(since=self.since, until=self.until)

    def holds(self, at: Any, on: datetime) -> ColumnElement[bool]:
        """The condition that the moment of the column lies in it; days are those of the zone of `on`."""
        bounds = [true()]
        if self.since is not None:
            bounds.append(at >= datetime.combine(self.since, time(), on.tzinfo))
        if self.until is not None:
            bounds.append(at < datetime.combine(self.until + timedelta(days=1), time(), on.tzinfo))
        return and_(*bounds)
