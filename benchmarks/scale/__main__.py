"""`python -m benchmarks.scale [--sizes 10000,...] [--keep DIR] [--only COMMAND]`: commands on ever longer histories.

Every command runs as a process of its own, and so does its floor, one after the other. Of ours are shown the
seconds by the clock and those of the processor, of both the most memory that they held (`ru_maxrss`). The fraction
is the floor's time of the processor by ours: 1 is as fast as the floor, and what else the machine does is not in
it. At the end stands how many times as long a command took on the longest history as on the shortest.

With `--server` the histories stand on PostgreSQL, of which much of the work is done by the server. So there the
floor and what follows of it are by the clock, and mean something where the machine does nothing else; memory is that
of the client.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks import pharmacy
from benchmarks.scale.books import Books, Databases, Files, say
from benchmarks.scale.today import prescriptions
from benchmarks.server import server

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
"""Of what takes a moment; what grows with the history is run once."""
WATCH = Path(__file__).with_name("watch.py")
CLI = ("-c", "from dispensary.cli.app import main; main()")
TIMES_LONGER = 1.5
"""Times as long may take what must not depend on the history: the machine does other things as well."""


@dataclass(frozen=True)
class Run:
    """What a process took, by the clock and of the processor, and the memory that it held at most."""

    seconds: float
    cpu: float
    mib: float


@dataclass(frozen=True)
class Line:
    """A command on a history of `movements`; what each took is told by the clock where a server did much of it."""

    command: str
    movements: int
    ours: Run
    floor: Run
    by_the_clock: bool

    @property
    def took(self) -> float:
        return self._time(self.ours)

    @property
    def floor_took(self) -> float:
        return self._time(self.floor)

    def _time(self, run: Run) -> float:
        return run.seconds if self.by_the_clock else run.cpu


@dataclass(frozen=True)
class Stand:
    """What a command is run on: the URL of its database, a folder for files, the round, and a prescription."""

    database: str
    out: Path
    number: int
    rx: str


@dataclass(frozen=True)
class Subject:
    """A command and its floor as arguments of Python; `writes` where each needs a database of its own."""

    command: str
    ours: Callable[[Stand], Sequence[str]]
    floor: Callable[[Stand], Sequence[str]]
    grows: bool
    writes: bool = False


def _cli(*arguments: str) -> Callable[[Stand], Sequence[str]]:
    day = str(pharmacy.NOW.date() - timedelta(days=1))

    def given(on: Stand) -> Sequence[str]:
        filled = (each.format(out=on.out, number=on.number, rx=on.rx, day=day) for each in arguments)
        return (*CLI, "--database", on.database, *filled)

    return given


def _floor(name: str) -> Callable[[Stand], Sequence[str]]:
    return lambda on: ("-m", "benchmarks.scale.floors", name, on.database, str(on.out))


def _bare(module: str, *arguments: str) -> Callable[[Stand], Sequence[str]]:
    launcher = ("-c", f"from {module} import main; main()")

    def given(on: Stand) -> Sequence[str]:
        filled = (each.format(out=on.out, number=on.number, rx=on.rx.removeprefix("RX")) for each in arguments)
        return (*launcher, *filled, "--database", on.database.replace("postgresql:", "postgresql+psycopg:"))

    return given


STOCK = _bare("benchmarks.bare_stock")
SUBJECTS = (
    Subject("stock", _cli("stock"), STOCK, grows=False),
    Subject("expiring", _cli("expiring"), STOCK, grows=False),
    Subject(
        "dispense",
        _cli("dispense", "{rx}", "--label", "{out}/{number}.pdf"),
        _bare("benchmarks.bare_dispense", "{rx}", "--label", "{out}/{number}.pdf"),
        grows=False,
        writes=True,
    ),
    Subject(
        "report nightly", _cli("report", "nightly", "--day", "{day}", "--out", "{out}"), _floor("nightly"), grows=True
    ),
    Subject("export", _cli("export", "{out}/tables"), _floor("export"), grows=True),
    Subject("audit export", _cli("audit", "export", "--out", "{out}/audit.jsonl"), _floor("audit_export"), grows=True),
    Subject("audit verify", _cli("audit", "verify"), _floor("audit_verify"), grows=True),
    Subject("verify", _cli("verify"), _floor("verify"), grows=True),
)


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Run:
    """One process of Python; ends the whole where it fails (4 is an answer, not a failure)."""
    with tempfile.NamedTemporaryFile("r") as said:
        done = subprocess.run(
            [sys.executable, "-I", "-S", WATCH, said.name, sys.executable, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=WATCH.parents[2],
            env=os.environ | {**pharmacy.ENVIRONMENT, **environment},
        )
        status, seconds, cpu, kib = said.read().split()
    if status not in ("0", "4"):
        raise SystemExit(f"{' '.join(arguments)} failed: {done.stderr.decode()}")
    return Run(float(seconds), float(cpu), float(kib) / 1024)


def measured(subject: Subject, movements: int, books: Books) -> Line:
    """The median of the rounds of each, in turns, in a folder of their own."""
    taken: tuple[list[Run], list[Run]] = ([], [])
    rounds = 1 if subject.grows else ROUNDS
    url = books.at(movements)
    with tempfile.TemporaryDirectory(dir=books.folder) as folder:
        prescribed, bare = [""] * rounds, url
        if subject.writes:
            prescribed = prescriptions(url, rounds)
            # What the floor writes is no chain of ours.
            bare = books.twin(url, Path(folder))
        for number, rx in enumerate(prescribed):
            for runs, work, on in zip(taken, (subject.ours, subject.floor), (url, bare), strict=True):
                out = Path(tempfile.mkdtemp(dir=folder))
                runs.append(run(work(Stand(on, out, number, rx)), books.environment))
    ours, floor = map(_median, taken)
    return Line(subject.command, movements, ours, floor, books.by_the_clock)


def _median(runs: Sequence[Run]) -> Run:
    return Run(median(run.seconds for run in runs), median(run.cpu for run in runs), max(run.mib for run in runs))


def table(lines: Sequence[Line]) -> str:
    """The lines at 80 columns."""
    heads = f"{'COMMAND':<15}{'MOVEMENTS':>11}{'SECONDS':>9}{'CPU':>8}{'MIB':>6}{'FLOOR':>9}{'MIB':>6}{'FRACTION':>10}"
    rows = [
        f"{line.command:<15}{line.movements:>11,}{line.ours.seconds:>9.2f}{line.ours.cpu:>8.2f}{line.ours.mib:>6.0f}"
        f"{line.floor_took:>9.2f}{line.floor.mib:>6.0f}{line.floor_took / line.took:>10.2f}"
        for line in lines
    ]
    return "\n".join([heads, *rows])


def growth(lines: Sequence[Line]) -> list[tuple[str, float]]:
    """How many times as long each command that must not grow took on the longest history as on the shortest."""
    found = []
    for subject in SUBJECTS:
        of_it = [line for line in lines if line.command == subject.command]
        if of_it and not subject.grows:
            found.append((subject.command, of_it[-1].took / of_it[0].took))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description="Commands on long histories.")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="Movements, with commas between.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--keep", type=Path, help="A folder whose databases are used again.")
    where.add_argument("--server", action="store_true", help="On a PostgreSQL server of its own.")
    names = [subject.command for subject in SUBJECTS]
    parser.add_argument("--only", choices=names, action="append", help="Only this command; repeatable.")
    given = parser.parse_args()
    chosen = [subject for subject in SUBJECTS if subject.command in (given.only or names)]
    sizes = sorted(int(size) for size in given.sizes.split(","))
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        books = Databases(folder, running.enter_context(server())) if given.server else Files(given.keep or folder)
        lines = [line for size in sizes for line in _on(books, size, chosen)]
    print(table(lines))
    grown = growth(lines)
    said = ", ".join(f"{command} {times:.2f}" for command, times in grown)
    if said:
        print(f"\nTimes as long on the longest history as on the shortest: {said} (at most {TIMES_LONGER})")
    return 0 if all(times <= TIMES_LONGER for _, times in grown) else 1


def _on(books: Books, size: int, chosen: Sequence[Subject]) -> list[Line]:
    lines = []
    for subject in chosen:
        lines.append(measured(subject, size, books))
        say(table(lines[-1:]).splitlines()[1])
    return lines


if __name__ == "__main__":
    sys.exit(main())
