"""The times that data loggers write, turned into seconds since 1970-01-01 UTC.

Nothing is guessed at: a time without an offset needs a time zone, 03/04/2026 needs the order of day
and month unless another line shows it, and an hour that the clocks skipped is refused.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dispensary.errors import Refused, quoted

_HOUR = 3600
_FORM = re.compile(
    r"(?P<date>20\d\d[-/.]\d\d[-/.]\d\d|\d\d?(?P<sign>[-/.])\d\d?(?P=sign)20\d\d)(?:[ T]+|, ?)"
    r"(?P<hour>\d\d?):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<offset>[Zz]|[+-]\d\d:?\d\d))?",
    re.ASCII,
)


class NotALog(Refused):
    """A file that does not hold the readings of a data logger."""

    sentence = "{file} line {line}: {problem}; nothing was imported."
    file: str
    line: int
    problem: str


class NotAZone(Refused):
    """A time zone that nobody knows."""

    sentence = "{given} is not a time zone for --timezone: give UTC, or one such as Europe/Oslo."
    given: str


class Order(StrEnum):
    """Whether a date begins with its day or its month."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def zone_of(name: str) -> tzinfo:
    """UTC or the time zone of that IANA name; raises NotAZone."""
    try:
        return UTC if name.strip().upper() == "UTC" else ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NotAZone(given=quoted(name)) from None


def order_shown(rows: Sequence[tuple[int, str, str]], file: str) -> Order | None:
    """Which part of dates such as 03/29/2026 is the day, by a day above 12; None where none of the dates is written so.

    Raises NotALog where every date could be read in both ways.
    """
    either = None
    for line, when, _ in rows:
        if when[2:3] not in "/-" and when[1:2] not in "/-":
            continue
        parts = re.match(r"(\d\d?)[-/](\d\d?)[-/]", when, re.ASCII)
        if parts is None:
            continue
        if int(parts[1]) > 12:
            return Order.DAY_FIRST
        if int(parts[2]) > 12:
            return Order.MONTH_FIRST
        either = either or line
    if either is not None:
        problem = "day and month of every date in it may be either; say --order dmy or --order mdy"
        raise NotALog(file=file, line=either, problem=problem)
    return None


class Moments:
    """Times as written to seconds; the work on a date and an hour is done once."""

    def __init__(self, file: str, zone: tzinfo | None, order: Order | None) -> None:
        self.file = file
        self.zone = zone
        self.order = order
        self.before = 0
        self.step = 0
        self.hours: dict[tuple[str, str, str | None, str | None], int | None] = {}

    def second(self, line: int, when: str) -> int:
        """The moment; of an hour that comes twice, the one that follows the line before. Raises NotALog."""
        parts = _FORM.fullmatch(when)
        if parts is None:
            raise self._not_a_time(line, when)
        date, _, hour, minute, second, half, offset = parts.groups()
        key = (date, hour, half, offset)
        if key not in self.hours:
            self.hours[key] = self._hour(self.naive(line, when), offset)
        begin = self.hours[key]
        within = int(minute) * 60 + int(second or 0)
        moment = self._told_apart(line, when) if begin is None else begin + within
        self.step = moment - self.before
        self.before = moment
        return moment

    def naive(self, line: int, when: str) -> datetime:
        """The time as the clock showed it; raises NotALog."""
        parts = _FORM.fullmatch(when)
        if parts is None:
            raise self._not_a_time(line, when)
        date, sign, hour, minute, second, half, _ = parts.groups()
        first, middle, last = map(int, re.split("[-/.]", date))
        if sign is not None:
            first, last = last, first
            if sign != "." and self.order is Order.MONTH_FIRST:
                middle, last = last, middle
        hours = int(hour)
        if half is not None:
            if not 1 <= hours <= 12:
                raise self._not_a_time(line, when)
            hours = hours % 12 + (12 if half in "Pp" else 0)
        try:
            return datetime(first, middle, last, hours, int(minute), int(second or 0))  # noqa: DTZ001
        except ValueError:
            raise self._not_a_time(line, when) from None

    def _hour(self, naive: datetime, offset: str | None) -> int | None:
        """When the hour began, in seconds; None where the clocks are changed in it."""
        hour = naive.replace(minute=0, second=0)
        if offset is not None:
            return _seconds(hour.replace(tzinfo=UTC)) - _offset(offset)
        if self.zone is None:
            return None
        begin, end = (hour.replace(minute=minute, tzinfo=self.zone) for minute in (0, 59))
        offsets = {moment.replace(fold=fold).utcoffset() for moment in (begin, end) for fold in (0, 1)}
        return _seconds(begin) if len(offsets) == 1 else None

    def _told_apart(self, line: int, when: str) -> int:
        if self.zone is None:
            raise NotALog(
                file=self.file, line=line, problem=f"{when} is in no time zone; say which with --timezone, UTC if it is"
            )
        first = self.naive(line, when).replace(tzinfo=self.zone)
        if first.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != first.replace(tzinfo=None):
            problem = f"{when} does not exist in {self.zone}, whose clocks were put forward; is it another time zone"
            raise NotALog(file=self.file, line=line, problem=problem)
        early, late = _seconds(first), _seconds(first.replace(fold=1))
        # An hourly logger shows the same time twice; one that is faster only repeats a line.
        again = early == self.before and self.step < _HOUR
        return early if early > self.before or again else late

    def _not_a_time(self, line: int, when: str) -> NotALog:
        return NotALog(
            file=self.file,
            line=line,
            problem=f"{quoted(when)} is not a time such as 2026-03-29 14:30 or 29.03.2026 14:30",
        )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _offset(text: str) -> int:
    """`Z`, `+01:00` or `-0430` in seconds east of UTC."""
    if text in "Zz":
        return 0
    seconds = int(text[1:3]) * _HOUR + int(text[-2:]) * 60
    return -seconds if text[0] == "-" else seconds
