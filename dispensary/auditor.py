"""The auditor's own reading of the audit chain: it recomputes everything and imports nothing of this program.

It shares no line with the writer, only the format that the docstring of `audit.py` describes, so that
a fault of the writer is not repeated here. It runs alone on another machine, with Python and nothing else:

    python auditor.py FILE [SEQUENCE HASH]

FILE is an export, as JSON Lines or as CSV. SEQUENCE and HASH are a head that was noted earlier and kept
elsewhere: without one, a chain that was written anew from its first event to its last, hashes and all,
cannot be told from the true one. One line says what was found; the exit status is 0 where the chain
holds, 4 where it does not and 2 where the command line is wrong.

An exported file holds an event a line and ends with a trailer, so that a dropped tail is seen:

- JSON Lines: objects with the keys of COLUMNS; the trailer has the keys of TRAILER.
- CSV: a header and cells in the order of COLUMNS; the trailer has `end` as its sequence, the format's
  name as its kind, the origin as its subject, the number of events as its request key, and the head as
  its hash. Before a text that a spreadsheet would take for a formula stands an apostrophe.
"""

import codecs
import csv
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from typing import BinaryIO

FORMAT = "dispensary audit 1"
START = "0" * 64
COLUMNS = ("sequence", "at", "actor", "kind", "subject", "patient", "request_key", "canonical", "hash")
TRAILER = ("format", "origin", "events", "head")
FIELDS = 12

LONGEST_LINE = 1 << 24
"""No event is longer, in bytes; a file that says otherwise must not fill the memory."""

