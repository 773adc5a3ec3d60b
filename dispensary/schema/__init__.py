"""The tables, by subject; no behaviour. Importing this package gives the whole metadata."""

from dispensary.schema import catalogue, people, prescribing, stock, trust
from dispensary.schema.base import metadata

__all__ = ["catalogue", "metadata", "people", "prescribing", "stock", "trust"]
