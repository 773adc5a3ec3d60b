"""A counter: the command line in this process, on a database of each engine, at a fixed moment."""

import shutil
import socketserver
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dispensary.cli import context
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.pharmacy_files import written
from dispensary.rules.formulary import COLUMNS
from tests.build import NOW
from tests.cli.counter import Counter
from tests.cli.test_day import an_rx, scan
from tests.cli.test_repack_cli import HOUSE, OF_POWDER


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter in an empty folder, without a pharmacy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("DISPENSARY_USER", "alex")
    monkeypatch.delenv("DISPENSARY_DATABASE", raising=False)
    monkeypatch.setattr(context, "now", lambda timezone: NOW)
    return Counter(tmp_path)


@pytest.fixture
def counter(empty: Counter, url: str, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter of an open pharmacy, on each engine."""
    monkeypatch.setenv("DISPENSARY_DATABASE", url)
    empty.done("init", "--yes")
    return empty


@pytest.fixture
def sqlite_counter(empty: Counter, quick_disk: None, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A counter of an open pharmacy in a SQLite file, for what is decided before an engine is asked."""
    file = empty.folder / "pharmacy.db"
    shutil.copy(sqlite_template, file)
    monkeypatch.setenv("DISPENSARY_DATABASE", file.name)
    settings = context.settings_of({**PLACEHOLDERS, "fnc1": ""})
    file.with_suffix(".toml").write_text(written(settings), encoding="utf-8")
    return empty


@dataclass
class Sink:
    """A printer on the network that keeps what it got."""

    port: int
    got: list[bytes] = field(default_factory=list)


@pytest.fixture
def sink():
    """A printer that takes everything."""
    printer = Sink(0)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            whole = b""
            while part := self.request.recv(65536):
                whole += part
            printer.got.append(whole)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        printer.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield printer
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses(monkeypatch):
    """How often a printer was waited for."""
    counted = []
    monkeypatch.setattr(context, "pause_for_printer", lambda: counted.append(1))
    return counted


@pytest.fixture
def filled(counter: Counter) -> Counter:
    """D1: four units of lot A23 for Kari O'Brien, of which no label was printed; a refill is left."""
    counter.done("receive", scan())
    counter.done("dispense", an_rx(counter))
    return counter


@pytest.fixture
def whole(filled: Counter) -> Counter:
    """D1, the vial V1 and the batch B1."""
    filled.done("receive", "--product", "US-CY-DOD10", "--lot", "D1", "--expires", "2028-03-31", "--quantity", "1")
    filled.done("vial", "open", "--product", "US-CY-DOD10")
    Path("house.csv").write_text(f"{','.join(COLUMNS)}\n{HOUSE},,,own\n")
    filled.done("product", "import", "house.csv")
    filled.done("user", "add", "sam", "--role", "pharmacist")
    filled.done("repack", "hs-pf1", *OF_POWDER)
    return filled
