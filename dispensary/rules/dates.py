"""Dates as people type them: ISO 8601 calendar dates in ASCII digits and nothing else.

`03/04/26` is April in one country and March in another, and a week date is easily misread, so
neither is guessed at.
"""

import calendar
import re
from datetime import date

from dispensary.errors import Refused, quoted

OLDEST_AGE = 130


class NotADate(Refused):
    """The text is not a calendar date."""

    sentence = "{given} is not a date between 1900 and 2199: write year-month-day, such as 2027-05-31."
    given: str


class NotAnExpiry(Refused):
    """The text is neither a date nor a month."""

    sentence = (
        "{given} is not an expiry date: write year-month-day such as 2027-05-31, "
        "or 2027-05 where the pack shows only a month."
    )
    given: str


class BornInTheFuture(Refused):
    """A birth date after today."""

    sentence = "A birth date of {born} is later than today, {today}: check the year."
    born: date
    today: date


class BornTooLongAgo(Refused):
    """A birth date that nobody living has."""

    sentence = f"A birth date of {{born}} makes the patient older than {OLDEST_AGE} years on {{today}}: check the year."
    born: date
    today: date


def parse_date(text: str) -> date:
    """Reads `2027-05-31`, years 1900 to 2199; raises NotADate."""
    found = _calendar_date(text)
    if found is None:
        raise NotADate(given=quoted(text))
    return found


def parse_expiry(text: str) -> date:
    """Reads `2027-05-31`, or `2027-05` as the last day of that month; raises NotAnExpiry.

    A medicine marked with a month only may be used through the end of it (USP <7>).
    """
    found = _calendar_date(text) or _last_of_month(text)
    if found is None:
        raise NotAnExpiry(given=quoted(text))
    return found


def parse_born(text: str, today: date) -> date:
    """Reads a birth date; raises NotADate, BornInTheFuture, and BornTooLongAgo above OLDEST_AGE."""
    born = parse_date(text)
    if born > today:
        raise BornInTheFuture(born=born, today=today)
    if (born.year + OLDEST_AGE, born.month, born.day) < (today.year, today.month, today.day):
        raise BornTooLongAgo(born=born, today=today)
    return born


def months_later(day: date, months: int) -> date:
    """The same day so many months later, the month's last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _calendar_date(text: str) -> date | None:
    # date.fromisoformat also reads week dates and 20270531, so the form is checked first.
    if not re.fullmatch(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _last_of_month(text: str) -> date | None:
    if not re.fullmatch(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])", text):
        return None
    year, month = map(int, text.split("-"))
    return date(year, month, calendar.monthrange(year, month)[1])
