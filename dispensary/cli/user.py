"""`dispensary user`: add, list."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def user() -> None:
    """Users: add, list."""


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name to act as.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="technician, pharmacist, auditor or manager.")],
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


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the users."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.records import users

    with desk(context).reading(Act.READ_USERS) as (db, by):
        rows = users(db, by.site_id)
    show(format, rows, rows, table(("user", "role"), [(row.user, row.role) for row in rows]))
