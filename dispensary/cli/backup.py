"""`dispensary backup`: the whole pharmacy as one file, while others go on working."""

from pathlib import Path
from typing import Annotated

import typer

from dispensary.cli.output import ForceOption, Format, FormatOption, desk, new_app, show
from dispensary.cli.passphrase import PassphraseFileOption, new_passphrase
from dispensary.rules.access import Act

app = new_app()


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Under a passphrase, which is asked for twice.")] = False,
    passphrase_file: PassphraseFileOption = None,
    force: ForceOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Write the database and its settings to one file."""
    from dispensary.backups.taking import back_up
    from dispensary.cli.context import now, random_bytes
    from dispensary.exports.files import require_new, shown

    at = desk(context)
    at.require(Act.BACKUP)
    # Before anybody types a passphrase.
    require_new(file, force=force)
    lock = None
    if encrypt or passphrase_file is not None:
        lock = (new_passphrase(file, passphrase_file), random_bytes())
    settings = at.settings_file.read_bytes() if at.settings_file.exists() else None
    told = back_up(at.bare_engine, file, settings=settings, on=now("UTC"), lock=lock, force=force)
    lines = [
        f"{shown(file)}: schema {told.schema}, taken {told.taken}, {sum(told.rows.values())} rows",
        *(f"{chain.origin}: {chain.events} events, head {chain.head}" for chain in told.chains),
        "It is encrypted: without the passphrase nobody opens it, nor do you."
        if lock
        else "It is not encrypted: whoever has the file can read every patient's record.",
    ]
    show(format, told, [told], "\n".join(lines))
