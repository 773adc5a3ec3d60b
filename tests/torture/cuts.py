"""Power cuts on SQLite: a counter works on a disk that remembers, and each cut leaves another disk to open again."""

import random
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dispensary import database
from tests.build import NOW, Shop
from tests.faults.counter import Desk
from tests.torture.acts import Counted, Till, opened_for, prescriptions
from tests.torture.driver import engine_on
from tests.torture.recording import Disk, left_by_a_cut
from tests.torture.sink import a_sink
from tests.torture.tally import Tally, judge

ACTS = 60
"""Acts on a disk before it is cut, at many moments."""

CUTS = 25
"""Moments at which one disk is cut."""

WEAKER = (
    ("journal", "synchronous = FULL"),
    ("journal", "synchronous = OFF"),
    ("wal", "synchronous = NORMAL"),
    ("wal", "synchronous = OFF"),
)
"""Modes with a pragma that each loses something by: FULL does not wait for the end of a journal, NORMAL for no log."""


@dataclass(frozen=True)
class Session:
    """What a counter did on a disk: each receipt with the steps of the disk that were done when it came."""

    disk: Disk
    counted: Counted
    receipts: list[tuple[int, Any]]


def cuts(template: Path, times: int, seed: int, mode: str, *weaker: str) -> Tally:
    """What came of so many cuts; with `weaker` pragmas, of those that the program does not set."""
    chance = random.Random(f"{seed} {mode}")
    tally = Tally(", ".join(("power cut", *weaker)), f"sqlite, {mode}")
    while tally.faults < times:
        with a_sink() as sink, tempfile.TemporaryDirectory(prefix="torture-") as folder:
            file = Path(folder) / "pharmacy.db"
            session = _session(template, file, sink.port, chance, mode, *weaker)
            for _ in range(min(CUTS, times - tally.faults)):
                _cut(tally, session, chance, mode)
                tally.faults += 1
    return tally


def _session(template: Path, file: Path, port: int, chance: random.Random, mode: str, *weaker: str) -> Session:
    """Two counters at one database, each of which now and then is started anew, and somebody who reads on and on."""
    shutil.copy(template, file)
    with engine_on(None, file, mode) as engine:
        shop = Shop(engine, NOW)
        opened_for(shop)
        counted = Counted(Desk(str(file), NOW, shop.by()), "c", prescriptions(shop, "c", 2 * ACTS), port)
    disk = Disk()
    receipts = []
    # Sometimes few pages between two checkpoints, so that there are many.
    pages = f"wal_autocheckpoint = {chance.choice((10, 100, 1000))}"
    with ExitStack() as stack:
        engines = [stack.enter_context(engine_on(disk, file, mode, pages, *weaker)) for _ in range(2)]
        reader = stack.enter_context(ExitStack())
        for number in range(ACTS):
            engine = chance.choice(engines)
            if mode == "wal" and chance.random() < 0.1:
                reader.close()
                db = reader.enter_context(database.reading(chance.choice(engines)))
                db.exec_driver_sql("SELECT count(*) FROM request")
            receipt = Till(counted, engine).act(number)
            assert not isinstance(receipt, str), receipt
            receipts.append((len(disk.log.steps), receipt))
            if chance.random() < 0.2:
                reader.close()
                engine.dispose()
    return Session(disk, counted, receipts)


def _cut(tally: Tally, session: Session, chance: random.Random, mode: str) -> None:
    steps = len(session.disk.log.steps)
    at = chance.randint(0, steps)
    if chance.random() < 0.5:
        # Just after somebody was told that it is done.
        at = min(steps, chance.choice(session.receipts)[0] + chance.randint(0, 3))
    acknowledged = {number: receipt for number, (done, receipt) in enumerate(session.receipts) if done <= at}
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        file = Path(folder) / "pharmacy.db"
        left_by_a_cut(session.disk.log, at, chance, file.parent)
        judge_file(tally, file, session.counted, acknowledged, mode)


def judge_file(tally: Tally, file: Path, counted: Counted, acknowledged: dict[int, Any], mode: str) -> None:
    """The file opens with the program's engine, is whole, and holds what was acknowledged."""
    with engine_on(None, file, mode) as engine:
        shop = Shop(engine, NOW)
        counted = replace(counted, desk=replace(counted.desk, url=str(file)))
        told, lost = tally.acknowledged, tally.lost
        try:
            judge(tally, shop, [(Till(counted, engine), acknowledged)])
        except Exception as problem:  # noqa: BLE001
            # A database that lies fails anywhere; nothing of it can be relied on.
            tally.acknowledged, tally.lost = told + len(acknowledged), lost + len(acknowledged)
            tally.verify += 1
            tally.note(repr(problem).splitlines()[0])
    with closing(sqlite3.connect(file)) as db:
        try:
            whole = db.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.Error as problem:
            whole = str(problem)
    if whole != "ok":
        tally.verify += 1
        tally.note(whole)
