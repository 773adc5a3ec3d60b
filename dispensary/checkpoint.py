"""Checkpoints: the end of a site's audit chain, signed, so that it can be kept off the machine.

A checkpoint is a C2SP signed note (c2sp.org/signed-note) of four lines: the origin of the chain, the sequence
of its last event, the SHA-256 of that event in base64, and the format of the chain. The first three stand
where a transparency log's checkpoint has them (c2sp.org/tlog-checkpoint), but the hash is the end of a hash
chain and not the root of a Merkle tree, which the fourth line says. The key bears the name of the origin.

`auditor.py` reads checkpoints without sharing a line with this file.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispensary.audit import FORMAT, Entry

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"
"""The type of a key or a signature, as signed notes number it."""

_SECRET = "PRIVATE+KEY"  # noqa: S105 - how a secret key begins, in the form that Go's tools for notes have


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint: the chain's origin, an event of it, the verifier key of the signature, and the note itself."""

    origin: str
    sequence: int
    hash: str
    verifier: str
    note: str


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A site's Ed25519 key: the origin of its chain as the name, and 32 secret bytes."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> str:
        """What others check its signatures with, and may be given to anybody: `name+number+base64`."""
        public = self._private.public_key().public_bytes_raw()
        return f"{self.name}+{self._number.hex()}+{_base64(ED25519 + public)}"

    @property
    def text(self) -> str:
        """The key as its file holds it."""
        return f"{_SECRET}+{self.name}+{self._number.hex()}+{_base64(ED25519 + self.seed)}"

    def sign(self, end: Entry) -> Signed:
        """The checkpoint that the chain of this key's name has come to that event."""
        text = f"{self.name}\n{end.sequence}\n{_base64(bytes.fromhex(end.hash))}\n{FORMAT}\n"
        return Signed(self.name, end.sequence, end.hash, self.verifier, self.note(text))

    def note(self, text: str) -> str:
        """The text, which ends with a newline and begins with the name, as a signed note."""
        signature = self._private.sign(text.encode())
        return f"{text}\n\u2014 {self.name} {_base64(self._number + signature)}\n"

    @property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def _number(self) -> bytes:
        public = self._private.public_key().public_bytes_raw()
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + public).digest()[:4]


def read_key(text: str) -> SigningKey:
    """The key that its file holds; raises ValueError, whose message repeats nothing of it."""
    try:
        private, word, name, _, secret = text.removesuffix("\n").split("+", 4)
        typed = base64.b64decode(secret, validate=True)
    except ValueError:
        raise ValueError("it holds no key") from None
    key = SigningKey(name, typed[1:])
    if f"{private}+{word}" != _SECRET or not name or typed[:1] != ED25519 or len(key.seed) != 32:
        raise ValueError("it holds no Ed25519 key")
    if key.text != text.removesuffix("\n"):
        raise ValueError("it is damaged")
    return key


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
