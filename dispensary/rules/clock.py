"""A counter's clock against the last entry of the books: what has expired is told by it, and so it must not go back."""

from datetime import datetime, timedelta

from dispensary.errors import Refused
from dispensary.rules.access import Act
from dispensary.rules.moments import to_the_second

APART = timedelta(minutes=5)
"""Counters' clocks may differ by so much without anybody being refused or told."""

SIGNING_IN = frozenset({"login", "logout", "confirmed", "refused", "user rescue", str(Act.USER_PIN)})
"""Kinds of events that are entered by whatever clock: who sets the clock right must get in, and none moves stock.

A PIN is one of them: whoever got it from somebody else chooses another before anything else, so that a key would
otherwise open nothing after an entry of a time that is not yet.
"""


class ClockBehind(Refused):
    """By a clock that was set back, what has expired would be good."""

    sentence = (
        "By the clock of this counter it is {clock}, and the last entry is of {last}: nothing was written; set the "
        "clock right, or, if it is that entry's clock that was wrong, let a pharmacist or manager run "
        "`dispensary audit clock --reason TEXT`."
    )
    clock: str
    last: str


def mark(last: datetime | None, kind: str, on: datetime) -> datetime | None:
    """The latest moment of a site's entries, after one of this kind at `on`; `last` is that before it, if any.

    Raises ClockBehind where the clock is behind it by more than APART.
    """
    if kind in SIGNING_IN:
        return last
    if last is None or kind == Act.AUDIT_CLOCK:
        return on
    if last - on > APART:
        raise ClockBehind(clock=to_the_second(on), last=to_the_second(last.astimezone(on.tzinfo)))
    return max(last, on)
