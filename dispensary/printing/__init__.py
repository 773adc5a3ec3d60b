"""Getting a label to its printer: through the print system of this machine, or over the network.

Every way returns the printer's receipt, empty where it gives none, or raises PrinterFailed.
"""

from dataclasses import dataclass

from dispensary.printing.failure import PrinterFailed
from dispensary.rules.printer import Printer, Way

__all__ = ["Paper", "PrinterFailed", "Seconds", "print_on"]


@dataclass(frozen=True, slots=True)
class Paper:
    """The size of one label or sheet, in millimetres, as it is printed: not turned, not scaled."""

    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long is waited for a printer: until it answers, until it takes more, and for its last word."""

    connect: float = 5
    send: float = 30
    last_word: float = 2


def print_on(
    printer: Printer, data: bytes, paper: Paper, *, title: str, lp: str | None, seconds: Seconds | None = None
) -> str:
    """Send PDF, or ZPL where the printer is one for that; the printer's receipt. Raises PrinterFailed.

    `title` is seen by whoever sees the print queue: a number, never a name. `lp` is the program of that
    name, or None where this machine has none.
    """
    seconds = seconds or Seconds()
    if printer.way is Way.CUPS:
        from dispensary.printing.cups import print_through_cups

        size = f"{paper.width_mm:g}x{paper.height_mm:g}mm"
        return print_through_cups(lp, printer.target, data, size, title=title, seconds=seconds.send)
    from dispensary.printing.raw import print_raw

    assert printer.port is not None, "a network printer has a port"
    print_raw(printer.target, printer.port, data, seconds.connect, seconds.send, seconds.last_word)
    return ""
