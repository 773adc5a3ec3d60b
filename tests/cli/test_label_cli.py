"""`dispensary label` into files: each kind once and again, and what is refused."""

import os
from pathlib import Path

import pytest

from dispensary.cli.printing import NotOnTheSheet, NowhereToPrint
from dispensary.errors import NotSaved
from dispensary.exports.files import FileExists, NoFolder
from dispensary.labelling.designs import STANDARD, NotADesign, load
from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.numbers import NotANumber
from tests.cli.labels import DEAD, RECORDS, pages_in, printer, text_of, told
from tests.labelling.printed import page

KEYS = {"job", "kind", "record", "copy", "design", "printer", "file"}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_label_of_each_kind_goes_into_a_file(whole, kind):
    record, must = RECORDS[kind]
    done = whole.json("label", kind, record.lower(), "--out", "first.pdf", "--key", "k")
    assert set(done) >= KEYS
    assert (done["job"], done["kind"], done["record"], done["copy"]) == ("PJ1", kind, record, 1)
    assert (done["design"], done["printer"], done["file"]) == (STANDARD[kind], None, "first.pdf")
    said = text_of("first.pdf")
    for words in must:
        assert words in said
    assert "Copy" not in said
    assert Path("first.pdf").stat().st_mode & 0o777 == 0o600
    size = [length / 72 * 25.4 for length in page(Path("first.pdf").read_bytes()).get_size()]
    paper = load(STANDARD[kind]).paper
    assert size == pytest.approx([paper.width_mm, paper.height_mm], abs=0.01)

    again = whole.json("label", kind, record, "--out", "again.pdf", "--key", "k")
    assert again == {**done, "file": "again.pdf"}
    assert Path("again.pdf").read_bytes() == Path("first.pdf").read_bytes()

    copy = whole.json("label", kind, record, "--out", "copy.pdf")
    assert (copy["job"], copy["copy"]) == ("PJ2", 2)
    assert "Copy 2" in text_of("copy.pdf")
    assert whole.json("audit", "verify")["ok"]


def test_what_is_said_fits_a_line_and_is_csv_too(filled):
    assert filled.done("label", "dispense", "D1", "--out", "a.pdf") == "PJ1: dispense D1: a.pdf\n"
    assert filled.done("label", "dispense", "D1", "--out", "b.pdf") == "PJ2: dispense D1, copy 2: b.pdf\n"
    head, row = filled.done("label", "dispense", "D1", "--out", "c.pdf", "--format", "csv").splitlines()
    assert head.startswith("job,kind,record,copy,design,printer")
    assert row.startswith("PJ3,dispense,D1,3,dispense-100x62,")


def test_a_key_of_another_print_is_refused(filled):
    filled.done("label", "dispense", "D1", "--out", "a.pdf", "--key", "k")
    told(filled, KeyReused, "label", "bag", "D1", "--out", "b.pdf", "--key", "k")
    assert not Path("b.pdf").exists()


def test_a_record_that_is_not_there(counter):
    for kind in ("dispense", "leaflet", "bag"):
        told(counter, NotFound, "label", kind, "D9", "--out", "a.pdf")
    told(counter, NotFound, "label", "vial", "V9", "--out", "a.pdf")
    told(counter, NotFound, "label", "shelf", "US-XX", "--out", "a.pdf")
    told(counter, NotFound, "label", "batch", "B9", "--out", "a.pdf")
    told(counter, NotANumber, "label", "dispense", "RX1", "--out", "a.pdf")
    assert not Path("a.pdf").exists()


def test_where_a_label_goes_is_one_place(filled):
    told(filled, NowhereToPrint, "label", "dispense", "D1")
    told(filled, NowhereToPrint, "label", "dispense", "D1", "--out", "a.pdf", "--print")
    told(filled, NowhereToPrint, "label", "dispense", "D1", "--out", "a.pdf", "--printer", "counter")
    assert filled.json("label", "dispense", "D1", "--out", "a.pdf")["copy"] == 1


def test_a_file_is_replaced_only_when_that_is_asked_for(filled):
    Path("a.pdf").write_text("mine")
    told(filled, FileExists, "label", "dispense", "D1", "--out", "a.pdf")
    told(filled, NoFolder, "label", "dispense", "D1", "--out", "none/a.pdf")
    assert Path("a.pdf").read_text() == "mine"
    # Nothing was counted of what was refused.
    assert filled.json("label", "dispense", "D1", "--out", "a.pdf", "--force")["copy"] == 1
    assert "Lot A23" in text_of("a.pdf")


def test_a_file_name_that_is_not_text_is_shown_with_escapes(filled):
    assert filled.done("label", "dispense", "D1", "--out", "a\x1b[31m.pdf").endswith(r"'a\x1b[31m.pdf'" + "\n")
    assert filled.done("label", "copy", "dispense-100x62", "b\x1b.toml").endswith(r"'b\x1b.toml'" + "\n")
    told(filled, NotADesign, "label", "check", "b\x1b.toml")


def test_an_auditor_prints_nothing(filled):
    filled.done("user", "add", "audrey", "--role", "auditor")
    printer("counter", DEAD, "dispense-100x62")
    told(filled, NotAllowed, "--as", "audrey", "label", "dispense", "D1", "--out", "a.pdf")
    told(filled, NotAllowed, "--as", "audrey", "label", "dispense", "D1", "--print")
    told(filled, NotAllowed, "--as", "audrey", "label", "range", "D1", "D1", "--out", "a.pdf")
    assert [path.name for path in filled.folder.glob("a.pdf*")] == []
    assert filled.json("label", "queue") == []


def test_a_file_that_the_disk_does_not_take_is_written_by_the_same_command(filled, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", full)
    said = filled("label", "dispense", "D1", "--out", "a.pdf", "--key", "k")
    assert said.status == NotSaved.exit_status
    monkeypatch.setattr(os, "fsync", fsync)
    assert filled.json("label", "dispense", "D1", "--out", "a.pdf", "--key", "k")["copy"] == 1


def test_a_sheet_begins_at_any_of_its_labels(filled):
    sheet = ("label", "dispense", "D1", "--design", "dispense-letter-2x5")
    done = filled.json(*sheet, "--out", "a.pdf", "--position", "4")
    assert (done["position"], pages_in("a.pdf")) == (4, 1)
    leaf = page(Path("a.pdf").read_bytes())
    assert [round(length) for length in leaf.get_size()] == [612, 792]
    middle = leaf.get_width() / 2
    found = [each.get_bounds() for each in leaf.get_objects() if each.type == 1]
    assert all(left > middle for left, _, _, _ in found)
    assert all(792 - 72 * 6 < top < 792 - 72 * 2 for _, _, _, top in found)
    told(filled, NotOnTheSheet, *sheet, "--out", "b.pdf", "--position", "11")
    told(filled, NotOnTheSheet, "label", "dispense", "D1", "--out", "b.pdf", "--position", "2")
    assert filled("label", "dispense", "D1", "--out", "b.pdf", "--position", "0").status == 2
    assert not Path("b.pdf").exists()
