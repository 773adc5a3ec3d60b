"""Workbooks, read back from their XML: texts are texts, and nothing in them is carried out."""

import sys
import tempfile
import zipfile
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from dispensary.exports import xlsx
from dispensary.exports.register import new_register
from dispensary.exports.xlsx import LONGEST_CELL, NoWorkbooks, new_workbook
from tests.build import NOW
from tests.refusing import refused

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(file):
    """The names of the sheets with their rows: a text as it is, a number with its type, nothing left out."""
    with zipfile.ZipFile(file) as book:
        assert book.testzip() is None
        names = [each.get("name") for each in ET.fromstring(book.read("xl/workbook.xml")).find("m:sheets", NS)]
        found = {}
        for number, name in enumerate(names, 1):
            root = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert root.findall(".//m:f", NS) == []
            found[name] = [[cell(each) for each in row] for row in root.find("m:sheetData", NS)]
        return found


def cell(element):
    if element.get("t") == "inlineStr":
        (text,) = element.findall("./m:is/m:t", NS)
        return text.text
    assert element.get("t") is None
    return int(element.find("m:v", NS).text)


def written(tmp_path, *sheets_of_rows, columns=("a", "b")):
    file = tmp_path / "book.xlsx"
    with file.open("wb") as opened, new_workbook(opened, tmp_path, NOW) as book:
        for name, rows in sheets_of_rows:
            assert book.sheet(name, columns, [dict(zip(columns, row, strict=True)) for row in rows]) == len(rows)
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]
    return sheets(file)


def test_heads_and_rows(tmp_path):
    rows = [("O'Brien", 12), ("2027-05-31", -3), (date(2027, 5, 31), Decimal("0.50"))]
    assert written(tmp_path, ("one", rows), ("two", [])) == {
        "one": [["a", "b"], ["O'Brien", 12], ["2027-05-31", -3], ["2027-05-31", "0.5"]],
        "two": [["a", "b"]],
    }


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+47", "-rf", "@sum", "{=1}", "https://example.org", "mailto:a@b", "00123", "1e5", "Null", "TRUE",
     " =x ", "<b>", "a & b", "a\nb", "_x0041_", "#REF!", '"', "æøå"],
)  # fmt: skip
def test_a_text_is_that_text(tmp_path, text):
    with zipfile_of(tmp_path, text) as book:
        assert not [name for name in book.namelist() if "rels" in name and b"hyperlink" in book.read(name)]
    # How a workbook writes a text that looks like one of its own escapes.
    assert written(tmp_path, ("one", [(text, 1)]))["one"][1][0] == text.replace("_x0041_", "_x005F_x0041_")


def zipfile_of(tmp_path, text):
    written(tmp_path, ("one", [(text, 1)]))
    return zipfile.ZipFile(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\u001b[31mb"),
        ("a\x00\u202e\u200b", "a\\u0000\\u202e\\u200b"),
        ("a\ufffe\ud800", "a\\ufffe\\ud800"),
        # It would stand in the sheet as XML.
        ("<r><t>x</t></r>", "'<r><t>x</t></r>"),
        (True, "yes"),
        ({"a": [1, None]}, '{"a": [1, null]}'),
        (10**15, "1000000000000000"),
    ],
)
def test_what_a_cell_cannot_hold_is_seen(tmp_path, text, shown):
    assert written(tmp_path, ("one", [(text, 1)]))["one"][1][0] == shown


def test_a_text_too_long_for_a_cell_says_so(tmp_path):
    for text in ("x" * LONGEST_CELL, "x" * (LONGEST_CELL + 1), "\U0001f48a" * LONGEST_CELL):
        (found,) = written(tmp_path, ("one", [(text, "")]))["one"][1:][0]
        if len(text) == LONGEST_CELL and text[0] == "x":
            assert found == text
        else:
            assert found.startswith(text[:16_000])
            assert found.endswith(f"... ({len(text):,} letters: the rest stands in the other files)")


def test_more_rows_than_a_sheet_holds_go_on_in_another(tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    found = written(tmp_path, ("one", [(str(number), number) for number in range(5)]))
    assert {name: [row[1] for row in rows] for name, rows in found.items()} == {
        "one": ["b", 0, 1],
        "one 2": ["b", 2, 3],
        "one 3": ["b", 4],
    }


def test_what_waits_stands_beside_the_file_and_nowhere_else(tmp_path, monkeypatch):
    asked = []
    made = tempfile.mkstemp

    def mkstemp(*given, **more):
        asked.append(more.get("dir"))
        return made(*given, **more)

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    written(tmp_path, ("one", [("a", 1)]))
    assert asked
    assert all(str(folder).startswith(f"{tmp_path}/.dispensary-") for folder in asked)


def test_a_workbook_was_made_at_that_moment_and_not_by_the_local_clock_of_another_zone(tmp_path):
    written(tmp_path, ("one", [("a", 1)]))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as book:
        told = ET.fromstring(book.read("docProps/core.xml"))
    at = {each.tag.partition("}")[2]: each.text for each in told}
    assert NOW.isoformat() == "2026-11-21T09:30:00-05:00"
    assert at["created"] == at["modified"] == "2026-11-21T14:30:00Z"


def test_without_the_extra_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)

    def work():
        with new_register(tmp_path / "a.xlsx"):
            raise AssertionError

    refused(NoWorkbooks, work)
    assert list(tmp_path.iterdir()) == []
