"""The printed label: its words, sizes, places and fonts, and what it refuses to print."""

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from dispensary.labelling import load as load_labelling
from dispensary.labelling import render
from dispensary.labelling.design import load
from dispensary.labelling.fonts import NoGlyph, face
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.text import DispenseFacts, label_text
from dispensary.rules.directions import Interval, Unit
from dispensary.rules.formulary import read_rows
from dispensary.rules.people import Language
from dispensary.rules.product import Container, Form, Route, Temperature
from dispensary.shipped import IncompleteInstallation, formulary
from tests.labelling.package_facts import a_norwegian_package, a_package, a_product, some_directions
from tests.labelling.printed import Run, flowing, page, runs, words
from tests.refusing import refused

GOLDEN = Path(__file__).parent.parent / "golden" / "labels"
DESIGN = load("dispense-100x62")
CLUSTER = next(box for box in DESIGN.boxes if box.name == "patient")

AMPOULE = a_product(
    name="Vitamin B12",
    labeler="Takeda",
    container=Container.AMPOULE,
    preservatives="none",
    temperature=Temperature.UP_TO_25,
)
PARABENS = a_product(
    name="Hydroxocobalamin injection",
    labeler="Actavis",
    form=Form.HYDROXOCOBALAMIN,
    fill_ul=30_000,
    preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
)
LONG_NAME = "Áŋŋe-Márjá Østby-Žigić Kjærstad-Ŧuovllahiid Ødegård Nilssen"
LONGEST = {
    "patient": LONG_NAME,
    "prescriber": LONG_NAME,
    "pharmacy": "Ŋuorjjovuona apotek og helsesenter Østre Ødegården avdeling",
    "address": "Øvre Kjærlighetsstien 112B, 9040 Nordkjosbotn i Balsfjord",
    "indication": "perniciøs anemi og nevropati ved vitamin B12-mangel",
    "directions": some_directions("5 mg", Route.SUBCUT, Interval(Unit.WEEK, 1, 1, times=3)),
    "lot": "ABCDEFGH012345678901",
    "part": 2,
    "parts": 2,
    "product": a_product(
        name="Hydroksokobalamin Orifarm",
        labeler="Orifarm",
        form=Form.HYDROXOCOBALAMIN,
        fill_ul=30_000,
        preservatives="methylparaben 1.5 mg/mL;propylparaben 0.2 mg/mL",
        temperature=Temperature.REFRIGERATOR,
    ),
}
LABELS = {
    "us-en-multi-dose-vial": a_package(),
    "us-en-ampoule": a_package(product=AMPOULE, gtin=None, lot="01052018@46"),
    "us-en-parabens-30-ml": a_package(
        product=PARABENS, directions=some_directions("2.5 mg", interval=Interval(Unit.DAY, 2, 3)), units=1
    ),
    "us-en-split-first": a_package(part=1, parts=2, units=1),
    "us-en-split-second": a_package(part=2, parts=2, units=3, lot="B07"),
    "us-nb-ampoule": a_package(language=Language.BOKMAAL, product=AMPOULE, gtin=None),
    "no-nb-ampoule": a_norwegian_package(),
    "no-nb-longest": a_norwegian_package(**LONGEST),
    "no-en-ampoule": a_norwegian_package(language=Language.ENGLISH),
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_reads_as_it_did(name):
    golden = GOLDEN / f"{name}.txt"
    read = words(render([LABELS[name]]))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(read, encoding="utf-8")
    assert read == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LABELS)
def test_everything_that_a_label_says_is_printed_whole(name):
    text = label_text(LABELS[name])
    printed = flowing(render([LABELS[name]])).replace("-\u00ad", "-")
    for item in (item for box in DESIGN.boxes for item in box.item):
        for field in item.fields:
            assert " ".join(getattr(text, field).split()) in printed, field


