"""The site's signing key beside the settings, and the checkpoints that are signed with it."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from dispensary.cli.context import random_bytes
from dispensary.cli.desk import Desk
from dispensary.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispensary.checkpoint import Signed, SigningKey
    from dispensary.rules.people import Person


class NoSigningKey(Refused):
    """There is no key here, and none was given."""

    sentence = "There is no signing key at {file}: give the verifier key that you keep elsewhere with --key."
    file: str


class KeyUnusable(Refused):
    """The file of the key holds none, or cannot be read."""

    sentence = (
        "The signing key at {file} cannot be used ({problem}): nothing was signed; put a copy of it there, or move "
        "the file away and `dispensary audit checkpoint` makes a new key, with another verifier key."
    )
    file: str
    problem: str


class NotAKeyFile(Refused):
    """The file that was named holds no key, or cannot be read."""

    sentence = (
        "There is no key in {file} ({problem}): nothing was changed; give the file that `dispensary user key` wrote."
    )
    file: str
    problem: str


class KeyOpenToOthers(Refused):
    """Others on this machine may read or write the key."""

    sentence = (
        "The signing key at {file} is open to others (mode {mode}), who may have copied it: nothing was signed; "
        "run `chmod 600` on it, or move it away to have a new one."
    )
    file: str
    mode: str


class KeyOfAnotherSite(Refused):
    """The key signs another chain."""

    sentence = (
        "The signing key at {file} belongs to another site than that of {user}: nothing was signed; "
        "move it away, or act as somebody of its site with --as."
    )
    file: str
    user: str


class ChainNotSigned(Refused):
    """The chain is broken, or no longer what was signed before."""

    sentence = (
        "No checkpoint was signed: {problem} Compare `dispensary audit verify` with the checkpoints kept elsewhere; "
        "if a restored backup explains it, move {last} away and sign again."
    )
    problem: str
    last: str


def key_file(desk: Desk) -> Path:
    """Where the key is, beside the settings and under their name."""
    return desk.settings_file.with_suffix(".key")


def key_there(desk: Desk) -> "SigningKey | None":
    """The key of this machine, if it has one; raises KeyUnusable and KeyOpenToOthers."""
    from dispensary.exports.files import shown

    file = key_file(desk)
    try:
        key, mode = _read(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise KeyUnusable(file=shown(file), problem=_said(problem)) from None
    if mode & 0o077:
        raise KeyOpenToOthers(file=shown(file), mode=f"{mode:04o}")
    return key


def key_in(file: Path) -> "SigningKey":
    """The key in the file, whoever may read it: what it was carried here on may know no owners. Raises NotAKeyFile."""
    from dispensary.exports.files import shown

    try:
        return _read(file)[0]
    except (OSError, ValueError) as problem:
        raise NotAKeyFile(file=shown(file), problem=_said(problem)) from None


def _read(file: Path) -> "tuple[SigningKey, int]":
    """The key and the mode of its file; raises OSError, and ValueError, which repeats nothing of it."""
    from dispensary.checkpoint import read_key

    # A link or a pipe put there is not followed and not waited for.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as opened:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        return read_key(opened.read(4096).decode("ascii", "replace")), mode


def _said(problem: OSError | ValueError) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)


def key_of(desk: Desk, db: "Connection", by: "Person") -> "SigningKey":
    """The key of the person's site, made now if this machine has none.

    Raises KeyUnusable, KeyOpenToOthers, KeyOfAnotherSite and what writing a file raises.
    """
    from dispensary import lookup
    from dispensary.checkpoint import SigningKey
    from dispensary.exports.files import shown, write_new

    origin = lookup.origin(db, by.site_id)
    key = key_there(desk)
    if key is None:
        key = SigningKey(origin, random_bytes())
        write_new(key_file(desk), f"{key.text}\n".encode())
    if key.name != origin:
        raise KeyOfAnotherSite(file=shown(key_file(desk)), user=by.name)
    return key


def checkpoint(desk: Desk, db: "Connection", by: "Person") -> "Signed":
    """The end of the chain of the person's site, signed, after the whole chain was recomputed.

    The note is kept beside the key, and the next one is signed only where the chain still goes through it:
    a log must not sign what contradicts what it signed before (c2sp.org/tlog-checkpoint). Raises
    ChainNotSigned, and what `key_of` and writing a file raise.
    """
    from dispensary import auditor
    from dispensary.audit import Entry
    from dispensary.exports.files import shown, write_new
    from dispensary.reports.chain import check_database

    key = key_of(desk, db, by)
    last = key_file(desk).with_suffix(".checkpoint")
    try:
        before = [auditor.read_checkpoint(last, key.verifier)] if os.path.lexists(last) else []
        verdict = check_database(db, by.site_id, before)
        problem = verdict.problem
    except auditor.NotACheckpoint as fault:
        problem = str(fault)
    if problem is not None:
        raise ChainNotSigned(problem=problem, last=shown(last))
    signed = key.sign(Entry(verdict.events, verdict.head))
    write_new(last, signed.note.encode(), force=True)
    return signed


def checkpoint_if_key(desk: Desk, db: "Connection", by: "Person") -> str | None:
    """The note for the night, where this machine has a key; raises what `checkpoint` raises."""
    return checkpoint(desk, db, by).note if os.path.lexists(key_file(desk)) else None
