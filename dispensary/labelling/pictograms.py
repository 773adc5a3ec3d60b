"""Storage pictograms as vectors, after ISO 15223-1: keep away from sunlight, temperature limits.

They are drawn from the product's own storage, in a square whose side is given in points.
"""

from math import cos, pi, sin
from typing import TYPE_CHECKING

from dispensary.labelling.text import Limits

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas


def keep_dark(canvas: "Canvas", x: float, y: float, side: float) -> None:
    """A sun whose rays a roof keeps from the vial beneath it (ISO 15223-1, 5.3.2)."""
    middle, sun = x + side / 2, y + side * 0.74
    canvas.circle(middle, sun, side * 0.1, stroke=0, fill=1)
    rays = canvas.beginPath()
    for eighth in range(8):
        angle = eighth * pi / 4
        for start, part in ((True, 0.15), (False, 0.24)):
            point = (middle + side * part * cos(angle), sun + side * part * sin(angle))
            rays.moveTo(*point) if start else rays.lineTo(*point)
    canvas.setLineWidth(side * 0.035)
    canvas.drawPath(rays)
    roof = canvas.beginPath()
    roof.moveTo(x + side * 0.14, y + side * 0.26)
    roof.lineTo(middle, y + side * 0.5)
    roof.lineTo(x + side * 0.86, y + side * 0.26)
    canvas.setLineWidth(side * 0.065)
    canvas.drawPath(roof)
    canvas.setLineWidth(side * 0.035)
    canvas.rect(middle - side * 0.09, y + side * 0.02, side * 0.18, side * 0.2)
    canvas.rect(middle - side * 0.055, y + side * 0.22, side * 0.11, side * 0.06, fill=1)


def keep_between(canvas: "Canvas", x: float, y: float, side: float, limits: Limits, font: str) -> None:
    """A thermometer with its upper limit, and its lower one where there is one (ISO 15223-1, 5.3.5 to 5.3.7)."""
    stem, bulb, half = x + side * 0.22, y + side * 0.16, side * 0.065
    canvas.setLineWidth(side * 0.035)
    canvas.circle(stem, bulb, side * 0.13, stroke=0, fill=1)
    canvas.roundRect(stem - half, bulb, 2 * half, side * 0.78, half)
    canvas.rect(stem - half * 0.5, bulb, half, side * 0.4, stroke=0, fill=1)
    size = side * 0.26
    canvas.setFont(font, size)
    _limit(canvas, stem, y + side * 0.8, side, f"{limits.high_c} °C", size)
    if limits.low_c is not None:
        _limit(canvas, stem, y + side * 0.36, side, f"{limits.low_c} °C", size)


def _limit(canvas: "Canvas", stem: float, y: float, side: float, text: str, size: float) -> None:
    canvas.setLineWidth(side * 0.05)
    canvas.line(stem - side * 0.12, y, stem + side * 0.16, y)
    canvas.drawString(stem + side * 0.2, y - size * 0.35, text)
