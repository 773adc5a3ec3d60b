"""Every text that a person can type, to every channel: refused at the door in one sentence, or printed as it is.

What is printed is read with the channel's own reader. docs/channels.md says where in the program it is done.
"""

import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dispensary import auditor, database, labelling
from dispensary.labelling import pdf, zpl
from dispensary.labelling.designs import load
from dispensary.labelling.fonts import NoGlyph
from dispensary.rules.formulary import COLUMNS
from tests.build import NOW, Shop
from tests.cli.counter import Counter
from tests.labelling.package_facts import a_package
from tests.labelling.printed import flowing
from tests.labelling.zpl_reader import printed
from tests.refusing import everything

UNSEEN = {
    "ESC": "a\x1b[31mb",
    "ESC alone": "\x1b",
    "OSC": "\x1b]0;title\x07",
    "C1": "a\x9b31mb",
    "CR": "a\rb",
    "newline": "a\nb",
    "TAB": "\t=1+1",
    "NUL": "a\x00b",
    "DEL": "a\x7fb",
    "bidi": "a\u202eb",
    "isolate": "a\u2066b",
    "zero width": "a\u200bb",
    "byte order mark": "\ufeffa",
    "soft hyphen": "a\u00adb",
    "line separator": "a\u2028b",
    "no-break space": "a\u00a0b",
    "tag": "a\U000e0041b",
    "filler": "\u3164",
    "half of a pair": "a\udcffb",
    "as long as an argument can be": "x" * 131_000,
    "nothing": "",
    "spaces": "   ",
}
"""What the door refuses in every field."""

SEEN = {
    "Rich": "[bold]x[/x]",
    "Rich link": "[link=file:///]x",
    "ReportLab": "<b>&amp;</p>",
    "ReportLab image": "<img src=x/>",
    "ZPL": "^XZ~JR\\_5E^FS",
    "formula =": "=1+1",
    "formula +": "+1+1",
    "formula -": "-1+1",
    "formula @": "@SUM(1)",
    "formula after an apostrophe": "'=1+1",
    "full-width formula": "\uff1d1+1",
    "comma and quotes": 'a,"b";c',
    "quote at the start": '"a',
    "O'Brien": "O'Brien",
    "Null": "Null",
    "NaN": "NaN",
    "-rf": "-rf",
    "--force": "--force",
    "climbing": "../../x",
    "shell": "$(touch x);`id`|x",
    "percent": "%s%n{0}",
    "SQL": "'; DROP TABLE lot; --",
    "Łukasz": "Łukasz Ø. Ŧaŋja",
}
"""What a field of free text takes and every channel prints as it is."""

JOINED = [
    "".join(SEEN[name] for name in names)
    for names in (
        ("formula =", "Rich", "ReportLab"),
        ("formula +", "ZPL"),
        ("formula -", "Rich link"),
        ("formula @", "ReportLab image"),
        ("formula after an apostrophe", "shell"),
        ("full-width formula", "percent"),
        ("--force", "O'Brien", "SQL"),
        ("quote at the start", "comma and quotes", "Łukasz"),
        ("-rf",),
        ("climbing",),
        ("Null",),
        ("NaN",),
    )
]
"""All of it, for what takes long: alone where the whole text counts, else behind what counts at the start of one."""

STOCK = ("--product", "US-CY-ARG1", "--expires", "2027-10-31", "--quantity", "9")
TREATED = ("--patient", "P1", "--prescriber", "PR1", "--form", "cyanocobalamin", "--quantity", "2", "--yes")
RX = ("rx", "add", *TREATED, "--directions", "1 mg IM weekly")
NOTICE = ("lot", "recall", "--class", "II", "--product", "US-CY-DOD10", "--lot", "M1")
BORN = ("--born", "1961-04-03")
T = "TEXT"

