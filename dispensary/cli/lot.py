"""`dispensary lot`: what is known of a lot, and what is decided about it."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.cli.units_of_lot import LotArgument, ProductOption
from dispensary.rules.access import Act
from dispensary.rules.moments import to_the_minute

if TYPE_CHECKING:
    from dispensary.reports.stock.lot import CameIn, LotDetail

app = new_app()


@app.callback()
def lot() -> None:
    """Lots: list, show, hold, release, recall."""


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="available, held, recalled or expired. [default: all]")
    ] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Only this product.")] = None,
    used_up: Annotated[bool, typer.Option("--all", help="Also lots of which nothing is left.")] = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """List the lots with their states, and why they are held or recalled."""
    from dispensary.exports.terminal import table
    from dispensary.reports.stock.lots import lot_list
    from dispensary.rules.product import one_of
    from dispensary.rules.shelf import State

    at = desk(context)
    wanted = None if state is None else one_of(State, "state", state)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = lot_list(db, by.site_id, at.on.date(), state=wanted, product=product, used_up=used_up)
    heads = ("product", "lot", "expires", "state", "units", "opened", "why")
    cells = [(r.product, r.lot, r.expires, r.state, r.units, r.opened_vials, r.why) for r in rows]
    show(format, rows, rows, table(heads, cells))


@app.command("show")
def show_(context: typer.Context, number: LotArgument, format: FormatOption = Format.TABLE) -> None:  # noqa: A002
    """Show a lot: its product, state and why, expiry, receipts, where it stands and what is opened of it."""
    from dispensary.reports.stock.lot import show_lot

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = show_lot(db, by.site_id, number, at.on)
    show(format, rows, rows, "\n\n".join(map(_text, rows)))


@app.command()
def hold(
    context: typer.Context,
    number: LotArgument,
    reason: ReasonOption,
    product: ProductOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Hold a lot and what was made of it: none of it reaches a patient until a pharmacist releases it."""
    _act(context, "hold", number, reason, product, key, format)


@app.command()
def release(
    context: typer.Context,
    number: LotArgument,
    reason: ReasonOption,
    product: ProductOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Release a lot from every hold at once, as a pharmacist; what was made of it stays held."""
    _act(context, "release", number, reason, product, key, format)


@app.command()
def recall(
    context: typer.Context,
    class_: Annotated[str, typer.Option("--class", metavar="CLASS", help="I, II or III; I is the most dangerous.")],
    reference: Annotated[str, typer.Option(metavar="TEXT", help="The notice's own number, such as D-0792-2026.")],
    reason: ReasonOption,
    number: Annotated[str | None, typer.Option("--lot", metavar="LOT", help="The lot that is recalled.")] = None,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="The product, or the product of the lot.")] = None,
    expires_from: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what expires on this day or later.")
    ] = None,
    expires_to: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only what expires on this day or before; or 2027-05.")
    ] = None,
    dated: Annotated[str | None, typer.Option(metavar="DATE", help="Date of the notice. [default: today]")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Recall lots, and show every unit and every patient that is concerned; what comes in later is refused."""
    from dispensary.cli.recall import print_recall, read_recall
    from dispensary.rules.dates import parse_date, parse_expiry
    from dispensary.rules.product import one_of
    from dispensary.rules.recall import RecallClass, Scope
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_name, clean_text
    from dispensary.services.recalls.recall import Notice
    from dispensary.services.recalls.recall import recall as service

    at = desk(context)
    notice = Notice(
        key=request_key(context, key),
        scope=Scope(
            product=None if product is None else product.strip().upper(),
            lot=None if number is None else parse_lot(number),
            expires_from=None if expires_from is None else parse_date(expires_from),
            expires_to=None if expires_to is None else parse_expiry(expires_to),
        ),
        class_=one_of(RecallClass, "class", class_),
        reference=clean_name(reference, "a reference"),
        dated=at.on.date() if dated is None else parse_date(dated),
        reason=clean_text(reason, "a reason"),
    )
    done = at.write(service, notice)
    print_recall(format, read_recall(at, done.recall))


def _act(
    context: typer.Context, name: str, number: str, reason: str, product: str | None, key: str | None, chosen: Format
) -> None:
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.lot_life import LotAct
    from dispensary.rules.scan import parse_lot
    from dispensary.rules.text import clean_text
    from dispensary.services.recalls.lot_act import Decided, act

    order = Decided(request_key(context, key), parse_lot(number), LotAct(name), clean_text(reason, "a reason"), product)
    done = desk(context).write(act, order)
    text = wrapped(f"Lot {done.lot} of {done.product} is {done.state} now.")
    if done.answered:
        rows = [(each.on, each.act, each.by, each.reason) for each in done.answered]
        text += "\n\n" + table(("released from", "act", "by", "why"), rows)
    if done.made:
        if order.act is LotAct.HOLD:
            said = f"What was made of lot {done.lot} is held with it, until each lot is released:"
        else:
            said = f"What was made of lot {done.lot} stays held; release each lot that is fit:"
        made = [(each.lot, each.product, each.expires, each.from_) for each in done.made]
        text += f"\n\n{wrapped(said)}\n\n" + table(("lot", "product", "expires", "was"), made)
    show(chosen, done, [done], text)


def _text(row: "LotDetail") -> str:
    from dispensary.exports.terminal import table
    from dispensary.rules.quantity import counted, ml

    made = row.batch
    facts = [
        ("product", f"{row.product} {row.name}"),
        ("contents", f"{row.form} {row.strength_mcg_per_ml:,} mcg/mL, {row.fill_ml} mL {row.container}"),
        ("preservative", row.preservative),
        ("expires", f"{row.expires} ({counted(row.days_left, 'day')} left)"),
        ("state", row.state),
        *((f"in {each.place}", f"{counted(each.units, 'unit')}, {each.usable_units} usable") for each in row.places),
        *(
            (
                f"opened {each.vial}",
                f"{ml(each.remaining_ul)} left in {each.place}, {each.state}, "
                f"discard by {to_the_minute(each.discard_at)}",
            )
            for each in row.vials
        ),
        *(
            (f"received {each.on}", f"{counted(each.units, 'unit')}, {each.receipt}{_cost(each)}")
            for each in row.received
        ),
        *(
            [
                (
                    f"made {made.on}",
                    f"{counted(made.units, 'unit')}, {made.batch}, by {made.by}, checked by {made.checked_by}",
                )
            ]
            if made
            else []
        ),
        *(
            (
                f"{each.act} {to_the_minute(each.at)}",
                f"{each.by}: {each.reason}" + (f" ({each.recall})" if each.recall else ""),
            )
            for each in row.acts
        ),
    ]
    return table(("lot", row.lot), facts)


def _cost(came: "CameIn") -> str:
    return "" if came.unit_cost is None else f", {came.unit_cost} each"
