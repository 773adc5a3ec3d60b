"""What stands in the audit chain for a fact about a patient: who lost the patient's key can read it no more."""

import hashlib
import hmac

from dispensary.rules.canonical import canonical_json
from dispensary.rules.finding import Finding


def sealed(key: bytes, fact: str, text: str) -> str:
    """HMAC-SHA256 under the patient's key of the fact's name and its text, in lower-case hexadecimal.

    The name keeps two facts of the same words apart. With the key and the record anybody can see that the
    record is what the chain was told; once the key is erased, the few things that a condition or a birth date
    can be cannot be tried out either.
    """
    return hmac.new(key, canonical_json([fact, text]).encode(), hashlib.sha256).hexdigest()


def sealed_finding(key: bytes, found: Finding) -> list[str | None]:
    """The finding as events tell it; its message may name a condition, a medicine or a level of the patient."""
    message = sealed(key, f"finding {found.code}", found.message)
    return [found.code, found.severity, found.reason, found.reason_code, found.source, message]
