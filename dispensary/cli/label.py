"""`dispensary label`: labels again, from the books."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import ForceOption, desk, new_app, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.rules.people import Person

app = new_app()


@app.callback()
def label() -> None:
    """Labels: dispense."""


@app.command("dispense")
def dispense(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NO", help="Dispense number.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The PDF to write.")],
    force: ForceOption = False,
) -> None:
    """Write the labels of a dispense, one for each lot, as PDF."""
    from dispensary import labelling
    from dispensary.exports.files import require_new, write_new
    from dispensary.services.prescribing.label import reprint

    at = desk(context)
    require_new(out, force=force)
    labelling.load()

    def work(db: "Connection", number: str, *, on: datetime, by: "Person") -> bytes:
        return labelling.render(reprint(db, number, pharmacy=at.pharmacy, on=on, by=by))

    write_new(out, at.write(work, number), force=force)
    say(f"Labels of {number}: {out}")
