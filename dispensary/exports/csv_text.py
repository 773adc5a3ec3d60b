"""Rows as CSV: RFC 4180, so lines end in CR LF and cells are quoted only where they must be.

Spreadsheets take a cell that begins with = + - or @ for a formula, which can run a program or send
the sheet away (OWASP, "CSV Injection"). Text that begins so gets an apostrophe before it, which
spreadsheets do not show; numbers are left alone.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from dispensary.exports.json_text import fields, in_a_cell

# After spaces of any kind, and in the full width of Asian keyboards, which some spreadsheets read alike; after
# apostrophes, so that one of the text's own can be told from the one that is put before it.
_FORMULA = re.compile("'*[\\s\u200b\ufeff]*[=+\\-@＝＋－＠\t\r\n]")


def table(rows: Iterable[object], columns: Sequence[str] | None = None) -> str:
    """The rows (dataclasses or mappings) under a line of column names.

    Without `columns`, those of the first row, and no text at all where there is none. A row that
    lacks a column leaves its cell empty, as None does. Yes and no are written so, dates as ISO
    8601, Decimals in plain digits, and what is nested as JSON on one line.
    """
    found = list(rows)
    if columns is None:
        columns = [name for name, _ in fields(found[0])] if found else []
    if not columns:
        return ""
    return joined([[harmless(name) for name in columns]]) + lines(found, columns)


def lines(rows: Iterable[object], columns: Sequence[str]) -> str:
    """The rows as in a table, without the line of column names."""
    found = (dict(fields(row)) for row in rows)
    return joined([_cell(row.get(name)) for name in columns] for row in found)


def joined(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of cells that are written as they are, quoted where they must be; None is empty."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str | int:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return in_a_cell(value)


def harmless(text: str) -> str:
    """The text as a cell, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text
