"""What tests of labels at the counter share: their records, printers, and what was printed."""

import json
import os
from pathlib import Path

import pypdfium2

from dispensary.cli.desk import Desk
from tests.cli.counter import Counter, Said
from tests.labelling.printed import flowing
from tests.refusing import code, require_golden

DEAD = "pdf://127.0.0.1:9"
RECORDS = {
    "dispense": ("D1", ("Kari O'Brien", "CYANOcobalamin", "Lot A23", "Inject 1 mg (1 mL) into a muscle once a week.")),
    "leaflet": ("D1", ("Kari O'Brien", "Questions or side effects", "Corner Pharmacy")),
    "bag": ("D1", ("Kari O'Brien", "Corner Pharmacy", "RX1")),
    "vial": ("V1", ("19 Dec 2026 09:30", "Lot D1")),
    "shelf": ("US-CY-VIT30", ("US-CY-VIT30",)),
    "batch": ("B1", ("Lot H1", "Cyanocobalamin USP lot P1")),
}


def told(counter: Counter, kind: type, *words: str) -> str:
    """The sentence of a refusal of this kind, which stands in the golden file."""
    sentence = counter.refused(*words).replace(str(counter.folder), "FOLDER")
    require_golden(f"{code(kind)}: {sentence}")
    return sentence


def needs_a_person(said: Said, folder: Path) -> str:
    """The sentence of what is done and needs a person: exit status 4."""
    assert said.status == 4, said
    sentence = " ".join(said.err.split()).partition(": ")[2]
    return sentence.replace(str(folder), "FOLDER")


def text_of(file: str | Path, number: int = 0) -> str:
    return flowing(Path(file).read_bytes(), number)


def pages_in(file: str | Path) -> int:
    return len(pypdfium2.PdfDocument(Path(file).read_bytes()))


def printer(name: str, to: str, *designs: str, dots: int | None = None) -> None:
    """One more printer in the settings."""
    file = Desk(os.environ["DISPENSARY_DATABASE"], None).settings_file
    more = "" if dots is None else f"dots_per_inch = {dots}\n"
    table = f'\n[printers.{name}]\nto = "{to}"\ndesigns = {json.dumps(designs)}\n{more}'
    file.write_text(file.read_text("utf-8") + table, "utf-8")


def without_printers() -> None:
    file = Desk(os.environ["DISPENSARY_DATABASE"], None).settings_file
    file.write_text(file.read_text("utf-8").partition("\n[printers.")[0], "utf-8")


def events(counter: Counter) -> int:
    return counter.json("audit", "verify")["events"]
