"""A stream under a passphrase: nobody reads it without, and nobody changes, cuts or reorders it unseen.

The format, for whoever must open a file without this program:

- A header: the bytes of MAGIC, 32 bytes of salt, the HMAC-SHA256 of both under the check key, and the
  SHA-256 of all that, which tells a damaged header from a wrong passphrase.
- scrypt (RFC 7914) of the passphrase in UTF-8 (NFC) with N = 2^17, r = 8, p = 1 and the salt gives 64
  bytes: the key of the chunks and the check key. That takes 128 MB and half a second.
- Chunks of 65,536 bytes, the last one shorter or equal, each sealed with ChaCha20-Poly1305 (RFC 8439)
  under a nonce of 11 bytes that count the chunks from 0, and one byte that is 1 for the last chunk: the
  STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from dispensary.errors import Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC = b"dispensary sealed backup 1\n"
SALT = 32
CHUNK = 1 << 16
TAG = 16
_DIGEST = 32
HEADER = len(MAGIC) + SALT + 2 * _DIGEST
"""The length of the header in bytes."""


class WrongPassphrase(Refused):
    """The file is whole as far as can be told, and its passphrase is another one."""

    sentence = (
        "The passphrase does not open {path}: nothing was restored; type the passphrase of the day when it was taken."
    )
    path: str


class Broken(Exception):
    """What was read is not what was written; the message says where."""


class Sealing:
    """Takes the bytes of the stream and writes the chunks."""

    def __init__(self, out: BinaryIO, passphrase: str, salt: bytes) -> None:
        self._out = out
        key, check = _keys(passphrase, salt)
        self._cipher = _cipher(key)
        self._waiting = bytearray()
        self._chunks = 0
        head = MAGIC + salt
        head += _mac(check, head)
        out.write(head + hashlib.sha256(head).digest())

    def write(self, data: bytes) -> int:
        """Take more; what may be the last chunk waits for `end`."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def end(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._chunks, last=last), chunk, None))
        self._chunks += 1


@contextmanager
def sealing(out: BinaryIO, passphrase: str, salt: bytes) -> Iterator[Sealing]:
    """A stream whose bytes are sealed into `out`; `salt` is 32 bytes that were never used before."""
    stream = Sealing(out, passphrase, salt)
    yield stream
    stream.end()


def is_sealed(start: bytes) -> bool:
    """Whether a file that begins so needs a passphrase."""
    return start.startswith(MAGIC)


def unsealed(file: BinaryIO, passphrase: str, name: str) -> Iterator[bytes]:
    """The chunks of the stream, each of them true; raises WrongPassphrase, and Broken for a damaged file."""
    head = file.read(HEADER)
    told, digest = head[:-_DIGEST], head[-_DIGEST:]
    if len(head) != HEADER or hashlib.sha256(told).digest() != digest:
        raise Broken("its header is damaged")
    start, mac = told[:-_DIGEST], told[-_DIGEST:]
    key, check = _keys(passphrase, start[len(MAGIC) :])
    if not hmac.compare_digest(mac, _mac(check, start)):
        raise WrongPassphrase(path=name)
    return _chunks(file, key)


def _chunks(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    from cryptography.exceptions import InvalidTag

    cipher = _cipher(key)
    sealed = file.read(CHUNK + TAG)
    number = 0
    while True:
        following = file.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), sealed, None)
        except InvalidTag:
            raise Broken(f"chunk {number + 1} was changed, or the file was cut there") from None
        if not following:
            return
        sealed = following
        number += 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _keys(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    # The same letters have several encodings, by keyboard and system.
    typed = unicodedata.normalize("NFC", passphrase).encode()
    both = hashlib.scrypt(typed, salt=salt, n=1 << 17, r=8, p=1, maxmem=1 << 28, dklen=64)
    return both[:32], both[32:]


def _mac(check: bytes, told: bytes) -> bytes:
    return hmac.new(check, told, hashlib.sha256).digest()


def _cipher(key: bytes) -> "ChaCha20Poly1305":
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return ChaCha20Poly1305(key)
