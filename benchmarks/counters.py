"""Dispenses a second of 1, 2, 4 and 8 counters together on PostgreSQL, of one hot lot and of many lots.

A counter is a process with one connection; all begin at once, and the last one ends the time. The lot is named, as it
is where the pack in hand is scanned: one lot by all of them, or lots of its own by each counter. The server is that of
`server.py`: fsync is on, and every commit waits for the disk.
Ours: `services.prescribing.dispense` through `database.transaction`, with the pauses of the command line.
Floor: as many processes in which psycopg alone sends the very statements that the same dispenses sent on a twin of
the database, in the same transactions and order, so that it holds the same locks: the prescription's, the lot's and
its balance's, and the head's. Only what another counter changes is put in: the ids of the request and of the
dispense, its number, and the end of the chain, onto which each event is hashed.
The same: the data, the statements and their order, the rows fetched, the locks, the durability, the processes.
Not the same: the floor decides nothing, builds no statement, and turns no row into an object.
At the end the units of every lot, the dispenses and the events are counted on both, and `verify` is ok on ours.
"""

import hashlib
import multiprocessing
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy import Engine, func, select

from benchmarks import pharmacy
from benchmarks.dispenses import FILL, TARGET, Script, recorded
from benchmarks.measure import Line, in_turns, rate
from benchmarks.server import Server, server
from dispensary import database, lookup
from dispensary.cli import context
from dispensary.reports.verify import verify
from dispensary.rules.people import Person
from dispensary.schema.prescribing import dispense as dispenses
from dispensary.schema.stock import balance, lot
from dispensary.schema.trust import head
from dispensary.services.prescribing.dispense import Order, dispense
from dispensary.services.stock.receive import Delivery, Typed, receive

COUNTERS = (1, 2, 4, 8)
EACH = 96
"""Dispenses in a round, by all counters together: one of each prescription."""
ROUNDS = 3
PRODUCT = "US-CY-ARG1"
MANY = 32
"""Lots to take from, none of them by two counters."""
UNITS = 5000
"""Of each of them, more than all rounds take."""
UNITS_OF_A_FILL = 4

_PREVIOUS = re.compile(r",64:[0-9a-f]{64},")
"""Where an event names the hash of the one before it."""

Round = Callable[[int], None]


@dataclass(frozen=True)
class Share:
    """What one counter dispenses in each round: these prescriptions, by their index, from `lots` lots."""

    prescriptions: Sequence[int]
    lots: int
    on: datetime
    by: Person

    def dispense(self, engine: Engine, number: int) -> None:
        """One round: the next fill of each prescription, on the day that it is due."""
        on = self.on + number * FILL
        for each in self.prescriptions:
            order = Order(f"fill {number} of {each}", f"RX{each + 1}", lot=_lot(each % self.lots), product=PRODUCT)
            work = partial(dispense, order=order, practice=pharmacy.PRACTICE, on=on, by=self.by)
            database.transaction(engine, work)


def dispenser(url: str, share: Share) -> Round:
    """A counter of ours."""
    engine = database.open_engine(database.parse_url(url), context.pause)
    engine.connect().close()
    return partial(share.dispense, engine)


def replayer(url: str, rounds: Sequence[Script]) -> Round:
    """A counter of the floor, with the transactions of each round."""
    import psycopg

    connection = psycopg.connect(url)

    def work(number: int) -> None:
        for transaction in rounds[number]:
            _replay(connection, transaction)

    return work


def _replay(connection: Any, transaction: Sequence[tuple[str, Any, bool]]) -> None:
    """Sends what was recorded, with what is known by now of the request, the dispense and the end of the chain."""
    known: dict[str, Any] = {}
    # psycopg begins with the first statement.
    for statement, parameters, many in transaction:
        cursor = connection.cursor()
        if many:
            cursor.executemany(statement, [_filled(row, known) for row in parameters])
            continue
        given = _filled(parameters, known)
        if "canonical" in given:
            given["canonical"] = _PREVIOUS.sub(f",64:{known['hash']},", given["canonical"], count=1)
            given["hash"] = hashlib.sha256(b"\x00" + given["canonical"].encode()).hexdigest()
            known["new_hash"] = given["hash"]
        cursor.execute(statement, given)
        rows = cursor.fetchall() if cursor.description else []
        if statement.startswith("INSERT INTO request "):
            known["request_id"] = rows[0][0]
        elif statement.startswith("INSERT INTO dispense ") and rows:
            known["dispense_id"] = rows[0][0]
        elif statement.startswith("UPDATE head") and rows:
            known["sequence"], known["hash"], known["number"] = rows[0][:3]
    connection.commit()


def _filled(parameters: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known.get(name, value) for name, value in parameters.items()}


