"""What keeps a design from being used: fields that nobody would read, boxes off the paper, type below the law's."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from dispensary.labelling.calendar import room
from dispensary.labelling.content import sayable
from dispensary.labelling.design import Box, Design, Item, Label, Paper, Place
from dispensary.labelling.elements import clustered
from dispensary.labelling.fonts import PACKAGES, package_folder
from dispensary.labelling.kinds import KINDS, text_class

# Of several labels each must say, where its kind says it at all, which it is and whose.
_OF_EVERY_LABEL = ("page", "copy", "patient", "rx")
_ROUNDING_MM = 0.001
_DOTS_PER_INCH = range(72, 1201)
# From the smallest flag on a vial to a sheet of A3 and what a large printer takes.
_PAPER_MM, _SHEET_MM = (10, 500), (10, 1000)
# Below the least nobody reads it, and above the most nothing fits a label.
_TYPE_PT = (5, 100)
_LEAST_PICTOGRAM_MM = 3


def faults(design: Design) -> Iterator[str]:
    """Every fault of the design, in words."""
    if design.kind not in KINDS:
        yield f"there is no kind of label {design.kind}, only {', '.join(KINDS)}"
        return
    yield from _paper_faults(design)
    yield from _font_faults(design)
    yield from _fields_faults(design)
    for label in design.labels:
        yield from _place_faults(label, design.paper)
        yield from _type_faults(label, design)
        yield from _drawing_faults(label)
        yield from _rule_faults(label, design.paper)
    yield from _sheet_faults(design)
    yield from _law_faults(design)


def _paper_faults(design: Design) -> Iterator[str]:
    for called, of, (least, most) in (("paper", design.paper, _PAPER_MM), ("sheet", design.sheet, _SHEET_MM)):
        if of is not None and not least <= min(of.width_mm, of.height_mm) <= max(of.width_mm, of.height_mm) <= most:
            yield f"its {called} is not {least} to {most} mm wide and high"


def _font_faults(design: Design) -> Iterator[str]:
    """A design is a stranger's file: it names fonts that are installed with the program, and no other file."""
    for name, (package, file) in design.fonts.items():
        path = PurePosixPath(file)
        if package not in PACKAGES:
            yield f"the font {name} is of the package {package}, which is none of {', '.join(PACKAGES)}"
        elif path.is_absolute() or ".." in path.parts or path.suffix != ".ttf" or "\0" in file:
            yield f"the font {name} has the file {file}, which is no .ttf file inside its package"
        elif (found := package_folder(package)) is not None and not (found / path).is_file():
            yield f"the font {name} has the file {file}, which its package does not have"


def _fields_faults(design: Design) -> Iterator[str]:
    """A field left out would be a warning that nobody reads."""
    says = sayable(text_class(design.kind))
    shown = frozenset[str]().union(*(label.shown for label in design.labels))
    for field in sorted(shown - says):
        yield f"there is no field {field}"
    for field in sorted(says - shown):
        yield f"no box shows the {field}"
    for number, label in enumerate(design.labels, 1):
        for field in _OF_EVERY_LABEL:
            if len(design.labels) > 1 and field in says and field not in label.shown:
                yield f"its label {number} does not show the {field}"


def _place_faults(label: Label, paper: Paper) -> Iterator[str]:
    places = list(label.places)
    for name, place in places:
        right, bottom = place.x_mm + place.width_mm, place.y_mm + place.height_mm
        if (
            min(place.x_mm, place.y_mm, place.width_mm, place.height_mm) < 0
            or right > paper.width_mm + _ROUNDING_MM
            or bottom > paper.height_mm + _ROUNDING_MM
        ):
            yield f"the box {name} leaves the paper"
    for number, (name, one) in enumerate(places):
        for other_name, other in places[number + 1 :]:
            if _overlap(one, other):
                yield f"the boxes {name} and {other_name} overlap"


def _overlap(one: Place, other: Place) -> bool:
    down = min(one.y_mm + one.height_mm, other.y_mm + other.height_mm) - max(one.y_mm, other.y_mm)
    return _across(one, other) > _ROUNDING_MM and down > _ROUNDING_MM


def _across(one: Place, other: Place) -> float:
    return min(one.x_mm + one.width_mm, other.x_mm + other.width_mm) - max(one.x_mm, other.x_mm)


def _type_faults(label: Label, design: Design) -> Iterator[str]:
    for font in _fonts_of(label):
        if font not in design.fonts:
            yield f"there is no font {font}"
    for box in label.boxes:
        if box.leading < 1 or box.spread_pt < 0 or any(item.above_pt < 0 for item in box.item):
            yield f"the box {box.name} has lines that overlap: a leading below 1, or a distance below 0"
        for item in box.item:
            yield from _item_faults(item, box)


