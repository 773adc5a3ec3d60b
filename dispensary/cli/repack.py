"""`dispensary repack`: an in-house lot out of a lot of the stock or a powder."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.errors import Refused

if TYPE_CHECKING:
    from dispensary.rules.ingredient import Powder
    from dispensary.services.compounding.repack import Repacked
    from dispensary.services.compounding.used_up import FromLot

app = new_app()


class WhatItIsMadeOf(Refused):
    """Neither units of a lot nor a powder, or both."""

    sentence = "A batch is made of units of one lot or of one powder: give --from and --units, or --powder."


@app.command()
def repack(
    context: typer.Context,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="The in-house product that is made.")],
    made: Annotated[str, typer.Option(metavar="UNITS", help="Units that were made.")],
    category: Annotated[str, typer.Option(metavar="1|2", help="Category by USP <797>.")],
    start: Annotated[str, typer.Option(metavar="sterile|non-sterile", help="What it starts from.")],
    checked_by: Annotated[str, typer.Option(metavar="USER", help="The other person, who checked it.")],
    place: Annotated[str, typer.Option(metavar="PLACE", help="Where it is put.")],
    from_lot: Annotated[str | None, typer.Option("--from", metavar="LOT", help="Lot that is used up.")] = None,
    units: Annotated[str | None, typer.Option(metavar="N", help="Units of that lot.")] = None,
    from_product: Annotated[
        str | None, typer.Option(metavar="CODE", help="Product of that lot, where several have its number.")
    ] = None,
    from_place: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Where its units stand. [default: where enough are]")
    ] = None,
    powder: Annotated[
        str | None, typer.Option(metavar="TEXT", help='Instead of a lot: "NAME;LOT;EXPIRES;AMOUNT".')
    ] = None,
    diluent: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='"NAME;LOT;EXPIRES;VOLUME;none", or its preservatives; one for each.'),
    ] = None,
    stability_days: Annotated[str | None, typer.Option(metavar="N", help="Days that stability data allow.")] = None,
    stability_source: Annotated[str | None, typer.Option(metavar="TEXT", help="Where these data are from.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Make an in-house lot out of a lot of the stock or a powder.

    What was used leaves the stock. What was made enters it as a lot with a number of its own, and may be used until
    the shortest of the compounding table, the stability data and the ingredients.

    The product is one of the formulary that the pharmacy makes itself: `dispensary product import FILE.csv` adds it.
    The file is a CSV with the columns code, name, labeler, form, strength_mcg_per_ml, container, fill_ml,
    units_per_pack, preservatives, temperature, protect_from_light, routes, identifier_kind, identifier, gtin and
    confidence. Of an in-house product the labeler is `house`, the identifier_kind `none` with identifier and gtin
    empty, the preservatives are what the mixture holds, such as `none` in a single-dose vial, and confidence says
    where the facts are from.
    """
    from dispensary.rules.beyond_use import Category, Start, read_stability
    from dispensary.rules.ingredient import parse_diluent
    from dispensary.rules.product import one_of
    from dispensary.rules.quantity import parse_units
    from dispensary.services.compounding.repack import Batch
    from dispensary.services.compounding.repack import repack as service

    order = Batch(
        key=request_key(context, key),
        product=product.strip().upper(),
        main=_main(from_lot, units, from_product, from_place, powder),
        diluents=tuple(map(parse_diluent, diluent or ())),
        made=parse_units(made),
        category=one_of(Category, "category", category),
        start=one_of(Start, "start", start),
        stability=read_stability(stability_days, stability_source),
        checked_by=checked_by,
        place=place,
    )
    repacked = desk(context).write(service, order)
    show(format, repacked, repacked.ingredients, _text(repacked))


def _main(
    lot: str | None, units: str | None, product: str | None, place: str | None, powder: str | None
) -> "FromLot | Powder":
    from dispensary.rules.ingredient import parse_powder
    from dispensary.rules.quantity import parse_units
    from dispensary.rules.scan import parse_lot
    from dispensary.services.compounding.used_up import FromLot

    if powder is not None and (lot, units, product, place) == (None,) * 4:
        return parse_powder(powder)
    if powder is None and lot is not None and units is not None:
        return FromLot(parse_lot(lot), parse_units(units), product, place)
    raise WhatItIsMadeOf


def _text(made: "Repacked") -> str:
    from dispensary.exports.terminal import table, wrapped

    units = f"{made.units} of {made.expected_units} units ({made.yield_})"
    said = f"Made {made.batch}: {units} of {made.product} as lot {made.lot}, to be used through {made.expires}."
    rows = [(each.name, each.lot, each.expires, each.amount) for each in made.ingredients]
    return "\n\n".join(
        [
            wrapped(said),
            table(("made of", "lot", "expires", "amount"), rows),
            wrapped(f"Limited by {made.limited_by}. Preservative: {made.preservative}."),
            wrapped(f"In {made.place}. The batch record: `dispensary report batch {made.batch}`."),
        ]
    )
