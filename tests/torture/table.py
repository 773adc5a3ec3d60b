"""The command: which faults how often, the seed, and the table of what came of them."""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from dispensary import database
from tests.build import NOW, Shop, opened
from tests.faults.counter import pause
from tests.torture.cuts import WEAKER, cuts
from tests.torture.driver import MODES
from tests.torture.kills import kills
from tests.torture.servers import FAULTS, Server, a_server, server_faults
from tests.torture.storage import NoTmpfs, full_commands, full_files, full_tmpfs, io_errors
from tests.torture.tally import Tally

ENGINES = ("sqlite", "postgresql")
FEWEST = 30
"""Cuts of what is weakened, of which some lose something."""

HEADS = (
    "fault", "database", "faults", "acknowledged", "asked again", "saved",
    "lost", "half done", "doubled", "differences", "verify", "other", "seconds",
)  # fmt: skip
WIDTHS = (36, 15, 6, 12, 11, 5, 4, 9, 7, 11, 6, 5, 7)

_names = count(1)


def main() -> int:
    """1 where anything was lost, half done, doubled or otherwise wrong, or nothing came of what was weakened."""
    wanted = _wanted()
    began = time.monotonic()
    _say(f"seed {wanted.seed}: the same faults again with --seed {wanted.seed}\n")
    _say(_line(HEADS))
    bad = [tally for tally in _sound(wanted) if not tally.clean]
    blind = [tally for tally in _weakened(wanted) if tally.clean]
    _say(f"\n{time.monotonic() - began:.0f} s; seed {wanted.seed}")
    for tally in bad:
        _say("\n  ".join((f"\n{tally.what}, {tally.database}:", *tally.problems)))
    for tally in blind:
        _say(f"\n{tally.what}, {tally.database}: nothing was lost, so the harness is blind")
    _say("\nFAILED" if bad or blind else "\nNothing was lost, half done, doubled or different.")
    return int(bool(bad or blind))


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="SIGKILLs of a counter, over the engines together")
    parser.add_argument("--cuts", type=int, default=300, help="power cuts, over both modes of SQLite together")
    parser.add_argument("--errors", type=int, default=300, help="I/O errors, over both modes of SQLite together")
    parser.add_argument("--full", type=int, default=100, help="full disks, over the ways to fill one together")
    parser.add_argument("--servers", type=int, default=60, help="faults of the server, over the three kinds together")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--database", choices=ENGINES, help="only this engine")
    return parser.parse_args()


def _sound(wanted: argparse.Namespace) -> Iterator[Tally]:
    """Every fault, on the program as it is."""
    engines = [wanted.database] if wanted.database else ENGINES
    if "sqlite" in engines:
        yield from _on_sqlite(wanted, wanted.kills // len(engines))
    if "postgresql" in engines:
        yield from _on_postgresql(wanted, wanted.kills // len(engines))


def _on_sqlite(wanted: argparse.Namespace, times: int) -> Iterator[Tally]:
    seed = wanted.seed
    with _template() as template:
        folder = template.parent
        with a_copy(template, folder) as (shop, url):
            yield _row(partial(kills, shop, url, times, seed, folder))
        for mode in MODES:
            yield _row(partial(cuts, template, wanted.cuts // 2, seed, mode))
        for mode in MODES:
            yield _row(partial(io_errors, template, wanted.errors // 2, seed, mode))
        with a_copy(template, folder) as (shop, url):
            yield _row(partial(full_files, shop, url, wanted.full // 2, seed))
        with a_copy(template, folder) as (shop, url):
            yield _row(partial(full_commands, shop, url, wanted.full // 10))
        try:
            yield _row(partial(full_tmpfs, template, wanted.full // 2, seed))
        except NoTmpfs as why:
            _say(f"disk full, tmpfs: not on this machine ({why})")


def _on_postgresql(wanted: argparse.Namespace, times: int) -> Iterator[Tally]:
    with a_server() as server, tempfile.TemporaryDirectory(prefix="torture-") as folder:
        with on_a_server(server) as (shop, url):
            yield _row(partial(kills, shop, url, times, wanted.seed, Path(folder)))
        for what in FAULTS:
            often = wanted.servers // len(FAULTS)
            with on_a_server(server) as (shop, url):
                yield _row(partial(server_faults, server, shop, url, what, often, wanted.seed))


def _weakened(wanted: argparse.Namespace) -> Iterator[Tally]:
    """Cuts of databases that do not wait for the disk as the program asks them to."""
    if wanted.database == "postgresql":
        return
    _say("\nWeakened on purpose; a harness that can see a loss sees one here:\n")
    with _template() as template:
        for mode, pragma in WEAKER:
            times = max(FEWEST, wanted.cuts // 10)
            yield _row(partial(cuts, template, times, wanted.seed, mode, pragma))


@contextmanager
def _template() -> Iterator[Path]:
    """A pharmacy in a SQLite file, newly opened."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        file = Path(folder) / "template.db"
        opened(f"sqlite:///{file}").dispose()
        yield file


@contextmanager
def a_copy(template: Path, folder: Path) -> Iterator[tuple[Shop, str]]:
    """A pharmacy in a file of its own in the folder."""
    file = folder / f"pharmacy{next(_names)}.db"
    shutil.copy(template, file)
    with _at(f"sqlite:///{file}") as shop:
        yield shop, f"sqlite:///{file}"


@contextmanager
def on_a_server(server: Server) -> Iterator[tuple[Shop, str]]:
    """A pharmacy in a new database of the server."""
    with server.database() as url:
        opened(url).dispose()
        with _at(url) as shop:
            yield shop, url


@contextmanager
def _at(url: str) -> Iterator[Shop]:
    engine = database.open_engine(database.parse_url(url), pause)
    yield Shop(engine, NOW)
    engine.dispose()


def _row(work: Callable[[], Tally]) -> Tally:
    """The tally, printed as a line of the table as soon as it is there."""
    began = time.monotonic()
    tally = work()
    numbers = (
        tally.faults, tally.acknowledged, tally.again, tally.saved,
        tally.lost, tally.half_done, tally.doubled, tally.differences, tally.verify, tally.other,
    )  # fmt: skip
    _say(_line((tally.what, tally.database, *map(str, numbers), f"{time.monotonic() - began:.0f}")))
    return tally


def _line(cells: tuple[str, ...]) -> str:
    words, numbers = zip(cells[:2], WIDTHS[:2], strict=True), zip(cells[2:], WIDTHS[2:], strict=True)
    parts = [cell.ljust(width) for cell, width in words]
    return "  ".join([*parts, *(cell.rjust(width) for cell, width in numbers)])


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201
