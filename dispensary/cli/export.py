"""`dispensary export`: the books as tables in plain files, for whatever program computes on them."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.rules.access import Act

app = new_app()


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Only this table; repeatable. [default: all]")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON Lines instead of CSV.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Write the books as files by month, for DuckDB or Spark.

    Patients stand in them as numbers. What somebody wrote in words is left out.
    """
    from dispensary.cli.progress import progress
    from dispensary.exports.files import shown
    from dispensary.exports.partitions import CSV, JSON_LINES, Asked, write
    from dispensary.exports.terminal import table as as_table
    from dispensary.reports.tables import TABLES, site_of

    unknown = [name for name in table or () if name not in TABLES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(TABLES)}", param_hint="--table")
    chosen = tuple(each for name, each in TABLES.items() if not table or name in table)
    at = desk(context)
    with at.reading(Act.AUDIT_EXPORT) as (db, by), progress() as told:
        asked = Asked(chosen, JSON_LINES if jsonl else CSV, at.on, by, site_of(db, by.site_id))
        written = write(db, folder, asked, told)
    rows = [(each.table, each.rows, len(each.files)) for each in written.tables]
    show(format, written, written.tables, f"{shown(folder)}\n" + as_table(("table", "rows", "files"), rows))
