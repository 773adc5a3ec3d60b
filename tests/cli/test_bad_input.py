"""Every kind of bad input is refused in one sentence, with exit status 1 or 2, and nothing is written."""

import os
import subprocess
import sys
from datetime import date

import pytest
from sqlalchemy import func, select

from dispensary import database
from dispensary.rules.scan import element_string
from dispensary.schema.people import patient
from dispensary.schema.prescribing import prescription
from dispensary.schema.stock import lot, movement
from dispensary.schema.trust import audit_event, request
from tests.cli.counter import PROGRAM

GS = "\x1d"
GOOD = "]d2" + element_string("00305170031251", date(2027, 10, 31), "A23")
TYPED = ("receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-05-31")
TABLES = (lot, movement, audit_event, request, patient, prescription)


def rows():
    """How many rows each table of the counter's database has."""
    engine = database.open_engine(database.parse_url(os.environ["DISPENSARY_DATABASE"]), pause=lambda: None)
    with database.reading(engine) as db:
        found = [db.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]
    engine.dispose()
    return found


@pytest.fixture
def unchanged(counter):
    """A counter on each engine; fails the test if anything at all was written."""
    before = rows()
    yield counter
    assert rows() == before


@pytest.fixture
def unread(sqlite_counter):
    """The same on SQLite alone, for what is refused by its text before an engine is asked."""
    before = rows()
    yield sqlite_counter
    assert rows() == before


def refused(counter, *words, stdin=None):
    said = counter(*words, stdin=stdin)
    assert said.status in (1, 2), (words, said)
    assert said.out == ""
    assert "Traceback" not in said.err
    assert len(said.err) < 1000
    return said.err


SCANS = {
    "empty": "",
    "bad check digit": "]d201003051700312561727103110A23",
    "lost separator": "]d201003051700312521727103110LOT21SER9".replace("0312521", "0312511"),
    "lost separator before expiry": "]d2010030517003125110A2317271031",
    "wrong separator": "]d2010030517003125110A23|17271031",
    "doubled separator": f"]d2010030517003125110A23{GS}{GS}17271031",
    "two scans glued": GOOD + GOOD,
    "cut in the GTIN": "]d20100305170",
    "cut in the date": "]d2010030517003125110A23" + GS + "1727",
    "two GTINs": "]d20100305170031251010030517003125117271031" + "10A23",
    "two lots": "]d2010030517003125117271031" + f"10A23{GS}10B24",
    "two serials": f"]d201003051700312511727103110A23{GS}21S1{GS}21S2",
    "SSCC": "]d2" + "00106141412345678908",
    "content of a case": "]d202003051700312511727103137" + f"24{GS}10A23",
    "patient number": "]d28018123456789012345675",
    "caps lock": "]D2" + GOOD[3:],
    "keyboard layout": "+d2" + GOOD[3:],
    "shifted digits": "]d2)!)))#)%!&))#!@%!",
    "30 February": f"]d2010030517003125110A23{GS}17270230",
    "month 13": f"]d2010030517003125110A23{GS}17271331",
    "no lot": "]d2010030517003125117271031",
    "no expiry": "]d2010030517003125110A23",
    "no GTIN": "]d217271031" + "10A23",
    "escape": GOOD + "\x1b[2J",
    "full-width": GOOD.replace("0", "\uff10"),
    "arabic digits": GOOD.replace("1", "\u0661"),
    "bidi": GOOD + "\u202e",
    "plain text": "hello",
    "a url": "https://example.com/01/00305170031251",
}


@pytest.mark.parametrize("kind", SCANS)
def test_a_bad_scan(unread, kind):
    refused(unread, "receive", SCANS[kind])


@pytest.mark.parametrize(
    "scan",
    [
        "]d2" + element_string("50305170031256", date(2027, 10, 31), "A23"),  # no product's GTIN
        "]d2" + element_string("00305170031251", date(2026, 10, 31), "A23"),  # expired
        SCANS["bad check digit"],
    ],
)
def test_a_bad_scan_on_each_engine(unchanged, scan):
    refused(unchanged, "receive", scan)


def test_a_good_scan_beside_a_bad_one_is_not_received_either(unchanged):
    refused(unchanged, "receive", GOOD, SCANS["bad check digit"])


def test_ten_megabytes_of_scan(unread):
    refused(unread, "receive", "-", stdin="9" * 10_000_000)


def test_scans_that_are_not_text(unread):
    refused(unread, "receive", "-", stdin=b"\xff\xfe]d2\x0001003\xf0\x9f")


QUANTITIES = (
    "0", "-1", "+1", "1.5", "1,500", "1_000", "1e3", "NaN", "inf", "0x10", "01", " 1", "1 ", "", "½", "１２", "٣",
    "9" * 5000, "1000001", "--", "1;2", "\u200b1",
)  # fmt: skip


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_bad_quantity(unread, quantity):
    refused(unread, *TYPED, f"--quantity={quantity}")