_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,8}):")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the auditor found.

    `events` is how many events hold from the first one on, `head` the hash of the last of them, `problem`
    in one sentence the first thing that does not hold.
    """

    ok: bool
    events: int
    head: str
    problem: str | None


class _Broken(Exception):
    """The chain or its file does not hold; the message is the sentence of the verdict."""


def check(
    records: Iterable[Mapping[str, object]],
    *,
    claimed_head: tuple[int, str] | None = None,
    noted: tuple[int, str] | None = None,
    origin: str | None = None,
) -> Verdict:
    """Whether the records, mappings with the keys of COLUMNS in the order of the chain, are a whole chain.

    `claimed_head` is the sequence and hash of what should be the last event; `noted` those of an event
    that somebody kept elsewhere; `origin` the name that the chain should have. One record is held at a time.
    """
    chain = _Chain(origin, noted)
    return _verdict(chain, lambda: _walk(chain, records, claimed_head))


def read(path: str | PathLike[str], *, noted: tuple[int, str] | None = None) -> Verdict:
    """Whether an exported file, JSON Lines or CSV by its content, holds a whole chain and its trailer."""
    chain = _Chain(None, noted)

    def work() -> None:
        try:
            with open(path, "rb") as file:
                _read(chain, file)
        except (OSError, ValueError) as problem:
            why = getattr(problem, "strerror", None) or "its name cannot be used"
            raise _Broken(f"The file cannot be read: {why}.") from None

    return _verdict(chain, work)


def _verdict(chain: "_Chain", work: Callable[[], None]) -> Verdict:
    try:
        work()
    except _Broken as broken:
        return Verdict(False, chain.events, chain.head, str(broken))
    return Verdict(True, chain.events, chain.head, None)


def _walk(chain: "_Chain", records: Iterable[Mapping[str, object]], claimed_head: tuple[int, str] | None) -> None:
    for record in records:
        chain.add(record)
    chain.end(claimed_head)


class _Chain:
    """The chain as far as it was read, and what the next event must fit."""

    def __init__(self, origin: str | None, noted: tuple[int, str] | None) -> None:
        self.events = 0
        self.head = START
        self.origin = origin
        self.noted = noted
        # Whether an apostrophe may stand before a cell's text; it says nothing.
        self.apostrophes = False

    def add(self, record: Mapping[str, object]) -> None:
        """The next event; raises _Broken where it does not fit."""
        number = self.events + 1
        try:
            self._check(number, record)
        except _Broken as broken:
            raise _Broken(f"Event {number}: {broken}.") from None
        self.events = number
        self.head = str(record["hash"])

    def _check(self, number: int, record: Mapping[str, object]) -> None:
        texts = _columns(number, record)
        raw = _utf_8(texts["canonical"])
        fields = _netstrings(raw)
        if self.origin is None:
            self.origin = fields[1]
        for holds, what in (
            (fields[0] == FORMAT, f"its format is not {FORMAT}"),
            (fields[1] == self.origin, "it belongs to another chain"),
            (fields[2] == str(number), "the sequence in its canonical text is another"),
            (fields[3] == self.head, "it does not name the hash of the event before it"),
            (
                hashlib.sha256(b"\x00" + raw).hexdigest() == texts["hash"],
                "its hash is not that of its canonical text",
            ),
        ):
            if not holds:
                raise _Broken(what)
        _require_same_moment(fields[4], fields[5])
        said = dict(zip(("at", "actor", "kind", "subject", "patient", "request_key"), _searchable(fields), strict=True))
        for column, text in said.items():
            if not self.means(texts[column], text):
                raise _Broken(f"the column {column} is not what its canonical text says")
        if not isinstance(_json(fields[11], "its values"), dict):
            raise _Broken("its values are not a JSON object")
        if self.noted is not None and self.noted[0] == number and self.noted[1] != texts["hash"]:
            raise _Broken("its hash is not the one that was noted")

    def means(self, cell: str, text: str) -> bool:
        """Whether the cell of a file holds the text."""
        return cell == text or (self.apostrophes and cell == "'" + text)

    def end(self, claimed_head: tuple[int, str] | None) -> None:
        """Nothing follows; raises _Broken where the chain should be longer, or end elsewhere."""
        if self.noted is not None and self.noted[0] > self.events:
            raise _Broken(f"The chain ends with event {self.events}, and event {self.noted[0]} was noted.")
        if claimed_head is None or claimed_head == (self.events, self.head):
            return
        if claimed_head[0] == self.events:
            raise _Broken(f"Event {self.events}: it is the last one, and the head has another hash.")
        raise _Broken(f"The chain ends with event {self.events}, and its head says {claimed_head[0]} events.")


def _columns(number: int, record: Mapping[str, object]) -> Mapping[str, str]:
    """The columns that are text, all of them, of the event of this number."""
    if set(record) != set(COLUMNS):
        raise _Broken("it has not the columns of an event")
    if type(record["sequence"]) is not int or record["sequence"] != number:
        raise _Broken("its sequence does not follow the event before it")
    texts = {name: value for name, value in record.items() if isinstance(value, str)}
    if len(texts) != len(COLUMNS) - 1:
        raise _Broken("a column is not text")
    return texts


def values_of(canonical: str) -> Mapping[str, object]:
    """The values that an event holds; nothing where its canonical text is no event's."""
    try:
        values = _json(_netstrings(_utf_8(canonical))[11], "its values")
    except _Broken:
        return {}
    return values if isinstance(values, dict) else {}


def _searchable(fields: list[str]) -> list[str]:
    return [fields[4], *fields[6:11]]


def _utf_8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _Broken("its canonical text holds half a character") from None


def _netstrings(raw: bytes) -> list[str]:
    """The fields of a canonical text: exact lengths, nothing between, nothing left over."""
    fields, at = [], 0
    while at < len(raw):
        found = _LENGTH.match(raw, at)
        if found is None:
            raise _Broken("its canonical text has no length where one belongs")
        end = found.end() + int(found.group(1))
        if raw[end : end + 1] != b",":
            raise _Broken("a length in its canonical text is wrong")
        try:
            fields.append(raw[found.end() : end].decode())
        except UnicodeDecodeError:
            raise _Broken("a length in its canonical text cuts a character") from None
        at = end + 1
    if len(fields) != FIELDS:
        raise _Broken(f"its canonical text has {len(fields)} fields and not {FIELDS}")
    return fields


def _require_same_moment(utc: str, local: str) -> None:
    if not (_INSTANT.fullmatch(utc) and _INSTANT.fullmatch(local) and utc.endswith("+00:00")):
        raise _Broken("a moment in its canonical text is not ISO 8601 with microseconds")
    try:
        same = datetime.fromisoformat(utc) == datetime.fromisoformat(local)
    except ValueError:
        raise _Broken("a moment in its canonical text is not in the calendar") from None
    if not same:
        raise _Broken("its two clocks name different moments")


