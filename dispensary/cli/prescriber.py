"""`dispensary prescriber`: add, list."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused
from dispensary.rules.access import Act

app = new_app()


class OneIdentifier(Refused):
    """Neither or both of the identifiers."""

    sentence = "A prescriber has either an NPI or an HPR number: give one of --npi and --hpr."


@app.callback()
def prescriber() -> None:
    """Prescribers: add, list."""


@app.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Option(metavar="NAME", help="Full name.")],
    npi: Annotated[str | None, typer.Option(metavar="NPI", help="National Provider Identifier (US).")] = None,
    hpr: Annotated[str | None, typer.Option(metavar="NUMBER", help="Helsepersonellregisteret number (Norway).")] = None,
    profession: Annotated[str | None, typer.Option(metavar="NAME", help="[default: physician, lege]")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter a prescriber."""
    from dispensary.rules.identifiers import parse_hpr, parse_npi
    from dispensary.rules.text import clean_name
    from dispensary.services.people.register import NewPrescriber, add_prescriber

    if (npi is None) == (hpr is None):
        raise OneIdentifier
    usual = "physician" if npi is not None else "lege"
    new = NewPrescriber(
        key=request_key(context, key),
        name=clean_name(name, "the prescriber's name"),
        profession=clean_name(usual if profession is None else profession, "a profession"),
        npi=None if npi is None else parse_npi(npi),
        hpr=None if hpr is None else parse_hpr(hpr),
    )
    added = desk(context).write(add_prescriber, new)
    show(format, added, [added], f"Prescriber {added.prescriber} is entered.")


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the prescribers."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.records import prescribers

    with desk(context).reading(Act.READ_STOCK) as (db, by):
        rows = prescribers(db, by.site_id)
    shown = [(row.prescriber, row.name, row.profession, row.npi, row.hpr) for row in rows]
    show(format, rows, rows, table(("prescriber", "name", "profession", "npi", "hpr"), shown))