FREE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "patient name": (
        ("patient", "add", "--id", "M9", f"--name={T}", "--born", "1961-04-03"),
        ("patient", "show", "P2"),
    ),
    "patient identifier": (
        ("patient", "add", f"--id={T}", "--name", "Ola", "--born", "1961-04-03"),
        ("patient", "list"),
    ),
    "prescriber": (("prescriber", "add", f"--name={T}", "--npi", "1245319599"), ("prescriber", "list")),
    "indication": ((*RX, f"--indication={T}"), ("rx", "show", "RX3")),
    "reason of a move": (
        ("move", "A23", "--from", "shelf", "--to", "quarantine", "--quantity", "1", f"--reason={T}"),
        (),
    ),
    "reason to send back": (
        ("send-back", "A23", "--place", "shelf", f"--reason={T}", "--quantity", "1"),
        (),
    ),
    "reason of a return": (("return", "D1", f"--reason={T}", "--quantity", "1"), ()),
    "reason to hold": (("lot", "hold", "B1", f"--reason={T}"), ("lot", "show", "B1")),
    "other pharmacy": (("rx", "transfer", "RX2", f"--to={T}", "--reason", "moved"), ("rx", "show", "RX2")),
    "reference of a recall": ((*NOTICE, f"--reference={T}", "--reason", "cracked"), ("recall", "list")),
    "user": (("user", "add", "--role", "technician", "--", T), ("user", "list")),
}
"""What takes any text that can be seen, and the command whose JSON tells it again; else the audit tells it."""

OPTIONAL = ("indication", "note on light", "unknown option")
"""Where nothing is as good as leaving it out."""

STRICT: dict[str, tuple[str, ...]] = {
    "lot": ("receive", *STOCK, f"--lot={T}"),
    "place": ("place", "add", "--kind", "shelf", "--temperature", "20-25", "--dark", "--", T),
    "product": ("receive", *STOCK[2:], "--lot", "Z1", f"--product={T}"),
    "directions": ("rx", "add", *TREATED, f"--directions={T}"),
    "medicine": ("patient", "edit", "P1", f"--medicine={T}"),
    "reference of goods": ("send-back", "A23", "--place", "shelf", "--reason", "x", f"--reference={T}"),
    "reason of a recall": (*NOTICE, "--reference", "R", f"--reason={T}"),
    "reason to discard": ("vial", "discard", "V1", f"--reason={T}"),
    "note on light": ("light", "A23", "--minutes", "1", f"--note={T}"),
    "reason to cancel": ("rx", "cancel", "RX2", f"--reason={T}"),
    "reason to override": ("dispense", "RX1", f"--override=early_refill={T}"),
    "dose": ("vial", "draw", "V1", "--patient", "P1", "--reason", "x", "--route", "IM", "--yes", f"--dose={T}"),
    "scan": ("receive", "--", T),
    "number": ("dispense", "--", T),
    "prescription": ("rx", "show", "--", T),
    "record": ("patient", "show", "--", T),
    "lot looked up": ("lot", "show", "--", T),
    "lot traced": ("report", "trace", "--", T),
    "place looked up": ("place", "show", "--", T),
    "product looked up": ("product", "show", "--", T),
    "design": ("label", "dispense", "D1", f"--design={T}"),
    "design checked": ("label", "check", "--", T),
    "printer": ("label", "dispense", "D1", f"--printer={T}"),
    "key": ("receive", *STOCK, "--lot", "Z1", f"--key={T}"),
    "request": ("label", "cancel", "--reason", "x", "--", T),
    "pharmacy": ("--database", "other.db", "init", "--yes", f"--name={T}"),
    "address": ("--database", "other.db", "init", "--yes", f"--address={T}"),
    "file of products": ("product", "import", "--", T),
    "unknown option": ("stock", f"--{T}"),
    "unknown word": ("stock", "--", T),
    "unknown command": ("--", T),
}
"""What takes some of it or none."""

