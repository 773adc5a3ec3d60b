"""One text for the same content, whatever the process, so that it can be hashed and compared."""

import json
from collections.abc import Set
from dataclasses import field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

Value = TypeVar("Value")


def canonical_json(thing: object) -> str:
    """The thing as JSON on one line, keys and sets sorted, dates and Decimals as their text.

    A field of a dataclass that was `added` later stands in it only where it says something, so that
    what an earlier release hashed keeps its hash.

    Raises TypeError for what has no such text.
    """
    return json.dumps(thing, default=_plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def added(default: Value) -> Value:
    """A field that a dataclass has gained since it was first hashed; it is left out while it has its default."""
    held: Value = field(default=default, metadata={"added": True})
    return held


def _plain(thing: object) -> object:
    """What JSON does not know: a dataclass as its fields, a set sorted, a date or a Decimal as its text."""
    if is_dataclass(thing):
        held = {each.name: getattr(thing, each.name) for each in fields(thing)}
        return {
            each.name: held[each.name]
            for each in fields(thing)
            if not (each.metadata.get("added") and held[each.name] == each.default)
        }
    if isinstance(thing, Set):
        return sorted(thing)
    if isinstance(thing, date | Decimal):
        return str(thing)
    raise TypeError(f"{type(thing).__name__} has no canonical JSON")
