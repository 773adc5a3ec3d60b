"""The DataMatrix of a label: what it holds, and its modules as a path.

A unit whose own GTIN is known carries a GS1 DataMatrix of (01) GTIN, (10) lot, (17) expiry (GS1
General Specifications), in the order of rules/scan.element_string and for its reason. Any other
carries a plain DataMatrix `DISPENSE/PART|YYYY-MM-DD|LOT`: the
lot stands last, so that whatever characters it holds, the text splits in one way only.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import isqrt

from dispensary.rules.gs1 import carries


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a DataMatrix holds; for GS1 in bracketed form, with the brackets of a lot escaped."""

    text: str
    gs1: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """A square symbol without its quiet zone: modules a side, and the PDF path that fills the dark ones.

    The path counts in modules from the bottom left, a rectangle for each dark run of a row.
    """

    size: int
    path: str


def symbol(gtin: str | None, lot: str, expires: date, package: str) -> Symbol:
    """The symbol of one package: GS1 where the unit has a GTIN and GS1 can express its lot."""
    if gtin is None or not carries(lot):
        return Symbol(f"{package}|{expires.isoformat()}|{lot}", gs1=False)
    escaped = lot.replace("(", "\\(").replace(")", "\\)")
    return Symbol(f"(01){gtin}(10){escaped}(17){expires:%y%m%d}", gs1=True)


@lru_cache(maxsize=64)
def matrix(content: Symbol) -> Matrix:
    """The modules of the symbol, square and as small as the content allows."""
    import zxingcpp

    # An unknown keyword is ignored in silence, so these two are covered by tests that decode.
    options = {"gs1": True, "forceSquare": True} if content.gs1 else {"forceSquare": True}
    barcode = zxingcpp.create_barcode(content.text, zxingcpp.BarcodeFormat.DataMatrix, **options)
    # A byte a module, 0 where dark. The type stubs do not say that an image is a buffer, which it is.
    pixels = bytes(memoryview(barcode.to_image(scale=1, add_quiet_zones=False)))  # type: ignore[arg-type]
    size = isqrt(len(pixels))
    rows = [pixels[row * size : (row + 1) * size] for row in range(size)]
    runs = [
        f"{run.start()} {size - 1 - row} {run.end() - run.start()} 1 re"
        for row, modules in enumerate(rows)
        for run in re.finditer(b"\x00+", modules)
    ]
    return Matrix(size, " ".join([*runs, "f"]))
