"""Reports on paper: embedded fonts, headings, tables that run over pages, page x of y; charts.py has the charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from dispensary.labelling.fonts import Face, face
from dispensary.rules.people import Country

INK = HexColor(0x1B2A38)
MUTED = HexColor(0x5A6875)
RULE = HexColor(0xCBD3DA)
TINT = HexColor(0xF2F4F6)
ALERT = HexColor(0x9B1B3C)
BAR = HexColor(0x3A6EA5)
BAR_REST = HexColor(0xC5D5E6)

MARGIN = 16 * mm
FOOT = 12 * mm
CELL_PT = 8.5
PADDING_PT = 4
GAP_PT = 14


@cache
def fonts() -> tuple[Face, Face]:
    """The regular and the bold face, the labels' own."""
    return (
        face("font_source_sans_pro", "files/SourceSansPro-Regular.ttf"),
        face("font_source_sans_pro", "files/SourceSansPro-Bold.ttf"),
    )


def page_size(country: Country) -> tuple[float, float]:
    """Letter in the United States, A4 elsewhere; in points."""
    width, height = LETTER if country is Country.US else A4
    return float(width), float(height)


def printable(text: str) -> str:
    """The text with a question mark for what the fonts cannot print; CSV and JSON keep every character."""
    regular, bold = fonts()
    return "".join(
        character if character in regular.printable and character in bold.printable else "?" for character in text
    )


def paragraph(text: str, size: float = 10, *, bold: bool = False, colour: Any = INK, right: bool = False) -> Paragraph:
    """Text as it is, never as markup, in as many lines as it needs."""
    style = ParagraphStyle(
        "text",
        fontName=fonts()[bold].name,
        bulletFontName=fonts()[bold].name,
        fontSize=size,
        leading=size * 1.25,
        textColor=colour,
        alignment=TA_RIGHT if right else 0,
        splitLongWords=1,
    )
    return Paragraph(escape(printable(text)), style)


def one_line(text: str, size: float, room: float, **look: Any) -> Paragraph:
    """A number, on one line and as small as that needs: one that is broken is read as two."""
    whole = fonts()[bool(look.get("bold"))].width(printable(text))
    # A hair less, since what fits exactly is broken by the last bit of a float.
    return paragraph(text, min(size, 0.99 * room / whole) if text else size, **look)