READINGS = (
    ("patient", "list"), ("patient", "show", "P1"), ("patient", "show", "P2"), ("prescriber", "list"),
    ("rx", "list"), ("rx", "show", "RX1"), ("rx", "show", "RX2"), ("rx", "show", "RX3"), ("lot", "list"),
    ("lot", "show", "A23"), ("lot", "show", "B1"), ("stock",), ("expiring",), ("place", "list"), ("user", "list"),
    ("product", "list"), ("recall", "list"), ("recall", "show", "RC1"), ("report", "trace", "A23"),
    ("report", "trace", "M1"), ("vial", "list"), ("label", "queue"), ("label", "designs"), ("verify",),
    ("audit", "verify"),
)  # fmt: skip


def prepared(counter: Counter) -> Counter:
    """Lots A23 and B1 and the vial V1 of M1, P1 with RX1 (D1) and RX2."""
    for lot in ("A23", "B1"):
        counter.done("receive", *STOCK, "--lot", lot)
    counter.done("receive", "--product", "US-CY-DOD10", "--lot", "M1", "--expires", "2028-03-31", "--quantity", "3")
    counter.done("patient", "add", "--id", "M1", "--name", "Kari", "--born", "1961-04-03")
    counter.done("prescriber", "add", "--name", "Ida Berg", "--npi", "1234567893")
    for _ in range(2):
        counter.done(*RX)
    counter.done("dispense", "RX1", "--lot", "A23")
    counter.done("vial", "open", "--product", "US-CY-DOD10")
    return counter


@pytest.fixture
def desk(sqlite_counter: Counter) -> Counter:
    return prepared(sqlite_counter)


def test_every_text_is_among_those_that_are_joined():
    assert [name for name, nasty in SEEN.items() if not any(nasty in each for each in JOINED)] == []


@pytest.fixture
def either(counter: Counter) -> Counter:
    """The same on each engine."""
    return prepared(counter)


def engine():
    return database.open_engine(database.parse_url(os.environ["DISPENSARY_DATABASE"]), pause=lambda: None)


def written() -> dict[str, Any]:
    """The rows of every table, but for the events of reading."""
    there = engine()
    rows = everything(Shop(there, NOW))
    there.dispose()
    return rows


def acting(said: str) -> list[str]:
    """The characters of what was said that a terminal acts on, or does not show."""
    lines = said.replace("\r\n", "\n").replace("\n", "").replace(" ", "")
    return [character for character in lines if unicodedata.category(character)[0] in "CZ"]


def with_text(words: tuple[str, ...], nasty: str) -> tuple[str, ...]:
    return tuple(word.replace(T, nasty) for word in words)


def require_one_sentence(counter: Counter, words: tuple[str, ...]) -> None:
    said = counter(*words)
    assert said.status in (1, 2), (words, said)
    assert (said.out, acting(said.err)) == ("", [])
    assert len(said.err) < 1200, said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("field", [*FREE, *STRICT])
def test_what_cannot_be_seen_is_refused_at_the_door(desk, field):
    words = FREE[field][0] if field in FREE else STRICT[field]
    before, files = written(), sorted(os.listdir())
    for nasty in UNSEEN.values():
        # No word of a command line holds a NUL; where it would name a file, nobody looks for one.
        if (nasty == "" and field in OPTIONAL) or ("\0" in nasty and field == "file of products"):
            continue
        require_one_sentence(desk, with_text(words, nasty))
    assert written() == before
    assert sorted(os.listdir()) == files


@pytest.mark.parametrize("field", STRICT)
def test_what_can_be_seen_is_taken_or_refused_in_one_sentence(desk, field):
    # A pharmacy of its own is made for each of them, whose settings say it in TOML.
    of_its_own = field in ("pharmacy", "address")
    before, files = written(), sorted(os.listdir())
    for nasty in JOINED if of_its_own else SEEN.values():
        said = desk(*with_text(STRICT[field], nasty))
        assert acting(said.out + said.err) == []
        assert "Traceback" not in said.err
        after = written()
        if said.status:
            assert said.status in (1, 2, 4), (nasty, said)
            assert after == before or field in ("record", "prescription")
        elif of_its_own:
            for file in Path().glob("other.*"):
                file.unlink()
        before = after
        assert sorted(os.listdir()) == files, nasty


