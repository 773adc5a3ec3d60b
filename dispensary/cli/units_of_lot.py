"""How a command asks for units of a lot that stand somewhere, and how it names those that it took."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dispensary.services.counting.count import CountEntered
    from dispensary.services.stock.destroy import Destroyed
    from dispensary.services.stock.move import Moved
    from dispensary.services.stock.send_back import SentBack

LotArgument = Annotated[str, typer.Argument(metavar="LOT", help="Lot as printed on the pack.")]
QuantityOption = Annotated[str | None, typer.Option(metavar="UNITS", help="Units. [default: all that stand there]")]
ProductOption = Annotated[
    str | None, typer.Option(metavar="CODE", help="The product, where two have a lot of that number.")
]


def units_of_lot(taken: "CountEntered | Destroyed | Moved | SentBack") -> str:
    """Such as `3 units of lot A1 of US-CY-ARG1 (expires 2027-11-30)`."""
    from dispensary.rules.quantity import counted

    return f"{counted(taken.units, 'unit')} of lot {taken.lot} of {taken.product} (expires {taken.expires})"
