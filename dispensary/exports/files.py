"""Writing a file whole or not at all, never over another one unless asked, readable by its owner only."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from dispensary.errors import NotSaved, Refused

PREFIX = ".dispensary-"
"""How the names of temporary files begin."""

_LONGEST = 4096
"""Bytes of a path on Linux, the last of them not a character's (PATH_MAX)."""

_CANNOT = (errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
"""What a file system says to what it does not know."""


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
    """A file to write piece by piece, as `write_new` does at once; it gets its name when all of it is on the disk.

    What interrupts the writing leaves no file, and neither does what kills the program. Where the
    file system has no files without a name, a killed program leaves what it wrote under a name that
    begins with `.dispensary-`.
    """
    with _told(path):
        require_new(path, force=force)
        descriptor = _nameless(path.parent)
        if descriptor is None:
            descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=path.parent)
            try:
                with open(descriptor, "wb") as file:
                    yield file
                    _onto_the_disk(file)
                place(Path(name), path, force=force)
            finally:
                Path(name).unlink(missing_ok=True)
        else:
            with open(descriptor, "wb") as file:
                yield file
                _onto_the_disk(file)
                _place_nameless(file.fileno(), path, force=force)
        _settled(path, force=force)


@contextmanager
def new_files(paths: Sequence[Path], *, force: bool = False) -> Iterator[tuple[BinaryIO, ...]]:
    """Files that belong together: as `new_file`, and none has its name before all of every one is on the disk."""
    with ExitStack() as stack:
        files = tuple(stack.enter_context(new_file(path, force=force)) for path in paths)
        yield files
        for path, file in zip(paths, files, strict=True):
            with _told(path):
                _onto_the_disk(file)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system refuses within is told of the file at that path."""
    try:
        yield
    except FileExistsError:
        raise FileExists(path=shown(path)) from None
    except OSError as problem:
        raise FileNotSaved(path=shown(path), problem=problem.strerror or str(problem)) from None


def place(file: Path, name: Path, *, force: bool = False) -> None:
    """Give a whole file its name beside it; without `force` FileExistsError, where anything has that name.

    The name that the file had may stay.
    """
    if force:
        # Replaces a link itself, never what it points to.
        file.replace(name)
        return
    try:
        os.link(file, name)
    except OSError as problem:
        if problem.errno not in _CANNOT:
            raise
        # File systems without a second name for a file: an empty one keeps the place.
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        file.replace(name)


def shown(path: Path) -> str:
    """The path as messages name it: with escapes, where it holds what cannot be printed.

    What is longer than the path of any file is cut.
    """
    text = str(path)
    if len(text) > _LONGEST:
        text = f"{text[:200]}..."
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


def settle(folder: Path) -> None:
    """The folder's new entry onto the disk, on file systems that can do so; the file itself is there already."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as problem:
        if problem.errno not in _CANNOT:
            raise


def _settled(path: Path, *, force: bool) -> None:
    try:
        settle(path.parent)
    except OSError:
        # Of two whole files under one name, one stays; there is no way back to the old one.
        if not force:
            path.unlink()
        raise


def _nameless(folder: Path) -> int | None:
    """A file in the folder, without a name; nothing where the system has none, or could not name it later."""
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except (AttributeError, OSError):
        return None
    if Path(_in_proc(descriptor)).exists():
        return descriptor
    os.close(descriptor)
    return None


def _in_proc(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _onto_the_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _place_nameless(descriptor: int, path: Path, *, force: bool) -> None:
    folder = os.open(path.parent, os.O_PATH)
    try:
        if force:
            # A link never replaces; a name in a folder of its own does.
            with tempfile.TemporaryDirectory(prefix=PREFIX, dir=path.parent) as inside:
                _link(descriptor, Path(inside) / "new", folder)
                place(Path(inside) / "new", path, force=True)
        else:
            _link(descriptor, path, folder)
    finally:
        os.close(folder)


def _link(descriptor: int, path: Path, folder: int) -> None:
    # Only with a folder's descriptor does Python follow the link in /proc to the file itself.
    os.link(_in_proc(descriptor), path, src_dir_fd=folder)
