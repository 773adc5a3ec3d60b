"""`dispensary count`: count a place or a product without being told what to find."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.cli.units_of_lot import LotArgument, ProductOption, units_of_lot
from dispensary.rules.access import Act
from dispensary.rules.moments import to_the_minute

if TYPE_CHECKING:
    from dispensary.reports.counting.counts import CountSheet
    from dispensary.services.counting.count_close import CountDone

app = new_app()

CountArgument = Annotated[str, typer.Argument(metavar="COUNT", help="Count number.")]


@app.callback()
def count() -> None:
    """Counts: start, enter, show, close."""


@app.command()
def start(
    context: typer.Context,
    place: Annotated[str | None, typer.Option(metavar="PLACE", help="Count what stands here.")] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Count this product.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Start a count of a place, of a product, or of a product at a place; prints the sheet to fill in."""
    from dispensary.exports.terminal import table, wrapped
    from dispensary.services.counting.count import StartCount, start_count

    order = StartCount(key=request_key(context, key), place=place, product=product)
    started = desk(context).write(start_count, order)
    scope = " at ".join(each for each in (started.product, started.place) if each)
    says = wrapped(f"Count {started.count} of {scope} is open: enter each lot with `count enter {started.count}`.")
    rows = [(line.product, line.lot, line.expires, line.place, "") for line in started.lines]
    sheet = table(("product", "lot", "expires", "place", "counted"), rows)
    show(format, started, started.lines, f"{says}\n\n{sheet}")


@app.command()
def enter(
    context: typer.Context,
    number: CountArgument,
    lot: LotArgument,
    units: Annotated[str, typer.Argument(metavar="UNITS", help="Units that are there; 0 for none.")],
    place: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Where it was found, in a count of a product.")
    ] = None,
    product: ProductOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter what was found of a lot; of several entries the last one counts."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.counting import parse_count
    from dispensary.rules.scan import parse_lot
    from dispensary.services.counting.count import EnterCount, enter_count

    order = EnterCount(
        key=request_key(context, key),
        count=number,
        lot=parse_lot(lot),
        units=parse_count(units),
        place=place,
        product=product,
    )
    done = desk(context).write(enter_count, order)
    show(format, done, [done], wrapped(f"Entered in {done.count}: {units_of_lot(done)} at {done.place}."))


@app.command("show")
def show_(
    context: typer.Context,
    number: CountArgument,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Show a count: what is counted and by whom; what the books say only once it is closed."""
    from dispensary.reports.counting.counts import count_sheet

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        sheet = count_sheet(db, number, zone=at.on.tzinfo, by=by)
    show(format, sheet, sheet.lines, _sheet(sheet))


@app.command()
def close(
    context: typer.Context,
    number: CountArgument,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why stock and books differ, or why it is abandoned.")
    ] = None,
    abandon: Annotated[bool, typer.Option("--abandon", help="Give the count up; the books stay as they are.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Close a count and correct the books by what it found.

    A large variance (the setting large_variance_units) two persons must have counted alike, and a pharmacist closes it.
    """
    from dispensary.rules.text import clean_text
    from dispensary.services.counting.count_close import CloseCount, close_count

    order = CloseCount(
        key=request_key(context, key),
        count=number,
        reason=None if reason is None else clean_text(reason, "a reason"),
        abandon=abandon,
    )
    at = desk(context)
    done = at.write(close_count, order, practice=at.practice)
    show(format, done, done.lines, _closed(done))


def _sheet(sheet: "CountSheet") -> str:
    from dispensary.exports.terminal import table, wrapped

    scope = " at ".join(each for each in (sheet.product, sheet.place) if each)
    began = to_the_minute(sheet.started_at)
    head = [wrapped(f"Count {sheet.count} of {scope} is {sheet.state}; {sheet.started_by} started it on {began}.")]
    if sheet.reason is not None:
        head.append(wrapped(f"Reason: {sheet.reason}"))
    heads = ["product", "lot", "expires", "place", "counted by", "counted"]
    rows = [
        [line.product, line.lot, line.expires, line.place, ", ".join(line.counted_by), line.counted_units]
        for line in sheet.lines
    ]
    if sheet.state == "closed":
        heads += ["books", "variance"]
        rows = [[*row, line.book_units, line.variance] for row, line in zip(rows, sheet.lines, strict=True)]
    return "\n".join([*head, "", table(heads, rows)])


def _closed(done: "CountDone") -> str:
    from dispensary.exports.terminal import table, wrapped

    if done.abandoned:
        return wrapped(f"{done.count} is abandoned: nothing was changed.")
    differ = sum(1 for line in done.lines if line.variance)
    heads = ("product", "lot", "expires", "place", "books", "counted", "variance")
    rows = [
        (line.product, line.lot, line.expires, line.place, line.book_units, line.counted_units, line.variance)
        for line in done.lines
    ]
    says = wrapped(f"{done.count} is closed: {differ} of {len(done.lines)} lots differed from the books.")
    return f"{says}\n\n{table(heads, rows)}"
