"""Previews: a label as rows for a terminal and as a picture; and parts of a batch joined to one PDF."""

from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from dispensary import labelling
from dispensary.labelling.content import sayable
from dispensary.labelling.designs import load, shipped
from dispensary.labelling.joining import joined
from dispensary.labelling.preview import png, rows
from tests.labelling.package_facts import LABELS, a_norwegian_package, a_package
from tests.labelling.printed import flowing

DESIGN = load("dispense-100x62")
DESIGNS = [name for name in shipped() if load(name).kind == "dispense"]


def inside(shown: tuple[str, ...]) -> list[str]:
    """What stands within the frames, without the sizes."""
    return [row[2:70].strip() for row in shown if row.startswith("|")]


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("design", DESIGNS)
def test_a_preview_says_everything_that_the_label_says_in_80_columns(design, name):
    pages = labelling.pages([[LABELS[name]]], load(design))
    shown = rows(pages)
    assert all(len(row) == 80 and (row[0], row[-1]) in (("|", "|"), ("+", "+")) for row in shown)
    said = " ".join(" ".join(inside(shown)).split())
    for page in pages:
        for line in page.lines:
            in_calendar = page.label.calendar is not None and len(line.text) < 3
            assert in_calendar or " ".join(line.text.split()) in said
    assert sum(row.startswith("+- dispense") for row in shown) == len(pages)
    text = LABELS[name].said()
    assert {"page", "patient"} <= sayable(type(text))


def test_a_preview_breaks_its_lines_where_the_label_does_and_shows_their_sizes():
    shown = rows(labelling.pages([[a_package()]], DESIGN))
    assert shown[0].startswith("+- dispense-100x62, 100 x 62 mm, 1 of 1 ---")
    patient = next(row for row in shown if "Maria O'Brien" in row)
    assert patient.endswith(" pt |")
    assert "|   GS1 DataMatrix (01)00305170031251(10)A23(17)270531" in "\n".join(shown)


def test_a_preview_names_the_pictograms():
    said = " ".join(inside(rows(labelling.pages([[a_package()]], DESIGN))))
    assert "keep in the dark, temperature limits 20 °C to 25 °C, keep from children" in said
    said = " ".join(inside(rows(labelling.pages([[a_norwegian_package()]], DESIGN))))
    assert "temperature limits 25 °C," in said


def test_a_picture_is_of_the_labels_size_and_its_symbol_reads():
    pdf = labelling.render([[a_package()]], DESIGN)
    picture = Image.open(BytesIO(png(pdf, 300)))
    assert picture.format == "PNG"
    assert [round(dots / 300 * 25.4) for dots in picture.size] == [100, 62]
    (scan,) = zxingcpp.read_barcodes(picture)
    assert "A23" in scan.text
    assert png(pdf, 300) == png(pdf, 300)


def test_a_picture_of_a_page_that_there_is_not():
    pdf = labelling.render([[a_package()], [a_package(lot="B2")]], DESIGN)
    assert png(pdf, 72, 1) != png(pdf, 72, 0)
    for page in (-1, 2):
        with pytest.raises(IndexError, match=f"no page {page}"):
            png(pdf, 72, page)


def test_joined_parts_have_all_pages_in_their_order_and_are_not_scaled():
    parts = [labelling.render([[a_package(lot=f"LOT{part}{n}")] for n in range(3)], DESIGN) for part in range(3)]
    whole = joined(parts)
    lots = [f"LOT{part}{n}" for part in range(3) for n in range(3)]
    assert len(pypdfium2.PdfDocument(whole)) == 9
    assert [lot in flowing(whole, number) for number, lot in enumerate(lots)] == [True] * 9
    assert b"PrintScaling/None" in whole.replace(b" ", b"")
    assert pypdfium2.PdfDocument(whole).get_metadata_value("Title") == "Labels (dispense-100x62)"


def test_the_same_parts_join_to_the_same_bytes_and_others_do_not():
    one, other = (labelling.render([[a_package(lot=lot)]], DESIGN) for lot in ("A1", "B1"))
    assert joined([one, other]) == joined([one, other])
    assert joined([one, other])[-200:] != joined([other, one])[-200:]
    assert len(pypdfium2.PdfDocument(joined([one]))) == 1
