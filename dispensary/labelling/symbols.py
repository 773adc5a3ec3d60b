"""The DataMatrix or QR code of a label: what it holds, and its modules as dark runs.

A unit whose own GTIN is known carries a GS1 DataMatrix of (01) GTIN, (10) lot, (17) expiry (GS1
General Specifications), in the order of rules/scan.element_string and for its reason. Any other
carries a plain DataMatrix `DISPENSE/PART|YYYY-MM-DD|LOT`: the
lot stands last, so that whatever characters it holds, the text splits in one way only.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from math import isqrt

from dispensary.rules.gs1 import carries


class Code(StrEnum):
    """How a symbol is written."""

    GS1_DATAMATRIX = "GS1 DataMatrix"
    DATAMATRIX = "DataMatrix"
    QR = "QR code"


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a symbol holds; for GS1 in bracketed form, with the brackets of a lot escaped."""

    text: str
    code: Code


@dataclass(frozen=True, slots=True)
class Matrix:
    """A square symbol without its quiet zone: modules a side, and the dark runs of its rows.

    A run is (column, row, length), counted in modules from the top left.
    """

    size: int
    runs: tuple[tuple[int, int, int], ...]


def symbol(gtin: str | None, lot: str, expires: date, package: str) -> Symbol:
    """The symbol of one package: GS1 where the unit has a GTIN and GS1 can express its lot."""
    if gtin is None or not carries(lot):
        return Symbol(f"{package}|{expires.isoformat()}|{lot}", Code.DATAMATRIX)
    escaped = lot.replace("(", "\\(").replace(")", "\\)")
    return Symbol(f"(01){gtin}(10){escaped}(17){expires:%y%m%d}", Code.GS1_DATAMATRIX)


def of_product(gtin: str | None, code: str) -> Symbol:
    """The symbol of a product, whatever its lot: the GTIN of one unit, else the product's code."""
    return Symbol(code, Code.DATAMATRIX) if gtin is None else Symbol(f"(01){gtin}", Code.GS1_DATAMATRIX)


@lru_cache(maxsize=64)
def matrix(content: Symbol) -> Matrix:
    """The modules of the symbol, square and as small as the content allows."""
    import zxingcpp

    if content.code is Code.QR:
        barcode = zxingcpp.create_barcode(content.text, zxingcpp.BarcodeFormat.QRCode)
    else:
        # An unknown keyword is ignored in silence, so these two are covered by tests that decode.
        options = {"gs1": True} if content.code is Code.GS1_DATAMATRIX else {}
        barcode = zxingcpp.create_barcode(content.text, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True, **options)
    # A byte a module, 0 where dark. The type stubs do not say that an image is a buffer, which it is.
    pixels = bytes(memoryview(barcode.to_image(scale=1, add_quiet_zones=False)))  # type: ignore[arg-type]
    size = isqrt(len(pixels))
    return Matrix(
        size,
        tuple(
            (run.start(), row, run.end() - run.start())
            for row in range(size)
            for run in re.finditer(b"\x00+", pixels[row * size : (row + 1) * size])
        ),
    )
