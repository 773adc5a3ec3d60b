"""`dispensary move`: units of a lot from one place to another."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.cli.units_of_lot import LotArgument, ProductOption, QuantityOption, units_of_lot

app = new_app()


@app.command()
def move(
    context: typer.Context,
    lot: LotArgument,
    source: Annotated[str, typer.Option("--from", metavar="PLACE", help="Where it stands.")],
    target: Annotated[str, typer.Option("--to", metavar="PLACE", help="Where it goes.")],
    quantity: QuantityOption = None,
    product: ProductOption = None,
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why; needed out of quarantine, and where the place does not fit."),
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Move units of a lot to another place of the pharmacy."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_text
    from dispensary.services.stock.move import Move
    from dispensary.services.stock.move import move as service

    order = Move(
        key=request_key(context, key),
        lot=parse_lot(lot),
        source=source,
        target=target,
        units=None if quantity is None else parse_units(quantity),
        product=product,
        reason=None if reason is None else clean_text(reason, "a reason"),
    )
    moved = desk(context).write(service, order)
    what = f"Moved {moved.move}: {units_of_lot(moved)}"
    notes = [f"Note: {moved.to} {misfit}." for misfit in moved.misfits]
    show(format, moved, [moved], "\n".join(map(wrapped, (f"{what}, from {moved.from_} to {moved.to}.", *notes))))
