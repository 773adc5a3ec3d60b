"""A disk under SQLite that remembers every write and sync, or fails: what a power cut would leave can be made of it.

The disk is a VFS (sqlite.org/vfs.html) through APSW; driver.py puts the program's engine on it.

What a cut leaves: all that was written before a sync of the same file that ended, and of what came after
it anything. A write may be there, be missing, or be torn at the sectors of 512 bytes, the last of them
in the middle; where a file grew, zeros or any bytes may stand in the place of what is missing. A file
that was made or deleted is so for certain once its folder was synced, which SQLite does with the first
sync of a new journal, and on deleting one where it is told to (os_unix.c).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    file: int
    folder: bool
    """Whether the names of the folder are synced too."""


@dataclass(frozen=True, slots=True)
class Named:
    """The name stands for that file from here on, or for none."""

    name: str
    file: int | None
    folder: bool = False


Step = Write | Truncate | Sync | Named
Fails = Callable[[str], type[apsw.Error] | None]
"""Asked before each step of the disk, by its name, whether it fails."""

_names = count(1)


def _never(_step: str) -> None:
    return None


@dataclass
class Log:
    """All steps since the disk was made, with the files that were there."""

    steps: list[Step] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    before: dict[int, bytes] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self, name: str) -> int:
        """The number of the file, which is made where it is not there."""
        if name not in self.files:
            there = Path(name).exists()
            self.files[name] = next(self._numbers)
            self.before[self.files[name]] = Path(name).read_bytes() if there else b""
            if not there:
                self.steps.append(Named(name, self.files[name]))
        return self.files[name]

    def delete(self, name: str, *, folder: bool) -> None:
        if self.files.pop(name, None) is not None:
            self.steps.append(Named(name, None, folder))


class Disk(apsw.VFS):
    """Records into the log, and fails where it is told to."""

    def __init__(self, fails: Fails = _never) -> None:
        self.name = f"disk{next(_names)}"
        self.log = Log()
        self.fails = fails
        super().__init__(self.name, base="")

    def step(self, name: str) -> None:
        """Raises what the disk fails with."""
        error = self.fails(name)
        if error is not None:
            raise error(f"the disk fails at {name}")

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802
        if flags[0] & apsw.SQLITE_OPEN_CREATE:
            self.step("open")
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.step("delete")
        super().xDelete(filename, syncdir)
        self.log.delete(filename, folder=syncdir)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        # What has no name is for the moment alone.
        self._number = None if path is None else disk.log.open(path)
        self._names_folder = bool(flags[0] & (apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL))
        super().__init__("", name, flags)

    def _record(self, step: Step) -> None:
        if self._number is not None:
            self._disk.log.steps.append(step)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.step("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        try:
            self._disk.step("write")
        except apsw.FullError:
            super().xWrite(data[: len(data) // 2], offset)
            raise
        super().xWrite(data, offset)
        self._record(Write(self._number or 0, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.step("truncate")
        super().xTruncate(newsize)
        self._record(Truncate(self._number or 0, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.step("sync")
        # The machine's own disk is not waited for: no power is cut but in the log.
        self._record(Sync(self._number or 0, self._names_folder))
        self._names_folder = False


@dataclass
class _Left:
    """A file on the disk of a machine whose power may be cut."""

    durable: bytearray
    pending: list[Write | Truncate] = field(default_factory=list)

    def sync(self) -> None:
        for each in self.pending:
            _apply(self.durable, each)
        self.pending.clear()


def left_by_a_cut(log: Log, at: int, chance: random.Random, to: Path) -> None:
    """Write the files, as a cut after so many steps may leave them, into the folder."""
    files = {number: _Left(bytearray(content)) for number, content in log.before.items()}
    made = {step.file for step in log.steps if isinstance(step, Named)}
    # Those that were there when the disk was made.
    durable: dict[str, int | None] = {name: number for name, number in log.files.items() if number not in made}
    pending: list[Named] = []
    for step in log.steps[:at]:
        if isinstance(step, Named):
            pending.append(step)
        elif isinstance(step, Sync):
            files[step.file].sync()
        else:
            files[step.file].pending.append(step)
        if isinstance(step, (Named, Sync)) and step.folder:
            durable.update({each.name: each.file for each in pending})
            pending.clear()
    for name in sorted({each.name for each in pending}):
        changes = [each.file for each in pending if each.name == name]
        durable[name] = chance.choice([durable.get(name), *changes])
    for name, file in durable.items():
        if file is not None:
            (to / Path(name).name).write_bytes(_torn(files[file], chance))


def _apply(content: bytearray, step: Write | Truncate) -> None:
    if isinstance(step, Truncate):
        del content[step.size :]
        content.extend(bytes(step.size - len(content)))
        return
    content.extend(bytes(max(0, step.offset - len(content))))
    content[step.offset : step.offset + len(step.data)] = step.data


def _torn(left: _Left, chance: random.Random) -> bytes:
    """The durable content with any of the writes after it."""
    content = bytearray(left.durable)
    steps = list(left.pending)
    how = chance.choice(("none", "all", "prefix", "some", "torn", "torn"))
    if how == "none":
        return bytes(content)
    if how == "prefix":
        steps = steps[: chance.randint(0, len(steps))]
    garbage = chance.random() < 0.5
    for step in steps:
        if how in ("some", "torn") and chance.random() < 0.5:
            # A file may have grown without what was written into it.
            if isinstance(step, Write) and step.offset + len(step.data) > len(content) and chance.random() < 0.5:
                missing = step.offset + len(step.data) - len(content)
                content.extend(chance.randbytes(missing) if garbage else bytes(missing))
            continue
        if how == "torn" and isinstance(step, Write):
            for part in _sectors(step, chance):
                _apply(content, part)
        else:
            _apply(content, step)
    return bytes(content)


def _sectors(step: Write, chance: random.Random) -> Iterator[Write]:
    """Some of the sectors of the write; the last of them may end within."""
    begin, end = step.offset, step.offset + len(step.data)
    edges = sorted({begin, end, *range(-(-begin // SECTOR) * SECTOR, end, SECTOR)})
    kept = [(a, b) for a, b in pairwise(edges) if chance.random() < 0.5]
    if kept and chance.random() < 0.5:
        last, until = kept[-1]
        kept[-1] = (last, chance.randint(last, until))
    for a, b in kept:
        yield Write(step.file, a, step.data[a - begin : b - begin])
