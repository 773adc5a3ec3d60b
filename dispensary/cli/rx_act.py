"""`dispensary rx hold | release | cancel | transfer`: what people decide about a prescription."""

from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, ReasonOption, desk, request_key, show

RxArgument = Annotated[str, typer.Argument(metavar="RX", help="Prescription number.")]


def hold(
    context: typer.Context,
    rx: RxArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Hold a prescription: nothing is dispensed until it is released."""
    _act(context, "hold", rx, reason, key, format)


def release(
    context: typer.Context,
    rx: RxArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Release a prescription from its hold."""
    _act(context, "release", rx, reason, key, format)


def cancel(
    context: typer.Context,
    rx: RxArgument,
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Cancel a prescription for good."""
    _act(context, "cancel", rx, reason, key, format)


def transfer(
    context: typer.Context,
    rx: RxArgument,
    to: Annotated[str, typer.Option("--to", metavar="PHARMACY", help="The pharmacy that takes it over.")],
    reason: ReasonOption,
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Transfer what is left of a prescription to another pharmacy."""
    _act(context, "transfer", rx, reason, key, format, to)


def _act(
    context: typer.Context, name: str, rx: str, reason: str, key: str | None, chosen: Format, to: str | None = None
) -> None:
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.life import Act
    from dispensary.rules.text import clean_name, clean_text
    from dispensary.services.prescribing.prescription_act import Decided, act

    order = Decided(
        key=request_key(context, key),
        rx=rx,
        act=Act(name),
        reason=clean_text(reason, "a reason"),
        to_pharmacy=None if to is None else clean_name(to, "the other pharmacy"),
    )
    done = desk(context).write(act, order)
    left = f"{done.refills_left} refills left" if done.units_left is None else f"{done.units_left} units left"
    where = "" if done.to_pharmacy is None else f" to {done.to_pharmacy} with {left}"
    show(chosen, done, [done], wrapped(f"{done.rx} is {done.state}{where}."))
