"""The least that each figure could be: the driver, SQL, csv and hashlib, and nothing of the program.

`python -m benchmarks.scale.floors NAME FILE OUT` does one on a SQLite file and writes what it writes to OUT. Each
reads the rows that ours reads, and computes what nobody could do without; none decides, explains or lays out anything.
"""

import csv
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

AT_ONCE = 2000
_EVENTS = (
    "SELECT sequence, at, actor, kind, subject, patient, request_key, canonical, hash FROM audit_event "
    "WHERE site_id = 1 ORDER BY sequence"
)
_SUMS = (
    "SELECT lot_id, place_id, sum(units) FROM (SELECT lot_id, to_place_id AS place_id, units FROM movement "
    "UNION ALL SELECT lot_id, from_place_id, -units FROM movement) GROUP BY lot_id, place_id"
)
_STOCK = (
    "SELECT p.code, l.number, b.expires, b.units FROM balance b JOIN lot l ON l.id = b.lot_id "
    "JOIN product p ON p.id = b.product_id WHERE b.units > 0"
)
_LAST_DAY = (
    "SELECT d.number, d.units, l.number, m.units FROM dispense d JOIN movement m ON m.request_id = d.request_id "
    "JOIN lot l ON l.id = m.lot_id WHERE d.at >= (SELECT date(max(at)) FROM dispense)"
)
_TABLES = {
    "movements": (
        "SELECT m.at, m.id, m.request_id, p.code, l.number, l.expires, f.code, f.kind, t.code, t.kind, m.units, "
        "m.reverses_id, u.name FROM movement m JOIN lot l ON l.id = m.lot_id JOIN product p ON p.id = l.product_id "
        "JOIN place f ON f.id = m.from_place_id JOIN place t ON t.id = m.to_place_id "
        "JOIN user_account u ON u.id = m.by_id ORDER BY m.id"
    ),
    "dispenses": (
        "SELECT d.at, d.number, d.request_id, r.number, q.number, p.code, d.fill, d.units, d.prescribed_units, "
        "d.doses, d.days_supply, d.first_injection, d.last_injection, d.next_injection, u.name FROM dispense d "
        "JOIN prescription r ON r.id = d.prescription_id JOIN patient q ON q.id = r.patient_id "
        "JOIN product p ON p.id = d.product_id JOIN user_account u ON u.id = d.by_id ORDER BY d.id"
    ),
    "receipts": (
        "SELECT q.at, r.number, q.id, p.code, l.number, l.expires, c.code, k.gtin, n.serial, n.units, "
        "n.unit_cost_micros, u.name FROM receipt_line n JOIN receipt r ON r.id = n.receipt_id "
        "JOIN request q ON q.id = r.request_id JOIN lot l ON l.id = n.lot_id JOIN product p ON p.id = l.product_id "
        "JOIN place c ON c.id = n.place_id JOIN user_account u ON u.id = q.by_id LEFT JOIN pack k ON k.id = n.pack_id "
        "ORDER BY n.id"
    ),
}


def _batches(db: sqlite3.Connection, statement: str) -> Iterator[list[tuple[object, ...]]]:
    cursor = db.execute(statement)
    while rows := cursor.fetchmany(AT_ONCE):
        yield rows


def _write(db: sqlite3.Connection, statement: str, file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        for rows in _batches(db, statement):
            csv.writer(out).writerows(rows)


def _hash(db: sqlite3.Connection) -> None:
    for rows in _batches(db, "SELECT canonical, hash FROM audit_event WHERE site_id = 1 ORDER BY sequence"):
        for canonical, digest in rows:
            assert hashlib.sha256(b"\0" + str(canonical).encode()).hexdigest() == digest


def nightly(db: sqlite3.Connection, out: Path) -> None:
    """The stock and the last day's fills as CSV."""
    _write(db, _STOCK, out / "stock.csv")
    _write(db, _LAST_DAY, out / "day.csv")


def verify(db: sqlite3.Connection, out: Path) -> None:  # noqa: ARG001
    """SQLite's own checks of the file and its references, the sums of all movements, the hash of every event."""
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not db.execute("PRAGMA foreign_key_check").fetchall()
    assert all(len(rows) for rows in _batches(db, _SUMS))
    _hash(db)


def audit_verify(db: sqlite3.Connection, out: Path) -> None:  # noqa: ARG001
    """The hash of every event."""
    _hash(db)


def audit_export(db: sqlite3.Connection, out: Path) -> None:
    """Every event as JSON Lines and as CSV."""
    with (out / "a.jsonl").open("w") as lines, (out / "a.csv").open("w", newline="") as cells:
        for rows in _batches(db, _EVENTS):
            lines.writelines(json.dumps(row) + "\n" for row in rows)
            csv.writer(cells).writerows(rows)


def export(db: sqlite3.Connection, out: Path) -> None:
    """The three large tables as CSV, a file each, and their hashes."""
    for name, statement in _TABLES.items():
        _write(db, statement, out / f"{name}.csv")
        with (out / f"{name}.csv").open("rb") as file:
            hashlib.file_digest(file, "sha256")


FLOORS: dict[str, Callable[[sqlite3.Connection, Path], None]] = {
    "nightly": nightly,
    "verify": verify,
    "audit_verify": audit_verify,
    "audit_export": audit_export,
    "export": export,
}

if __name__ == "__main__":
    name, file, folder = sys.argv[1:]
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    FLOORS[name](connection, Path(folder))
