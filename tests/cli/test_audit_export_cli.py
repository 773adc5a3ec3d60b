"""`dispensary audit log`, `export` of a part and `register`: what is shown, what is noted, who may."""

import csv
import json
from contextlib import contextmanager
from pathlib import Path

import pytest

from dispensary import auditor
from dispensary.exports.files import FileNotSaved
from tests.cli.counter import Counter
from tests.cli.test_audit_cli import not_verified, verifier


def kinds(counter: Counter, *words: str) -> list[tuple[str, str]]:
    return [(row["kind"], row["subject"]) for row in counter.json("audit", "log", *words)]


def test_the_log_ends_with_the_newest(filled):
    rows = filled.json("audit", "log")
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    assert (rows[-1]["kind"], rows[-1]["subject"], rows[-1]["local"]) == ("dispense", "D1", "2026-11-21T09:30:00-05:00")
    assert rows[-1]["values"]["rx"] == "RX1"
    assert filled.json("audit", "log", "--limit", "2") == rows[-2:]
    assert kinds(filled, "--lot", "A23") == [("receive", "R1"), ("dispense", "D1")]
    assert kinds(filled, "--document", "rx1") == [("rx add", "RX1"), ("dispense", "D1")]
    assert kinds(filled, "--kind", "receive", "--until", "2026-11-20") == []
    table = filled.done("audit", "log", "--limit", "1")
    assert max(map(len, table.splitlines())) <= 80
    assert table.splitlines()[-1] == "The last 1 of them; --limit shows more."
    assert filled.done("audit", "log", "--format", "csv").startswith("sequence,at,local,user,kind,subject,patient,")
    assert filled.json("audit", "log") == rows


def test_a_patients_events_are_a_reading(filled):
    assert ("dispense", "D1") in kinds(filled, "--patient", "P1")
    assert kinds(filled)[-1] == ("patient read", "audit log")
    assert filled.json("report", "access")[-1]["patients"] == ["P1"]


def test_the_table_shows_no_seal_and_no_letter_that_acts(filled):
    table = filled.done("audit", "log")
    assert not [word for word in table.split() if len(word) > 40]
    assert "\x1b" not in table


def test_a_part_is_verified_here_and_with_the_key_that_was_given_out(filled):
    said = filled.done("audit", "export", "--out", "a.jsonl", "--lot", "A23", "--xlsx")
    assert said.splitlines()[1:] == ["a.jsonl", "a.csv", "a.xlsx", "a.manifest.txt"]
    assert said.startswith("2 events, ")
    key = verifier(filled)
    told = filled.done("audit", "verify", "a.manifest.txt", "--key", key).splitlines()
    assert told[0] == said.splitlines()[0]
    assert told[1:] == [
        "The manifest is signed, its files are those that it means, and the chain of their events holds."
    ]
    assert filled.done("audit", "verify", "a.manifest.txt").splitlines()[2].startswith("The key was this machine's own")
    assert filled.done("audit", "verify", "a.jsonl").splitlines()[1] == (
        "A part of the chain, and its events hold; verify its manifest, which is signed."
    )
    filled.done("audit", "checkpoint", "--out", "n.txt")
    filled.done("audit", "verify", "a.manifest.txt", "--key", key, "--checkpoint", "n.txt")
    Path("a.csv").write_bytes(Path("a.csv").read_bytes().replace(b"A23", b"A24"))
    assert not_verified(filled, "a.manifest.txt", "--key", key) == (
        "THE CHAIN IS BROKEN: The file 'a.csv' is not the one that the manifest means: its SHA-256 is another."
    )


def test_the_whole_chain_can_be_signed_too(filled):
    events = len(filled.json("audit", "log"))
    filled.done("audit", "export", "--out", "a.jsonl", "--signed")
    verdict = auditor.read_manifest("a.manifest.txt", verifier(filled))
    assert (verdict.ok, verdict.events, verdict.after, verdict.omitted) == (True, events, 0, 0)
    # Neither an unsigned export nor a signed one of events alone is a reading.
    filled.done("audit", "export", "--out", "b.jsonl")
    assert not Path("b.manifest.txt").exists()
    assert len(filled.json("audit", "log")) == events


def test_whom_it_concerns_is_noted_before_the_files_have_names(filled, monkeypatch):
    filled.done("audit", "export", "--out", "a.jsonl", "--with-patients", "--document", "D1")
    with Path("a.patients.csv").open(encoding="utf-8", newline="") as file:
        assert [(row["patient"], row["name"]) for row in csv.DictReader(file)] == [("P1", "Kari O'Brien")]
    assert kinds(filled)[-1] == ("patient read", "audit export")
    filled.done("user", "add", "mia", "--role", "manager")
    monkeypatch.setenv("DISPENSARY_USER", "mia")
    for words in (("--with-patients",), ("--patient", "P1")):
        said = filled.refused("audit", "export", "--out", "b.jsonl", *words)
        assert "mia has the role of manager and reading patients' records needs" in said
    filled.refused("audit", "log", "--patient", "P1")
    filled.refused("audit", "register", "dispensing", "--out", "b.csv")
    assert not list(Path().glob("b.*"))