def _json(text: str, what: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _Broken(f"{what} cannot be read as JSON") from None


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _read(chain: _Chain, file: BinaryIO) -> None:
    """Check the file's events and its trailer."""
    first = file.read(3)
    file.seek(0)
    if first == codecs.BOM_UTF8:
        raise _Broken("The file begins with a byte order mark, which no export has.")
    records = _from_json_lines(file)
    if not first.startswith(b"{"):
        chain.apostrophes = True
        records = _from_csv(file)
    trailer: Mapping[str, object] | None = None
    for record in records:
        if trailer is not None:
            raise _Broken(f"After event {chain.events} and the trailer there is more.")
        if set(record) == set(TRAILER):
            trailer = record
        else:
            chain.add(record)
    if trailer is None:
        raise _Broken(f"The file ends after event {chain.events} without its trailer.")
    if trailer["format"] != FORMAT or not chain.means(str(trailer["origin"]), chain.origin or ""):
        raise _Broken(f"After event {chain.events}, the trailer belongs to another chain.")
    if type(trailer["events"]) is not int:
        raise _Broken(f"After event {chain.events}, the trailer does not say how many events there are.")
    chain.end((trailer["events"], str(trailer["head"])))


def _lines(file: BinaryIO) -> Iterator[str]:
    """The lines, each with its end."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if not line.endswith(b"\n"):
            raise _Broken(f"Line {number} of the file has no end.")
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise _Broken(f"Line {number} of the file is not UTF-8.") from None


def _from_json_lines(file: BinaryIO) -> Iterator[Mapping[str, object]]:
    for number, line in enumerate(_lines(file), 1):
        try:
            record = _json(line, f"Line {number} of the file")
        except _Broken as broken:
            raise _Broken(f"{broken}.") from None
        if not isinstance(record, dict):
            raise _Broken(f"Line {number} of the file is not a JSON object.")
        yield record


def _from_csv(file: BinaryIO) -> Iterator[Mapping[str, object]]:
    # The limit belongs to the whole process, so it is put back.
    usual = csv.field_size_limit(LONGEST_LINE)
    rows = csv.reader(_lines(file), strict=True)
    try:
        if next(rows, None) != list(COLUMNS):
            raise _Broken("The file begins neither as JSON Lines nor with the header of an audit export.")
        for row in rows:
            if len(row) != len(COLUMNS):
                raise _Broken(f"Line {rows.line_num} of the file has not {len(COLUMNS)} cells.")
            cells = dict(zip(COLUMNS, row, strict=True))
            yield _trailer(cells) if cells["sequence"] == "end" else {**cells, "sequence": _whole(cells["sequence"])}
    except csv.Error:
        raise _Broken(f"Line {rows.line_num} of the file cannot be read as CSV.") from None
    finally:
        csv.field_size_limit(usual)


def _trailer(cells: Mapping[str, str]) -> Mapping[str, object]:
    if any(cells[empty] for empty in ("at", "actor", "patient", "canonical")):
        raise _Broken("The trailer says more than it should.")
    return {
        "format": cells["kind"],
        "origin": cells["subject"],
        "events": _whole(cells["request_key"]),
        "head": cells["hash"],
    }


def _whole(cell: str) -> object:
    """The whole number in a cell; another text stays as it is, and fits nowhere."""
    return int(cell) if re.fullmatch("0|[1-9][0-9]{0,17}", cell) else cell


def main(arguments: list[str]) -> int:
    """Print what was found in the file; returns the exit status."""
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and not re.fullmatch("[0-9]{1,18}", arguments[1])):
        sys.stderr.write("usage: python auditor.py FILE [SEQUENCE HASH]\n")
        return 2
    noted = (int(arguments[1]), arguments[2]) if len(arguments) == 3 else None
    verdict = read(arguments[0], noted=noted)
    if verdict.ok:
        sys.stdout.write(f"ok: {verdict.events} events, head {verdict.head}\n")
        return 0
    sys.stdout.write(f"not ok: {verdict.problem} {verdict.events} events hold before it.\n")
    return 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