def strings(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)


def squeezed(said: str) -> str:
    return "".join(said.split())


def require_cells(page: str) -> list[str]:
    """The cells of the CSV, none of which a spreadsheet runs; an apostrophe before one is its mark of text."""
    cells = [cell for row in csv.reader(io.StringIO(page, newline=""), strict=True) for cell in row]
    run = ("=", "+", "@", "\t", "\r", "\uff1d")
    assert [cell for cell in cells if cell.startswith(run)] == []
    assert [cell for cell in cells if cell.startswith("-") and not cell[1:].isdigit()] == []
    return cells


@pytest.mark.parametrize("nasty", JOINED)
def test_what_can_be_seen_is_printed_as_it_is(desk, nasty):
    require_printed(desk, nasty)


def test_what_can_be_seen_is_printed_as_it_is_from_either_engine(either):
    require_printed(either, "".join(SEEN[name] for name in ("formula =", "percent", "SQL")))


def require_printed(either: Counter, nasty: str) -> None:
    """The text in every field of free text, and in whatever is read from there."""
    for words, _ in FREE.values():
        either.done(*with_text(words, nasty))
    before = sorted(os.listdir())
    for reading in filter(None, (reading for _, reading in FREE.values())):
        document = list(strings(json.loads(either.done(*reading, "--format", "json"))))
        assert nasty in " ".join(document), (reading, document)
    for reading in READINGS:
        for how in ("table", "json", "csv"):
            if how != "table" and reading[0] in ("expiring",):
                continue
            page = either(*reading, *(() if how == "table" else ("--format", how)))
            assert (acting(page.out), page.err) == ([], ""), (reading, how)
            if how == "csv" and page.out:
                require_cells(page.out)
    assert nasty in squeezed(either.done("patient", "show", "P2")) or " " in nasty
    for row in csv.DictReader(io.StringIO(either.done("prescriber", "list", "--format", "csv"), newline="")):
        assert row["name"] in ("Ida Berg", nasty, f"'{nasty}")
    assert sorted(os.listdir()) == before
    either.done("audit", "export", "--out", "chain.jsonl")
    chain = [json.loads(line) for line in Path("chain.jsonl").read_text("utf-8").splitlines()]
    told = sum(json.dumps(nasty, ensure_ascii=False)[1:-1] in event.get("canonical", "") for event in chain)
    assert told >= len([reading for _, reading in FREE.values() if not reading])
    assert [auditor.read(file).ok for file in ("chain.jsonl", "chain.csv")] == [True, True]
    require_cells(Path("chain.csv").read_text("utf-8"))
    either("report", "nightly", "--out", "night")
    (night,) = Path("night").glob("*.csv")
    require_cells(night.read_text("utf-8"))
    (report,) = Path("night").glob("*.pdf")
    pages = squeezed("".join(flowing(report.read_bytes(), number) for number in range(2)))
    assert squeezed(nasty) in pages or "\uff1d" in nasty
    assert {file.name.split("-")[0] for file in Path("night").iterdir()} <= {"nightly", "checkpoint"}


ON_A_LABEL = ("patient", "pharmacy", "prescriber", "indication")
WITH_LETTERS = [nasty for nasty in SEEN.values() if "\uff1d" not in nasty]


@pytest.mark.parametrize("first", range(len(WITH_LETTERS)))
def test_a_label_prints_it_as_it_is(first):
    """Each text in each field, four at once."""
    given = {field: WITH_LETTERS[(first + 5 * number) % len(WITH_LETTERS)] for number, field in enumerate(ON_A_LABEL)}
    pages = labelling.pages([[a_package(**given)]], load("dispense-4x2in"))
    (label,) = printed(zpl.draw(pages, 203)).labels
    for read in (flowing(pdf.draw(pages)), "".join(each.text for each in label.fields)):
        left = squeezed(read)
        # Each in a place of its own: one may be a part of another.
        for nasty in sorted(map(squeezed, given.values()), key=len, reverse=True):
            assert nasty in left
            left = left.replace(nasty, "\n", 1)


