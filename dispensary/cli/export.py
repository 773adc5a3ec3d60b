"""`dispensary export`: the books as tables in plain files, for whatever program computes on them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.rules.access import Act, require

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.cli.desk import Desk
    from dispensary.exports.partitions import Manifest, NewTables
    from dispensary.reports.columns import Table
    from dispensary.reports.disclosed import Disclosed
    from dispensary.rules.people import Person

app = new_app()


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    table: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME", help="Only this table; repeatable. [default: all]")
    ] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON Lines instead of CSV.")] = False,
    patients: Annotated[
        bool, typer.Option("--patients", help="With the patients' numbers; each reading is an event of the audit.")
    ] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Write the books as files by month, for DuckDB or Spark.

    Patients are left out unless asked for, and then they are numbers. What somebody wrote in words is left out.
    """
    from dispensary.exports.files import shown
    from dispensary.exports.partitions import new_tables
    from dispensary.exports.terminal import table as as_table
    from dispensary.reports.tables import TABLES

    unknown = [name for name in table or () if name not in TABLES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(TABLES)}", param_hint="--table")
    chosen = [each for name, each in TABLES.items() if not table or name in table]
    at = desk(context)
    with new_tables(folder) as tables:
        # The reading is noted before the folder gets its name.
        written = _written(at, tables, chosen, jsonl=jsonl, patients=patients)
    rows = [(each.table, each.rows, len(each.files)) for each in written.tables]
    show(format, written, written.tables, f"{shown(folder)}\n" + as_table(("table", "rows", "files"), rows))


def _written(at: "Desk", tables: "NewTables", chosen: "list[Table]", *, jsonl: bool, patients: bool) -> "Manifest":
    """The tables in their folder; whoever is shown the patients' numbers must be allowed to read who got a lot."""

    def work(db: "Connection", by: "Person") -> "Disclosed[Manifest]":
        from dispensary.cli.progress import progress
        from dispensary.exports.partitions import CSV, JSON_LINES, Asked
        from dispensary.reports.disclosed import Disclosed
        from dispensary.reports.tables import site_of

        require(by, Act.AUDIT_EXPORT)
        told = tuple(each if patients else each.without_patients for each in chosen)
        with progress() as line:
            asked = Asked(told, JSON_LINES if jsonl else CSV, at.on, by, site_of(db, by.site_id), line)
            return Disclosed(tables.write(db, asked), frozenset(tables.patients))

    if patients:
        return at.read_records("export", work, Act.READ_RECIPIENTS)
    with at.reading(Act.AUDIT_EXPORT) as (db, by):
        return work(db, by).shown
