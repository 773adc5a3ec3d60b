"""`dispensary audit`: export the chain of events, verify it."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, new_app, say, show

app = new_app()


@app.callback()
def audit() -> None:
    """The audit chain: export, verify."""


@app.command()
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The JSON Lines file; a CSV goes beside it.")],
    force: ForceOption = False,
) -> None:
    """Write all events as JSON Lines and, beside it, as CSV."""
    from dispensary.exports.audit import export as write

    with desk(context).reading() as (db, by):
        exported = write(db, by.site_id, out, force=force)
    say(f"{exported.events} events, head {exported.head}")
    say("\n".join(map(str, exported.files)))


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="An exported file. [default: the database]")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Recompute the chain of the database or of an exported file; exit 4 if it is broken."""
    from dispensary import auditor

    if file is not None:
        verdict = auditor.read(file)
    else:
        from dispensary.reports.chain import check_database

        with desk(context).reading() as (db, by):
            verdict = check_database(db, by.site_id)
    text = f"{verdict.events} events, head {verdict.head}\n" + (
        "The chain is whole; compare the head with the one that you keep elsewhere."
        if verdict.ok
        else f"THE CHAIN IS BROKEN: {verdict.problem}"
    )
    show(format, verdict, [verdict], text)
    if not verdict.ok:
        raise typer.Exit(4)
