"""What a label will look like: as lines for a terminal, or as a picture of its PDF."""

import textwrap
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING

from dispensary.labelling.calendar import is_ringed
from dispensary.labelling.content import Pictogram
from dispensary.labelling.design import MM, Calendar, Place
from dispensary.labelling.layout import Line
from dispensary.labelling.page import Page, faces
from dispensary.labelling.pictograms import shapes
from dispensary.labelling.shapes import Drawing, Mark

if TYPE_CHECKING:
    import PIL.Image

_WIDTH = 80
_SIZE_WIDTH = 8
_DAY_WIDTH = 4
# As far as a letter such as Á may lean out of its place, in points.
_LEAN_PT = 0.5
# Greys of a picture, from 0 to 255: of the paper, and of the mark across it.
_PAPER = 255
_MARK = 170


def rows(pages: Sequence[Page]) -> tuple[str, ...]:
    """Each label in a frame of 80 columns: its places by name, the lines in them as they are broken, with sizes.

    What was typed stands in the rows as it is: whoever prints them sanitises them.
    """
    return tuple(row for number, page in enumerate(pages, 1) for row in _framed(page, number, len(pages)))


def png(pdf: bytes, dots_per_inch: int, page: int = 0, *, mark: str = "") -> bytes:
    """One page of the PDF, counted from 0, as a picture in greys of that resolution; the same bytes for the same PDF.

    With `mark`, a word in light type lies across it from corner to corner, so that it passes for no label.
    Raises IndexError where the PDF has no such page.
    """
    from pypdfium2 import PdfDocument

    document = PdfDocument(pdf)
    if not 0 <= page < len(document):
        raise IndexError(f"the PDF has no page {page}")
    picture = document[page].render(scale=dots_per_inch / 72, grayscale=True).to_pil()
    document.close()
    if mark:
        picture = _marked(picture, mark)
    buffer = BytesIO()
    picture.save(buffer, "PNG", dpi=(dots_per_inch, dots_per_inch))
    return buffer.getvalue()


def _marked(picture: "PIL.Image.Image", word: str) -> "PIL.Image.Image":
    """The picture with the word across it, as long as three quarters of the diagonal."""
    from math import atan2, degrees, hypot

    from PIL import Image, ImageChops, ImageDraw, ImageFont

    width, height = picture.size
    length = 0.75 * hypot(width, height)
    font = ImageFont.load_default(100)
    # As long as it may be, and no higher than a third of the shorter side.
    size = min(100 * length / font.getlength(word), min(width, height) / 3)
    font = ImageFont.load_default(size)
    across = Image.new("L", (2 * width, 2 * height), _PAPER)
    ImageDraw.Draw(across).text((width, height), word, fill=_MARK, font=font, anchor="mm")
    turned = across.rotate(degrees(atan2(height, width)), fillcolor=_PAPER)
    return ImageChops.darker(picture, turned.crop((width // 2, height // 2, width // 2 + width, height // 2 + height)))


def _framed(page: Page, number: int, pages: int) -> Iterator[str]:
    paper = page.design.paper
    title = f"+- {page.design.name}, {paper.width_mm:g} x {paper.height_mm:g} mm, {number} of {pages} "
    inside = _WIDTH - 4
    yield title + "-" * (_WIDTH - 1 - len(title)) + "+"
    for name, place in page.label.places:
        said = list(_said(page, place))
        if said:
            for row in (name, *said):
                yield f"| {row:{inside}} |"
    yield f"+{'-' * (_WIDTH - 2)}+"


def _holds(place: Place, line: Line, page: Page) -> bool:
    below = page.design.paper.height_mm * MM - line.y_pt
    return (
        place.x_mm * MM - _LEAN_PT <= line.x_pt <= (place.x_mm + place.width_mm) * MM
        and place.y_mm * MM <= below <= (place.y_mm + place.height_mm) * MM
    )


def _said(page: Page, place: Place) -> Iterator[str]:
    """The rows of one place."""
    held = [line for line in page.lines if _holds(place, line, page)]
    label = page.label
    if place is label.calendar:
        yield from _calendar(page, held, label.calendar)
    elif place is label.pictograms:
        yield from _wrapped(", ".join(filter(None, map(_pictogram, page.drawings))), "")
    elif place is label.barcode:
        if page.symbol is not None:
            yield from _wrapped(f"{page.symbol.code} {page.symbol.text}", "")
    else:
        for line in held:
            yield from _wrapped(line.text, f"{line.size_pt:g} pt")


def _wrapped(text: str, size: str) -> Iterator[str]:
    """The text below its place's name, at the right margin the size of its type."""
    width = _WIDTH - 6 - _SIZE_WIDTH
    visible = "".join(" " if character.isspace() else character for character in text)
    first, *more = textwrap.wrap(visible, width, break_on_hyphens=False) or [""]
    yield f"  {first:{width}}{size:>{_SIZE_WIDTH}}"
    yield from (f"  {part}" for part in more)


def _pictogram(drawing: Drawing) -> str:
    """The drawing in words; empty for what is no pictogram, such as a ring of the calendar."""
    limits = [shape.text for shape in drawing.shapes if isinstance(shape, Mark)]
    if limits:
        return f"{Pictogram.LIMITS} {' to '.join(reversed(limits))}"
    plain = (each for each in Pictogram if each is not Pictogram.LIMITS)
    return next((str(each) for each in plain if shapes(each, None) == drawing.shapes), "")


def _calendar(page: Page, lines: Sequence[Line], place: Calendar) -> Iterator[str]:
    """The months as they stand, the days of injections in brackets."""
    by_name = {face.name: face for face in faces(page.design).values()}
    ordered = sorted(lines, key=lambda line: (-round(line.y_pt, 3), line.x_pt))
    for _, on_a_row in groupby(ordered, key=lambda line: round(line.y_pt, 3)):
        row = ""
        for line in on_a_row:
            column = int((line.x_pt - place.x_mm * MM) / (1.75 * place.size_pt) * _DAY_WIDTH)
            text = f"[{line.text}]" if is_ringed(line, page.drawings, by_name[line.face]) else f" {line.text} "
            row = f"{row:{column}}{text}"
        yield f"  {row}".rstrip()
