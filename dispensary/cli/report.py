"""`dispensary report`: the night's report, and the trace of a lot."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, new_app, say, show

if TYPE_CHECKING:
    from dispensary.reports.trace import Trace

app = new_app()


@app.callback()
def report() -> None:
    """Reports: nightly, trace."""


@app.command()
def nightly(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write PDF, CSV and JSON.")] = Path(),
    day: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day it tells of. [default: today; before 06:00 yesterday]"),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write the night's report as PDF, CSV and JSON; exit 4 if something needs a person."""
    from dispensary.exports.nightly import write
    from dispensary.reports.nightly import nightly as report
    from dispensary.reports.nightly import reported_day
    from dispensary.rules.dates import parse_date

    at = desk(context)
    told = reported_day(at.on) if day is None else parse_date(day)
    with at.reading() as (db, by):
        night = report(db, by.site_id, at.on, told, second_check=at.practice.second_check)
    written = write(night, at.pharmacy, out, force=force)
    say(f"{night.day}: to be seen to by a person: {len(night.needs_a_person)}.")
    say("\n".join(map(str, written)))
    if night.needs_a_person:
        raise typer.Exit(4)


@app.command()
def trace(
    context: typer.Context,
    lot: Annotated[str, typer.Argument(metavar="LOT", help="Lot as printed on the pack.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show every patient who got a lot; each reading is an event of the audit."""
    from dispensary.reports.trace import trace as report

    at = desk(context)
    rows = at.read_records(
        f"report trace {lot}",
        lambda db, by: report(db, by.site_id, lot, at.on),
    )
    document = rows[0] if len(rows) == 1 else rows
    show(format, document, [line for row in rows for line in row.dispensed], "\n\n".join(map(_text, rows)))


def _text(row: "Trace") -> str:
    from dispensary.exports.terminal import table, wrapped

    said = wrapped(f"Lot {row.lot} of {row.product}: {row.received} units received, {row.on_hand} on hand.")
    given = [(each.on, each.dispense, each.patient, each.units) for each in row.dispensed]
    parts = [said]
    if given:
        parts.append(table(("on", "dispense", "patient", "units"), given))
    if row.other:
        parts.append(
            table(
                ("on", "what", "dispense", "units", "to"),
                [(o.on, o.kind, o.dispense, o.units, o.to) for o in row.other],
            )
        )
    return "\n\n".join(parts)
