"""A design that cannot make a lawful label is refused before it makes one."""

import os
import re
import tomllib
from contextlib import suppress
from copy import deepcopy
from types import SimpleNamespace

import pytest

from dispensary.errors import Refused
from dispensary.labelling import designs, render
from dispensary.labelling.designs import STANDARD, NotADesign, OtherDesign, chosen, load, read, shipped
from dispensary.labelling.elements import clustered
from dispensary.labelling.kinds import KINDS
from dispensary.labelling.samples import samples
from dispensary.rules.people import Country, Language
from dispensary.shipped import folder
from tests.refusing import refused

DESIGNS = folder("labels") / "designs"
ROLL = (DESIGNS / "dispense-100x62.toml").read_text("utf-8")
SHEET = (DESIGNS / "dispense-a4-3x7.toml").read_text("utf-8")
PATIENT = 'fields = ["patient"]\nfont = "bold"\nsizes_pt = [14, 13, 12]'


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_design_may_be_used_and_names_one_that_takes_over(name):
    design = load(name)
    assert design.name == name
    seen = [name]
    while design.next is not None:
        assert load(design.next).kind == design.kind
        assert load(design.next).country is design.country
        assert (load(design.next).sheet is None) == (design.sheet is None)
        design = load(design.next)
        assert design.name not in seen
        seen.append(design.name)


# The law of Norway asks for no size.
WITH_SIZES = [name for name in shipped() if load(name).kind == "dispense" and load(name).country is not Country.NORWAY]


@pytest.mark.parametrize("name", WITH_SIZES)
def test_a_dispensing_design_gives_the_patient_half_of_the_label(name):
    design = load(name)
    # 16 CCR 1707.5: at least half of the label, at least 12 points, these alone and in this order.
    (patient,) = (box for box in design.labels[0].boxes if box.name == "patient")
    assert patient.width_mm * patient.height_mm >= 0.5 * design.paper.width_mm * design.paper.height_mm
    assert min(size for item in patient.item for size in item.sizes_pt) >= 12
    assert tuple(field for item in patient.item for field in item.fields) == clustered("dispense").fields


def test_every_kind_has_a_standard_design_for_every_country():
    assert set(STANDARD) == set(KINDS)
    for kind, name in STANDARD.items():
        assert load(name).kind == kind
        assert load(name).country is None


