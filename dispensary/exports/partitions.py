"""Tables as a folder of plain files, parted by month, which DuckDB, Spark and their like read where they stand.

    FOLDER/manifest.json
    FOLDER/movements/year=2026/month=11/part-0.csv
    FOLDER/stock/part-0.csv

What happened stands under the year and the month of the pharmacy's clock, as Hive names them; what is as it is,
in one file. CSV is UTF-8 under a line of names (RFC 4180; an empty cell is nothing; an apostrophe stands before a
text that a spreadsheet would take for a formula), JSON Lines have an object a line. The manifest names every file
with its rows, bytes and SHA-256, and every column with its kind.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row

from dispensary.errors import Refused
from dispensary.exports.csv_text import harmless, joined
from dispensary.exports.files import PREFIX, FileNotSaved, NoFolder, settle, shown
from dispensary.exports.json_text import document
from dispensary.reports.columns import Kind, Table, moment_of, rows_of
from dispensary.rules.moments import day_in, to_the_second, utc_exactly
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.people import Person

FORMAT = "dispensary tables 1"
MANIFEST = "manifest.json"
CSV = "csv"
JSON_LINES = "jsonl"

Rows = Sequence[Row[Any]]
Month = tuple[str, ...]
"""The folders under that of the table."""


class FolderExists(Refused):
    """There is something of that name; a folder of tables is never mixed with another."""

    sentence = "{path} exists already: nothing was written; choose the name of a new folder."
    path: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tables as which kind of files; who asks, when, by which zone's months.

    `told` hears how far the work is, as a line.
    """

    tables: tuple[Table, ...]
    suffix: str
    on: datetime
    by: Person
    site: str
    told: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class PartFile:
    """A file of a table, by its path in the folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableFiles:
    """A table as it was written; `parted_by` are the columns that the folders' names hold."""

    table: str
    columns: tuple[tuple[str, Kind], ...]
    parted_by: tuple[str, ...]
    rows: int
    files: tuple[PartFile, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that was written, by whom and when."""

    format: str
    site: str
    by: str
    at: str
    tables: tuple[TableFiles, ...]


class NewTables:
    """A folder of tables on its way; it gets its name when `new_tables` ends. `patients` are those whom it names."""

    def __init__(self, inside: Path) -> None:
        self._inside = inside
        self.patients: set[int] = set()

    def write(self, db: Connection, asked: Asked) -> Manifest:
        """Write the tables and their manifest."""
        tables = tuple(self._table(db, table, asked) for table in asked.tables)
        manifest = Manifest(FORMAT, asked.site, asked.by.name, to_the_second(asked.on), tables)
        _append(self._inside / MANIFEST, document(manifest).encode())
        return manifest

    def _table(self, db: Connection, table: Table, asked: Asked) -> TableFiles:
        cells = _Cells(table, asked.suffix)
        place = _months(asked.on.tzinfo) if table.happened else lambda _: ()
        parts: dict[Month, _Part] = {}
        written = 0
        named: set[str] = set()
        if not table.happened:
            parts[()] = _part(self._inside, (table.name,), cells)
        with closing(rows_of(db, table, asked.by.site_id)) as batches:
            for batch in batches:
                if table.names_patients:
                    named |= {row.patient for row in batch}
                for month, rows in _by_month(batch, place):
                    if month not in parts:
                        parts[month] = _part(self._inside, (table.name, *month), cells)
                    parts[month].append(cells.text(rows), len(rows))
                written += len(batch)
                asked.told(f"{table.name}: {written:,} rows")
        self.patients |= {parse_number(Record.PATIENT, patient) for patient in named}
        files = tuple(part.told(self._inside) for _, part in sorted(parts.items()))
        parted_by = ("year", "month") if table.happened else ()
        columns = tuple((column.name, column.kind) for column in table.columns)
        return TableFiles(table.name, columns, parted_by, written, files)


@contextmanager
def new_tables(folder: Path) -> Iterator[NewTables]:
    """A new folder, which has its name only once all of it is on the disk.

    A killed program leaves what it wrote in a folder whose name begins with `.dispensary-`. Raises FolderExists,
    NoFolder and FileNotSaved.
    """
    with _new_folder(folder) as inside:
        yield NewTables(inside)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    try:
        if os.path.lexists(folder):
            raise FolderExists(path=shown(folder))
        if not folder.parent.is_dir():
            raise NoFolder(folder=shown(folder.parent))
        # Mode 0700, beside the place that it will have.
        inside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder.parent))
        try:
            yield inside
            _onto_the_disk(inside)
            inside = inside.rename(folder)
            settle(folder.parent)
        except BaseException:
            shutil.rmtree(inside, ignore_errors=True)
            raise
    except FileExistsError:
        raise FolderExists(path=shown(folder)) from None
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise FileNotSaved(path=shown(folder), problem=why) from None


def _onto_the_disk(folder: Path) -> None:
    """Every file of the folder, and every folder's entries."""
    for inside, _, names in os.walk(folder, topdown=False):
        for name in names:
            with open(Path(inside) / name, "rb") as file:
                os.fsync(file.fileno())
        settle(Path(inside))


def _append(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "ab") as file:
        file.write(data)


@dataclass(slots=True)
class _Part:
    """A file that grows; none is held open, since a long history has many months."""

    path: Path
    rows: int = 0
    size: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)

    def append(self, data: bytes, rows: int) -> None:
        _append(self.path, data)
        self.sha256.update(data)
        self.size += len(data)
        self.rows += rows

    def told(self, folder: Path) -> PartFile:
        return PartFile(self.path.relative_to(folder).as_posix(), self.rows, self.size, self.sha256.hexdigest())


