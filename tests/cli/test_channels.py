"""Every text that a person can type, to every channel: refused at the door in one sentence, or printed as it is.

What is printed is read with the channel's own reader. docs/channels.md says where in the program it is done.
"""

import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from alembic import command
from sqlalchemy import text

from dispensary import auditor, database, labelling, ownership
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
    "ReportLab, of several lines": "<b>&amp;WW</p> <i>&lt;W</b> <b>&amp;</p>",
}
"""What a field of free text takes and every channel prints as it is."""

STOCK = ("--product", "US-CY-ARG1", "--expires", "2027-10-31", "--quantity", "29")
TREATED = ("--patient", "P1", "--prescriber", "PR1", "--form", "cyanocobalamin", "--quantity", "8", "--yes")
RX = ("rx", "add", *TREATED, "--directions", "1 mg IM weekly")
NOTICE = ("lot", "recall", "--class", "II", "--product", "US-CY-DOD10", "--lot", "M1")
BORN = ("--born", "1961-04-03")
T = "TEXT"

FREE: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "patient name": (
        ("patient", "add", "--id", "M9{number}", f"--name={T}", *BORN),
        ("patient", "show", "P{twice}"),
        "name",
    ),
    "patient identifier": (("patient", "add", f"--id={T}", "--name", "Ola", *BORN), ("patient", "list"), "identifier"),
    "prescriber": (("prescriber", "add", f"--name={T}", "--hpr", "900{number}"), ("prescriber", "list"), "name"),
    "indication": ((*RX, f"--indication={T}"), ("rx", "show", "RX{after}"), "indication"),
    "reason of a move": (
        ("move", "A23", "--from", "shelf", "--to", "quarantine", "--quantity", "1", f"--reason={T}"),
        (),
        "move",
    ),
    "reason to send back": (
        ("send-back", "A23", "--place", "shelf", f"--reason={T}", "--quantity", "1"),
        (),
        "send back",
    ),
    "reason of a return": (("return", "D1", f"--reason={T}", "--quantity", "1"), (), "return"),
    "reason to hold": (("lot", "hold", "B{number}", f"--reason={T}"), ("lot", "show", "B{number}"), "reason"),
    "other pharmacy": (
        ("rx", "transfer", "RX{next}", f"--to={T}", "--reason", "moved"),
        ("rx", "show", "RX{next}"),
        "to_pharmacy",
    ),
    "reference of a recall": (
        (*NOTICE, f"--reference={T}", "--reason", "cracked"),
        ("recall", "show", "RC{number}"),
        "reference",
    ),
    "user": (("user", "add", "--role", "technician", "--", T), ("user", "list"), "user"),
}
"""What takes any text that can be seen, and the command whose JSON tells it again, by which name; else by which event
the audit tells it."""

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

OF_ITS_OWN = (
    ("patient", "show", "P{twice}"), ("rx", "show", "RX{next}"), ("rx", "show", "RX{after}"),
    ("lot", "show", "B{number}"), ("recall", "show", "RC{number}"),
)  # fmt: skip
"""What is read of the records of one text, in every format."""

READINGS = (
    ("patient", "list"), ("patient", "show", "P1"), ("prescriber", "list"), ("rx", "list"), ("rx", "show", "RX1"),
    ("lot", "list"), ("lot", "show", "A23"), ("stock",), ("expiring",), ("place", "list"), ("user", "list"),
    ("product", "list"), ("recall", "list"), ("report", "trace", "A23"), ("report", "trace", "M1"), ("vial", "list"),
    ("label", "queue"), ("label", "designs"), ("verify",), ("audit", "verify"),
)  # fmt: skip
"""What is read of all of them, in every format."""


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


def with_text(words: tuple[str, ...], nasty: str, number: int = 1) -> tuple[str, ...]:
    """The words for this text, which is the first, second, ... in its pharmacy."""
    of_its_own = {"number": number, "twice": 2 * number, "next": number + 1, "after": number + 2}
    return tuple(word.format(**of_its_own).replace(T, nasty) for word in words)


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


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the migrations make of an empty file, statement by statement."""
    file = tmp_path_factory.mktemp("schema") / "made.db"
    there = database.open_engine(database.parse_url(str(file)), pause=lambda: None)
    ownership.upgrade(there)
    with there.connect() as db:
        made: Any = db.connection.dbapi_connection
        statements = list(made.iterdump())
    there.dispose()
    assert (statements[0], statements[-1]) == ("BEGIN TRANSACTION;", "COMMIT;")
    return statements[1:-1]


@pytest.fixture
def quick_migrations(schema: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema is made once: what is asked here is what happens to the text of each of many pharmacies."""

    def upgrade(config: Any, to: str) -> None:
        for statement in schema:
            config.attributes["connection"].exec_driver_sql(statement)

    monkeypatch.setattr(command, "upgrade", upgrade)


@pytest.mark.usefixtures("quick_migrations")
@pytest.mark.parametrize("field", STRICT)
def test_what_can_be_seen_is_taken_or_refused_in_one_sentence(desk, field):
    before, files = written(), sorted(os.listdir())
    for nasty in SEEN.values():
        said = desk(*with_text(STRICT[field], nasty))
        assert acting(said.out + said.err) == []
        assert "Traceback" not in said.err
        after = written()
        if said.status:
            assert said.status in (1, 2, 4), (nasty, said)
            assert after == before or field in ("record", "prescription")
        elif field in ("pharmacy", "address"):
            # A pharmacy of its own, whose settings say it in TOML.
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


