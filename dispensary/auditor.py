"""The auditor's own reading of the audit chain: it recomputes everything and imports nothing of this program.

It shares no line with the writer, only the format that the docstring of `audit.py` describes, so that
a fault of the writer is not repeated here. It runs alone on another machine, with Python and nothing else:

    python auditor.py FILE [SEQUENCE HASH] [--key VERIFIER] [--checkpoint NOTE...]

FILE is an export, as JSON Lines or as CSV, or the manifest of one. SEQUENCE and HASH are a head that was noted
earlier and kept elsewhere, NOTE is a file with a head that the pharmacy signed, VERIFIER the key that it gave out
for its signatures: without one of these, a chain that was written anew from its first event to its last, hashes
and all, cannot be told from the true one. One line says what was found; the exit status is 0 where the chain
holds, 4 where it does not and 2 where the command line is wrong.

An exported file holds an event a line and ends with a trailer, so that a dropped tail is seen:

- JSON Lines: objects with the keys of COLUMNS; the trailer has the keys of TRAILER.
- CSV: a header and cells in the order of COLUMNS; the trailer has `end` as its sequence, the format's
  name as its kind, the origin as its subject, the number of events as its request key, and the head as
  its hash. Before a text that a spreadsheet would take for a formula stands an apostrophe.

A part of a chain is JSON Lines too. It begins with an object of the keys of BEGIN: the format's name, the origin,
the sequence of the event before the first one, and that event's hash. In the place of events that were left out
stand their hashes, as `{"omitted": [...]}`, and the trailer's `events` is the sequence of the last one. An event
that is there is proved as in a whole chain; one that was left out is what its hash says, and nobody can tell more.

A manifest is a signed note, whose text is the origin of the chain, MANIFEST, and a JSON object with the keys of
PARTS. `files` names the files beside it with their lengths and SHA-256, first the part of the chain as JSON Lines;
`checkpoint` is the signed note of the chain's end, which is also that of the part.

A checkpoint is a signed note (c2sp.org/signed-note) with one Ed25519 signature (RFC 8032) at the least. Its
text has four lines: the origin of the chain, which is also the name of the key; the sequence of an event;
its SHA-256 in base64; and the format's name.
"""

import base64
import binascii
import codecs
import csv
import hashlib
import json
import os
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

PART = "dispensary audit part 1"
BEGIN = ("format", "origin", "after", "hash")
MANIFEST = "dispensary audit manifest 1"
PARTS = (
    *("asked", "by", "role", "at", "site", "program", "after", "last", "events", "omitted", "head"),
    *("files", "checkpoint"),
)

LONGEST_LINE = 1 << 24
"""No event is longer, in bytes; a file that says otherwise must not fill the memory."""

LONGEST_MANIFEST = 1 << 20
"""No manifest is longer, in bytes."""

LONGEST_NOTE = 1 << 17
"""No checkpoint is longer, in bytes, whoever else has signed it."""

