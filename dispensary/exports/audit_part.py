"""A part of the audit chain as files, with a signed manifest: verified offline by `auditor.py` alone.

The JSON Lines are the evidence: each wanted event whole, and for the others their hashes, so that the chain still
runs from the first event of the period to its end. The CSV and the workbook beside them are for reading; the
manifest names every file with its SHA-256, and is itself a signed note. Personal data stand in a file of their own,
where they were asked for.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection

from dispensary import __version__, auditor
from dispensary.checkpoint import Signed, SigningKey
from dispensary.exports import csv_text
from dispensary.exports.audit import NotAnExportName
from dispensary.exports.files import new_files, shown
from dispensary.exports.json_text import compact, document
from dispensary.exports.xlsx import new_workbook, require_workbooks
from dispensary.reports.audit.wanted import PatientOf, Selection, commitments_in
from dispensary.reports.chain import counted, events, hash_of, head_of
from dispensary.rules.moments import to_the_second
from dispensary.rules.people import Person

COLUMNS = ("sequence", "at", "actor", "kind", "subject", "patient", "request_key", "values", "hash")
"""Of the CSV and the workbook; the text that was hashed stands in the JSON Lines alone."""

PEOPLE = ("commitment", "patient", "name")
HASHES_A_LINE = 500

LINES, CELLS, WORKBOOK, PATIENTS, MANIFEST = "", ".csv", ".xlsx", ".patients.csv", ".manifest.txt"
"""The files by the endings of their names; that of the lines is the caller's."""

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: whole events, those left out, the hash of the last one, and the files."""

    events: int
    omitted: int
    head: str
    files: tuple[Path, ...]
    patients: frozenset[int]
    """Whose numbers and names were written."""


class _Hashed:
    """A file that knows what was written to it."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()
        self.path = path
        self.bytes = 0

    def write(self, data: Any) -> int:
        """Write the bytes."""
        self._sha256.update(data)
        self.bytes += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Hand on what was written."""
        self._file.flush()

    @property
    def told(self) -> Mapping[str, object]:
        """What the manifest says of it."""
        return {"name": self.path.name, "bytes": self.bytes, "sha256": self._sha256.hexdigest()}


class _Walked:
    """The chain as it goes by: its lines for the file, and what was counted."""

    def __init__(self, lines: _Hashed, origin: str, after: int, head: str) -> None:
        self._lines = lines
        self._origin = origin
        self._waiting: list[object] = []
        self.last, self.head = after, head
        self.events = self.omitted = 0
        self._line(dict(zip(auditor.BEGIN, (auditor.PART, origin, after, head), strict=True)))

    def whole(self, event: Row) -> None:
        """The event as it is."""
        self._flush()
        self._line(event)
        self.events += 1
        self._reach(event)

    def leave_out(self, event: Row) -> None:
        """Its hash alone."""
        self._waiting.append(event["hash"])
        self.omitted += 1
        self._reach(event)
        if len(self._waiting) == HASHES_A_LINE:
            self._flush()

    def end(self) -> None:
        """The trailer."""
        self._flush()
        self._line(dict(zip(auditor.TRAILER, (auditor.PART, self._origin, self.last, self.head), strict=True)))

    def _reach(self, event: Row) -> None:
        self.last, self.head = int(str(event["sequence"])), str(event["hash"])

    def _flush(self) -> None:
        if self._waiting:
            self._line({"omitted": self._waiting})
            self._waiting = []

    def _line(self, row: Row) -> None:
        self._lines.write(compact(row).encode() + b"\n")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the export is to hold, who asked for it when, and what its manifest is signed with.

    `signed` is the checkpoint of the chain's end, made in the same moment of the database. `patients` are those
    whose numbers and names may be written, by their commitments; None leaves all of them out.
    """

    selection: Selection
    on: datetime
    by: Person
    signed: Signed
    key: SigningKey
    patients: Mapping[str, PatientOf] | None = None
    told: Callable[[str], None] = lambda _: None
    """Hears how far the export is."""


