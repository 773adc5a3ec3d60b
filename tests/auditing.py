"""What the tests of the auditor share: many files that differ in a byte, which need no disk and one fast library."""

import io
import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dispensary import auditor


def in_memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | bytearray]:
    """Whatever the auditor opens from now on is in here, under its path."""
    files: dict[str, bytes | bytearray] = {}
    monkeypatch.setattr(auditor, "open", lambda path, mode: io.BytesIO(files[os.fspath(path)]), raising=False)
    return files


def by_the_library(public: bytes, message: bytes, signature: bytes) -> bool:
    """What `auditor.signed` says as well, which test_checkpoint proves, in a hundredth of its time."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True
