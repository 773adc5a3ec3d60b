"""`dispensary product`: list, show, import, pack, edit."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused
from dispensary.rules.access import Act

app = new_app()
CodeArgument = Annotated[str, typer.Argument(metavar="PRODUCT", help="Product code.")]


# No maker's limit for an opened vial of this kind is known to be as long: what is longer is a slip.
MOST_DAYS = 90
MOST_MINUTES = 100_000
_FACTS = {"minimum_units": "minimum", "in_use_days": "limit of use once open", "light_limit_minutes": "limit of light"}
_UNITS = {"minimum_units": "units", "in_use_days": "days", "light_limit_minutes": "minutes"}


class NotALimit(Refused):
    """The text is no limit."""

    sentence = "{given} is not a limit: give a whole number from 1 to {most}, or none to take the limit away."
    given: str
    most: int


class UnreadableFile(Refused):
    """A file that cannot be read."""

    sentence = "{file} cannot be read ({problem}): nothing was written; name another file."
    file: str
    problem: str


@app.callback()
def product() -> None:
    """Products: list, show, import, pack, edit."""


@app.command("list")
def list_(context: typer.Context, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """List the formulary."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.records import products

    with desk(context).reading(Act.READ_STOCK) as (db, _):
        rows = products(db)
    heads = ("product", "form", "unit", "preservative", "confidence")
    shown = [
        (row.product, row.form, f"{row.fill_ml} mL {row.container}", row.preservative, row.confidence) for row in rows
    ]
    show(format, rows, rows, table(heads, shown))


@app.command("show")
def show_(context: typer.Context, code: CodeArgument, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show what is known of a product, and how far it was checked."""
    from dispensary.exports.terminal import table
    from dispensary.reports.people.records import show_product
    from dispensary.rules.quantity import counted

    with desk(context).reading(Act.READ_STOCK) as (db, _):
        row = show_product(db, code)
    packs = ", ".join(f"{pack.gtin or 'GTIN not known'}: {counted(pack.units, 'unit')}" for pack in row.packs)
    facts = [
        ("name", row.name),
        ("labeler", row.labeler),
        ("form", row.form),
        ("strength", f"{row.strength_mcg_per_ml:,} mcg/mL"),
        ("container", f"{row.fill_ml} mL {row.container}"),
        ("preservative", row.preservative),
        ("temperature", f"{row.temperature} °C" if row.temperature[0] in "<0123456789" else row.temperature),
        ("light", "protect from light" if row.protect_from_light else "no restriction stated"),
        ("routes", ", ".join(row.routes)),
        ("identifier", f"{row.identifier_kind} {row.identifier}".strip()),
        ("packs", packs or "not known"),
        ("minimum", _amount("minimum_units", row.minimum_units)),
        ("in use", "the usual limit" if row.in_use_days is None else f"{row.in_use_days} days, says the maker"),
        ("light limit", _amount("light_limit_minutes", row.light_limit_minutes)),
        ("confidence", row.confidence),
    ]
    show(format, row, [row], table(("product", row.product), facts))


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A CSV with the columns of the formulary.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Enter the products of a CSV file, all or none."""
    from dispensary.rules.formulary import MOST_BYTES, read_rows
    from dispensary.services.catalogue.formulary import Import, import_products

    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as problem:
        from dispensary.exports.files import shown

        raise UnreadableFile(file=shown(file), problem=str(problem.strerror)) from None
    order = Import(request_key(context, key), file.name, read_rows(data, file.name))
    imported = desk(context).write(import_products, order)
    show(format, imported, [imported], f"Imported {len(imported.products)} products from {file.name}.")


@app.command()
def pack(
    context: typer.Context,
    code: CodeArgument,
    gtin: Annotated[str, typer.Option(metavar="GTIN", help="GTIN of the pack, as its barcode says.")],
    units: Annotated[str, typer.Option(metavar="N", help="Units in the pack: 1 for a single vial, 25 for its carton.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Let a GTIN stand for so many units of a product."""
    from dispensary.rules.identifiers import parse_gtin
    from dispensary.rules.quantity import counted, parse_units
    from dispensary.services.catalogue.formulary import NewPack, add_pack

    added = desk(context).write(
        add_pack, NewPack(request_key(context, key), code, parse_gtin(gtin), parse_units(units))
    )
    show(format, added, [added], f"GTIN {added.gtin} is {counted(added.units, 'unit')} of {added.product}.")


@app.command()
def edit(
    context: typer.Context,
    code: CodeArgument,
    minimum: Annotated[
        str | None,
        typer.Option(metavar="UNITS", help="Usable units below which the nightly report asks for an order."),
    ] = None,
    in_use_days: Annotated[
        str | None,
        typer.Option(
            metavar="DAYS", help="The maker's own limit of use once a vial is open, 1 to 90; none removes it."
        ),
    ] = None,
    light_minutes: Annotated[
        str | None,
        typer.Option(metavar="MINUTES", help="Minutes in the light that hold a lot or vial; none takes them away."),
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Set a product's minimum, its days of use once open, or its limit of light."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import parse_units
    from dispensary.services.catalogue.formulary import ProductEdit, edit_product

    order = ProductEdit(
        key=request_key(context, key),
        product=code,
        units=None if minimum is None else parse_units(minimum),
        in_use_days=_limit(in_use_days, MOST_DAYS),
        light_minutes=_limit(light_minutes, MOST_MINUTES),
    )
    done = desk(context).write(edit_product, order)
    said = [
        f"{_FACTS[each.fact]} is {_amount(each.fact, each.new)} (before: {_amount(each.fact, each.old)})"
        for each in done.changed
    ]
    lines = [wrapped(f"{done.product}: {'; '.join(said)}.")]
    if done.beyond:
        opened = f"Opened under a longer limit, to be discarded when this one is over: {', '.join(done.beyond)}"
        lines.append(wrapped(f"{opened} (`dispensary vial discard`)."))
    show(format, done, [done], "\n".join(lines))


def _limit(given: str | None, most: int) -> int | None:
    """A limit as typed, 0 for none."""
    from dispensary.errors import quoted

    if given is None or given.strip().lower() == "none":
        return None if given is None else 0
    if not (given.isascii() and given.isdigit() and len(given) <= 6 and 0 < int(given) <= most):
        raise NotALimit(given=quoted(given), most=most)
    return int(given)


def _amount(fact: str, amount: int | None) -> str:
    return "not set" if amount is None else f"{amount:,} {_UNITS[fact]}"
