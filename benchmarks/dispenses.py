"""Dispenses a second in one process, on SQLite and on PostgreSQL.

Ours: `services.prescribing.dispense` through `database.transaction`, each dispense committed durably.
Floor: the driver alone replays the very statements, with the very parameters, that the same
dispenses sent on a twin of the database, in transactions of the same kind and with the same
settings; it fetches every row and hashes every event. The PostgreSQL server is that of `server.py`.
The same: the data, the statements, their parameters and order, the rows fetched, the durability.
Not the same: the floor decides nothing, builds no parameter and no statement, and turns no row
into an object; the SHA-256 of the request's content is not computed again.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from benchmarks import pharmacy
from benchmarks.measure import Line, in_turns, rate
from benchmarks.server import Server, server
from dispensary import database, lookup
from dispensary.services.prescribing.dispense import Order, dispense

EACH = 50
"""Dispenses in a round."""
ROUNDS = 7
ON_HAND = (pharmacy.ON_HAND, pharmacy.LOTS)
"""Lots of each product on hand, a line for each."""
TARGET = ">= 0.5"
FILL = timedelta(days=pharmacy.FILL_DAYS)

Script = list[list[tuple[str, Any, bool]]]
"""For each transaction its statements with their parameters, and whether these are of many rows."""


def dispenser(engine: Engine) -> Callable[[int], None]:
    """Dispenses one round: the next fill of one prescription after the other, each on the day that it is due."""
    with database.reading(engine) as db:
        by = lookup.person(db, pharmacy.USER)

    def work(number: int) -> None:
        for turn in range(number * EACH, (number + 1) * EACH):
            fills, number = divmod(turn, pharmacy.PRESCRIPTIONS)
            order, on = Order(f"dispense {turn}", f"RX{number + 1}"), pharmacy.NOW + fills * FILL
            database.transaction(engine, partial(dispense, order=order, practice=pharmacy.PRACTICE, on=on, by=by))

    return work


def recorded(engine: Engine, work: Callable[[], object]) -> Script:
    """The statements of the work, as the driver was given them."""
    script: Script = []
    event.listen(engine, "begin", lambda _: script.append([]))

    def note(*sent: Any) -> None:
        _, _, statement, parameters, _, many = sent
        if not statement.startswith("BEGIN"):
            script[-1].append((statement, parameters, many))

    event.listen(engine, "before_cursor_execute", note)
    work()
    engine.dispose()
    return script


def _all_rounds(engine: Engine) -> Script:
    work = dispenser(engine)
    return recorded(engine, lambda: [work(number) for number in range(ROUNDS + 1)])


def replayer(
    open_cursor: Callable[[], Any], begin: Callable[[], Any], commit: Callable[[], Any], script: Script
) -> Any:
    """Replays one round by the driver's own calls."""

    def work(number: int) -> None:
        for transaction in script[number * EACH : (number + 1) * EACH]:
            begin()
            for statement, parameters, many in transaction:
                if "audit_event" in statement:
                    _hash(parameters)
                cursor = open_cursor()
                (cursor.executemany if many else cursor.execute)(statement, parameters)
                if cursor.description:
                    cursor.fetchall()
            commit()

    return work


def _hash(parameters: Any) -> None:
    fields = list(parameters.values()) if isinstance(parameters, dict) else parameters
    *_, canonical, digest = fields
    assert hashlib.sha256(b"\x00" + canonical.encode()).hexdigest() == digest


def on_sqlite() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        return [_sqlite(Path(folder), lots) for lots in ON_HAND]


def _sqlite(folder: Path, on_hand: int) -> Line:
    files = [folder / f"{name}-{on_hand}.db" for name in ("recorded", "ours", "floor")]
    pharmacy.build(f"sqlite:///{files[0]}", on_hand)
    for copy in files[1:]:
        shutil.copy(files[0], copy)
    script = _all_rounds(pharmacy.engine_at(f"sqlite:///{files[0]}"))
    engine = pharmacy.engine_at(f"sqlite:///{files[1]}")
    floor = sqlite3.connect(files[2], isolation_level=None)
    with engine.connect() as ours:
        for pragma in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "trusted_schema"):
            floor.execute(f"PRAGMA {pragma} = {ours.exec_driver_sql(f'PRAGMA {pragma}').scalar()}")
    work = replayer(floor.cursor, lambda: floor.execute("BEGIN IMMEDIATE"), lambda: floor.execute("COMMIT"), script)
    seconds = in_turns(dispenser(engine), work, ROUNDS)
    floor.close()
    engine.dispose()
    return rate(f"SQLite dispense, {on_hand} lots a product", EACH, seconds, TARGET)


def on_postgresql() -> list[Line]:
    with server() as running:
        return [_postgresql(running, lots) for lots in ON_HAND]


def _postgresql(running: Server, on_hand: int) -> Line:
    import psycopg

    recorded_on = running.create("recorded")
    pharmacy.build(recorded_on, on_hand)
    ours, twin = (running.create(name, template="recorded") for name in ("ours", "floor"))
    script = _all_rounds(pharmacy.engine_at(recorded_on))
    engine = pharmacy.engine_at(ours)
    with psycopg.connect(twin) as floor:
        release = floor.info.server_version // 10_000
        # psycopg begins with the first statement.
        work = replayer(floor.cursor, lambda: None, floor.commit, script)
        seconds = in_turns(dispenser(engine), work, ROUNDS)
    engine.dispose()
    return rate(f"PostgreSQL {release} dispense, {on_hand} lots a product", EACH, seconds, TARGET)
