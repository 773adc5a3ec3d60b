"""Writing a file whole or not at all, never over another one unless asked, readable by its owner only."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dispensary.errors import NotSaved, Refused


class FileExists(Refused):
    """There is a file of that name."""

    sentence = "{path} exists already: nothing was written; choose another name, or replace it with --force."
    path: str


class NotAPlainFile(Refused):
    """The name belongs to a folder, a link or a device, which is never written through."""

    sentence = "{path} is {what}: nothing was written; choose the name of a plain file."
    path: str
    what: str


class NoFolder(Refused):
    """The folder that the file should stand in does not exist."""

    sentence = "There is no folder {folder}: nothing was written; make the folder first or choose another name."
    folder: str


class FileNotSaved(NotSaved):
    """The storage did not take the file (exit status 3); no part of it was left behind."""

    sentence = (
        "{path} could not be written ({problem}): no part of it was left behind; "
        "mend that or choose another place, and {retry}."
    )
    path: str


def write_new(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write the file with mode 0600 and see it on the disk before returning.

    With `force`, a plain file of that name is replaced in one step; a reader sees the old one or
    the new one. Raises FileExists, NotAPlainFile, NoFolder and FileNotSaved.
    """
    with new_file(path, force=force) as file:
        file.write(data)


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[BinaryIO]:
    """A file to write piece by piece, as `write_new` does at once; what interrupts the writing leaves no file."""
    try:
        require_new(path, force=force)
        descriptor, place = _opened(path, force=force)
        try:
            with open(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if place != path:
                # Replaces a link itself, never what it points to.
                place.replace(path)
        except BaseException:
            place.unlink()
            raise
        _settle(path.parent)
    except FileExistsError:
        raise FileExists(path=shown(path)) from None
    except OSError as problem:
        raise FileNotSaved(path=shown(path), problem=problem.strerror or str(problem)) from None


def shown(path: Path) -> str:
    """The path as messages name it: with escapes, where it holds what cannot be printed."""
    text = str(path)
    return text if text.isprintable() else ascii(text)


def make_folder(path: Path) -> None:
    """The folder, made with those above it where they are missing; raises FileNotSaved."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FileNotSaved(path=shown(path), problem=problem.strerror or str(problem)) from None


def require_new(path: Path, *, force: bool) -> None:
    """Nothing, where write_new could begin; else FileExists, NotAPlainFile, NoFolder or FileNotSaved."""
    if "\0" in str(path):
        raise FileNotSaved(path=shown(path), problem="its name holds a NUL")
    try:
        if not path.parent.is_dir():
            raise NoFolder(folder=shown(path.parent))
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as problem:
        raise FileNotSaved(path=shown(path), problem=problem.strerror or str(problem)) from None
    kinds = {"a folder": stat.S_ISDIR, "a link": stat.S_ISLNK}
    what = next((what for what, is_so in kinds.items() if is_so(mode)), "a device")
    if not stat.S_ISREG(mode):
        raise NotAPlainFile(path=shown(path), what=what)
    if not force:
        raise FileExists(path=shown(path))


def _opened(path: Path, *, force: bool) -> tuple[int, Path]:
    """A new file, and the name that it has while it is written: another one where it is to replace a file."""
    if force:
        descriptor, name = tempfile.mkstemp(prefix=".dispensary-", dir=path.parent)
        return descriptor, Path(name)
    # Exclusive and without following links, so that nothing put there meanwhile is written through.
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600), path


def _settle(folder: Path) -> None:
    """The folder's new entry onto the disk, on file systems that can do so; the file itself is there already."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
