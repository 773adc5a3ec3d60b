"""The nightly report as it is handed over; `UPDATE_GOLDEN=1 python -m pytest` writes the golden files anew."""

import csv
import io
import json
import os
import stat
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pypdfium2
import pypdfium2.raw
import pytest

from dispensary.audit import Entry
from dispensary.exports.files import FileExists, FileNotSaved, write_new
from dispensary.exports.money import money
from dispensary.exports.nightly import COLUMNS, nightly_csv, nightly_json, write
from dispensary.exports.nightly_pdf import nightly_pdf
from dispensary.reports.nightly.attention import BelowMinimum
from dispensary.reports.nightly.day import DispensedLine, DrawnLine, LotUnits, ReturnedLine
from dispensary.reports.nightly.nightly import OverrideCount, StockGroup
from dispensary.reports.nightly.stock_day import CountedLine, LotActLine, ReceivedLine, StockActLine
from dispensary.reports.prescribing.unmet import Unmet
from dispensary.reports.stock.expiring import ExpiringRow
from dispensary.reports.verify import Check
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Country, Language, Pharmacy
from dispensary.rules.product import Container, Form, Temperature
from dispensary.rules.shelf import State
from dispensary.rules.stock_act import StockActKind
from tests.exports.nights import a_night

GOLDEN = Path(__file__).parent.parent / "golden" / "reports"
DAY = date(2026, 11, 21)
CORNER = Pharmacy("Corner Pharmacy", "1 Main Street", "555-0100", Country.US, "America/New_York", Language.ENGLISH)
LOEKKA = replace(CORNER, name="Løkka apotek", country=Country.NORWAY)
EMPTY = replace(a_night(), audit=Entry(2, "ab" * 32))


def an_expiring(lot="A1", days=-4, band="expired", units=5, state=State.EXPIRED) -> ExpiringRow:
    return ExpiringRow(
        product="US-CY-ARG1",
        name="Cyanocobalamin injection",
        form=Form.CYANOCOBALAMIN,
        strength_mcg_per_ml=1000,
        container=Container.MULTI_DOSE_VIAL,
        fill_ml=Decimal(1),
        preservative="benzyl alcohol 15 mg/mL",
        temperature=Temperature.ROOM,
        protect_from_light=True,
        lot=lot,
        expires=date.fromordinal(DAY.toordinal() + days),
        place="shelf",
        state=state,
        units=units,
        usable_units=units if state is State.AVAILABLE else 0,
        days_left=days,
        band=band,
    )


BUSY = replace(
    a_night(lots=20, sites=2),
    needs_a_person=(
        "Expired (shelf): 5 units of US-CY-ARG1, lot A1; take them out of stock and destroy them.",
        "Below minimum, usable units of those wanted: US-CY-FK1 (0 of 25); order them.",
    ),
    stock=(
        StockGroup(Form.CYANOCOBALAMIN, Decimal(1), "benzyl alcohol 15 mg/mL", 1405, 1200),
        StockGroup(Form.CYANOCOBALAMIN, Decimal(1), "none", 40, 40),
        StockGroup(Form.HYDROXOCOBALAMIN, Decimal(30), "methylparaben 1.5 mg/mL, propylparaben 0.2 mg/mL", 3, 0),
    ),
    expiring=(an_expiring(), an_expiring("B2", 12, "30", 200, State.AVAILABLE)),
    below_minimum=(BelowMinimum("US-CY-FK1", "Cyanocobalamin injection", 25, 0),),
    dispensed=(DispensedLine("D7", "RX3", "P2", "US-CY-ARG1", (LotUnits("B2", 3), LotUnits("C3", 1)), 4, "alex"),),
    drawn=(DrawnLine("DR1", "V2", "RX9", "P4", "US-CY-VIT30", "V30", 1000, 1000, "alex"),),
    returned=(ReturnedLine("RT1", "D4", "NO-CY-TAK1", "N9", 2, "quarantine", "=never collected", "åse"),),
    received=(ReceivedLine("R5", "US-CY-ARG1", "C3", date(2028, 5, 31), 25, "shelf", "alex"),),
    stock_acts=(
        StockActLine("S1", StockActKind.MOVE, "US-CY-ARG1", "B2", 5, "shelf", "quarantine", None, None, "alex"),
        StockActLine("S2", StockActKind.DESTROY, "US-CY-ARG1", "A1", 2, "shelf", "waste", "expired", "kim", "alex"),
    ),
    counted=(CountedLine("C1", "US-CY-ARG1", "B2", "shelf", -2, "broken, not booked", "kim"),),
    lot_acts=(LotActLine("US-CY-ARG1", "A1", LotAct.RECALL, "cracked vials", "alex"),),
    overrides=(OverrideCount("early_refill", "travel", 2), OverrideCount("leber", "prescriber_consulted", 1)),
    unmet=(Unmet("RX7", "US-CY-FK1", 4, 1, "alex"),),
    audit=Entry(1234, "3f" * 32),
)


def golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_bytes().decode()


def read(data: bytes) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(data)
    try:
        texts = []
        for page in document:
            text = page.get_textpage()
            texts.append(text.get_text_range().replace("\r\n", "\n"))
            text.close()
            page.close()
        return texts
    finally:
        document.close()


@pytest.mark.parametrize(("name", "report"), [("busy", BUSY), ("empty", EMPTY)])
def test_the_pdf_says_what_the_owner_must_know(name, report):
    golden(f"nightly-{name}.txt", "\f\n".join(read(nightly_pdf(report, CORNER))))


@pytest.mark.parametrize(("name", "report"), [("busy", BUSY), ("empty", EMPTY)])
def test_csv_and_json_hold_the_same(name, report):
    golden(f"nightly-{name}.json", nightly_json(report).decode())
    golden(f"nightly-{name}.csv", nightly_csv(report).decode())


def test_every_field_of_the_report_has_its_column():
    rows = list(csv.DictReader(io.StringIO(nightly_csv(BUSY).decode(), newline="")))
    report = json.loads(nightly_json(BUSY))
    assert set(rows[0]) == set(COLUMNS)
    used = {name for row in rows for name, value in row.items() if value}
    assert used == set(COLUMNS)
    for section, found in report.items():
        for row in found if isinstance(found, list) and section != "needs_a_person" else []:
            assert not set(row) - {"lots"} - set(COLUMNS), section
    assert [row["units"] for row in rows if row["section"] == "dispensed"] == ["3", "1"]


def test_a_reason_is_no_formula_in_a_spreadsheet():
    assert b"'=never collected" in nightly_csv(BUSY)


def test_the_same_day_gives_the_same_bytes():
    assert nightly_pdf(BUSY, CORNER) == nightly_pdf(BUSY, CORNER)


@pytest.mark.parametrize(
    ("pharmacy", "size", "day"),
    [
        (CORNER, (612, 792), "Saturday, November 21, 2026"),
        (LOEKKA, (595, 842), "Saturday 21 November 2026"),
    ],
)
def test_the_paper_and_the_date_are_those_of_the_country(pharmacy, size, day):
    data = nightly_pdf(EMPTY, pharmacy)
    document = pypdfium2.PdfDocument(data)
    page = document[0]
    assert tuple(map(round, page.get_size())) == size
    page.close()
    document.close()
    (text,) = read(data)
    assert day in text
    assert pharmacy.name in text


def test_only_embedded_fonts_are_asked_for():
    data = nightly_pdf(BUSY, CORNER)
    assert b"Helvetica" not in data
    assert data.count(b"/FontFile2") == 2


