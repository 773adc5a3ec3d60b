"""`dispensary vial`: opened vials, from the first needle to the waste."""

from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, new_app, request_key, show
from dispensary.errors import Refused
from dispensary.rules.access import Act
from dispensary.rules.moments import minute_of

if TYPE_CHECKING:
    from dispensary.cli.desk import Desk
    from dispensary.reports.vials.vials import VialRow
    from dispensary.services.vials.draw import DoseDrawn, Prescribed, Unprescribed
    from dispensary.services.vials.vial_act import VialActDone

app = new_app()


@app.callback()
def vial() -> None:
    """Opened vials: open, draw, discard, list, hold, release, move."""


class NotADraw(Refused):
    """Neither a prescription nor a dose with its patient and reason, or both."""

    sentence = "{problem}: give --rx RX, or --dose, --patient and --reason for a dose that nobody has prescribed."
    problem: str


class DrawNotConfirmed(Refused):
    """Somebody saw what is left of the vial and said no."""

    sentence = "Nothing was drawn from {vial}: choose another vial, or discard what is left of it."
    vial: str


VialArgument = Annotated[str, typer.Argument(metavar="VIAL", help="Vial number.")]


@app.command("open")
def open_(
    context: typer.Context,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Take the lot of it that expires first.")] = None,
    lot: Annotated[str | None, typer.Option(metavar="LOT", help="Take this lot.")] = None,
    place: Annotated[str | None, typer.Option(metavar="PLACE", help="Take it from here; there it stays.")] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Open one unit: it gets its number and the hour at which it is discarded."""
    from dispensary.exports.terminal import table, wrapped
    from dispensary.rules.quantity import ml
    from dispensary.rules.scan import parse_lot
    from dispensary.services.vials.open_vial import Opening, open_vial

    order = Opening(request_key(context, key), product, None if lot is None else parse_lot(lot), place)
    opened = desk(context).write(open_vial, order)
    facts = [
        ("product", opened.product),
        ("lot", f"{opened.lot}, expires {opened.expires}"),
        ("place", opened.place),
        ("holds", ml(opened.volume_ul)),
        ("opened", f"{minute_of(opened.opened_at)} by {opened.by}"),
        ("discard by", f"{minute_of(opened.discard_at)} ({_hours(opened.usable_hours)})"),
        ("preservative", opened.preservative),
        ("light", "keep it dark" if opened.protect_from_light else "no protection needed"),
    ]
    notes = [wrapped(f"Note: {note}") for note in opened.notes]
    show(format, opened, [opened], "\n".join([table(("opened", opened.vial), facts), *notes]))


@app.command()
def draw(
    context: typer.Context,
    number: VialArgument,
    rx: Annotated[str | None, typer.Option(metavar="RX", help="The next injection of this prescription.")] = None,
    dose: Annotated[str | None, typer.Option(metavar="DOSE", help="Or a dose that nobody has prescribed.")] = None,
    patient: Annotated[str | None, typer.Option(metavar="ID", help="For whom that dose is.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why that dose is given.")] = None,
    route: Annotated[str | None, typer.Option(metavar="ROUTE", help="And how: IM or subcut.")] = None,
    administered: Annotated[
        bool, typer.Option("--administered/--syringe", help="Given here, or drawn into a syringe.")
    ] = True,
    override: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=REASON", help="A pharmacist's reason to go on, such as travel or travel: to Oslo."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after showing what is left.")] = False,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Draw a dose, after showing what is left of the vial and for how long it may be used."""
    from dispensary.cli.context import interactive
    from dispensary.rules.safety import read_overrides
    from dispensary.rules.vial import GivenAs
    from dispensary.services.vials.draw import Draw
    from dispensary.services.vials.draw import draw as service

    at = desk(context)
    order = Draw(
        key=request_key(context, key),
        vial=number,
        wanted=_wanted(rx, dose, patient, reason, route),
        given_as=GivenAs.ADMINISTERED if administered else GivenAs.SYRINGE,
        overrides=read_overrides(override or ()),
    )
    if format is Format.TABLE and interactive() and not yes:
        _ask(at, number)
    drawn = at.write(service, order, practice=at.practice)
    show(format, drawn, [drawn], _drawn(drawn))


def _wanted(
    rx: str | None, dose: str | None, patient: str | None, reason: str | None, route: str | None
) -> "Prescribed | Unprescribed":
    from dispensary.rules.product import Route, one_of
    from dispensary.rules.quantity import Dose
    from dispensary.rules.text import clean_text
    from dispensary.services.vials.draw import Prescribed, Unprescribed

    if rx is not None:
        if any((dose, patient, reason, route)):
            raise NotADraw(problem="The prescription says dose, patient and route")
        return Prescribed(rx)
    if dose is None or patient is None or reason is None:
        raise NotADraw(problem="Nothing says what to draw for whom")
    return Unprescribed(
        patient,
        Dose.parse(dose),
        clean_text(reason, "a reason"),
        None if route is None else one_of(Route, "route", route),
    )


def _ask(at: "Desk", number: str) -> None:
    from dispensary.cli.output import say
    from dispensary.exports.terminal import wrapped
    from dispensary.reports.vials.vials import one_vial

    with at.reading(Act.VIAL_DRAW) as (db, by):
        row = one_vial(db, by.site_id, number, at.on)
    say(wrapped(_left(row)))
    if not typer.confirm("Draw from it?", err=True):
        raise DrawNotConfirmed(vial=row.vial)
    # The hour of the vial may have come while somebody read.
    del at.on


def _left(row: "VialRow") -> str:
    from dispensary.rules.quantity import ml

    return (
        f"{row.vial}, lot {row.lot} of {row.product} at {row.place}, is {row.state}: {ml(row.remaining_ul)} of "
        f"{ml(row.volume_ul)} left, to be used before {minute_of(row.discard_at)} ({_hours(row.usable_hours)})."
    )


def _drawn(drawn: "DoseDrawn") -> str:
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import Dose, ml

    wasted = f", {ml(drawn.wasted_ul)} lost" if drawn.wasted_ul else ""
    what = f" for {drawn.rx}" if drawn.rx else ""
    said = [
        f"Drawn {drawn.draw}: {Dose(drawn.dose_mcg)} ({ml(drawn.drawn_ul)}){what}, {drawn.given_as}, "
        f"from {drawn.vial}, lot {drawn.lot} of {drawn.product}.",
        f"It held {ml(drawn.before_ul)}{wasted}; {ml(drawn.remaining_ul)} left, to be used before "
        f"{minute_of(drawn.discard_at)} ({_hours(drawn.usable_hours)})."
        if drawn.remaining_ul
        else f"It held {ml(drawn.before_ul)}{wasted}; nothing is left of it.",
    ]
    if drawn.next_injection:
        said.append(f"Next injection on {drawn.next_injection}.")
    said += [f"Note: {note}" for note in drawn.notes]
    said += [finding.said for finding in drawn.findings]
    return "\n".join(map(wrapped, said))


@app.command()
def discard(
    context: typer.Context,
    number: VialArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Discard what is left of a vial, whatever its state."""
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.quantity import ml
    from dispensary.rules.text import clean_text
    from dispensary.services.vials.discard_vial import Discard
    from dispensary.services.vials.discard_vial import discard as service

    order = Discard(request_key(context, key), number, clean_text(reason, "a reason"))
    gone = desk(context).write(service, order)
    said = f"Discarded {gone.vial}, lot {gone.lot} of {gone.product}: {ml(gone.wasted_ul)} to waste."
    show(format, gone, [gone], wrapped(said))


@app.command()
def hold(
    context: typer.Context,
    number: VialArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Hold a vial: nothing is drawn until a pharmacist releases it."""
    _act(context, "hold", number, reason, key, format)


@app.command()
def release(
    context: typer.Context,
    number: VialArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Release a vial from its hold; a pharmacist does."""
    _act(context, "release", number, reason, key, format)


def _act(context: typer.Context, name: str, number: str, reason: str, key: str | None, chosen: Format) -> None:
    from dispensary.rules.text import clean_text
    from dispensary.rules.vial import VialOperation
    from dispensary.services.vials.vial_act import Decided, act

    order = Decided(request_key(context, key), number, VialOperation(name), clean_text(reason, "a reason"))
    done = desk(context).write(act, order)
    _show_act(chosen, done, f"{done.vial}, lot {done.lot} of {done.product} at {done.place}, is {done.state}.")


@app.command()
def move(
    context: typer.Context,
    number: VialArgument,
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help="Where it goes.")],
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Why; needed out of quarantine, and where the place does not fit."),
    ] = None,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Move a vial to another place."""
    from dispensary.rules.text import clean_text
    from dispensary.services.vials.vial_act import VialMove
    from dispensary.services.vials.vial_act import move as service

    order = VialMove(request_key(context, key), number, to, None if reason is None else clean_text(reason, "a reason"))
    done = desk(context).write(service, order)
    _show_act(
        format, done, f"Moved {done.vial}, lot {done.lot} of {done.product}, from {done.came_from} to {done.place}."
    )


def _show_act(chosen: Format, done: "VialActDone", said: str) -> None:
    from dispensary.exports.terminal import wrapped

    show(chosen, done, [done], wrapped(said))


@app.command("list")
def list_(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those of which nothing is left.")] = False,
    product: Annotated[str | None, typer.Option(metavar="CODE", help="Only this product.")] = None,
    place: Annotated[str | None, typer.Option(metavar="PLACE", help="Only this place.")] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """List what is open: where, how much is left, how long it may be used."""
    from dispensary.exports.terminal import table
    from dispensary.reports.vials.vials import opened_vials
    from dispensary.rules.quantity import millilitres, plain

    at = desk(context)
    with at.reading(Act.READ_STOCK) as (db, by):
        rows = opened_vials(db, by.site_id, at.on, product=product, place=place, discarded=everything)
    heads = ("vial", "product", "lot", "place", "mL left", "hours", "discard by", "state")
    shown = [
        (
            row.vial,
            row.product,
            row.lot,
            row.place,
            f"{plain(millilitres(row.remaining_ul))} of {plain(millilitres(row.volume_ul))}",
            row.usable_hours,
            minute_of(row.discard_at),
            _state(row),
        )
        for row in rows
    ]
    show(format, rows, rows, table(heads, shown) if rows else "No vial is open.")


def _state(row: "VialRow") -> str:
    """The vial's own state, and its lot's where that is what keeps it from being used."""
    if row.state == "open" and row.lot_state != "available":
        return f"lot {row.lot_state}"
    return row.state


def _hours(hours: int) -> str:
    from dispensary.rules.quantity import counted

    return counted(hours, "hour") if hours else "less than an hour"
