"""What only the command line refuses: its sentences, its exit statuses, and the way out that each names."""

import re
import sqlite3
from pathlib import Path

import pytest

from dispensary import database, labelling
from dispensary.cli.app import NotText
from dispensary.cli.context import NoSettings, NotATimezone, NotSettings
from dispensary.cli.dispense import LabelNotWritten
from dispensary.cli.init import MissingSetting, SettingsThere
from dispensary.cli.prescriber import OneIdentifier
from dispensary.cli.product import UnreadableFile
from dispensary.cli.receive import NothingToReceive, TooManyScans
from dispensary.database import NoPharmacy, NotADatabase, OtherSchema
from dispensary.errors import NotSaved
from dispensary.exports.audit import NotAnExportName
from tests.refusing import code, require_golden

TYPED = ("receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-05-31", "--quantity", "10")
WORDS = {
    NothingToReceive: [
        ("receive",),
        ("receive", "]d2", "--lot", "A1"),
        ("receive", "--product", "US-CY-ARG1", "--lot", "A1"),
    ],
    OneIdentifier: [
        ("prescriber", "add", "--name", "Ida"),
        ("prescriber", "add", "--name", "Ida", "--npi", "1234567893", "--hpr", "1234567"),
    ],
    UnreadableFile: [("product", "import", "none.csv"), ("product", "import", "folder")],
    SettingsThere: [("init", "--name", "Another"), ("init", "--yes", "--fnc1", "|")],
    NotAnExportName: [("audit", "export", "--out", "audit.csv")],
}


def told(counter, kind, *words, stdin=None):
    """The command is refused with a golden sentence of this kind."""
    require_golden(f"{code(kind)}: {counter.refused(*words, stdin=stdin)}")


@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, many in WORDS.items() for words in many])
def test_words_that_do_not_go_together_say_what_to_give(sqlite_counter, kind, words):
    Path("folder").mkdir()
    told(sqlite_counter, kind, *words)


def test_more_scans_than_a_delivery_holds_are_refused(sqlite_counter):
    told(sqlite_counter, TooManyScans, "receive", "-", stdin="]d2\n" * 10_001)


def test_a_pharmacy_that_is_not_there_names_the_command_that_makes_it(empty):
    told(empty, NoPharmacy, "--database", "x.db", "stock")
    told(empty, MissingSetting, "--database", "x.db", "init")
    told(empty, NotATimezone, "--database", "x.db", "init", "--yes", "--timezone", "Mars/Base")
    assert list(empty.folder.iterdir()) == []


def test_settings_that_are_gone_are_written_again_by_init(sqlite_counter):
    Path("pharmacy.toml").unlink()
    told(sqlite_counter, NoSettings, "stock")
    sqlite_counter.done("init", "--yes")
    sqlite_counter.done("stock")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('name = "Corner Pharmacy"\n', ""),
        ('country = "us"', 'country = "se"'),
        ("America/New_York", "Mars/Base"),
        ('fnc1 = ""', 'fnc1 = "A"'),
    ],
)
def test_settings_that_cannot_be_used_say_what_is_wrong(sqlite_counter, was, becomes):
    file = Path("pharmacy.toml")
    settings = file.read_text()
    assert was in settings
    file.write_text(settings.replace(was, becomes))
    told(sqlite_counter, NotSettings, "stock")
    told(sqlite_counter, NotSettings, "init", "--yes")


@pytest.mark.parametrize("content", [b"no settings at all", b"\xff\xfe", b""])
def test_a_file_that_holds_no_settings_is_named(sqlite_counter, content):
    Path("pharmacy.toml").write_bytes(content)
    # The rest of the sentence is Python's.
    assert sqlite_counter.refused("stock").startswith("The settings at pharmacy.toml cannot be used (")


def test_a_file_that_is_no_database_is_named(empty):
    Path("x.db").write_text("hello, this is text\n" * 100)
    told(empty, NotADatabase, "--database", "x.db", "stock")


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_another_schema_is_named_with_the_way_out(sqlite_counter, version):
    with sqlite3.connect("pharmacy.db") as changed:
        changed.execute("UPDATE alembic_version SET version_num = ?", (version,))
    changed.close()
    told(sqlite_counter, OtherSchema, "stock")


def an_rx(counter):
    counter.done(*TYPED)
    counter.done("patient", "add", "--id", "M1", "--name", "Kari", "--born", "1961-04-03")
    counter.done("prescriber", "add", "--name", "Ida", "--npi", "1234567893")
    directions = ("--form", "cyanocobalamin", "--directions", "1 mg IM weekly", "--quantity", "4")
    return counter.json("rx", "add", "--patient", "P1", "--prescriber", "PR1", *directions)["rx"]


def test_a_label_that_could_not_be_written_is_written_from_the_books(counter, monkeypatch):
    rx = an_rx(counter)
    folder = Path("gone")
    folder.mkdir()
    pages = labelling.pages

    def and_the_folder_goes_away(*given):
        folder.rmdir()
        return pages(*given)

    monkeypatch.setattr(labelling, "pages", and_the_folder_goes_away)
    said = counter("dispense", rx, "--label", "gone/label.pdf")
    assert (said.status, said.out) == (4, "")
    sentence = " ".join(said.err.split()).partition(": ")[2]
    require_golden(f"{code(LabelNotWritten)}: {sentence}")
    assert "`dispensary label dispense D1 --out FILE`" in sentence
    assert counter.json("stock")[0]["units"] == 6
    monkeypatch.setattr(labelling, "pages", pages)
    counter.done("label", "dispense", "D1", "--out", "again.pdf")
    assert Path("again.pdf").read_bytes().startswith(b"%PDF")


@pytest.fixture
def disk_full(counter, monkeypatch):
    """Storage that fails before anything is written."""

    def fails(engine, work):
        raise NotSaved(problem="disk full")

    def fill():
        monkeypatch.setattr(database, "transaction", fails)

    return fill


def test_a_failure_prints_the_key_that_was_made_for_the_command(counter, disk_full):
    disk_full()
    said = counter(*TYPED)
    assert (said.status, said.out) == (3, "")
    assert re.search(r"run the same command again with --key [0-9a-f]{24}\.$", " ".join(said.err.split()))


def test_a_failure_prints_the_key_that_was_given(counter, disk_full):
    disk_full()
    said = counter(*TYPED, "--key", "k1")
    assert said.status == 3
    require_golden(f"{code(NotSaved)}: {' '.join(said.err.split()).partition(': ')[2]}")


def test_a_lost_acknowledgement_is_asked_for_again_with_the_printed_key(counter, monkeypatch):
    committed = database.transaction

    def answer_lost(engine, work):
        committed(engine, work)
        raise NotSaved(problem="connection lost")

    monkeypatch.setattr(database, "transaction", answer_lost)
    said = counter(*TYPED)
    assert said.status == 3
    (key,) = re.findall(r"--key ([0-9a-f]{24})\b", " ".join(said.err.split()))
    monkeypatch.setattr(database, "transaction", committed)
    again = counter.json(*TYPED, "--key", key)
    assert (again["receipt"], again["key"]) == ("R1", key)
    assert [row["units"] for row in counter.json("stock")] == [10]


@pytest.mark.parametrize("words", [("product", "show", "\udcff"), ("label", "shelf", "\udcff", "--out", "x.pdf")])
def test_what_is_no_text_is_refused(counter, words):
    require_golden(f"{code(NotText)}: {counter.refused(*words)}")
