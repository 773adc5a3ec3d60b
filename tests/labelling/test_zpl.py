"""Jobs in ZPL: the same words, places, fonts and symbols as in the PDF, and nothing that a name could order."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter, ImageOps

from dispensary import labelling
from dispensary.labelling.design import MM
from dispensary.labelling.designs import STANDARD, load, shipped
from dispensary.labelling.page import Page
from dispensary.labelling.pdf import draw as draw_pdf
from dispensary.labelling.symbols import Code
from dispensary.labelling.zpl import NotForALabelPrinter, draw, escaped
from dispensary.rules.people import Language
from tests.labelling.leaflet_facts import a_leaflet
from tests.labelling.other_facts import (
    LONG_ADDRESS,
    LONG_LOT,
    LONG_PHARMACY,
    a_bag_label,
    a_batch_label,
    a_shelf_label,
    a_vial_label,
)
from tests.labelling.package_facts import LABELS, a_norwegian_package, a_package
from tests.labelling.printed import printed as printed_pdf
from tests.labelling.zpl_reader import Field, Label, printed
from tests.refusing import refused

RESOLUTIONS = (203, 300, 600)
# The guide's least height of scalable type, which only the marks of a small thermometer come near.
LEAST_TYPE = 10
OTHERS = {
    "vial": a_vial_label,
    "shelf": a_shelf_label,
    "batch": a_batch_label,
    "bag": a_bag_label,
    "leaflet": a_leaflet,
}
ON_ROLLS = [name for name in shipped() if load(name).sheet is None and load(name).kind != "leaflet"]
ELSEWHERE = [name for name in shipped() if name not in ON_ROLLS]


def labels_for(design: str) -> dict[str, Any]:
    """The labels that this design is tried with, in both languages: the standard one with all, others with extremes."""
    kind = load(design).kind
    if design == STANDARD["dispense"]:
        return LABELS
    if kind == "dispense":
        return {name: LABELS[name] for name in ("us-en-copy", "us-en-longest", "no-nb-longest")}
    return {str(language): OTHERS[kind](language=language) for language in Language}


EVERY = [(design, name) for design in ON_ROLLS for name in labels_for(design)]


EVERYWHERE = [(*each, dots_per_inch) for each in EVERY for dots_per_inch in RESOLUTIONS]


@cache
def pages_of(design: str, name: str) -> list[Page]:
    return labelling.pages([[labels_for(design)[name]]], load(design))


@cache
def jobs_of(design: str, name: str) -> dict[int, bytes]:
    """The job at every resolution, one after the other, since the program keeps the last fonts that it made."""
    return {dots_per_inch: draw(pages_of(design, name), dots_per_inch) for dots_per_inch in RESOLUTIONS}


@cache
def labels_of(design: str, name: str, dots_per_inch: int) -> list[Label]:
    return printed(jobs_of(design, name)[dots_per_inch]).labels


def in_pdf(pages: list[Page], dots_per_inch: int) -> Iterator[Image.Image]:
    """The pages of the PDF in black and white."""
    document = pypdfium2.PdfDocument(draw_pdf(pages))
    for leaf in document:
        grey = leaf.render(scale=dots_per_inch / 72, grayscale=True).to_pil()
        yield grey.point(lambda value: 255 if value > 127 else 0)
    document.close()


def upright(label: Label, page: Page) -> Image.Image:
    """The label as it is read, black on white."""
    picture = ImageOps.invert(label.picture.convert("L"))
    return picture.transpose(Image.Transpose.ROTATE_90) if page.design.paper.turned else picture


def millimetres(field: Field, label: Label, page: Page, dots_per_inch: int) -> tuple[float, float, float]:
    """Left and right end of a field and its baseline, from the top left corner of the label as it is read."""
    x, y = (field.y, label.picture.width - field.x) if field.turned else (field.x, field.y)
    assert field.turned == page.design.paper.turned
    return tuple(dots * 25.4 / dots_per_inch for dots in (x, x + field.length, y))


@pytest.mark.parametrize(("design", "name"), EVERY)
def test_the_words_are_those_of_the_pdf_line_by_line_and_where_they_stand_there(design, name):
    pages = pages_of(design, name)
    labels = labels_of(design, name, 203)
    assert len(labels) == len(pages)
    for label, read in zip(labels, printed_pdf(pages), strict=True):
        fields = iter(label.fields)
        for run in read.runs:
            words = run.text.replace("-\u00ad", "-").replace("\u00ad", "-").split()
            line = list(taken(fields, len(words)))
            assert [word for field in line for word in field.text.split()] == words
            (left, *_), (_, right, _) = (millimetres(each, label, read.page, 203) for each in (line[0], line[-1]))
            baselines = {millimetres(each, label, read.page, 203)[2] for each in line}
            assert len(baselines) == 1
            # A letter's ink starts to the right of its place, or for Á or j a little to the left.
            assert run.left_mm - 0.6 <= left <= run.left_mm + 0.3
            # The ink of the last letter ends up to a tenth of its size before the letter does.
            slack = 0.1 * run.size_pt / MM if line[0].tall > LEAST_TYPE else 0.5
            assert right <= run.right_mm + 0.2 + slack
            assert run.top_mm < baselines.pop() <= run.bottom_mm + 0.2
        assert not list(fields)


def taken(fields: Iterator[Field], words: int) -> Iterator[Field]:
    """The next fields, which hold that many words between them."""
    while words > 0:
        field = next(fields)
        words -= len(field.text.split())
        yield field


@pytest.mark.parametrize("design", ON_ROLLS)
def test_the_paper_is_the_designs_as_it_leaves_the_printer(design):
    paper = load(design).paper
    across, along = (paper.height_mm, paper.width_mm) if paper.turned else (paper.width_mm, paper.height_mm)
    for dots_per_inch in RESOLUTIONS:
        for label in labels_of(design, next(iter(labels_for(design))), dots_per_inch):
            assert label.copies == 1
            assert label.picture.width == pytest.approx(across / 25.4 * dots_per_inch, abs=0.5)
            assert label.picture.height == pytest.approx(along / 25.4 * dots_per_inch, abs=0.5)


@pytest.mark.parametrize(("design", "name", "dots_per_inch"), EVERYWHERE)
def test_no_type_is_smaller_than_in_the_pdf(design, name, dots_per_inch):
    pages = pages_of(design, name)
    for label, read in zip(labels_of(design, name, dots_per_inch), printed_pdf(pages), strict=True):
        sizes = [run.size_pt for run in read.runs for _ in run.text.split()]
        fields = [field for field in label.fields for _ in field.text.split()]
        for size, field in zip(sizes, fields, strict=True):
            points = field.tall * 72 / dots_per_inch
            assert size - 0.001 <= points < size + 72 / dots_per_inch or field.tall == LEAST_TYPE
            assert 0.85 * field.tall <= field.wide <= field.tall


@pytest.mark.parametrize(("design", "name", "dots_per_inch"), EVERYWHERE)
def test_a_symbol_reads_the_same_from_the_printer_and_from_the_pdf(design, name, dots_per_inch):
    pages = pages_of(design, name)
    ours = labels_of(design, name, dots_per_inch)
    for label, page, other in zip(ours, pages, in_pdf(pages, dots_per_inch), strict=True):
        scans = zxingcpp.read_barcodes(upright(label, page))
        if page.symbol is None:
            assert not scans
            continue
        (scan,) = scans
        (same,) = zxingcpp.read_barcodes(other)
        assert scan.bytes == same.bytes
        assert scan.symbology_identifier == same.symbology_identifier
        if page.symbol.code is Code.GS1_DATAMATRIX:
            assert scan.symbology_identifier == "]d2"
            assert scan.text.replace("\\(", "(").replace("\\)", ")") == page.symbol.text.replace("\\", "")
        else:
            assert scan.text == page.symbol.text


@pytest.mark.parametrize(("design", "name", "dots_per_inch"), EVERYWHERE)
def test_the_printer_and_the_pdf_look_alike(design, name, dots_per_inch):
    pages = pages_of(design, name)
    ours = labels_of(design, name, dots_per_inch)
    for label, page, picture in zip(ours, pages, in_pdf(pages, dots_per_inch), strict=True):
        both = [
            coarse(without_symbol(each, page, dots_per_inch), dots_per_inch) for each in (upright(label, page), picture)
        ]
        for one, other in (both, both[::-1]):
            stray = ImageChops.lighter(one, ImageOps.invert(other.filter(ImageFilter.MinFilter(3))))
            assert stray.histogram()[0] <= one.histogram()[0] * 0.005


def without_symbol(picture: Image.Image, page: Page, dots_per_inch: int) -> Image.Image:
    """The picture but for its symbol, whose modules a finer printer makes of other dots than the PDF."""
    if (place := page.barcode) is not None:
        left, top = place.x_mm, place.y_mm
        corners = (left, top, left + place.width_mm, top + place.height_mm)
        picture.paste(255, tuple(round(mm / 25.4 * dots_per_inch) for mm in corners))
    return picture


def coarse(picture: Image.Image, dots_per_inch: int) -> Image.Image:
    """The picture in squares of half a millimetre, black where there is any ink."""
    ink = ImageOps.invert(picture).reduce(round(0.5 * dots_per_inch / 25.4))
    return ImageOps.invert(ink.point(lambda value: 255 if value else 0)).crop((0, 0, *(n - 1 for n in ink.size)))


NASTY = ["^XZ^XA", "~JR", "^FS", "_", "\\", "a_5Eb", "^", "~", "O'Brien, <b>", "^FD~DG", "_7E"]


@pytest.mark.parametrize("nasty", NASTY)
def test_a_name_prints_as_itself_and_orders_nothing(nasty):
    usual = draw(labelling.pages([[a_package(patient="A")]], load("dispense-4x2in")), 203)
    job = draw(labelling.pages([[a_package(patient=nasty)]], load("dispense-4x2in")), 203)
    (label,) = printed(job).labels
    (plain,) = printed(usual).labels
    assert " ".join(field.text for field in label.fields).count(f"{nasty}, ") == 1
    assert len(label.fields) - len(plain.fields) == len(nasty.split()) - 1
    # A word is ^FT, ^A@, ^FH, ^FD and ^FS, whatever is in it.
    assert job.count(b"^") - usual.count(b"^") == 5 * (len(nasty.split()) - 1)
    assert job.count(b"~") == usual.count(b"~")


@pytest.mark.parametrize("letter", "ŋŊŦŧŽžØøÅåÁčđ")
def test_a_letter_has_its_glyph_in_every_font_that_sets_it(letter):
    name = f"{letter}va {letter}"
    pages = labelling.pages([[a_norwegian_package(patient=name, pharmacy=name, lot="L1")]], load("dispense-100x62"))
    printer = printed(draw(pages, 300))
    assert sum(letter in field.text for field in printer.labels[0].fields) >= 4
    holding = [font for font in printer.downloaded if ord(letter) in font.glyphs]
    assert holding
    assert all(ord(letter) in font.inked for font in holding)


def test_a_job_carries_no_more_of_its_fonts_than_it_prints():
    pages = labelling.pages([[label] for label in LABELS.values()], load("dispense-100x62"))
    printer = printed(draw(pages, 203))
    letters = {letter for label in printer.labels for field in label.fields for letter in field.text}
    for font in printer.downloaded:
        assert {chr(code) for code in font.glyphs} <= letters
        assert font.tables == {
            "OS/2",
            "cmap",
            "glyf",
            "head",
            "hhea",
            "hmtx",
            "loca",
            "maxp",
            "name",
            "post",
            "GlyphOrder",
        }
        assert font.block == font.em
    assert len(printer.downloaded) == 3


def test_the_same_labels_are_the_same_bytes():
    def job() -> bytes:
        return draw(labelling.pages([[a_package()], [a_norwegian_package()]], load("dispense-100x62")), 203)

    assert job() == job()


@pytest.mark.parametrize(("dots_per_inch", "kilobytes"), [(203, 60), (300, 75), (600, 140)])
def test_a_job_of_one_label_is_small(dots_per_inch, kilobytes):
    assert all(len(jobs_of(*each)[dots_per_inch]) <= kilobytes * 1000 for each in EVERY)


def test_further_labels_of_a_job_share_its_fonts():
    def size(labels: int) -> int:
        many = [[a_package(lot=f"LOT{number:03}")] for number in range(labels)]
        return len(draw(labelling.pages(many, load("dispense-100x62")), 203))

    assert size(11) - size(1) <= 10 * 16_000


@pytest.mark.parametrize("design", ELSEWHERE)
def test_what_is_for_sheets_or_too_wide_is_refused(design):
    pages = pages_of(design, next(iter(labels_for(design))))
    with pytest.raises(NotForALabelPrinter) as caught:
        draw(pages, 203)
    assert caught.value.design == pages[0].design.name


def test_the_refusal_says_what_to_do():
    pages = labelling.pages([[a_leaflet()]], load("leaflet-a5"))
    refused(NotForALabelPrinter, lambda: draw(pages, 203))


@pytest.mark.parametrize("language", Language)
def test_the_worst_label_of_each_kind_reads_like_the_pdf(language):
    worst = a_batch_label(language=language, lot=LONG_LOT, pharmacy=LONG_PHARMACY, address=LONG_ADDRESS)
    pages = labelling.pages([[worst]], load(next(name for name in ON_ROLLS if load(name).kind == "batch")))
    (label,) = printed(draw(pages, 203)).labels
    (read,) = printed_pdf(pages)
    said = " ".join(run.text for run in read.runs).replace("-\u00ad", "-").replace("\u00ad", "-")
    assert " ".join(field.text for field in label.fields).split() == said.split()
    assert LONG_LOT in said


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40))
@settings(max_examples=300)
def test_any_printable_text_survives_its_escape(text):
    data = escaped(text)
    assert set(data).isdisjoint("^~\\\n")
    assert data.isascii()
    assert data.isprintable()
    # Read as a printer reads it: an underscore always starts an escape.
    head, *pieces = data.split("_")
    read = head.encode() + b"".join(bytes.fromhex(piece[:2]) + piece[2:].encode() for piece in pieces)
    assert read.decode() == text


LETTERS = st.sampled_from("ABCXYZabcæøåŋŦŽž^~_\\,.:;'\"<>&%$#@!()[]{}|/0123456789-+=*?`")


@given(st.lists(st.text(LETTERS, min_size=1, max_size=12), min_size=1, max_size=4).map(" ".join))
@settings(max_examples=15, deadline=None)
def test_any_name_is_read_from_the_label_as_it_was_typed(name):
    pages = labelling.pages([[a_package(patient=name)]], load("dispense-100x62"))
    (label,) = printed(draw(pages, 203)).labels
    assert f" {name}, " in " " + " ".join(field.text for field in label.fields)