@pytest.mark.parametrize(
    ("toml", "old", "new"),
    [
        (ROLL, PATIENT, PATIENT.replace("12]", "11]")),
        (ROLL, PATIENT, PATIENT.replace("[14, 13, 12]", "[]")),
        (ROLL, "legal_pt = 12\n", "legal_pt = 15\n"),
        (ROLL, "height_mm = 32.4", "height_mm = 32"),
        (ROLL, "width_mm = 96", "width_mm = 99"),
        (ROLL, "y_mm = 10.8", "y_mm = 10"),
        (ROLL, 'fields = ["purpose"]', 'fields = ["reason"]'),
        (ROLL, 'fields = ["patient"]', 'fields = ["patient", "prescriber"]'),
        (ROLL, '"light", ', ""),
        (ROLL, ', "page"', ""),
        (ROLL, 'align = "right"', 'align = "rigth"'),
        (ROLL, 'font = "exact"\nsizes_pt = [12]', 'font = "fine"\nsizes_pt = [12]'),
        (ROLL, "[paper]", "[papers]"),
        (ROLL, "[paper]", "[paper"),
        (ROLL, "leading = 1.08", "lead = 1.08"),
        (ROLL, 'kind = "dispense"', 'kind = "dispenser"'),
        (ROLL, 'kind = "dispense"', 'kind = "dispense"\ncountry = "se"'),
        (ROLL, 'next = "dispense-160x62"', 'next = "dispense-none"'),
        (ROLL, 'next = "dispense-160x62"', 'next = "leaflet-a4"'),
        (ROLL, "width_mm = 100", 'width_mm = "100"'),
        (ROLL, "width_mm = 100", "width_mm = nan"),
        (ROLL, "width_mm = 100\n", ""),
        (ROLL, "dots_per_inch = 203", "dots_per_inch = 203.2"),
        (ROLL, "sizes_pt = [12]", 'sizes_pt = ["large"]'),
        (ROLL, "[[label]]", "label = 1\n[[labels]]"),
        (ROLL, "[[label]]", "label = [1]\n[[labels]]"),
        (ROLL, "[[label.rule]]", "[[label.line]]"),
        (ROLL, "turned = true", "turned = 1"),
        (ROLL, "turned = true", "turned = true\ncolour = 1"),
        (ROLL, "sizes_pt = [14, 13, 12]", "sizes_pt = 14"),
        (ROLL, 'name = "patient"', "name = 1"),
        (ROLL, "sizes_pt = [14, 13, 12]", "sizes_pt = [140, 13, 12]"),
        (ROLL, "sizes_pt = [12]", f"sizes_pt = [1{'0' * 400}]"),
        (ROLL, 'fields = ["pharmacy"', 'fields = ["\\u001b[31m"'),
        (ROLL, 'fields = ["pharmacy"', f'fields = ["{"x" * 5000}"'),
        (ROLL, "least_mm = 5.5", "least_mm = 2"),
        (ROLL, '"font_source_sans_pro"', '"os"'),
        (ROLL, '"font_source_sans_pro"', '"font_source_sans_pro.files"'),
        (ROLL, '"font_source_sans_pro"', "1"),
        (ROLL, '"files/SourceSansPro-Regular.ttf"', '"/etc/hostname"'),
        (ROLL, '"files/SourceSansPro-Regular.ttf"', '"../reportlab/fonts/Vera.ttf"'),
        (ROLL, '"files/SourceSansPro-Regular.ttf"', '"files/SourceSansPro-Regular.otf"'),
        (ROLL, '"files/SourceSansPro-Regular.ttf"', '"files/SourceSansPro-None.ttf"'),
        (ROLL, '"files/SourceSansPro-Regular.ttf"', '["files/SourceSansPro-Regular.ttf"]'),
        (SHEET, "left_mm = 7.25", "left_mm = -1"),
        (SHEET, "top_mm = 15.15", "top_mm = -0.5"),
        (SHEET, "height_mm = 297", "height_mm = 1001"),
        (SHEET, "[sheet]", "sheet = 1\n[sheets]"),
        (ROLL, "[[label.box]]", "[label.box]"),
        (SHEET, 'country = "no"\n', ""),
        (SHEET, "columns = 3", "columns = 4"),
        (SHEET, "columns = 3", "columns = 0"),
        (SHEET, "across_mm = 66.0", "across_mm = 60"),
        (
            SHEET,
            'fields = ["patient"]\nfont = "bold"\nsizes_pt = [7.5',
            'fields = ["rx"]\nfont = "bold"\nsizes_pt = [7.5',
        ),
    ],
)
def test_a_design_that_breaks_the_rules_is_refused(toml, old, new, tmp_path):
    assert old in toml
    file = tmp_path / "mine.toml"
    file.write_text(toml.replace(old, new, 1), "utf-8")
    refused(NotADesign, lambda: read("mine", file))


def test_a_copy_that_is_changed_within_the_rules_is_used(tmp_path):
    (tmp_path / "mine.toml").write_text(ROLL.replace("sizes_pt = [14, 13, 12]", "sizes_pt = [12.5]"), "utf-8")
    design = chosen("dispense", "mine.toml", Country.US, tmp_path)
    assert (design.name, design.labels[0].boxes[2].item[0].sizes_pt) == ("mine", (12.5,))


def test_a_design_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotADesign, match="The label design none cannot be used: its file cannot be read: No such file"):
        read("none", tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("kind", "design", "country"),
    [("leaflet", "dispense-100x62", Country.US), ("dispense", "dispense-a4-3x7", Country.US)],
)
def test_a_design_for_something_else_is_refused(kind, design, country, tmp_path):
    refused(OtherDesign, lambda: chosen(kind, design, country, tmp_path))


def test_where_nobody_names_a_design_the_standard_one_is_taken(tmp_path):
    assert chosen("dispense", None, Country.NORWAY, tmp_path).name == STANDARD["dispense"]
    assert chosen("dispense", "dispense-a4-3x7", Country.NORWAY, tmp_path).name == "dispense-a4-3x7"