def heading(text: str, *, room_mm: float = 32) -> list[Flowable]:
    """A section's heading, on the next page where less room than that is left for the section."""
    title = paragraph(text, 12.5, bold=True)
    title.style.spaceBefore, title.style.spaceAfter = 13, 4
    return [CondPageBreak(room_mm * mm), title]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and its share of the width."""

    title: str
    share: float
    right: bool = False


# Text or a flowable; ReportLab has no types.
Cell: TypeAlias = Any


def grid(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: float, *, ends_in_note: bool = False
) -> LongTable:
    """A table with a heading that is repeated on each page.

    Text that is too wide for its cell is wrapped; what stands at the right is a number, and printed smaller.

    With `ends_in_note`, the first cell of the last row is a sentence across all columns.
    """
    whole = sum(column.share for column in columns)
    widths = [width * column.share / whole for column in columns]
    cells = [
        [_cell(cell, column, room) for cell, column, room in zip(row, columns, widths, strict=True)] for row in rows
    ]
    if ends_in_note:
        cells[-1][0] = rows[-1][0]
    regular, bold = fonts()
    style: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), regular.name, CELL_PT, CELL_PT * 1.25),
        ("FONT", (0, 0), (-1, 0), bold.name, CELL_PT - 1, CELL_PT * 1.25),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("TEXTCOLOR", (0, 0), (-1, 0), MUTED),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, MUTED),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    for at, column in enumerate(columns):
        if column.right:
            # Text beside a number that ends its column would read as one with it.
            style.append(("ALIGN", (at, 0), (at, -1), "RIGHT"))
            if at + 1 < len(columns) and not columns[at + 1].right:
                style.append(("LEFTPADDING", (at + 1, 0), (at + 1, -1), GAP_PT))
    if ends_in_note:
        style += [
            ("SPAN", (0, -1), (-1, -1)),
            ("ALIGN", (0, -1), (-1, -1), "LEFT"),
            ("TEXTCOLOR", (0, -1), (-1, -1), MUTED),
        ]
    titles = [column.title for column in columns]
    return LongTable([titles, *cells], colWidths=widths, repeatRows=1, style=style, splitInRow=1)


def worst(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: float, most: int) -> LongTable:
    """A grid of the first `most` rows, and in its last row how many more the CSV has."""
    more = len(rows) - most
    if more <= 0:
        return grid(columns, rows, width)
    note = f"and {more:,} more, in the CSV"
    return grid(columns, [*rows[:most], [note, *[""] * (len(columns) - 1)]], width, ends_in_note=True)


def layout(
    rows: Sequence[Sequence[Cell]], widths: Sequence[float], style: Sequence[tuple[Any, ...]], **options: Any
) -> Table:
    """Flowables side by side, without the look of a grid; empty cells are empty text."""
    # Even empty text asks for its font, which would be Helvetica and is not embedded.
    font = ("FONT", (0, 0), (-1, -1), fonts()[0].name)
    return Table(rows, colWidths=widths, style=[font, *style], **options)


def ending(sequence: int, digest: str, width: float) -> list[Flowable]:
    """The end of the audit chain, and room for the signature of whoever has read all this; on one page."""
    line = [
        *(("LINEABOVE", (at, 0), (at, 0), 0.8, INK) for at in (0, 2)),
        *((f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
    ]
    names = [paragraph("Read and signed by", 8, colour=MUTED), "", paragraph("Date and time", 8, colour=MUTED)]
    *_, title = heading("Audit")
    told = paragraph(f"The audit chain ends with event {sequence:,}, whose hash is", 9.5)
    signature = layout([names], [width * 0.55, width * 0.05, width * 0.4], line)
    return [KeepTogether([title, told, paragraph(digest, 9.5), Spacer(0, 16 * mm), signature])]


def _cell(cell: Cell, column: Column, room: float) -> Cell:
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    # A paragraph costs ten times as much, and most cells need none.
    if fonts()[0].width(text) * CELL_PT <= room - GAP_PT - PADDING_PT:
        return text
    if column.right:
        return one_line(text, CELL_PT, room - 2 * PADDING_PT, right=True)
    return paragraph(text, CELL_PT)


class _Pages(BaseDocTemplate):  # type: ignore[misc]
    """A document with a foot on every page; `total` is known from an earlier pass."""

    def __init__(self, file: BytesIO, size: tuple[float, float], title: str, foot: str, total: int | None) -> None:
        super().__init__(
            file,
            pagesize=size,
            title=printable(title),
            author=printable(foot),
            subject=printable(title),
            lang="en",
            invariant=1,
            pageCompression=1,
            initialFontName=fonts()[0].name,
        )
        self.foot, self.total = foot, total
        width, height = size
        frame = Frame(
            MARGIN,
            MARGIN + FOOT,
            width - 2 * MARGIN,
            height - 2 * MARGIN - FOOT,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._foot, pagesize=size))

    def _foot(self, canvas: Any, _: object) -> None:
        width = self.pagesize[0] - 2 * MARGIN
        top = MARGIN + FOOT - 5 * mm
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, top, MARGIN + width, top)
        number = paragraph(f"page {self.page} of {self.total or self.page}", 8, colour=MUTED, right=True)
        for text, left, room in ((paragraph(self.foot, 8, colour=MUTED), 0.0, 0.8), (number, 0.8, 0.2)):
            _, height = text.wrap(width * room, FOOT)
            text.drawOn(canvas, MARGIN + width * left, top - height - 2)


def pages(story: Callable[[], list[Flowable]], size: tuple[float, float], *, title: str, foot: str) -> bytes:
    """The PDF of the flowables that `story()` makes, the same bytes for the same content.

    It is laid out twice, because the first page names the number of the last; hence a function,
    as flowables serve only once.
    """
    total = None
    for _ in range(2):
        file = BytesIO()
        document = _Pages(file, size, title, foot, total)
        document.build(story())
        total = document.page
    return file.getvalue()
