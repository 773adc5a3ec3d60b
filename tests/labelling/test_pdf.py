"""The printed label: its words, sizes, places and fonts, and what it refuses to print."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dispensary import labelling
from dispensary.labelling.content import sayable
from dispensary.labelling.design import Place
from dispensary.labelling.designs import load, shipped
from dispensary.labelling.elements import clustered
from dispensary.labelling.fonts import NoGlyph, face
from dispensary.labelling.kinds.dispense import DispenseText
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.rules.formulary import read_rows
from dispensary.rules.people import Language
from dispensary.shipped import IncompleteInstallation, formulary
from tests.labelling.package_facts import LABELS, a_norwegian_package, a_package, a_product
from tests.labelling.printed import Printed, Run, flowing, page, printed, words
from tests.refusing import refused

GOLDEN = Path(__file__).parent.parent / "golden" / "labels"
DESIGN = load("dispense-100x62")
DESIGNS = [name for name in shipped() if name.startswith("dispense-")]
EVERY = [
    (design, name) for design in DESIGNS for name in LABELS if load(design).country in (None, LABELS[name].country)
]
CLUSTER = clustered("dispense")


def render(fill, design=DESIGN):
    return labelling.render([fill], design)


@cache
def labels_of(design: str, name: str) -> list[Printed]:
    return printed(labelling.pages([[LABELS[name]]], load(design)))


@pytest.mark.parametrize("name", LABELS)
def test_a_label_reads_as_it_did(name):
    golden = GOLDEN / f"{name}.txt"
    read = words(render([LABELS[name]]))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(read, encoding="utf-8")
    assert read == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_everything_that_a_label_says_is_printed_whole(design, name):
    text = LABELS[name].said()
    said = " ".join(each.text for each in labels_of(design, name)).replace("-\u00ad", "-")
    said = " ".join(said.split())
    for field in sayable(DispenseText) - {"page"}:
        assert " ".join(getattr(text, field).split()) in said, field


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_each_of_several_labels_says_which_it_is_and_whose(design, name):
    labels, text = labels_of(design, name), LABELS[name].said()
    for number, each in enumerate(labels, 1):
        said = " ".join(each.text.replace("-\u00ad", "-").split())
        assert text.page.format(page=number, pages=len(labels)) in said or len(labels) == 1
        assert text.rx in said
        assert text.patient in said


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_the_patient_reads_at_least_twelve_points_in_the_order_of_the_law(design, name):
    # 16 CCR 1707.5 (a)(1): patient, drug and strength, directions, purpose.
    text = LABELS[name].said()
    (label, box), *_ = [
        (each, box) for each in labels_of(design, name) for box in each.page.label.boxes if box.name == "patient"
    ]
    inside = sorted(
        (run for run in label.runs if within(run, box)), key=lambda run: (round(run.bottom_mm), run.left_mm)
    )
    lawful = load(design).country is None
    assert all(run.size_pt >= (CLUSTER.least_pt if lawful else 8) for run in inside)
    assert all("Sans" in run.font or "Atkinson" in run.font for run in inside)
    ordered = [getattr(text, field).replace("\u00a0", " ") for field in CLUSTER.fields]
    assert " ".join(run.text for run in inside).replace("-\u00ad", "-").replace("- ", "-") == " ".join(
        filter(None, ordered)
    ).replace("- ", "-")
    paper = label.page.design.paper
    share = CLUSTER.least_share * paper.width_mm * paper.height_mm
    assert box.width_mm * box.height_mm >= share or not lawful


def within(run: Run, place: Place) -> bool:
    return (
        # A letter such as Á leans a hair to the left of its place.
        place.x_mm - 0.1 <= run.left_mm
        and run.right_mm <= place.x_mm + place.width_mm + 0.02
        # Accents and descenders of a full box may take half of the gap to the next one.
        and place.y_mm - 0.2 <= run.top_mm
        and run.bottom_mm <= place.y_mm + place.height_mm + 0.2
    )


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_nothing_leaves_its_box(design, name):
    for each in labels_of(design, name):
        for run in each.runs:
            inside = [place for _, place in each.page.label.places if within(run, place)]
            assert len(inside) == 1, run


@pytest.mark.parametrize(
    ("design", "larger"),
    [
        ("dispense-100x62", "dispense-160x62"),
        ("dispense-4x2in", "dispense-4x2in-two"),
        ("dispense-a4-3x7", "dispense-a4-3x7-three"),
    ],
)
def test_an_overfull_label_goes_to_the_next_design(design, larger):
    assert {each.page.design.name for each in labels_of(design, "no-nb-longest")} == {larger}
    assert {each.page.design.name for each in labels_of(design, "no-nb-ampoule")} == {design}


def test_the_labels_of_a_fill_are_all_of_one_design_and_counted_together():
    fill = [LABELS["us-en-split-first"], LABELS["no-nb-longest"]]
    found = labelling.pages([fill, [LABELS["us-en-ampoule"]]], load("dispense-4x2in"))
    assert [each.design.name for each in found] == ["dispense-4x2in-two"] * 4 + ["dispense-4x2in"]
    assert "Label 2 of 4" in printed(found)[1].text


@pytest.mark.parametrize("position", [1, 2, 20, 21])
def test_a_sheet_begins_at_any_of_its_labels(position):
    found = labelling.pages([[a_package(lot=f"LOT{number}")] for number in range(12)], load("dispense-a4-3x7"))
    labels = printed(found, position)
    lots = [each.text.partition(" Lot LOT")[2].partition(" ")[0] for each in labels]
    assert [lot for lot in lots if lot] == [str(number) for number in range(12)]
    assert all(each.runs for each in labels)


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_every_font_is_embedded(design, name):
    pdf = render([LABELS[name]], load(design))
    assert all(run.embedded for each in labels_of(design, name) for run in each.runs)
    assert b"Helvetica" not in pdf
    assert pdf.count(b"/FontFile2") == pdf.count(b"/BaseFont") >= 3


def test_the_paper_is_the_designs_and_is_not_scaled():
    pdf = render([a_package()])
    assert [round(points * 25.4 / 72, 3) for points in page(pdf).get_size()] == [100, 62]
    assert b"/PrintScaling /None" in pdf


def test_the_same_labels_are_the_same_bytes():
    assert render([a_package()]) == render([a_package()])
    every = [[each] for each in LABELS.values()]
    assert labelling.render(every, DESIGN) == labelling.render(every, DESIGN)


def test_many_labels_are_one_document_with_a_page_each():
    pdf = labelling.render([[a_package(lot=f"LOT{number}")] for number in range(12)], DESIGN)
    assert [flowing(pdf, number).count(f"Lot LOT{number} ") for number in range(12)] == [1] * 12


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("build", [a_package, a_norwegian_package])
def test_every_product_of_the_starter_formulary_has_a_label(build, language):
    for row in read_rows(formulary().read_bytes(), "formulary.csv"):
        for parts in (1, 2):
            facts = build(language=language, product=row.product, lot="ABCDEFGH012345678901", part=parts, parts=parts)
            assert flowing(render([facts]))


def test_a_label_is_ready_before_a_transaction_needs_it():
    labelling.ready(DESIGN)
    assert face.cache_info().currsize >= 3


@pytest.mark.parametrize(
    "given",
    [
        {"patient": "W" * 60},
        {"patient": "Maria " * 90},
        {"indication": "vitamin B12 deficiency " * 25},
        {"pharmacy": "Harbor Pharmacy " * 25},
        {"prescriber": "Jane Smith " * 40},
        {"product": a_product(name="Cyanocobalamin injection " * 20)},
        {"product": a_product(labeler="American Regent " * 40)},
        {"directions_as_written": "As agreed " * 90, "directions": None},
        {"lot": "W" * 60},
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(given: dict[str, Any]):
    refused(LabelDoesNotFit, lambda: render([a_package(**given)], load("dispense-160x62")))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("patient", "Maria \u4e2d"),
        ("patient", "Maria\x1b[31m"),
        ("patient", "Maria\nO'Brien"),
        ("patient", "Maria \u202eneirB'O"),
        ("patient", "Maria\u200b O'Brien"),
        ("prescriber", "Jane Smith\u2028MD"),
        ("indication", "B\u20d7"),
        ("lot", "A23\u014b"),
        ("lot", "A23\x1d"),
        ("pharmacy", "Harbor \U0001f48a"),
    ],
)
def test_a_character_without_a_glyph_is_refused_and_never_boxed(field, text):
    refusal = refused(NoGlyph, lambda: render([a_package(**{field: text, "gtin": None})]))
    assert refusal.facts["field"] in (field, "purpose")


def test_one_refused_label_leaves_no_document():
    refused(NoGlyph, lambda: render([a_package(), a_package(patient="Maria \u4e2d")]))


def test_markup_is_text():
    name = '<b>O&apos;Brien</b> <img src="/x">'
    assert name in flowing(render([a_package(patient=name)]))


def test_a_font_that_is_not_installed_is_named():
    refused(IncompleteInstallation, lambda: face("font_source_sans_pro", "files/NoSuchFont.ttf"))
