"""Each label with everything in its place, whatever prints it; an overfull one goes to the next design."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dispensary.errors import quoted
from dispensary.labelling import wording
from dispensary.labelling.calendar import weeks_of
from dispensary.labelling.content import Content, Pictogram
from dispensary.labelling.design import MM, Barcode, Design, Label, Pictograms, Rule
from dispensary.labelling.designs import load
from dispensary.labelling.fonts import Face, face
from dispensary.labelling.layout import LabelDoesNotFit, Line, lines
from dispensary.labelling.pictograms import shapes
from dispensary.labelling.shapes import Drawing
from dispensary.labelling.symbols import Matrix, Symbol, matrix

RULE_PT = 0.7
"""How thick the lines across a label are."""

# In parts of a pictogram's square.
_BETWEEN_PICTOGRAMS = 0.1
# So that a module of exactly the width named counts, whatever its dots come to in millimetres.
_HAIR_MM = 0.002


@dataclass(frozen=True, slots=True)
class Fitted:
    """A symbol in whole dots of a printer: from the top left corner of the label, and the dots of a module."""

    matrix: Matrix
    left: int
    top: int
    module: int


@dataclass(frozen=True, slots=True)
class Page:
    """One label, ready to be drawn: its lines and drawings in points from the bottom left corner."""

    design: Design
    label: Label
    """Which of the design's labels it is."""
    lines: tuple[Line, ...]
    drawings: tuple[Drawing, ...]
    symbol: Symbol | None
    fitted: Fitted | None
    """The symbol in dots of the design's own width."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The lines across it."""
        return self.label.rules

    @property
    def barcode(self) -> Barcode | None:
        """The place of its symbol."""
        return self.label.barcode


def faces(design: Design) -> dict[str, Face]:
    """The design's fonts, parsed once in a process; raises IncompleteInstallation."""
    return {key: face(*found) for key, found in design.fonts.items()}


def laid_out(labels: Sequence[Content], design: Design) -> list[Page]:
    """What belongs together, such as the labels of a fill, all in one design: this, or the next that holds them.

    Raises LabelDoesNotFit by the last design of the chain, NoGlyph and NotADesign.
    """
    while True:
        try:
            return list(_pages(labels, design))
        except LabelDoesNotFit:
            if design.next is None:
                raise
            design = load(design.next)


def fitted(symbol: Symbol, barcode: Barcode, dots_per_inch: int, design: str) -> Fitted:
    """The symbol in the middle of its place, its modules as wide as the place and the printer's dots allow.

    A module that began between two dots would print one dot wider or narrower than its neighbour.
    Raises LabelDoesNotFit.
    """
    found = matrix(symbol)
    dot = 25.4 / dots_per_inch
    room = int(min(barcode.width_mm, barcode.height_mm) / dot)
    module = min(room // (found.size + 2 * barcode.quiet_modules), int((barcode.most_mm + _HAIR_MM) / dot))
    if module * dot < barcode.least_mm - _HAIR_MM:
        raise LabelDoesNotFit(field="symbol", text=quoted(symbol.text), design=design)
    inset = (room - found.size * module) // 2
    return Fitted(found, round(barcode.x_mm / dot) + inset, round(barcode.y_mm / dot) + inset, module)


def _pages(labels: Sequence[Content], design: Design) -> Iterator[Page]:
    pages = len(labels) * len(design.labels)
    fonts = faces(design)
    for number, content in enumerate(labels):
        for part, label in enumerate(design.labels, 1):
            page = number * len(design.labels) + part
            yield _page(content, label, design, fonts, content.page.format(page=page, pages=pages) if pages > 1 else "")


def _page(content: Content, label: Label, design: Design, fonts: Mapping[str, Face], page: str) -> Page:
    def say(field: str) -> str:
        value: str = page if field == "page" else getattr(content, field)
        return value

    placed = lines(say, label, design, fonts)
    drawings: list[Drawing] = []
    if label.pictograms is not None:
        drawings += _pictograms(content, label.pictograms, design, fonts)
    if label.calendar is not None:
        words = wording.load(content.language)
        dated, rings = weeks_of(content.injections, label.calendar, design, fonts, words)
        placed += dated
        drawings += rings
    symbol, found = content.symbol, None
    if symbol is not None and label.barcode is not None:
        # Refused here, so that what is too large for one design goes to the next.
        found = fitted(symbol, label.barcode, label.barcode.dots_per_inch, design.name)
    return Page(design, label, tuple(placed), tuple(drawings), symbol if found else None, found)


def _pictograms(content: Content, place: Pictograms, design: Design, fonts: Mapping[str, Face]) -> Iterator[Drawing]:
    """The pictograms row by row from the top left, in the largest squares that hold all of them."""
    many = len(content.pictograms)
    if not many:
        return
    sides = {
        columns: min(place.width_mm / columns, place.height_mm / ceil(many / columns)) for columns in range(1, many + 1)
    }
    columns = max(sides, key=lambda columns: sides[columns])
    side = sides[columns]
    if side < place.least_mm:
        raise LabelDoesNotFit(
            field="pictograms", text=quoted(", ".join(map(str, content.pictograms))), design=design.name
        )
    gap = side * _BETWEEN_PICTOGRAMS / 2
    for number, pictogram in enumerate(content.pictograms):
        row, column = divmod(number, columns)
        limits = content.limits if pictogram is Pictogram.LIMITS else None
        yield Drawing(
            shapes(pictogram, limits),
            (place.x_mm + column * side + gap) * MM,
            (design.paper.height_mm - place.y_mm - (row + 1) * side + gap) * MM,
            (side - 2 * gap) * MM,
            fonts[place.font].name,
        )
