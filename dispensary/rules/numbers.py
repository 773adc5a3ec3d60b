"""Numbers of records as people write them: RX12, D3. They count up by site and are never used twice."""

import re
from enum import StrEnum

from dispensary.errors import Refused, quoted


class Record(StrEnum):
    """The prefix of each kind of number."""

    PATIENT = "P"
    PRESCRIBER = "PR"
    PRESCRIPTION = "RX"
    RECEIPT = "R"
    DISPENSE = "D"
    RETURN = "RT"
    VIAL = "V"
    DRAW = "DR"
    STOCK_ACT = "S"
    """A move, a destruction, or a return to the supplier."""
    COUNT = "C"
    RECALL = "RC"
    BATCH = "B"
    PRINT_JOB = "PJ"
    """A label that was printed, or waits for its printer."""

    def number(self, number: int) -> str:
        """The number as written, such as RX12."""
        return f"{self}{number}"


class NotANumber(Refused):
    """The text is not the number of such a record."""

    sentence = "{given} is not the number of a {what}: it looks like {example}."
    given: str
    what: str
    example: str


def parse_number(kind: Record, text: str) -> int:
    """The number in `RX12`, `rx12` or `12`; raises NotANumber."""
    found = re.fullmatch(rf"(?:{kind})?([1-9][0-9]{{0,8}})", text.strip(), re.ASCII | re.IGNORECASE)
    if found is None:
        raise NotANumber(given=quoted(text), what=kind.name.lower().replace("_", " "), example=kind.number(12))
    return int(found.group(1))
