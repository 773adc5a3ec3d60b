"""`dispensary destroy`: units of a lot to the waste, before a witness."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.cli.units_of_lot import LotArgument, ProductOption, QuantityOption, units_of_lot

app = new_app()


@app.command()
def destroy(
    context: typer.Context,
    lot: LotArgument,
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it stands.")],
    reason: ReasonOption,
    witness: Annotated[str, typer.Option(metavar="USER", help="The other person who sees it destroyed.")],
    quantity: QuantityOption = None,
    product: ProductOption = None,
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
    what = f"Destroyed {done.destroy}: {units_of_lot(done)}"
    who = f"by {done.destroyed_by}, seen by {done.witness}"
    show(format, done, [done], wrapped(f"{what} from {done.place}, {who}."))
