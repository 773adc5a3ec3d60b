"""`lp` as CUPS calls it, in the place of which a script of our own stands."""

import os
from pathlib import Path

import pytest

from dispensary.printing import Paper, PrinterFailed, Seconds, print_on
from dispensary.printing.failure import in_words
from dispensary.rules.printer import Printer, Way
from tests.refusing import refused

PRINTER = Printer("counter", Way.CUPS, "Roll", None, ("dispense-100x62",))


@pytest.fixture
def lp(tmp_path):
    """Writes the script; its arguments and its input are kept beside it."""

    def write(*does: str) -> str:
        file = tmp_path / "lp"
        lines = ["#!/bin/sh", f"printf '%s\\n' \"$@\" > {tmp_path}/arguments", *does]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        file.chmod(0o755)
        return str(file)

    return write


def printing(lp, data=b"%PDF-1.4", seconds=20):
    return print_on(PRINTER, data, Paper(101.6, 50.8), title="dispensary PJ1", lp=lp, seconds=Seconds(send=seconds))


def test_what_lp_is_asked(lp, tmp_path):
    found = lp(f"cat > {tmp_path}/input", "echo 'request id is Roll-12 (1 file(s))'")
    assert printing(found) == "Roll-12"
    assert (tmp_path / "arguments").read_text().splitlines() == [
        *("-d", "Roll", "-t", "dispensary PJ1"),
        *("-o", "media=Custom.101.6x50.8mm", "-o", "PageSize=Custom.101.6x50.8mm", "-o", "print-scaling=none"),
    ]
    assert (tmp_path / "input").read_bytes() == b"%PDF-1.4"


@pytest.mark.parametrize(
    ("said", "receipt"),
    [
        ("request id is Roll-7 (0 file(s))", "Roll-7"),
        ("forespørselens id er Roll-7 (1 fil(er))", "Roll-7"),
        ("", ""),
        ("taken", ""),
        ("request id is Other-7 (1 file(s))", ""),
        ("request id is MyRoll-7 (1 file(s))", ""),
        ("request id is Roll-77777777777 (1 file(s))", ""),
        ("\\377\\376\\000Roll-", ""),
    ],
)
def test_the_receipt_is_the_number_of_the_job(lp, said, receipt):
    assert printing(lp("cat > /dev/null", f"printf '{said}'")) == receipt


def test_a_program_that_does_not_read_has_not_failed_if_it_says_so(lp):
    assert printing(lp("echo 'request id is Roll-1 (0 file(s))'"), data=b"x" * 1_000_000) == "Roll-1"


@pytest.mark.parametrize(
    "does",
    [
        "echo '/usr/bin/lp: Error - The printer or class does not exist.' >&2",
        "echo 'lp: Forbidden' ; true",
        "true",
        "printf 'lp: \\033[31mred\\033[0m\\nmore\\n' >&2",
    ],
)
def test_what_lp_says_is_told(lp, does):
    failure = refused(PrinterFailed, lambda: printing(lp("cat > /dev/null", does, "exit 1")))
    assert not failure.perhaps


def test_a_queue_that_never_answers_may_have_the_label(lp):
    failure = refused(PrinterFailed, lambda: printing(lp("exec sleep 30"), seconds=0.3))
    assert failure.perhaps


def test_a_program_that_is_killed_may_have_handed_it_over(lp):
    failure = refused(PrinterFailed, lambda: printing(lp("kill -9 $$")))
    assert failure.perhaps


def test_a_machine_without_cups_says_so():
    assert not refused(PrinterFailed, lambda: printing(None)).perhaps


def test_a_program_that_cannot_be_run_says_so(tmp_path):
    assert not refused(PrinterFailed, lambda: printing(str(tmp_path / "none" / "lp"))).perhaps
    (tmp_path / "lp").write_bytes(b"\x7fELF")
    Path(tmp_path / "lp").chmod(0o755)
    assert not refused(PrinterFailed, lambda: printing(str(tmp_path / "lp"))).perhaps


def test_words_are_one_visible_line():
    assert in_words("\n  a\tb\x1b[0m\u202e \nmore") == "a?b?[0m?"
    assert in_words("x" * 300) == "x" * 200
    assert in_words("") == ""


def test_the_program_is_the_one_on_the_path(lp, tmp_path, monkeypatch):
    from dispensary.cli.context import line_printer

    lp("exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    assert line_printer() == str(tmp_path / "lp")
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert line_printer() is None
