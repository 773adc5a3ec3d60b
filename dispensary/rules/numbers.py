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

    @property
    def called(self) -> str:
        """What messages call such a record."""
        return self.name.lower().replace("_", " ")

    def number(self, number: int) -> str:
        """The number as written, such as RX12."""
        return f"{self}{number}"


WAYS_OUT = {
    Record.PRESCRIPTION: "`dispensary rx list` shows what there is",
    Record.DISPENSE: "`dispensary rx show` lists the fills",
    Record.VIAL: "`dispensary vial list` shows what is open",
    Record.COUNT: "`dispensary count start` starts one",
    Record.RECALL: "`dispensary recall list` shows what there is",
    Record.BATCH: "`dispensary report trace LOT` names the batch of a lot",
    Record.PRINT_JOB: "`dispensary label queue` shows those that wait",
}
"""What helps where there is no record of a number."""


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
        raise NotANumber(given=quoted(text), what=kind.called, example=kind.number(12))
    return int(found.group(1))