_LENGTH = re.compile(rb"(0|[1-9][0-9]{0,8}):")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the auditor found.

    `events` is how many events hold from the first one on, `head` the hash of the last of them, `problem`
    in one sentence the first thing that does not hold. A part of a chain begins after the event of the sequence
    `after` and leaves `omitted` events out, which `events` does not count.
    """

    ok: bool
    events: int
    head: str
    problem: str | None
    after: int = 0
    omitted: int = 0


class _Broken(Exception):
    """The chain or its file does not hold; the message is the sentence of the verdict."""


def check(
    records: Iterable[Mapping[str, object]],
    *,
    claimed_head: tuple[int, str] | None = None,
    noted: Iterable[tuple[int, str]] = (),
    origin: str | None = None,
) -> Verdict:
    """Whether the records, mappings with the keys of COLUMNS in the order of the chain, are a whole chain.

    `claimed_head` is the sequence and hash of what should be the last event; `noted` those of events
    that somebody kept elsewhere; `origin` the name that the chain should have. One record is held at a time.
    """
    chain = _Chain(origin, noted)
    return _verdict(chain, lambda: _walk(chain, records, claimed_head))


def read(path: str | PathLike[str], *, noted: Iterable[tuple[int, str]] = (), origin: str | None = None) -> Verdict:
    """Whether an exported file, JSON Lines or CSV by its content, holds a whole chain and its trailer.

    `noted` and `origin` are those of `check`. A part of a chain is read as well.
    """
    chain = _Chain(origin, noted)
    return _verdict(chain, lambda: _read_file(chain, path))


def _read_file(chain: "_Chain", path: str | PathLike[str]) -> None:
    try:
        with open(path, "rb") as file:
            _read(chain, file)
    except (OSError, ValueError) as problem:
        raise _Broken(f"The file cannot be read: {_why(problem)}.") from None


def _why(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or "its name cannot be used"


def _verdict(chain: "_Chain", work: Callable[[], None]) -> Verdict:
    try:
        work()
    except _Broken as broken:
        return Verdict(False, chain.shown, chain.head, str(broken), chain.after, chain.omitted)
    return Verdict(True, chain.shown, chain.head, None, chain.after, chain.omitted)


def _walk(chain: "_Chain", records: Iterable[Mapping[str, object]], claimed_head: tuple[int, str] | None) -> None:
    for record in records:
        chain.add(record)
    chain.end(claimed_head)


class _Chain:
    """The chain as far as it was read, and what the next event must fit."""

    def __init__(self, origin: str | None, noted: Iterable[tuple[int, str]]) -> None:
        # The sequence of the last event, of that before the first, and how many between were left out.
        self.events = 0
        self.after = 0
        self.omitted = 0
        self.format = FORMAT
        self.head = START
        self.origin = origin
        self.noted: dict[int, set[str]] = {}
        for sequence, digest in noted:
            self.noted.setdefault(sequence, set()).add(digest)
        # Whether an apostrophe may stand before a cell's text; it says nothing.
        self.apostrophes = False

    @property
    def shown(self) -> int:
        """How many events were there."""
        return self.events - self.after - self.omitted

    def take(self, record: Mapping[str, object]) -> None:
        """The next line of a file but for its trailer; raises _Broken where it does not fit."""
        if set(record) == set(BEGIN) and self.events == 0 and self.format == FORMAT:
            self.begin(record)
        elif set(record) == {"omitted"}:
            self.leave_out(record["omitted"])
        else:
            self.add(record)

    def begin(self, record: Mapping[str, object]) -> None:
        """A part of the chain follows, from a later event on perhaps; raises _Broken where that cannot be."""
        after, digest, origin = record["after"], record["hash"], record["origin"]
        if record["format"] != PART or type(after) is not int or after < 0 or not _is_hash(digest):
            raise _Broken("The file does not say where its part of the chain begins.")
        if self.origin not in (None, origin) or not isinstance(origin, str):
            raise _Broken("The part belongs to another chain.")
        if after == 0 and digest != START:
            raise _Broken("The part begins with the first event, and names one before it.")
        if any(0 < sequence < after for sequence in self.noted):
            raise _Broken(f"The part begins after event {after}, and event {min(self.noted)} was noted.")
        self.format, self.origin, self.after, self.events, self.head = PART, origin, after, after, str(digest)
        if self.noted.get(after, {self.head}) != {self.head}:
            raise _Broken(f"Event {after}: its hash is not the one that was noted.")

    def leave_out(self, hashes: object) -> None:
        """The hashes of the next events, which are not there; raises _Broken where they are none."""
        if self.format != PART or not isinstance(hashes, list) or not hashes:
            raise _Broken(f"After event {self.events}, what was left out is no list of hashes.")
        for digest in hashes:
            number = self.events + 1
            if not _is_hash(digest):
                raise _Broken(f"Event {number}: it was left out, and what stands in its place is no hash.")
            if self.noted.get(number, {digest}) != {digest}:
                raise _Broken(f"Event {number}: its hash is not the one that was noted.")
            self.events, self.head, self.omitted = number, digest, self.omitted + 1

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
        if self.noted.get(number, {texts["hash"]}) != {texts["hash"]}:
            raise _Broken("its hash is not the one that was noted")

    def means(self, cell: str, text: str) -> bool:
        """Whether the cell of a file holds the text."""
        return cell == text or (self.apostrophes and cell == "'" + text)

    def end(self, claimed_head: tuple[int, str] | None) -> None:
        """Nothing follows; raises _Broken where the chain should be longer, or end elsewhere."""
        last = max(self.noted, default=0)
        if last > self.events:
            raise _Broken(f"The chain ends with event {self.events}, and event {last} was noted.")
        if claimed_head is None or claimed_head == (self.events, self.head):
            return
        if claimed_head[0] == self.events:
            raise _Broken(f"Event {self.events}: it is the last one, and the head has another hash.")
        raise _Broken(f"The chain ends with event {self.events}, and its head says {claimed_head[0]} events.")


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


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
            chain.take(record)
    if trailer is None:
        raise _Broken(f"The file ends after event {chain.events} without its trailer.")
    if trailer["format"] != chain.format or not chain.means(str(trailer["origin"]), chain.origin or ""):
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


class NotACheckpoint(Exception):
    """A note does not hold, or a key is none; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says that was signed with the key: the chain of this origin had this event, with this hash."""

    origin: str
    sequence: int
    hash: str


def open_checkpoint(note: bytes, key: str) -> Checkpoint:
    """What the note says, where the key has signed it; raises NotACheckpoint.

    `key` is a verifier key as notes have them: the name, eight hexadecimal digits and base64, joined by `+`.
    """
    name, text = _signed_text(note, key, "checkpoint", LONGEST_NOTE)
    lines = text.split("\n")
    if len(lines) != 5 or lines[3] != FORMAT or lines[0] != name or not re.fullmatch("[1-9][0-9]{0,17}", lines[1]):
        raise NotACheckpoint(f"The note is signed, and it is no checkpoint of {FORMAT}.")
    digest = _base64(lines[2])
    if digest is None or len(digest) != 32:
        raise NotACheckpoint("The note is signed, and its hash is no SHA-256.")
    return Checkpoint(name, int(lines[1]), digest.hex())


def read_checkpoint(path: str | PathLike[str], key: str) -> Checkpoint:
    """What a file with a note says; raises NotACheckpoint."""
    try:
        with open(path, "rb") as file:
            return open_checkpoint(file.read(LONGEST_NOTE + 1), key)
    except (OSError, ValueError) as problem:
        raise NotACheckpoint(f"The checkpoint cannot be read: {_why(problem)}.") from None


def is_manifest(path: str | PathLike[str]) -> bool:
    """Whether the file says that it is a manifest."""
    try:
        with open(path, "rb") as file:
            return file.readline(LONGEST_NOTE).endswith(b"\n") and file.readline(100) == MANIFEST.encode() + b"\n"
    except (OSError, ValueError):
        return False


def read_manifest(path: str | PathLike[str], key: str, *, noted: Iterable[tuple[int, str]] = ()) -> Verdict:
    """Whether the key has signed the manifest, each of its files is what it says, and its part of the chain holds.

    `key` is that of `open_checkpoint`, `noted` that of `check`.
    """
    try:
        with open(path, "rb") as file:
            note = file.read(LONGEST_MANIFEST + 1)
        said, end = _manifest(note, key)
    except (OSError, ValueError) as problem:
        return Verdict(False, 0, START, f"The manifest cannot be read: {_why(problem)}.")
    except (NotACheckpoint, _Broken) as problem:
        return Verdict(False, 0, START, str(problem))
    chain = _Chain(end.origin, [*noted, (end.sequence, end.hash)])
    return _verdict(chain, lambda: _files(chain, os.path.dirname(os.fspath(path)), said))


def _manifest(note: bytes, key: str) -> tuple[Mapping[str, object], Checkpoint]:
    """What a manifest says, and its checkpoint, both signed with the key; raises NotACheckpoint and _Broken."""
    name, text = _signed_text(note, key, "manifest", LONGEST_MANIFEST)
    lines = text.split("\n", 2)
    if lines[:2] != [name, MANIFEST]:
        raise _Broken("The note is signed, and it is no manifest of an export.")
    said = _json(lines[2], "The manifest is signed, and what it says")
    if not isinstance(said, dict) or set(said) != set(PARTS) or not isinstance(said["checkpoint"], str):
        raise _Broken("The manifest is signed, and does not say what a manifest does.")
    end = open_checkpoint(said["checkpoint"].encode("utf-8", "replace"), key)
    if (end.sequence, end.hash) != (said["last"], said["head"]):
        raise _Broken("The manifest and its checkpoint name different ends of the chain.")
    return said, end


def _files(chain: "_Chain", folder: str, said: Mapping[str, object]) -> None:
    """Check the files that the manifest names, and the chain in the first of them."""
    files = said["files"]
    if not isinstance(files, list) or not files:
        raise _Broken("The manifest names no file.")
    paths = [_same(folder, each) for each in files]
    _read_file(chain, paths[0])
    counted = {"after": chain.after, "last": chain.events, "events": chain.shown, "omitted": chain.omitted}
    for what, number in counted.items():
        if said[what] != number or chain.format != PART:
            raise _Broken(f"The manifest's {what} is not that of the file.")


def _same(folder: str, file: object) -> str:
    """Where the file is, if it is the one that the manifest means."""
    name = file.get("name") if isinstance(file, dict) else None
    if not isinstance(file, dict) or not isinstance(name, str) or not re.fullmatch(r"[^/\\\x00-\x1f]{1,255}", name):
        raise _Broken("The manifest names a file that cannot stand beside it.")
    digest, length = hashlib.sha256(), 0
    try:
        with open(os.path.join(folder, name), "rb") as opened:
            while piece := opened.read(1 << 20):
                digest.update(piece)
                length += len(piece)
    except (OSError, ValueError) as problem:
        raise _Broken(f"A file of the manifest cannot be read: {name!a}: {_why(problem)}.") from None
    if (length, digest.hexdigest()) != (file.get("bytes"), file.get("sha256")):
        raise _Broken(f"The file {name!a} is not the one that the manifest means: its SHA-256 is another.")
    return os.path.join(folder, name)


def _signed_text(note: bytes, key: str, what: str, longest: int) -> tuple[str, str]:
    """The key's name, and the text of the note that it has signed; raises NotACheckpoint."""
    name, number, public = _verifier(key)
    text, signatures = _note(note, what, longest)
    mine = [signature[4:] for by, signature in signatures if (by, signature[:4]) == (name, number)]
    if not mine:
        raise NotACheckpoint(f"The {what} is not signed with this key.")
    if not all(signed(public, text.encode(), signature) for signature in mine):
        raise NotACheckpoint(f"The signature of the {what} is not that of its text.")
    return name, text


