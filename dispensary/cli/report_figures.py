"""`dispensary report usage`, `reorder`, `forecast`, `value`, `expiry`, `waste`, `due`: the figures, one a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.reports.figures.basis import Basis

MOST_MONTHS = 12
MOST_DAYS = 90
DUE_DAYS = 7


def usage(
    context: typer.Context,
    groups: Annotated[bool, typer.Option("--groups", help="By form, vial size and preservative.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the average monthly consumption, days without stock left out, and the months that the stock lasts."""
    from dispensary.cli.figure_pages import usage_page
    from dispensary.reports.figures.usage import usage as report

    with _basis(context) as basis:
        found = report(basis)
    rows = found.groups if groups else found.products
    show(format, found, rows, usage_page(found, rows))


def reorder(
    context: typer.Context,
    below: Annotated[bool, typer.Option("--below", help="Only what is to be ordered.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the reorder point of each product, and a proposed order in whole packs."""
    from dispensary.cli.figure_pages import reorder_page
    from dispensary.reports.figures.basis import read_basis
    from dispensary.reports.figures.reorder import reorders

    at = desk(context)
    with at.reading(Act.READ_REPORTS) as (db, by):
        rows = reorders(db, read_basis(db, by.site_id, at.on, at.practice))
    rows = tuple(row for row in rows if row.below or not below)
    show(format, rows, rows, reorder_page(rows))


def forecast(
    context: typer.Context,
    months: Annotated[int, typer.Option(min=1, max=MOST_MONTHS, help="How many months ahead.")] = 3,
    weekly: Annotated[bool, typer.Option("--weekly", help="By week.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show the expected use of each product, from prescriptions and history, and how good such forecasts were."""
    from dispensary.cli.figure_pages import forecast_page
    from dispensary.reports.figures.forecast import forecasts

    with _basis(context, months) as basis:
        found = forecasts(basis, weekly=weekly)
    show(format, found, found.rows, forecast_page(found))


def value(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show what the stock has cost; units of unknown cost are counted apart."""
    from dispensary.cli.figure_pages import value_page
    from dispensary.reports.figures.value import values

    with _basis(context) as basis:
        rows = values(basis)
    show(format, rows, rows, value_page(rows))


def expiry(
    context: typer.Context,
    all_lots: Annotated[bool, typer.Option("--all", help="Also the lots that will be used up.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show what will expire unused, by the forecast use of the lots in the order of their expiry."""
    from dispensary.cli.figure_pages import expiry_page
    from dispensary.reports.figures.value import expiries

    with _basis(context) as basis:
        rows = tuple(row for row in expiries(basis) if row.unused_units or all_lots)
    show(format, rows, rows, expiry_page(rows))


def waste(
    context: typer.Context,
    sizes: Annotated[bool, typer.Option("--sizes", help="What other vial sizes would have saved, as rows.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show what was wasted and why, and what vials of another size would have saved."""
    from dispensary.cli.figure_pages import waste_page
    from dispensary.reports.figures.waste import waste as report

    at = desk(context)
    with at.reading(Act.READ_REPORTS) as (db, by):
        found = report(db, by.site_id, at.on, at.practice)
    show(format, found, found.sizes if sizes else found.rows, waste_page(found))


def due(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days, today being the first.")] = DUE_DAYS,
    patients: Annotated[bool, typer.Option("--patients", help="Say who it is; that is an event of the audit.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show how many patients are due in the next days, with their doses, by day and product."""
    from dispensary.cli.figure_pages import due_page, due_patients_page
    from dispensary.reports.figures.basis import read_basis
    from dispensary.reports.figures.due import due as report
    from dispensary.reports.figures.due import due_patients

    if not patients:
        with _basis(context) as basis:
            rows = report(basis, days)
        show(format, rows, rows, due_page(rows))
        return
    at = desk(context)
    found = at.read_records(
        "report due",
        lambda db, by: due_patients(read_basis(db, by.site_id, at.on, at.practice), days),
        Act.READ_PATIENTS,
    )
    show(format, found, found, due_patients_page(found))


@contextmanager
def _basis(context: typer.Context, months: int = 3) -> Iterator["Basis"]:
    """While the books are open: the figures read them."""
    from dispensary.reports.figures.basis import read_basis

    at = desk(context)
    with at.reading(Act.READ_REPORTS) as (db, by):
        yield read_basis(db, by.site_id, at.on, at.practice, months)


COMMANDS = (usage, reorder, forecast, value, expiry, waste, due)
"""What `dispensary report` has besides its own."""
