"""Anything that a report or a service returns, as one JSON document with stable keys.

The standard library's encoder writes a Decimal only by way of a float, which is not exact; so the
text is put together here: numbers from the digits of the Decimal, strings by the library.
"""

import dataclasses
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

_LOOKED_AT = re.compile("[^ -~]")


def document(thing: object) -> str:
    """The thing as JSON in UTF-8 text, indented by two spaces, ending with a newline.

    Dataclasses become objects in the order of their fields; a name ending in an underscore
    (`return_`) loses it. Dates are ISO 8601. A Decimal is written with its own digits and no
    exponent: `1`, `10`, `0.5`. Raises TypeError for what has no exact JSON, a float among it.
    """
    return "".join(_written(thing, "\n")) + "\n"


def compact(thing: object) -> str:
    """The same on one line, as it stands in a cell of a table."""
    return "".join(_written(thing, ""))


def fields(thing: object) -> Iterator[tuple[str, object]]:
    """The keys and values of a dataclass or a mapping, in order, with their names for output."""
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            yield str(key), value
        return
    if not dataclasses.is_dataclass(thing):
        raise TypeError(f"{type(thing).__name__} has no fields")
    for field in dataclasses.fields(thing):
        yield field.name.removesuffix("_"), getattr(thing, field.name)


def digits(number: Decimal) -> str:
    """A finite decimal in plain digits, without exponent and trailing zeros: 10, 0.5."""
    if not number.is_finite():
        raise TypeError(f"{number} is not a number of JSON")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_a_cell(value: object) -> str:
    """The value as text: yes or no, digits, a date as ISO 8601; what is nested as JSON on one line."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            return str(value)
        case Decimal():
            return digits(value)
        case date():
            return value.isoformat()
    return compact(value)


def _written(thing: object, line: str) -> Iterator[str]:
    """The pieces of text; `line` begins a new line of the present depth, and is empty for one line."""
    if dataclasses.is_dataclass(thing) or isinstance(thing, Mapping):
        members = ((f"{_string(key)}: ", value) for key, value in fields(thing))
        yield from _enclosed("{", members, "}", line)
    elif isinstance(thing, (list, tuple)):
        yield from _enclosed("[", (("", value) for value in thing), "]", line)
    elif isinstance(thing, (set, frozenset)):
        yield from _enclosed("[", (("", value) for value in sorted(thing)), "]", line)
    else:
        yield _scalar(thing)


def _enclosed(start: str, members: Iterator[tuple[str, object]], end: str, line: str) -> Iterator[str]:
    inner = line and line + "  "
    between, empty = start + inner, True
    for key, value in members:
        yield between + key
        yield from _written(value, inner)
        between, empty = "," + (inner or " "), False
    yield start + end if empty else line + end


def _scalar(thing: object) -> str:
    match thing:
        case None | bool():
            return json.dumps(thing)
        case str():
            return _string(thing)
        case int():
            return str(int(thing))
        case Decimal():
            return digits(thing)
        case date():
            return _string(thing.isoformat())
    raise TypeError(f"{type(thing).__name__} has no exact JSON")


def _string(text: str) -> str:
    return _LOOKED_AT.sub(_seen, json.dumps(str(text), ensure_ascii=False))


def _seen(found: re.Match[str]) -> str:
    """The character, or an escape for what a terminal or a reader would act on rather than show.

    Controls, bidirectional, zero-width and tag marks, line separators, and halves of surrogate pairs, which no
    encoding can write.
    """
    category = unicodedata.category(found[0])
    return json.dumps(found[0])[1:-1] if category[0] == "C" or category in ("Zl", "Zp") else found[0]