def _verifier(key: str) -> tuple[str, bytes, bytes]:
    """The name, the number in four bytes and the public key of a verifier key."""
    found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", key)
    typed = _base64(found.group(3)) if found else None
    if found is None or typed is None or len(typed) != 33 or typed[0] != 1:
        raise NotACheckpoint(
            "The verifier key is none: it is a name, eight hexadecimal digits and base64, joined by +."
        )
    number = hashlib.sha256(found.group(1).encode("utf-8", "replace") + b"\n" + typed).digest()[:4]
    if number.hex() != found.group(2):
        raise NotACheckpoint("The verifier key is damaged: its digits are not those of its key.")
    return found.group(1), number, typed[1:]


def _note(note: bytes, what: str, longest: int) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a note, with its last newline, and its signatures with their key names."""
    if len(note) > longest:
        raise NotACheckpoint(f"The {what} is longer than any note.")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise NotACheckpoint(f"The {what} is not UTF-8.") from None
    if re.search("[\x00-\x09\x0b-\x1f]", whole):
        raise NotACheckpoint(f"The {what} holds a control character, which no note does.")
    text, blank, rest = whole.rpartition("\n\n")
    lines = rest.removesuffix("\n").split("\n")
    signatures = [_signature_line(line, what) for line in lines]
    if not (text and blank and rest.endswith("\n")):
        raise NotACheckpoint(f"The {what} has not the form of a signed note.")
    return text + "\n", signatures


def _signature_line(line: str, what: str) -> tuple[str, bytes]:
    found = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)", line)
    signature = _base64(found.group(2)) if found else None
    if found is None or signature is None or len(signature) < 5:
        raise NotACheckpoint(f"The {what} has not the form of a signed note.")
    return found.group(1), signature


def _base64(text: str) -> bytes | None:
    """The bytes, where the text is the one way to write them."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found).decode() == text else None


