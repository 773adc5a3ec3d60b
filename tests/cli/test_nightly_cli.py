"""The night as cron runs it: one line, an exit status, and the same files for the same books."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_day import an_rx, scan


def files(folder: str) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in Path(folder).iterdir()}


def test_the_night_is_a_line_and_the_names_of_its_files(counter):
    counter.done("receive", scan())
    said = counter("report", "nightly", "--out", "night")
    assert said.status == 0
    assert said.out.splitlines() == [
        "2026-11-21: to be seen to by a person: 0; to order: 0; the books agree.",
        *(f"night/nightly-2026-11-21.{kind}" for kind in ("pdf", "csv", "json")),
    ]
    assert all(len(line) <= 80 for line in said.out.splitlines())


def test_the_same_books_at_the_same_moment_are_the_same_bytes(counter):
    counter.done("receive", scan())
    counter.done("dispense", an_rx(counter))
    assert (
        counter("report", "nightly", "--out", "first").status == counter("report", "nightly", "--out", "second").status
    )
    assert files("first") == files("second")


def test_several_sites_stand_side_by_side(counter):
    counter.done("receive", scan())
    counter.done("site", "add", "North")
    counter.done("--site", "North", "receive", scan())
    for site in ("North", None):
        words = ("--site", site) if site else ()
        counter(*words, "report", "nightly", "--out", f"night-{site}")
    here = json.loads(Path("night-None/nightly-2026-11-21.json").read_text())
    there = json.loads(Path("night-North/nightly-2026-11-21.json").read_text())
    assert len(here["sites"]) == 2
    assert here["sites"] == there["sites"]
    assert [site["units"] for site in here["sites"]] == [sum(group["units"] for group in here["stock"])] * 2


def test_a_terminal_is_told_how_far_it_is_and_nothing_else_is(counter, monkeypatch):
    heard = []

    @contextmanager
    def listening():
        yield heard.append

    counter.done("receive", scan())
    counter.done("site", "add", "North")
    assert counter("report", "nightly", "--out", "quiet").err == ""
    monkeypatch.setattr("dispensary.cli.progress.progress", listening)
    counter("report", "nightly", "--out", "loud")
    assert heard[0] == "figures"
    assert heard[1].startswith("1 of ")
    assert [line for line in heard if line.startswith("site ")] == ["site Corner Pharmacy", "site North"]
    # The books are checked once, whatever the number of sites.
    assert sum(line.startswith("1 of ") for line in heard) == 1
    assert files("quiet") == files("loud")


def test_an_earlier_day_says_that_its_stock_is_of_now(counter):
    counter.done("receive", scan())
    counter("report", "nightly", "--day", "2026-11-01", "--out", "night")
    said = json.loads(Path("night/nightly-2026-11-01.json").read_text())
    assert (said["day"], said["at"][:10]) == ("2026-11-01", "2026-11-21")
    assert said["stock"][0]["units"] == 25


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_a_job_without_standard_streams_does_its_work_all_the_same(counter, closed):
    """As some schedulers start one."""
    code = "from dispensary.cli.app import main; main()"
    command = f"exec {sys.executable} -c '{code}' report nightly --out closed {closed}"
    said = subprocess.run(["/bin/sh", "-c", command], cwd=counter.folder, stderr=subprocess.PIPE, check=False)
    assert (said.returncode, said.stderr) == (0, b"")
    assert len(files("closed")) == 3


@pytest.mark.parametrize(
    ("words", "code"), [("receive -", "empty_scan"), ("--pin-stdin user pin", "nobody_to_ask")], ids=["scans", "PIN"]
)
def test_a_job_without_standard_input_reads_nothing(counter, words, code):
    program = "from dispensary.cli.app import main; main()"
    command = f"exec {sys.executable} -c '{program}' {words} --format json <&-"
    said = subprocess.run(["/bin/sh", "-c", command], cwd=counter.folder, capture_output=True, check=False)
    assert (said.returncode, said.stdout) == (1, b"")
    assert json.loads(said.stderr)["error"]["code"] == code
