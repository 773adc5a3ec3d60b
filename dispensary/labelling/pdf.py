"""Labels as one PDF: vectors and embedded fonts, the same bytes for the same labels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from dispensary.labelling.design import MM, Design, Sheet
from dispensary.labelling.page import RULE_PT, Page, faces
from dispensary.labelling.shapes import Bar, Disc, Drawing, Mark, Shape, Stroke
from dispensary.labelling.symbols import Matrix

# A quarter of a circle as a Bézier curve.
_KAPPA = 0.5523


def draw(pages: Sequence[Page], *, position: int = 1) -> bytes:
    """The labels, a page each, or on sheets from the given label of the first one on (1 is the top left).

    Every page is of the paper of its label's design.
    """
    first = pages[0].design
    buffer = BytesIO()
    canvas = Canvas(
        buffer,
        invariant=1,
        pageCompression=1,
        # Otherwise every page asks for Helvetica, which is not embedded.
        initialFontName=next(iter(faces(first).values())).name,
    )
    canvas.setTitle(f"Labels ({first.name})")
    # A label that the print dialog scales is no longer of the legal size.
    canvas.setViewerPreference("PrintScaling", "None")
    with _binary_pages():
        if first.sheet is None:
            _rolled(canvas, pages)
        else:
            _on_sheets(canvas, pages, first.sheet, first, position)
        canvas.save()
    return buffer.getvalue()


def _rolled(canvas: Canvas, pages: Sequence[Page]) -> None:
    for page in pages:
        canvas.setPageSize((page.design.paper.width_mm * MM, page.design.paper.height_mm * MM))
        _page(canvas, page)
        canvas.showPage()


def _on_sheets(canvas: Canvas, pages: Sequence[Page], sheet: Sheet, design: Design, position: int) -> None:
    canvas.setPageSize((sheet.width_mm * MM, sheet.height_mm * MM))
    a_sheet = sheet.columns * sheet.rows
    for number, page in enumerate(pages, position - 1):
        if number % a_sheet == 0 and number >= position:
            canvas.showPage()
        row, column = divmod(number % a_sheet, sheet.columns)
        canvas.saveState()
        canvas.translate(
            (sheet.left_mm + column * sheet.across_mm) * MM,
            (sheet.height_mm - sheet.top_mm - row * sheet.down_mm - design.paper.height_mm) * MM,
        )
        _page(canvas, page)
        canvas.restoreState()
    canvas.showPage()


@contextmanager
def _binary_pages() -> Iterator[None]:
    """No ASCII-85 around the pages: in a batch it would take more time than drawing the label."""
    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _page(canvas: Canvas, page: Page) -> None:
    text = canvas.beginText()
    for line in page.lines:
        text.setFont(line.face, line.size_pt)
        text.setTextOrigin(line.x_pt, line.y_pt)
        text.textOut(line.text)
    canvas.drawText(text)
    canvas.setLineWidth(RULE_PT)
    for rule in page.rules:
        level = (page.design.paper.height_mm - rule.y_mm) * MM
        canvas.line(rule.from_mm * MM, level, rule.to_mm * MM, level)
    _symbol(canvas, page)
    for drawing in page.drawings:
        _drawing(canvas, drawing)


def _symbol(canvas: Canvas, page: Page) -> None:
    found = page.fitted
    if found is None or page.barcode is None:
        return
    dot = 72 / page.barcode.dots_per_inch
    module = found.module * dot
    canvas.saveState()
    canvas.translate(found.left * dot, page.design.paper.height_mm * MM - found.top * dot - found.matrix.size * module)
    canvas.scale(module, module)
    # One path, so that no hairline shows between rows; literal, since a path object costs more than all the text.
    canvas.addLiteral(_path(found.matrix))
    canvas.restoreState()


@lru_cache(maxsize=64)
def _path(matrix: Matrix) -> str:
    """The PDF path that fills the dark modules, counted from the bottom left."""
    runs = [f"{column} {matrix.size - 1 - row} {length} 1 re" for column, row, length in matrix.runs]
    return " ".join([*runs, "f"])


def _drawing(canvas: Canvas, drawing: Drawing) -> None:
    canvas.saveState()
    canvas.translate(drawing.x_pt, drawing.y_pt)
    canvas.scale(drawing.side_pt, drawing.side_pt)
    canvas.addLiteral(_paths(drawing.shapes))
    canvas.restoreState()
    for shape in drawing.shapes:
        if isinstance(shape, Mark):
            canvas.setFont(drawing.font, shape.size * drawing.side_pt)
            x, y = drawing.x_pt + shape.x * drawing.side_pt, drawing.y_pt + shape.y * drawing.side_pt
            canvas.drawString(x, y, shape.text)


@lru_cache(maxsize=64)
def _paths(shapes: tuple[Shape, ...]) -> str:
    return " ".join(filter(None, map(_shape, shapes)))


def _shape(shape: Shape) -> str:
    """The shape in PDF's path operators; a mark is not a path."""
    match shape:
        case Stroke(points, width):
            (x, y), *more = points
            return " ".join([f"{width:.4f} w {x:.4f} {y:.4f} m", *(f"{x:.4f} {y:.4f} l" for x, y in more), "S"])
        case Bar(x, y, width, height):
            return f"{x:.4f} {y:.4f} {width:.4f} {height:.4f} re f"
        case Disc(x, y, radius, ring):
            return f"{_circle(x, y, radius)} f" if ring is None else f"{ring:.4f} w {_circle(x, y, radius)} S"
        case Mark():
            return ""


def _circle(x: float, y: float, r: float) -> str:
    k = _KAPPA * r
    curves = (
        (x + r, y + k, x + k, y + r, x, y + r),
        (x - k, y + r, x - r, y + k, x - r, y),
        (x - r, y - k, x - k, y - r, x, y - r),
        (x + k, y - r, x + r, y - k, x + r, y),
    )
    return " ".join(
        [f"{x + r:.4f} {y:.4f} m", *(" ".join(f"{number:.4f}" for number in curve) + " c" for curve in curves), "h"]
    )
