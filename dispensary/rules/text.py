"""Names, free text and request keys: text is data, kept in one form, with nothing in it that cannot be seen.

What may be drawn on screen and paper is Unicode in normal form C. Control characters, line breaks,
bidirectional and zero-width marks, surrogates and unassigned code points are refused, because they
change what a reader sees and a comparison does not.
"""

import re
import unicodedata

from dispensary.errors import Refused, quoted

MOST_NAME = 100
MOST_TEXT = 200

# Drawn as nothing although they are letters, marks or symbols: grapheme joiner, Hangul and Khmer
# fillers, Mongolian and other variation selectors, the empty braille cell (Unicode
# Default_Ignorable_Code_Point outside the categories C and Z).
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


class NotCleanText(Refused):
    """Text that cannot be kept, shown and printed as it is."""

    sentence = "{given} cannot be used as {what}: {problem}."
    what: str
    given: str
    problem: str


def clean_name(text: str, what: str) -> str:
    """A name of 1 to 100 characters, `what` saying whose ("the patient's name"); raises NotCleanText."""
    return clean_text(text, what, MOST_NAME)


def clean_text(text: str, what: str, most: int = MOST_TEXT) -> str:
    """Text of 1 to `most` characters in normal form C, without spaces at its ends; raises NotCleanText."""

    def refusal(problem: str) -> NotCleanText:
        return NotCleanText(what=what, given=quoted(text), problem=problem)

    # Composing can shorten text, but not tenfold: megabytes are refused before they are looked at.
    if len(text) > 10 * most:
        raise refusal(f"it is longer than {most} characters; shorten it")
    clean = unicodedata.normalize("NFC", text.strip(" "))
    if not clean:
        raise refusal(f"it is empty; type 1 to {most} characters")
    if len(clean) > most:
        raise refusal(f"it is longer than {most} characters; shorten it")
    for character in clean:
        if not _visible(character):
            raise refusal(f"it holds U+{ord(character):04X}, which cannot be seen; type it again without")
    return clean


def clean_key(text: str) -> str:
    """A request key: 1 to 64 printable ASCII characters without spaces; raises NotCleanText."""
    if not re.fullmatch(r"[!-~]{1,64}", text):
        problem = "write 1 to 64 letters, digits or signs of ASCII, without spaces"
        raise NotCleanText(what="a request key", given=quoted(text), problem=problem)
    return text


def _visible(character: str) -> bool:
    """Whether the character is drawn; of all spaces only the plain one, as the others look like it."""
    category = unicodedata.category(character)
    return character == " " or (category[0] not in "CZ" and not _BLANK.match(character))
