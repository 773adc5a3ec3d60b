"""A register as a file: CSV row by row, or by the ending of its name a workbook (`.xlsx`) or pages (`.pdf`)."""

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from dispensary.exports import csv_text
from dispensary.exports.files import new_file
from dispensary.exports.register_heading import Heading
from dispensary.exports.xlsx import new_workbook, require_workbooks

BATCH = 2000
"""Rows in memory at a time."""

WORKBOOK, PAGES = ".xlsx", ".pdf"


class NewRegister:
    """A file of rows on its way; it gets its name when `new_register` ends."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def write(self, heading: Heading, row: type, rows: Iterable[object]) -> int:
        """Write the rows, dataclasses of the class `row`, and count them; raises TooLongForPaper."""
        if _suffix(self._path) == PAGES:
            return self._pages(heading, rows)
        columns = [field.name.removesuffix("_") for field in dataclasses.fields(row)]
        if _suffix(self._path) == WORKBOOK:
            with new_workbook(self._file, self._path.parent, heading.on) as book:
                return book.sheet(heading.name, columns, rows)
        self._file.write(csv_text.table([], columns).encode())
        left, count = iter(rows), 0
        while batch := list(islice(left, BATCH)):
            self._file.write(csv_text.lines(batch, columns).encode())
            count += len(batch)
        return count

    def _pages(self, heading: Heading, rows: Iterable[object]) -> int:
        from dispensary.exports.register_pdf import MOST_LINES, register_pdf

        printed = list(islice(rows, MOST_LINES + 1))
        self._file.write(register_pdf(heading, printed))
        return len(printed)


@contextmanager
def new_register(path: Path, *, force: bool = False) -> Iterator[NewRegister]:
    """The file, whole or not at all; raises FileExists, NotAPlainFile, NoFolder, FileNotSaved and NoWorkbooks."""
    if _suffix(path) == WORKBOOK:
        require_workbooks()
    with new_file(path, force=force) as file:
        yield NewRegister(path, file)


def _suffix(path: Path) -> str:
    return path.suffix.lower()
