"""What drawings are made of, in a unit square whose y counts upwards, whatever draws them in the end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through the points, as wide as that part of the square."""

    points: tuple[tuple[float, float], ...]
    width: float


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle about (x, y): filled, or as a ring of that width where one is given."""

    x: float
    y: float
    radius: float
    ring: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle from its lower left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Words from the left end of their baseline."""

    text: str
    x: float
    y: float
    size: float


Shape = Stroke | Disc | Bar | Mark


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a label: the lower left corner of their square and its side, in points; `font` is that of its marks."""

    shapes: tuple[Shape, ...]
    x_pt: float
    y_pt: float
    side_pt: float
    font: str = ""


def frame(x: float, y: float, width: float, height: float, stroke: float) -> Stroke:
    """The outline of a rectangle from its lower left corner."""
    right, top = x + width, y + height
    # Half a stroke beyond the corner, so that it is square.
    return Stroke(((x - stroke / 2, y), (right, y), (right, top), (x, top), (x, y)), stroke)
