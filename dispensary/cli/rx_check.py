"""`dispensary rx check`: a second person scans every pack before it is handed over."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, request_key, show


def check(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="DISPENSE", help="Dispense number.")],
    scan: Annotated[list[str], typer.Option(metavar="PACK", help="Scan of a pack of the fill; one for each.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Check a fill before it is handed over, as another person than the one who dispensed it."""
    from dispensary.exports.terminal import table
    from dispensary.rules.quantity import counted
    from dispensary.rules.scan import read_pack
    from dispensary.services.prescribing.hand_over import HandOver, check_hand_over

    at = desk(context)
    order = HandOver(
        key=request_key(context, key),
        dispense=number,
        packs=tuple(read_pack(text, today=at.on.date(), fnc1=at.settings.fnc1) for text in scan),
    )
    checked = at.write(check_hand_over, order)
    heads = ("gtin", "lot", "expires", "serial", "units", "of")
    rows = [(pack.gtin, pack.lot, pack.expires, pack.serial, pack.units, pack.pack_units) for pack in checked.packs]
    units = counted(checked.units, "unit")
    text = f"Checked {checked.dispense}: {units} of {checked.product}, by {checked.checked_by}.\n\n"
    show(format, checked, checked.packs, text + table(heads, rows))
