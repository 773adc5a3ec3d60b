"""Where each line of a label stands: text is wrapped and sized to its box, or refused, never cut."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dispensary.errors import Refused, quoted
from dispensary.labelling.design import MM, Box, Design, Item, Label
from dispensary.labelling.fonts import Face, NoGlyph, described

# How far below the top of its line a baseline lies, in parts of the size: room for Å and Ž.
_BASELINE = 0.84
_BETWEEN = "   "
# A number keeps its unit: no line ends after a digit while another break will do.
_BREAK = re.compile(r"(?<![0-9]) ")
_LAST_RESORT = re.compile(r" |(?<=[^\W\d]-)(?=[^\W\d])")


class LabelDoesNotFit(Refused):
    """Something is too long for its box at the smallest size that is allowed."""

    sentence = (
        "The {field} {text} does not fit the label {design} at the smallest size that is allowed, and nothing is "
        "cut from a label; take a larger design or shorten the record, and print it again."
    )
    field: str
    text: str
    design: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line to draw: the left end of its baseline in points from the bottom left of the paper."""

    face: str
    size_pt: float
    x_pt: float
    y_pt: float
    text: str


@dataclass(frozen=True, slots=True)
class _Set:
    """An item set at one size: its lines, none where a word is wider than the box."""

    item: Item
    size_pt: float
    lines: Sequence[str]


def lines(say: Callable[[str], str], label: Label, design: Design, faces: Mapping[str, Face]) -> list[Line]:
    """Every line of the label, whose fields `say` what they say; raises LabelDoesNotFit and NoGlyph."""
    placed: list[Line] = []
    for box in label.boxes:
        said = [(item, _said(say, item, faces[item.font])) for item in box.item]
        shown = [(item, pieces) for item, pieces in said if pieces]
        if shown:
            placed += _placed(_sized(box, shown, say, design, faces), box, design, faces)
    return placed


def _said(say: Callable[[str], str], item: Item, face: Face) -> list[str]:
    """What the item's fields say; raises NoGlyph."""
    pieces = []
    for field in item.fields:
        value = say(field)
        for character in sorted(set(value) - face.printable):
            raise NoGlyph(field=field.replace("_", " "), character=described(character))
        if value:
            pieces.append(value)
    return pieces


def _sized(
    box: Box,
    shown: Sequence[tuple[Item, list[str]]],
    say: Callable[[str], str],
    design: Design,
    faces: Mapping[str, Face],
) -> list[_Set]:
    """The box's items at the largest sizes at which all of them fit; raises LabelDoesNotFit."""
    tried: list[_Set] = []
    for step in range(max(len(item.sizes_pt) for item, _ in shown)):
        for running in (False, True) if any(item.running for item, _ in shown) else (False,):
            tried = [_set(item, said, step, running, box, faces[item.font]) for item, said in shown]
            if all(part.lines for part in tried) and _height(tried, box) <= box.height_mm * MM:
                return tried
    worst = max(tried, key=lambda part: len(part.lines) if part.lines else 1000)
    longest = max(worst.item.fields, key=lambda field: len(say(field)))
    raise LabelDoesNotFit(
        field=longest.replace("_", " "), text=quoted(say(longest).replace("\u00a0", " ")), design=design.name
    )


def _set(item: Item, said: Sequence[str], step: int, running: bool, box: Box, face: Face) -> _Set:
    size = item.sizes_pt[min(step, len(item.sizes_pt) - 1)]
    pieces = [" ".join(said)] if running and item.running else said
    return _Set(item, size, _wrapped(pieces, face.width, box.width_mm * MM / size))


def _height(parts: Sequence[_Set], box: Box) -> float:
    return sum(len(part.lines) * part.size_pt * box.leading for part in parts) + sum(
        part.item.above_pt for part in parts[1:]
    )


def _placed(parts: Sequence[_Set], box: Box, design: Design, faces: Mapping[str, Face]) -> list[Line]:
    """The lines on the paper, with the height that is left between the items, then above and below them."""
    left = box.height_mm * MM - _height(parts, box)
    gap = min(box.spread_pt, left / len(parts))
    top = (design.paper.height_mm - box.y_mm) * MM
    if box.spread_pt:
        top -= (left - gap * (len(parts) - 1)) / 2
    placed = []
    for number, part in enumerate(parts):
        top -= part.item.above_pt if number else 0
        for line in part.lines:
            spare = box.width_mm * MM - faces[part.item.font].width(line) * part.size_pt
            x = box.x_mm * MM + spare * {"left": 0, "center": 0.5, "right": 1}[part.item.align]
            placed.append(Line(faces[part.item.font].name, part.size_pt, x, top - _BASELINE * part.size_pt, line))
            top -= part.size_pt * box.leading
        top -= gap
    return placed


def _wrapped(pieces: Sequence[str], width: Callable[[str], float], limit: float) -> list[str]:
    """The pieces on as few lines as they need, none broken that a line can hold; empty where a word is too wide."""
    done: list[str] = []
    for piece in pieces:
        if done and width(both := done[-1] + _BETWEEN + piece) <= limit:
            done[-1] = both
        elif width(piece) <= limit:
            done.append(piece)
        else:
            broken = _broken(piece, _BREAK, width, limit) or _broken(piece, _LAST_RESORT, width, limit)
            if not broken:
                return []
            done += broken
    return done


def _broken(piece: str, breaks: re.Pattern[str], width: Callable[[str], float], limit: float) -> list[str]:
    """One piece over several lines; empty where a part between breaks is too wide."""
    done: list[str] = []
    start = line_end = 0
    for end in [*(found.start() for found in breaks.finditer(piece)), len(piece)]:
        if width(piece[start:end].strip()) > limit:
            if line_end == start:
                return []
            done.append(piece[start:line_end].strip())
            start = line_end
        line_end = end
    done.append(piece[start:].strip())
    return done if all(width(line) <= limit for line in done) else []
