"""`dispensary logout`: end the session at this counter, or every session of its user."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import desk, new_app, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = new_app()


@app.command()
def logout(
    context: typer.Context,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="At every other counter too, as after a token was lost.")
    ] = False,
) -> None:
    """Log out at this counter."""
    from dispensary import sessions
    from dispensary.database import transaction
    from dispensary.rules.quantity import counted
    from dispensary.services.people.sign_in import end_all_sessions, end_session

    at = desk(context)
    file = at.identity.token_file()
    token = file.read()

    def work(db: "Connection") -> str:
        found = None if token is None else sessions.of_token(db, token)
        # A token whose session was ended, such as a copy of an old one, ends no other.
        if found is None or found[1].ended_at is not None:
            return "Nobody was logged in at this counter."
        person, session = found
        if not everywhere:
            end_session(db, session.id, "logged out", on=at.on, by=person)
            return f"{person.name} is logged out at this counter."
        end_session(db, session.id, "logged out everywhere", on=at.on, by=person)
        more = end_all_sessions(db, person.user_id, on=at.on)
        return f"{person.name} is logged out at this counter and of {counted(more, 'session')} elsewhere."

    said = transaction(at.engine, work)
    file.remove()
    say(said)
