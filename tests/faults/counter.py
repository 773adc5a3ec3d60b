"""A counter as a process of its own: it opens the database, dispenses or receives, and can be killed.

Processes come from a fork server that has imported everything once, so that one starts in
milliseconds; each opens its own connections.
"""

import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from dispensary import database, lookup
from dispensary.backups.taking import back_up
from dispensary.errors import Refused
from dispensary.rules.people import Country, Person
from dispensary.rules.practice import practice_of
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.services.counting.count import EnterCount, StartCount, enter_count, start_count
from dispensary.services.counting.count_close import CloseCount, close_count
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.prescribing.take_back import take_back
from dispensary.services.stock.destroy import Destroy, destroy
from dispensary.services.stock.move import Move, move
from dispensary.services.stock.receive import receive
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial

_SERVICES = {
    "dispense": partial(dispense, practice=practice_of(Country.US)),
    "receive": receive,
    "return": partial(take_back, practice=practice_of(Country.US)),
    "open": open_vial,
    "draw": partial(draw, practice=practice_of(Country.US)),
    "discard": discard,
    "move": move,
    "destroy": destroy,
    "count start": start_count,
    "count enter": enter_count,
    "count close": partial(close_count, practice=practice_of(Country.US)),
}

UNITS_OF_A_PRESCRIPTION = 100
"""The units of its only fill, which are collected one by one: what is owed may be collected at any time."""


def pause() -> None:
    """As the command line waits: up to 20 ms, so that counters take turns."""
    time.sleep(random.random() / 50)


@dataclass(frozen=True)
class Desk:
    """What a process needs to act: it can be sent to another process."""

    url: str
    on: datetime
    by: Person

    def engine(self) -> Any:
        return database.open_engine(database.parse_url(self.url), pause)


def answer(engine: Any, desk: Desk, service: str, order: Any) -> Any:
    """The receipt, or the refusal as its code and sentence."""
    try:
        return database.transaction(engine, lambda db: _SERVICES[service](db, order, on=desk.on, by=desk.by))
    except Refused as refusal:
        return f"{refusal.code}: {refusal}"


def serving(pipe: Pipe, desk: Desk) -> None:
    """Answers each (service, order) that comes, until the pipe is closed."""
    engine = desk.engine()
    with database.reading(engine) as db:
        lookup.person(db, desk.by.name)
    pipe.send("ready")
    with suppress(EOFError):
        while True:
            pipe.send(answer(engine, desk, *pipe.recv()))
    engine.dispose()


def draining(pipe: Pipe, desk: Desk, name: str, prescriptions: list[str]) -> None:
    """Dispenses one unit after the other until the stock refuses; sends how many, and the refusal."""
    engine = desk.engine()
    pipe.send("ready")
    pipe.recv()
    for done in range(10_000):
        rx = prescriptions[done % len(prescriptions)]
        said = answer(engine, desk, "dispense", Order(f"{name}-{done}", rx, units=1))
        if isinstance(said, str):
            pipe.send((done, said))
            break
    engine.dispose()


def looping(pipe: Pipe, desk: Desk, first: int, prescriptions: list[str]) -> None:
    """Dispenses under the keys k-first, k-first+1, ... and acknowledges each, until somebody kills it."""
    engine = desk.engine()
    for number in range(first, len(prescriptions) * UNITS_OF_A_PRESCRIPTION):
        pipe.send((number, answer(engine, desk, "dispense", order(number, prescriptions))))


def backing_up(pipe: Pipe, url: str, folder: Path, temporary: Path) -> None:
    """Backs up to `b` in the folder again and again, and says when one is done, until somebody kills it."""
    os.chdir(folder)
    tempfile.tempdir = str(temporary)
    engine = database.open_engine(database.parse_url(url), pause)
    database.check_schema(engine)
    pipe.send("ready")
    while True:
        back_up(engine, Path("b"), settings=None, on=datetime.now(UTC), force=True)
        pipe.send("done")


def order(number: int, prescriptions: list[str]) -> Order:
    return Order(f"k-{number}", prescriptions[number // UNITS_OF_A_PRESCRIPTION], units=1)


STOCK_ACTS = 8
"""What happens in a round of `stock_order`."""


def stock_order(number: int, key: str) -> tuple[str, Any]:
    """The service and the order under the key: rounds of what happens to lot HOT besides dispensing.

    A vial is opened, drawn from and discarded; of two units that are set aside one is destroyed, and
    the count of the others finds none.
    """
    which = number // STOCK_ACTS + 1
    vial, count = f"V{which}", f"C{which}"
    acts: tuple[tuple[str, Any], ...] = (
        ("open", Opening(key, lot="HOT")),
        ("draw", Draw(key, vial, Unprescribed("P1", Dose(400), "in the clinic", Route.IM))),
        ("discard", Discard(key, vial, "not needed")),
        ("move", Move(key, "HOT", "shelf", "quarantine", 2)),
        ("destroy", Destroy(key, "HOT", "quarantine", "broken", "sam", 1)),
        ("count start", StartCount(key, "quarantine")),
        ("count enter", EnterCount(key, count, "HOT", 0)),
        ("count close", CloseCount(key, count, "stolen")),
    )
    assert len(acts) == STOCK_ACTS
    return acts[number % STOCK_ACTS]


_IMPORTED_ONCE = [
    __name__,
    "pytest",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "dispensary.labelling.pdf",
    "tests.torture.kills",
    "tests.torture.storage",
]


class Counter:
    """A process at work on one of the functions above, with our end of its pipe."""

    def __init__(self, work: Callable[..., None], *given: Any) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_IMPORTED_ONCE)
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, *given), daemon=True)
        self.process.start()
        # Only the other process holds that end now, so that its death is the end of the pipe.
        theirs.close()

    def said(self, seconds: float = 120) -> Any:
        assert self.pipe.poll(seconds), "the counter said nothing"
        return self.pipe.recv()

    def said_before_its_end(self) -> list[Any]:
        """What it had sent before it was killed; a message that was cut is none."""
        heard = []
        with suppress(EOFError, OSError):
            while self.pipe.poll():
                heard.append(self.pipe.recv())
        return heard

    def kill(self) -> None:
        """SIGKILL: no handler, no cleaning up."""
        self.process.kill()
        self.process.join()

    def close(self) -> None:
        self.pipe.close()
        self.process.join(30)
        self.process.close()
