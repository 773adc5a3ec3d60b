"""What a check has seen, and what that does to a dispense."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding does to a dispense."""

    STOP = "stop"
    OVERRIDE = "override"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has seen, and where its rule comes from.

    `reason` and `reason_code` are the pharmacist's, where the finding was overridden.
    """

    code: str
    severity: Severity
    message: str
    source: str = ""
    reason: str | None = None
    reason_code: str | None = None

    @property
    def said(self) -> str:
        """The finding as people read it, with the reason to go on."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.severity.capitalize()}: {self.message}{why}"
