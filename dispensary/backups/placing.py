"""A file that has no name until it is whole, so that not even a killed program leaves a part of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dispensary.exports.files import FileExists, FileNotSaved, new_file, require_new, shown


@contextmanager
def placed(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file to write piece by piece, with mode 0600; it gets its name when all of it is on the disk.

    Where the file system has no files without a name, a killed program leaves what it wrote. Raises
    FileExists, NotAPlainFile, NoFolder and FileNotSaved.
    """
    require_new(path, force=force)
    descriptor = _nameless(path.parent)
    if descriptor is None:
        with new_file(path, force=force) as file:
            yield file
        return
    try:
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            _name(file.fileno(), path, force=force)
    except FileExistsError:
        raise FileExists(path=shown(path)) from None
    except OSError as problem:
        raise FileNotSaved(path=shown(path), problem=problem.strerror or str(problem)) from None


def _nameless(folder: Path) -> int | None:
    """A file in the folder, without a name; nothing where the system has none."""
    try:
        return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except (AttributeError, OSError):
        return None


def _name(descriptor: int, path: Path, *, force: bool) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        if force:
            # A link never replaces; a name in a folder of its own does.
            with tempfile.TemporaryDirectory(prefix=".dispensary-", dir=path.parent) as inside:
                _link(descriptor, Path(inside) / "new", folder)
                (Path(inside) / "new").replace(path)
        else:
            _link(descriptor, path, folder)
        os.fsync(folder)
    finally:
        os.close(folder)


def _link(descriptor: int, path: Path, folder: int) -> None:
    # Only with a folder's descriptor does Python follow the link in /proc to the file itself.
    os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=folder)
