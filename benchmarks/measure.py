"""Ours and its floor in turns, and the line that is printed of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Line:
    """One figure beside its floor; `ratio` is of the medians, and `target` says what it should be."""

    what: str
    ours: str
    floor: str
    ratio: float
    target: str


def in_turns(ours: Callable[[int], object], floor: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """The median seconds of a round of each, A B A B, so that what else the machine does falls on both.

    Round 0 of each warms up and is not counted.
    """
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for seconds, work in zip(taken, (ours, floor), strict=True):
            start = perf_counter()
            work(number)
            seconds.append(perf_counter() - start)
    return median(taken[0][1:]), median(taken[1][1:])


def rate(what: str, each: int, seconds: tuple[float, float], target: str) -> Line:
    """A line in pieces of work a second; a ratio of 1 is as fast as the floor."""
    ours, floor = (each / taken for taken in seconds)
    return Line(what, f"{ours:,.0f}/s", f"{floor:,.0f}/s", ours / floor, target)


def time(what: str, seconds: tuple[float, float], target: str) -> Line:
    """A line in milliseconds; a ratio of 1 is as fast as the floor."""
    ours, floor = (1000 * taken for taken in seconds)
    return Line(what, _shown(ours), _shown(floor), ours / floor, target)


def _shown(milliseconds: float) -> str:
    return f"{milliseconds:,.2f} ms" if milliseconds < 100 else f"{milliseconds:,.0f} ms"


def table(lines: Sequence[Line]) -> str:
    """The lines at 80 columns."""
    rows = [("", "OURS", "FLOOR", "RATIO", "TARGET")]
    rows += [(line.what, line.ours, line.floor, f"{line.ratio:.2f}", line.target) for line in lines]
    return "\n".join(f"{a:<41}{b:>10} {c:>10}{d:>6}  {e}".rstrip() for a, b, c, d, e in rows)
