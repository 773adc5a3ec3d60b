"""Rows as an Excel workbook (ISO/IEC 29500), written row by row: texts are texts and never formulas.

Dates and moments are text as ISO 8601 has it, which no spreadsheet turns into another day. XlsxWriter is an extra.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from dispensary.errors import Refused
from dispensary.exports.files import PREFIX
from dispensary.exports.json_text import fields, in_a_cell
from dispensary.exports.terminal import harmless

MOST_ROWS = 1_048_576
"""Rows of a sheet, the heads among them."""

LONGEST_CELL = 32_767
"""Letters of a cell, as UTF-16 counts them."""

MOST_DIGITS = 10**15
"""Whole numbers below it are the same in a spreadsheet, which counts with doubles."""

_NOT_XML = re.compile("[\ufffe\uffff]")
_AS_XML = re.compile("<r>.*</r>", re.DOTALL)


class NoWorkbooks(Refused):
    """XlsxWriter is not installed."""

    sentence = (
        "A workbook (XLSX) needs the extra, which is not installed: nothing was written; "
        "run `pip install 'dispensary[xlsx]'`, or do with the CSV."
    )


class Workbook:
    """A workbook that is being written; it is whole when `new_workbook` ends."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True})

    def sheet(self, name: str, columns: Sequence[str], rows: Iterable[object]) -> int:
        """The rows (dataclasses or mappings) under their heads, counted; what a sheet cannot hold goes to another."""
        sheet, at, part, count = None, MOST_ROWS, 0, 0
        for row in rows:
            if at == MOST_ROWS:
                part += 1
                sheet, at = self._begin(name if part == 1 else f"{name} {part}", columns), 1
            values = dict(fields(row))
            for column, head in enumerate(columns):
                self._cell(sheet, at, column, values.get(head))
            at += 1
            count += 1
        if sheet is None:
            self._begin(name, columns)
        return count

    def _begin(self, name: str, columns: Sequence[str]) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(columns):
            sheet.write_string(0, column, head, self._bold)
        return sheet

    @staticmethod
    def _cell(sheet: Any, row: int, column: int, value: object) -> None:
        if value is None or value == "":
            return
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_DIGITS:
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, cell_text(value))


def cell_text(value: object) -> str:
    """The value as text of a cell; what is longer than a cell says how much is missing."""
    text = _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", harmless(in_a_cell(value)))
    # XlsxWriter takes what looks so for XML of its own, and would put it into the sheet as it stands.
    if _AS_XML.fullmatch(text):
        text = f"'{text}"
    if len(text) * 2 > LONGEST_CELL and len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
        return f"{text[: LONGEST_CELL // 2 - 100]}... ({len(text):,} letters: the rest stands in the other files)"
    return text


def require_workbooks() -> Any:
    """What makes a workbook; raises NoWorkbooks."""
    try:
        import xlsxwriter
    except ImportError:
        raise NoWorkbooks from None
    return xlsxwriter.Workbook


@contextmanager
def new_workbook(file: BinaryIO, folder: Path, on: datetime) -> Iterator[Workbook]:
    """A workbook that is written into the file at the end; raises NoWorkbooks.

    What is on its way waits in files in the folder, which others cannot read and which are gone afterwards.
    """
    book_of = require_workbooks()
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder) as waiting:
        book = book_of(file, {"constant_memory": True, "tmpdir": waiting, "strings_to_formulas": False})
        # The moment of the export and not of the machine: the same data, the same bytes.
        book.set_properties({"created": on.astimezone(UTC)})
        yield Workbook(book)
        book.close()
