"""Directions as text, in English and in Norwegian: `1 mg IM daily for 7 days, then monthly`.

A text is cut into pieces (`pieces.py`, with the tables in `english.py` and `norwegian.py`),
parted into phases at words such as `then`, and each phase is made of its pieces in any order
(`reading.py`). The tables are loaded when the first text is read, as a cold start counts:
records hold canonical texts, which need none of them.
"""

from collections.abc import Collection
from functools import lru_cache

from dispensary.rules.directions import Directions
from dispensary.rules.grammar.words import ENGLISH, canonical_directions, directions_text
from dispensary.rules.people import Language
from dispensary.rules.quantity import Strength

MOST_CHARACTERS = 720
"""What is read; the longest text that `render` writes is somewhat shorter."""


def parse(text: str, strengths: Collection[Strength] = ()) -> Directions:
    """Reads directions in English or Norwegian, whatever the case, the blanks and a final point.

    A dose in mL is read where `strengths`, those of the products that may be meant, leave one dose.
    Raises NotDirections, AmbiguousDirections, DoseIsAVolume, DoseAndVolumeDisagree, DoseIsACount,
    MisreadAbbreviation, MisreadNumber, IntravenousRoute, NotAnInterval, NotADuration, EndlessPhase, PhasesOutOfOrder,
    SiteNotForRoute, BareGram, NotADose, NotAVolume and NotADate.
    """
    from dispensary.rules.grammar.reading import read

    return read(text, strengths)


@lru_cache(maxsize=1024)
def from_canonical(text: str) -> Directions:
    """What `render` wrote in English, read without the grammar's tables; any other text is parsed."""
    return canonical_directions(text) or parse(text)


def render(directions: Directions, language: Language = Language.ENGLISH) -> str:
    """The canonical text, such as `1 mg IM daily for 7 days, then 1 mg IM monthly, in the morning`.

    `parse` reads it back to the same directions, for doses below 10 kg and years 1900 to 2199.
    """
    if language is Language.ENGLISH:
        return directions_text(directions, ENGLISH)
    from dispensary.rules.grammar.norwegian import WORDS

    return directions_text(directions, WORDS)
