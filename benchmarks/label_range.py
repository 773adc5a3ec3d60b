"""A thousand fills labelled by `dispensary label range D1 D1000 --out FILE`, on SQLite, to the millisecond a label.

Ours: the command in this process, from its words to the file on the disk: the fills are read, every print is entered
in the books with its event, and the labels are drawn, kept in parts and joined.
Floor: sqlite3 alone writes the very rows that the command wrote on a twin, as many in a transaction, and hashes every
event; then a bare canvas draws the labels (the floor of `labels.py`) into a file that is synchronised with the disk.
The same: the database, its pragmas, the rows, the transactions, the strings and their places, the DataMatrix.
Not the same: the floor reads nothing, makes no row, composes no text, draws no pictograms, and keeps no parts from
which it could go on.
"""

import contextlib
import hashlib
import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument
from sqlalchemy import Connection

from benchmarks import labels, pharmacy
from benchmarks.measure import Line, in_turns, time
from dispensary import database, lookup
from dispensary.cli.app import app
from dispensary.cli.context import read_settings
from dispensary.cli.label_range import PART
from dispensary.labelling.designs import load
from dispensary.reports.labels.dispense import labelled
from dispensary.reports.verify import verify
from dispensary.services.prescribing.dispense import Order, dispense

MANY = 1000
ROUNDS = 3

WRITTEN = {
    "request": "kind = 'label print'",
    "answer": "request_id IN (SELECT id FROM request WHERE kind = 'label print')",
    "print_job": "true",
    "audit_event": "kind = 'label print'",
}
"""The tables that a print is entered in, and which of their rows are a print's."""

Rows = dict[str, list[tuple[Any, ...]]]


def label_range() -> list[Line]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        template = folder / "template.db"
        pharmacy.build(f"sqlite:///{template}", prescriptions=MANY)
        pharmacy.settings_beside(template)
        _fill(template)
        twin = _copy(template, "twin")
        _ours(twin, folder / "twin.pdf")
        _require_labelled(twin, folder / "twin.pdf")
        rows, drawings = _rows(twin), _drawings(template)
        ours, floor = ([_copy(template, f"{side}-{n}") for n in range(ROUNDS + 1)] for side in ("ours", "floor"))
        seconds = in_turns(
            lambda i: _ours(ours[i], folder / f"ours-{i}.pdf"),
            lambda i: _bare(floor[i], rows, drawings, folder / f"floor-{i}.pdf"),
            ROUNDS,
        )
        _require_labelled(ours[-1], folder / f"ours-{ROUNDS}.pdf")
        assert _rows(floor[-1]) == rows
    return [time(f"label range, each of {MANY:,}", (seconds[0] / MANY, seconds[1] / MANY), "")]


def _fill(file: Path) -> None:
    """A fill of every prescription, each of its own patient."""
    engine = pharmacy.engine_at(f"sqlite:///{file}")

    def fills(db: Connection) -> None:
        by = lookup.person(db, pharmacy.USER)
        for number in range(1, MANY + 1):
            dispense(db, Order(f"fill {number}", f"RX{number}"), practice=pharmacy.PRACTICE, on=pharmacy.NOW, by=by)

    database.transaction(engine, fills)
    engine.dispose()


def _copy(template: Path, name: str) -> Path:
    """The database with its settings."""
    file = template.with_name(f"{name}.db")
    shutil.copy(template, file)
    pharmacy.settings_beside(file)
    return file


def _ours(file: Path, out: Path) -> None:
    words = ["--database", str(file), "--as", pharmacy.USER, "label", "range", "D1", f"D{MANY}", "--out", str(out)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        status = app(words, prog_name="dispensary", standalone_mode=False)
    assert not status, said.getvalue()


def _bare(file: Path, rows: Rows, drawings: Sequence[labels.Drawing], out: Path) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    _same_pragmas(file, db)
    into = {table: f"INSERT INTO {table} VALUES ({', '.join('?' * len(of[0]))})" for table, of in rows.items()}
    for first in range(0, MANY, PART):
        db.execute("BEGIN IMMEDIATE")
        for table, statement in into.items():
            db.executemany(statement, rows[table][first : first + PART])
        for *_, canonical, digest in rows["audit_event"][first : first + PART]:
            assert hashlib.sha256(b"\x00" + canonical.encode()).hexdigest() == digest
        db.execute("UPDATE head SET sequence = sequence + ?, prints = prints + ?, hash = ?", (PART, PART, digest))
        db.execute("COMMIT")
    db.close()
    with out.open("wb") as pdf:
        pdf.write(labels.bare(drawings, load(labels.DESIGN)))
        pdf.flush()
        os.fsync(pdf.fileno())


def _same_pragmas(file: Path, db: sqlite3.Connection) -> None:
    engine = pharmacy.engine_at(f"sqlite:///{file}")
    with engine.connect() as ours:
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "trusted_schema"):
            db.execute(f"PRAGMA {pragma} = {ours.exec_driver_sql(f'PRAGMA {pragma}').scalar()}")
    engine.dispose()


def _rows(file: Path) -> Rows:
    """What the books hold of the prints."""
    db = sqlite3.connect(file)
    rows = {
        table: db.execute(f"SELECT * FROM {table} WHERE {a_print} ORDER BY rowid").fetchall()
        for table, a_print in WRITTEN.items()
    }
    db.close()
    return rows


def _drawings(file: Path) -> list[labels.Drawing]:
    """The labels of all fills as strings with their places."""
    design, settings = load(labels.DESIGN), read_settings(file.with_suffix(".toml"))
    engine = pharmacy.engine_at(f"sqlite:///{file}")
    with database.reading(engine) as db:
        by = lookup.person(db, pharmacy.USER)
        found = labelled(db, range(1, MANY + 1), pharmacy=settings.pharmacy, on=pharmacy.NOW, by=by)
        drawings = [labels.drawing(label, design) for fill in found for label in fill.labels]
    engine.dispose()
    return drawings


def _require_labelled(file: Path, out: Path) -> None:
    """Every label is drawn and entered, in the design that the floor draws, and the books agree."""
    prints = sqlite3.connect(file)
    designs = prints.execute("SELECT design, count(*) FROM print_job GROUP BY design").fetchall()
    prints.close()
    assert designs == [(labels.DESIGN, MANY)], designs
    with PdfDocument(out) as pdf:
        assert len(pdf) == MANY
    engine = pharmacy.engine_at(f"sqlite:///{file}")
    with database.reading(engine) as db:
        verified = verify(db)
    engine.dispose()
    assert verified.ok, [check for check in verified.checks if not check.ok]
