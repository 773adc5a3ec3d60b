"""Label text and designs as PDF."""

from collections.abc import Sequence

from dispensary.labelling.text import DispenseFacts, label_text


def load(design: str = "dispense-100x62") -> None:
    """Imports what draws and parses the design's fonts, so that no transaction waits for it.

    Raises NotADesign and IncompleteInstallation.
    """
    import zxingcpp  # noqa: F401

    from dispensary.labelling.design import load as load_design
    from dispensary.labelling.pdf import faces

    faces(load_design(design))


def render(facts: Sequence[DispenseFacts], design: str = "dispense-100x62") -> bytes:
    """The labels of these packages as one PDF, a page each; ReportLab is not imported before.

    Raises LabelLacks, LabelDoesNotFit, NoGlyph, NotADesign, IncompleteInstallation and
    NotAWholeMicrolitre; a refusal leaves no PDF at all.
    """
    from dispensary.labelling.design import load as load_design
    from dispensary.labelling.pdf import draw

    return draw([label_text(each) for each in facts], load_design(design))
