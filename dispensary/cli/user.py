"""`dispensary user`: add, list, disable, enable, pin, badge, right, key, rescue."""

from typing import Annotated

import typer

from dispensary.cli import user_key
from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def user() -> None:
    """Users: add, list, disable, enable, pin, badge, right, key, rescue."""


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name to act as.")],
    role: Annotated[
        str,
        typer.Option(
            metavar="ROLE",
            help="technician, pharmacist, auditor, manager; or for a script: reporter, exporter, keeper.",
        ),
    ],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter a user."""
    from dispensary.rules.people import Role
    from dispensary.rules.product import one_of
    from dispensary.rules.text import clean_name
    from dispensary.services.people.register import NewUser, add_user

    new = NewUser(request_key(context, key), clean_name(name, "a user's name"), one_of(Role, "role", role))
    added = desk(context).write(add_user, new)
    show(format, added, [added], f"User {added.user} is entered as {new.role}.")


@app.command()
def disable(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is to act no more.")],
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Let a user act no more, at once and at every counter."""
    _change(context, name, reason, key, format, enabled=False)


@app.command()
def enable(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who is to act again.")],
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Let a user act again."""
    _change(context, name, reason, key, format, enabled=True)


def _change(context: typer.Context, name: str, reason: str, key: str | None, chosen: Format, *, enabled: bool) -> None:
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import counted
    from dispensary.rules.text import clean_text
    from dispensary.services.people.user_access import Access, change_access

    order = Access(request_key(context, key), name, clean_text(reason, "a reason"), enabled)
    done = desk(context).write(change_access, order)
    ended = f" {counted(done.sessions_ended, 'session')} ended." if not enabled else ""
    show(chosen, done, [done], wrapped(f"User {done.user} is {done.state}.{ended}"))


@app.command()
def pin(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Whose PIN. [default: yours]")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Give yourself or another user a new PIN, which also opens a locked one.

    From the first PIN on, nobody of the pharmacy acts without logging in. Another user's PIN is changed at
    their next login.
    """
    from dispensary.cli.login import opened, with_new_pin
    from dispensary.exports.terminal import wrapped

    at = desk(context)
    by = at.require(Act.USER_PIN)
    whose = by.name if name is None else name
    if whose != by.name:
        at.require(Act.OTHERS_PIN)
    given = with_new_pin(at, whose, request_key(context, key))
    if given.user == by.name:
        # The change ended every session of the user.
        opened(at, by)
    show(format, given, [given], wrapped(f"{given.user} has a new PIN, given by {given.given_by}."))


@app.command()
def badge(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose badge.")],
    take: Annotated[bool, typer.Option("--take", help="Take it away, as when it is lost.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Give a user a badge to scan in place of the name at login; the PIN is asked for all the same."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.sign_in import require_badge
    from dispensary.services.people.credentials import BadgeOf, give_badge
    from dispensary.sessions import hash_of

    at = desk(context)
    at.require(Act.USER_BADGE)
    badge_hash = None if take else hash_of(require_badge(at.asking.secret(f"Scan the badge of {name}")))
    given = at.write(give_badge, BadgeOf(request_key(context, key), name, taken=take), badge_hash=badge_hash)
    said = f"The badge of {given.user} opens nothing any more." if take else f"{given.user} has a badge."
    show(format, given, [given], wrapped(said))


@app.command()
def right(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A user of another site.")],
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="What they may be at this site.")] = None,
    take: Annotated[bool, typer.Option("--take", help="Take the right away.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Let a user of another site act at the site where you act, or no more."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.people import Role
    from dispensary.rules.product import one_of
    from dispensary.services.people.sites import Right, give_right

    if (role is None) is not take:
        raise typer.BadParameter("give either --role ROLE or --take")
    chosen = None if role is None else one_of(Role, "role", role)
    given = desk(context).write(give_right, Right(request_key(context, key), name, chosen))
    said = "may act no more" if given.role is None else f"may act as {given.role}"
    show(format, given, [given], wrapped(f"{given.user} {said} at {given.site}."))


app.command("key")(user_key.key)
app.command("rescue")(user_key.rescue)


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the users."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.users import users

    with desk(context).reading(Act.READ_USERS) as (db, by):
        rows = users(db, by.site_id)
    words = [
        (
            row.user,
            row.role,
            "disabled" if row.disabled else "",
            ("PIN or badge and PIN" if row.badge else "PIN") if row.pin else "",
        )
        for row in rows
    ]
    show(format, rows, rows, table(("user", "role", "state", "logs in with"), words))
