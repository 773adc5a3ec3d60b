"""`dispensary light`: minutes out of the carton."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show

if TYPE_CHECKING:
    from dispensary.services.storage.light import Exposed

app = new_app()


@app.command()
def light(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(metavar="LOT|VIAL", help="Lot on the pack, or an opened vial such as V12.")],
    minutes: Annotated[str, typer.Option(metavar="N", help="Minutes out of the carton, in the light.")],
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Product, where several have the lot.")] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What happened.")] = "",
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Record time in the light of a lot or an opened vial.

    The times add up, and the limit of the product holds it.
    """
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.light import parse_minutes
    from dispensary.rules.text import clean_text
    from dispensary.services.storage.light import InTheLight, expose

    order = InTheLight(
        key=request_key(context, key),
        subject=subject,
        minutes=parse_minutes(minutes),
        note=note and clean_text(note, "a note"),
        product=product,
    )
    done = desk(context).write(expose, order)
    show(format, done, [done], wrapped(_text(done)))


def _text(done: "Exposed") -> str:
    subject = f"lot {done.lot} of {done.product}" if done.vial is None else f"{done.vial} of {done.product}"
    limit = "no limit is set" if done.limit_minutes is None else f"the limit is {done.limit_minutes:,}"
    held = " It is held until a pharmacist releases it." if done.held else ""
    return f"{subject[0].upper()}{subject[1:]}: {done.total_minutes:,} minutes in the light ({limit}).{held}"
