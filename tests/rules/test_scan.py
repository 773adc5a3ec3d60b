from contextlib import suppress
from datetime import date

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from dispensary.errors import Refused, quoted
from dispensary.rules.gs1 import GS, UnsafeSeparator, carries
from dispensary.rules.identifiers import NotAGtin, WrongCheckDigit
from dispensary.rules.scan import NotALot, NotInGs1Code, Pack, element_string, parse_lot, read_pack
from tests.rules.scanned import A21, BASE, GTIN, SERIALISED, read, refused


@pytest.mark.parametrize("prefix", ["", "]d2", "]C1", "]Q3", "]e0", GS, "]d2" + GS])
@pytest.mark.parametrize("suffix", ["", GS, "\r", "\n", "\r\n", "\t", GS + "\r"])
def test_reads_a_pack_with_whatever_the_scanner_puts_around_it(prefix, suffix):
    assert read(f"{prefix}{BASE}10A21{suffix}") == A21


@pytest.mark.parametrize(
    "scan",
    [
        f"{BASE}10A21{GS}21SER9",
        f"{BASE}21SER9{GS}10A21",
        f"01{GTIN}21SER9{GS}1727103110A21",
        f"01{GTIN}21SER9{GS}10A21{GS}17271031",
        f"01{GTIN}10A21{GS}1727103121SER9",
        f"10A21{GS}21SER9{GS}01{GTIN}{GS}17271031",
    ],
)
def test_reads_the_fields_in_any_order(scan):
    assert read("]d2" + scan) == SERIALISED


@pytest.mark.parametrize("fnc1", ["|", "^", "~", "\\x1d", "{GS}", "<GS>#"])
def test_reads_the_configured_substitute_as_separator(fnc1):
    assert read(f"]d2{fnc1}{BASE}10A21{fnc1}21SER9{fnc1}", fnc1) == SERIALISED
    assert read(f"]d2{BASE}10A21{GS}21SER9", fnc1) == SERIALISED


@pytest.mark.parametrize("fnc1", ["A", "0", "%", "<GS>", "\x1d", " ", "¤", "|" * 9])
def test_refuses_a_substitute_that_a_lot_may_hold(fnc1):
    refusal = refused(f"{BASE}10A21", fnc1)
    assert isinstance(refusal, UnsafeSeparator)
    assert str(refusal) == (
        f"{quoted(fnc1)} cannot stand for FNC1, as a lot may contain it: set the scanner and the settings to 1 to 8 "
        "ASCII signs of which one is outside GS1's character set, such as | or ^."
    )


@pytest.mark.parametrize(
    "scan",
    [
        f"(01){GTIN}(17)271031(10)A21(21)SER9",
        f" (01) {GTIN} (17) 271031 (10) A21 (21) SER9 ",
        f"]d2(01){GTIN}(10)A21(21)SER9(17)271031",
    ],
)
def test_reads_what_is_printed_beside_the_code(scan):
    assert read(scan) == SERIALISED


def test_parentheses_end_a_lot_that_a_scan_could_not():
    assert read(f"(01){GTIN}(17)271031(10)LOT21SER9").lot == "LOT21SER9"


@pytest.mark.parametrize(
    "other",
    ["11251101", "13251101", "2001", f"22AB{GS}", f"240REF1{GS}", f"7154711{GS}", f"8200http://x.no{GS}", f"91zz{GS}"],
)
def test_passes_over_fields_that_change_nothing(other):
    assert read(f"]d2{BASE}{other}10A21") == A21


@pytest.mark.parametrize(
    ("digits", "expires", "day_00"),
    [
        ("270500", date(2027, 5, 31), True),
        ("280200", date(2028, 2, 29), True),
        ("280229", date(2028, 2, 29), False),
        ("760101", date(2076, 1, 1), False),
        ("770101", date(1977, 1, 1), False),
        ("991231", date(1999, 12, 31), False),
        ("000101", date(2000, 1, 1), False),
    ],
)
def test_reads_expiries_with_day_00_and_the_century_window(digits, expires, day_00):
    pack = read(f"01{GTIN}17{digits}10A21")
    assert (pack.expires, pack.day_00) == (expires, day_00)


def test_the_century_window_moves_with_the_year():
    late = date(2060, 1, 1)
    assert read_pack(f"01{GTIN}1710010110A21", today=late).expires == date(2110, 1, 1)
    assert read_pack(f"01{GTIN}1711010110A21", today=late).expires == date(2011, 1, 1)


@pytest.mark.parametrize("lot", ["A21", "2101", "21", "121", "A2", "LOT-10/17", "B07", "1662"])
def test_takes_ordinary_lots_at_the_end_of_a_scan(lot):
    assert read(f"]d2{BASE}10{lot}").lot == lot


def test_takes_any_lot_where_its_end_is_marked_or_the_serial_is_elsewhere():
    assert read(f"{BASE}10LOT21SER9{GS}").lot == "LOT21SER9"
    assert read(f"{BASE}21X{GS}10LOT21SER9").lot == "LOT21SER9"
    assert read(f"01{GTIN}10LOT21SER9{GS}17271031").lot == "LOT21SER9"