def named(name: str, document: object) -> Iterator[str]:
    """The texts of that name, wherever they are."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == name and isinstance(value, str):
                yield value
            yield from named(name, value)
    elif isinstance(document, list):
        for value in document:
            yield from named(name, value)


def squeezed(said: str) -> str:
    return "".join(said.split())


def require_cells(page: str) -> list[str]:
    """The cells of the CSV, none of which a spreadsheet runs; an apostrophe before one is its mark of text."""
    cells = [cell for row in csv.reader(io.StringIO(page, newline=""), strict=True) for cell in row]
    run = ("=", "+", "@", "\t", "\r", "\uff1d")
    assert [cell for cell in cells if cell.startswith(run)] == []
    assert [cell for cell in cells if cell.startswith("-") and not cell[1:].isdigit()] == []
    return cells


AT_ONCE = 6
"""So many texts are entered in one pharmacy: the tables of the nightly report have room for all of them."""
BATCHES = [list(SEEN)[first : first + AT_ONCE] for first in range(0, len(SEEN), AT_ONCE)]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch[0])
def test_what_can_be_seen_is_printed_as_it_is(either, batch):
    """Each text in every field of free text, and in whatever is read from there."""
    texts = [SEEN[name] for name in batch]
    for number in range(2, len(texts) + 1):
        either.done("receive", *STOCK, "--lot", f"B{number}")
    assert not any(one in other for one in texts for other in texts if one is not other), "one is found in another"
    before = sorted(os.listdir())
    for number, nasty in enumerate(texts, 1):
        for field, (words, reading, name) in FREE.items():
            either.done(*with_text(words, nasty, number))
            if reading:
                told = either.done(*with_text(reading, nasty, number), "--format", "json")
                assert nasty in named(name, json.loads(told)), (field, told)
        for reading in OF_ITS_OWN:
            require_read(either, with_text(reading, nasty, number))
        assert nasty in squeezed(either.done("patient", "show", f"P{2 * number}")) or " " in nasty
    for reading in READINGS:
        require_read(either, reading)
    rows = list(csv.DictReader(io.StringIO(either.done("prescriber", "list", "--format", "csv"), newline="")))
    assert rows[0]["name"] == "Ida Berg"
    for row, nasty in zip(rows[1:], texts, strict=True):
        assert row["name"] in (nasty, f"'{nasty}")
    assert sorted(os.listdir()) == before
    either.done("audit", "export", "--out", "chain.jsonl")
    chain = [json.loads(line) for line in Path("chain.jsonl").read_text("utf-8").splitlines()]
    for nasty in texts:
        reason = f'"reason":{json.dumps(nasty, ensure_ascii=False)}'
        kinds = {event["kind"] for event in chain if reason in event.get("canonical", "")}
        assert kinds >= {kind for _, reading, kind in FREE.values() if not reading}, nasty
    assert [auditor.read(file).ok for file in ("chain.jsonl", "chain.csv")] == [True, True]
    require_cells(Path("chain.csv").read_text("utf-8"))
    either("report", "nightly", "--out", "night")
    (night,) = Path("night").glob("*.csv")
    require_cells(night.read_text("utf-8"))
    (report,) = Path("night").glob("*.pdf")
    paper = report.read_bytes()
    pages = squeezed("".join(flowing(paper, number) for number in range(len(pypdfium2.PdfDocument(paper)))))
    for nasty in texts:
        # The reasons of a move, to send back, of a return, and to hold, and the reference of a recall.
        assert pages.count(squeezed(nasty)) >= 5 or "\uff1d" in nasty, nasty
    assert {file.name.split("-")[0] for file in Path("night").iterdir()} <= {"nightly", "checkpoint"}


def require_read(counter: Counter, reading: tuple[str, ...]) -> None:
    for how in ("table", "json", "csv"):
        if how != "table" and reading[0] in ("expiring",):
            continue
        page = counter(*reading, *(() if how == "table" else ("--format", how)))
        assert (acting(page.out), page.err) == ([], ""), (reading, how)
        if how == "csv" and page.out:
            require_cells(page.out)


ON_A_LABEL = ("patient", "pharmacy", "prescriber", "indication")
WITH_LETTERS = [nasty for nasty in SEEN.values() if "\uff1d" not in nasty]


@pytest.mark.parametrize("field", ON_A_LABEL)
def test_a_label_prints_it_as_it_is(field):
    design = load("dispense-4x2in")
    fills = [labelling.pages([[a_package(**{field: nasty})]], design) for nasty in WITH_LETTERS]
    pages = [page for fill in fills for page in fill]
    labels, paper = printed(zpl.draw(pages, 203)).labels, pdf.draw(pages)
    numbers = iter(range(len(pages)))
    for nasty, fill in zip(WITH_LETTERS, fills, strict=True):
        of_it = list(islice(numbers, len(fill)))
        assert squeezed(nasty) in squeezed("".join(flowing(paper, number) for number in of_it))
        assert squeezed(nasty) in squeezed("".join(each.text for number in of_it for each in labels[number].fields))
    assert len(labels) == len(pages)


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
    for reading in [*READINGS, *(with_text(each, "") for each in OF_ITS_OWN)]:
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