DATES = (
    "2027-02-30", "2027-00-10", "2027-13-01", "2027-05-00", "2027-W21-5", "2027-150", "03/04/26", "31.05.2027",
    "20270531", "2027-5-31", "27-05-31", "2027-05-31T00:00", "tomorrow", "", "２０２７-05-31", "0000-01-01", "2027-13",
    "99999-01-01",
)  # fmt: skip


@pytest.mark.parametrize("expires", DATES)
def test_a_bad_expiry(unread, expires):
    refused(unread, "receive", "--product", "US-CY-ARG1", "--lot", "A1", f"--expires={expires}")


NAMES = (
    "", "   ", "a\nb", "a\rb", "a\x00b", "\x1b[31mred", "\x9b31m", "a\u202eb", "a\u200bb", "\u2066x", "x" * 101,
    "\ud800", "a\tb",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_name(unread, name):
    refused(unread, "patient", "add", "--id", "M1", f"--name={name}", "--born", "1961-04-03")


@pytest.mark.parametrize("born", ["2031-01-01", "1800-01-01", "1961-02-29", "61-04-03", "2026-11-22"])
def test_a_bad_birth_date(unread, born):
    refused(unread, "patient", "add", "--id", "M1", "--name", "Kari", "--born", born)


@pytest.mark.parametrize(
    "name", ["O'Brien", "Null", "-rf", "[bold]x[/x]", "<img src='/etc/passwd'>", "=1+1", "^XA~", "Łukasz Ø. Ŧaŋja"]
)
def test_an_odd_name_is_a_name(counter, name):
    counter.done("patient", "add", "--id", "M1", f"--name={name}", "--born", "1961-04-03")
    assert name in counter.done("patient", "show", "P1")
    assert counter.json("patient", "show", "P1")["name"] == name


DIRECTIONS = (
    "1 g IM weekly", "2g daily IM", "1000 mg IM weekly", "1 mcg IM weekly", "1 mg IV weekly", "1 mg SC weekly",
    "1 mg weekly", "IM weekly", "1 mg IM", "1 mg IM every 0 days", "1 mg IM every 3 to 2 days", "one IM weekly",
    "1 mg 2 mg IM weekly", "1 mg IM weekly monthly", "1,5 mg IM weekly", "1e3 mcg IM weekly", "", "x" * 5000,
    "1 mg IM weekly\x1b[0m", "-1 mg IM weekly", "0 mg IM weekly", "0.0001 mg IM weekly",
)  # fmt: skip


@pytest.fixture
def registered(counter):
    counter.done("patient", "add", "--id", "M1", "--name", "Kari", "--born", "1961-04-03")
    counter.done("prescriber", "add", "--name", "Ida", "--npi", "1234567893")


def rx(counter, *more, directions="1 mg IM weekly", form="cyanocobalamin"):
    words = ("rx", "add", "--patient", "P1", "--prescriber", "PR1", "--form", form, f"--directions={directions}")
    return refused(counter, *words, *more)


@pytest.mark.parametrize("directions", DIRECTIONS)
def test_bad_directions(unread, directions):
    # Refused before the patient is looked up, so that none is needed.
    assert "P1" not in rx(unread, "--quantity", "4", directions=directions)


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--quantity", "4", "--days", "28"),
        ("--quantity", "0"),
        ("--days", "9999"),
        ("--quantity", "4", "--refills", "-1"),
        ("--quantity", "4", "--refills", "100"),
        ("--quantity", "4", "--written", "2026-11-22"),
        ("--quantity", "4", "--written", "2024-01-01"),
        ("--quantity", "4", "--valid-until", "2020-01-01"),
        ("--quantity", "4", "--form", "cyanokit"),
        ("--quantity", "4", "--patient", "P999"),
        ("--quantity", "4", "--prescriber", "PR0"),
    ],
)
def test_a_bad_prescription(registered, unchanged, more):
    rx(unchanged, *more)


@pytest.mark.parametrize("npi", ["1234567890", "123456789", "12345678933", "１２３４５６７８９３", "abc", ""])
def test_a_bad_npi(unread, npi):
    refused(unread, "prescriber", "add", "--name", "Ida", f"--npi={npi}")


@pytest.mark.parametrize("key", ["", "a b", "x" * 65, "ключ", "a\nb"])
def test_a_bad_key(unread, key):
    refused(unread, *TYPED, f"--key={key}")


@pytest.mark.parametrize("number", ["RX0", "RX-1", "D1", "x", "", "1e3", "RX１", "9" * 50])
def test_a_bad_prescription_number(unread, number):
    refused(unread, "dispense", number)


