"""A label printer that knows the commands of the program's jobs and no other: to dots, and to fields of text.

Written from Zebra's ZPL II Programming Guide, apart from the program. Every letter stands on a whole dot,
as the coarsest of printers would set it.
"""

import re
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from io import BytesIO
from math import floor

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

_PARTS = 2


@dataclass(frozen=True)
class Field:
    """Words on a baseline that starts at (x, y), in dots from the top left corner of what leaves the printer."""

    text: str
    x: int
    y: int
    tall: int
    wide: int
    turned: bool
    length: int


@dataclass
class Label:
    """One label as it leaves the printer, black on white."""

    copies: int = 0
    fields: list[Field] = field(default_factory=list)
    picture: Image.Image = field(default_factory=lambda: Image.new("1", (1, 1)))


class Font:
    """A downloaded font: the letters that it has, and their widths."""

    def __init__(self, data: bytes):
        self.data = data
        parsed = TTFont(BytesIO(data))
        self.tables = set(parsed.keys())
        self.em = parsed["head"].unitsPerEm
        self.block = parsed["hhea"].ascent - parsed["hhea"].descent
        self.glyphs = parsed.getBestCmap()
        self.widths = {code: parsed["hmtx"][glyph][0] for code, glyph in self.glyphs.items()}
        self._outlines = parsed["glyf"]

    @cached_property
    def inked(self) -> set[int]:
        return {code for code, glyph in self.glyphs.items() if self._outlines[glyph].numberOfContours}

    def advance(self, letter: str, wide: int) -> int:
        return floor(self.widths[ord(letter)] * wide / self.em + 0.5)

    def set(self, text: str, tall: int, wide: int) -> tuple[Image.Image, int]:
        """The word in dots, its baseline's start `tall` dots from the left edge and 2 * `tall` from the top."""
        word = Image.new("1", (sum(self.advance(letter, wide) for letter in text) + 2 * tall, 3 * tall))
        pen = 0
        for letter in text:
            word.paste(1, (tall + pen - wide, 0), glyph(self.data, letter, tall, wide))
            pen += self.advance(letter, wide)
        return word, pen


@cache
def type_of(data: bytes, parts: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(data), parts, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=10_000)
def glyph(data: bytes, letter: str, tall: int, wide: int) -> Image.Image:
    """The letter in dots, its start `wide` dots from the left edge and 2 * `tall` from the top."""
    parts = tall * _PARTS
    drawn = Image.new("L", (3 * parts, 3 * parts))
    ImageDraw.Draw(drawn).text((parts, 2 * parts), letter, fill=255, font=type_of(data, parts), anchor="ls")
    return drawn.resize((3 * wide, 3 * tall), Image.Resampling.BOX).point([0] * 128 + [255] * 128, "1")


class Printer:
    """What stays from one command to the next."""

    def __init__(self) -> None:
        self.fonts: dict[str, Font] = {}
        self.labels: list[Label] = []
        self.downloaded: list[Font] = []
        self._formatting = False
        self._label = Label()
        self._unicode = self._hex = False
        self._x = self._y = 0
        self._typeset = False
        self._font: tuple[str, int, int, str] | None = None

    def run(self, job: bytes) -> None:
        text = job.decode("ascii")
        assert re.fullmatch(r"[\n\x20-\x7e]*", text), "more than printable text"
        first, *commands = re.split(r"(?=[\^~])", text)
        assert not first, "data before the first command"
        for command in commands:
            body = command if command.startswith("^FD") else command.replace("\n", "")
            name, data = body[1:3], body[3:]
            getattr(self, {"A@": "_a"}.get(name, f"_{name.lower()}"))(data)
        assert not self._formatting, "the last label is not closed"
        assert not self.fonts, "fonts stay in the memory"

    def _dy(self, data: str) -> None:
        assert not self._formatting
        name, form, extension, size, row, digits = data.split(",")
        assert re.fullmatch("R:[A-Z0-9]{1,8}", name)
        assert (form, extension, row) == ("A", "T", "")
        font = bytes.fromhex(digits)
        assert len(font) == int(size)
        self.fonts[f"{name}.TTF"] = Font(font)
        self.downloaded.append(self.fonts[f"{name}.TTF"])

    def _xa(self, data: str) -> None:
        assert not data
        assert not self._formatting
        self._formatting, self._unicode, self._label = True, False, Label()

    def _xz(self, data: str) -> None:
        assert not data
        assert self._formatting
        self._formatting = False
        if self._label.picture.size != (1, 1):
            self.labels.append(self._label)

    def _ci(self, data: str) -> None:
        self._unicode = data == "28"

    def _pw(self, data: str) -> None:
        self._label.picture = Image.new("1", (int(data), 1))

    def _ll(self, data: str) -> None:
        self._label.picture = Image.new("1", (self._label.picture.width, int(data)))

    def _lh(self, data: str) -> None:
        assert data == "0,0"

    def _pq(self, data: str) -> None:
        self._label.copies = int(data)

    def _id(self, data: str) -> None:
        del self.fonts[data]

    def _ft(self, data: str) -> None:
        self._x, self._y = map(int, data.split(","))
        self._typeset = True

    def _fo(self, data: str) -> None:
        self._x, self._y = map(int, data.split(","))
        self._typeset = False

    def _a(self, data: str) -> None:
        turn, tall, wide, name = data.split(",")
        assert turn in "NR"
        assert min(int(tall), int(wide)) >= 10, "smaller than scalable type may be"
        self._font = (turn, int(tall), int(wide), name)

    def _fh(self, data: str) -> None:
        assert data == "_"
        self._hex = True

    def _fd(self, data: str) -> None:
        assert self._font is not None
        assert self._typeset
        assert self._unicode
        assert self._hex
        # A byte that is not escaped stands for itself, even where it looks like the start of an escape.
        plain = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), data.encode("ascii"))
        turn, tall, wide, name = self._font
        text = plain.decode("utf-8")
        word, length = self.fonts[name].set(text, tall, wide)
        self._label.fields.append(Field(text, self._x, self._y, tall, wide, turn == "R", length))
        if turn == "R":
            # Its start lies 2 * tall from the right edge now, and as far from the top as it did from the left.
            word = word.transpose(Image.Transpose.ROTATE_270)
            corner = (self._x - (word.width - 2 * tall), self._y - tall)
        else:
            corner = (self._x - tall, self._y - 2 * tall)
        self._label.picture.paste(1, corner, word)

    def _gb(self, data: str) -> None:
        width, height, thick = map(int, data.split(","))
        assert thick == min(width, height), "only lines are known"
        self._ink(Image.new("1", (width, height), 1))

    def _gf(self, data: str) -> None:
        form, sent, total, a_row, digits = data.split(",")
        assert form == "A"
        assert sent == total
        dots = bytes.fromhex(digits)
        assert len(dots) == int(total)
        self._ink(Image.frombytes("1", (int(a_row) * 8, len(dots) // int(a_row)), dots))

    def _ink(self, picture: Image.Image) -> None:
        assert not self._typeset
        self._label.picture.paste(1, (self._x, self._y), picture)

    def _fs(self, data: str) -> None:
        assert not data
        self._hex, self._font = False, None


def printed(job: bytes) -> Printer:
    """The printer after the job."""
    printer = Printer()
    printer.run(job)
    return printer
