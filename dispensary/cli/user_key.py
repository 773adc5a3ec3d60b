"""`dispensary user key` and `dispensary user rescue`: the way back where nobody can log in who may give PINs."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import Format, FormatOption, KeyOption, desk, request_key, show
from dispensary.rules.access import Act


def key(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file, which you take away from here.")],
    request: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Make the site's key for `dispensary user rescue`, in place of an earlier one.

    Whoever holds the file can give a pharmacist or manager a PIN without logging in: keep it in a safe.
    """
    from dispensary import lookup
    from dispensary.checkpoint import SigningKey
    from dispensary.cli.context import random_bytes
    from dispensary.database import reading
    from dispensary.exports.files import new_file, shown
    from dispensary.exports.terminal import wrapped
    from dispensary.services.people.rescue import NewKey, enter_key

    at = desk(context)
    by = at.require(Act.USER_KEY)
    with reading(at.engine) as db:
        name = lookup.origin(db, by.site_id)
    made = SigningKey(name, random_bytes())
    # It has its name once the books know the key: what a refusal leaves opens nothing, and is no file.
    with new_file(out) as file:
        file.write(f"{made.text}\n".encode())
        # A disk that does not take it is told of now: afterwards an earlier key would open nothing any more.
        file.flush()
        os.fsync(file.fileno())
        entered = at.write(enter_key, NewKey(request_key(context, request), made.verifier))
    said = f"The key is in {shown(out)}: take it away from this machine. An earlier one opens nothing any more."
    show(format, entered, [entered], wrapped(said))


def rescue(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A pharmacist or manager.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The key that `dispensary user key` wrote.")],
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Give a PIN by the site's key, where nobody can log in who may give one.

    Nobody needs to be logged in. The audit has an event of it, and the night's report tells it.
    """
    from dispensary.cli import signing
    from dispensary.cli.login import chosen_pin
    from dispensary.database import reading, transaction
    from dispensary.exports.terminal import wrapped
    from dispensary.services.people.rescue import rescuable
    from dispensary.services.people.rescue import rescue as give

    at = desk(context)
    held = signing.key_in(file)
    with at.refusals_noted():
        with reading(at.engine) as db:
            rescuable(db, name, held)
        pin_hash = chosen_pin(at, name)
        given = transaction(at.engine, lambda db: give(db, name, held, pin_hash=pin_hash, on=at.on))
    show(format, given, [given], wrapped(f"{given.user} has a new PIN: run `dispensary login {given.user}`."))