@pytest.mark.parametrize("sites", [1, 5])
@pytest.mark.parametrize("lots", [0, 10, 10_000])
def test_the_paper_of_few_and_many_lots_and_sites(lots, sites):
    pages = read(nightly_pdf(a_night(lots, sites), CORNER))
    golden(f"nightly-{lots}-lots-{sites}-sites.txt", "\f\n".join(pages))
    assert len(pages) <= 7
    assert [f"page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1)] == [True] * len(pages)
    assert "Read and signed by" in pages[-1]
    assert all(f"Corner Pharmacy {site}" in "".join(pages) for site in range(1, sites + 1) if sites > 1)


def test_what_the_paper_leaves_out_is_counted_and_in_the_csv():
    report = a_night(10_000)
    text = "\n".join(read(nightly_pdf(report, CORNER)))
    expiring = [row for row in report.expiring if row.band != "expired"]
    assert f"and {len(expiring) - 15:,} more, in the CSV" in text
    assert text.count("L0") < 400
    rows = csv.DictReader(io.StringIO(nightly_csv(report).decode(), newline=""))
    assert len([row for row in rows if row["section"] == "expiring"]) == len(report.expiring)


def test_sentences_beyond_the_first_page_are_counted():
    said = tuple(f"Sentence {number:03}." for number in range(100))
    text = "\n".join(read(nightly_pdf(replace(BUSY, needs_a_person=said), CORNER)))
    assert "Sentence 023." in text
    assert "Sentence 024." not in text
    assert "and 76 more, in the CSV and the JSON" in text


def test_books_that_disagree_are_told_check_by_check():
    wrong = Check("balances", False, "lot A1 has 3 and should have 4")
    report = replace(BUSY, checks=replace(BUSY.checks, ok=False, checks=(wrong, *BUSY.checks.checks)))
    text = "\n".join(read(nightly_pdf(report, CORNER)))
    assert "1 of 2 checks of the books do not hold:" in text
    assert "balances: lot A1 has 3 and should have 4" in text


def test_stock_of_unknown_cost_is_never_told_as_worth_nothing():
    known, unknown = BUSY.value[0], replace(BUSY.value[0], units=5, unknown_units=5, value_micros=None)
    assert "What the stock has cost is not known." in read(nightly_pdf(replace(BUSY, value=(unknown,)), CORNER))[0]
    pages = read(nightly_pdf(replace(BUSY, value=(replace(known, unknown_units=0), unknown)), CORNER))
    assert "Not counted is what has no known cost: 5 units." in "".join(pages)


def test_what_will_expire_at_an_unknown_cost_comes_before_the_known_losses():
    report = a_night(lots=40)
    known = replace(report.unused[0], lot="KNOWN", unused_units=90, unused_value_micros=10**12)
    cheap = replace(report.unused[0], lot="CHEAP", unused_units=95, unused_value_micros=10**6)
    unknown = replace(report.unused[0], lot="NOBODY", unused_units=1, unused_value_micros=None)

    def order(*rows):
        text = "\n".join(read(nightly_pdf(replace(report, unused=rows, expiring=()), CORNER)))
        told = text[text.index("Will expire unused") :].splitlines()
        return told[0], [line.split()[1] for line in told[2 : 2 + len(rows)]]

    assert order(cheap, known) == ("Will expire unused: the greatest loss first", ["KNOWN", "CHEAP"])
    assert order(cheap, known, unknown) == (
        "Will expire unused: those of unknown cost, then the greatest loss",
        ["NOBODY", "KNOWN", "CHEAP"],
    )


def test_amounts_of_money_are_rounded_halves_up():
    assert [money(micros) for micros in (None, 0, 4_999, 5_000, 1_234_567_890_000, -5_000, -4_999)] == [
        "not known",
        "0.00",
        "0.00",
        "0.01",
        "1,234,567.89",
        "-0.01",
        "0.00",
    ]


def test_a_fill_of_more_lots_than_a_page_holds_is_still_printed():
    taken = tuple(LotUnits(f"LOT-{number:016}", 1) for number in range(400))
    text = "".join(read(nightly_pdf(replace(BUSY, dispensed=(replace(BUSY.dispensed[0], lots=taken),)), CORNER)))
    assert all(each.lot in text for each in taken)


def test_long_text_is_wrapped_and_never_cut():
    words = " ".join(f"word{number}" for number in range(25))
    report = replace(
        BUSY,
        returned=(replace(BUSY.returned[0], reason=words, by="W" * 100, lot="W" * 20, product="W" * 32),),
        needs_a_person=(words,),
    )
    pages = read(nightly_pdf(report, replace(CORNER, name="Pharmacy " * 11 + "W")))
    text = "".join(pages).replace("\n", "")
    assert text.replace(" ", "").count(words.replace(" ", "")) == 2
    assert text.count("W") >= 100 + 20 + 32 + 2


def test_a_number_that_is_too_wide_is_smaller_and_never_broken():
    wide = 12_345_678_901_234_567_890
    group, order = replace(BUSY.stock[0], units=wide, usable_units=wide), BUSY.reorder[0]
    report = replace(BUSY, stock=(group,), reorder=(replace(order, order_value_micros=wide * 10**6),))
    first, *others = read(nightly_pdf(report, CORNER))
    # In the day's figures, and twice in its row.
    assert first.count("12,345,678,901,234,567,890") == 3
    assert "12,345,678,901,234,567,890.00" in "".join(others)


def test_the_paper_says_of_which_moment_its_stock_is():
    """Made at two in the night, or of a day that is long past."""
    assert "stock, vials and figures as of 2026-11-22 02:00" in read(nightly_pdf(BUSY, CORNER))[0]


def test_markup_is_text():
    report = replace(BUSY, needs_a_person=('<img src="/etc/passwd"/> <b>bold</b> & <a href="x">',))
    assert '<img src="/etc/passwd"/> <b>bold</b> & <a href="x">' in read(nightly_pdf(report, CORNER))[0]


def test_what_the_font_lacks_is_a_question_mark():
    report = replace(BUSY, needs_a_person=("Reason: 漢字 and \x1b.",))
    assert "Reason: ?? and ?." in read(nightly_pdf(report, CORNER))[0]


def test_the_night_is_three_files_for_the_owner_alone(tmp_path):
    files = write(BUSY, CORNER, tmp_path / "out" / "night")
    assert [file.name for file in files] == [f"nightly-2026-11-21.{kind}" for kind in ("pdf", "csv", "json")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3


def test_one_name_that_is_taken_stops_all_three(tmp_path):
    (tmp_path / "nightly-2026-11-21.json").write_bytes(b"old")
    with pytest.raises(FileExists):
        write(BUSY, CORNER, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["nightly-2026-11-21.json"]
    write(BUSY, CORNER, tmp_path, force=True)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_disk_that_fills_up_leaves_nothing_and_the_next_attempt_is_whole(tmp_path, monkeypatch):
    def full(path, data, **_):
        if path.suffix == ".json":
            raise FileNotSaved(path=str(path), problem="No space left on device")
        write_new(path, data)

    with monkeypatch.context() as disk:
        disk.setattr("dispensary.exports.nightly.write_new", full)
        with pytest.raises(FileNotSaved):
            write(BUSY, CORNER, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(write(BUSY, CORNER, tmp_path)) == 3
