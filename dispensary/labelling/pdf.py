"""Labels as one PDF, a page each: vectors and embedded fonts, the same bytes for the same labels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from dispensary.errors import quoted
from dispensary.labelling.datamatrix import matrix
from dispensary.labelling.design import MM, Box, Design
from dispensary.labelling.fonts import Face, face
from dispensary.labelling.layout import LabelDoesNotFit, Line, lines
from dispensary.labelling.pictograms import keep_between, keep_dark
from dispensary.labelling.text import LabelText


def faces(design: Design) -> dict[str, Face]:
    """The design's fonts, parsed once in a process; raises IncompleteInstallation."""
    return {key: face(*found) for key, found in design.fonts.items()}


def draw(labels: Sequence[LabelText], design: Design) -> bytes:
    """The labels on the design's paper; raises LabelDoesNotFit and NoGlyph, and then makes nothing."""
    fonts = faces(design)
    buffer = BytesIO()
    canvas = Canvas(
        buffer,
        pagesize=(design.width_mm * MM, design.height_mm * MM),
        invariant=1,
        pageCompression=1,
        # Otherwise every page asks for Helvetica, which is not embedded.
        initialFontName=next(iter(fonts.values())).name,
    )
    canvas.setTitle(f"Dispensing labels ({design.name})")
    # A label that the print dialog scales is no longer of the legal size.
    canvas.setViewerPreference("PrintScaling", "None")
    with _binary_pages():
        for label in labels:
            _page(canvas, label, design, fonts)
            canvas.showPage()
        canvas.save()
    return buffer.getvalue()


@contextmanager
def _binary_pages() -> Iterator[None]:
    """No ASCII-85 around the pages: in a batch it would take more time than drawing the label."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _page(canvas: Canvas, label: LabelText, design: Design, fonts: dict[str, Face]) -> None:
    _text(canvas, lines(label, design, fonts))
    canvas.setLineWidth(0.7)
    for y, start, end in design.rules_mm:
        level = (design.height_mm - y) * MM
        canvas.line(start * MM, level, end * MM, level)
    _barcode(canvas, label, design)
    _pictograms(canvas, label, design, fonts)


def _text(canvas: Canvas, placed: Sequence[Line]) -> None:
    text = canvas.beginText()
    for line in placed:
        text.setFont(line.face, line.size_pt)
        text.setTextOrigin(line.x_pt, line.y_pt)
        text.textOut(line.text)
    canvas.drawText(text)


def _barcode(canvas: Canvas, label: LabelText, design: Design) -> None:
    """The DataMatrix in whole dots of the printer, at the largest module that leaves its quiet zone."""
    found, box, dot = matrix(label.symbol), design.barcode, 72 / design.dots_per_inch
    room = int(min(box.width_mm, box.height_mm) * MM / dot)
    fitting = [dots for dots in design.module_dots if (found.size + 2 * design.quiet_modules) * dots <= room]
    if not fitting:
        raise LabelDoesNotFit(field="symbol", text=quoted(label.symbol.text), design=design.name)
    module = fitting[0] * dot
    # A module that began between two dots would print one dot wider or narrower than its neighbour.
    left = _dots(box.x_mm, dot, (room - found.size * fitting[0]) // 2)
    top = _dots(box.y_mm, dot, (room - found.size * fitting[0]) // 2)
    canvas.saveState()
    canvas.translate(left, design.height_mm * MM - top - found.size * module)
    canvas.scale(module, module)
    # One path, so that no hairline shows between rows; literal, since a path object costs more than all the text.
    canvas.addLiteral(found.path)
    canvas.restoreState()


def _dots(start_mm: float, dot: float, more: int) -> float:
    """A distance from the paper's edge in points, of whole dots."""
    return (round(start_mm * MM / dot) + more) * dot


def _pictograms(canvas: Canvas, label: LabelText, design: Design, fonts: dict[str, Face]) -> None:
    """The pictograms that the product asks for, one below the other."""
    box: Box = design.pictograms
    side = min(box.width_mm, box.height_mm / 2) * MM
    y = (design.height_mm - box.y_mm) * MM
    if label.dark:
        y -= side
        keep_dark(canvas, box.x_mm * MM, y, side)
    if label.limits is not None:
        y -= side
        keep_between(canvas, box.x_mm * MM, y, side, label.limits, fonts[design.pictogram_font].name)
