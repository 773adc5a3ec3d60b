"""`dispensary destroy`: units of a lot to the waste, before a witness."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show

app = new_app()


@app.command()
def destroy(
    context: typer.Context,
    lot: Annotated[str, typer.Argument(metavar="LOT", help="Lot as printed on the pack.")],
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it stands.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is recorded.")],
    witness: Annotated[str, typer.Option(metavar="USER", help="The other person who sees it destroyed.")],
    quantity: Annotated[
        str | None, typer.Option(metavar="UNITS", help="Units. [default: all that stand there]")
    ] = None,
    product: Annotated[
        str | None, typer.Option(metavar="CODE", help="The product, where two have a lot of that number.")
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Destroy units of a lot, as a pharmacist and before a witness."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_text
    from dispensary.services.stock.destroy import Destroy
    from dispensary.services.stock.destroy import destroy as service

    order = Destroy(
        key=request_key(context, key),
        lot=parse_lot(lot),
        place=place,
        reason=clean_text(reason, "a reason"),
        witness=witness,
        units=None if quantity is None else parse_units(quantity),
        product=product,
    )
    done = desk(context).write(service, order)
    units = f"{done.units} unit{'' if done.units == 1 else 's'}"
    what = f"Destroyed {done.destroy}: {units} of lot {done.lot} of {done.product} (expires {done.expires})"
    who = f"by {done.destroyed_by}, seen by {done.witness}"
    show(format, done, [done], wrapped(f"{what} from {done.place}, {who}."))
