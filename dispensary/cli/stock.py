"""`dispensary stock`: what stands where."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.rules.access import Act

app = new_app()


@app.command()
def stock(
    context: typer.Context,
    by: Annotated[
        str | None, typer.Option("--by", metavar="KEYS", help="Sum by keys, such as form,fill_ml,preservative.")
    ] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Only this product.")] = None,
    place: Annotated[str | None, typer.Option(metavar="PLACE", help="Only this place.")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the stock, physical and usable."""
    from dispensary.exports.terminal import table
    from dispensary.reports.stock.stock import stock as report
    from dispensary.reports.stock.stock import stock_by

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, person):
        rows = report(db, person.site_id, at.on.date(), product=product, place=place)
    if by is not None:
        sums = stock_by(rows, [key.strip() for key in by.split(",")])
        heads = tuple(sums[0]) if sums else (*by.split(","), "units", "usable_units")
        show(format, sums, sums, table(heads, [tuple(each.values()) for each in sums]))
        return
    shown = [
        (row.product, row.lot, row.expires, row.days_left, row.place, row.state, row.units, row.usable_units)
        for row in rows
    ]
    heads = ("product", "lot", "expires", "days", "place", "state", "units", "usable")
    show(format, rows, rows, table(heads, shown) if rows else "Nothing is in stock.")
