"""`dispensary product`: list, show, import, pack, edit."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused

app = new_app()
CodeArgument = Annotated[str, typer.Argument(metavar="PRODUCT", help="Product code.")]


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
    from dispensary.reports.records import products

    with desk(context).reading() as (db, _):
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
    from dispensary.reports.records import show_product

    with desk(context).reading() as (db, _):
        row = show_product(db, code)
    packs = ", ".join(f"{pack.gtin or 'GTIN not known'}: {pack.units} units" for pack in row.packs)
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
        ("minimum", "not set" if row.minimum_units is None else f"{row.minimum_units} units"),
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
    from dispensary.services.formulary import Import, import_products

    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as problem:
        raise UnreadableFile(file=str(file), problem=str(problem.strerror)) from None
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
    from dispensary.rules.quantity import parse_units
    from dispensary.services.formulary import NewPack, add_pack

    added = desk(context).write(
        add_pack, NewPack(request_key(context, key), code, parse_gtin(gtin), parse_units(units))
    )
    show(format, added, [added], f"GTIN {added.gtin} is {added.units} units of {added.product}.")


@app.command()
def edit(
    context: typer.Context,
    code: CodeArgument,
    minimum: Annotated[
        str, typer.Option(metavar="UNITS", help="Usable units below which the nightly report asks for an order.")
    ],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Set a product's minimum."""
    from dispensary.rules.quantity import parse_units
    from dispensary.services.formulary import NewMinimum, set_minimum

    done = desk(context).write(set_minimum, NewMinimum(request_key(context, key), code, parse_units(minimum)))
    before = "not set" if done.before is None else str(done.before)
    show(format, done, [done], f"The minimum of {done.product} is {done.minimum_units} units (before: {before}).")
