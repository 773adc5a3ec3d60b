"""Labels: a thousand in one PDF, and the first one of a process.

Ours: `labelling.render`, from the facts of each package to the PDF.
Floor: a bare ReportLab canvas with the same embedded fonts, which draws the same strings at the same
places, the same lines, and the DataMatrix of the same text as vectors.
The same: fonts, strings, places, lines, modules, the encoding of the DataMatrix, the compression.
Not the same: the floor composes no text, wraps and checks nothing, and draws no pictograms.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib import import_module
from io import BytesIO
from pathlib import Path

import zxingcpp
from reportlab import rl_config
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.measure import Line, in_turns, rate, time
from dispensary import labelling, shipped
from dispensary.labelling.design import MM, Design
from dispensary.labelling.designs import load
from dispensary.labelling.fonts import face
from dispensary.labelling.kinds.dispense import DispenseFacts
from dispensary.labelling.layout import Line as Placed
from dispensary.labelling.page import laid_out
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.people import Country, Language

MANY = 1000
ROUNDS = 3
FIRSTS = 9
DESIGN = "dispense-100x62"

Drawing = tuple[Sequence[Placed], str]
"""The placed strings of a label and the text of its DataMatrix."""


def facts() -> DispenseFacts:
    rows = read_rows(shipped.formulary().read_bytes(), "formulary.csv")
    return DispenseFacts(
        country=Country.US,
        language=Language.ENGLISH,
        pharmacy="Corner Pharmacy",
        address="1 Main Street, Anytown",
        phone="555-0100",
        rx="RX1",
        dispense="D1",
        fill=2,
        dispensed_on=date(2026, 11, 21),
        patient="Kari Nordmann",
        born=date(1961, 4, 3),
        prescriber="Dr. Ida Berg",
        profession="physician",
        product=rows[0].product,
        units=4,
        directions=parse("1 mg IM weekly"),
        directions_as_written="1 mg IM weekly",
        indication="pernicious anaemia",
        lot="L1",
        expires=date(2027, 11, 30),
        gtin=None,
        part=1,
        parts=1,
        refills_left=3,
        dispensed_by="alex",
        checked_by="alex",
    )


def batch_of(number: int) -> list[DispenseFacts]:
    """A thousand packages, each with its own patient, prescription, fill and lot; none is in two batches."""
    one = facts()
    return [
        replace(one, rx=f"RX{n}", dispense=f"D{n}", lot=f"L{n}", patient=f"Kari Nordmann {n}")
        for n in range(MANY * number, MANY * (number + 1))
    ]


def drawing(each: DispenseFacts, design: Design) -> Drawing:
    (page,) = laid_out([each.said()], design)
    assert page.symbol is not None
    return page.lines, page.symbol.text


def parse_fonts(design: Design) -> None:
    for package, name in design.fonts.values():
        file = Path(import_module(package).__file__ or "").parent / name
        registerFont(TTFont(file.stem, file, asciiReadable=0))


def bare(drawings: Sequence[Drawing], design: Design) -> bytes:
    rl_config.useA85 = 0
    buffer = BytesIO()
    size = (design.paper.width_mm * MM, design.paper.height_mm * MM)
    canvas = Canvas(buffer, pagesize=size, invariant=1, pageCompression=1)
    for placed, symbol in drawings:
        text = canvas.beginText()
        for line in placed:
            text.setFont(line.face, line.size_pt)
            text.setTextOrigin(line.x_pt, line.y_pt)
            text.textOut(line.text)
        canvas.drawText(text)
        for rule in design.labels[0].rules:
            level = (design.paper.height_mm - rule.y_mm) * MM
            canvas.line(rule.from_mm * MM, level, rule.to_mm * MM, level)
        _matrix(canvas, symbol)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _matrix(canvas: Canvas, symbol: str, module: float = 1.4) -> None:
    barcode = zxingcpp.create_barcode(symbol, zxingcpp.BarcodeFormat.DataMatrix, forceSquare=True)
    image = memoryview(barcode.to_image(scale=1, add_quiet_zones=False))
    size, pixels = image.shape[0], image.tobytes()
    path = canvas.beginPath()
    for top in range(size):
        for run in re.finditer(b"\x00+", pixels[top * size : (top + 1) * size]):
            length = run.end() - run.start()
            path.rect(10 + run.start() * module, 50 - top * module, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def labels() -> list[Line]:
    design, one = load(DESIGN), facts()
    # Each round has its own labels, so that nothing is kept from one to the next but the fonts.
    batches = [[[each] for each in batch_of(number)] for number in range(ROUNDS + 1)]
    drawings = [[drawing(each, design) for (each,) in batch] for batch in batches]
    batch = in_turns(lambda i: labelling.render(batches[i], design), lambda i: bare(drawings[i], design), ROUNDS)

    def ours() -> None:
        labelling.render([[one]], design)

    def first(_: int) -> None:
        face.cache_clear()
        ours()

    def first_bare(_: int) -> None:
        parse_fonts(design)
        bare(drawings[0][:1], design)

    return [
        rate("labels, 1,000 in a batch", MANY, batch, ""),
        time("one label of the batch", (batch[0] / MANY, batch[1] / MANY), "<= 1.5 ms"),
        time("one label, fonts parsed anew", in_turns(first, first_bare, FIRSTS), ""),
        time(
            "one label, fonts kept",
            in_turns(lambda _: ours(), lambda i: bare(drawings[0][i : i + 1], design), FIRSTS),
            "",
        ),
    ]