def test_a_part_of_a_broken_chain_is_not_signed(sqlite_counter):
    import sqlite3

    with sqlite3.connect("pharmacy.db") as db:
        db.execute("DROP TRIGGER audit_event_no_update")
        db.execute("UPDATE audit_event SET actor = 'kim' WHERE sequence = 1")
    db.close()
    assert sqlite_counter.refused("audit", "export", "--out", "a.jsonl", "--signed").startswith(
        "No checkpoint was signed: Event 1: the column actor is not what its canonical text says."
    )
    assert not list(Path().glob("a.*"))


def test_registers_are_shown_and_written(filled):
    (row,) = filled.json("audit", "register", "dispensing")
    assert (row["number"], row["patient"], row["lot"], row["units"], row["by"]) == ("D1", "P1", "A23", -4, "alex")
    assert kinds(filled)[-1] == ("patient read", "audit register dispensing")
    before = len(filled.json("audit", "log"))
    table = filled.done("audit", "register", "receiving")
    assert table.split()[:8] == ["ON", "NUMBER", "PRODUCT", "LOT", "UNITS", "BALANCE", "BY", "SECOND"]
    assert max(map(len, table.splitlines())) <= 80
    for name in ("destruction", "overrides", "recall", "access"):
        filled.done("audit", "register", name)
        assert isinstance(filled.json("audit", "register", name), list)
    # Neither told of a patient.
    assert len(filled.json("audit", "log")) == before
    assert filled.done("audit", "register", "dispensing", "--out", "d.csv") == "1 line\nd.csv\n"
    with Path("d.csv").open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert {name: str("" if value is None else value) for name, value in row.items()} == line
    assert filled.refused("audit", "register", "dispensing", "--out", "d.csv").startswith("d.csv exists already")
    filled.done("audit", "register", "dispensing", "--out", "d.xlsx")
    assert Path("d.xlsx").read_bytes()[:2] == b"PK"
    noted = len(filled.json("audit", "log"))
    assert filled.done("audit", "register", "dispensing", "--out", "d.pdf") == "1 line\nd.pdf\n"
    assert Path("d.pdf").read_bytes()[:5] == b"%PDF-"
    assert len(filled.json("audit", "log")) == noted + 1


def test_the_access_register_is_that_of_the_report(filled):
    filled.done("patient", "show", "P1")
    rows = filled.json("audit", "register", "access")
    assert [(row["user"], row["what"], row["patient"]) for row in rows] == [("alex", "patient show", "P1")]
    assert filled.json("audit", "register", "access", "--until", "2026-11-20") == []


@pytest.mark.parametrize("words", [("--since", "2026-11-22", "--until", "2026-11-21"), ("--since", "2026-13-01")])
def test_wrong_days_are_refused(sqlite_counter, words):
    for command in (("log",), ("register", "receiving"), ("export", "--out", "a.jsonl")):
        sqlite_counter.refused("audit", *command, *words)
    assert json.loads(sqlite_counter("audit", "log", *words, "--format", "json").err)["error"]["code"]


@pytest.mark.parametrize("more", [(), ("--signed",), ("--with-patients",)])
def test_an_export_says_how_far_it_is_where_a_terminal_looks_on(filled, monkeypatch, more):
    said: list[str] = []

    @contextmanager
    def heard():
        yield said.append

    monkeypatch.setattr("dispensary.cli.progress.progress", heard)
    events = len(filled.json("audit", "log"))
    filled.done("audit", "export", "--out", "a.jsonl", *more)
    assert said == [f"audit: 0 of {events} events"]


def test_many_lines_are_shown_a_page_at_a_time_as_if_they_were_one(filled, monkeypatch):
    for _ in range(5):
        filled.done("patient", "show", "P1")
    shown = [("report", "access"), ("audit", "register", "access")]

    def outputs(kind: str) -> list[str]:
        return [filled.done(*words, "--format", kind) for words in shown]

    whole = {kind: outputs(kind) for kind in ("json", "csv", "table")}
    monkeypatch.setattr("dispensary.cli.spool.PAGE", 2)
    assert outputs("json") == whole["json"]
    assert outputs("csv") == whole["csv"]
    for one, other in zip(outputs("table"), whole["table"], strict=True):
        heads, *lines = other.splitlines()
        pages = [[heads, *lines[at : at + 2]] for at in range(0, len(lines), 2)]
        assert one == "\n\n".join("\n".join(page) for page in pages) + "\n"
    assert len(json.loads(whole["json"][0])) == 5


def test_nothing_is_shown_of_whom_the_audit_cannot_note(filled, monkeypatch):
    def fails(*_, **__):
        raise FileNotSaved(path="pharmacy.db", problem="No space left on device")

    monkeypatch.setattr("dispensary.services.people.register.note_reading", fails)
    ran = filled("audit", "register", "dispensing")
    assert (ran.status, ran.out) == (3, "")


@pytest.mark.parametrize("kind", ["table", "json"])
def test_a_full_disk_is_told(filled, monkeypatch, kind):
    """Also of a few rows, which are not written before the file is closed."""
    filled.done("patient", "show", "P1")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda mode, **more: open("/dev/full", "w", **more))  # noqa: SIM115
    ran = filled("report", "access", "--format", kind)
    assert (ran.status, ran.out) == (4, "")
    assert "could not be printed (No space left on device)" in " ".join(ran.err.split())


def test_that_there_is_no_room_at_all_is_told(filled, monkeypatch):
    def fails(*_, **__):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", fails)
    ran = filled("report", "access")
    assert (ran.status, ran.out) == (4, "")
    assert "could not be printed (No usable temporary directory found)" in " ".join(ran.err.split())
