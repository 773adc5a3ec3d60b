"""`dispensary rx owe`: note a fill that could not be handed over for want of stock."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, request_key, show
from dispensary.cli.rx_act import RxArgument


def owe(
    context: typer.Context,
    rx: RxArgument,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="The product that was asked for.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Note that a fill could not be handed over for want of stock."""
    from dispensary.exports.terminal import wrapped
    from dispensary.services.prescribing.owe import Owe
    from dispensary.services.prescribing.owe import owe as service

    at = desk(context)
    noted = at.write(service, Owe(request_key(context, key), rx, product), practice=at.practice)
    text = f"Noted for {noted.rx}: {noted.units} of {noted.product} wanted, {noted.usable_units} usable."
    show(format, noted, [noted], wrapped(text))
