"""`dispensary lot`: what is known of a lot."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show

if TYPE_CHECKING:
    from dispensary.reports.lot import CameIn, LotDetail

app = new_app()


@app.callback()
def lot() -> None:
    """Lots: show."""


@app.command("show")
def show_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="LOT", help="Lot as printed on the pack.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show a lot: its product, state, expiry, receipts, and where it stands."""
    from dispensary.reports.lot import show_lot

    at = desk(context)
    with at.reading() as (db, by):
        rows = show_lot(db, by.site_id, number, at.on)
    show(format, rows, rows, "\n\n".join(map(_text, rows)))


def _text(row: "LotDetail") -> str:
    from dispensary.exports.terminal import table

    facts = [
        ("product", f"{row.product} {row.name}"),
        ("contents", f"{row.form} {row.strength_mcg_per_ml:,} mcg/mL, {row.fill_ml} mL {row.container}"),
        ("preservative", row.preservative),
        ("expires", f"{row.expires} ({row.days_left} days left)"),
        ("state", row.state),
        *((f"in {each.place}", f"{each.units} units, {each.usable_units} usable") for each in row.places),
        *((f"received {each.on}", f"{each.units} units, {each.receipt}{_cost(each)}") for each in row.received),
    ]
    return table(("lot", row.lot), facts)


def _cost(came: "CameIn") -> str:
    return "" if came.unit_cost is None else f", {came.unit_cost} each"
