"""Label designs, shipped and the pharmacy's own: found, read from TOML, and checked before they are used."""

import os
import stat
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from dispensary.errors import Refused
from dispensary.labelling.design import Barcode, Box, Calendar, Design, Item, Label, Paper, Pictograms, Rule, Sheet
from dispensary.labelling.design_faults import faults
from dispensary.rules.people import Country
from dispensary.shipped import folder

Part = TypeVar("Part", Box, Item, Paper, Sheet, Barcode, Pictograms, Calendar, Rule)

STANDARD = {
    "dispense": "dispense-100x62",
    "vial": "vial-50x25",
    "shelf": "shelf-62x29",
    "batch": "batch-62x50",
    "bag": "bag-62x40",
    "leaflet": "leaflet-a5",
}
"""The design that each kind of label is printed in where nobody names one."""

_LARGEST_FILE = 1_000_000
_LARGEST_NUMBER = 10_000
_LONGEST_TOLD = 300
_OF_A_DESIGN = ("kind", "country", "next", "paper", "sheet", "fonts", "label")
_OF_ITS_COPY = ("labels_of", "next", "sheet")
_OF_A_LABEL = ("box", "barcode", "pictograms", "calendar", "rule")


class NotADesign(Refused):
    """The design cannot make a lawful label, or is not a design."""

    sentence = "The label design {design} cannot be used: {problem}. Mend the file or take a shipped design."
    design: str
    problem: str


class OtherDesign(Refused):
    """A design that is not for this label."""

    sentence = "The design {design} is for {made_for}, not for {wanted}: choose one of {designs}."
    design: str
    made_for: str
    wanted: str
    designs: str


def chosen(kind: str, given: str | None, country: Country, folder: Path) -> Design:
    """The design that is named, or the standard one of the kind; raises NotADesign and OtherDesign."""
    design = named(given or STANDARD[kind], folder)
    made_for, wanted = f"{design.kind} labels", f"{kind} labels"
    if design.kind == kind and design.country not in (None, country):
        made_for, wanted = f"the country {design.country}", f"the country {country}"
    if made_for != wanted:
        fitting = (load(each) for each in shipped())
        names = [each.name for each in fitting if each.kind == kind and each.country in (None, country)]
        raise OtherDesign(design=design.name, made_for=made_for, wanted=wanted, designs=", ".join(names))
    return design


def named(name: str, folder: Path) -> Design:
    """The shipped design of that name; one that ends in `.toml` is a file, in the folder where it is relative.

    Raises NotADesign.
    """
    if not name.isprintable():
        # The books keep the name, and terminals show it.
        raise NotADesign(design=ascii(name), problem="its name holds what cannot be printed")
    return read(Path(name).stem, folder / name) if name.endswith(".toml") else load(name)


@cache
def load(name: str) -> Design:
    """The shipped design of that name, read once; raises NotADesign."""
    if name not in shipped():
        raise NotADesign(design=_told(name), problem=f"there is none of that name, only {', '.join(shipped())}")
    return read(name, shipped_file(name))


@cache
def shipped() -> tuple[str, ...]:
    """The names of the shipped designs, in alphabetical order."""
    return tuple(sorted(path.stem for path in (folder("labels") / "designs").glob("*.toml")))


def shipped_file(name: str) -> Path:
    """The file of a shipped design, to be copied and changed."""
    return folder("labels") / "designs" / f"{name}.toml"


def read(name: str, path: Path) -> Design:
    """The design in that file, checked; raises NotADesign."""
    try:
        design = _design(name, tomllib.loads(_text(path)))
        fault = next(faults(design), None) or _next_fault(design)
    except OSError as problem:
        raise NotADesign(design=name, problem=f"its file cannot be read: {problem.strerror}") from problem
    except KeyError as missing:
        raise NotADesign(design=name, problem=f"{missing} is missing") from missing
    except (ValueError, RecursionError) as problem:
        raise NotADesign(design=name, problem=_told(str(problem))) from problem
    if fault is not None:
        raise NotADesign(design=name, problem=_told(fault))
    return design


def _told(text: str) -> str:
    """The text as a refusal shows it, whatever the file holds: terminals act on what is not printable."""
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= _LONGEST_TOLD else f"{shown[:_LONGEST_TOLD]}..."


