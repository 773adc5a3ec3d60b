"""Sections of the nightly report on paper that are a table each; what there is nothing of is told in one line."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable

from dispensary.exports.paper import Cell, Column, heading, paragraph, worst

MOST = 15
"""A table has so many rows on paper; the CSV has all of them."""


@dataclass(frozen=True, slots=True)
class Section:
    """The title, what is said where there is nothing, the columns and the rows, and a line above them."""

    title: str
    nothing: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    about: str = ""


def told(sections: Iterable[Section], width: float) -> Iterator[Flowable]:
    """The sections that have rows, and in the end a line of those that have none."""
    quiet = []
    for section in sections:
        if not section.rows:
            quiet.append(section.nothing)
            continue
        yield from heading(section.title)
        if section.about:
            yield paragraph(section.about, 8.5)
        yield worst(section.columns, section.rows, width, MOST)
    if quiet:
        yield from [*heading("And besides"), paragraph(" ".join(quiet), 9.5)]
