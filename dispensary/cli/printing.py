"""Printing labels of any kind: where to, in which design, drawn from the books, into a file or to a printer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.errors import Refused
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.cli.send_labels import Rendered, SentLabel
    from dispensary.labelling.design import Design
    from dispensary.labelling.page import Page
    from dispensary.reports.labels.reading import Labels
    from dispensary.rules.people import Person
    from dispensary.rules.printer import Printer
    from dispensary.services.printing.print_label import PrintJob
    from dispensary.services.printing.send import Claimed

PrintOption = Annotated[bool, typer.Option("--print", help="Print it on the first printer with such labels.")]
PrinterOption = Annotated[str | None, typer.Option(metavar="NAME", help="Print it on this printer of the settings.")]
DesignOption = Annotated[
    str | None, typer.Option(metavar="DESIGN", help="A shipped design, or a file of one's own. [default: the usual]")
]
PositionOption = Annotated[
    int, typer.Option(metavar="N", min=1, help="The first label of a sheet that is free, 1 at the top left.")
]


class NowhereToPrint(Refused):
    """A label is wanted, and neither a file nor a printer named for it."""

    sentence = "Nothing was done: name a file for the label with {options}, or print with --print or --printer."
    options: str


class NotOnTheSheet(Refused):
    """A position that the sheet does not have."""

    sentence = "{design} has no label {position}: {has}."
    design: str
    position: int
    has: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where labels go: their design, by the name that the books keep, and a printer or none."""

    design: "Design"
    name: str
    printer: "Printer | None"
    position: int | None

    @property
    def printer_name(self) -> str | None:
        """The printer as the books name it, None for a file."""
        return None if self.printer is None else self.printer.name


def target(
    at: "Desk",
    kind: str,
    design: str | None = None,
    *,
    to_printer: bool = False,
    printer: str | None = None,
    position: int = 1,
) -> Target:
    """The target of a label of this kind, ready to be drawn on.

    Raises NoPrinter, NotADesign, OtherDesign, NotOnTheSheet and IncompleteInstallation.
    """
    from dispensary import labelling
    from dispensary.labelling.designs import STANDARD, chosen

    folder, found = at.settings_file.parent, None
    if to_printer or printer is not None:
        found, design = _on_a_printer(at, kind, design, printer)
    elif design is not None and design.endswith(".toml"):
        design = str(Path(design).absolute())
    drawn_in = chosen(kind, design, at.pharmacy.country, folder)
    labelling.ready(drawn_in)
    return Target(drawn_in, design or STANDARD[kind], found, _on_sheet(drawn_in, position))


def _on_a_printer(at: "Desk", kind: str, design: str | None, printer: str | None) -> "tuple[Printer, str]":
    """The printer and the name of the design; one that cannot be read is told where no other will do."""
    from dispensary.labelling.designs import NotADesign, named
    from dispensary.rules.printer import NoPrinter, printer_for

    wrong: list[Refused] = []

    def kind_of(name: str) -> str:
        try:
            return named(name, at.settings_file.parent).kind
        except NotADesign as problem:
            wrong.append(problem)
            return ""

    try:
        return printer_for(at.printers, kind, kind_of, printer, design)
    except NoPrinter as refusal:
        raise next(iter(wrong), refusal) from None


def _on_sheet(design: "Design", position: int) -> int | None:
    if design.sheet is None:
        if position > 1:
            raise NotOnTheSheet(design=design.name, position=position, has="it is no sheet; leave --position out")
        return None
    labels = design.sheet.columns * design.sheet.rows
    if position > labels:
        raise NotOnTheSheet(design=design.name, position=position, has=f"its sheet has {labels}")
    return position


def drawn(labels: "Labels", target: Target) -> bytes:
    """The labels in the form of the target: PDF for a file; raises as labelling.pages does, and NotForALabelPrinter."""
    from dispensary import labelling

    pages = labelling.pages([labels.labels], target.design)
    if target.printer is None:
        from dispensary.labelling.pdf import draw

        return draw(pages, position=target.position or 1)
    return in_its_form(pages, target.printer, target.position or 1).data


def print_record(at: "Desk", kind: str, record: str, target: Target, *, key: str) -> "tuple[PrintJob, bytes]":
    """Enter the print of the record's labels in the books, and draw them: what cannot be drawn is not entered."""
    from dispensary.reports.labels.reading import read_labels
    from dispensary.services.printing.print_label import Print, print_label

    def work(db: "Connection", record: str, *, on: datetime, by: "Person") -> "tuple[PrintJob, bytes]":
        found = read_labels(db, kind, record, pharmacy=at.pharmacy, on=on, by=by)
        wanted = Print(key, kind, found.record, target.name, target.printer_name, target.position)
        job = print_label(db, wanted, patient=found.patient, on=on, by=by)
        return job, drawn(found.copied(job.copy), target)

    entered: tuple[PrintJob, bytes] = at.write(work, record)
    return entered


def send(at: "Desk", job: "PrintJob") -> "SentLabel":
    """Send the job to its printer now, unless it was sent before; one that fails waits in the books.

    Raises NotToBeSent where the request was made before for a file, or its job is not to be printed any more.
    """
    from dispensary.cli.send_labels import send_one

    return send_one(at, job.job, partial(rendered, at))


def rendered(at: "Desk", claimed: "Claimed", printer: "Printer") -> "Rendered":
    """The label of a job, drawn anew from the books, in the form that its printer takes."""
    from dispensary import labelling
    from dispensary.labelling.designs import chosen
    from dispensary.reports.labels.reading import read_labels

    design = chosen(claimed.kind, claimed.design, at.pharmacy.country, at.settings_file.parent)
    with at.reading(Act.LABEL_PRINT) as (db, by):
        found = read_labels(db, claimed.kind, claimed.record, pharmacy=at.pharmacy, on=at.on, by=by)
    pages = labelling.pages([found.copied(claimed.copy).labels], design)
    return in_its_form(pages, printer, claimed.position or 1)


def in_its_form(pages: "Sequence[Page]", printer: "Printer", position: int) -> "Rendered":
    """The pages as ZPL for a printer that takes it, as PDF for any other; raises NotForALabelPrinter."""
    from dispensary.cli.send_labels import Rendered
    from dispensary.printing import Paper
    from dispensary.rules.printer import Way

    paper = pages[0].design.sheet or pages[0].design.paper
    size = Paper(paper.width_mm, paper.height_mm)
    if printer.way is Way.ZPL:
        from dispensary.labelling.zpl import draw as draw_zpl

        assert printer.dots_per_inch is not None, "a printer that takes ZPL has its dots"
        return Rendered(draw_zpl(pages, printer.dots_per_inch), size)
    from dispensary.labelling.pdf import draw as draw_pdf

    return Rendered(draw_pdf(pages, position=position), size)
