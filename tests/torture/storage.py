"""Disks that fail or are full, under SQLite: who got no receipt asks again by the key once the disk works."""

import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import apsw

from dispensary.cli.context import settings_of
from dispensary.cli.init import PLACEHOLDERS
from dispensary.cli.pharmacy_files import written
from tests.build import NOW, Shop, a_patient, an_rx
from tests.cli.counter import PROGRAM
from tests.faults.counter import Counter, Desk
from tests.torture.acts import Counted, Till, opened_for, prescriptions
from tests.torture.cuts import judge_file
from tests.torture.driver import engine_on
from tests.torture.recording import Disk
from tests.torture.sink import a_sink
from tests.torture.tally import Tally, judge, judge_answer, saved

ERRORS = 40
"""Failures of one disk before another one is taken."""

FAILURES = {
    "read": (60, (apsw.IOError,)),
    "write": (40, (apsw.IOError, apsw.FullError)),
    "sync": (6, (apsw.IOError, apsw.FullError)),
    "truncate": (1, (apsw.IOError,)),
    "delete": (1, (apsw.IOError,)),
    "open": (2, (apsw.CantOpenError, apsw.IOError)),
}
"""The steps of a disk: how many of them an act takes, about, and what each can fail with."""

UNITS_A_FAULT = 100
"""More than a counter dispenses between two faults."""

MOST_ROOM = 60_000
"""Bytes that a file may still grow by, at the most: some acts."""

MOST_FREE = 400_000
"""Bytes that are left on a disk, at the most, for the database and what SQLite keeps beside it."""


class NoTmpfs(Exception):
    """Nobody may mount a disk here."""


@dataclass
class Moody:
    """Fails at a kind of step, after so many of them, as often as it was told; `failed` counts."""

    chance: random.Random
    kind: str = ""
    after: int = 0
    often: int = 1
    failed: int = 0

    def arm(self) -> None:
        """Once, or until it is disarmed: a disk that is full or broken stays so."""
        self.kind = self.chance.choice(list(FAILURES))
        self.after = self.chance.randint(1, FAILURES[self.kind][0])
        self.often = self.chance.choice((1, 1, 1, 1000))

    def disarm(self) -> None:
        self.kind = ""

    def __call__(self, step: str) -> type[apsw.Error] | None:
        if step != self.kind:
            return None
        self.after -= 1
        if self.after > 0 or self.after <= -self.often:
            return None
        self.failed += 1
        return self.chance.choice(FAILURES[step][1])


def io_errors(template: Path, times: int, seed: int, mode: str) -> Tally:
    """What came of so many acts during which the disk failed."""
    chance = random.Random(f"{seed} errors {mode}")
    tally = Tally("I/O error", f"sqlite, {mode}")
    while tally.faults < times:
        with a_sink() as sink, tempfile.TemporaryDirectory(prefix="torture-") as folder:
            file = Path(folder) / "pharmacy.db"
            counted = _pharmacy(template, file, sink.port, UNITS_A_FAULT * ERRORS)
            moody = Moody(chance)
            acknowledged: dict[int, Any] = {}
            with engine_on(Disk(moody), file, mode) as engine:
                until = min(times, tally.faults + ERRORS)
                while tally.faults < until:
                    number, before = len(acknowledged), moody.failed
                    till = Till(counted, engine)
                    moody.arm()
                    said = till.act(number)
                    moody.disarm()
                    tally.faults += moody.failed > before
                    acknowledged[number] = _asked_again(tally, Shop(engine, NOW), till, number, said)
                    if chance.random() < 0.2:
                        engine.dispose()
            judge_file(tally, file, counted, acknowledged, mode)
    return tally


def _pharmacy(template: Path, file: Path, port: int, units: int) -> Counted:
    """The work of a counter at a copy of the template."""
    shutil.copy(template, file)
    with engine_on(None, file, "journal") as engine:
        shop = Shop(engine, NOW)
        opened_for(shop)
        return Counted(Desk(str(file), NOW, shop.by()), "f", prescriptions(shop, "f", units), port)


def _asked_again(tally: Tally, shop: Shop, till: Till, number: int, said: Any) -> Any:
    """The receipt: where the disk failed, of the same key asked again now that it works."""
    if isinstance(said, str):
        if not said.startswith("not_saved: "):
            judge_answer(tally, till, number, said)
        tally.again += 1
        tally.saved += till.counted.key(number) in saved(shop)
        said = till.act(number)
        judge_answer(tally, till, number, said)
    return said


