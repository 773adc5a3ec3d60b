"""The night as cron runs it: one line, an exit status, and the same files for the same books."""

import json
from pathlib import Path

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
