"""What a printed label shows: its words, their sizes and places, its fonts, its symbol as a scanner sees it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pypdfium2
import zxingcpp
from PIL import Image
from pypdfium2 import raw

from dispensary.labelling.design import MM
from dispensary.labelling.page import Page
from dispensary.labelling.pdf import draw


@dataclass(frozen=True)
class Run:
    """Words in one font and size: from left to right and from the top of the paper, in millimetres."""

    text: str
    size_pt: float
    font: str
    embedded: bool
    left_mm: float
    top_mm: float
    right_mm: float
    bottom_mm: float


def page(pdf: bytes, number: int = 0) -> pypdfium2.PdfPage:
    return pypdfium2.PdfDocument(pdf)[number]


def words(pdf: bytes, number: int = 0) -> str:
    """The text of a page, a line of the label to a line."""
    return page(pdf, number).get_textpage().get_text_bounded().replace("\r\n", "\n") + "\n"


def flowing(pdf: bytes, number: int = 0) -> str:
    """The text of a page on one line, however it was broken."""
    return " ".join(words(pdf, number).split())


@dataclass(frozen=True)
class Printed:
    """One label as it came out: how it was laid out, and its runs of text, from its own top left corner."""

    page: Page
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)


def printed(pages: Sequence[Page], position: int = 1) -> list[Printed]:
    """The labels, read from their PDF."""
    document = pypdfium2.PdfDocument(draw(pages, position=position))

    @cache
    def read(leaf: int, height_mm: float) -> list[Run]:
        return list(_all_runs(document[leaf], height_mm))

    return [Printed(page, tuple(_runs(read, page, number, position))) for number, page in enumerate(pages)]


def _runs(read: Callable[[int, float], list[Run]], page: Page, number: int, position: int) -> Iterator[Run]:
    sheet, paper = page.design.sheet, page.design.paper
    if sheet is None:
        leaf, left, top = number, 0.0, 0.0
        height = paper.height_mm
    else:
        cell = number + position - 1
        leaf = cell // (sheet.columns * sheet.rows)
        row, column = divmod(cell % (sheet.columns * sheet.rows), sheet.columns)
        left, top = sheet.left_mm + column * sheet.across_mm, sheet.top_mm + row * sheet.down_mm
        height = sheet.height_mm
    for run in read(leaf, height):
        if left <= run.left_mm <= left + paper.width_mm and top <= run.top_mm <= top + paper.height_mm:
            yield replace(
                run,
                left_mm=run.left_mm - left,
                right_mm=run.right_mm - left,
                top_mm=run.top_mm - top,
                bottom_mm=run.bottom_mm - top,
            )


def _all_runs(leaf: pypdfium2.PdfPage, height_mm: float) -> Iterator[Run]:
    reading = leaf.get_textpage()
    for found in leaf.get_objects([raw.FPDF_PAGEOBJ_TEXT], textpage=reading):
        left, bottom, right, top = found.get_bounds()
        yield Run(
            text=found.extract(),
            size_pt=found.get_font_size(),
            font=found.get_font().get_base_name(),
            embedded=bool(found.get_font().is_embedded),
            left_mm=left / MM,
            top_mm=height_mm - top / MM,
            right_mm=right / MM,
            bottom_mm=height_mm - bottom / MM,
        )


def picture(pdf: bytes, dots_per_inch: int, number: int = 0) -> Image.Image:
    """A page printed with that many dots an inch, black or white only."""
    grey = page(pdf, number).render(scale=dots_per_inch / 72, grayscale=True).to_pil()
    return grey.point(lambda value: 255 if value > 127 else 0)


def scanned(pdf: bytes, dots_per_inch: int, number: int = 0) -> zxingcpp.Barcode:
    """The one symbol of a page printed with that many dots an inch."""
    (found,) = zxingcpp.read_barcodes(picture(pdf, dots_per_inch, number))
    return found


def elements(scan: bytes) -> dict[str, str]:
    """The element strings of a scan, read apart from the program: the lot ends with the separator GS."""
    found = re.fullmatch(r"01([0-9]{14})10([^\x1d]{1,20})\x1d17([0-9]{6})", scan.decode("ascii"))
    assert found is not None, scan
    return dict(zip(("gtin", "lot", "expiry"), found.groups(), strict=True))
