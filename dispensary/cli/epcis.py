"""`dispensary epcis`: tell supply chains what happened to lots."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import ForceOption, desk, new_app, say
from dispensary.rules.access import Act

app = new_app()


@app.callback()
def epcis() -> None:
    """EPCIS: what happened to lots, as events."""


@app.command()
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")],
    since: Annotated[str | None, typer.Option(metavar="DATE", help="From this day on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Through this day.")] = None,
    gln: Annotated[
        str | None,
        typer.Option(metavar="GLN", help="Global Location Number of this pharmacy. [default: a name without a place]"),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write EPCIS 2.0 events in JSON-LD; no patient is in them."""
    from dispensary import lookup
    from dispensary.exports.epcis.events import Teller, write
    from dispensary.exports.files import new_file
    from dispensary.reports.exchange.visible import steps
    from dispensary.reports.period import Period
    from dispensary.rules.dates import parse_date
    from dispensary.rules.gln import parse_gln

    at = desk(context)
    period = Period(*(None if day is None else parse_date(day) for day in (since, until)))
    place = None if gln is None else parse_gln(gln)
    with at.reading(Act.AUDIT_EXPORT) as (db, by):
        teller = Teller(lookup.origin(db, by.site_id), place)
        with new_file(out, force=force) as file:
            count = write(file, steps(db, by.site_id, period, at.on), teller, at.on)
    say(f"{count} events in {out}")