HEADER = (
    "code,name,labeler,form,strength_mcg_per_ml,container,fill_ml,units_per_pack,preservatives,temperature,"
    "protect_from_light,routes,identifier_kind,identifier,gtin,confidence\n"
)
LINE = "X-1,B12,Maker,cyanocobalamin,1000,ampoule,1,10,none,20-25,yes,IM,none,,,seen\n"
FILES = {
    "empty": b"",
    "header only": HEADER.encode(),
    "utf-16": (HEADER + LINE).encode("utf-16"),
    "latin-1": (HEADER + LINE.replace("Maker", "Ødegård")).encode("latin-1"),
    "semicolons": (HEADER + LINE).replace(",", ";").encode(),
    "NUL": (HEADER + LINE.replace("Maker", "Ma\0ker")).encode(),
    "open quote": (HEADER + LINE.replace("Maker", '"Maker')).encode(),
    "doubled header": ("code," + HEADER + LINE).encode(),
    "missing column": (HEADER.replace("gtin,", "") + LINE).encode(),
    "short line": (HEADER + "X-1,B12\n").encode(),
    "long line": (HEADER + LINE.strip() + ",more\n").encode(),
    "same code twice": (HEADER + LINE + LINE).encode(),
    "known code": (HEADER + LINE.replace("X-1", "US-CY-ARG1")).encode(),
    "known GTIN": (HEADER + LINE.replace(",,,seen", ",,00305170031251,seen")).encode(),
    "bad GTIN": (HEADER + LINE.replace(",,,seen", ",,00305170031250,seen")).encode(),
    "bad second line": (HEADER + LINE + LINE.replace("X-1", "X-2").replace("1000", "1e3")).encode(),
    "fill 0": (HEADER + LINE.replace("ampoule,1,", "ampoule,0,")).encode(),
    "unknown preservative": (HEADER + LINE.replace("none,20-25", "see label,20-25")).encode(),
    "control character": (HEADER + LINE.replace("Maker", "Ma\x1bker")).encode(),
    "ten megabytes": HEADER.encode() + b"x" * 10_000_000,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_formulary(unread, kind):
    (unread.folder / "new.csv").write_bytes(FILES[kind])
    refused(unread, "product", "import", "new.csv")


def test_a_formulary_with_a_byte_order_mark_is_read(counter):
    (counter.folder / "new.csv").write_bytes((HEADER + LINE).encode("utf-8-sig"))
    counter.done("product", "import", "new.csv", "--key", "once")
    counter.done("product", "import", "new.csv", "--key", "once")
    assert "already in the formulary" in counter.refused("product", "import", "new.csv")


@pytest.mark.parametrize(
    "words",
    [
        (*TYPED, "--quantity=0"),
        (*TYPED[:-1], "2026-10-31"),  # expired
        (*TYPED, "--key=a b"),
        ("patient", "add", "--id", "M1", "--name=a\x1bb", "--born", "1961-04-03"),
        ("patient", "add", "--id", "M1", "--name", "Kari", "--born", "2026-11-22"),
        ("prescriber", "add", "--name", "Ida", "--npi", "1234567890"),
        ("dispense", "RX999"),
        ("dispense", "x"),
    ],
)
def test_bad_words_on_each_engine(unchanged, words):
    refused(unchanged, *words)


@pytest.mark.parametrize("kind", ["known code", "known GTIN", "bad second line"])
def test_a_bad_formulary_on_each_engine(unchanged, kind):
    (unchanged.folder / "new.csv").write_bytes(FILES[kind])
    refused(unchanged, "product", "import", "new.csv")


@pytest.mark.parametrize("directions", ["1 mg weekly", "1 g IM weekly"])
def test_bad_directions_on_each_engine(registered, unchanged, directions):
    rx(unchanged, "--quantity", "4", directions=directions)


@pytest.mark.parametrize("out", ["/nowhere/label.pdf", "folder", "link.pdf", "there.pdf"])
def test_a_bad_output_path(unchanged, out):
    (unchanged.folder / "folder").mkdir()
    (unchanged.folder / "there.pdf").write_text("mine")
    (unchanged.folder / "link.pdf").symlink_to(unchanged.folder / "there.pdf")
    refused(unchanged, "audit", "export", "--out", out)
    assert (unchanged.folder / "there.pdf").read_text() == "mine"


def run(folder, *words, env=None, **more):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
        **more,
    )


def test_words_that_are_not_utf8(counter):
    said = run(counter.folder, "patient", "add", "--id", b"M\xff1", "--name", b"Kari \xe6", "--born", "1961-04-03")
    assert said.returncode == 1
    assert b"Traceback" not in said.stderr


def test_a_terminal_without_letters(counter):
    counter.done("patient", "add", "--id", "M1", "--name", "Ødegård Ŋ", "--born", "1961-04-03")
    for locale in ("C", "POSIX"):
        said = run(counter.folder, "patient", "show", "P1", env={"LC_ALL": locale, "PYTHONUTF8": "0"})
        assert said.returncode == 0, said.stderr


def test_a_reader_that_goes_away(counter):
    code = "from dispensary.cli.app import main; main()"
    command = f"{sys.executable} -c '{code}' product list --format json | head -c 1"
    said = subprocess.run(["/bin/sh", "-c", command], cwd=counter.folder, capture_output=True, check=False)
    assert said.stderr == b""
