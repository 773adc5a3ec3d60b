"""Every kind of refusal in the program has a sentence in the golden file; each sentence there has its kind."""

import re
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pkgutil import walk_packages

import pytest

import dispensary
from dispensary import database
from dispensary.errors import Contended, NotSaved, Refused
from dispensary.exports import files
from dispensary.rules import dates, gs1, identifiers, product, quantity, scan
from dispensary.rules.course import Course
from dispensary.rules.formulary import read_rows
from dispensary.rules.grammar import parse
from dispensary.rules.supply import SupplyBeyondCalendar, supply_of
from tests.build import FORMULARY
from tests.refusing import code, golden_lines, refused

# Told only inside the refusal of the file's line.
TOLD_IN_ANOTHER = {"gtin_of_unknown_pack"}

GTIN = "00305170031251"
BASE = f"01{GTIN}17271031"
TODAY = date(2026, 11, 21)

UNREADABLE_SCANS = {
    gs1.EmptyScan: "]d2",
    gs1.ScanTooLong: "0" * 401,
    gs1.CapsLock: f"]D2{BASE}10A21",
    gs1.KeyboardLayout: f"+d2{BASE}10A21",
    gs1.ForeignCharacter: f"{BASE}10A21|21SER9",
    gs1.DoubledSeparator: f"{BASE}10A21{gs1.GS}{gs1.GS}21SER9",
    gs1.GluedScans: f"]d2{BASE}10A21]d2{BASE}10A21",
    gs1.OnlyAGtin: GTIN,
    gs1.NotAGs1Code: "hello",
    gs1.UnknownElement: f"{BASE}05A21",
    gs1.CutScan: "]d201003051700",
    gs1.LostSeparator: f"]d201{GTIN}10A2317271031",
    gs1.UnclearParentheses: f"(01){GTIN}(10)A(1",
    identifiers.WrongCheckDigit: "01003051700312521727103110A21",
    scan.NotOnAPack: f"{BASE}00370462640000000017",
    scan.CountInScan: f"{BASE}3725{gs1.GS}10A21",
    scan.RepeatedElement: f"{BASE}10A21{gs1.GS}10B07",
    scan.MissingElement: BASE,
    scan.ImpossibleExpiry: f"01{GTIN}1727023010A21",
}
UNREADABLE_WORDS = {
    gs1.UnsafeSeparator: lambda: gs1.require_separator("A"),
    scan.NotALot: lambda: scan.parse_lot("A" * 21),
    scan.NotInGs1Code: lambda: scan.element_string(GTIN, date(2027, 10, 31), "01052018@46"),
    identifiers.NotAGtin: lambda: identifiers.parse_gtin("123"),
    identifiers.NotAnNdc: lambda: identifiers.ndc11("517-31-25"),
    identifiers.AmbiguousNdc: lambda: identifiers.ndc11("0517003125"),
    identifiers.GtinOfAnother: lambda: identifiers.require_agreeing("NDC", "0517-0031-25", "00363323044442"),
    identifiers.NotAnNpi: lambda: identifiers.parse_npi("1234567890"),
    identifiers.NotAnHpr: lambda: identifiers.parse_hpr("12 34"),
    product.NotAChoice: lambda: product.one_of(product.Route, "route", "IV"),
    product.NotPreservatives: lambda: product.Preservatives.parse("see label"),
    quantity.NotAQuantity: lambda: quantity.parse_units("1.5"),
    quantity.NotAVolume: lambda: quantity.parse_volume_ul("1 litre"),
    quantity.NotACost: lambda: quantity.parse_cost_micros("3,25"),
    dates.NotADate: lambda: dates.parse_date("31.05.2027"),
    dates.NotAnExpiry: lambda: dates.parse_expiry("05/27"),
    dates.BornInTheFuture: lambda: dates.parse_born("2026-11-22", TODAY),
    dates.BornTooLongAgo: lambda: dates.parse_born("1900-01-01", date(2031, 1, 1)),
}


@pytest.mark.parametrize("kind", UNREADABLE_SCANS)
def test_a_scan_that_cannot_be_read_says_why(kind):
    refused(kind, lambda: scan.read_pack(UNREADABLE_SCANS[kind], today=TODAY))


@pytest.mark.parametrize("kind", UNREADABLE_WORDS)
def test_words_that_cannot_be_read_say_why(kind):
    refused(kind, UNREADABLE_WORDS[kind])


def test_a_supply_beyond_the_calendar_says_so():
    ampoule = read_rows(FORMULARY.read_bytes(), "formulary.csv")[0].product
    refused(SupplyBeyondCalendar, lambda: supply_of(1_000_000, Course(parse("1 mg IM monthly"), TODAY), ampoule))


def test_a_file_that_is_not_written_says_why(tmp_path):
    (tmp_path / "there.pdf").write_text("mine")
    for kind, path in (
        (files.FileExists, tmp_path / "there.pdf"),
        (files.NotAPlainFile, tmp_path),
        (files.NoFolder, tmp_path / "none" / "label.pdf"),
        (files.FileNotSaved, tmp_path / "label\0.pdf"),
    ):
        refused(kind, lambda path=path: files.write_new(path, b"label"), folder=tmp_path)


def test_storage_that_fails_says_so(shop, monkeypatch):
    monkeypatch.setattr(database, "ATTEMPTS", 1)

    def always_second(db):
        raise Contended

    refused(NotSaved, lambda: shop.write(always_second))


def kinds(of: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for kind in of.__subclasses__():
        # One without a sentence is a family of kinds, such as those that the audit notes.
        if kind.__module__.startswith("dispensary.") and (kind.sentence or not kind.__subclasses__()):
            yield kind
        yield from kinds(kind)


@pytest.fixture(scope="module")
def every_kind() -> set[str]:
    """The codes of all kinds in all modules of the program."""
    for module in walk_packages(dispensary.__path__, "dispensary."):
        if not module.name.startswith("dispensary.migrations"):
            import_module(module.name)
    return {code(kind) for kind in kinds()}


def test_every_kind_has_its_sentence(every_kind):
    told = {line.split(":")[0] for line in golden_lines()}
    assert every_kind - told == TOLD_IN_ANOTHER


def test_every_sentence_is_of_a_kind_that_there_is(every_kind):
    assert {line.split(":")[0] for line in golden_lines()} <= every_kind


def test_no_two_kinds_have_one_code(every_kind):
    assert len(list(kinds())) == len(every_kind)


def test_a_sentence_is_one_sentence_or_more_and_ends():
    for line in golden_lines():
        assert re.fullmatch(r"[a-z0-9_]+: .+[.!]", line), line


def test_a_code_is_the_words_of_its_kind():
    class NotAGtinOrNpi(Refused):
        pass

    assert code(NotAGtinOrNpi) == "not_a_gtin_or_npi"