def _serve(pipe: Pipe, opened: Callable[[], Round]) -> None:
    """A counter's process: ready, then one round after the other, until it is told to end."""
    work = opened()
    pipe.send("ready")
    while (number := pipe.recv()) is not None:
        work(number)
        pipe.send("done")


@contextmanager
def _counters(opened: Sequence[Callable[[], Round]]) -> Iterator[Round]:
    """A process for each; what is yielded lets all of them do a round at once."""
    processes = multiprocessing.get_context("forkserver")
    pipes: list[Pipe] = []
    with ExitStack() as stack:
        for each in opened:
            here, there = processes.Pipe()
            process = processes.Process(target=_serve, args=(there, each), daemon=True)
            process.start()
            there.close()
            stack.callback(process.join)
            stack.callback(here.close)
            stack.callback(_end, here)
            pipes.append(here)
        _said(pipes, "ready")

        def together(number: int) -> None:
            for pipe in pipes:
                pipe.send(number)
            _said(pipes, "done")

        yield together


def _end(pipe: Pipe) -> None:
    try:
        pipe.send(None)
    except BrokenPipeError:
        # It has ended with an error of its own, which it has shown.
        return


def _said(pipes: Iterable[Pipe], word: str) -> None:
    for pipe in pipes:
        assert pipe.recv() == word


def counters() -> list[Line]:
    """A line for each number of counters, of the hot lot and of many lots."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([__name__])
    with server() as running:
        by = _built(running.create("built"))
        return [
            line
            for lots, what in ((1, "one hot lot"), (MANY, "many lots"))
            for line in _of_lots(running, lots, what, by)
        ]


def _lot(number: int) -> str:
    return f"OWN{number}"


def _built(url: str) -> Person:
    """The pharmacy, with the lots that the counters name; returns who stands at them."""
    pharmacy.build(url, prescriptions=EACH)
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        by = lookup.person(db, pharmacy.USER)
    expires = pharmacy.NOW.date() + timedelta(days=700)
    lines = tuple(Typed(PRODUCT, _lot(number), expires, UNITS, month_only=False) for number in range(MANY))
    delivery = Delivery("lots of their own", lines, "shelf")
    database.transaction(engine, lambda db: receive(db, delivery, on=pharmacy.NOW, by=by))
    engine.dispose()
    return by


def _of_lots(running: Server, lots: int, what: str, by: Person) -> Iterator[Line]:
    """A line for each number of counters, all of which take from as many lots."""
    twin = pharmacy.engine_at(running.create("recorded", template="built"))
    whole = Share(range(EACH), lots, pharmacy.NOW, by)
    script = recorded(twin, lambda: [whole.dispense(twin, number) for number in range(ROUNDS + 1)])
    rounds = [script[start : start + EACH] for start in range(0, len(script), EACH)]
    for many in COUNTERS:
        ours, floor = (running.create(name, template="built") for name in ("ours", "floor"))
        shares = [range(first, EACH, many) for first in range(many)]
        dispensers = [partial(dispenser, ours, replace(whole, prescriptions=each)) for each in shares]
        replayers = [partial(replayer, floor, [[done[i] for i in each] for done in rounds]) for each in shares]
        with _counters(dispensers) as dispensing, _counters(replayers) as replaying:
            seconds = in_turns(dispensing, replaying, ROUNDS)
        for url in (ours, floor):
            _require_exact(url, lots)
        _require_verified(ours)
        yield rate(f"PostgreSQL, {many} at once, {what}", EACH, seconds, TARGET)


def _require_exact(url: str, lots: int) -> None:
    """What each lot has lost, what was dispensed and what was numbered is what was asked for."""
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        left = select(lot.c.number, balance.c.units).join(balance, balance.c.lot_id == lot.c.id)
        found = dict(db.execute(left.where(lot.c.number.in_([_lot(number) for number in range(MANY)]))).all())
        given = db.execute(select(func.count(), func.sum(dispenses.c.units)).select_from(dispenses)).one()
        numbered = db.execute(select(head.c.dispenses)).scalar_one()
    engine.dispose()
    fills = (ROUNDS + 1) * EACH
    taken = Counter(_lot(each % lots) for each in range(EACH))
    expected = {_lot(n): UNITS - UNITS_OF_A_FILL * (ROUNDS + 1) * taken[_lot(n)] for n in range(MANY)}
    assert found == expected, (url, found)
    assert (*given, numbered) == (fills, UNITS_OF_A_FILL * fills, fills), (url, given, numbered)


def _require_verified(url: str) -> None:
    engine = pharmacy.engine_at(url)
    with database.reading(engine) as db:
        verified = verify(db)
    engine.dispose()
    assert verified.ok, [check for check in verified.checks if not check.ok]
