"""The kinds of label: each module has the facts of its kind, the strings made of them, and that class as TEXT."""

from functools import cache
from importlib import import_module

from dispensary.labelling.content import Content

KINDS = ("dispense", "vial", "shelf", "batch", "bag", "leaflet")


@cache
def text_class(kind: str) -> type[Content]:
    """The class of the kind's strings; only the kinds that are printed are imported."""
    found: type[Content] = import_module(f"{__name__}.{kind}").TEXT
    return found
