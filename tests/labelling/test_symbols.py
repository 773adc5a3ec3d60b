"""Every symbol that is printed decodes, at every resolution of label printers, to what was dispensed."""

from datetime import date

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from dispensary.labelling import render
from dispensary.labelling.designs import load
from dispensary.labelling.layout import LabelDoesNotFit
from dispensary.labelling.page import fitted
from dispensary.labelling.symbols import Code, symbol
from tests.labelling.package_facts import a_package
from tests.labelling.printed import elements, scanned
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
PLAIN_LOTS = [*LOTS, "01052018@46", "A|B|C", "a^b~c", "x" * 20]
# A code has the same modules at every resolution: each at the coarsest, and each lot at the finer ones.
WITH_GTIN = [(gtin, lot, 203) for gtin in GTINS for lot in LOTS] + [
    (GTINS[number % len(GTINS)], lot, dots) for number, lot in enumerate(LOTS) for dots in DOTS[1:]
]
WITHOUT_GTIN = [(lot, 203) for lot in PLAIN_LOTS] + [
    (lot, DOTS[1 + number % 2]) for number, lot in enumerate(PLAIN_LOTS)
]
DESIGN = load("dispense-100x62")


@pytest.mark.parametrize(("gtin", "lot", "dots"), WITH_GTIN)
def test_a_unit_with_a_gtin_scans_back_to_its_gtin_expiry_and_lot(gtin, lot, dots):
    found = scanned(render([[a_package(gtin=gtin, lot=lot)]], DESIGN), dots)
    assert found.content_type is zxingcpp.ContentType.GS1
    assert found.symbology_identifier == "]d2"
    assert elements(bytes(found.bytes)) == {"gtin": gtin, "expiry": "270531", "lot": lot}


@pytest.mark.parametrize(("lot", "dots"), WITHOUT_GTIN)
def test_a_unit_without_a_gtin_scans_back_to_its_fill_expiry_and_lot(lot, dots):
    found = scanned(render([[a_package(gtin=None, lot=lot, dispense="D1200345", part=12, parts=12)]], DESIGN), dots)
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


def test_a_symbol_too_large_for_its_place_is_refused():
    refused(LabelDoesNotFit, lambda: render([[a_package(gtin=None, lot="A1", dispense="D" * 120)]], DESIGN))
