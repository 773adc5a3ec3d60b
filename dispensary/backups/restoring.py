"""The way back: a backup is read, checked against what it says of itself, and put where nothing is."""

import io
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import URL

from dispensary import database, ownership, shipped
from dispensary.backups import manifest, parcel, seal
from dispensary.backups.copying import DamagedDatabase, require_sound
from dispensary.backups.manifest import Manifest
from dispensary.backups.rows import Unfit, carry
from dispensary.backups.taking import LARGEST_TEXT, MEMBERS
from dispensary.database import OtherSchema
from dispensary.errors import Refused
from dispensary.exports.files import FileNotSaved, place, require_new, settle, shown

LARGEST = 1 << 46
"""Bytes of a database, at the most."""

SIDECARS = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a file and would play into one of the same name."""

AskPassphrase = Callable[[], str]


class NotABackup(Refused):
    """The file does not begin as a backup does."""

    sentence = "{path} is not a backup, or its beginning is damaged: nothing was restored; choose another file."
    path: str


class DamagedBackup(Refused):
    """The file is not as it was written."""

    sentence = "{path} is damaged ({problem}): nothing was restored; take another copy of it or another backup."
    path: str
    problem: str


class UnreadableBackup(Refused):
    """The file cannot be read."""

    sentence = "{path} cannot be read ({problem}): nothing was restored; mend that or choose another file."
    path: str
    problem: str


class DatabaseThere(Refused):
    """There is something where the database should go."""

    sentence = (
        "There is something at {database} already ({what}): nothing was restored; "
        "restore to another place with --to, or move it away first."
    )
    database: str
    what: str


class NotTaken(Refused):
    """The other engine does not take what a table holds."""

    sentence = "{database} does not take the rows of {table} ({problem}): nothing was restored; restore to a file."
    database: str
    table: str
    problem: str


@dataclass(frozen=True, slots=True)
class Backup:
    """An unpacked backup: what it says of itself, its settings, its database as a SQLite file."""

    manifest: Manifest
    settings: bytes | None
    database: Path


def restore(file: Path, to: URL, ask: AskPassphrase, pause: database.Pause) -> Backup:
    """Put the backup's pharmacy there, whole or not at all; the unpacked file is gone on return.

    Raises NotABackup, DamagedBackup, UnreadableBackup, WrongPassphrase, OtherSchema for a newer one,
    DatabaseThere, NotTaken, NoFolder, FileNotSaved and NotSaved; nothing was restored then.
    """
    if to.drivername == "sqlite":
        target = Path(str(to.database))
        _require_room(target)
        with unpacked(file, ask, beside=target) as backup:
            _name(backup.database, target)
        return backup
    engine = database.open_engine(to, pause)
    try:
        with database.reading(engine) as db:
            if inspect(db).get_table_names():
                raise DatabaseThere(database=database.shown(to), what="it holds tables")
        with unpacked(file, ask) as backup:
            _load(backup, engine)
        return backup
    finally:
        engine.dispose()


@contextmanager
def unpacked(file: Path, ask: AskPassphrase, *, beside: Path | None = None) -> Iterator[Backup]:
    """The backup in a temporary folder, beside that file or where the system has such; every byte was checked."""
    parent = None if beside is None else beside.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".dispensary-restore-", dir=parent) as folder:
            yield _unpack(file, ask, Path(folder) / MEMBERS[2])
    except OSError as problem:
        # What cannot be read of the backup was told apart by then.
        where = shown(beside or Path(tempfile.gettempdir()))
        raise FileNotSaved(path=where, problem=problem.strerror or str(problem)) from None


def _unpack(file: Path, ask: AskPassphrase, out: Path) -> Backup:
    name = shown(file)
    try:
        with io.BufferedReader(_Reader(file), parcel.BLOCK) as content:
            start = content.peek(len(seal.MAGIC))
            if seal.is_sealed(start):
                pieces = seal.unsealed(content, ask(), name)
                backup = _members(io.BufferedReader(parcel.Pieces(pieces), seal.CHUNK), out)
            elif start.startswith(parcel.GZIP):
                parcel.require_whole(content)
                backup = _members(content, out)
            else:
                raise NotABackup(path=name)
        _check(backup, name)
    except seal.Broken as problem:
        raise DamagedBackup(path=name, problem=str(problem)) from None
    return backup


class _Reader(io.FileIO):
    """A file whose failing reads are told apart from the failing writes of what is made of it."""

    def __init__(self, file: Path) -> None:
        self._shown = shown(file)
        try:
            super().__init__(file)
        except (OSError, ValueError) as problem:
            raise self._refusal(problem) from None

    def readinto(self, buffer: object) -> int:
        """As a file reads; raises UnreadableBackup."""
        try:
            return super().readinto(buffer)  # type: ignore[arg-type]
        except OSError as problem:
            raise self._refusal(problem) from None

    def _refusal(self, problem: OSError | ValueError) -> UnreadableBackup:
        why = getattr(problem, "strerror", None) or "its name cannot be used"
        return UnreadableBackup(path=self._shown, problem=why)


def _members(file: BinaryIO, out: Path) -> Backup:
    """The members written out; raises Broken where they are not those of a backup, or another byte is wrong."""
    with parcel.unpacking(file) as members:
        text = io.BytesIO()
        members.take(MEMBERS[0], text, LARGEST_TEXT)
        try:
            told = manifest.read(text.getvalue())
        except ValueError as problem:
            raise seal.Broken(str(problem)) from None
        settings = None
        if told.settings is not None:
            text = io.BytesIO()
            if members.take(MEMBERS[1], text, LARGEST_TEXT) != told.settings:
                raise seal.Broken("its settings are not those that it was made with")
            settings = text.getvalue()
        with open(os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as written:
            if members.take(MEMBERS[2], written, LARGEST) != told.sha256:
                raise seal.Broken("its database is not the one that it was made with")
            written.flush()
            os.fsync(written.fileno())
    return Backup(told, settings, out)


def _check(backup: Backup, name: str) -> None:
    """What the backup says of itself is so, and this program knows its schema."""
    told = backup.manifest
    known = {file.name[:4] for file in (shipped.folder("migrations") / "versions").glob("[0-9]*.py")}
    if told.schema not in known:
        way_out = "use the newer program that wrote it"
        raise OtherSchema(database=name, found=told.schema, needed=database.SCHEMA, way_out=way_out)
    try:
        with closing(sqlite3.connect(backup.database, isolation_level=None)) as db:
            require_sound(db, name)
            found = (manifest.schema_in(db), manifest.chains_of(db), manifest.rows_of(db))
    except DamagedDatabase as problem:
        raise seal.Broken(problem.problem) from None
    except sqlite3.Error as problem:
        raise seal.Broken(str(problem)) from None
    if found != (told.schema, told.chains, told.rows):
        raise seal.Broken("its manifest tells of another database")


def _require_room(target: Path) -> None:
    """Nothing is there, nor what SQLite would take for a part of it."""
    for path in (target, *(target.with_name(target.name + sidecar) for sidecar in SIDECARS)):
        if os.path.lexists(path):
            raise DatabaseThere(database=shown(target), what=f"the file {shown(path)}" if path != target else "a file")
    require_new(target, force=False)


def _name(unpacked_file: Path, target: Path) -> None:
    """Give the file its name, never one that somebody took meanwhile."""
    try:
        place(unpacked_file, target)
    except FileExistsError:
        raise DatabaseThere(database=shown(target), what="a file") from None
    settle(target.parent)


def _load(backup: Backup, engine: Engine) -> None:
    """Make the tables of the backup's schema on the server and fill them, in one transaction."""
    source = database.open_engine(database.parse_url(str(backup.database)), lambda: None)
    try:
        with database.reading(source) as rows:
            ownership.upgrade(engine, backup.manifest.schema, lambda db: carry(rows, db))
    except Unfit as problem:
        name = database.shown(engine.url)
        raise NotTaken(database=name, table=problem.table, problem=problem.problem) from None
    finally:
        source.dispose()