def _text(path: Path) -> str:
    """What the file holds; raises OSError, and ValueError where it is no plain file or too large."""
    # Neither a pipe without a writer nor a terminal may hold up the counter.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("its file is no plain file")
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise ValueError(f"its file is larger than {_LARGEST_FILE:,} bytes")
    return data.decode("utf-8")


def _next_fault(design: Design) -> str | None:
    """Why the design that takes over cannot, if it cannot."""
    if design.next is None:
        return None
    following = load(design.next)
    alike = (following.kind, following.country, following.sheet) == (design.kind, design.country, design.sheet)
    if alike and (design.sheet is None or following.paper == design.paper):
        return None
    return f"{design.next}, which takes over, is for another kind, country or sheet"


def _design(name: str, table: dict[str, Any]) -> Design:
    copied = "labels_of" in table
    _require_known("design", table, _OF_ITS_COPY if copied else _OF_A_DESIGN)
    following = None if "next" not in table else _word("next of the design", table["next"])
    sheet = _made(Sheet, table["sheet"]) if "sheet" in table else None
    if copied:
        of = load(_word("labels_of of the design", table["labels_of"]))
        return replace(of, name=name, next=following, sheet=sheet)
    return Design(
        name=name,
        kind=_word("kind of the design", table["kind"]),
        country=Country(table["country"]) if "country" in table else None,
        next=following,
        paper=_made(Paper, table["paper"]),
        sheet=sheet,
        fonts={key: _font(key, font) for key, font in _table("fonts of the design", table["fonts"]).items()},
        labels=tuple(map(_label, _tables("label", table["label"]))),
    )


def _font(name: str, given: Any) -> tuple[str, str]:
    table = _table(f"font {name}", given)
    _require_known(f"font {name}", table, ("package", "file"))
    package, file = (_word(f"{part} of the font {name}", table[part]) for part in ("package", "file"))
    return package, file


def _label(table: dict[str, Any]) -> Label:
    _require_known("label", table, _OF_A_LABEL)
    return Label(
        boxes=tuple(map(_box, _tables("box", table["box"]))),
        barcode=_made(Barcode, table["barcode"]) if "barcode" in table else None,
        pictograms=_made(Pictograms, table["pictograms"]) if "pictograms" in table else None,
        calendar=_made(Calendar, table["calendar"]) if "calendar" in table else None,
        rules=tuple(_made(Rule, rule) for rule in _tables("rule", table.get("rule", []))),
    )


def _box(table: dict[str, Any]) -> Box:
    return _made(Box, table | {"item": tuple(map(_item, _tables("item", table["item"])))})


def _item(table: dict[str, Any]) -> Item:
    said = tuple(_word("field of an item", field) for field in _list("fields of an item", table["fields"]))
    sizes = tuple(float(_number("size in sizes_pt", size)) for size in _list("sizes_pt of an item", table["sizes_pt"]))
    return _made(Item, table | {"fields": said, "sizes_pt": sizes})


def _made(part: type[Part], given: Any) -> Part:
    """The part of a design that a table describes; raises ValueError, in words for whoever writes the table."""
    called = part.__name__.lower()
    table = _table(called, given)
    known = {field.name: field for field in fields(part)}
    _require_known(called, table, known)
    for name, value in table.items():
        what, wanted = f"{name} of the {called}", known[name].type
        if wanted in (int, float):
            _number(what, value)
        if wanted is int and not isinstance(value, int):
            raise ValueError(f"the {what} is not a whole number")
        if wanted is bool and not isinstance(value, bool):
            raise ValueError(f"the {what} is neither true nor false")
        if wanted is str:
            _word(what, value)
    for name, field in known.items():
        if name not in table and field.default is MISSING:
            raise ValueError(f"the {called} has no {name}")
    return part(**table)


def _require_known(called: str, table: dict[str, Any], known: Iterable[str]) -> None:
    for name in table:
        if name not in known:
            raise ValueError(f"the {called} has {name}, which is none of {', '.join(known)}")


def _number(what: str, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the {what} is not a number")
    # What is not a number at all is not below the largest either.
    if not abs(value) <= _LARGEST_NUMBER:
        raise ValueError(f"the {what} is not between -{_LARGEST_NUMBER} and {_LARGEST_NUMBER}")
    return value


def _word(what: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"the {what} is not a text")
    return value


def _list(what: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"the {what} are not a list")
    return value


def _tables(what: str, value: Any) -> list[dict[str, Any]]:
    """The tables of [[what]]."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"{what} is not a list of tables")
    return value


def _table(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"the {what} is not a table")
    return value
