"""`dispensary dispense`: one fill of a prescription, with its label."""

from dataclasses import replace
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
from dispensary.cli.printing import (
    DesignOption,
    NowhereToPrint,
    PositionOption,
    PrinterOption,
    PrintOption,
    drawn,
    send,
    target,
)
from dispensary.errors import Refused
from dispensary.rules.printer import JobState

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.cli.printing import Target
    from dispensary.cli.send_labels import SentLabel
    from dispensary.rules.people import Person
    from dispensary.services.prescribing.dispense import Dispensed, Order
    from dispensary.services.printing.print_label import PrintJob

app = new_app()


class CannotBeLabelled(Refused):
    """The label of the fill cannot be made, so the fill is not made either."""

    sentence = "This command dispensed nothing, since what it dispenses cannot be labelled: {problem}."
    problem: str


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
    to_printer: PrintOption = False,
    printer: PrinterOption = None,
    design: DesignOption = None,
    position: PositionOption = 1,
    force: ForceOption = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Dispense one fill, first expired first out."""
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.safety import read_overrides
    from dispensary.rules.scan import parse_lot, read_pack
    from dispensary.services.prescribing.dispense import Order

    at = desk(context)
    order = Order(
        key=request_key(context, key),
        rx=rx,
        units=None if quantity is None else parse_units(quantity),
        lot=None if lot is None else parse_lot(lot),
        packs=tuple(read_pack(text, today=at.on.date(), fnc1=at.settings.fnc1) for text in scan or ()),
        overrides=read_overrides(override or ()),
        product=product,
    )
    from dispensary.exports.json_text import fields

    sent = None
    if label is None and not to_printer and printer is None:
        if design is not None or position > 1:
            raise NowhereToPrint(options="--label")
        dispensed = _dispensed(at, order)
    else:
        where = target(at, "dispense", design, to_printer=to_printer, printer=printer, position=position)
        dispensed, sent = labelled(at, order, where, label, force=force)
    document = {**dict(fields(dispensed)), "label": None if label is None else str(label), "printed": sent}
    text = _text(dispensed, label)
    if sent is not None and sent.state is JobState.SENT:
        text += f"\nPrinted on {sent.printer}: {sent.job}."
    if at.practice.second_check:
        text += f"\nBefore it is handed over, somebody else scans it: `dispensary rx check {dispensed.dispense}`."
    show(format, document, dispensed.lines, text)
    if sent is not None:
        from dispensary.cli.send_labels import require_sent

        require_sent([sent])


def _dispensed(at: "Desk", order: "Order") -> "Dispensed":
    from dispensary.services.prescribing.dispense import dispense as service

    return at.write(service, order, practice=at.practice)


def labelled(
    at: "Desk", order: "Order", where: "Target", file: Path | None, *, force: bool
) -> "tuple[Dispensed, SentLabel | None]":
    """Dispense and draw the labels in one transaction: what cannot be labelled is not handed over."""
    from dispensary.exports.files import require_new, write_new
    from dispensary.reports.labels.reading import read_labels
    from dispensary.services.prescribing.dispense import dispense as service
    from dispensary.services.printing.print_label import Print, print_with

    if file is not None:
        require_new(file, force=force)

    def work(db: "Connection", order: "Order", *, on: datetime, by: "Person") -> "tuple[Dispensed, PrintJob, bytes]":
        dispensed = service(db, order, practice=at.practice, on=on, by=by)
        try:
            job, data = entered(db, dispensed, on=on, by=by)
        except Refused as refusal:
            # Told in words of what is on the label, which say nothing of the fill.
            raise CannotBeLabelled(problem=str(refusal).removesuffix(".")) from None
        return dispensed, job, data

    def entered(db: "Connection", dispensed: "Dispensed", *, on: datetime, by: "Person") -> "tuple[PrintJob, bytes]":
        found = read_labels(db, "dispense", dispensed.dispense, pharmacy=at.pharmacy, on=on, by=by)
        wanted = Print(order.key, "dispense", dispensed.dispense, where.name, where.printer_name, where.position)
        job = print_with(db, wanted, patient=found.patient, on=on, by=by)
        labels = found.copied(job.copy)
        if file is not None and where.printer is not None:
            # Drawn for the printer too, so that it is known to be printable before anything is handed over.
            drawn(labels, where)
        return job, drawn(labels, where if file is None else replace(where, printer=None))

    dispensed, job, data = at.write(work, order)
    if file is not None:
        try:
            write_new(file, data, force=force)
        except Refused as refusal:
            raise LabelNotWritten(dispense=dispensed.dispense, problem=str(refusal).partition(":")[0]) from None
    return dispensed, None if where.printer is None else send(at, job)


def _text(dispensed: "Dispensed", label: Path | None) -> str:
    from dispensary.exports.files import shown
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.quantity import counted

    until = f"next fill on {dispensed.next_fill_on}" if dispensed.next_fill_on else "the directions end with it"
    said = [
        f"Dispensed {dispensed.dispense}: fill {dispensed.fill} of {dispensed.rx}, "
        f"{counted(dispensed.units, 'unit')} for {counted(dispensed.days_supply, 'day')}; {until}, "
        f"{counted(dispensed.refills_left, 'refill')} left."
    ]
    if dispensed.completes:
        said.append(f"This was owed from {dispensed.completes}.")
    if dispensed.owed:
        said.append(f"Owed: {counted(dispensed.owed, 'unit')} of this fill, to be collected with the next dispense.")
    heads = ("product", "lot", "expires", "units")
    rows = [(line.product, line.lot, line.expires, line.units) for line in dispensed.lines]
    more = [dispensed.why] if dispensed.why else []
    more += [f"Skipped lot {skipped.lot}: {skipped.reason}." for skipped in dispensed.skipped]
    more += [finding.said for finding in dispensed.findings]
    parts = ["\n".join(map(wrapped, said)), table(heads, rows), "\n".join(map(wrapped, more))]
    return "\n\n".join(filter(None, parts)) + (f"\nLabel: {shown(label)}" if label else "")