def test_typed_lots_are_wider_than_scanned_ones():
    assert parse_lot("01052018@46") == "01052018@46"
    assert not carries("01052018@46")
    assert carries("A21/b-7")


@pytest.mark.parametrize("lot", ["", "A 21", "A" * 21, "A\x1d", "A\n", "Å21", "２１"])
def test_refuses_other_lots(lot):
    with pytest.raises(NotALot) as refusal:
        parse_lot(lot)
    assert str(refusal.value) == (
        f"{quoted(lot)} is not a lot: type the 1 to 20 characters printed on the pack, without spaces."
    )


def test_writes_the_lot_before_the_expiry():
    assert element_string(GTIN, date(2027, 10, 31), "A21") == f"01{GTIN}10A21{GS}17271031"
    assert element_string(GTIN, date(2027, 10, 31), "A21", "S1") == f"01{GTIN}10A21{GS}1727103121S1"


@pytest.mark.parametrize(
    ("lot", "serial", "what", "given"),
    [("01052018@46", None, "lot", "01052018@46"), ("A21", "S 1", "serial number", "S 1"), ("", None, "lot", "")],
)
def test_refuses_to_write_what_a_gs1_code_cannot_hold(lot, serial, what, given):
    with pytest.raises(NotInGs1Code) as refusal:
        element_string(GTIN, date(2027, 10, 31), lot, serial)
    assert str(refusal.value) == (
        f"The {what} '{given}' cannot stand in a GS1 code, which takes 1 to 20 letters, digits and common signs: "
        "use a plain code for this pack."
    )
    with pytest.raises(WrongCheckDigit):
        element_string("00305170031252", date(2027, 10, 31), "A21")


SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
texts = st.text(SET_82, min_size=1, max_size=20) | st.text("0127", min_size=1, max_size=20)
packs = st.builds(
    Pack,
    gtin=st.from_regex(r"[0-8]03[0-9]{10}", fullmatch=True).map(lambda body: body + ean.calc_check_digit(body)),
    lot=texts,
    expires=st.dates(date(1977, 1, 1), date(2076, 12, 31)),
    serial=st.none() | texts,
)


def written(pack):
    return element_string(pack.gtin, pack.expires, pack.lot, pack.serial)


def read_or_none(scan):
    try:
        return read(scan)
    except Refused:
        return None


def test_gs1_has_82_characters():
    assert len(SET_82) == 82
    assert [c for c in map(chr, range(0x250)) if carries(c)] == sorted(SET_82)


@given(packs)
def test_every_pack_reads_back(pack):
    assert read("]d2" + written(pack)) == pack
    assert read(written(pack).replace(GS, "|"), "|") == pack


@given(packs)
def test_agrees_with_biip_where_both_read(pack):
    message = GS1Message.parse(written(pack))
    found = {element.ai.ai: element.value for element in message.element_strings}
    assert (found["01"], found["10"], found.get("21")) == (pack.gtin, pack.lot, pack.serial)


@given(packs.filter(lambda pack: pack.serial is not None), st.permutations(["01", "17", "10", "21"]))
def test_a_lost_separator_never_makes_another_pack(pack, order):
    fields = {
        "01": "01" + pack.gtin,
        "17": f"17{pack.expires:%y%m%d}",
        "10": f"10{pack.lot}{GS}",
        "21": f"21{pack.serial}{GS}",
    }
    scan = "".join(fields[ai] for ai in order)
    assert read(scan) == pack
    silent = read_or_none(scan.replace(GS, ""))
    # Nothing is lost where the one field of variable length that matters came last.
    assert silent is None or silent == pack


@given(packs, st.integers(2, 15), st.integers(1, 9))
def test_one_wrong_digit_in_the_gtin_is_always_refused(pack, place, change):
    scan = written(pack)
    wrong = str((int(scan[place]) + change) % 10)
    assert isinstance(refused(scan[:place] + wrong + scan[place + 1 :]), NotAGtin)


@given(packs, st.integers(0, 60))
def test_a_cut_scan_never_changes_gtin_or_expiry(pack, length):
    cut = read_or_none(written(pack)[:length])
    assert cut is None or (cut.gtin, cut.expires, cut.lot) == (pack.gtin, pack.expires, pack.lot)


@given(packs, packs)
def test_two_scans_in_one_are_refused(first, second):
    assert read_or_none(f"]d2{written(first)}]d2{written(second)}") is None
    assert read_or_none(f"{written(first)}{GS}{written(second)}") is None
    assert read_or_none(f"{written(first)}\n{written(second)}") is None


@given(st.text(), st.sampled_from(["", "|", "A", "{GS}"]))
def test_any_text_is_read_or_refused(text, fnc1):
    for scan in (text, "]d2" + text, BASE + "10" + text, f"(01){GTIN}(17)271031(10){text}"):
        with suppress(Refused):
            assert carries(read(scan, fnc1).lot)


@given(st.text(f"0127389()]d{GS}AB|\n", max_size=60))
def test_any_likely_text_is_read_or_refused(text):
    read_or_none(text)
    read_or_none(f"{BASE}10A21{text}")
