"""A label design: paper, boxes, fonts and sizes, read from TOML and checked before it is used."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from dispensary.errors import Refused
from dispensary.labelling.text import LabelText
from dispensary.shipped import folder

MM = 72 / 25.4
"""Points in a millimetre."""


class NotADesign(Refused):
    """The design cannot make a lawful label, or is not a design."""

    sentence = "The label design {design} cannot be used: {problem}. Mend the file or take the shipped design."
    design: str
    problem: str


@dataclass(frozen=True, slots=True)
class Item:
    """Fields set one after the other in a font, at the first of the sizes (points) at which its box fits.

    A field is not broken while a line can hold it; `running` allows that where nothing else fits.
    """

    fields: tuple[str, ...]
    font: str
    sizes_pt: tuple[float, ...]
    align: str = "left"
    running: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres from the top left corner, with its items from top to bottom.

    No text in it is ever smaller than `legal_pt`, and it covers at least `least_share` of the paper.
    A line is as high as its size times `leading`; up to `spread_pt` points set the items apart.
    """

    name: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    item: tuple[Item, ...] = ()
    leading: float = 1
    legal_pt: float = 0
    least_share: float = 0
    spread_pt: float = 0


@dataclass(frozen=True, slots=True)
class Design:
    """One label: paper in millimetres, fonts as (package, file), boxes, and where the drawings stand."""

    name: str
    width_mm: float
    height_mm: float
    dots_per_inch: int
    module_dots: tuple[int, ...]
    quiet_modules: int
    fonts: Mapping[str, tuple[str, str]]
    boxes: tuple[Box, ...]
    barcode: Box
    pictograms: Box
    pictogram_font: str
    rules_mm: tuple[tuple[float, float, float], ...]


@cache
def load(name: str) -> Design:
    """The shipped design of that name, read once; raises NotADesign."""
    path = folder("labels") / "designs" / f"{name}.toml"
    return read(name, path)


def read(name: str, path: Path) -> Design:
    """The design in that file, checked; raises NotADesign."""
    try:
        design = _design(name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise NotADesign(design=name, problem=f"{type(problem).__name__} {problem}") from problem
    for fault in _faults(design):
        raise NotADesign(design=name, problem=fault)
    return design


def _design(name: str, table: dict[str, Any]) -> Design:
    return Design(
        name=name,
        width_mm=table["paper"]["width_mm"],
        height_mm=table["paper"]["height_mm"],
        dots_per_inch=table["barcode"].pop("dots_per_inch"),
        module_dots=tuple(table["barcode"].pop("module_dots")),
        quiet_modules=table["barcode"].pop("quiet_modules"),
        fonts={key: (font["package"], font["file"]) for key, font in table["fonts"].items()},
        boxes=tuple(_box(box) for box in table["box"]),
        pictogram_font=table["pictograms"].pop("font"),
        barcode=_box({"name": "barcode", **table["barcode"]}),
        pictograms=_box({"name": "pictograms", **table["pictograms"]}),
        rules_mm=tuple((rule["y_mm"], rule["from_mm"], rule["to_mm"]) for rule in table["rule"]),
    )


def _box(table: dict[str, Any]) -> Box:
    items = tuple(
        Item(**{**item, "fields": tuple(item["fields"]), "sizes_pt": tuple(item["sizes_pt"])})
        for item in table.pop("item", [])
    )
    return Box(**table, item=items)


def _faults(design: Design) -> list[str]:
    """What keeps the design from being used, in words."""
    sayable = {field.name for field in fields(LabelText) if field.type is str}
    shown = [field for box in design.boxes for item in box.item for field in item.fields]
    faults = [f"there is no field {field}" for field in shown if field not in sayable]
    # A field left out would be a warning that no patient reads.
    faults += [f"no box shows the {field}" for field in sorted(sayable - set(shown))]
    for box in (*design.boxes, design.barcode, design.pictograms):
        if min(box.x_mm, box.y_mm, design.width_mm - box.x_mm - box.width_mm) < 0 or (
            box.y_mm + box.height_mm > design.height_mm
        ):
            faults.append(f"the box {box.name} leaves the paper")
        if box.width_mm * box.height_mm < box.least_share * design.width_mm * design.height_mm:
            faults.append(f"the box {box.name} covers less than {box.least_share:.0%} of the paper")
        faults += [
            f"the box {box.name} has {', '.join(item.fields)} below {box.legal_pt:g} points"
            for item in box.item
            if not item.sizes_pt or min(item.sizes_pt) < box.legal_pt
        ]
        faults += [f"there is no font {item.font}" for item in box.item if item.font not in design.fonts]
    return faults
