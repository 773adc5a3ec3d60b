"""Rows that may be many, on the terminal: what will be shown waits in a file without a name until it may be."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, TextIO

from dispensary.cli.output import Format, NotPrinted, say

PAGE = 500
"""Rows in memory at a time; a table has its heads anew after so many, and its columns fit these."""

_AT_ONCE = 1 << 16

Page = Callable[[Sequence[Any]], str]
Cells = Callable[[Iterable[Any]], Iterable[Any]]


class Spool:
    """The rows as they will be shown: taken in one go, before anybody may see them, and shown afterwards."""

    def __init__(self, file: TextIO, chosen: Format, page: Page, cells: Cells) -> None:
        self._file = file
        self._chosen = chosen
        self._page = page
        self._cells = cells

    def take(self, rows: Iterable[Any]) -> None:
        """Keep the rows; raises NotPrinted where the storage does not hold them."""
        try:
            self._file.writelines(self._pieces(rows))
            self._file.flush()
        except OSError as problem:
            # Let go of now, with what could not be written: closing it later would fail once more.
            with suppress(OSError):
                self._file.close()
            raise _not_kept(problem) from None

    def show(self) -> None:
        """Print what was taken."""
        self._file.seek(0)
        while lines := self._file.readlines(_AT_ONCE):
            say("".join(lines), end="")

    def _pieces(self, rows: Iterable[Any]) -> Iterator[str]:
        if self._chosen is Format.TABLE:
            batches = _batches(rows)
            yield self._page(next(batches, [])) + "\n"
            yield from (f"\n{self._page(batch)}\n" for batch in batches)
        elif self._chosen is Format.JSON:
            yield from _json(rows)
        else:
            yield from _csv(self._cells(rows))


@contextmanager
def spool(chosen: Format, page: Page, cells: Cells = iter) -> Iterator[Spool]:
    """Room for rows: `page` makes a table of some of them, `cells` the lines of the CSV of all; raises NotPrinted."""
    try:
        opened = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
    except OSError as problem:
        raise _not_kept(problem) from None
    with opened as file:
        yield Spool(file, chosen, page, cells)


def _not_kept(problem: OSError) -> NotPrinted:
    return NotPrinted(problem=problem.strerror or str(problem))


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, PAGE)):
        yield batch


def _json(rows: Iterable[Any]) -> Iterator[str]:
    """The list as `json_text.document` has it."""
    from dispensary.exports.json_text import document

    between = "["
    for batch in _batches(rows):
        yield between + document(batch).removeprefix("[").removesuffix("\n]\n")
        between = ","
    yield "[]\n" if between == "[" else "\n]\n"


def _csv(rows: Iterable[Any]) -> Iterator[str]:
    from dispensary.exports.csv_text import lines, table
    from dispensary.exports.json_text import fields

    columns: list[str] = []
    for batch in _batches(rows):
        if columns:
            yield lines(batch, columns)
        else:
            columns = [name for name, _ in fields(batch[0])]
            yield table(batch, columns)
