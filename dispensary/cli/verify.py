"""`dispensary verify`: whether the books agree with themselves."""

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.rules.access import Act

app = new_app()


@app.command()
def verify(
    context: typer.Context,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Recompute the books; exit 4 if anything differs."""
    from dispensary.cli.progress import progress
    from dispensary.exports.terminal import table
    from dispensary.reports.verify import verify as report

    with desk(context).reading(Act.VERIFY) as (db, _), progress() as told:
        verified = report(db, told)
    shown = [("ok" if check.ok else "WRONG", check.name, check.detail) for check in verified.checks]
    end = (
        "The books agree." if verified.ok else "THE BOOKS DO NOT AGREE: stop dispensing and keep the database as it is."
    )
    show(format, verified, verified.checks, table(("", "check", "detail"), shown) + "\n\n" + end)
    if not verified.ok:
        raise typer.Exit(4)
