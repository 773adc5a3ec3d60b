"""Registers on paper: every line of them, on pages with heads and numbers, to be signed."""

from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from dispensary.audit import Entry
from dispensary.exports import register_pdf as module
from dispensary.exports.register import new_register
from dispensary.exports.register_heading import Heading
from dispensary.exports.register_pdf import TooLongForPaper, register_pdf
from dispensary.reports.audit.override_register import OverrideRow
from dispensary.reports.audit.recall_register import RecallFileRow
from dispensary.reports.audit.stock_registers import RegisterRow
from dispensary.reports.people.access import AccessLine
from dispensary.reports.period import Period
from dispensary.rules.people import Country, Language, Person, Pharmacy, Role
from tests.build import NOW
from tests.refusing import refused

CORNER = Pharmacy("Corner Pharmacy", "1 Main Street", "555-0100", Country.US, "America/New_York", Language.ENGLISH)
HEAD = Entry(4711, "ab" * 32)
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3
"""A name of 105 letters without a place to break it."""


def heading(name, **more):
    by = Person(1, "alex", Role.PHARMACIST, 1)
    days = Period(date(2026, 11, 1), date(2026, 11, 30))
    said = {"pharmacy": CORNER, "site": "Corner", "period": days, "by": by, "on": NOW, "head": HEAD}
    return Heading(name, **said | more)


def a_line(number, **more):
    told = {
        "at": "2026-11-21T14:30:00+00:00",
        "local": "2026-11-21T09:30:00-05:00",
        "act": "dispense",
        "number": f"D{number}",
        "product": "US-CY-ARG1",
        "lot": f"LOT{number:05}",
        "expires": date(2027, 5, 31),
        "units": -4,
        "balance": 123_456 - 4 * number,
        "volume_ul": 0,
        "place": "shelf",
        "patient": f"P{number}",
        "rx": f"RX{number}",
        "prescriber": "PR1",
        "by": "alex",
        "second": "kim",
        "reason": None,
    }
    return RegisterRow(**told | more)


WHEN = ("2026-11-21T14:30:00+00:00", "2026-11-21T09:30:00-05:00")


def an_override(number):
    said = ("duplicate_supply", "override", "prescriber_consulted", f"reason {number} " + "for a while " * 12)
    return OverrideRow(*WHEN, "alex", f"D{number}", f"P{number}", f"RX{number}", "US-CY-ARG1", *said, "16 CCR 1707.3")


def a_recall_line(number):
    notice = (date(2026, 11, 21), "II", "Z-0815-2027", date(2026, 11, 20), f"lot LOT{number:05} of US-CY-ARG1")
    if number % 3 == 0:
        return RecallFileRow(f"RC{number}", "notice", *notice, by="alex", reason="particles were seen in it")
    if number % 3 == 1:
        lot = {"product": "US-CY-ARG1", "lot": f"LOT{number:05}", "expires": date(2027, 5, 31), "state": "recalled"}
        counts = {"received": 1000, "on_hand": 10, "with_patients": 4, "elsewhere": 0}
        return RecallFileRow(f"RC{number}", "lot", *notice, **lot, **counts)
    who = {"patient": f"P{number}", "outcome": "reached", "by": "kim", "reason": "rang"}
    return RecallFileRow(f"RC{number}", "call", *notice, **who)


def an_access(number):
    return AccessLine(*WHEN, "alex", "patient read", "report trace LOT00001", f"P{number}")


ROWS = {
    "dispensing": a_line,
    "receiving": a_line,
    "destruction": a_line,
    "overrides": an_override,
    "recall": a_recall_line,
    "access": an_access,
}


def texts(data):
    """The text of each page, after no word was found that stands outside of it."""
    document = pypdfium2.PdfDocument(data)
    found = []
    for page in document:
        text, (width, height) = page.get_textpage(), page.get_size()
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            assert 0 < left < right < width
            assert 0 < bottom < top < height
        found.append(text.get_text_range())
    document.close()
    return found


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("country", [Country.US, Country.NORWAY])
def test_a_register_without_lines_is_a_page_to_sign(name, country):
    (page,) = texts(register_pdf(heading(name, pharmacy=replace(CORNER, country=country)), []))
    assert "2026-11-01 through 2026-11-30: 0 lines, made on 2026-11-21 09:30 by alex (pharmacist)." in page
    assert "Read and signed by" in page
    assert "event 4,711" in page
    assert "page 1 of 1" in page


@pytest.mark.parametrize(("name", "lines"), [(name, 2000 if name == "dispensing" else 100) for name in ROWS])
def test_all_lines_are_there_on_numbered_pages_with_heads(name, lines):
    rows = [ROWS[name](number) for number in range(lines)]
    pages = texts(register_pdf(heading(name), rows))
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page
        # The last page may hold the signature alone.
        assert ("By" in page or "User" in page) or number == len(pages)
    words = set(" ".join(pages).split())
    wanted = {"dispensing": "D{}", "receiving": "D{}", "destruction": "D{}", "overrides": "D{}", "access": "P{}"}
    for number in range(lines):
        assert wanted.get(name, "RC{}").format(number) in words
    assert "Read and signed by" in pages[-1]
    assert "Read and signed by" not in "".join(pages[:-1])


def test_long_names_and_reasons_are_whole():
    rows = [a_line(1, by=LONG, second=LONG, reason="word " * 39 + "end", place=LONG[:40], lot="L" * 20)] * 3
    for name in ("dispensing", "receiving", "destruction"):
        page = "".join("".join(texts(register_pdf(heading(name), rows))).split())
        assert page.count(LONG) == 6
        assert page.count("word" * 39 + "end") == 3


def test_what_came_out_of_a_vial_is_a_volume():
    rows = [a_line(1, units=0, volume_ul=-1500)]
    assert "-1.5 mL" in texts(register_pdf(heading("destruction"), rows))[0]


def test_markup_is_text():
    rows = [a_line(1, reason="<b>&amp;</b> <font size=90>")]
    assert "<b>&amp;</b>" in " ".join("".join(texts(register_pdf(heading("dispensing"), rows))).split())


def test_the_same_lines_are_the_same_bytes():
    rows = [a_line(number) for number in range(50)]
    assert register_pdf(heading("dispensing"), rows) == register_pdf(heading("dispensing"), rows)


def test_a_register_is_never_printed_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_LINES", 3)

    def work():
        with new_register(tmp_path / "d.pdf") as file:
            file.write(heading("dispensing"), RegisterRow, map(a_line, range(4)))

    assert refused(TooLongForPaper, work).most == 3
    assert list(tmp_path.iterdir()) == []
    with new_register(tmp_path / "d.PDF") as file:
        assert file.write(heading("dispensing"), RegisterRow, map(a_line, range(3))) == 3
    assert (tmp_path / "d.PDF").read_bytes()[:5] == b"%PDF-"