@pytest.mark.parametrize("name", LABELS)
def test_the_patient_reads_at_least_twelve_points_in_the_order_of_the_law(name):
    # 16 CCR 1707.5 (a)(1): patient, drug and strength, directions, purpose.
    text, clustered = label_text(LABELS[name]), cluster(LABELS[name])
    assert all(run.size_pt >= 12 for run in clustered)
    assert all("Sans" in run.font or "Atkinson" in run.font for run in clustered)
    read = " ".join(run.text for run in clustered)
    ordered = [text.patient, text.drug, text.contents, text.directions.replace("\u00a0", " "), text.purpose]
    assert read == " ".join(ordered)


def cluster(facts: DispenseFacts) -> list[Run]:
    """The runs of text between the two rules of the label."""
    found = [run for run in runs(render([facts]), DESIGN) if run.size_pt >= 10]
    return sorted(found, key=lambda run: (round(run.bottom_mm), run.left_mm))


@pytest.mark.parametrize("name", LABELS)
def test_nothing_leaves_its_box(name):
    boxes = [*DESIGN.boxes, DESIGN.pictograms]
    for run in runs(render([LABELS[name]]), DESIGN):
        inside = [
            box
            for box in boxes
            # A letter such as Á leans a hair to the left of its place.
            if box.x_mm - 0.1 <= run.left_mm
            and run.right_mm <= box.x_mm + box.width_mm
            # Accents and descenders of a full box may take half of the gap to the next one.
            and box.y_mm - 0.2 <= run.top_mm
            and run.bottom_mm <= box.y_mm + box.height_mm + 0.2
        ]
        assert len(inside) == 1, run


def test_boxes_do_not_overlap():
    for one, other in itertools.combinations((*DESIGN.boxes, DESIGN.barcode, DESIGN.pictograms), 2):
        beside = one.x_mm + one.width_mm <= other.x_mm or other.x_mm + other.width_mm <= one.x_mm
        above = one.y_mm + one.height_mm <= other.y_mm or other.y_mm + other.height_mm <= one.y_mm
        assert beside or above, (one.name, other.name)


@pytest.mark.parametrize("name", LABELS)
def test_every_font_is_embedded(name):
    pdf = render([LABELS[name]])
    assert all(run.embedded for run in runs(pdf, DESIGN))
    assert b"Helvetica" not in pdf
    assert pdf.count(b"/FontFile2") == pdf.count(b"/BaseFont") >= 3


def test_the_paper_is_the_designs_and_is_not_scaled():
    pdf = render([a_package()])
    assert [round(points * 25.4 / 72, 3) for points in page(pdf).get_size()] == [100, 62]
    assert b"/PrintScaling /None" in pdf


def test_the_same_labels_are_the_same_bytes():
    assert render([a_package()]) == render([a_package()])
    assert render(list(LABELS.values())) == render(list(LABELS.values()))


def test_many_labels_are_one_document_with_a_page_each():
    pdf = render([a_package(lot=f"LOT{number}") for number in range(12)])
    assert [flowing(pdf, number).count(f"Lot LOT{number} ") for number in range(12)] == [1] * 12


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("build", [a_package, a_norwegian_package])
def test_every_product_of_the_starter_formulary_has_a_label(build, language):
    for row in read_rows(formulary().read_bytes(), "formulary.csv"):
        for parts in (1, 2):
            facts = build(language=language, product=row.product, lot="ABCDEFGH012345678901", part=parts, parts=parts)
            assert flowing(render([facts]))


def test_a_label_is_ready_before_a_transaction_needs_it():
    load_labelling()
    assert face.cache_info().currsize >= 3


@pytest.mark.parametrize(
    "given",
    [
        {"patient": "W" * 30},
        {"patient": "Maria " * 40},
        {"indication": "vitamin B12 deficiency " * 10},
        {"pharmacy": "Harbor Pharmacy " * 10},
        {"prescriber": "Jane Smith " * 15},
        {"product": a_product(name="Cyanocobalamin injection " * 6)},
        {"product": a_product(labeler="American Regent " * 20)},
        {"directions_as_written": "As agreed " * 40, "directions": None},
        {"lot": "W" * 40},
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(given: dict[str, Any]):
    refused(LabelDoesNotFit, lambda: render([a_package(**given)]))


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