class NewPart:
    """The files of an export on their way; they get their names when `new_part` ends."""

    def __init__(self, files: Mapping[str, _Hashed], folder: Path) -> None:
        self._files = files
        self._folder = folder

    def write(self, db: Connection, asked: Asked) -> Exported:
        """Write the selected events of the person's site; the chain is read once, a batch in memory at a time."""
        after, origin = asked.selection.after, asked.signed.origin
        walked = _Walked(self._files[LINES], origin, after, hash_of(db, asked.by.site_id, after))
        met: dict[str, PatientOf] = {}
        rows = self._rows(db, asked, walked, met)
        if WORKBOOK in self._files:
            with new_workbook(cast("BinaryIO", self._files[WORKBOOK]), self._folder, asked.on) as book:
                book.sheet("events", COLUMNS, rows)
        else:
            for _ in rows:
                pass
        walked.end()
        if asked.patients is not None:
            people = [dict(zip(PEOPLE, (each, who.patient, who.name), strict=True)) for each, who in met.items()]
            self._files[PATIENTS].write(csv_text.table(people, PEOPLE).encode())
        self._files[MANIFEST].write(self._manifest(asked, walked).encode())
        return Exported(
            walked.events,
            walked.omitted,
            walked.head,
            tuple(each.path for each in self._files.values()),
            frozenset(each.number for each in met.values()),
        )

    def _rows(
        self, db: Connection, asked: Asked, walked: _Walked, met: dict[str, PatientOf]
    ) -> Iterator[Mapping[str, object]]:
        """The wanted events as rows for reading; each is written to the lines and to the CSV as it goes by."""
        cells = self._files[CELLS]
        cells.write(csv_text.table([], COLUMNS).encode())
        site_id, after = asked.by.site_id, asked.selection.after
        chain = events(db, site_id, after=after)
        for event in counted(chain, head_of(db, site_id).sequence, asked.told, after):
            if not asked.selection.takes(event):
                walked.leave_out(event)
                continue
            walked.whole(event)
            if asked.patients is not None:
                of = commitments_in(*(str(event[column]) for column in ("kind", "patient", "canonical")))
                met.update((each, asked.patients[each]) for each in of if each in asked.patients)
            row = {**event, "values": compact(auditor.values_of(str(event["canonical"])))}
            cells.write(csv_text.lines([row], COLUMNS).encode())
            yield row

    def _manifest(self, asked: Asked, walked: _Walked) -> str:
        said = (
            {**asked.selection.wanted.asked, "patients": asked.patients is not None},
            asked.by.name,
            asked.by.role,
            to_the_second(asked.on),
            asked.selection.site,
            f"dispensary {__version__}",
            asked.selection.after,
            walked.last,
            walked.events,
            walked.omitted,
            walked.head,
            [file.told for suffix, file in self._files.items() if suffix != MANIFEST],
            asked.signed.note,
        )
        told = document(dict(zip(auditor.PARTS, said, strict=True)))
        return asked.key.note(f"{asked.key.name}\n{auditor.MANIFEST}\n{told}")


@contextmanager
def new_part(file: Path, *, xlsx: bool = False, patients: bool = False, force: bool = False) -> Iterator[NewPart]:
    """The files: JSON Lines of that name, and beside it a CSV, a workbook, the patients, and the manifest.

    None has its name before all of them are whole. Raises NotAnExportName, FileExists, NotAPlainFile, NoFolder,
    FileNotSaved and NoWorkbooks.
    """
    wanted = {CELLS: True, WORKBOOK: xlsx, PATIENTS: patients, MANIFEST: True}
    beside = {suffix: file.with_suffix(suffix) for suffix, is_wanted in wanted.items() if is_wanted}
    # Also the name of a workbook that is not asked for: a spreadsheet would find JSON Lines in it.
    if file in beside.values() or file.suffix == WORKBOOK:
        raise NotAnExportName(path=shown(file), example=shown(file.with_suffix(".jsonl")))
    if xlsx:
        require_workbooks()
    paths = {LINES: file, **beside}
    with new_files(tuple(paths.values()), force=force) as opened:
        hashed = {suffix: _Hashed(out, path) for (suffix, path), out in zip(paths.items(), opened, strict=True)}
        yield NewPart(hashed, file.parent)
