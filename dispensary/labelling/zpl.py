"""Labels as one job in ZPL II, from the same places and the same fonts as the PDF.

Commands as in Zebra's ZPL II Programming Guide. Fonts (~DY), drawings and the symbol (^GF) travel as
hexadecimal digits and text as escaped ASCII (^FH), so that the job is printable text throughout. Whether
the stock has gaps or is continuous (^MN) is left as the printer was calibrated.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from math import ceil, floor
from pathlib import Path

from PIL import Image

from dispensary.errors import Refused
from dispensary.labelling.bitmaps import drawn, of_symbol
from dispensary.labelling.design import MM, Design
from dispensary.labelling.fonts import Face
from dispensary.labelling.layout import Line
from dispensary.labelling.page import RULE_PT, Page, faces, fitted
from dispensary.labelling.shapes import Drawing, Mark

# What a printer for stock of four inches prints across; a wider label would lose its edge.
_WIDEST_MM = 104
# No scalable type is smaller than this many dots (^A).
_LEAST_TYPE = 10
_SPECIAL = b"^~_\\"
_WORD = re.compile(r"\S+")


class NotForALabelPrinter(Refused):
    """The design is for sheets, or is wider than the label printers that take ZPL."""

    sentence = (
        "The label design {design} is for paper of {width_mm:g} x {height_mm:g} mm, and a label printer takes labels "
        "one by one, at most {widest_mm} mm across; print it as PDF, or take a design for labels on a roll."
    )
    design: str
    width_mm: float
    height_mm: float
    widest_mm: int


@dataclass(frozen=True, slots=True)
class _Stock:
    """A design in whole dots: lengths and places from the top left corner of the label as it is read.

    What leaves the printer with its short edge first is turned a quarter clockwise.
    """

    design: Design
    dots_per_inch: int

    def dots(self, points: float) -> float:
        return points * self.dots_per_inch / 72

    @property
    def width(self) -> int:
        return round(self.dots(self.design.paper.width_mm * MM))

    @property
    def height(self) -> int:
        return round(self.dots(self.design.paper.height_mm * MM))

    @property
    def size(self) -> tuple[int, int]:
        """The width across the printer, and the length."""
        return (self.height, self.width) if self.design.paper.turned else (self.width, self.height)

    def text(self, x: float, y: float) -> str:
        """The field that starts at this place of its baseline."""
        if self.design.paper.turned:
            return f"^FT{self.height - round(y)},{round(x)}"
        return f"^FT{round(x)},{round(y)}"

    def area(self, x: int, y: int, width: int, height: int) -> tuple[str, int, int]:
        """The field at the top left corner of this area as it leaves the printer, its width and its height."""
        if self.design.paper.turned:
            return f"^FO{self.height - y - height},{x}", height, width
        return f"^FO{x},{y}", width, height


def draw(pages: Sequence[Page], dots_per_inch: int) -> bytes:
    """The labels as one job for a printer of that resolution, each printed once.

    The same labels are the same bytes. Raises NotForALabelPrinter, and LabelDoesNotFit where the printer
    is too coarse for the symbol.
    """
    designs = {page.design.name: page.design for page in pages}
    for design in designs.values():
        _require_label_stock(design)
    known = {face.name: face for design in designs.values() for face in faces(design).values()}
    fonts = {name: _subset(known[name].path, used) for name, used in _characters(pages).items()}
    job = [_download(font) for font in fonts.values()]
    for page in pages:
        job += _label(page, _Stock(page.design, dots_per_inch), known, fonts)
    # Otherwise each job would leave its fonts in the printer's memory.
    job += ["^XA", *(f"^IDR:{_called(font)}.TTF^FS" for font in fonts.values()), "^XZ"]
    return "".join(f"{line}\n" for line in job).encode("ascii")


def escaped(text: str) -> str:
    """Field data for ^FH_ under ^CI28: UTF-8, in which every byte that is not plain is `_` and two digits."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in _SPECIAL else f"_{byte:02X}" for byte in text.encode()
    )


def _require_label_stock(design: Design) -> None:
    paper = design.sheet or design.paper
    across = design.paper.height_mm if design.paper.turned else design.paper.width_mm
    if design.sheet is not None or across > _WIDEST_MM:
        raise NotForALabelPrinter(
            design=design.name, width_mm=paper.width_mm, height_mm=paper.height_mm, widest_mm=_WIDEST_MM
        )


