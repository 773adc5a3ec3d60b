"""`dispensary expiring`: lots that expire soon."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.rules.access import Act

app = new_app()


@app.command()
def expiring(
    context: typer.Context,
    within: Annotated[str, typer.Option(metavar="DAYS", help="How far ahead to look.")] = "180",
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 if there is anything.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show stock that has expired or soon will."""
    from dispensary.exports.terminal import table
    from dispensary.reports.stock.expiring import expiring as report
    from dispensary.rules.quantity import parse_units

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, person):
        rows = report(db, person.site_id, at.on.date(), within=parse_units(within))
    shown = [
        (row.band, row.product, row.lot, row.expires, row.days_left, row.place, row.units, row.usable_units)
        for row in rows
    ]
    heads = ("band", "product", "lot", "expires", "days", "place", "units", "usable")
    show(format, rows, rows, table(heads, shown) if rows else f"Nothing in stock expires within {within} days.")
    if strict and rows:
        raise typer.Exit(4)
