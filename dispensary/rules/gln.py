"""Global Location Numbers, by which GS1 names places."""

import re

from dispensary.errors import Refused, quoted
from dispensary.rules.identifiers import NotAGtin, parse_gtin


class NotAGln(Refused):
    """The text is no Global Location Number."""

    sentence = "{given} is not a GLN: it has 13 digits and the last checks the others; copy it again."
    given: str


def parse_gln(text: str) -> str:
    """A GLN of 13 digits, whose check digit is that of a GTIN (GS1 General Specifications); raises NotAGln."""
    try:
        if re.fullmatch(r"[0-9]{13}", text) and parse_gtin(text):
            return text
    except NotAGtin:
        pass
    raise NotAGln(given=quoted(text))
