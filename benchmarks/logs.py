"""A year of a data logger at five minutes, read, imported, judged against the stock, and kept.

Ours: `rules.logger` and `services.storage.log_readings`, from the bytes of the file to the excursions.
Floor: the same bytes read by the csv module and `datetime.fromisoformat`, and inserted by sqlite3's executemany.
The same: the bytes, the table, durability.
Not the same: the floor recognises no layout, finds no gap, judges nothing and writes no audit event.
"""

import csv
import io
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Line, in_turns, time
from benchmarks.pharmacy import NOW, build, engine_at
from dispensary import database, lookup
from dispensary.rules.logger import read_log
from dispensary.services.storage.log_readings import Log, log_readings

YEAR = 105_120
ROUNDS = 3


def logs() -> list[Line]:
    data = _file()
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        build(f"sqlite:///{template}")
        files = [Path(folder) / f"{number}.db" for number in range(2 * (ROUNDS + 1))]
        for file in files:
            shutil.copy(template, file)
        seconds = in_turns(lambda i: _ours(files[2 * i], data), lambda i: _bare(files[2 * i + 1], data), ROUNDS)
    return [time("a logger's year at 5 minutes, imported", seconds, "")]


def _file() -> bytes:
    """Readings between 20 and 24 °C, the last of them an hour ago."""
    start = NOW.astimezone(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5 * YEAR + 60)
    lines = ["Date/Time,Temperature (°C)"]
    for number in range(YEAR):
        at = start + timedelta(minutes=5 * number)
        lines.append(f"{at:%Y-%m-%d %H:%M:%S},{20 + number % 288 / 72:.2f}")
    return "\n".join(lines).encode()


def _ours(file: Path, data: bytes) -> None:
    engine = engine_at(f"sqlite:///{file}")
    by = database.transaction(engine, lambda db: lookup.person(db, "alex"))
    order = Log("log", "shelf", "log.csv", "UTC", read_log(data, "log.csv", zone=UTC, order=None))
    done = database.transaction(engine, lambda db: log_readings(db, order, on=NOW, by=by))
    assert done.readings == YEAR
    engine.dispose()


def _bare(file: Path, data: bytes) -> None:
    rows = csv.reader(io.StringIO(data.decode()))
    next(rows)
    readings = [
        (1, int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()), round(float(celsius) * 100), 1)
        for at, celsius in rows
    ]
    db = sqlite3.connect(file)
    db.execute("PRAGMA synchronous = EXTRA")
    with db:
        db.executemany('INSERT INTO reading (place_id, "second", centidegrees, log_id) VALUES (?, ?, ?, ?)', readings)
    assert len(readings) == YEAR
    db.close()
