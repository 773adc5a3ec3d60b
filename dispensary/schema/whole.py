"""The metadata of all tables and indexes, for the migrations; a cold command loads only those that it needs."""

from dispensary.schema import (  # noqa: F401
    catalogue,
    compounding,
    counting,
    partial_indexes,
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

__all__ = ["metadata"]
