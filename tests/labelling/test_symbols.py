"""Every symbol that is printed decodes, at every resolution of label printers, to what was dispensed."""

from datetime import date
from functools import cache
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageOps

from dispensary import labelling
from dispensary.labelling import render
from dispensary.labelling.designs import load, shipped
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.page import Page, fitted
from dispensary.labelling.pdf import draw
from dispensary.labelling.symbols import Code, matrix, symbol
from tests.labelling.package_facts import LABELS, a_norwegian_package, a_package
from tests.labelling.printed import elements, picture, scanned
from tests.refusing import refused

GTINS = ["00305170031251", "00368001640602", "50305170031256", "07046264402948"]
GS1_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
LOTS = [
    "1",
    "A23",
    "LOT(2)",
    "()(",
    "A-23/B",
    "0000",
    "10",
    "17270531",
    "(10)X",
    "%&'*+,",
    "a" * 20,
    "Ab1-" * 5,
    "W" * 20,
]
DOTS = [203, 300, 600]
DESIGN = load("dispense-100x62")


@cache
def paper(**given: str | int | None) -> bytes:
    """The label, which every resolution prints."""
    return render([[a_package(**given)]], DESIGN)


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("gtin", GTINS)
def test_a_unit_with_a_gtin_scans_back_to_its_gtin_expiry_and_lot(gtin, lot, dots):
    found = scanned(paper(gtin=gtin, lot=lot), dots)
    assert found.content_type is zxingcpp.ContentType.GS1
    assert found.symbology_identifier == "]d2"
    assert elements(bytes(found.bytes)) == {"gtin": gtin, "expiry": "270531", "lot": lot}


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("lot", [*LOTS, "01052018@46", "A|B|C", "a^b~c", "x" * 20])
def test_a_unit_without_a_gtin_scans_back_to_its_fill_expiry_and_lot(lot, dots):
    found = scanned(paper(gtin=None, lot=lot, dispense="D1200345", part=12, parts=12), dots)
    assert found.content_type is zxingcpp.ContentType.Text
    assert found.text.split("|", 2) == ["D1200345/12", "2027-05-31", lot]


def test_a_lot_that_gs1_cannot_express_gets_a_plain_symbol():
    assert symbol(GTINS[0], "01052018@46", date(2027, 5, 31), "D12/1").text == "D12/1|2027-05-31|01052018@46"
    assert symbol(GTINS[0], "A" * 21, date(2027, 5, 31), "D12/1").code is Code.DATAMATRIX
    assert symbol(GTINS[0], "Å1", date(2027, 5, 31), "D12/1").code is Code.DATAMATRIX


@settings(max_examples=150, deadline=None)
@given(
    gtin=st.integers(0, 10**13 - 1),
    lot=st.text(alphabet=GS1_82, min_size=1, max_size=20),
    expires=st.dates(date(2026, 1, 1), date(2049, 12, 31)),
)
def test_what_gs1_can_express_it_gives_back(gtin, lot, expires):
    digits = f"{gtin:013}"
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(digits))
    checked = f"{digits}{-weighted % 10}"
    made = symbol(checked, lot, expires, "D12/1")
    barcode = zxingcpp.create_barcode(made.text, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, forceSquare=True)
    assert elements(bytes(barcode.bytes)) == {"gtin": checked, "expiry": f"{expires:%y%m%d}", "lot": lot}


@settings(max_examples=150, deadline=None)
@given(lot=st.text(min_size=1, max_size=20), part=st.integers(1, 99))
def test_a_plain_symbol_splits_in_one_way_whatever_the_lot_holds(lot, part):
    assert symbol(None, lot, date(2027, 5, 31), f"D12/{part}").text.split("|", 2) == [f"D12/{part}", "2027-05-31", lot]


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("lot", LOTS)
def test_the_modules_are_whole_dots_of_at_least_three_eighths_of_a_millimetre(lot, dots):
    place = DESIGN.labels[0].barcode
    found = fitted(symbol(GTINS[0], lot, date(2027, 5, 31), "D12/1"), place, dots, DESIGN.name)
    assert 10 <= found.matrix.size <= 26
    assert 0.375 <= found.module * 25.4 / dots < 0.51
    assert (found.matrix.size + 2 * place.quiet_modules) * found.module * 25.4 / dots <= place.width_mm


SMALL = LABELS["no-nb-ampoule"]
LARGE = a_norwegian_package(gtin=None, lot="iI" * 10, dispense="D1A2B3C4D5", part=12, parts=12)


@pytest.mark.parametrize("dots", DOTS)
@pytest.mark.parametrize("label", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("design", [name for name in shipped() if load(name).kind == "dispense"])
def test_the_quiet_zone_is_in_the_place_of_the_symbol_and_nothing_is_printed_in_it(design, label, dots):
    # One label by itself, on the roll or in the first place of its sheet.
    (page,) = (each for each in pages_of(design, label) if each.barcode is not None)
    if label is LARGE:
        # So many modules that they are as wide as the place allows; the label may go to the next design.
        assert matrix(page.symbol).size == 26
    else:
        assert page.design.name == design
    place, sheet = page.barcode, page.design.sheet
    across, down = (sheet.left_mm, sheet.top_mm) if sheet else (0, 0)
    paper = picture(draw([page]), dots)
    (scan,) = zxingcpp.read_barcodes(paper)
    corners = scan.position.top_left, scan.position.bottom_right
    (left, top), (right, bottom) = ((corner.x, corner.y) for corner in corners)
    quiet = place.quiet_modules * (right - left) / matrix(page.symbol).size
    zone = tuple(round(edge) for edge in (left - quiet + 1, top - quiet + 1, right + quiet - 1, bottom + quiet - 1))
    dark = ImageOps.invert(paper.crop(zone).convert("L")).getbbox()
    assert dark is not None
    # All that is dark in it is the symbol itself, but for the dot by which its edge may be told.
    assert min(dark[0], dark[1]) >= quiet - 3
    assert max(dark[2], dark[3]) <= zone[2] - zone[0] - quiet + 3
    dot = 25.4 / dots
    assert (across + place.x_mm) / dot - 1 <= zone[0]
    assert (down + place.y_mm) / dot - 1 <= zone[1]
    assert zone[2] <= (across + place.x_mm + place.width_mm) / dot + 1
    assert zone[3] <= (down + place.y_mm + place.height_mm) / dot + 1


@cache
def pages_of(design: str, label: Any) -> list[Page]:
    return labelling.pages([[label]], load(design))


def test_a_symbol_too_large_for_its_place_is_refused():
    refused(LabelDoesNotFit, lambda: render([[a_package(gtin=None, lot="A1", dispense="D" * 120)]], DESIGN))
