"""`dispensary label`: labels again, from the books."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import ForceOption, desk, new_app, say

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
    from dispensary.services.label import reprint

    at = desk(context)
    require_new(out, force=force)
    write_new(out, labelling.render(at.write(reprint, number, pharmacy=at.pharmacy)), force=force)
    say(f"Labels of {number}: {out}")