def full_files(shop: Shop, url: str, times: int, seed: int) -> Tally:
    """What came of so many times that the file could grow no more (RLIMIT_FSIZE) under a counter."""
    chance = random.Random(f"{seed} full")
    tally = Tally("disk full, RLIMIT_FSIZE", shop.engine.dialect.name)
    opened_for(shop)
    acknowledged: dict[int, Any] = {}
    with a_sink() as sink:
        counted = Counted(Desk(url, NOW, shop.by()), "f", prescriptions(shop, "f", UNITS_A_FAULT * times), sink.port)
        till = Till(counted, shop.engine)
        file = Path(str(shop.engine.url.database))
        while tally.faults < times:
            room = file.stat().st_size + chance.randrange(MOST_ROOM)
            counter = Counter(filling, counted, len(acknowledged), room)
            while not isinstance(said := counter.said()[1], str):
                acknowledged[len(acknowledged)] = said
            counter.close()
            tally.faults += 1
            acknowledged[len(acknowledged)] = _asked_again(tally, shop, till, len(acknowledged), said)
        judge(tally, shop, [(till, acknowledged)])
    return tally


def filling(pipe: Pipe, counted: Counted, first: int, room: int) -> None:
    """Acts while no file grows beyond the room, in bytes, until something else than a receipt is the answer."""
    till, number, said = Till(counted, counted.desk.engine()), first, None
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    while not isinstance(said, str):
        said = till.act(number)
        pipe.send((number, said))
        number += 1


def full_commands(shop: Shop, url: str, times: int) -> Tally:
    """What the command says of a full disk: exit status 3, one sentence with the key, which is then asked again."""
    tally = Tally("disk full, the command", shop.engine.dialect.name)
    opened_for(shop)
    file = Path(str(shop.engine.url.database))
    file.with_suffix(".toml").write_text(written(settings_of({**PLACEHOLDERS, "fnc1": ""})), encoding="utf-8")
    shop.engine.dispose()
    for number in range(times):
        patient = a_patient(shop, identifier=f"MRN-full-{number}")
        words = ["dispense", an_rx(shop, patient, "PR1", refills=0), "--key", f"full-{number}"]
        said = _command(url, words, 2048)
        tally.faults += 1
        if said.returncode != 3 or len(said.stderr.splitlines()) > 3 or f"full-{number}" not in said.stderr:
            tally.other += 1
            tally.note(f"exit status {said.returncode}: {said.stderr}")
        said = _command(url, words, None)
        if said.returncode != 0:
            tally.other += 1
            tally.note(f"exit status {said.returncode}: {said.stderr}")
    return tally


def _command(url: str, words: list[str], room: int | None) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={**os.environ, "DISPENSARY_DATABASE": url, "DISPENSARY_USER": "alex"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


def full_tmpfs(template: Path, times: int, seed: int) -> Tally:
    """What came of so many times that a small disk of its own was full; raises NoTmpfs."""
    chance = random.Random(f"{seed} tmpfs")
    tally = Tally("disk full, tmpfs", "sqlite")
    with a_sink() as sink, a_tmpfs() as folder:
        file = folder / "pharmacy.db"
        counted = _pharmacy(template, file, sink.port, UNITS_A_FAULT * times)
        filler = folder / "filler"
        acknowledged: dict[int, Any] = {}
        till = Till(counted, counted.desk.engine())
        shop = Shop(till.engine, NOW)
        while tally.faults < times:
            free = shutil.disk_usage(folder).free
            filler.write_bytes(bytes(max(0, free - chance.randrange(MOST_FREE))))
            while not isinstance(said := till.act(len(acknowledged)), str):
                acknowledged[len(acknowledged)] = said
            filler.unlink()
            tally.faults += 1
            acknowledged[len(acknowledged)] = _asked_again(tally, shop, till, len(acknowledged), said)
        judge(tally, shop, [(till, acknowledged)])
        till.engine.dispose()
    return tally


@contextmanager
def a_tmpfs() -> Iterator[Path]:
    """A disk of 64 MB in memory; raises NoTmpfs where nobody may mount one."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder]
        try:
            subprocess.run(mount, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as problem:
            raise NoTmpfs(str(getattr(problem, "stderr", None) or problem).strip()) from None
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
