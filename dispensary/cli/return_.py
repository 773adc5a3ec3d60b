"""`dispensary return`: a dispense that comes back."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show

app = new_app()


@app.command()
def return_(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="DISPENSE", help="Dispense number.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it comes back.")],
    quantity: Annotated[str | None, typer.Option(metavar="UNITS", help="Units. [default: all that is left]")] = None,
    lot: Annotated[str | None, typer.Option(metavar="LOT", help="The lot, where a part of several comes back.")] = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="The whole fill never left: back to where it came from.")
    ] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Take back a dispense; it is not sold again.

    Only what was never handed over goes back into stock, with --undelivered.
    """
    from dispensary.exports.terminal import table
    from dispensary.rules.quantity import counted, parse_units
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_text
    from dispensary.services.prescribing.take_back import Return, take_back

    order = Return(
        key=request_key(context, key),
        dispense=number,
        reason=clean_text(reason, "a reason"),
        units=None if quantity is None else parse_units(quantity),
        lot=None if lot is None else parse_lot(lot),
        undelivered=undelivered,
    )
    at = desk(context)
    taken = at.write(take_back, order, practice=at.practice)
    heads = ("product", "lot", "expires", "units", "place")
    rows = [(line.product, line.lot, line.expires, line.units, line.place) for line in taken.lines]
    what = "back to where they came from" if taken.undelivered else "not to be sold again"
    text = f"Returned {taken.return_}: {counted(taken.units, 'unit')} of {taken.dispense}, {what}.\n\n"
    show(format, taken, taken.lines, text + table(heads, rows))
