"""A checkpoint on paper: a card of A6 with the note as a QR code, to be kept off the machine."""

from datetime import datetime

from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from dispensary.checkpoint import Signed
from dispensary.exports.paper import INK, pages, paragraph
from dispensary.labelling.symbols import Code, Symbol, matrix
from dispensary.rules.moments import to_the_minute
from dispensary.rules.people import Pharmacy

MODULE = 0.75 * mm
"""A module that a telephone reads from a hand's breadth."""

QUIET = 4
"""Modules without ink on every side (ISO/IEC 18004)."""


class _Qr(Flowable):  # type: ignore[misc]
    """A QR code of the text, with its quiet zone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.matrix = matrix(Symbol(text, Code.QR))
        self.width = self.height = (self.matrix.size + 2 * QUIET) * MODULE

    def draw(self) -> None:
        """The dark modules, row by row."""
        self.canv.setFillColor(INK)
        for column, row, length in self.matrix.runs:
            top = self.matrix.size + QUIET - row - 1
            self.canv.rect((column + QUIET) * MODULE, top * MODULE, length * MODULE, MODULE, stroke=0, fill=1)


def checkpoint_card(signed: Signed, pharmacy: Pharmacy, on: datetime) -> bytes:
    """The card as PDF; the QR code holds the note to the byte."""

    def story() -> list[Flowable]:
        return [
            paragraph(f"Audit checkpoint: event {signed.sequence:,}", 11, bold=True),
            paragraph(f"{pharmacy.name}, {to_the_minute(on)}. Keep this card away from the computer.", 7.5),
            _Qr(signed.note),
            paragraph(f"head {signed.hash}", 5.5),
            paragraph(f"verifier key {signed.verifier}", 5.5),
        ]

    foot = "dispensary audit verify --checkpoint NOTE"
    return pages(story, (float(A6[0]), float(A6[1])), title="Audit checkpoint", foot=foot)