def _by_month(batch: Rows, place: Callable[[Any], Month]) -> Iterator[tuple[Month, Rows]]:
    months = [place(row[0]) for row in batch]
    if months.count(months[0]) == len(months):
        yield months[0], batch
        return
    for month, group in groupby(zip(months, batch, strict=True), key=itemgetter(0)):
        yield month, [row for _, row in group]


def _part(folder: Path, names: tuple[str, ...], cells: "_Cells") -> _Part:
    for name in names:
        folder = folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
    part = _Part(folder / f"part-0.{cells.suffix}")
    part.append(cells.heading, 0)
    return part


def _months(zone: tzinfo | None) -> Callable[[datetime], Month]:
    """Where the rows of a moment stand, by the pharmacy's clock."""

    @lru_cache(maxsize=1024)
    def month(at: datetime) -> Month:
        day = day_in(moment_of(at), zone)
        # Without a leading 0, with which DuckDB takes the month for a text.
        return f"year={day.year}", f"month={day.month}"

    return month


class _Cells:
    """Rows of a table as the text of its files."""

    def __init__(self, table: Table, suffix: str) -> None:
        self.suffix = suffix
        self._names = [column.name for column in table.columns]
        written = _IN_CSV if suffix == CSV else _IN_JSON
        self._written = [(i, written[each.kind]) for i, each in enumerate(table.columns) if each.kind in written]
        self.heading = joined([self._names]).encode() if suffix == CSV else b""

    def text(self, rows: Rows) -> bytes:
        """The lines of the rows."""
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for i, how in self._written:
            columns[i] = map(how, columns[i])
        cells = zip(*columns, strict=True)
        if self.suffix == CSV:
            return joined(cells).encode()
        lines = (json.dumps(dict(zip(self._names, row, strict=True)), separators=(",", ":")) for row in cells)
        return "".join(f"{line}\n" for line in lines).encode()


def _cell(how: Callable[[Any], str]) -> Callable[[Any], str | None]:
    """How a cell is written, or nothing; the same few lots, people and moments stand in row after row."""
    return lru_cache(maxsize=4096)(lambda value: None if value is None else how(value))


_moment = _cell(lambda at: utc_exactly(moment_of(at)))
_day = _cell(date.isoformat)
_IN_CSV = {
    Kind.TEXT: _cell(harmless),
    Kind.TRUTH: _cell(lambda value: "true" if value else "false"),
    Kind.DAY: _day,
    Kind.MOMENT: _moment,
}
_IN_JSON = {Kind.DAY: _day, Kind.MOMENT: _moment}
"""How a cell is written; whole numbers are themselves, and so is text in JSON."""
