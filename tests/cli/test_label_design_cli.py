"""`dispensary label designs`, `check`, `copy`, `preview`, `gallery`: what a label looks like before it is printed."""

from dataclasses import replace
from pathlib import Path

import pytest

from dispensary import labelling
from dispensary.cli.label_design import NotAKind
from dispensary.exports.files import FileExists
from dispensary.exports.terminal import WIDTH
from dispensary.labelling.designs import STANDARD, NotADesign, OtherDesign, shipped, shipped_file
from dispensary.lookup import NotFound
from tests.cli.labels import RECORDS, events, text_of, told
from tests.labelling.printed import page


def test_a_design_for_something_else_is_refused(filled):
    told(filled, OtherDesign, "label", "dispense", "D1", "--out", "a.pdf", "--design", "leaflet-a4")
    told(filled, OtherDesign, "label", "dispense", "D1", "--out", "a.pdf", "--design", "dispense-a4-3x7")
    told(filled, NotADesign, "label", "dispense", "D1", "--out", "a.pdf", "--design", "none")
    told(filled, OtherDesign, "dispense", "RX1", "--label", "a.pdf", "--design", "leaflet-a4")
    assert not Path("a.pdf").exists()
    done = filled.json("label", "dispense", "D1", "--out", "a.pdf", "--design", "dispense-4x2in")
    assert (done["design"], done["copy"]) == ("dispense-4x2in", 1)


def test_a_copied_design_is_changed_checked_and_used(filled, monkeypatch):
    Path("mine").mkdir()
    assert filled.done("label", "copy", "dispense-100x62", "mine/own.toml") == "dispense-100x62: mine/own.toml\n"
    own = Path("mine/own.toml")
    assert own.read_bytes() == shipped_file("dispense-100x62").read_bytes()
    told(filled, FileExists, "label", "copy", "dispense-100x62", "mine/own.toml")
    own.write_text(own.read_text("utf-8").replace("width_mm = 100", "width_mm = 100.2"), "utf-8")
    assert filled.done("label", "check", "mine/own.toml") == "own may be used: dispense labels of 100.2x62 mm.\n"
    assert filled.json("label", "check", "mine/own.toml")["mm"] == "100.2x62"
    done = filled.json("label", "dispense", "D1", "--out", "a.pdf", "--design", "mine/own.toml")
    assert page(Path("a.pdf").read_bytes()).get_width() / 72 * 25.4 == pytest.approx(100.2, abs=0.01)
    monkeypatch.chdir("mine")
    again = filled.json("label", "dispense", "D1", "--out", "a.pdf", "--design", "own.toml")
    assert again["design"] == done["design"] == str(filled.folder / own)
    assert "Copy 2" in text_of("a.pdf")


OF_THE_PATIENT = """legal_pt = {legal}
spread_pt = 5

[[label.box.item]]
fields = ["patient"]
font = "bold"
sizes_pt = [14, 13, {least}]"""
BROKEN = (
    ("sizes_pt = [14, 13, 12]", "sizes_pt = [14, 13, 11]"),
    # A design says itself what nothing in a box is smaller than, and does not get below the law with it.
    (OF_THE_PATIENT.format(legal=12, least=12), OF_THE_PATIENT.format(legal=11, least=11)),
    ("sizes_pt = [14, 13, 12]", "sizes_pt = [nan]"),
    ("leading = 1.08", "leading = 0.5"),
    ("spread_pt = 5", "spread_pt = -5"),
    ("dots_per_inch = 203", "dots_per_inch = 0"),
    ("least_mm = 0.375", "least_mm = 0.6"),
    ("least_mm = 0.375", "least_mm = 0"),
    ("quiet_modules = 2", "quiet_modules = 0"),
    ("[paper]", "[paper"),
    ("[paper]", f"deep = {'[' * 5000}\n[paper]"),
)


def test_a_broken_design_of_ones_own_prints_nothing(filled):
    text = shipped_file("dispense-100x62").read_text("utf-8")
    for old, new in BROKEN:
        assert old in text
        Path("own.toml").write_text(text.replace(old, new), "utf-8")
        sentence = told(filled, NotADesign, "label", "check", "own.toml")
        assert filled.refused("label", "dispense", "D1", "--out", "a.pdf", "--design", "own.toml") == sentence
        assert filled.refused("dispense", "RX1", "--label", "a.pdf", "--design", "own.toml") == sentence
        assert filled.refused("label", "preview", "dispense", "D1", "--design", "own.toml") == sentence
        assert not Path("a.pdf").exists()
    assert filled.json("label", "dispense", "D1", "--out", "a.pdf")["job"] == "PJ1"


