"""Time out of the carton: minutes in the light add up, and a product may have a limit.

Cyanocobalamin loses a tenth and more within two hours of sunlight or of strong artificial light, so
the minutes are worth recording; no half-life is assumed. The limit is the pharmacy's own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dispensary.errors import Refused, quoted

MOST_MINUTES = 10_080
"""A week, in one record."""


class NotMinutes(Refused):
    """The text is no time in the light."""

    sentence = f"{{given}} is not a time in the light: give whole minutes from 1 to {MOST_MINUTES:,}, such as 20."
    given: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """Minutes in the light that were recorded at a moment, of a vial or of its whole lot."""

    minutes: int
    at: datetime
    of_vial: bool


def parse_minutes(text: str) -> int:
    """Whole minutes, 1 to MOST_MINUTES; raises NotMinutes."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text, re.ASCII) or int(text) > MOST_MINUTES:
        raise NotMinutes(given=quoted(text))
    return int(text)


def total_of_lot(exposures: Iterable[Exposure]) -> int:
    """Minutes of the lot's sealed units: what was recorded of the whole lot."""
    return sum(each.minutes for each in exposures if not each.of_vial)


def total_of_vial(exposures: Iterable[Exposure], opened_at: datetime) -> int:
    """Minutes of an opened vial: its own, and those of its lot until it was opened."""
    return sum(each.minutes for each in exposures if each.of_vial or each.at <= opened_at)


def reached(total: int, limit: int | None) -> bool:
    """Whether the limit is reached; a product without one has none."""
    return limit is not None and total >= limit
