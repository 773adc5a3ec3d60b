"""One line of a copy of the program is changed, and `verify`, the audit or the state machine tells."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent

# The file, the line's text, what it becomes, and who must catch it: a check of `verify`, the audit or the machine.
FAULTS = {
    "the ledger posts twice": (
        "ledger.py",
        "            for move in movements\n",
        "            for move in [*movements, *movements]\n",
        "verify balances",
    ),
    "what is taken stays in the balance": (
        "ledger.py",
        '.values(units=balance.c.units - bindparam("taken"))',
        ".values(units=balance.c.units)",
        "verify balances",
    ),
    "last expired, first out": (
        "rules/allocation.py",
        "if lot.units > 0), key=_fefo)",
        "if lot.units > 0), key=_fefo, reverse=True)",
        "machine",
    ),
    "the last day of a lot is a day too late": (
        "rules/shelf.py",
        "return day <= last_usable_day(expires)",
        "return day < last_usable_day(expires)",
        "machine",
    ),
    "a held lot is dispensed": (
        "rules/shelf.py",
        "State.HELD: _WITHOUT_A_PATIENT | {Operation.RECEIVE},",
        "State.HELD: _WITHOUT_A_PATIENT | {Operation.RECEIVE, Operation.DISPENSE},",
        "machine",
    ),
    "a recall misses a lot": (
        "services/recalls/recall.py",
        "lots=_acted(db, covered, LotAct.RECALL,",
        "lots=_acted(db, covered[1:], LotAct.RECALL,",
        "machine",
    ),
    "a dose stays in its vial": (
        "rules/vial.py",
        "    left = remaining_ul - dose_ul\n",
        "    left = remaining_ul\n",
        "verify volumes",
    ),
    "a request with the key of another is new": (
        "request.py",
        '"key": key, "kind": kind, "content": content',
        '"key": f"{key} {on}", "kind": kind, "content": content',
        "verify requests",
    ),
    "a count corrects the wrong way": (
        "services/counting/count_close.py",
        "source, target = (variance, where) if found > 0 else (where, variance)",
        "source, target = (variance, where) if found < 0 else (where, variance)",
        "verify stock records",
    ),
    "the hash leaves out the patient": (
        "audit.py",
        "        event.patient,\n        event.key,\n",
        '        "",\n        event.key,\n',
        "audit",
    ),
    "a return is sold again": (
        "services/prescribing/take_back.py",
        "apart = places.place_of_kind(db, by.site_id, PlaceKind.RETURNED)",
        "apart = places.place_of_kind(db, by.site_id, PlaceKind.SHELF)",
        "verify returns",
    ),
}


def told(copy: Path, template: Path, folder: Path) -> dict[str, Any]:
    """What the checks say of a day in the copy, and of sequences of acts there."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.faults.planted_story", str(template), str(folder)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    copied = tmp_path / "copy"
    for part in ("dispensary", "tests"):
        # What was compiled goes along; only the changed file is compiled anew.
        shutil.copytree(ROOT / part, copied / part, ignore=shutil.ignore_patterns("golden"))
    return copied


def caught(said: dict[str, Any]) -> set[str]:
    by_verify = {f"verify {name}" for name in said["verify"]}
    return by_verify | {name for name in ("audit", "machine") if said[name]}


def test_nothing_is_caught_where_nothing_was_planted(copy, sqlite_template, tmp_path):
    said = told(copy, sqlite_template, tmp_path)
    assert (caught(said), said["stopped"]) == (set(), "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(copy, sqlite_template, tmp_path, fault):
    name, line, becomes, catcher = FAULTS[fault]
    file = copy / "dispensary" / name
    source = file.read_text("utf-8")
    assert source.count(line) == 1, f"{name} has no such line any more"
    file.write_text(source.replace(line, becomes), encoding="utf-8")
    assert catcher in caught(told(copy, sqlite_template, tmp_path))
