"""The folder beside a range's PDF: the parts that are drawn, and what they are of, so that it can go on from them.

`range.json` is written before the part that it newly names: a part that is named and not there is drawn again.
"""

import json
import re
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from dispensary.errors import Refused

_BEGUN = "range.json"
# A part, or what a kill left of a file that was being written.
_OWN = re.compile(r"range\.json|[0-9]+-[0-9]+\.pdf|\.dispensary-\w+")


class OtherRange(Refused):
    """There are parts of another range beside the file."""

    sentence = (
        "{folder} holds parts of {there}, and {wanted} is asked for: nothing was printed; "
        "finish that one with the same command, remove the folder, or choose another file."
    )
    folder: str
    there: str
    wanted: str


class DesignChanged(Refused):
    """The parts beside the file were drawn in what the design said then."""

    sentence = (
        "{design} was changed since the parts in {folder} were drawn in it: nothing was printed; put it back as it "
        "was, or remove the folder and begin again, which prints these labels as copies."
    )
    design: str
    folder: str


class NotOurParts(Refused):
    """The folder of the parts is another one's, or is damaged; nothing in it is followed, used or removed."""

    sentence = (
        "The parts of the range are kept in {folder}, and it {problem}: nothing was printed; move it away and begin "
        "again, which prints labels that it held as copies, or choose another file."
    )
    folder: str
    problem: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was drawn: of the dispenses from its first number to its last, without those left out."""

    first: int
    last: int
    left_out: tuple[int, ...]
    sha256: str

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.first}-{self.last}.pdf"


@dataclass(frozen=True, slots=True)
class Parts:
    """What was begun: the range in words, the name and the digest of its design, its request key, what is drawn."""

    folder: Path
    range: str
    design: str
    digest: str
    key: str
    drawn: tuple[Part, ...] = ()

    @property
    def last(self) -> int:
        """The number of the last dispense that is drawn, 0 before the first."""
        return self.drawn[-1].last if self.drawn else 0

    @property
    def left_out(self) -> frozenset[int]:
        """The dispenses up to the last one that were left out."""
        return frozenset(number for part in self.drawn for number in part.left_out)

    def added(self, numbers: tuple[int, ...], left_out: frozenset[int], data: bytes) -> "Parts":
        """With one more part, kept on the disk."""
        between = tuple(sorted(number for number in left_out if self.last < number <= numbers[-1]))
        part = Part(numbers[0], numbers[-1], between, sha256(data).hexdigest())
        more = replace(self, drawn=(*self.drawn, part))
        _keep(more)
        _replace(self.folder / part.name, data)
        return more

    def data(self) -> list[bytes]:
        """Each part as it was drawn; raises NotOurParts."""
        return [_intact(self.folder, part) for part in self.drawn]

    def cleared(self) -> None:
        """The folder removed, with the files that were written here; whatever else came into it stays."""
        for file in self.folder.iterdir():
            if _own(file):
                file.unlink()
        with suppress(OSError):
            self.folder.rmdir()


def begun(wanted: Parts) -> Parts:
    """The range that was begun in the folder, if it is the one that is wanted, else that one, begun now.

    Raises NotOurParts, OtherRange, DesignChanged and FileNotSaved.
    """
    from dispensary.exports.files import make_folder, shown

    folder = wanted.folder
    try:
        there = _there(folder)
    except OSError as problem:
        raise NotOurParts(folder=shown(folder), problem=f"cannot be read ({problem.strerror})") from None
    if there is None:
        make_folder(folder)
        _keep(wanted)
        return wanted
    if (there.range, there.design) != (wanted.range, wanted.design):
        ranges = {"there": f"{there.range} in {there.design}", "wanted": f"{wanted.range} in {wanted.design}"}
        raise OtherRange(folder=shown(folder), **ranges)
    if there.digest != wanted.digest:
        raise DesignChanged(folder=shown(folder), design=Path(there.design).name)
    # Where a part is missing, the same prints are drawn again from there on.
    missing = (number for number, part in enumerate(there.drawn) if not (folder / part.name).exists())
    there = replace(there, drawn=there.drawn[: next(missing, len(there.drawn))])
    there.data()
    return there


def _there(folder: Path) -> Parts | None:
    """What was begun there, None where nothing was; raises NotOurParts and OSError."""
    from dispensary.exports.files import shown

    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISDIR(mode):
        raise NotOurParts(folder=shown(folder), problem="is a link" if stat.S_ISLNK(mode) else "is no folder")
    files = sorted(folder.iterdir())
    for file in files:
        if not _own(file):
            raise NotOurParts(folder=shown(folder), problem=f"holds {shown(Path(file.name))}, which is no part")
    if folder / _BEGUN not in files:
        parts = [file for file in files if file.suffix == ".pdf"]
        if parts:
            raise NotOurParts(folder=shown(folder), problem=f"holds {parts[0].name} and no {_BEGUN}")
        return None
    try:
        return _read(folder, json.loads((folder / _BEGUN).read_text("utf-8")))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotOurParts(folder=shown(folder), problem=f"has a damaged {_BEGUN}") from None


def _read(folder: Path, table: Any) -> Parts:
    """What a `range.json` says; raises ValueError, KeyError and TypeError where that is nothing."""
    words = {name: table[name] for name in ("range", "design", "digest", "key")}
    if not all(isinstance(word, str) and word.isprintable() and word for word in words.values()):
        raise ValueError("a word that is none")
    drawn = tuple(Part(**{**part, "left_out": tuple(part["left_out"])}) for part in table["drawn"])
    last = 0
    for part in drawn:
        numbers = (part.first, part.last, *part.left_out)
        if not all(type(number) is int for number in numbers) or not last < part.first <= part.last:
            raise ValueError("parts that do not follow one another")
        last = part.last
    return Parts(folder, drawn=drawn, **words)


def _intact(folder: Path, part: Part) -> bytes:
    from dispensary.exports.files import shown

    try:
        data = (folder / part.name).read_bytes()
    except OSError as problem:
        raise NotOurParts(folder=shown(folder), problem=f"holds {part.name} unread ({problem.strerror})") from None
    if sha256(data).hexdigest() != part.sha256:
        raise NotOurParts(folder=shown(folder), problem=f"holds {part.name}, which is not what was drawn")
    return data


def _own(file: Path) -> bool:
    """Whether it is a plain file with a name as they are given here."""
    return _OWN.fullmatch(file.name) is not None and stat.S_ISREG(file.lstat().st_mode)


def _keep(parts: Parts) -> None:
    table = asdict(parts)
    del table["folder"]
    _replace(parts.folder / _BEGUN, json.dumps(table).encode())


def _replace(file: Path, data: bytes) -> None:
    """Write the file in one step, so that a kill leaves it whole or not at all."""
    from dispensary.exports.files import write_new

    write_new(file, data, force=True)
