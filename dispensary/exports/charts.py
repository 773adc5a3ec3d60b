"""Charts on paper: bars in a row of a table, columns over a line of days or months.

They are drawn straight onto the page: every drawing of reportlab.graphics asks for Helvetica, which is not
embedded, and whoever prints the report then sees another font, or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

from reportlab.platypus import Flowable

from dispensary.exports.paper import ALERT, BAR, BAR_REST, CELL_PT, INK, MUTED, RULE, fonts, printable

_TITLE_PT = 9.5
_TEXT_PT = 7.5
_APART_PT = 2


class Bar(Flowable):  # type: ignore[misc]
    """A bar to the scale of `most`, with a part of it in full colour: what is usable, or what will be lost."""

    def __init__(self, part: int, whole: int, most: int, width: float, *, alert: bool = False) -> None:
        super().__init__()
        self.width, self.height = width, CELL_PT * 1.25
        colour = ALERT if alert else BAR
        self.parts = [(width * length / max(most, 1), shade) for length, shade in ((whole, BAR_REST), (part, colour))]

    def draw(self) -> None:
        """The whole bar, and the part over it; nothing for 0."""
        for length, colour in self.parts:
            if length:
                self.canv.setFillColor(colour)
                # What there is can be seen, however little.
                self.canv.rect(0, 1.5, max(length, 0.8), CELL_PT * 0.8, stroke=0, fill=1)


class Spark(Flowable):  # type: ignore[misc]
    """A row of small columns without words, as high as a line of a table, to their own scale."""

    def __init__(self, amounts: Sequence[int], width: float) -> None:
        super().__init__()
        self.width, self.height = width, CELL_PT * 1.25
        self.amounts = amounts

    def draw(self) -> None:
        """A column for each amount, over a line."""
        step, most = self.width / max(len(self.amounts), 1), max(self.amounts, default=0)
        self.canv.setStrokeColor(RULE)
        self.canv.setLineWidth(0.5)
        self.canv.line(0, 1.5, self.width, 1.5)
        self.canv.setFillColor(BAR)
        for place, amount in enumerate(self.amounts):
            if amount:
                self.canv.rect(place * step, 1.5, step * 0.7, max(CELL_PT * 0.9 * amount / most, 0.6), stroke=0, fill=1)


@dataclass(frozen=True, slots=True)
class Point:
    """A column of a chart: what stands beneath it, and its height; a forecast is drawn in the lighter colour."""

    label: str
    amount: Decimal
    forecast: bool = False


class Columns(Flowable):  # type: ignore[misc]
    """Columns with their amounts above them and their names beneath, under a title, on a scale from 0.

    Where they are too many for their words, some go without.
    """

    def __init__(self, title: str, points: Sequence[Point], width: float, height: float) -> None:
        super().__init__()
        self.title, self.points = printable(title), points
        self.width, self.height = width, height

    def draw(self) -> None:
        """The title, the columns and their words."""
        regular, bold = fonts()
        canvas = self.canv
        canvas.setFillColor(INK)
        canvas.setFont(bold.name, _TITLE_PT)
        canvas.drawString(0, self.height - _TITLE_PT, self.title)
        bottom = _TEXT_PT * 1.7
        room = self.height - bottom - _TITLE_PT * 1.4 - _TEXT_PT * 1.6
        canvas.setLineWidth(0.4)
        canvas.setStrokeColor(MUTED)
        canvas.line(0, bottom, self.width, bottom)
        most = max((point.amount for point in self.points), default=Decimal())
        step = self.width / max(len(self.points), 1)
        broad = min(step * 0.62, 26)
        canvas.setFont(regular.name, _TEXT_PT)
        amounts = _spaced([f"{point.amount:,}" for point in self.points], step)
        names = _spaced([printable(point.label) for point in self.points], step)
        for place, point in enumerate(self.points):
            height = room * float(point.amount / most) if most else 0.0
            middle = step * (place + 0.5)
            if point.amount:
                canvas.setFillColor(BAR_REST if point.forecast else BAR)
                canvas.rect(middle - broad / 2, bottom, broad, max(height, 0.8), stroke=0, fill=1)
            canvas.setFillColor(INK if point.amount else MUTED)
            self._word(canvas, amounts[place], middle, bottom + height + 2)
            canvas.setFillColor(MUTED)
            self._word(canvas, names[place], middle, bottom - _TEXT_PT * 1.2)

    def _word(self, canvas: Any, word: str, middle: float, at: float) -> None:
        """The word about the middle, and within the chart."""
        half = _long(word) / 2
        canvas.drawCentredString(max(half, min(middle, self.width - half)), at, word)


def _long(word: str) -> float:
    return fonts()[0].width(word) * _TEXT_PT


def _spaced(words: Sequence[str], step: float) -> list[str]:
    """The words, or every second, third ... of them, the last one among them, where they would run together."""
    most = max(map(_long, words), default=0.0)
    # The outer ones move inwards where they are broader than their columns.
    each = ceil((most + max(0.0, most - step) + _APART_PT) / step)
    return [word if (len(words) - 1 - place) % each == 0 else "" for place, word in enumerate(words)]


class Legend(Flowable):  # type: ignore[misc]
    """What the colours of a chart mean, on one line."""

    def __init__(self, *meanings: tuple[str, Any]) -> None:
        super().__init__()
        self.meanings = meanings
        self.width, self.height = 0.0, _TEXT_PT * 1.6

    def wrap(self, width: float, _: float) -> tuple[float, float]:
        """As broad as the page lets it."""
        self.width = width
        return self.width, self.height

    def draw(self) -> None:
        """A square of each colour before its words."""
        regular, _ = fonts()
        at = 0.0
        self.canv.setFont(regular.name, _TEXT_PT)
        for words, colour in self.meanings:
            self.canv.setFillColor(colour)
            self.canv.rect(at, 2, _TEXT_PT * 0.8, _TEXT_PT * 0.8, stroke=0, fill=1)
            self.canv.setFillColor(MUTED)
            self.canv.drawString(at + _TEXT_PT * 1.2, 2.5, words)
            at += _TEXT_PT * 1.2 + regular.width(words) * _TEXT_PT + 14
