"""`python -m benchmarks [SUBJECT ...]`: every figure beside its floor, measured in the same run."""

import os
import platform
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import version

from benchmarks import cold, counters, dispenses, label_range, labels, logs, recalls
from benchmarks.measure import Line, table

SUBJECTS: dict[str, Callable[[], list[Line]]] = {
    "dispense-sqlite": dispenses.on_sqlite,
    "dispense-postgresql": dispenses.on_postgresql,
    "counters": counters.counters,
    "cold": cold.commands,
    "labels": labels.labels,
    "label-range": label_range.label_range,
    "recall": recalls.recalls,
    "log": logs.logs,
}
LIBRARIES = ("sqlalchemy", "psycopg", "typer", "reportlab", "zxing-cpp")


def main(chosen: list[str]) -> int:
    unknown = [subject for subject in chosen if subject not in SUBJECTS]
    if unknown:
        print(f"There is no subject {', '.join(unknown)}: choose among {', '.join(SUBJECTS)}.", file=sys.stderr)
        return 2
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"SQLite {sqlite3.sqlite_version}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print("Medians of rounds in turns. Ratio: ours to the floor; what is the same is said in the modules.\n")
    lines = [line for subject in chosen or SUBJECTS for line in SUBJECTS[subject]()]
    print(table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
