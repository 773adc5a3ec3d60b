"""`dispensary send-back`: units of a lot to the supplier."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.cli.units_of_lot import LotArgument, ProductOption, QuantityOption, units_of_lot

app = new_app()


@app.command()
def send_back(
    context: typer.Context,
    lot: LotArgument,
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it stands.")],
    reason: ReasonOption,
    quantity: QuantityOption = None,
    reference: Annotated[str | None, typer.Option(metavar="TEXT", help="The supplier's own number for it.")] = None,
    product: ProductOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Send units of a lot back to the supplier."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_text
    from dispensary.services.stock.send_back import SendBack
    from dispensary.services.stock.send_back import send_back as service

    order = SendBack(
        key=request_key(context, key),
        lot=parse_lot(lot),
        place=place,
        reason=clean_text(reason, "a reason"),
        units=None if quantity is None else parse_units(quantity),
        product=product,
        reference=None if reference is None else clean_text(reference, "a reference"),
    )
    sent = desk(context).write(service, order)
    what = f"Sent back {sent.send_back}: {units_of_lot(sent)}"
    under = "" if sent.reference is None else f", under {sent.reference}"
    show(format, sent, [sent], wrapped(f"{what} from {sent.place} to the supplier{under}."))
