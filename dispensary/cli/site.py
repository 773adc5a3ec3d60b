"""`dispensary site`: add, list."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def site() -> None:
    """Sites of the pharmacy: add, list."""


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The site's name.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Open a site. You may act there, with --site, and enter its users."""
    from dispensary.cli.context import random_bytes
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.text import clean_name
    from dispensary.services.people.sites import NewSite, add_site

    new = NewSite(request_key(context, key), clean_name(name, "a site's name"))
    added = desk(context).write(add_site, new, origin=random_bytes().hex())
    act = f"{added.user} may act there as {added.role} with --site"
    show(format, added, [added], wrapped(f"Site {added.site} is open: {act}, and enter its users."))


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the sites."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.sites import sites

    with desk(context).reading(Act.READ_USERS) as (db, _):
        rows = sites(db)
    shown = [(row.site, row.users, row.events, ", ".join(row.rights)) for row in rows]
    show(format, rows, rows, table(("site", "users", "events", "rights of others"), shown))
