"""`dispensary place`: list, show, add, log."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused
from dispensary.rules.access import Act
from dispensary.rules.moments import to_the_minute

if TYPE_CHECKING:
    from dispensary.reports.storage.places import PlaceDetail
    from dispensary.services.storage.log_readings import Logged

app = new_app()
PlaceArgument = Annotated[str, typer.Argument(metavar="PLACE", help="Code of the place.")]


class UnreadableLog(Refused):
    """A logger's file that cannot be read."""

    sentence = "{file} cannot be read ({problem}): nothing was imported; name another file."
    file: str
    problem: str


@app.callback()
def place() -> None:
    """Places where stock stands: list, show, add, log."""


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the places with their class, their stock and their last reading."""
    from dispensary.exports.terminal import table
    from dispensary.reports.storage.places import places
    from dispensary.rules.storage import celsius

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = places(db, by.site_id, at.on.tzinfo)
    heads = ("place", "kind", "class", "light", "units", "vials", "°C", "measured")
    shown = [
        (
            row.place,
            row.kind,
            row.temperature,
            "dark" if row.dark else "light",
            row.units,
            row.opened_vials,
            None if row.last_centidegrees is None else celsius(row.last_centidegrees),
            None if row.last_reading_at is None else to_the_minute(row.last_reading_at),
        )
        for row in rows
    ]
    show(format, rows, rows, table(heads, shown))


@app.command("show")
def show_(context: typer.Context, code: PlaceArgument, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show a place: what was measured, the excursions, and what was held for them."""
    from dispensary.reports.storage.places import show_place

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        row = show_place(db, by.site_id, code, at.on.tzinfo)
    show(format, row, [row], _detail(row))