def test_a_paper_has_a_size_that_printers_take(tmp_path):
    file = tmp_path / "mine.toml"
    for old, new in (("width_mm = 100\n", "width_mm = 501\n"), ("height_mm = 62\n", "height_mm = 9\n")):
        assert old in ROLL
        file.write_text(ROLL.replace(old, new, 1), "utf-8")
        refused(NotADesign, lambda: read("mine", file))


@pytest.mark.parametrize(("name", "value"), [("y_mm", -1), ("y_mm", 63), ("from_mm", -1), ("to_mm", 101), ("to_mm", 1)])
def test_a_rule_stays_on_the_label(name, value, tmp_path):
    before, rule = ROLL.rsplit("[[label.rule]]", 1)
    changed = re.sub(rf"{name} = \S+", f"{name} = {value}", rule)
    assert changed != rule
    file = tmp_path / "mine.toml"
    file.write_text(f"{before}[[label.rule]]{changed}", "utf-8")
    refused(NotADesign, lambda: read("mine", file))


def test_a_rule_does_not_go_through_the_symbol(tmp_path):
    barcode = load("dispense-100x62").labels[0].barcode
    assert barcode is not None
    file = tmp_path / "mine.toml"
    y, left = barcode.y_mm + 1, barcode.x_mm
    rule = f"[[label.rule]]\ny_mm = {y}\nfrom_mm = {left}\nto_mm = {left + 2}\n"
    file.write_text(f"{ROLL}\n{rule}", "utf-8")
    refused(NotADesign, lambda: read("mine", file))


def test_the_smallest_type_can_be_read(tmp_path):
    text = (DESIGNS / "shelf-62x29.toml").read_text("utf-8")
    changed = re.sub(r"sizes_pt = \[([^]]*)\]", r"sizes_pt = [\1, 4.9]", text)
    file = tmp_path / "mine.toml"
    file.write_text(changed, "utf-8")
    refused(NotADesign, lambda: read("mine", file))


def test_only_a_plain_file_of_some_size_is_a_design(tmp_path):
    pipe, link, large = (tmp_path / name for name in ("pipe.toml", "link.toml", "large.toml"))
    os.mkfifo(pipe)
    link.symlink_to("/dev/zero")
    large.write_bytes(b"#" * 1_000_001)
    for file in (pipe, link, large, tmp_path):
        refused(NotADesign, lambda file=file: read("mine", file))
    large.write_text(ROLL, "utf-8")
    link.unlink()
    link.symlink_to(large)
    assert read("mine", link).kind == "dispense"


ODD = (-1, 0, 1e308, float("nan"), float("inf"), "", "x", "\x1b", True, [], [[]], {}, 10**400, -0.0, 1e-300)


def places_in(part, path=()):
    """The way to each value of a design that is neither a table nor a list, and to each table and list too."""
    if path:
        yield path
    named = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in named:
        yield from places_in(value, (*path, name))


@pytest.mark.parametrize("name", ["dispense-160x62", "dispense-a4-3x7", "dispense-letter-2x5", "shelf-62x29"])
def test_whatever_a_value_is_a_design_is_used_or_refused_in_one_sentence(name, tmp_path, monkeypatch):
    table = tomllib.loads((DESIGNS / f"{name}.toml").read_text("utf-8"))
    file = tmp_path / "mine.toml"
    file.write_text("")
    for other in shipped():
        load(other)
    for path in places_in(table):
        for odd in ODD:
            changed = deepcopy(table)
            part = changed
            for step in path[:-1]:
                part = part[step]
            part[path[-1]] = odd
            monkeypatch.setattr(designs, "tomllib", SimpleNamespace(loads=lambda text, changed=changed: changed))
            try:
                design = read("mine", file)
            except NotADesign as refusal:
                sentence = str(refusal)
                assert sentence.isprintable()
                assert len(sentence) < 700
                continue
            # What is accepted is printed, or the label is refused.
            _, labels = next(samples(design.kind, Country.US, Language.ENGLISH))
            with suppress(Refused):
                assert render([labels], design).startswith(b"%PDF")
