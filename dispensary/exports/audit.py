"""The audit chain of a site as files that the auditor reads: JSON Lines, and CSV for spreadsheets.

Both hold an event a line with the auditor's columns and end with a trailer that names the chain, its
length and its head, so that a dropped tail is seen. The trailer of the CSV is a row whose sequence is
`end`: the format's name stands as its kind, the origin as its subject, the number of events as its
request key, and the head as its hash.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from dispensary import auditor, lookup
from dispensary.audit import FORMAT, START
from dispensary.errors import Refused
from dispensary.exports import csv_text
from dispensary.exports.files import new_files, shown
from dispensary.exports.json_text import compact
from dispensary.reports.chain import BATCH, counted, events, head_of

Row = Mapping[str, object]


class NotAnExportName(Refused):
    """The file and its sibling would have one name."""

    sentence = (
        "{path} is the name of a file that goes beside the export: nothing was written; "
        "name the JSON Lines file, such as {example}."
    )
    path: str
    example: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the number of events, the hash of the last, and the files."""

    events: int
    head: str
    files: tuple[Path, Path]


def export(
    db: Connection,
    site_id: int,
    file: Path,
    told: Callable[[str], None] = lambda _: None,
    *,
    force: bool = False,
) -> Exported:
    """Write the site's chain as JSON Lines, and as CSV beside it; neither has its name before both are whole.

    `told` hears how far it is. Raises NotAnExportName, FileExists, NotAPlainFile, NoFolder and FileNotSaved.
    """
    beside = file.with_suffix(".csv")
    if beside == file:
        raise NotAnExportName(path=shown(file), example=shown(file.with_suffix(".jsonl")))
    last: Row = {"sequence": 0, "hash": START}
    with new_files((file, beside), force=force) as (lines, cells):
        cells.write(csv_text.table([], auditor.COLUMNS).encode())
        for batch in _batches(counted(events(db, site_id), head_of(db, site_id).sequence, told)):
            lines.writelines(map(_line, batch))
            cells.write(_cells(batch))
            last = batch[-1]
        trailer = (FORMAT, lookup.origin(db, site_id), last["sequence"], last["hash"])
        lines.write(_line(dict(zip(auditor.TRAILER, trailer, strict=True))))
        in_cells = dict(zip(("kind", "subject", "request_key", "hash"), trailer, strict=True))
        cells.write(_cells([{"sequence": "end", **in_cells}]))
    return Exported(int(str(last["sequence"])), str(last["hash"]), (file, beside))


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _line(row: Row) -> bytes:
    return compact(row).encode() + b"\n"


def _cells(rows: list[Row]) -> bytes:
    return csv_text.lines(rows, auditor.COLUMNS).encode()
