"""`dispensary restore`: a pharmacy from a backup, checked and verified; or a drill that leaves nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli.output import Format, FormatOption, desk, new_app, show
from dispensary.cli.passphrase import PassphraseFileOption, known_passphrase
from dispensary.errors import Refused

if TYPE_CHECKING:
    from dispensary.auditor import Checkpoint
    from dispensary.backups.proving import Proof
    from dispensary.backups.restoring import AskPassphrase
    from dispensary.cli.desk import Desk

app = new_app()

TOLD = ("patient", "prescription", "dispense", "lot", "movement")
"""The tables whose rows are named; JSON names all."""


class DrillElsewhere(Refused):
    """A drill that should stay."""

    sentence = "A drill restores to a temporary folder and removes it: leave out --drill, or leave out --to."


class CheckpointUnusable(Refused):
    """A checkpoint that proves nothing."""

    sentence = "{path} proves nothing ({problem}): nothing was restored; give another checkpoint, or another key."
    path: str
    problem: str


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `dispensary backup` wrote.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="The database to make. [default: that of --database]")
    ] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Restore, verify and remove it again.")] = False,
    passphrase_file: PassphraseFileOption = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="NOTE", help="A signed head of before the backup; repeatable."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="VERIFIER", help="The verifier key of --checkpoint. [default: this machine's]"),
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Restore a backup where nothing is; exit 4 if it differs."""
    from dispensary.backups import proving
    from dispensary.cli.context import pause

    if drill and to is not None:
        raise DrillElsewhere
    at = desk(context)
    kept = _checkpoints(at, checkpoint or [], key)

    def ask() -> str:
        return known_passphrase(file, passphrase_file)

    if drill:
        proof = proving.drill(file, ask, pause, kept)
        more = ["The drill left nothing behind."]
    else:
        proof, more = _restored(at, to, file, ask, kept)
    verdict = "\n".join(("THE RESTORED PHARMACY DIFFERS: use another backup.", *proof.problems))
    if proof.ok:
        verdict = "It is what was backed up, and its books agree." if proof.verified else _OLDER.format(proof.schema)
    show(format, proof, [proof], "\n".join((*_lines(proof), *more, verdict)))
    if not proof.ok:
        raise typer.Exit(4)


_OLDER = "It is what was backed up, with schema {}: run `dispensary upgrade`, then `dispensary verify`."


def _checkpoints(at: "Desk", notes: list[Path], given: str | None) -> "list[Checkpoint]":
    """What the notes say, with a signature of that key, or of this machine's."""
    from dispensary.auditor import NotACheckpoint, read_checkpoint
    from dispensary.cli.signing import NoSigningKey, key_file, key_there
    from dispensary.exports.files import shown

    kept = []
    for note in notes:
        own = key_there(at) if given is None else None
        verifier = given or (own.verifier if own else None)
        if verifier is None:
            raise NoSigningKey(file=shown(key_file(at)))
        try:
            kept.append(read_checkpoint(note, verifier))
        except NotACheckpoint as problem:
            raise CheckpointUnusable(path=shown(note), problem=str(problem).removesuffix(".")) from None
    return kept


def _restored(
    at: "Desk", to: str | None, file: Path, ask: "AskPassphrase", kept: "list[Checkpoint]"
) -> "tuple[Proof, list[str]]":
    """The backup put there, with its settings, and compared."""
    from dispensary.backups.proving import prove
    from dispensary.backups.restoring import restore as put_back
    from dispensary.cli.context import pause
    from dispensary.cli.desk import Desk
    from dispensary.database import parse_url
    from dispensary.exports.files import make_folder, shown, write_new

    there = Desk(to or at.given_database, at.user)
    url = parse_url(there.given_database)
    if url.drivername == "sqlite":
        make_folder(Path(str(url.database)).parent)
    backup = put_back(file, url, ask, pause)
    if backup.settings is None:
        told = "The backup holds no settings: write them with `dispensary init`."
    elif there.settings_file.exists():
        told = f"The settings at {shown(there.settings_file)} stay as they are."
    else:
        make_folder(there.settings_file.parent)
        write_new(there.settings_file, backup.settings)
        told = f"The settings are at {shown(there.settings_file)}."
    return prove(backup.manifest, url, pause, kept), [told]


def _lines(proof: "Proof") -> list[str]:
    rows = ", ".join(f"{name} {proof.rows[name]}" for name in TOLD if name in proof.rows)
    return [
        f"{proof.database}: schema {proof.schema}, taken {proof.taken}",
        f"Rows: {rows}",
        *(f"{chain.origin}: {chain.events} events, head {chain.head}" for chain in proof.chains),
    ]
