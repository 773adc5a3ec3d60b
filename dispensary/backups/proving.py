"""Whether what was restored is what was backed up, and whether its books agree; the drill."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, table, text
from sqlalchemy.engine import URL

from dispensary import database, ownership
from dispensary.auditor import Checkpoint
from dispensary.backups.manifest import CHAINS, Chain, Manifest
from dispensary.backups.restoring import AskPassphrase, restore
from dispensary.exports.files import shown
from dispensary.reports.chain import check_database
from dispensary.reports.verify import verify


@dataclass(frozen=True, slots=True)
class Proof:
    """What the restored database holds beside what the backup says, and what does not agree.

    `verified` is whether `verify` could run in full: it needs this program's schema.
    """

    database: str
    taken: str
    schema: str
    chains: tuple[Chain, ...]
    rows: Mapping[str, int]
    verified: bool
    problems: tuple[str, ...]
    ok: bool


def prove(told: Manifest, url: URL, pause: database.Pause, checkpoints: Sequence[Checkpoint] = ()) -> Proof:
    """Compare the database with the manifest and verify its books; of an earlier schema, its chains alone.

    The chains must go through the checkpoints, so that these must be older than the backup.
    """
    engine = database.open_engine(url, pause)
    try:
        with database.reading(engine) as db:
            problems = [*_differences(db, told), *_wrong(db, told.schema), *_missed(db, checkpoints)]
    finally:
        engine.dispose()
    return Proof(
        database=database.shown(url),
        taken=told.taken,
        schema=told.schema,
        chains=told.chains,
        rows=told.rows,
        verified=told.schema == database.SCHEMA,
        problems=tuple(problems),
        ok=not problems,
    )


def drill(file: Path, ask: AskPassphrase, pause: database.Pause, checkpoints: Sequence[Checkpoint] = ()) -> Proof:
    """Restore the backup into a temporary folder, upgrade it where it is older, verify it in full, remove it."""
    with tempfile.TemporaryDirectory(prefix="dispensary-drill-") as folder:
        url = database.parse_url(str(Path(folder) / "pharmacy.db"))
        told = restore(file, url, ask, pause).manifest
        proof = prove(told, url, pause, checkpoints)
        if proof.ok and not proof.verified:
            engine = database.open_engine(url, pause)
            try:
                ownership.upgrade(engine)
                with database.reading(engine) as db:
                    problems = tuple(_wrong(db, database.SCHEMA))
            finally:
                engine.dispose()
            proof = replace(proof, verified=True, problems=problems, ok=not problems)
        return replace(proof, database=f"drill of {shown(file)}")


def _differences(db: Connection, told: Manifest) -> list[str]:
    """Where the database is not the one that the backup was made of."""
    found = []
    schema = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if schema != told.schema:
        found.append(f"the schema is {schema} and the backup says {told.schema}")
    if tuple(Chain(*end) for end in db.execute(text(CHAINS))) != told.chains:
        found.append("the heads of the audit chains are not those of the backup")
    names = inspect(db).get_table_names()
    rows = {name: db.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}
    differing = sorted(name for name in rows.keys() | told.rows.keys() if rows.get(name) != told.rows.get(name))
    if differing:
        found.append(f"other numbers of rows in {', '.join(differing)}")
    return found


def _wrong(db: Connection, schema: str) -> list[str]:
    """What `verify` finds, or the auditor where the schema is an earlier one."""
    if schema == database.SCHEMA:
        return [f"{check.name}: {check.detail}" for check in verify(db).checks if not check.ok]
    sites = db.execute(text("SELECT id FROM site ORDER BY id")).scalars().all()
    verdicts = [check_database(db, site) for site in sites]
    return [f"audit chain: {verdict.problem}" for verdict in verdicts if not verdict.ok]


def _missed(db: Connection, checkpoints: Sequence[Checkpoint]) -> list[str]:
    """The checkpoints that no chain goes through."""
    sites = {origin: site for site, origin in db.execute(text("SELECT id, origin FROM site"))}
    found = []
    for kept in checkpoints:
        if kept.origin not in sites:
            found.append("checkpoint: it belongs to a chain that is not in the backup")
            continue
        verdict = check_database(db, sites[kept.origin], [kept])
        if not verdict.ok:
            found.append(f"checkpoint: {verdict.problem}")
    return found