# Ed25519 as RFC 8032, section 5.1, has it: the field, the order of the base point, the curve's constant.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
"""Extended coordinates: X, Y, Z and T, with x = X/Z, y = Y/Z and xy = T/Z."""


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature of 64 bytes is that of the message, by the public key of 32 bytes (RFC 8032, 5.1.7)."""
    key = _point(public)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or len(signature) != 64 or scalar >= _L:
        return False
    mixed = hashlib.sha512(signature[:32] + public + message).digest()
    x, y, z, t = _times(int.from_bytes(mixed, "little") % _L, key)
    left_over = _sum(_times(scalar, _BASE), (-x, y, z, -t))
    return _encoded(left_over) == signature[:32]


def _point(encoded: bytes) -> _Point | None:
    """The point of the curve that 32 bytes name, if they name one (RFC 8032, 5.1.3)."""
    whole = int.from_bytes(encoded, "little")
    y, odd = whole & ((1 << 255) - 1), whole >> 255
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT % _P
    if x * x % _P != square or (x == 0 and odd):
        return None
    x = _P - x if x & 1 != odd else x
    return x, y, 1, x * y % _P


def _sum(one: _Point, other: _Point) -> _Point:
    """The sum of two points (RFC 8032, 5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(number: int, point: _Point) -> _Point:
    """The point so many times; nothing here is secret, so the time that it takes may tell the number."""
    total: _Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        number >>= 1
    return total


def _encoded(point: _Point) -> bytes:
    """The 32 bytes that name the point (RFC 8032, 5.1.2)."""
    shrink = pow(point[2], -1, _P)
    x, y = point[0] * shrink % _P, point[1] * shrink % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def main(arguments: list[str]) -> int:
    """Print what was found in the file; returns the exit status, or ends with it where the command line is wrong."""
    import argparse

    command = argparse.ArgumentParser(
        prog="python auditor.py",
        usage="python auditor.py FILE [SEQUENCE HASH] [--key VERIFIER] [--checkpoint NOTE...]",
        allow_abbrev=False,
    )
    command.add_argument("file", metavar="FILE", help="an export, or the manifest of one")
    command.add_argument("noted", metavar="SEQUENCE HASH", nargs="*", help="a head that was noted")
    command.add_argument("--key", metavar="VERIFIER", help="the key that the pharmacy gave out")
    command.add_argument("--checkpoint", metavar="NOTE", action="append", default=[], help="a signed head; repeatable")
    given = command.parse_intermixed_args(arguments)
    if given.noted and (len(given.noted) != 2 or not re.fullmatch("[0-9]{1,18}", given.noted[0])):
        command.error("SEQUENCE is a whole number, and HASH follows it")
    manifest = is_manifest(given.file)
    if (given.key is None) != (not given.checkpoint and not manifest):
        command.error("--key checks the signature of a --checkpoint or of a manifest, which need it")
    noted = [(int(given.noted[0]), given.noted[1])] if given.noted else []
    try:
        checkpoints = [read_checkpoint(path, given.key) for path in given.checkpoint]
    except NotACheckpoint as problem:
        sys.stdout.write(f"not ok: {problem}\n")
        return 4
    noted += [(each.sequence, each.hash) for each in checkpoints]
    if manifest:
        verdict = read_manifest(given.file, given.key, noted=noted)
    else:
        verdict = read(given.file, noted=noted, origin=checkpoints[0].origin if checkpoints else None)
    left_out = f", {verdict.omitted} left out" if verdict.omitted else ""
    if verdict.ok:
        sys.stdout.write(f"ok: {verdict.events} events{left_out}, head {verdict.head}\n")
        return 0
    sys.stdout.write(f"not ok: {verdict.problem} {verdict.events} events hold before it.\n")
    return 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
