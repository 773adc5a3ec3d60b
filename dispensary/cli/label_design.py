"""`dispensary label designs, check, copy, preview` and `gallery`: what labels look like, before they are printed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, say, show
from dispensary.cli.printing import DesignOption
from dispensary.errors import Refused
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.labelling.design import Design
    from dispensary.reports.labels.reading import Labels
    from dispensary.rules.people import Person

DOTS_PER_INCH = 203


class NotAKind(Refused):
    """A word that names no kind of label."""

    sentence = "{given} is not a kind of label: choose one of {kinds}."
    given: str
    kinds: str


def designs(format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """The shipped designs: their kinds, papers and sheets."""
    from dispensary.exports.terminal import table
    from dispensary.labelling.designs import load, shipped

    rows = [_row(load(name)) for name in shipped()]
    heads = ("design", "kind", "mm", "sheet", "labels", "only in")
    cells = [(row["design"], row["kind"], row["mm"], row["sheet"], row["labels"], row["country"]) for row in rows]
    show(format, rows, rows, table(heads, cells))


def check(
    context: typer.Context,
    design: Annotated[str, typer.Argument(metavar="DESIGN", help="A shipped design, or a file of one's own.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Whether a design may be used. A refusal says what is wrong with it."""
    from dispensary.labelling.designs import named
    from dispensary.labelling.page import faces

    del context
    found = named(design, Path())
    faces(found)
    row = _row(found)
    show(format, row, [row], f"{found.name} may be used: {row['kind']} labels of {row['mm']} mm.")


def copy(
    design: Annotated[str, typer.Argument(metavar="DESIGN", help="A shipped design.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="The file to write.")],
    force: ForceOption = False,
) -> None:
    """Copy a shipped design, to change it. Use it with --design FILE.toml, or name it in a printer's settings."""
    from dispensary.exports.files import shown, write_new
    from dispensary.labelling.designs import load, shipped_file

    write_new(file, shipped_file(load(design).name).read_bytes(), force=force)
    say(f"{design}: {shown(file)}")


def preview(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="dispense, leaflet, bag, vial, shelf or batch.")],
    record: Annotated[str, typer.Argument(metavar="NO", help="The number of the record, or a product's code.")],
    design: DesignOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.png", help="Write a picture of the first label instead.")
    ] = None,
    dots: Annotated[int, typer.Option("--dpi", min=72, max=300, help="Dots an inch of it.")] = DOTS_PER_INCH,
    force: ForceOption = False,
) -> None:
    """Show a label in the terminal, or as a picture. Nothing is printed or counted."""
    from dispensary import labelling
    from dispensary.cli.printing import target
    from dispensary.exports.files import shown, write_new
    from dispensary.exports.terminal import printable
    from dispensary.labelling.kinds import KINDS
    from dispensary.labelling.preview import png, rows
    from dispensary.reports.disclosed import Disclosed
    from dispensary.reports.labels.reading import read_labels

    at = desk(context)
    if kind not in KINDS:
        raise NotAKind(given=ascii(kind[:40]), kinds=", ".join(KINDS))
    where = target(at, kind, design)

    def report(db: "Connection", by: "Person") -> "Disclosed[Labels]":
        found = read_labels(db, kind, record, pharmacy=at.pharmacy, on=at.on, by=by)
        about = () if found.patient_number is None else (found.patient_number,)
        return Disclosed(found, frozenset(about))

    found = at.read_records(f"label preview {kind} {record}", report, Act.READ_PATIENTS)
    if out is not None:
        picture = png(labelling.render([found.labels], where.design), dots, mark="PREVIEW")
        write_new(out, picture, force=force)
        say(f"Preview of {kind} {found.record}: {shown(out)}")
        return
    say("\n".join(map(printable, rows(labelling.pages([found.labels], where.design)))))


def gallery(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the pictures.")],
    design: Annotated[str | None, typer.Option(metavar="DESIGN", help="Of this one. [default: all shipped]")] = None,
    dots: Annotated[int, typer.Option("--dpi", min=72, max=1200, help="Dots an inch of them.")] = DOTS_PER_INCH,
    force: ForceOption = False,
) -> None:
    """A picture of each label of every design. The people on them do not exist."""
    from dispensary.exports.files import make_folder, shown, write_new
    from dispensary.labelling.designs import load, named, shipped
    from dispensary.labelling.gallery import pictures
    from dispensary.rules.quantity import counted

    del context
    make_folder(out)
    found = [named(design, Path())] if design is not None else list(map(load, shipped()))
    files = []
    for each in found:
        for name, picture in pictures(each, dots):
            files.append(out / f"{each.name}-{name}.png")
            write_new(files[-1], picture, force=force)
    say(f"{len(files)} pictures of {counted(len(found), 'design')}: {shown(out)}")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("designs")(designs)
    app.command("check")(check)
    app.command("copy")(copy)
    app.command("preview")(preview)
    app.command("gallery")(gallery)


def _row(design: "Design") -> dict[str, object]:
    paper, sheet = design.paper, design.sheet
    return {
        "design": design.name,
        "kind": design.kind,
        "mm": f"{paper.width_mm:g}x{paper.height_mm:g}",
        "sheet": None if sheet is None else f"{sheet.columns}x{sheet.rows}",
        "labels": len(design.labels),
        "country": design.country and design.country.name.title(),
        "next": design.next,
    }
