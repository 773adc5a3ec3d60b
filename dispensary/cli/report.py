"""`dispensary report`: the night's report, traces, batches, who looked at whom; the figures are report_figures.py."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, new_app, say, show
from dispensary.cli.report_figures import COMMANDS
from dispensary.cli.units_of_lot import LotArgument
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def report() -> None:
    """Reports: nightly, trace, batch, access, and the figures."""


for command in COMMANDS:
    app.command()(command)


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
    """Write the night's report as PDF, CSV and JSON; exit 4 if something needs a person.

    Where the pharmacy has a signing key, the checkpoint of its audit goes beside them.
    """
    from dispensary.cli.progress import progress
    from dispensary.cli.signing import checkpoint_if_key
    from dispensary.errors import Refused
    from dispensary.exports.nightly import write
    from dispensary.reports.nightly.nightly import nightly as report
    from dispensary.reports.nightly.nightly import reported_day
    from dispensary.reports.nightly.sites import with_sites
    from dispensary.rules.dates import parse_date

    at = desk(context)
    about = reported_day(at.on) if day is None else parse_date(day)
    note, unsigned = None, None
    with at.reading(Act.READ_REPORTS) as (db, by), progress() as told:
        night = report(db, by.site_id, at.on, about, practice=at.practice, told=told)
        night = with_sites(db, night, by, at.on, at.practice, told)
        try:
            # The head of now under the date of an earlier day would mislead whoever keeps it.
            note = checkpoint_if_key(at, db, by) if about == reported_day(at.on) else None
        except Refused as refusal:
            unsigned = refusal
    written = write(night, at.pharmacy, out, checkpoint=note, force=force)
    books = "the books agree" if night.checks.ok else "THE BOOKS DO NOT AGREE"
    say(
        f"{night.day}: to be seen to by a person: {len(night.needs_a_person)}; to order: {len(night.reorder)}; {books}."
    )
    say("\n".join(map(str, written)))
    if unsigned is not None:
        say(f"Without a checkpoint of the audit: {unsigned}")
    if night.needs_a_person or unsigned is not None:
        raise typer.Exit(4)


@app.command()
def trace(
    context: typer.Context,
    lot: LotArgument,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show every patient who got a lot or what was made of it; each reading is an event of the audit."""
    from dispensary.cli.report_pages import traced
    from dispensary.reports.stock.trace import trace as report
    from dispensary.reports.stock.trace import trace_lines

    at = desk(context)
    rows = at.read_records(
        f"report trace {lot}", lambda db, by: report(db, by.site_id, lot, at.on), Act.READ_RECIPIENTS
    )
    document = rows[0] if len(rows) == 1 else rows
    show(format, document, list(trace_lines(rows)), traced(rows))


@app.command()
def batch(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="BATCH", help="Batch number.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the record of a batch that was made here."""
    from dispensary.cli.report_pages import batch_page
    from dispensary.reports.compounding.batch import batch_record

    at = desk(context)
    with at.reading(Act.READ_REPORTS) as (db, by):
        made = batch_record(db, by.site_id, number, at.on)
    show(format, made, made.ingredients, batch_page(made))


@app.command()
def access(
    context: typer.Context,
    patient: Annotated[str | None, typer.Option(metavar="PATIENT", help="Only of this patient number.")] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only by this user.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Through this day.")] = None,
    all_acts: Annotated[
        bool, typer.Option("--all-acts", help="Also who entered, changed, dispensed or printed.")
    ] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show who looked at whose record, by number and from the audit, the newest last."""
    from dispensary.cli.report_pages import access_page
    from dispensary.cli.spool import spool
    from dispensary.reports.people.access import Wanted, access_lines
    from dispensary.reports.people.access import access as report
    from dispensary.rules.dates import parse_date

    at = desk(context)
    first, last = (None if day is None else parse_date(day) for day in (since, until))
    wanted = Wanted(patient, user, first, last, all_acts)
    with spool(format, access_page, access_lines) as shown:
        with at.reading(Act.READ_ACCESS) as (db, by):
            shown.take(report(db, by.site_id, wanted, at.on))
        shown.show()
