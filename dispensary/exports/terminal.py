"""Tables and sentences on a terminal: plain text, wrapped to its width, nothing in it that acts."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence

WIDTH = 80
_GAP = "  "


# What is not ASCII is looked at one by one; a line that ends as RFC 4180 wants it ends so.
_LOOKED_AT = re.compile("\r\n|[^ -~]")


def printable(text: str) -> str:
    """The text on one line, with everything that a terminal would obey, or that cannot be seen, as an escape."""
    return _LOOKED_AT.sub(lambda found: "".join(map(_shown, found[0])), text)


def harmless(lines: str) -> str:
    """Lines as they may reach a terminal: line ends stay, and the rest is as in `printable`.

    JSON means the same afterwards: all that it may hold and that is escaped has four digits.
    """
    return _LOOKED_AT.sub(lambda found: found[0] if found[0] in ("\n", "\r\n") else _shown(found[0]), lines)


def _shown(character: str) -> str:
    if unicodedata.category(character)[0] not in "CZ":
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns under their heads, whole numbers to the right, long texts wrapped so that a line holds 80 characters.

    Nothing is cut: where the columns together are too wide, the widest one is folded.
    """
    texts = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    right = [
        bool(rows) and all(isinstance(row[i], int) and not isinstance(row[i], bool) for row in rows)
        for i in range(len(heads))
    ]
    columns = [[head, *(row[i] for row in texts)] for i, head in enumerate(heads)]
    widths = [max(map(len, column)) for column in columns]
    # Words stay whole as long as that suffices.
    for least in ([_longest_word(column) for column in columns], [8] * len(columns)):
        _narrow(widths, least)
    lines = [_line([head.upper() for head in heads], widths, right)]
    for row in texts:
        folded = [
            textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(row, widths, strict=True)
        ]
        lines += [
            _line([cell[i] if i < len(cell) else "" for cell in folded], widths, right)
            for i in range(max(map(len, folded)))
        ]
    return "\n".join(lines)


def _longest_word(column: Sequence[str]) -> int:
    return max(len(word) for cell in column for word in cell.split(" "))


def _narrow(widths: list[int], least: Sequence[int]) -> None:
    """Take columns from the widest that may still be folded, until the line fits or none is left."""
    while sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        foldable = [i for i, width in enumerate(widths) if width > least[i]]
        if not foldable:
            return
        widths[max(foldable, key=widths.__getitem__)] -= 1


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return _GAP.join(
        cell.rjust(width) if to_the_right else cell.ljust(width)
        for cell, width, to_the_right in zip(cells, widths, right, strict=True)
    ).rstrip()


def wrapped(sentence: str, width: int = WIDTH) -> str:
    """A sentence over as many lines of `width` characters as it needs."""
    return "\n".join(textwrap.wrap(printable(sentence), width, break_on_hyphens=False))
