"""`dispensary label range`: the labels of many dispenses as one PDF, a part at a time, so that it can go on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, KeyOption, desk, request_key, show
from dispensary.cli.printing import DesignOption, target
from dispensary.errors import Refused
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.cli.printing import Target
    from dispensary.cli.range_parts import Parts
    from dispensary.labelling.page import Page
    from dispensary.rules.people import Person

PART = 100
"""Dispenses whose labels are entered and drawn at once: what a kill can undo."""


class RangeBackwards(Refused):
    """The last dispense comes before the first."""

    sentence = "{last} comes before {first}: name the earlier one first."
    first: str
    last: str


class NotInTheRange(Refused):
    """A dispense is to be left out that the range does not have."""

    sentence = "{dispense} is no dispense from {range}, and cannot be left out of them: mend or remove --skip."
    dispense: str
    range: str


class DrawnAlready(Refused):
    """A dispense is to be left out whose labels are drawn."""

    sentence = (
        "The labels of {dispense} stand in {folder} already: run the command without --skip {dispense}, or remove "
        "the folder and begin again, which prints the others as copies."
    )
    dispense: str
    folder: str


class CannotBegin(Refused):
    """The first label of the range cannot be printed."""

    sentence = (
        "The labels of {dispense} cannot be printed ({problem}), and nothing was printed before them; "
        "mend that, or leave them out with --skip {dispense}, and run the command again."
    )
    dispense: str
    problem: str


class StoppedAt(Refused):
    """A label of the range cannot be printed (exit status 4: those before it are entered)."""

    exit_status = 4
    sentence = (
        "The labels of {dispense} cannot be printed ({problem}); those before them are kept in {folder}: "
        "mend that, or leave them out with --skip {dispense}, and run the same command again, which goes on from there."
    )
    dispense: str
    folder: str
    problem: str


class _Unprintable(Exception):
    """Ends the transaction of a part, so that nothing of it is entered."""

    def __init__(self, dispense: str, refusal: Refused) -> None:
        super().__init__(dispense)
        self.dispense = dispense
        self.problem = str(refusal).removesuffix(".")


def label_range(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="The first dispense.")],
    last: Annotated[str, typer.Argument(metavar="LAST", help="The last dispense.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The PDF to write.")],
    skip: Annotated[
        list[str] | None, typer.Option(metavar="NO", help="A dispense to leave out. May be given several times.")
    ] = None,
    design: DesignOption = None,
    force: ForceOption = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """The labels of all dispenses from FIRST to LAST as one PDF. What was stopped goes on where it was."""
    from dispensary.cli.range_parts import Parts, begun
    from dispensary.exports.files import require_new, shown, write_new
    from dispensary.labelling.joining import joined
    from dispensary.rules.numbers import Record, parse_number
    from dispensary.rules.quantity import counted

    at = desk(context)
    start, end = (parse_number(Record.DISPENSE, text) for text in (first, last))
    ends = {"first": Record.DISPENSE.number(start), "last": Record.DISPENSE.number(end)}
    called = " to ".join(ends.values())
    if end < start:
        raise RangeBackwards(**ends)
    require_new(out, force=force)
    where = target(at, "dispense", design)
    left_out = frozenset(parse_number(Record.DISPENSE, text) for text in skip or ())
    numbers = _numbers(at, start, end, called, left_out)
    # What is drawn, whatever the design's file says by the time that the range goes on.
    digest = sha256(repr(where.design).encode()).hexdigest()
    folder = out.with_name(f"{out.name}.parts")
    parts = begun(Parts(folder, called, where.name, digest, request_key(context, key)))
    for number in sorted(left_out - parts.left_out):
        if number <= parts.last:
            raise DrawnAlready(dispense=Record.DISPENSE.number(number), folder=shown(folder))
    parts = _finished(at, numbers, where, parts, left_out, called)
    write_new(out, joined(parts.data()), force=force)
    pages = _pages(out)
    parts.cleared()
    without = [Record.DISPENSE.number(number) for number in sorted(parts.left_out | left_out)]
    document = {**ends, "pages": pages, "left_out": without, "file": str(out)}
    said = f"{called}: {counted(pages, 'page')} in {shown(out)}"
    show(format, document, [document], f"{said}, without {', '.join(without)}" if without else said)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("range")(label_range)


def _errors() -> "typer.FileTextWrite":
    import sys

    return sys.stderr  # type: ignore[return-value]


def _numbers(at: "Desk", start: int, end: int, called: str, left_out: frozenset[int]) -> list[int]:
    """The numbers of the dispenses to print; raises NotInTheRange, NotFound and NotAllowed."""
    from dispensary.lookup import NotFound
    from dispensary.reports.labels.dispense import numbers_between
    from dispensary.rules.numbers import WAYS_OUT, Record

    with at.reading(Act.LABEL_PRINT) as (db, by):
        numbers = numbers_between(db, start, end, by=by)
    for number in sorted(left_out - set(numbers)):
        raise NotInTheRange(dispense=Record.DISPENSE.number(number), range=called)
    found = [number for number in numbers if number not in left_out]
    if not found:
        given = f"{called} without those left out" if left_out else called
        raise NotFound(what=Record.DISPENSE.called, given=given, way_out=WAYS_OUT[Record.DISPENSE])
    return found


def _finished(
    at: "Desk", numbers: Sequence[int], where: "Target", parts: "Parts", left_out: frozenset[int], called: str
) -> "Parts":
    """The parts with all that was missing; raises StoppedAt and CannotBegin."""
    from dispensary.exports.files import shown
    from dispensary.rules.numbers import Record, parse_number

    missing = [number for number in numbers if number > parts.last]
    with typer.progressbar(length=len(numbers), label=called, file=_errors()) as drawing:
        drawing.update(len(numbers) - len(missing))
        for first in range(0, len(missing), PART):
            some = missing[first : first + PART]
            try:
                parts = _part(at, some, where, parts, left_out)
            except _Unprintable as stop:
                before = some[: some.index(parse_number(Record.DISPENSE, stop.dispense))]
                if before:
                    parts = _part(at, before, where, parts, left_out)
                if not parts.drawn:
                    parts.cleared()
                    raise CannotBegin(dispense=stop.dispense, problem=stop.problem) from None
                facts = {"dispense": stop.dispense, "problem": stop.problem}
                raise StoppedAt(folder=shown(parts.folder), **facts) from None
            drawing.update(len(some))
    return parts


def _part(at: "Desk", numbers: Sequence[int], where: "Target", parts: "Parts", left_out: frozenset[int]) -> "Parts":
    """Enter and draw the labels of these dispenses as one more part; raises _Unprintable, and nothing is entered."""
    from dispensary import labelling
    from dispensary.labelling.pdf import draw
    from dispensary.reports.labels.dispense import labelled
    from dispensary.reports.labels.reading import not_labelled, of_fill
    from dispensary.services.printing.print_label import Print, print_label

    def work(db: "Connection", numbers: Sequence[int], *, on: datetime, by: "Person") -> "list[Page]":
        pages: list[Page] = []
        refused = not_labelled(db, "dispense", numbers, on=on, by=by)
        for found in labelled(db, numbers, pharmacy=at.pharmacy, on=on, by=by):
            with _printable(found.dispense):
                if found.dispense in refused:
                    raise refused[found.dispense]
                labels = of_fill("dispense", found)
            asked = f"{parts.key}-{found.dispense}"
            wanted = Print(asked, "dispense", labels.record, where.name, None, where.position)
            job = print_label(db, wanted, patient=labels.patient, on=on, by=by)
            with _printable(found.dispense):
                pages += labelling.pages([labels.copied(job.copy).labels], where.design)
        return pages

    return parts.added(tuple(numbers), left_out, draw(at.write(work, numbers)))


@contextmanager
def _printable(dispense: str) -> Iterator[None]:
    """What is refused within keeps the labels of this dispense from being printed."""
    try:
        yield
    except Refused as refusal:
        raise _Unprintable(dispense, refusal) from refusal


def _pages(file: Path) -> int:
    from pypdfium2 import PdfDocument

    with PdfDocument(file) as document:
        return len(document)
