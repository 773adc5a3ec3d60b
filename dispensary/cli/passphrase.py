"""The passphrase of a backup: typed at the terminal or read from a file, never from the line or the environment."""

import stat
from pathlib import Path
from typing import Annotated

import typer

from dispensary.errors import Refused

LEAST = 12
"""Characters of a new passphrase; scrypt makes each guess cost half a second."""

MOST = 4096
"""Bytes of the file, at the most."""

PassphraseFileOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Its first line is the passphrase, as cron needs it."),
]


class NoPassphrase(Refused):
    """There is nobody to ask."""

    sentence = "{path} needs a passphrase, and there is no terminal to type it at: give --passphrase-file FILE."
    path: str


class NotAPassphraseFile(Refused):
    """The file of the passphrase cannot be used."""

    sentence = "No passphrase can be taken from {path} ({problem}): {way_out}."
    path: str
    problem: str
    way_out: str


class ShortPassphrase(Refused):
    """A new passphrase that is soon guessed."""

    sentence = "The passphrase has {length} characters: take {least} or more, such as five words that nobody knows."
    length: int
    least: int


def new_passphrase(backup: Path, file: Path | None) -> str:
    """What the backup is to be sealed with, typed twice; raises NoPassphrase, NotAPassphraseFile, ShortPassphrase."""
    passphrase = _typed(backup, twice=True) if file is None else _first_line(file)
    if len(passphrase) < LEAST:
        raise ShortPassphrase(length=len(passphrase), least=LEAST)
    return passphrase


def known_passphrase(backup: Path, file: Path | None) -> str:
    """What the backup was sealed with; raises NoPassphrase and NotAPassphraseFile."""
    return _typed(backup, twice=False) if file is None else _first_line(file)


def _typed(backup: Path, *, twice: bool) -> str:
    from dispensary.cli.context import interactive
    from dispensary.exports.files import shown

    if not interactive():
        raise NoPassphrase(path=shown(backup))
    typed: str = typer.prompt(f"Passphrase of {shown(backup)}", hide_input=True, confirmation_prompt=twice, err=True)
    return typed


def _first_line(file: Path) -> str:
    from dispensary.exports.files import shown

    def unusable(problem: str, way_out: str = "choose another file") -> Refused:
        return NotAPassphraseFile(path=shown(file), problem=problem, way_out=way_out)

    try:
        with file.open("rb") as opened:
            mode = file.stat().st_mode
            text = opened.read(MOST + 1)
    except (OSError, ValueError) as problem:
        raise unusable(getattr(problem, "strerror", None) or "its name cannot be used") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise unusable("others than its owner may read or change it", f"run chmod 600 {shown(file)}")
    try:
        lines = text.decode().splitlines()
    except UnicodeDecodeError:
        raise unusable("it is not UTF-8") from None
    if len(text) > MOST or not lines or not lines[0]:
        raise unusable("its first line is empty" if len(text) <= MOST else "it is too long")
    return lines[0]