@app.command()
def add(
    context: typer.Context,
    code: PlaceArgument,
    kind: Annotated[str, typer.Option(metavar="KIND", help="shelf, refrigerator, quarantine, returned or transit.")],
    temperature: Annotated[str, typer.Option(metavar="CLASS", help='Celsius: 20-25, "<=25", 2-8 or 8-15.')],
    dark: Annotated[bool, typer.Option("--dark/--light", help="Whether it is dark there.", show_default=False)],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Add a place where stock will stand."""
    from dispensary.services.storage.place import NewPlace, add_place, parse_class, parse_kind

    new = NewPlace(
        key=request_key(context, key),
        code=code,
        kind=parse_kind(kind),
        temperature=parse_class(temperature),
        dark=dark,
    )
    added = desk(context).write(add_place, new)
    light = "dark" if added.dark else "in the light"
    show(format, added, [added], f"Added {added.place}: {added.kind}, {added.temperature} °C, {light}.")


@app.command()
def log(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A data logger's export.")],
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where the logger was.")],
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="TZ", help="Zone of the file's times, such as UTC or Europe/Oslo, if they lack an offset."
        ),
    ] = None,
    order: Annotated[
        str | None, typer.Option(metavar="dmy|mdy", help="Order of day and month, where the dates do not show it.")
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Import a data logger's readings; an excursion holds the lots that stood there."""
    from dispensary.rules.logger import MOST_BYTES, read_log
    from dispensary.rules.logger_times import Order, zone_of
    from dispensary.rules.product import one_of
    from dispensary.rules.text import clean_text
    from dispensary.services.storage.log_readings import Log, log_readings

    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        raise UnreadableLog(file=str(file), problem=getattr(problem, "strerror", None) or str(problem)) from None
    name = clean_text(file.name, "a file's name")
    measured = read_log(
        data,
        name,
        zone=None if timezone is None else zone_of(timezone),
        order=None if order is None else one_of(Order, "order of day and month", order),
    )
    request = Log(request_key(context, key), place, name, timezone or "", measured)
    logged = desk(context).write(log_readings, request)
    show(format, logged, logged.excursions, _logged(logged))


def _logged(logged: "Logged") -> str:
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.storage import celsius

    said = [f"{logged.place}: {logged.readings:,} readings from {logged.first} to {logged.last}"]
    if logged.repeated:
        said.append(f"in the books already: {logged.repeated:,}")
    if logged.duplicates:
        said.append(f"lines that stood there twice: {logged.duplicates:,}")
    if logged.missing:
        said.append(f"lines without a temperature: {logged.missing:,}")
    lines = [wrapped("; ".join(said) + ".")]
    if logged.gaps:
        longest = f"the longest of {logged.longest_gap_minutes:,} minutes from {logged.longest_gap_from}"
        lines.append(wrapped(f"Gaps without a reading: {logged.gaps:,}, {longest}."))
    if logged.unjudged:
        lines.append(wrapped(_unjudged(logged.unjudged)))
    if not logged.excursions:
        return "\n".join([*lines, "No excursion was found for what stood there."])
    rows = [
        (
            each.temperature,
            each.began[:16],
            each.ended[:16],
            f"{celsius(each.lowest_centidegrees)} to {celsius(each.highest_centidegrees)}",
            each.why,
            ", ".join(f"{lot.lot} {lot.state}" for lot in (*each.lots, *each.made)),
        )
        for each in logged.excursions
    ]
    heads = ("class", "began", "ended", "°C", "why", "lots")
    held = f"Lots held until a pharmacist releases them: {logged.held}."
    return "\n".join([*lines, held, *map(wrapped, _left(logged)), "", table(heads, rows)])


def _left(logged: "Logged") -> list[str]:
    """What patients got of the lots since their first excursion began."""
    first: dict[tuple[str, str], str] = {}
    for each in logged.excursions:
        for lot in (*each.lots, *each.made):
            if lot.dispensed_units or lot.drawn_doses:
                got = f"{lot.dispensed_units:,} units dispensed, {lot.drawn_doses:,} doses drawn"
                since = f"since {each.began[:16]}; who got them: `dispensary report trace {lot.lot}`."
                first.setdefault((lot.product, lot.lot), f"Lot {lot.lot} of {lot.product}: {got} {since}")
    return list(first.values())


def _unjudged(lots: Sequence[str]) -> str:
    return f"Judged only below 0 and above 40 °C, kept as their batch record says: {', '.join(lots)}."


def _detail(row: "PlaceDetail") -> str:
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.storage import celsius

    facts = [
        ("place", row.place),
        ("kind", row.kind),
        ("keeps", f"{row.temperature} °C, {'dark' if row.dark else 'in the light'}"),
        ("stock", f"{row.units:,} units, {row.opened_vials:,} opened vials"),
        (
            "last reading",
            "none"
            if row.last_reading_at is None or row.last_centidegrees is None
            else f"{celsius(row.last_centidegrees)} °C on {to_the_minute(row.last_reading_at)}",
        ),
    ]
    if row.measured is not None:
        low, high, mean = map(
            celsius,
            (
                row.measured.lowest_centidegrees,
                row.measured.highest_centidegrees,
                row.measured.mean_kinetic_centidegrees,
            ),
        )
        facts.append((f"since {row.measured.since.date()}", f"{low} to {high} °C, mean kinetic {mean} °C"))
    facts += [(f"file of {each.at.date()}", f"{each.file}: {each.readings:,} readings") for each in row.files]
    lines = [table(("fact", "what is known"), facts)]
    if row.unjudged:
        lines.append(wrapped(_unjudged(row.unjudged)))
    found = [
        (
            each.temperature,
            to_the_minute(each.began),
            to_the_minute(each.ended),
            f"{celsius(each.lowest_centidegrees)} to {celsius(each.highest_centidegrees)}",
            each.why,
            ", ".join(lot.lot for lot in each.held),
        )
        for each in row.excursions
    ]
    if found:
        lines.append(table(("class", "began", "ended", "°C", "why", "held"), found))
    return "\n\n".join(lines)
