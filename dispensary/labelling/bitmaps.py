"""Drawings and symbols as bitmaps in whole dots, for printers that draw no vectors; a dot of ink is 1."""

from collections.abc import Iterator
from functools import lru_cache
from math import ceil, floor

from PIL import Image, ImageDraw

from dispensary.labelling.shapes import Bar, Disc, Mark, Shape, Stroke
from dispensary.labelling.symbols import Matrix

# Each dot is decided by this many parts a side: ink where they are half covered.
_PARTS = 8


@lru_cache(maxsize=64)
def of_symbol(matrix: Matrix, module: int) -> Image.Image:
    """The symbol without its quiet zone, each module as many dots a side as `module` says."""
    picture = Image.new("1", (matrix.size * module,) * 2)
    pen = ImageDraw.Draw(picture)
    for column, row, length in matrix.runs:
        left, top = column * module, row * module
        pen.rectangle((left, top, left + length * module - 1, top + module - 1), fill=1)
    return picture


@lru_cache(maxsize=64)
def drawn(shapes: tuple[Shape, ...], side: int) -> tuple[Image.Image, int, int]:
    """The shapes but for their marks, in a square of that many dots a side.

    With the picture, where its top left corner lies: dots right of the square's left edge, and above its
    bottom edge. What reaches out of the square is drawn too.
    """
    edges = list(zip(*(bounds for shape in shapes for bounds in _bounds(shape)), strict=True))
    left, bottom = (floor(min(edge) * side) for edge in edges[:2])
    right, top = (ceil(max(edge) * side) for edge in edges[2:])
    parts = Image.new("L", ((right - left) * _PARTS, (top - bottom) * _PARTS))
    pen = ImageDraw.Draw(parts)
    for shape in shapes:
        _draw(pen, shape, side * _PARTS, left * _PARTS, top * _PARTS)
    inked = parts.reduce(_PARTS).point([0] * 128 + [255] * 128, "1")
    return inked, left, top


def _bounds(shape: Shape) -> Iterator[tuple[float, float, float, float]]:
    """Left, bottom, right and top of the shape."""
    match shape:
        case Stroke(points, width):
            half = width / 2
            for x, y in points:
                yield x - half, y - half, x + half, y + half
        case Bar(x, y, width, height):
            yield x, y, x + width, y + height
        case Disc(x, y, radius, ring):
            reach = radius + (ring or 0) / 2
            yield x - reach, y - reach, x + reach, y + reach
        case Mark():
            return


def _draw(pen: ImageDraw.ImageDraw, shape: Shape, scale: int, left: int, top: int) -> None:
    """The shape, in whose picture y counts downwards."""

    def at(x: float, y: float) -> tuple[float, float]:
        return x * scale - left, top - y * scale

    match shape:
        case Stroke(points, width):
            pen.line([at(*point) for point in points], fill=255, width=round(width * scale), joint="curve")
        case Bar(x, y, width, height):
            pen.rectangle((*at(x, y + height), *at(x + width, y)), fill=255)
        case Disc(x, y, radius, None):
            pen.ellipse((*at(x - radius, y + radius), *at(x + radius, y - radius)), fill=255)
        case Disc(x, y, radius, ring):
            reach = radius + (ring or 0) / 2
            box = (*at(x - reach, y + reach), *at(x + reach, y - reach))
            pen.ellipse(box, outline=255, width=round((ring or 0) * scale))
        case Mark():
            pass
