"""Taking a backup and bringing it back, in a word, and what is there afterwards."""

import os
import random
from pathlib import Path

from sqlalchemy import select

from dispensary import database
from dispensary.backups.manifest import Manifest
from dispensary.backups.proving import Proof, prove
from dispensary.backups.restoring import restore
from dispensary.backups.taking import back_up
from dispensary.schema.whole import metadata
from tests.build import NOW, Shop

PASSPHRASE = "five words that nobody knows"
SALT = bytes(range(32))
SETTINGS = b'name = "Corner Pharmacy"\n'
SEED = int(os.environ.get("DISPENSARY_TEST_SEED", random.SystemRandom().randrange(10**6)))
OLD = sorted((Path(__file__).parent.parent / "golden" / "schemas").glob("*.sql"))


def no_pause() -> None:
    """Nobody else is there."""


def ask() -> str:
    return PASSPHRASE


def taken(shop: Shop, file: Path, *, sealed: bool = False, force: bool = False) -> Manifest:
    lock = (PASSPHRASE, SALT) if sealed else None
    return back_up(shop.engine, file, settings=SETTINGS, on=NOW, lock=lock, force=force)


def restored(file: Path, url: str) -> Proof:
    to = database.parse_url(url)
    return prove(restore(file, to, ask, no_pause).manifest, to, no_pause)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in the order of their keys."""

    def read(db):
        tables = metadata.sorted_tables
        return {table.name: sorted((tuple(row) for row in db.execute(select(table))), key=repr) for table in tables}

    return shop.read(read)
