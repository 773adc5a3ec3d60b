"""Storage pictograms: keep away from sunlight, temperature limits, refrigerator, no freezing, children.

The sun, the thermometer and its limits follow ISO 15223-1 (5.3.2, 5.3.5 to 5.3.7); for the others no
standard has a symbol, and they are drawn to be understood without one.
"""

from functools import cache
from math import cos, pi, sin

from dispensary.labelling.content import Limits, Pictogram
from dispensary.labelling.shapes import Bar, Disc, Mark, Shape, Stroke, frame


@cache
def shapes(pictogram: Pictogram, limits: Limits | None) -> tuple[Shape, ...]:
    """The pictogram in a unit square; the thermometer shows these limits."""
    match pictogram:
        case Pictogram.DARK:
            return _keep_dark()
        case Pictogram.LIMITS:
            assert limits is not None, "a thermometer without limits says nothing"
            return _keep_between(limits)
        case Pictogram.REFRIGERATE:
            return _refrigerate()
        case Pictogram.DO_NOT_FREEZE:
            return (*_snowflake(0.5, 0.5, 0.36, 0.05), *_forbidden())
        case Pictogram.CHILDREN:
            return (*_child(), *_forbidden())


def _keep_dark() -> tuple[Shape, ...]:
    """A sun whose rays a roof keeps from the vial beneath it (ISO 15223-1, 5.3.2)."""
    rays = [
        Stroke(tuple((0.5 + part * cos(angle), 0.74 + part * sin(angle)) for part in (0.15, 0.24)), 0.035)
        for angle in (eighth * pi / 4 for eighth in range(8))
    ]
    roof = Stroke(((0.14, 0.26), (0.5, 0.5), (0.86, 0.26)), 0.065)
    return (Disc(0.5, 0.74, 0.1), *rays, roof, frame(0.41, 0.02, 0.18, 0.2, 0.035), Bar(0.445, 0.22, 0.11, 0.06))


def _keep_between(limits: Limits) -> tuple[Shape, ...]:
    """A thermometer with its upper limit, and its lower one where there is one (ISO 15223-1, 5.3.5 to 5.3.7)."""
    drawn: list[Shape] = [
        Disc(0.13, 0.15, 0.11),
        frame(0.075, 0.15, 0.11, 0.8, 0.03),
        Bar(0.1, 0.15, 0.06, 0.42),
        *_limit(0.8, limits.high_c),
    ]
    if limits.low_c is not None:
        drawn += _limit(0.38, limits.low_c)
    return tuple(drawn)


def _limit(y: float, celsius: int) -> tuple[Shape, ...]:
    size = 0.28
    return Stroke(((0.02, y), (0.25, y)), 0.045), Mark(f"{celsius} °C", 0.28, y - size * 0.35, size)


def _refrigerate() -> tuple[Shape, ...]:
    """A refrigerator of two doors, with the sign of cold on the upper one."""
    return (
        frame(0.24, 0.06, 0.52, 0.88, 0.045),
        Stroke(((0.24, 0.5), (0.76, 0.5)), 0.045),
        Stroke(((0.33, 0.3), (0.33, 0.42)), 0.05),
        Stroke(((0.33, 0.58), (0.33, 0.7)), 0.05),
        *_snowflake(0.56, 0.72, 0.13, 0.035),
    )


def _snowflake(x: float, y: float, radius: float, width: float) -> tuple[Shape, ...]:
    """Three lines through a middle, with barbs near their ends."""
    drawn: list[Shape] = []
    for sixth in range(6):
        angle = pi / 2 + sixth * pi / 3
        drawn.append(Stroke(((x, y), _polar(x, y, radius, angle)), width))
        fork = _polar(x, y, radius * 0.62, angle)
        drawn += [Stroke((fork, _polar(*fork, radius * 0.36, angle + turn)), width) for turn in (-pi / 4, pi / 4)]
    return tuple(drawn)


def _polar(x: float, y: float, radius: float, angle: float) -> tuple[float, float]:
    return x + radius * cos(angle), y + radius * sin(angle)


def _child() -> tuple[Shape, ...]:
    """A small child that stretches out its arms."""
    return (
        Disc(0.5, 0.7, 0.12),
        Stroke(((0.5, 0.6), (0.5, 0.34)), 0.12),
        Stroke(((0.26, 0.56), (0.5, 0.5), (0.74, 0.56)), 0.06),
        Stroke(((0.38, 0.14), (0.5, 0.36), (0.62, 0.14)), 0.07),
    )


def _forbidden() -> tuple[Shape, ...]:
    """A ring with a bar across it."""
    reach = 0.45 * cos(pi / 4)
    return Disc(0.5, 0.5, 0.46, ring=0.055), Stroke(((0.5 - reach, 0.5 + reach), (0.5 + reach, 0.5 - reach)), 0.055)
