"""The tables, by subject; no behaviour. Importing this package gives the whole metadata."""

from dispensary.schema import (
    catalogue,
    compounding,
    counting,
    people,
    prescribing,
    printing,
    recalls,
    sign_in,
    stock,
    storage,
    trust,
    vials,
)
from dispensary.schema.base import metadata

__all__ = [
    "catalogue",
    "compounding",
    "counting",
    "metadata",
    "people",
    "prescribing",
    "printing",
    "recalls",
    "sign_in",
    "stock",
    "storage",
    "trust",
    "vials",
]
