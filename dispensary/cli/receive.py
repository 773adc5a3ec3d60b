"""`dispensary receive`: packs into stock, by scan or by typed fields."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused

if TYPE_CHECKING:
    from dispensary.cli.desk import Desk
    from dispensary.services.stock.receive import Received, Scanned, Typed

app = new_app()

MOST_SCANS = 10_000
MOST_BYTES = MOST_SCANS * 400


class NothingToReceive(Refused):
    """Neither scans nor typed fields, or both."""

    sentence = "{problem}: give scans (or - to read them from standard input), or --product, --lot and --expires."
    problem: str


class TooManyScans(Refused):
    """More than one delivery can hold."""

    sentence = "One delivery holds at most {most} scans: nothing was received; receive it in parts."
    most: int


@app.command()
def receive(
    context: typer.Context,
    scans: Annotated[
        list[str] | None, typer.Argument(metavar="[SCAN]...", help="GS1 scans; - reads one a line.")
    ] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Product code, where nothing is scanned.")] = None,
    lot: Annotated[str | None, typer.Option(metavar="LOT", help="Lot as printed on the pack.")] = None,
    expires: Annotated[str | None, typer.Option(metavar="DATE", help="Expiry: 2027-05-31 or 2027-05.")] = None,
    quantity: Annotated[
        str, typer.Option(metavar="N", help="Packs as scanned; units where typed, or with --units.")
    ] = "1",
    units: Annotated[bool, typer.Option("--units", help="The quantity counts single units.")] = False,
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it goes.")] = "shelf",
    cost: Annotated[str | None, typer.Option(metavar="AMOUNT", help="Cost of one unit, such as 3.25.")] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why it goes to a place that does not fit; it is recorded.")
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Receive a delivery into stock, all or nothing."""
    from dispensary.rules.quantity import parse_cost_micros, parse_units
    from dispensary.rules.text import clean_text
    from dispensary.services.stock.receive import Delivery
    from dispensary.services.stock.receive import receive as service

    at = desk(context)
    wanted = parse_units(quantity)
    lines: list[Typed | Scanned] = []
    typed = (product, lot, expires)
    if scans and not any(typed):
        lines = _scanned(at, scans, wanted, units)
    elif not scans and product is not None and lot is not None and expires is not None:
        lines = [_typed(product, lot, expires, wanted)]
    else:
        raise NothingToReceive(problem="Scans and typed fields do not mix" if scans else "There is nothing to receive")
    delivery = Delivery(
        key=request_key(context, key),
        lines=tuple(lines),
        place=place,
        unit_cost_micros=None if cost is None else parse_cost_micros(cost),
        reason=None if reason is None else clean_text(reason, "a reason"),
    )
    received = at.write(service, delivery)
    show(format, received, received.lines, _text(received))


def _scanned(at: "Desk", scans: list[str], quantity: int, units: bool) -> "list[Typed | Scanned]":
    from dispensary.rules.scan import read_pack
    from dispensary.services.stock.receive import Scanned

    if scans == ["-"]:
        # Split as bytes: to str.splitlines the separator GS inside a scan is the end of a line.
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
        scans = [line.decode("latin-1") for line in data.split(b"\n") if line.strip()] or [""]
        if len(data) > MOST_BYTES or len(scans) > MOST_SCANS:
            raise TooManyScans(most=MOST_SCANS)
    today = at.on.date()
    return [Scanned(read_pack(scan, today=today, fnc1=at.settings.fnc1), quantity, units) for scan in scans]


def _typed(product: str, lot: str, expires: str, units: int) -> "Typed | Scanned":
    from dispensary.rules.dates import parse_expiry
    from dispensary.rules.scan import parse_lot
    from dispensary.services.stock.receive import Typed

    return Typed(product, parse_lot(lot), parse_expiry(expires), units, month_only=len(expires.strip()) == 7)


def _text(received: "Received") -> str:
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.quantity import counted

    heads = ("product", "lot", "expires", "units", "place", "serial")
    rows = [(line.product, line.lot, line.expires, line.units, line.place, line.serial) for line in received.lines]
    total = sum(line.units for line in received.lines)
    notes = [wrapped(f"Note: {note}") for note in received.notes]
    return "\n".join([f"Received {received.receipt}: {counted(total, 'unit')}.", "", table(heads, rows), *notes])
