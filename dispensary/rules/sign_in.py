"""PINs, locks and sessions: what a PIN must be, when wrong ones lock it, and how long a session lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from dispensary.errors import Refused
from dispensary.rules.access import Denied, PinRefused
from dispensary.rules.moments import to_the_second
from dispensary.rules.people import Role

LEAST = 6
"""Characters of a PIN, as NIST SP 800-63B-4 asks of one that is looked at by a verifier that counts."""

MOST = 64

WRONG_IN_A_ROW = 5
"""Wrong PINs before the next one is not looked at."""

LOCKED_FOR = timedelta(minutes=15)
"""After the last wrong PIN. Each further wrong one begins it again, so that 96 a day can be tried, of a million."""

IDLE = timedelta(minutes=15)
"""Without a command a person's session ends, since somebody else may stand at the counter."""

ABSOLUTE = timedelta(hours=12)
"""However busy, a person's session ends: a shift does."""

ABSOLUTE_OF_SCRIPT = timedelta(days=366)
"""A script runs once a night and has nobody who types: its session is renewed once a year."""

NOTED_EVERY = timedelta(minutes=1)
"""How exactly the last use of a session is kept, so that a command that reads rarely has to write."""


class WeakPin(Refused):
    """A new PIN that is soon guessed."""

    sentence = "That PIN {why}: nothing was changed; take {least} characters or more that nobody would try."
    why: str
    least: int


class NotABadge(Refused):
    """A scan that is too short to be a badge's, such as an empty one."""

    sentence = "A badge has {least} characters or more, and the scan has {given}: nothing was changed; scan it again."
    least: int
    given: int


class WrongPin(PinRefused):
    """The PIN is not that of the user, or there is no such user: which of both is not told."""

    sentence = "That name or badge and that PIN do not belong together: try again; {left}."
    left: str


class PinLocked(PinRefused):
    """Too many wrong PINs in a row: not even the right one is looked at."""

    sentence = (
        "The PIN of {user} was wrong {times} times in a row and is locked until {until}: wait, "
        "or let a pharmacist or manager give a new one with `dispensary user pin {user}`."
    )
    user: str
    times: int
    until: str


class NotSignedIn(Denied):
    """Nobody has a session at this counter."""

    sentence = "Nobody is logged in at this counter{why}: run `dispensary login`."
    why: str


class AnotherIsSignedIn(Denied):
    """The session is not that of the user named with --as."""

    sentence = "{user} is logged in at this counter, not {given}: run `dispensary login {given}`, or leave out --as."
    user: str
    given: str


class End(StrEnum):
    """Why a session is at its end."""

    LOGGED_OUT = "it was ended"
    IDLE = "it was not used for 15 minutes"
    ABSOLUTE = "it was opened too long ago"
    ELSEWHERE = "it belongs to another counter"
    DISABLED = "its user is disabled"
    CLOCK = "the clock was set back"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is kept."""

    id: int
    role: Role
    counter: str
    opened_at: datetime
    used_at: datetime
    ended_at: datetime | None
    disabled_at: datetime | None

    def end(self, counter: str, on: datetime) -> End | None:
        """Why it opens nothing at this counter and moment, if so."""
        if self.disabled_at is not None:
            return End.DISABLED
        if self.ended_at is not None:
            return End.LOGGED_OUT
        if self.counter != counter:
            return End.ELSEWHERE
        if on >= self.opened_at + (ABSOLUTE_OF_SCRIPT if self.role.is_script else ABSOLUTE):
            return End.ABSOLUTE
        if not self.role.is_script and on >= self.used_at + IDLE:
            return End.IDLE
        # By a clock that was set back no limit would ever be reached; one that is corrected goes back by less.
        if on <= self.used_at - IDLE:
            return End.CLOCK
        return None


def new_pin(typed: str, user: str, given: str = "") -> str:
    """The PIN as it was typed, which may be letters too; `given` is one that somebody else knows. Raises WeakPin."""
    why = None
    if len(typed) < LEAST:
        why = f"has {len(typed)} characters"
    elif len(typed) > MOST:
        why = f"has more than {MOST} characters"
    elif len(set(typed)) < 3:
        why = "has fewer than three different characters"
    elif _runs(typed):
        why = "is a row of neighbours"
    elif typed[: len(typed) // 2] * 2 == typed:
        why = "is one half twice"
    elif typed.casefold() == user.casefold():
        why = "is the user's name"
    elif typed == given:
        why = "is the one that was given to you, which another person knows"
    if why is not None:
        raise WeakPin(why=why, least=LEAST)
    return typed


def require_badge(scanned: str) -> str:
    """What is on the badge; raises NotABadge."""
    if len(scanned) < LEAST:
        raise NotABadge(least=LEAST, given=len(scanned))
    return scanned


_KEYS = "1234567890" * 7
"""The digits as they stand on keys, where 0 comes after 9."""


def _runs(typed: str) -> bool:
    if typed in _KEYS or typed[::-1] in _KEYS:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(typed)}
    return steps in ({1}, {-1})


def require_unlocked(user: str, in_a_row: int, last_at: datetime, on: datetime) -> None:
    """Nothing, where one more PIN may be looked at; raises PinLocked."""
    until = last_at + LOCKED_FOR
    if in_a_row >= WRONG_IN_A_ROW and on < until:
        raise PinLocked(user=user, times=in_a_row, until=to_the_second(until.astimezone(on.tzinfo)))


def wrong(in_a_row: int) -> WrongPin:
    """The refusal of that many wrong PINs in a row."""
    left = WRONG_IN_A_ROW - in_a_row
    if left < 1:
        return WrongPin(left="it is locked for 15 minutes now")
    said = "1 more wrong one locks it" if left == 1 else f"{left} more wrong ones lock it"
    return WrongPin(left=said)
