"""Every file and folder that a command makes is for its owner alone, whatever the umask of whoever calls it."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.counter import Counter

SHOP = ("--database", "shop/deep/pharmacy.db")
WRITE = (
    (*SHOP, "init", "--yes"),
    (*SHOP, "receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-10-31", "--quantity", "9"),
    (*SHOP, "patient", "add", "--id", "M1", "--name", "Kari", "--born", "1961-04-03"),
    (*SHOP, "prescriber", "add", "--name", "Ida Berg", "--npi", "1234567893"),
    (*SHOP, "rx", "add", "--patient", "P1", "--prescriber", "PR1", "--form", "cyanocobalamin", "--quantity", "2",
     "--directions", "1 mg IM weekly", "--yes"),
    (*SHOP, "dispense", "RX1", "--label", "filled.pdf"),
    (*SHOP, "label", "dispense", "D1", "--out", "label.pdf"),
    (*SHOP, "label", "leaflet", "D1", "--out", "leaflet.pdf"),
    (*SHOP, "label", "range", "D1", "D1", "--out", "range.pdf"),
    (*SHOP, "label", "preview", "dispense", "D1", "--out", "preview.png"),
    (*SHOP, "label", "gallery", "--design", "shelf-62x29", "--out", "pictures/deep"),
    (*SHOP, "label", "copy", "dispense-100x62", "mine.toml"),
    (*SHOP, "report", "nightly", "--out", "night/deep"),
    (*SHOP, "audit", "export", "--out", "chain.jsonl"),
    (*SHOP, "audit", "checkpoint", "--out", "note.txt", "--qr", "card.pdf"),
    (*SHOP, "backup", "kept.backup"),
    (*SHOP, "backup", "kept.backup", "--force"),
    (*SHOP, "restore", "kept.backup", "--to", "restored/deep/pharmacy.db"),
    (*SHOP, "upgrade"),
    (*SHOP, "verify"),
    ("demo", "--out", "played/deep"),
)  # fmt: skip
NIGHT_NEEDS_SOMEBODY = 4


def open_to_others(folder: Path) -> dict[str, str]:
    """The files and folders within that anybody but their owner may do anything with, and those not readable."""
    wrong = {}
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode != (0o700 if path.is_dir() else 0o600):
            wrong[str(path.relative_to(folder))] = oct(mode)
    return wrong


@pytest.mark.parametrize("umask", [0, 0o022])
def test_what_commands_write_is_for_the_owner_alone(empty: Counter, umask: int):
    usual = os.umask(umask)
    made = set()
    try:
        for words in WRITE:
            os.umask(umask)
            said = empty(*words)
            assert said.status in (0, NIGHT_NEEDS_SOMEBODY), (words, said)
            assert open_to_others(empty.folder) == {}, words
            made |= {path.suffix for path in empty.folder.rglob("*") if path.is_file()}
    finally:
        os.umask(usual)
    assert made >= {".db", ".toml", ".key", ".pdf", ".png", ".json", ".jsonl", ".csv", ".txt", ".backup"}
