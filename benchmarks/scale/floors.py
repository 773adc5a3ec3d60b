"""The least that each figure could be: the driver, SQL, csv, hashlib and a PDF's canvas, and nothing of the program.

`python -m benchmarks.scale.floors NAME URL OUT` does one on a SQLite file or a PostgreSQL database and writes what it
writes to OUT. Each reads the rows that ours reads, and computes what nobody could do without; none decides, explains or
lays out anything.
"""

import csv
import hashlib
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

AT_ONCE = 2000
_EVENTS = (
    "SELECT sequence, at, actor, kind, subject, patient, request_key, canonical, hash FROM audit_event "
    "WHERE site_id = 1 ORDER BY sequence"
)
_SUMS = (
    "SELECT lot_id, place_id, sum(units) FROM (SELECT lot_id, to_place_id AS place_id, units FROM movement "
    "UNION ALL SELECT lot_id, from_place_id, -units FROM movement) GROUP BY lot_id, place_id"
)
_HISTORY = timedelta(days=183)
_NIGHT = {
    "stock": (
        "SELECT p.code, l.number, c.code, b.expires, l.state, b.units, l.unit_cost_micros FROM balance b "
        "JOIN lot l ON l.id = b.lot_id JOIN product p ON p.id = b.product_id JOIN place c ON c.id = b.place_id "
        "WHERE b.units > 0 ORDER BY b.expires"
    ),
    "value": (
        "SELECT p.form, p.fill_ul, sum(b.units), sum(b.units * l.unit_cost_micros) FROM balance b "
        "JOIN lot l ON l.id = b.lot_id JOIN product p ON p.id = b.product_id WHERE b.units > 0 GROUP BY 1, 2"
    ),
    "bands": ("SELECT b.expires, count(*), sum(b.units) FROM balance b WHERE b.units > 0 GROUP BY 1"),
    "used": (
        "SELECT p.code, date(d.at), sum(d.units) FROM dispense d JOIN product p ON p.id = d.product_id "
        "WHERE d.at >= '{since}' GROUP BY 1, 2"
    ),
    "days in stock": (
        "SELECT l.product_id, date(m.at), sum(m.units) FROM movement m JOIN lot l ON l.id = m.lot_id "
        "WHERE m.request_id >= (SELECT min(request_id) FROM dispense WHERE at >= '{since}') GROUP BY 1, 2"
    ),
    "wanted": (
        "SELECT date(d.next_injection), d.product_id, sum(d.units), count(*) FROM dispense d JOIN prescription r "
        "ON r.id = d.prescription_id WHERE d.fill = (SELECT max(fill) FROM dispense WHERE prescription_id = r.id) "
        "AND r.valid_until >= '{since}' GROUP BY 1, 2"
    ),
    "day": (
        "SELECT d.number, r.number, q.number, p.code, l.number, m.units, u.name FROM dispense d "
        "JOIN prescription r ON r.id = d.prescription_id JOIN patient q ON q.id = r.patient_id "
        "JOIN product p ON p.id = d.product_id JOIN movement m ON m.request_id = d.request_id "
        "JOIN lot l ON l.id = m.lot_id JOIN user_account u ON u.id = d.by_id "
        "WHERE d.at >= (SELECT date(max(at)) FROM dispense)"
    ),
}
_PAGES = 6
_LINES = 60
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


class Rows:
    """A database as its driver alone reads it, many rows at a time."""

    def __init__(self, url: str) -> None:
        self.sqlite = url.startswith("sqlite:///")
        if self.sqlite:
            file = url.removeprefix("sqlite:///")
            self._db: Any = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        else:
            import psycopg

            self._db = psycopg.connect(url)

    def close(self) -> None:
        self._db.close()

    def of(self, statement: str) -> list[tuple[Any, ...]]:
        return [row for rows in self.batches(statement) for row in rows]

    def batches(self, statement: str) -> Iterator[list[tuple[Any, ...]]]:
        # With a name the cursor is the server's, and not all rows come at once.
        with closing(self._db.cursor() if self.sqlite else self._db.cursor("rows")) as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(AT_ONCE):
                yield rows


def _write(db: Rows, statement: str, file: Path) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        for rows in db.batches(statement):
            csv.writer(out).writerows(rows)


def _hash(db: Rows) -> None:
    for rows in db.batches("SELECT canonical, hash FROM audit_event WHERE site_id = 1 ORDER BY sequence"):
        for canonical, digest in rows:
            assert hashlib.sha256(b"\0" + str(canonical).encode()).hexdigest() == digest


def nightly(db: Rows, out: Path) -> None:
    """The floor of verify, and the figures by a SELECT each, as CSV, JSON and a plain PDF of as many pages."""
    from reportlab.pdfgen.canvas import Canvas

    verify(db, out)
    last = date.fromisoformat(str(db.of("SELECT date(max(at)) FROM dispense")[0][0]))
    found = {name: db.of(statement.format(since=last - _HISTORY)) for name, statement in _NIGHT.items()}
    bands = Counter[int]()
    for expires, _, units in found["bands"]:
        bands[(date.fromisoformat(str(expires)) - last).days // 30] += units
    (out / "night.json").write_text(json.dumps(found | {"bands": bands}, default=str))
    with (out / "night.csv").open("w", newline="", encoding="utf-8") as cells:
        for rows in found.values():
            csv.writer(cells).writerows(rows)
    lines = (str(row) for rows in found.values() for row in rows)
    paper = Canvas(str(out / "night.pdf"))
    for _ in range(_PAGES):
        for place, line in enumerate(islice(lines, _LINES)):
            paper.drawString(40, 800 - 12 * place, line)
        paper.showPage()
    paper.save()


def verify(db: Rows, out: Path) -> None:  # noqa: ARG001
    """The sums of all movements, the hash of every event; SQLite's own checks of the file and its references.

    PostgreSQL looks at references as they are written and has no check of its files.
    """
    if db.sqlite:
        assert db.of("PRAGMA integrity_check") == [("ok",)]
        assert not db.of("PRAGMA foreign_key_check")
    assert all(len(rows) for rows in db.batches(_SUMS))
    _hash(db)


def audit_verify(db: Rows, out: Path) -> None:  # noqa: ARG001
    """The hash of every event."""
    _hash(db)


def audit_export(db: Rows, out: Path) -> None:
    """Every event as JSON Lines and as CSV."""
    with (out / "a.jsonl").open("w") as lines, (out / "a.csv").open("w", newline="") as cells:
        for rows in db.batches(_EVENTS):
            lines.writelines(json.dumps(row, default=str) + "\n" for row in rows)
            csv.writer(cells).writerows(rows)


def export(db: Rows, out: Path) -> None:
    """The three large tables as CSV, a file each, and their hashes."""
    for name, statement in _TABLES.items():
        _write(db, statement, out / f"{name}.csv")
        with (out / f"{name}.csv").open("rb") as file:
            hashlib.file_digest(file, "sha256")


FLOORS: dict[str, Callable[[Rows, Path], None]] = {
    "nightly": nightly,
    "verify": verify,
    "audit_verify": audit_verify,
    "audit_export": audit_export,
    "export": export,
}

if __name__ == "__main__":
    name, url, folder = sys.argv[1:]
    with closing(Rows(url)) as opened:
        FLOORS[name](opened, Path(folder))
