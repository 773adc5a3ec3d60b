"""SIGKILL at random moments, to a counter and to a backup that runs meanwhile; the counter asks again by its key."""

import random
import tempfile
import time
from itertools import count
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from dispensary import database
from dispensary.backups.restoring import restore
from dispensary.backups.taking import back_up
from dispensary.errors import Refused
from dispensary.reports.verify import verify
from tests.build import Shop
from tests.faults.counter import Counter, Desk, pause
from tests.torture.acts import Counted, Till, acting, opened_for, prescriptions
from tests.torture.sink import a_sink
from tests.torture.tally import Tally, judge, judge_answer, judge_printed, saved

MOST_SECONDS = 0.4
"""The longest life of a counter after its start, or after its first receipt."""

SECONDS_TO_START = 60

MOST_UNITS = 500
"""More than any counter dispenses in its life."""

BACKUPS = 4
"""In one life of so many, a backup runs too."""


def kills(shop: Shop, url: str, times: int, seed: int, folder: Path) -> Tally:
    """What came of so many kills; the folder is for the backups."""
    moments = random.Random(seed)
    tally = Tally("SIGKILL", shop.engine.dialect.name)
    opened_for(shop)
    desk = Desk(url, shop.on, shop.by())
    written: tuple[str, ...] = ()
    acknowledged: dict[int, Any] = {}
    file = folder / "backup.dispensary"
    with a_sink() as sink:
        for _ in range(times):
            first = len(acknowledged)
            counted = Counted(desk, "k", written, sink.port)
            if counted.dispenses_before(first) + MOST_UNITS > 100 * len(written):
                written += prescriptions(shop, str(len(written)), MOST_UNITS)
                counted = Counted(desk, "k", written, sink.port)
            running = [Counter(acting, counted, first)]
            if moments.randrange(BACKUPS) == 0:
                running.append(Counter(backing_up, desk, file))
            if moments.random() < 0.5:
                # Killed at work; the others while they start, too.
                running[0].pipe.poll(SECONDS_TO_START)
            time.sleep(moments.uniform(0, MOST_SECONDS))
            for counter in running:
                counter.kill()
                tally.faults += 1
            acknowledged.update(running[0].said_before_its_end())
            for counter in running:
                counter.close()
            for number in range(first, len(acknowledged)):
                judge_answer(tally, Till(counted, shop.engine), number, acknowledged[number])
            # The counter is started again, and asks once more for what it got no answer to.
            till, unanswered = Till(counted, shop.engine), len(acknowledged)
            tally.again += 1
            tally.saved += counted.key(unanswered) in saved(shop)
            acknowledged[unanswered] = till.act(unanswered)
            judge_answer(tally, till, unanswered, acknowledged[unanswered])
        assert list(acknowledged) == list(range(len(acknowledged)))
        work = [(Till(counted, shop.engine), acknowledged)]
        judge(tally, shop, work)
        judge_printed(tally, shop, sink.delivered(), work)
    _judge_backup(tally, file)
    return tally


def backing_up(pipe: Pipe, desk: Desk, file: Path) -> None:
    """Backs up again and again over the same file, until somebody kills it."""
    # What a kill leaves of the copy goes with the folder.
    tempfile.tempdir = str(file.parent)
    engine = desk.engine()
    for number in count(1):
        back_up(engine, file, settings=None, on=desk.on, force=True)
        pipe.send(number)


def _judge_backup(tally: Tally, file: Path) -> None:
    """The backup that is there is whole, however many were killed while they wrote over it."""
    if not file.exists():
        return
    to = file.with_name("restored.db")
    try:
        restore(file, database.parse_url(str(to)), lambda: "", pause)
        engine = database.open_engine(database.parse_url(str(to)), pause)
        with database.reading(engine) as db:
            tally.verify += sum(not check.ok for check in verify(db).checks)
        engine.dispose()
    except Refused as refusal:
        tally.lost += 1
        tally.note(f"the backup: {refusal}")
