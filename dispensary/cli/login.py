"""`dispensary login`: open a session at this counter with a name or badge and a PIN."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import desk, new_app, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.rules.people import Person
    from dispensary.services.people.credentials import Given

app = new_app()


@app.command()
def login(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Who logs in. [default: asked for]")] = None,
) -> None:
    """Log in at this counter with a name or badge and a PIN.

    Whoever was logged in here is logged out. A person's session ends after 15 minutes without a command and
    after 12 hours. A script, a user with the role of reporter, exporter or keeper, stays logged in for a year
    and acts where --as names it.
    """
    from dataclasses import replace

    from dispensary.cli.context import random_key
    from dispensary.cli.identity import proven
    from dispensary.database import reading, transaction
    from dispensary.lookup import person
    from dispensary.services.people.credentials import PinOf, give_pin
    from dispensary.services.people.sign_in import require_unchanged
    from dispensary.sessions import has_pins

    at = desk(context)
    given = at.asking.name() if name is None else name
    with reading(at.engine) as db:
        shut = has_pins(db)
        if not shut:
            person(db, given)
    if not shut:
        say(f"Nobody has a PIN yet, so nobody logs in: `dispensary --as {given} user pin` gives the first.")
        return
    typed = at.asking.secret("PIN")
    who, trial = proven(at.engine, given, typed, at.on)

    def changed(db: "Connection") -> None:
        # The user had time to think of another one, and others to disable the user.
        require_unchanged(db, trial)
        give_pin(db, order, pin_hash=pin_hash, on=at.on, by=replace(who, confirmed=frozenset({who.user_id})))

    if not trial.own:
        order, pin_hash = PinOf(random_key(), who.name), chosen_pin(at, who.name, given=typed)
        transaction(at.engine, changed)
    opened(at, who)


def chosen_pin(at: "Desk", whose: str, given: str = "") -> str:
    """The hash of a new PIN, asked for here; raises WeakPin and NobodyToAsk."""
    from dispensary.cli.context import random_bytes
    from dispensary.pins import hashed
    from dispensary.rules.sign_in import new_pin

    typed = new_pin(at.asking.secret(f"New PIN of {whose}", twice=True), whose, given)
    return hashed(typed, random_bytes())


def with_new_pin(at: "Desk", whose: str, key: str) -> "Given":
    """The receipt of a new PIN, asked for here; raises WeakPin, NobodyToAsk and what `give_pin` raises."""
    from dispensary.services.people.credentials import PinOf, give_pin

    pin_hash = chosen_pin(at, whose)
    # Who acts is asked for again: much may have happened while the PIN was thought of.
    return at.write(give_pin, PinOf(key, whose), pin_hash=pin_hash)


def opened(at: "Desk", who: "Person") -> None:
    """A session of the user, whose PIN was typed: in the books, and its token at this counter."""
    from dispensary import sessions
    from dispensary.cli.context import random_token, this_counter
    from dispensary.database import transaction
    from dispensary.rules.moments import to_the_minute
    from dispensary.rules.sign_in import ABSOLUTE, ABSOLUTE_OF_SCRIPT
    from dispensary.services.people.sign_in import end_session, open_session

    token = random_token()
    file = at.token_file(who.name if who.role.is_script else "")
    before = file.read()

    def work(db: "Connection") -> None:
        found = None if before is None else sessions.of_token(db, before)
        if found is not None:
            end_session(db, found[1].id, "another login at the counter", on=at.on, by=found[0])
        open_session(db, who, sessions.hash_of(token), this_counter(), on=at.on)

    transaction(at.engine, work)
    # A kill before this line leaves a session of which nobody has the token.
    file.write(token)
    until = to_the_minute(at.on + (ABSOLUTE_OF_SCRIPT if who.role.is_script else ABSOLUTE))
    idle = "" if who.role.is_script else ", or until 15 minutes pass without a command"
    say(f"{who.name} ({who.role}) is logged in at this counter until {until}{idle}.")
