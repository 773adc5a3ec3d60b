"""A register as a file, row by row: CSV, or a workbook where the name ends in `.xlsx`."""

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from dispensary.exports import csv_text
from dispensary.exports.files import new_file
from dispensary.exports.xlsx import new_workbook, require_workbooks

BATCH = 2000
"""Rows in memory at a time."""


class NewRegister:
    """A file of rows on its way; it gets its name when `new_register` ends."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file

    def write(self, name: str, row: type, rows: Iterable[object], on: datetime) -> int:
        """Write the rows, dataclasses of the class `row`, and count them.

        Of a workbook `name` is the sheet and `on` the moment it was made.
        """
        columns = [field.name.removesuffix("_") for field in dataclasses.fields(row)]
        if is_workbook(self._path):
            with new_workbook(self._file, self._path.parent, on) as book:
                return book.sheet(name, columns, rows)
        self._file.write(csv_text.table([], columns).encode())
        left, count = iter(rows), 0
        while batch := list(islice(left, BATCH)):
            self._file.write(csv_text.lines(batch, columns).encode())
            count += len(batch)
        return count


@contextmanager
def new_register(path: Path, *, force: bool = False) -> Iterator[NewRegister]:
    """The file, whole or not at all; raises FileExists, NotAPlainFile, NoFolder, FileNotSaved and NoWorkbooks."""
    if is_workbook(path):
        require_workbooks()
    with new_file(path, force=force) as file:
        yield NewRegister(path, file)


def is_workbook(path: Path) -> bool:
    """Whether the name is that of a workbook."""
    return path.suffix.lower() == ".xlsx"
