"""What a printed label shows: its words, their sizes and places, its fonts, its symbol as a scanner sees it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import zxingcpp
from pypdfium2 import raw

from dispensary.labelling.design import MM, Design


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


def runs(pdf: bytes, design: Design) -> Iterator[Run]:
    """Every run of text on the first page."""
    label = page(pdf)
    reading = label.get_textpage()
    for found in label.get_objects([raw.FPDF_PAGEOBJ_TEXT], textpage=reading):
        left, bottom, right, top = found.get_bounds()
        yield Run(
            text=found.extract(),
            size_pt=found.get_font_size(),
            font=found.get_font().get_base_name(),
            embedded=bool(found.get_font().is_embedded),
            left_mm=left / MM,
            top_mm=design.height_mm - top / MM,
            right_mm=right / MM,
            bottom_mm=design.height_mm - bottom / MM,
        )


def scanned(pdf: bytes, dots_per_inch: int, number: int = 0) -> zxingcpp.Barcode:
    """The one symbol of a page printed with that many dots an inch, black or white only."""
    picture = page(pdf, number).render(scale=dots_per_inch / 72, grayscale=True).to_pil()
    (found,) = zxingcpp.read_barcodes(picture.point(lambda grey: 255 if grey > 127 else 0))
    return found


def elements(scan: bytes) -> dict[str, str]:
    """The element strings of a scan, read apart from the program: the lot ends with the separator GS."""
    found = re.fullmatch(r"01([0-9]{14})10([^\x1d]{1,20})\x1d17([0-9]{6})", scan.decode("ascii"))
    assert found is not None, scan
    return dict(zip(("gtin", "lot", "expiry"), found.groups(), strict=True))
