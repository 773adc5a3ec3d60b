"""`dispensary export`, and the line that says how far a long command is."""

import io
import sys

from dispensary.cli.progress import progress
from dispensary.reports.tables import TABLES
from tests.refusing import require_golden


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_all_tables_are_written_and_counted(counter):
    said = counter.done("export", "tables")
    assert said.splitlines()[:2] == ["tables", "TABLE       ROWS  FILES"]
    assert "products      14      1" in said.splitlines()
    assert sorted(path.name for path in (counter.folder / "tables").iterdir()) == ["manifest.json", "products", "stock"]


def test_only_the_tables_that_were_named(sqlite_counter):
    written = sqlite_counter.json("export", "tables", "--table", "products", "--jsonl")
    assert [(each["table"], each["rows"]) for each in written["tables"]] == [("products", 14)]
    assert (sqlite_counter.folder / "tables/products/part-0.jsonl").exists()


def test_a_table_that_is_not_there_is_named_with_those_that_are(sqlite_counter):
    said = sqlite_counter("export", "tables", "--table", "patients")
    assert said.status == 2
    assert all(name in said.err for name in ("patients is none of", *TABLES))
    assert not (sqlite_counter.folder / "tables").exists()


def test_a_folder_that_is_there_is_left_as_it_is(sqlite_counter):
    (sqlite_counter.folder / "tables").mkdir()
    require_golden(f"folder_exists: {sqlite_counter.refused('export', 'tables')}")


def test_patients_are_left_out_unless_asked_for_and_noted(filled):
    filled.done("export", "tables")
    folder = filled.folder
    assert "patient" not in next((folder / "tables/dispenses").rglob("*.csv")).read_text()
    assert filled.json("report", "access") == []
    filled.done("export", "whom", "--patients", "--table", "dispenses")
    assert ",P1," in next((folder / "whom/dispenses").rglob("*.csv")).read_text()
    assert [(row["what"], row["patients"]) for row in filled.json("report", "access")] == [("export", ["P1"])]


def test_who_may_not_read_patients_gets_no_folder_of_them(filled, monkeypatch):
    filled.done("user", "add", "mia", "--role", "manager")
    monkeypatch.setenv("DISPENSARY_USER", "mia")
    assert "mia has the role of manager and reading who got a lot needs" in filled.refused(
        "export", "tables", "--patients"
    )
    assert not [*filled.folder.glob("tables"), *filled.folder.glob(".dispensary-*")]
    filled.done("export", "tables")


def test_progress_is_one_line_of_a_terminal_that_is_gone_at_the_end(monkeypatch):
    said = Terminal()
    monkeypatch.setattr(sys, "stderr", said)
    with progress() as tell:
        tell("movements: 5,000 rows")
        tell("a\x1b[31m\n" + "long " * 40)
    lines = said.getvalue().split("\r\x1b[K")
    assert lines[:2] == ["", "movements: 5,000 rows"]
    assert len(lines[2]) == 79
    assert "\x1b" not in lines[2]
    assert "\n" not in said.getvalue()
    assert lines[-1] == ""


def test_progress_says_nothing_where_nobody_looks(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with progress() as tell:
        tell("movements: 5,000 rows")
    assert said.getvalue() == ""