@pytest.mark.parametrize("field", ON_A_LABEL)
def test_a_label_that_has_no_letter_for_it_is_refused(field):
    with pytest.raises(NoGlyph) as refusal:
        labelling.pages([[a_package(**{field: SEEN["full-width formula"]})]], load("dispense-4x2in"))
    assert acting(str(refusal.value)) == []


PLANTED = "old\x1b[2J\x9b\u202e\r\x07name"
OLD = {
    "patient": "name = :text",
    "prescriber": "name = :text",
    "place": "code = :text WHERE code = 'quarantine'",
    "product": "name = :text, labeler = :text",
    "lot": "number = :text WHERE number = 'B1'",
    "stock_act": "reason = :text",
    "prescription": "indication = :text",
    "site": "name = :text",
}


def plant() -> None:
    """What no door lets in today: as a program before this one, or somebody with a database tool, left it."""
    there = engine()
    with there.begin() as db:
        if there.dialect.name == "postgresql":
            db.execute(text("SET LOCAL ROLE NONE"))
            db.execute(text("SET session_replication_role = replica"))
        else:
            for name in db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
                db.execute(text(f'DROP TRIGGER "{name}"'))
        for table, change in OLD.items():
            db.execute(text(f"UPDATE {table} SET {change}"), {"text": PLANTED})
        db.execute(text("UPDATE audit_event SET subject = :text WHERE sequence = 3"), {"text": PLANTED})
    there.dispose()


def test_what_old_rows_hold_does_not_reach_the_terminal(either):
    either.done("send-back", "A23", "--place", "shelf", "--reason", "too many", "--quantity", "1")
    plant()
    shown = 0
    for reading in READINGS:
        for how in ("table", "json", "csv"):
            if how != "table" and reading[0] in ("expiring",):
                continue
            said = either(*reading, *(() if how == "table" else ("--format", how)))
            assert acting(said.out + said.err) == [], (reading, how)
            assert "Traceback" not in said.err
            if how == "json" and said.out:
                shown += PLANTED in " ".join(strings(json.loads(said.out)))
            elif how == "table":
                shown += "\\u001b[2J" in squeezed(said.out)
    # It is told, with what acts in it as an escape, and not left out.
    assert shown > 15
    for words in (("label", "dispense", "D1", "--out", "label.pdf"), ("dispense", "RX2", "--lot", "A23")):
        said = either(*words)
        assert acting(said.out + said.err) == []


def test_a_table_of_products_is_data(desk):
    cells = [
        "X-1",
        "B12",
        "Maker",
        "cyanocobalamin",
        "1000",
        "ampoule",
        "1",
        "10",
        "none",
        "20-25",
        "yes",
        "IM",
        "none",
        "",
        "",
        "seen",
    ]
    row = dict(zip(COLUMNS, cells, strict=True))
    for nasty in UNSEEN.values():
        for name in ("name", "labeler", "code"):
            if nasty.strip() != nasty:
                # Spaces of any kind at the ends of a cell are taken off.
                continue
            page = io.StringIO(newline="")
            csv.writer(page).writerows([COLUMNS, ({**row, name: nasty}).values()])
            Path("new.csv").write_bytes(page.getvalue().encode("utf-8", "surrogatepass"))
            require_one_sentence(desk, ("product", "import", "new.csv"))
    for number, nasty in enumerate(SEEN.values()):
        page = io.StringIO(newline="")
        csv.writer(page).writerows(
            [COLUMNS, ({**row, "code": f"X-{number}", "name": nasty, "labeler": nasty}).values()]
        )
        Path("new.csv").write_text(page.getvalue(), "utf-8", newline="")
        desk.done("product", "import", "new.csv")
        assert nasty in strings(json.loads(desk.done("product", "show", f"X-{number}", "--format", "json")))
