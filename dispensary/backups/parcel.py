"""The file of a backup: a compressed tar archive that ends with the hash of all its bytes.

Any `tar` unpacks it, also where this program is not: manifest.json, settings.toml where there are
settings, and pharmacy.db, a SQLite database that opens by itself. After the archive follows an empty gzip
member whose name is `sha256-` and the hash, in hexadecimal, of every byte before it; `gzip` reads it as
nothing. Under a passphrase the whole of this is the stream of `seal.py`.
"""

import gzip
import hashlib
import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Protocol, cast

from dispensary.backups.seal import Broken

GZIP = b"\x1f\x8b"
BLOCK = 1 << 18
_LEVEL = 1
"""Of compression: a third of the size at four times the speed of the usual one."""

_TAIL_START = GZIP + b"\x08\x08\0\0\0\0\0\xff" + b"sha256-"
_TAIL_END = b"\0\x03\0" + bytes(8)
TAIL = len(_TAIL_START) + 64 + len(_TAIL_END)
"""The length of the last member in bytes."""

Member = tuple[str, int, BinaryIO]
"""A name, a length in bytes, and what to read them from."""


class Taking(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take more bytes."""


class _Hashed(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, out: Taking) -> None:
        self._out = out
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(cast(bytes, data))
        self.hash.update(given)
        self._out.write(given)
        return len(given)


def pack(out: Taking, members: Sequence[Member]) -> None:
    """Write the members, in this order, and the tail."""
    hashed = _Hashed(out)
    with (
        gzip.GzipFile(filename="", fileobj=cast(BinaryIO, hashed), mode="wb", compresslevel=_LEVEL, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, size, content in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = size, 0o600
            tar.addfile(entry, content)
    out.write(_tail(hashed.hash.hexdigest()))


def _tail(digest: str) -> bytes:
    return _TAIL_START + digest.encode() + _TAIL_END


def require_whole(file: BinaryIO) -> None:
    """The file from here to its end has the hash that stands there, and goes back to where it was; else Broken."""
    start = file.tell()
    digest = hashlib.sha256()
    held = b""
    while block := file.read(BLOCK):
        held += block
        digest.update(held[:-TAIL])
        held = held[-TAIL:]
    if held != _tail(digest.hexdigest()):
        raise Broken("its bytes do not have the hash at its end, or it was cut")
    file.seek(start)


class Pieces(io.RawIOBase):
    """Pieces of bytes as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def readable(self) -> bool:
        """Nothing else."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer from the piece at hand."""
        view = memoryview(cast(bytearray, buffer))
        if not self._held:
            self._held = next(self._pieces, b"")
        given = self._held[: len(view)]
        self._held = self._held[len(given) :]
        view[: len(given)] = given
        return len(given)


class Unpacking:
    """The members in their order."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._members = iter(tar)
        self._tar = tar
        self._next = next(self._members, None)

    def has(self, name: str) -> bool:
        """Whether that is the next member."""
        return self._next is not None and self._next.name == name

    def take(self, name: str, out: BinaryIO, most: int) -> str:
        """The hash of the next member, which goes to `out`; it has that name and `most` bytes at the most."""
        if not self.has(name):
            raise Broken(f"it holds no {name} where one belongs")
        assert self._next is not None
        content = self._tar.extractfile(self._next)
        if content is None or self._next.size > most:
            raise Broken(f"its {name} is not a plain file of the right size")
        hashed = _Hashed(cast(Taking, out))
        shutil.copyfileobj(content, cast(BinaryIO, hashed), BLOCK)
        self._next = next(self._members, None)
        return hashed.hash.hexdigest()

    def require_end(self) -> None:
        """Nothing follows; else raises Broken."""
        if self._next is not None:
            raise Broken("it holds more than a backup does")


@contextmanager
def unpacking(file: BinaryIO) -> Iterator[Unpacking]:
    """The members of a parcel whose bytes are known to be those that were written; raises Broken."""
    try:
        with gzip.GzipFile(fileobj=file, mode="rb") as zipped, tarfile.open(fileobj=zipped, mode="r|") as tar:
            members = Unpacking(tar)
            yield members
            members.require_end()
            while zipped.read(BLOCK):
                pass
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile):
        raise Broken("its archive cannot be read") from None
