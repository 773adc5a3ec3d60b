"""What a label design is: paper, boxes, fonts and sizes. Designs are data; reading them is in designs.py."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dispensary.rules.people import Country

MM = 72 / 25.4
"""Points in a millimetre."""


@dataclass(frozen=True, slots=True)
class Item:
    """Fields set one after the other in a font, at the first of the sizes (points) at which its box fits.

    A field is not broken while a line can hold it; `running` allows that where nothing else fits.
    `above_pt` points stay clear above it, where something in its box stands there.
    """

    fields: tuple[str, ...]
    font: str
    sizes_pt: tuple[float, ...]
    align: str = "left"
    running: bool = False
    above_pt: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A rectangle in millimetres from the top left corner of the label."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(Place):
    """A place for text, with its items from top to bottom.

    No text in it is ever smaller than `legal_pt`. A line is as high as its size times `leading`; up to
    `spread_pt` points set the items apart.
    """

    name: str
    item: tuple[Item, ...]
    leading: float = 1
    legal_pt: float = 0
    spread_pt: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Barcode(Place):
    """A place for the symbol: its modules are whole dots of the printer, of a width between the two.

    As many modules as `quiet_modules` stay clear on each side. A PDF is drawn in dots of `dots_per_inch`.
    """

    least_mm: float
    most_mm: float
    quiet_modules: int
    dots_per_inch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictograms(Place):
    """A place for the pictograms, in squares of equal sides that are never smaller than `least_mm`."""

    font: str
    least_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Place):
    """A place for the weeks with the days of the next injections; days are set in `size_pt`."""

    font: str
    marked: str
    """The font of marked days, of the title and of the months' names."""
    size_pt: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the label, in millimetres from the top left corner."""

    y_mm: float
    from_mm: float
    to_mm: float


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a design, which may need several to say everything."""

    boxes: tuple[Box, ...]
    barcode: Barcode | None
    pictograms: Pictograms | None
    calendar: Calendar | None
    rules: tuple[Rule, ...]

    @property
    def places(self) -> Iterator[tuple[str, Place]]:
        """Everything that takes room, by name."""
        for box in self.boxes:
            yield box.name, box
        for name, place in (
            ("barcode", self.barcode),
            ("pictograms", self.pictograms),
            ("calendar", self.calendar),
        ):
            if place is not None:
                yield name, place

    @property
    def shown(self) -> frozenset[str]:
        """The fields whose words stand on this label."""
        return frozenset(field for box in self.boxes for item in box.item for field in item.fields)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper with labels in columns and rows, from the top left label's corner and from one to the next."""

    width_mm: float
    height_mm: float
    columns: int
    rows: int
    left_mm: float
    top_mm: float
    across_mm: float
    down_mm: float


@dataclass(frozen=True, slots=True)
class Paper:
    """One label's size in millimetres; `turned` where it leaves the printer with its short edge first."""

    width_mm: float
    height_mm: float
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """The labels of one kind on one paper, and the design that takes over where they are too small."""

    name: str
    kind: str
    country: Country | None
    """The only country whose law it is made for; None where it meets that of every country."""
    next: str | None
    paper: Paper
    sheet: Sheet | None
    fonts: Mapping[str, tuple[str, str]]
    """Each font as the package that has it and the file in it."""
    labels: tuple[Label, ...]
