"""`dispensary send-back`: units of a lot to the supplier."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show

app = new_app()


@app.command()
def send_back(
    context: typer.Context,
    lot: Annotated[str, typer.Argument(metavar="LOT", help="Lot as printed on the pack.")],
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it stands.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is recorded.")],
    quantity: Annotated[
        str | None, typer.Option(metavar="UNITS", help="Units. [default: all that stand there]")
    ] = None,
    reference: Annotated[str | None, typer.Option(metavar="TEXT", help="The supplier's own number for it.")] = None,
    product: Annotated[
        str | None, typer.Option(metavar="CODE", help="The product, where two have a lot of that number.")
    ] = None,
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
    units = f"{sent.units} unit{'' if sent.units == 1 else 's'}"
    what = f"Sent back {sent.send_back}: {units} of lot {sent.lot} of {sent.product} (expires {sent.expires})"
    under = "" if sent.reference is None else f", under {sent.reference}"
    show(format, sent, [sent], wrapped(f"{what} from {sent.place} to the supplier{under}."))
