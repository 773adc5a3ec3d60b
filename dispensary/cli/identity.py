"""Who acts: the user of the session at this counter, or, where nobody has a PIN, the user who is named."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from dispensary.cli.pins import Asking
from dispensary.cli.token_file import TokenFile
from dispensary.errors import NotSaved
from dispensary.rules.access import Denied, NeedsPin
from dispensary.rules.people import Person

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dispensary.rules.sign_in import Session
    from dispensary.services.people.sign_in import Trial

Result = TypeVar("Result")


class Identity:
    """The acting person of one command, and the PINs that were typed for it."""

    def __init__(
        self,
        asked_for: str | None,
        named: str,
        site: str | None,
        counter: str,
        tokens: Callable[[str], TokenFile],
    ) -> None:
        # Whom --as named, if anybody; `named` is who acts where nobody has a PIN.
        self.asked_for = asked_for
        self.named = named
        self.site = site
        self.counter = counter
        self.tokens = tokens
        self.confirmed: frozenset[int] = frozenset()
        self.known: Person | None = None
        self.session: Session | None = None
        self.proved: Person | None = None

    def token_file(self) -> TokenFile:
        """That of the script named with --as, where it is logged in here, or that of the counter."""
        if self.asked_for:
            of_script = self.tokens(self.asked_for)
            if of_script.read() is not None:
                return of_script
        return self.tokens("")

    def person(self, db: "Connection", on: datetime) -> Person:
        """The acting person at the site; raises NotFound, UserDisabled, NoRightThere and what `_signed_in` raises."""
        from dispensary import lookup, sessions

        if sessions.has_pins(db):
            person = self._signed_in(db, on)
        else:
            person = self.known = lookup.person(db, self.named)
        if self.site is not None:
            from dispensary.rights import person_at

            person = self.known = person_at(db, person, self.site)
        return person

    def _signed_in(self, db: "Connection", on: datetime) -> Person:
        """Whose session this counter has; raises NotSignedIn and AnotherIsSignedIn."""
        from dispensary import sessions
        from dispensary.rules.sign_in import AnotherIsSignedIn, NotSignedIn

        if self.proved is not None:
            self.known = self.proved
            return self.known
        token = self.token_file().read()
        found = None if token is None else sessions.of_token(db, token)
        if found is None:
            raise NotSignedIn(why="")
        self.known, self.session = found
        end = self.session.end(self.counter, on)
        if end is not None:
            raise NotSignedIn(why=f", since the session of {self.known.name} is over: {end}")
        if self.asked_for not in (None, self.known.name):
            raise AnotherIsSignedIn(user=self.known.name, given=self.asked_for)
        return replace(self.known, confirmed=self.confirmed)

    def used(self, engine: "Engine", on: datetime) -> None:
        """Keep that the session was used, if the last use that is kept was a while ago."""
        from dispensary import sessions
        from dispensary.database import transaction

        if self.session is not None and sessions.is_stale(self.session, on):
            # What was done is done, and a standby takes no such row: the session only ends sooner.
            with suppress(NotSaved):
                transaction(engine, lambda db: sessions.touch(db, self._session_id, on))

    @property
    def _session_id(self) -> int:
        assert self.session is not None
        return self.session.id

    def note(self, engine: "Engine", refusal: Denied, on: datetime) -> None:
        """One event that somebody was refused; a session that was refused is ended."""
        from dispensary.database import transaction
        from dispensary.rules.sign_in import NotSignedIn
        from dispensary.services.people.sign_in import end_session, note_denied

        def work(db: "Connection") -> None:
            if isinstance(refusal, NotSignedIn) and self.session is not None and self.known is not None:
                end_session(db, self.session.id, refusal.code, on=on, by=self.known)
            note_denied(db, refusal, on=on, by=self.known)

        transaction(engine, work)

    def confirm(self, engine: "Engine", need: NeedsPin, on: datetime, asking: Asking) -> None:
        """Ask for the PIN that is needed; raises NeedsPin where nobody can be asked, WrongPin and PinLocked."""
        from dispensary.database import transaction
        from dispensary.services.people.sign_in import confirm

        if not asking.possible:
            raise need
        person, _ = proven(engine, need.user, asking.secret(f"PIN of {need.user} ({need.what})"), on)
        transaction(engine, lambda db: confirm(db, person, need, on=on))
        self.confirmed |= {need.user_id}

    def prove(self, engine: "Engine", asking: Asking, on: datetime) -> None:
        """Ask for name and PIN instead of a session, for this one command on a database of an earlier schema.

        Nobody can log in there before it is upgraded. Raises NobodyToAsk, WrongPin and PinLocked.
        """
        from dispensary.database import transaction
        from dispensary.services.people.sign_in import forgive

        given = self.asked_for or asking.name()
        person, _ = proven(engine, given, asking.secret("PIN"), on, noted=False)
        transaction(engine, lambda db: forgive(db, person))
        self.proved, self.session = person, None


def proven(engine: "Engine", given: str, typed: str, on: datetime, *, noted: bool = True) -> "tuple[Person, Trial]":
    """The user of this name or badge, whose PIN it is, and what was looked at; raises WrongPin and PinLocked."""
    from dispensary import pins
    from dispensary.database import transaction
    from dispensary.rules.sign_in import PinLocked
    from dispensary.services.people.sign_in import begin, fail

    trial = transaction(engine, lambda db: begin(db, given, on=on, noted=noted))
    if isinstance(trial, PinLocked):
        raise trial
    if not pins.matches(typed, trial.hash) or trial.person is None:
        raise transaction(engine, lambda db: fail(db, trial, on=on, noted=noted))
    return trial.person, trial