def _label(page: Page, stock: _Stock, known: Mapping[str, Face], fonts: Mapping[str, bytes]) -> Iterator[str]:
    width, length = stock.size
    yield f"^XA^CI28^PW{width}^LL{length}^LH0,0"
    for line in _lines(page):
        yield from _text(line, known[line.face], _called(fonts[line.face]), stock)
    for rule in page.rules:
        thick = max(1, round(stock.dots(RULE_PT)))
        left, right, y = (round(stock.dots(mm * MM)) for mm in (rule.from_mm, rule.to_mm, rule.y_mm))
        place, across, down = stock.area(left, y - thick // 2, right - left, thick)
        yield f"{place}^GB{across},{down},{thick}^FS"
    for drawing in page.drawings:
        side, x = round(stock.dots(drawing.side_pt)), round(stock.dots(drawing.x_pt))
        picture, left, above = drawn(drawing.shapes, side)
        yield _graphic(picture, x + left, stock.height - round(stock.dots(drawing.y_pt)) - above, stock)
    if page.symbol is not None and page.barcode is not None:
        found = fitted(page.symbol, page.barcode, stock.dots_per_inch, page.design.name)
        yield _graphic(of_symbol(found.matrix, found.module), found.left, found.top, stock)
    yield "^PQ1^XZ"


def _lines(page: Page) -> Iterator[Line]:
    """Everything that is set in type: the lines, and the marks of the drawings."""
    yield from page.lines
    for drawing in page.drawings:
        yield from (_mark(shape, drawing) for shape in drawing.shapes if isinstance(shape, Mark))


def _mark(mark: Mark, drawing: Drawing) -> Line:
    side = drawing.side_pt
    return Line(drawing.font, mark.size * side, drawing.x_pt + mark.x * side, drawing.y_pt + mark.y * side, mark.text)


def _text(line: Line, face: Face, font: str, stock: _Stock) -> Iterator[str]:
    """A field for each word: a printer sets every letter on a whole dot, which adds up over a line."""
    # Upwards, since a legal size is the smallest that is allowed.
    tall = max(_LEAST_TYPE, ceil(round(stock.dots(line.size_pt), 6)))
    turn = "R" if stock.design.paper.turned else "N"
    for word in _WORD.finditer(line.text):
        x = stock.dots(line.x_pt + face.width(line.text[: word.start()]) * line.size_pt)
        place = stock.text(x, stock.height - stock.dots(line.y_pt))
        wide = _width(word[0], face, stock.dots(line.size_pt), tall)
        yield f"{place}^A@{turn},{tall},{wide},R:{font}.TTF^FH_^FD{escaped(word[0])}^FS"


def _width(word: str, face: Face, size: float, tall: int) -> int:
    """The width of type in which the letters' whole dots come closest to the word, one more than it at most."""
    room = face.width(word) * size
    widths = range(tall, max(_LEAST_TYPE, tall * 9 // 10) - 1, -1)
    dots = {wide: sum(floor(face.width(each) * wide + 0.5) for each in word) for wide in widths}
    return min(dots, key=lambda wide: (dots[wide] > room + 1, abs(dots[wide] - room)))


def _graphic(picture: Image.Image, x: int, y: int, stock: _Stock) -> str:
    """A bitmap from its top left corner, a row of dots to a row of digits."""
    place, width, height = stock.area(x, y, *picture.size)
    if stock.design.paper.turned:
        picture = picture.transpose(Image.Transpose.ROTATE_270)
    a_row = ceil(width / 8)
    rows = picture.tobytes().hex("\n", a_row).upper()
    return f"{place}^GFA,{a_row * height},{a_row * height},{a_row},\n{rows}^FS"


def _characters(pages: Sequence[Page]) -> dict[str, str]:
    """The characters that the labels set in each font, in order."""
    used: dict[str, set[str]] = {}
    for page in pages:
        for line in _lines(page):
            used.setdefault(line.face, set()).update(*line.text.split())
    return {name: "".join(sorted(used[name])) for name in sorted(used)}


@lru_cache(maxsize=16)
def _subset(file: Path, characters: str) -> bytes:
    """The glyphs of these characters as a TrueType font, without hints, kerning or features.

    Ascent and descent add up to the em: the guide calls the height of scalable type that of "the entire
    character block", and so it is the size of the type whichever of the two a printer takes.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, layout_features=[], glyph_names=False, notdef_outline=True, recalc_timestamp=False)
    font = TTFont(file, recalcTimestamp=False)
    # Before the subsetter looks at them, which would take most of its time.
    for table in ("BASE", "GDEF", "GPOS", "GSUB", "gasp", "kern"):
        if table in font:
            del font[table]
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    em = font["head"].unitsPerEm
    descent = em // 5
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = em - descent, -descent, 0
    font["OS/2"].usWinAscent, font["OS/2"].usWinDescent = em - descent, descent
    font["OS/2"].sTypoAscender, font["OS/2"].sTypoDescender, font["OS/2"].sTypoLineGap = em - descent, -descent, 0
    buffer = BytesIO()
    font.save(buffer, reorderTables=True)
    return buffer.getvalue()


def _called(font: bytes) -> str:
    """The font's name in the printer: of its content, so that no job's font passes for that of another."""
    return sha256(font).hexdigest()[:8].upper()


def _download(font: bytes) -> str:
    """The font for the printer's memory: ~DY of the format A (ASCII) with the extension T (TrueType)."""
    return f"~DYR:{_called(font)},A,T,{len(font)},,{font.hex().upper()}"
