"""What a backup says of itself: when it was taken, which schema, where each chain ends, how many rows."""

import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = "dispensary backup 1"


@dataclass(frozen=True, slots=True)
class Chain:
    """The end of a site's audit chain: its number of events, and the hash of the last."""

    origin: str
    events: int
    head: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first member of a backup.

    `taken` is ISO 8601 in UTC, `engine` sqlite or postgresql, `rows` the number of rows of each table,
    `bytes` and `sha256` those of the database as a SQLite file, `settings` the SHA-256 of the settings
    file or nothing.
    """

    format: str
    taken: str
    program: str
    engine: str
    schema: str
    chains: tuple[Chain, ...]
    rows: Mapping[str, int]
    bytes: int
    sha256: str
    settings: str | None


CHAINS = "SELECT site.origin, head.sequence, head.hash FROM site JOIN head ON head.site_id = site.id ORDER BY site.id"
"""Asks for what makes a Chain of every site, in the order of the sites; all schemas have these columns."""


def chains_of(db: sqlite3.Connection) -> tuple[Chain, ...]:
    """The end of every site's chain, in the order of the sites."""
    return tuple(Chain(*row) for row in db.execute(CHAINS))


def rows_of(db: sqlite3.Connection) -> Mapping[str, int]:
    """How many rows each table has."""
    names = [
        name
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    # The names are the database's own, and a quote within one is doubled.
    counts = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {name: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in counts.items()}  # noqa: S608


def schema_in(db: sqlite3.Connection) -> str:
    """The schema that the file says it has."""
    return str(db.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def written(manifest: Manifest) -> bytes:
    """The manifest as JSON."""
    return (json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n").encode()


def read(text: bytes) -> Manifest:
    """The manifest from JSON; raises ValueError, with what is wrong."""
    try:
        told: dict[str, Any] = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        chains = tuple(Chain(**chain) for chain in told.pop("chains"))
        manifest = Manifest(chains=chains, **told)
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError("its manifest cannot be read") from None
    if not isinstance(manifest.bytes, int) or not re.fullmatch("[0-9]{4}", str(manifest.schema)):
        raise ValueError("its manifest cannot be used")
    return manifest
