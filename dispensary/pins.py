"""PINs as they are kept: Argon2id at the costs that RFC 9106 recommends where memory is scarce, as a PHC string."""

ROUNDS = 3
LANES = 4
MEMORY_KIB = 64 * 1024

NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5J3Mgc2FsdCE$bm9ib2R5IGhhcyB0aGlzIGhhc2gsIGFuZCBub25lIGlzIGl0Lg"
"""Looked at where there is no such user, so that the answer takes as long."""


def hashed(pin: str, salt: bytes) -> str:
    """The PIN's hash, with a salt of 16 random bytes or more."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    function = Argon2id(salt=salt, length=32, iterations=ROUNDS, lanes=LANES, memory_cost=MEMORY_KIB)
    return function.derive_phc_encoded(pin.encode("utf-8", "surrogatepass"))


def matches(pin: str, kept: str) -> bool:
    """Whether the PIN is that of the hash. Takes about 0.15 s, which is meant."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(pin.encode("utf-8", "surrogatepass"), kept)
    except InvalidKey:
        return False
    return True