def test_a_calendar_without_room_is_no_design(filled):
    text = shipped_file("dispense-160x62").read_text("utf-8")
    for wrong in ("size_pt = 0", "size_pt = -6", "size_pt = 30"):
        Path("own.toml").write_text(text.replace("size_pt = 6\n", f"{wrong}\n"), "utf-8")
        told(filled, NotADesign, "label", "check", "own.toml")


def test_a_design_that_is_not_there_is_no_design(filled):
    told(filled, NotADesign, "label", "check", "none.toml")
    told(filled, NotADesign, "label", "copy", "none", "own.toml")
    assert not Path("own.toml").exists()


def test_a_preview_shows_the_label_in_a_terminal(whole):
    for kind, (record, must) in RECORDS.items():
        before = events(whole)
        shown = whole.done("label", "preview", kind, record)
        assert {len(line) for line in shown.splitlines()} == {WIDTH}, kind
        flat = " ".join(shown.replace("|", " ").split())
        assert f"+- {STANDARD[kind]}, " in shown
        assert must[0] in flat
        # Whoever looks at a patient's label has read of the patient; no print is counted.
        assert events(whole) == before + (kind in ("dispense", "leaflet", "bag")), kind
        assert whole.json("label", kind, record, "--out", f"{kind}.pdf")["copy"] == 1


def test_a_preview_is_a_picture_too(filled):
    before = events(filled)
    assert filled.done("label", "preview", "dispense", "D1", "--out", "a.png") == "Preview of dispense D1: a.png\n"
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert events(filled) == before + 1
    told(filled, FileExists, "label", "preview", "dispense", "D1", "--out", "a.png")
    filled.done("label", "preview", "dispense", "D1", "--out", "a.png", "--force", "--dpi", "72")


def test_what_acts_in_a_terminal_is_escaped_in_a_preview(filled, monkeypatch):
    pages_of = labelling.pages

    def with_escapes(*given):
        (label,) = pages_of(*given)
        first, *rest = label.lines
        return [replace(label, lines=(replace(first, text="\x1b[31mKari\u202e"), *rest))]

    monkeypatch.setattr(labelling, "pages", with_escapes)
    shown = filled.done("label", "preview", "dispense", "D1")
    assert r"\u001b[31mKari\u202e" in shown
    assert "\x1b" not in shown


def test_only_a_kind_of_label_has_a_preview(filled):
    told(filled, NotAKind, "label", "preview", "receipt", "D1")
    told(filled, NotFound, "label", "preview", "dispense", "D9")
    told(filled, OtherDesign, "label", "preview", "bag", "D1", "--design", "leaflet-a5")


def test_a_gallery_has_a_picture_of_each_label(filled):
    said = filled.done("label", "gallery", "--out", "pictures", "--design", "dispense-4x2in-two", "--dpi", "72")
    names = sorted(path.name for path in Path("pictures").iterdir())
    assert said == f"{len(names)} pictures of 1 design: pictures\n"
    assert {"dispense-4x2in-two-us-en-usual-1.png", "dispense-4x2in-two-no-nb-two-lots-4.png"} <= set(names)
    assert all(Path("pictures", name).read_bytes().startswith(b"\x89PNG") for name in names)
    assert "--force" in filled.refused("label", "gallery", "--out", "pictures", "--design", "dispense-4x2in-two")


def test_a_gallery_of_a_design_of_ones_own(filled):
    filled.done("label", "copy", "vial-50x25", "flag.toml")
    filled.done("label", "gallery", "--out", "pictures", "--design", "flag.toml", "--dpi", "72")
    assert Path("pictures/flag-no-nb-dedicated-1.png").exists()


def test_the_designs_are_listed(filled):
    listed = filled.done("label", "designs")
    assert max(map(len, listed.splitlines())) <= WIDTH
    rows = filled.json("label", "designs")
    assert [row["design"] for row in rows] == list(shipped())
    assert {row["kind"] for row in rows} == set(STANDARD)
    assert set(rows[0]) == {"design", "kind", "mm", "sheet", "labels", "country", "next"}
