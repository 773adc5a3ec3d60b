"""Whole processes, from nothing: a command beside a bare script on the same libraries.

Ours: `dispensary dispense RX --label FILE` and `dispensary stock`.
Floor: `bare_dispense.py` and `bare_stock.py`, on a copy of the same database.
The same: the interpreter, the launcher, Typer, SQLAlchemy Core, ReportLab, zxing-cpp, the fonts, one
durable transaction, a label file synchronised with the disk; files are in the machine's cache and
compiled.
Not the same: the bare scripts check nothing, read no settings, and compose no text.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import pharmacy
from benchmarks.measure import Line, in_turns, time

ROUNDS = 15
TARGET = "<= 1.25"


def run(module: str, *arguments: str) -> None:
    launcher = f"from {module} import main; main()"
    subprocess.run(
        [sys.executable, "-c", launcher, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env=os.environ | pharmacy.ENVIRONMENT,
    )


def commands() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = Path(folder) / "ours.db", Path(folder) / "bare.db"
        pharmacy.build(f"sqlite:///{ours}")
        pharmacy.settings_beside(ours)
        shutil.copy(ours, bare)
        cli, app = ("dispensary.cli.app", "--database", str(ours)), ("--database", f"sqlite:///{bare}")
        dispense = in_turns(
            lambda i: run(*cli, "dispense", f"RX{i + 1}", "--label", f"{folder}/ours-{i}.pdf"),
            lambda i: run("benchmarks.bare_dispense", str(i + 1), *app, "--label", f"{folder}/bare-{i}.pdf"),
            ROUNDS,
        )
        stock = in_turns(lambda _: run(*cli, "stock"), lambda _: run("benchmarks.bare_stock", *app), ROUNDS)
    return [time("cold dispense with its label", dispense, TARGET), time("cold stock", stock, TARGET)]
