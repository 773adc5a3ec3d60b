"""Labels and leaflets: the facts of a record, laid out by a design, as PDF or as ZPL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dispensary.labelling.content import Content
    from dispensary.labelling.design import Design
    from dispensary.labelling.page import Page


class Facts(Protocol):
    """What a label is made of, as the books have it."""

    def said(self) -> "Content":
        """The label in words, in the language of its reader."""


def ready(design: "Design") -> None:
    """Imports what draws and parses the design's fonts, so that no transaction waits for it.

    Raises IncompleteInstallation.
    """
    import zxingcpp  # noqa: F401

    from dispensary.labelling import pdf  # noqa: F401
    from dispensary.labelling.page import faces

    faces(design)


def pages(together: Sequence[Sequence[Facts]], design: "Design") -> "list[Page]":
    """The labels laid out, those that belong together (as the labels of a fill do) in one design each.

    Raises LabelLacks, LabelDoesNotFit, NoGlyph, NotADesign, IncompleteInstallation and NotAWholeMicrolitre.
    """
    from dispensary.labelling.page import laid_out

    return [page for labels in together for page in laid_out([each.said() for each in labels], design)]


def render(together: Sequence[Sequence[Facts]], design: "Design") -> bytes:
    """The labels as one PDF: a page each, or on sheets from the first label on.

    Raises as `pages`; a refusal leaves no PDF at all. ReportLab is not imported before.
    """
    from dispensary.labelling.pdf import draw

    return draw(pages(together, design))
