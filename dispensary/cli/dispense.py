"""`dispensary dispense`: one fill of a prescription, with its label."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import (
    ForceOption,
    Format,
    FormatOption,
    KeyOption,
    desk,
    new_app,
    request_key,
    show,
)
from dispensary.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.context import Desk
    from dispensary.rules.people import Person
    from dispensary.services.prescribing.dispense import Dispensed, Order

app = new_app()


class LabelNotWritten(Refused):
    """The fill is in the books and its label is not on disk (exit status 4: done, and it needs a person)."""

    exit_status = 4
    sentence = (
        "{dispense} is dispensed and its label is not written ({problem}); "
        "write it with `dispensary label dispense {dispense} --out FILE`."
    )
    dispense: str
    problem: str


@app.command()
def dispense(
    context: typer.Context,
    rx: Annotated[str, typer.Argument(metavar="RX", help="Prescription number.")],
    quantity: Annotated[
        str | None, typer.Option(metavar="UNITS", help="Units. [default: what the prescription says]")
    ] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Take this product.")] = None,
    lot: Annotated[str | None, typer.Option(metavar="LOT", help="Take this lot.")] = None,
    scan: Annotated[list[str] | None, typer.Option(metavar="SCAN", help="Scan of a pack in hand.")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=REASON", help="A pharmacist's reason to go on, such as travel or travel: to Oslo."),
    ] = None,
    label: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the labels as PDF.")] = None,
    force: ForceOption = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Dispense one fill, first expired first out."""
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.safety import read_override
    from dispensary.rules.scan import parse_lot, read_pack
    from dispensary.services.prescribing.dispense import Order

    at = desk(context)
    order = Order(
        key=request_key(context, key),
        rx=rx,
        units=None if quantity is None else parse_units(quantity),
        lot=None if lot is None else parse_lot(lot),
        packs=tuple(read_pack(text, today=at.on.date(), fnc1=at.settings.fnc1) for text in scan or ()),
        overrides=dict(map(read_override, override or ())),
        product=product,
    )
    from dispensary.exports.json_text import fields

    dispensed = _dispensed(at, order) if label is None else labelled(at, order, label, force=force)
    document = {**dict(fields(dispensed)), "label": None if label is None else str(label)}
    text = _text(dispensed, label)
    if at.practice.second_check:
        text += f"\nBefore it is handed over, somebody else scans it: `dispensary rx check {dispensed.dispense}`."
    show(format, document, dispensed.lines, text)


def _dispensed(at: "Desk", order: "Order") -> "Dispensed":
    from dispensary.services.prescribing.dispense import dispense as service

    return at.write(service, order, practice=at.practice)


def labelled(at: "Desk", order: "Order", file: Path, *, force: bool) -> "Dispensed":
    """Dispense and draw the labels in one transaction: what cannot be labelled is not handed over."""
    from dispensary import labelling
    from dispensary.exports.files import require_new, write_new
    from dispensary.services.prescribing.dispense import dispense as service
    from dispensary.services.prescribing.label import label_facts

    require_new(file, force=force)
    # Before the transaction, so that no other counter waits for it.
    labelling.load()

    def work(db: "Connection", order: "Order", *, on: datetime, by: "Person") -> "tuple[Dispensed, bytes]":
        dispensed = service(db, order, practice=at.practice, on=on, by=by)
        facts = label_facts(db, dispensed.dispense, pharmacy=at.pharmacy, on=on, by=by)
        return dispensed, labelling.render(facts)

    dispensed, pdf = at.write(work, order)
    try:
        write_new(file, pdf, force=force)
    except Refused as refusal:
        raise LabelNotWritten(dispense=dispensed.dispense, problem=str(refusal).partition(":")[0]) from None
    return dispensed


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _text(dispensed: "Dispensed", label: Path | None) -> str:
    from dispensary.exports.terminal import table, wrapped

    until = f"next fill on {dispensed.next_fill_on}" if dispensed.next_fill_on else "the directions end with it"
    said = [
        f"Dispensed {dispensed.dispense}: fill {dispensed.fill} of {dispensed.rx}, "
        f"{_counted(dispensed.units, 'unit')} for {_counted(dispensed.days_supply, 'day')}; {until}, "
        f"{_counted(dispensed.refills_left, 'refill')} left."
    ]
    if dispensed.completes:
        said.append(f"This was owed from {dispensed.completes}.")
    if dispensed.owed:
        said.append(f"Owed: {_counted(dispensed.owed, 'unit')} of this fill, to be collected with the next dispense.")
    heads = ("product", "lot", "expires", "units")
    rows = [(line.product, line.lot, line.expires, line.units) for line in dispensed.lines]
    more = [dispensed.why] if dispensed.why else []
    more += [f"Skipped lot {skipped.lot}: {skipped.reason}." for skipped in dispensed.skipped]
    more += [
        f"{finding.severity.capitalize()}: {finding.message}" + (f" ({finding.reason})" if finding.reason else "")
        for finding in dispensed.findings
    ]
    parts = ["\n".join(map(wrapped, said)), table(heads, rows), "\n".join(map(wrapped, more))]
    return "\n\n".join(filter(None, parts)) + (f"\nLabel: {label}" if label else "")
