"""The fonts of the labels: found in their packages, parsed once, and asked what they can print."""

import importlib.util
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from dispensary.errors import Refused
from dispensary.shipped import IncompleteInstallation

PACKAGES = ("font_source_sans_pro", "fontpkg_atkinson_hyperlegible")
"""The packages whose fonts a design may use: those that the program is installed with."""


class NoGlyph(Refused):
    """A character that the label's font cannot print, or that must not be printed."""

    sentence = (
        "The {field} on the label holds {character}, which its font cannot print; "
        "write it with other letters and print the label again."
    )
    field: str
    character: str


@dataclass(frozen=True, slots=True)
class Face:
    """One parsed font, registered with ReportLab under `name`; `width` is per point of size."""

    name: str
    path: Path
    printable: frozenset[str]
    width: Callable[[str], float]


@cache
def face(package: str, file: str) -> Face:
    """The font of that package and file, parsed once; raises IncompleteInstallation."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    found = package_folder(package)
    path = None if found is None else found / file
    if path is None or not path.is_file():
        raise IncompleteInstallation(folder=file, looked_in=f"from the package {package}")
    # A label's few kilobytes are not worth ReportLab's readable ASCII, which embeds 96 glyphs always.
    font = TTFont(path.stem, path, asciiReadable=0)
    registerFont(font)
    widths: dict[int, float] = font.face.charWidths

    @lru_cache(maxsize=1024)
    def width(text: str) -> float:
        return sum([widths[ord(character)] for character in text]) / 1000

    printable = frozenset(chr(code) for code, glyph in font.face.charToGlyph.items() if glyph and _visible(chr(code)))
    return Face(path.stem, path, printable, width)


@cache
def package_folder(package: str) -> Path | None:
    """Where the package is installed, one of PACKAGES; None where it is missing."""
    # Finding the specification does not run the package, which would list all its files.
    spec = importlib.util.find_spec(package) if package in PACKAGES else None
    return Path(spec.origin).parent if spec and spec.origin else None


def _visible(character: str) -> bool:
    """Whether a character stands for itself: no control, bidirectional mark, line break or loose accent."""
    category = unicodedata.category(character)
    return category[0] not in "CM" and category not in ("Zl", "Zp")


def described(character: str) -> str:
    """A character by number and name, so that an invisible one can be found."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()