def _fonts_of(label: Label) -> Iterator[str]:
    """The fonts that it is set in."""
    for box in label.boxes:
        yield from (item.font for item in box.item)
    if label.pictograms is not None:
        yield label.pictograms.font
    if label.calendar is not None:
        yield from (label.calendar.font, label.calendar.marked)


def _item_faults(item: Item, box: Box) -> Iterator[str]:
    said = f"the box {box.name} has {', '.join(item.fields)}"
    least, most = max(box.legal_pt, _TYPE_PT[0]), _TYPE_PT[1]
    if not item.sizes_pt or min(item.sizes_pt) < least:
        yield f"{said} below {least:g} points"
    elif max(item.sizes_pt) > most:
        yield f"{said} above {most} points"
    if item.align not in ("left", "center", "right"):
        yield f"the box {box.name} sets {', '.join(item.fields)} {item.align}, not left, center or right"


def _drawing_faults(label: Label) -> Iterator[str]:
    """What could not be drawn, or not be read by a scanner."""
    barcode, calendar = label.barcode, label.calendar
    if barcode is not None:
        if not 0 < barcode.least_mm <= barcode.most_mm:
            yield "the barcode has no module that is at least least_mm and at most most_mm wide"
        if barcode.quiet_modules < 1:
            yield "the barcode has no quiet zone"
        if barcode.dots_per_inch not in _DOTS_PER_INCH:
            yield f"the barcode is not drawn in {_DOTS_PER_INCH[0]} to {_DOTS_PER_INCH[-1]} dots an inch"
    if calendar is not None and (not _TYPE_PT[0] <= calendar.size_pt <= _TYPE_PT[1] or 0 in room(calendar)):
        yield f"the calendar has no room for a week, or its days are not of {_TYPE_PT[0]} to {_TYPE_PT[1]} points"
    # The degrees of the thermometer are smaller than the least type, as its standard draws them.
    if label.pictograms is not None and label.pictograms.least_mm < _LEAST_PICTOGRAM_MM:
        yield f"the pictograms may be smaller than {_LEAST_PICTOGRAM_MM} mm"


def _rule_faults(label: Label, paper: Paper) -> Iterator[str]:
    """A line off the label is not printed; one through its text or its symbol strikes that out."""
    for rule in label.rules:
        if not (0 <= rule.from_mm < rule.to_mm <= paper.width_mm and 0 <= rule.y_mm <= paper.height_mm):
            yield f"the rule at {rule.y_mm:g} mm leaves the paper"
        line = Place(x_mm=rule.from_mm, y_mm=rule.y_mm, width_mm=rule.to_mm - rule.from_mm, height_mm=0)
        for name, place in label.places:
            if place.y_mm < line.y_mm < place.y_mm + place.height_mm and _across(line, place) > _ROUNDING_MM:
                yield f"the rule at {rule.y_mm:g} mm goes through the box {name}"


def _sheet_faults(design: Design) -> Iterator[str]:
    sheet, paper = design.sheet, design.paper
    if sheet is None:
        return
    right = sheet.left_mm + (sheet.columns - 1) * sheet.across_mm + paper.width_mm
    bottom = sheet.top_mm + (sheet.rows - 1) * sheet.down_mm + paper.height_mm
    within = min(sheet.left_mm, sheet.top_mm) >= 0 and right <= sheet.width_mm and bottom <= sheet.height_mm
    if min(sheet.columns, sheet.rows) < 1 or not within:
        yield "its labels leave the sheet"
    if sheet.across_mm < paper.width_mm or sheet.down_mm < paper.height_mm:
        yield "its labels overlap on the sheet"


def _law_faults(design: Design) -> Iterator[str]:
    """What the law wants together: in one box, in its order, alone, large enough."""
    cluster = clustered(design.kind)
    if cluster is None or design.country not in (None, cluster.country):
        return
    for label in design.labels:
        for box in label.boxes:
            fields = tuple(field for item in box.item for field in item.fields)
            if fields[: len(cluster.fields)] != cluster.fields or len(fields) != len(cluster.fields):
                continue
            share = box.width_mm * box.height_mm / (design.paper.width_mm * design.paper.height_mm)
            if share < cluster.least_share:
                yield f"the box {box.name} covers less than {cluster.least_share:.0%} of the label"
            for item in box.item:
                if item.sizes_pt and min(item.sizes_pt) < cluster.least_pt:
                    yield f"the box {box.name} has {', '.join(item.fields)} below {cluster.least_pt:g} points"
            return
    yield f"no box has {', '.join(cluster.fields)}, these alone and in this order"
