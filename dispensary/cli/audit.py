"""`dispensary audit`: the log, exports and registers, the chain of events verified and signed, and its clock."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dispensary.cli import audit_export, audit_log, audit_register
from dispensary.cli.output import ForceOption, Format, FormatOption, KeyOption, desk, new_app, request_key, show
from dispensary.rules.access import Act

if TYPE_CHECKING:
    from dispensary.auditor import Checkpoint, Verdict
    from dispensary.cli.desk import Desk

app = new_app()


@app.callback()
def audit() -> None:
    """The audit chain: log, export, registers, verify, checkpoint, clock."""


app.command("log")(audit_log.log)
app.command("export")(audit_export.export)
app.command("register")(audit_register.register)


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="An exported file or its manifest. [default: the database]")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option("--checkpoint", metavar="NOTE", help="A signed head that was kept elsewhere; repeatable."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="VERIFIER", help="The verifier key of what is signed. [default: this machine's]"),
    ] = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Recompute the chain of the database or of an exported file; exit 4 if it is broken."""
    from dispensary import auditor

    manifest = file is not None and auditor.is_manifest(file)
    if key is not None and not checkpoint and not manifest:
        raise typer.BadParameter("it checks the signature of a --checkpoint or of a manifest", param_hint="--key")
    at, kept = desk(context), []
    try:
        verifier = _verifier(at, key) if checkpoint or manifest else ""
        kept = [auditor.read_checkpoint(note, verifier) for note in checkpoint or ()]
    except auditor.NotACheckpoint as problem:
        verdict = auditor.Verdict(False, 0, auditor.START, str(problem))
        text = f"NOTHING IS PROVED: {problem} The chain was not read."
    else:
        verdict = _verdict(at, file, kept, verifier if manifest else None)
        text = _said(verdict, kept, own_key=key is None and bool(verifier), manifest=manifest)
    told = {name: getattr(verdict, name) for name in ("ok", "events", "head", "problem")}
    if verdict.after or verdict.omitted:
        told |= {"after": verdict.after, "omitted": verdict.omitted}
    show(format, told, [told], text)
    if not verdict.ok:
        raise typer.Exit(4)


def _verifier(at: "Desk", given: str | None) -> str:
    """The verifier key that was given, or that of this machine."""
    from dispensary.cli.signing import NoSigningKey, key_file, key_there
    from dispensary.exports.files import shown

    if given is not None:
        return given
    key = key_there(at)
    if key is None:
        raise NoSigningKey(file=shown(key_file(at)))
    return key.verifier


def _verdict(at: "Desk", file: Path | None, kept: "list[Checkpoint]", manifest: str | None) -> "Verdict":
    """What holds of the file or of the database; `manifest` is the key of the file that is one."""
    from dispensary import auditor

    if file is not None:
        noted = [(each.sequence, each.hash) for each in kept]
        if manifest is not None:
            return auditor.read_manifest(file, manifest, noted=noted)
        return auditor.read(file, noted=noted, origin=kept[0].origin if kept else None)
    from dispensary.cli.progress import progress
    from dispensary.reports.chain import check_database

    with at.reading(Act.VERIFY) as (db, by), progress() as told:
        return check_database(db, by.site_id, kept, told)


def _said(verdict: "Verdict", kept: "list[Checkpoint]", *, own_key: bool, manifest: bool) -> str:
    left_out = f", {verdict.omitted} left out" if verdict.omitted else ""
    lines = [f"{verdict.events} events{left_out}, head {verdict.head}"]
    if not verdict.ok:
        return "\n".join([*lines, f"THE CHAIN IS BROKEN: {verdict.problem}"])
    if manifest:
        lines.append("The manifest is signed, its files are those that it means, and the chain of their events holds.")
    if kept:
        signed = ", ".join(f"event {sequence}" for sequence in sorted({each.sequence for each in kept}))
        lines.append(f"The chain is whole and goes through what was signed: {signed}.")
    elif verdict.after or verdict.omitted:
        lines += [] if manifest else ["A part of the chain, and its events hold; verify its manifest, which is signed."]
    elif not manifest:
        lines.append("The chain is whole; compare the head with the one that you keep elsewhere.")
    if own_key:
        lines.append("The key was this machine's own, which can be replaced with the database: give yours with --key.")
    return "\n".join(lines)


@app.command()
def checkpoint(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the note there.")] = None,
    qr: Annotated[
        Path | None, typer.Option("--qr", metavar="FILE.pdf", help="A card of A6 with the note as a QR code.")
    ] = None,
    show_key: Annotated[
        bool, typer.Option("--show-key", help="Print the verifier key instead, for whoever checks the notes.")
    ] = False,
    force: ForceOption = False,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Sign the end of the chain, to be kept off this machine.

    The first time makes the key. The whole chain is recomputed first, and must go through what was signed last.
    """
    from dispensary.cli import signing
    from dispensary.exports.files import require_new, write_new

    if show_key and (out or qr):
        raise typer.BadParameter("it signs nothing: leave out --out and --qr", param_hint="--show-key")
    at = desk(context)
    for file in (out, qr):
        if file is not None:
            require_new(file, force=force)
    with at.reading(Act.CHECKPOINT) as (db, by):
        if show_key:
            verifier = signing.key_of(at, db, by).verifier
            show(format, {"verifier": verifier}, [{"verifier": verifier}], verifier)
            return
        signed = signing.checkpoint(at, db, by)
    if out is not None:
        write_new(out, signed.note.encode(), force=force)
    if qr is not None:
        from dispensary.exports.checkpoint import checkpoint_card

        write_new(qr, checkpoint_card(signed, at.pharmacy, at.on), force=force)
    files = "\n".join(str(file) for file in (out, qr) if file is not None)
    show(
        format, signed, [signed], f"Event {signed.sequence} is signed.\n{files}" if files else signed.note.rstrip("\n")
    )


@app.command()
def clock(
    context: typer.Context,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Which clock was wrong; it is recorded.")],
    key: KeyOption = None,
    format: FormatOption = Format.TABLE,  # noqa: A002
) -> None:
    """Go on by this counter's clock, after another one that was ahead had made an entry.

    Nothing is entered by a clock that is more than 5 minutes behind the last entry, since by such a clock what
    has expired would be good. Look first whether it is not this counter's clock that is wrong.
    """
    from dispensary.exports.terminal import wrapped
    from dispensary.rules.text import clean_text
    from dispensary.services.people.set_clock import SetClock, set_clock

    done = desk(context).write(set_clock, SetClock(request_key(context, key), clean_text(reason, "a reason")))
    show(format, done, [done], wrapped(f"The last entry was of {done.was}; entries go on from {done.now}."))
