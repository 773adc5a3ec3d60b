"""Taking a backup: a copy at one moment, what it says of itself, one file."""

import hashlib
import io
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from dispensary import __version__, database
from dispensary.backups import manifest, parcel
from dispensary.backups.copying import copied
from dispensary.backups.manifest import Manifest
from dispensary.backups.rows import Unfit
from dispensary.backups.seal import sealing
from dispensary.exports.files import FileNotSaved, new_file, shown

MEMBERS = ("manifest.json", "settings.toml", "pharmacy.db")
LARGEST_TEXT = 1 << 20
"""Bytes of the manifest or the settings, at the most."""


def back_up(
    engine: Engine,
    file: Path,
    *,
    settings: bytes | None,
    on: datetime,
    lock: tuple[str, bytes] | None = None,
    force: bool = False,
) -> Manifest:
    """Write the backup, whole or not at all; `lock` is a passphrase and 32 random bytes.

    A database of an earlier schema is backed up as it is. Raises NoPharmacy, OtherSchema for a newer one,
    NotADatabase, DamagedDatabase, NotSaved, FileExists, NotAPlainFile, NoFolder and FileNotSaved.
    """
    schema = database.schema_of(engine)
    if schema is None or schema > database.SCHEMA:
        database.check_schema(engine)
    assert schema is not None
    try:
        with new_file(file, force=force) as out, copied(engine, schema) as (copy, content):
            told = _told(copy, content, engine.dialect.name, settings, on)
            if lock is None:
                _write(out, told, settings, content)
            else:
                with sealing(out, *lock) as stream:
                    _write(stream, told, settings, content)
        return told
    except Unfit as problem:
        raise FileNotSaved(path=shown(file), problem=f"{problem.table}: {problem.problem}") from None
    except sqlite3.Error as problem:
        raise FileNotSaved(path=shown(file), problem=f"copying the database: {problem}") from None


def _told(copy: sqlite3.Connection, content: BinaryIO, engine: str, settings: bytes | None, on: datetime) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        taken=on.astimezone(UTC).isoformat(timespec="seconds"),
        program=__version__,
        engine=engine,
        schema=manifest.schema_in(copy),
        chains=manifest.chains_of(copy),
        rows=manifest.rows_of(copy),
        bytes=os.fstat(content.fileno()).st_size,
        sha256=_sha256(content),
        settings=None if settings is None else hashlib.sha256(settings).hexdigest(),
    )


def _sha256(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := content.read(parcel.BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _write(out: parcel.Taking, told: Manifest, settings: bytes | None, content: BinaryIO) -> None:
    texts = [(MEMBERS[0], manifest.written(told))]
    if settings is not None:
        texts.append((MEMBERS[1], settings))
    content.seek(0)
    members = [(name, len(text), io.BytesIO(text)) for name, text in texts]
    parcel.pack(out, [*members, (MEMBERS[2], told.bytes, content)])
