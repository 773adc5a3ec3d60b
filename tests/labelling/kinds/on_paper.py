"""What must hold of every label on paper, whatever its kind."""

import zxingcpp

from dispensary import labelling
from dispensary.labelling import Facts
from dispensary.labelling.content import sayable
from dispensary.labelling.design import Place
from dispensary.labelling.designs import load
from dispensary.labelling.symbols import Code
from tests.labelling.printed import Run, printed, scanned


def require_on_paper(facts: Facts, design: str, *, goes_to: str | None = None, least_pt: float) -> str:
    """Every word is printed whole, in a box, in an embedded font of that size at least, and the symbol scans.

    `goes_to` is the design that the label is printed in where `design` is too small. Returns what is printed.
    """
    content = facts.said()
    (label,) = printed(labelling.pages([[facts]], load(design)))
    assert label.page.design.name == (goes_to or design)
    text = " ".join(label.text.replace("-\u00ad", "-").split())
    for field in sayable(type(content)) - {"page"}:
        assert " ".join(getattr(content, field).split()) in text, field
    for run in label.runs:
        assert run.embedded, run
        assert sum(within(run, place) for _, place in label.page.label.places) == 1, run
    assert min(line.size_pt for line in label.page.lines) >= least_pt
    require_scans(facts, design)
    return text


def within(run: Run, place: Place) -> bool:
    """Whether the run stands in the place: accents, descenders and a leaning letter may take half of a gap."""
    return (
        place.x_mm - 0.1 <= run.left_mm
        and run.right_mm <= place.x_mm + place.width_mm + 0.02
        and place.y_mm - 0.2 <= run.top_mm
        and run.bottom_mm <= place.y_mm + place.height_mm + 0.2
    )


def require_scans(facts: Facts, design: str) -> None:
    """The symbol is read to exactly what it holds, at what printers print."""
    pdf, symbol = labelling.render([[facts]], load(design)), facts.said().symbol
    assert symbol is not None
    for dots_per_inch in (203, 300, 600):
        found = scanned(pdf, dots_per_inch)
        assert found.format == zxingcpp.BarcodeFormat.DataMatrix
        assert found.text == symbol.text
        assert (found.content_type == zxingcpp.ContentType.GS1) == (symbol.code is Code.GS1_DATAMATRIX)
