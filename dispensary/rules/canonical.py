"""One text for the same content, whatever the process, so that it can be hashed and compared."""

import json
from collections.abc import Set
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal


def canonical_json(thing: object) -> str:
    """The thing as JSON on one line, keys and sets sorted, dates and Decimals as their text.

    Raises TypeError for what has no such text.
    """
    return json.dumps(thing, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(thing: object) -> object:
    """What JSON does not know: a dataclass as its fields, a set sorted, a date or a Decimal as its text."""
    if is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in fields(thing)}
    if isinstance(thing, Set):
        return sorted(thing)
    if isinstance(thing, date | Decimal):
        return str(thing)
    raise TypeError(f"{type(thing).__name__} has no canonical JSON")
