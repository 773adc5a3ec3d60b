import time
from contextlib import suppress
from datetime import date

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused, quoted
from dispensary.rules.gs1 import (
    GS,
    CapsLock,
    CutScan,
    DoubledSeparator,
    EmptyScan,
    ForeignCharacter,
    GluedScans,
    KeyboardLayout,
    LostSeparator,
    NotAGs1Code,
    OnlyAGtin,
    ScanTooLong,
    UnclearParentheses,
    UnknownElement,
    UnsafeSeparator,
    carries,
)
from dispensary.rules.identifiers import NotAGtin, WrongCheckDigit, gtin_of_ndc
from dispensary.rules.scan import (
    CountInScan,
    ImpossibleExpiry,
    MissingElement,
    NotALot,
    NotInGs1Code,
    NotOnAPack,
    Pack,
    RepeatedElement,
    element_string,
    parse_lot,
    read_pack,
)

TODAY = date(2026, 11, 1)
GTIN = "00305170031251"
BASE = f"01{GTIN}17271031"
A21 = Pack(gtin=GTIN, lot="A21", expires=date(2027, 10, 31))
SERIALISED = Pack(gtin=GTIN, lot="A21", expires=date(2027, 10, 31), serial="SER9")


def read(scan, fnc1=""):
    return read_pack(scan, today=TODAY, fnc1=fnc1)


def refused(scan, fnc1=""):
    with pytest.raises(Refused) as refusal:
        read(scan, fnc1)
    return refusal.value


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


def lost(ai, given, problem):
    return (
        f"The scan's ({ai}) reads {given}, which {problem}: a separator was probably lost; set the scanner to send "
        "FNC1 and scan again, or type --lot instead."
    )


@pytest.mark.parametrize(
    ("scan", "sentence"),
    [
        (f"{BASE}10LOT21SER9", lost("10", "'LOT21SER9'", "may have the serial number (21) inside it")),
        (f"{BASE}10A2101", lost("10", "'A2101'", "may have the serial number (21) inside it")),
        (f"01{GTIN}10ABC17271031", lost("10", "'ABC17271031'", "may have the expiry (17) inside it")),
        (f"01{GTIN}10ABC1727103121S", lost("10", "'ABC1727103121S'", "may have the expiry (17) inside it")),
        (f"{BASE}21SER910A21", lost("21", "'SER910A21'", "may have the lot (10) inside it")),
        (f"01{GTIN}21SER91727103110A21", lost("21", "'SER91727103110A21'", "may have the expiry (17) inside it")),
        (f"1727103110A2101{GTIN}", lost("10", f"'A2101{GTIN}'", "may have the GTIN (01) inside it")),
        (f"{BASE}10LOT21SERIALNUMBER0001", lost("10", "'LOT21SERIALNUMBER0001'", "is longer than 20 characters")),
        (f"{BASE}10A21{GS}240REF21SER9", lost("240", "'REF21SER9'", "may have the serial number (21) inside it")),
    ],
)
def test_refuses_a_lost_separator(scan, sentence):
    for prefix in ("", "]d2"):
        refusal = refused(prefix + scan)
        assert isinstance(refusal, LostSeparator)
        assert str(refusal) == sentence


REFUSALS = [
    ("", EmptyScan, "The scan is empty: scan the 2D code on the pack."),
    ("\r\n", EmptyScan, "The scan is empty: scan the 2D code on the pack."),
    ("]d2", EmptyScan, "The scan is empty: scan the 2D code on the pack."),
    (
        "0" * 401,
        ScanTooLong,
        "The scan has 401 characters and no pack's code has more than 400: scan one pack at a time.",
    ),
    (
        "01003051700312521727103110A21",
        WrongCheckDigit,
        "'00305170031252' is not a GTIN: with these digits its last would be 1, so one of them is wrong; "
        "scan or copy it again.",
    ),
    (
        "01000000000000001727103110A21",
        NotAGtin,
        "'00000000000000' is not a GTIN: it has 8, 12, 13 or 14 digits; copy it from the pack or scan the pack.",
    ),
    *(
        (
            f"{prefix}{BASE}10A21",
            CapsLock,
            f"The scan begins with '{prefix}': Caps Lock is on, which changes lots too; turn it off and scan again.",
        )
        for prefix in ("]D2", "]c1", "]q3", "]E0")
    ),
    *(
        (
            scan,
            KeyboardLayout,
            f"The scan begins with {given}: scanner and computer are set to different keyboard layouts, "
            "which changes lots too; set both to the same and scan again.",
        )
        for scan, given in (
            (f"+d2{BASE}10A21", "'+d20'"),
            (f"¨d2{BASE}10A21", "'¨d20'"),
            (f"d2{BASE}10A21", "'d201'"),
            (f"+D2{BASE}10A21", "'+D20'"),
            ('$déà&àà"à(&è', "'$déà'"),
            ('à&àà"à(&è', "'à&àà'"),
            (")!))#)%!&))#!@%!", "')!))'"),
            ("]d2)!))#)%!&))#!@%!", "')!))'"),
        )
    ),
    *(
        (
            scan,
            ForeignCharacter,
            f"The scan holds {character}, which no GS1 code does: if the scanner types it for FNC1, enter it in the "
            "settings; else check its keyboard layout and scan again.",
        )
        for scan, character in (
            (f"{BASE}10A21|21SER9", "'|'"),
            (f"{BASE}10A21^21SER9", "'^'"),
            (f"{BASE}1001052018@46", "'@'"),
            (f"{BASE}10A 21", "' '"),
            (f"{BASE}10Aø1", "'ø'"),
            (f"{BASE}10A２１", r"'\uff12'"),
            ("０１00305170031251", r"'\uff10'"),
            (f"{BASE}10A\x0021", r"'\x00'"),
            (f"{BASE}10A\x1b[31m", r"'\x1b'"),
            (f"{BASE}10A\u202e21", r"'\u202e'"),
            (f"{BASE}10A\ud800", r"'\ud800'"),
        )
    ),
    *(
        (
            scan,
            DoubledSeparator,
            "The scan has two separators with no field between them, so something is missing: scan again.",
        )
        for scan in (f"{BASE}10A21{GS}{GS}21SER9", f"]d2{GS}{GS}{BASE}10A21", f"{BASE}10A21{GS}{GS}")
    ),
    *(
        (scan, GluedScans, f"The scan runs on into another scan ({given}): scan the packs one at a time.")
        for scan, given in (
            (f"]d2{BASE}10A21]d2{BASE}10A21", "']d201003051700312511727103110A21'"),
            (f"{BASE}10A21\n{BASE}10B07", r"'\n01003051700312511727103110B07'"),
            (f"{BASE}10A21{BASE}10B07", "'01003051700312511727103110B07'"),
            (f"{BASE}10A21{GS}21SER9{BASE}10B07", "'01003051700312511727103110B07'"),
        )
    ),
    *(
        (
            scan,
            OnlyAGtin,
            f"'{scan}' is only a GTIN, without lot and expiry: scan the pack's 2D code, "
            "or type --product, --lot and --expires.",
        )
        for scan in ("305170031251", "7046264402948", GTIN, "96385074")
    ),
    *(
        (
            scan,
            NotAGs1Code,
            f"{shown} is not a GS1 code with GTIN, expiry and lot: scan the pack's 2D code, "
            "or type --product, --lot and --expires.",
        )
        for scan, shown in (
            ("hello", "'hello'"),
            ("]d1ABC123", "']d1ABC123'"),
            ("]E07046264402948", "']E07046264402948'"),
            ("[)>\x1e06\x1d9N1", r"'[)>\x1e06\x1d9N1'"),
            (
                f"https://id.gs1.org/01/{GTIN}/10/A21?17=271031",
                f"'https://id.gs1.org/01/{GTIN}/10/'...",
            ),
        )
    ),
    *(
        (scan, UnknownElement, f"The scan has {given} where a GS1 field should begin: it is damaged; scan again.")
        for scan, given in (
            (f"{BASE}05A21", "'05A21'"),
            (f"01{GTIN}A21", "'A21'"),
            (f"(01){GTIN}(05)A", "'(05)'"),
        )
    ),
    *(
        (
            scan,
            CutScan,
            f"The scan's ({ai}) is {given} and needs {needs}: it was cut or damaged; scan again.",
        )
        for scan, ai, given, needs in (
            ("]d201003051700", "01", "'003051700'", "14 digits"),
            (f"01{GTIN}172710", "17", "'2710'", "6 digits"),
            (f"01{GTIN}1727{GS}10A21", "17", r"'27\x1d10A'", "6 digits"),
            ("01OO3051700312511727103110A21", "01", "'OO305170031251'", "14 digits"),
            (f"{BASE}10", "10", "''", "at least one character"),
            (f"{BASE}10{GS}21SER9", "10", "''", "at least one character"),
            (f"(01){GTIN}(17)2710(10)A21", "17", "'2710'", "6 digits"),
        )
    ),
    *(
        (
            scan,
            UnclearParentheses,
            f"'{scan}' cannot be read field by field: type it as (01)...(17)...(10)... with parentheses "
            "around the identifiers only, or type --lot instead.",
        )
        for scan in (f"(01){GTIN}(10)A(1", "(01", "(012)1(10)A)", f"(011){GTIN}")
    ),
    *(
        (
            f"{BASE}{other}",
            NotOnAPack,
            f"The scan holds ({ai}), {what}, which is no part of a pack's code: scan the code on the pack itself.",
        )
        for other, ai, what in (
            ("00370462640000000017", "00", "the number of a case or pallet (SSCC)"),
            (f"02{GTIN}3710", "02", "the GTIN of what a case or pallet contains"),
            ("8018370462640000000017", "8018", "the number of a patient"),
            ("8017370462640000000017", "8017", "the number of a member of staff"),
            ("4147046260000008", "414", "GS1's field LOC No."),
            ("3103001250", "3103", "GS1's field NET WEIGHT (kg)"),
            ("15271031", "15", "GS1's field BEST BEFORE or BEST BY"),
            ("8110ABC", "8110", "GS1's field of a coupon"),
        )
    ),
    *(
        (
            f"{BASE}{ai}25{GS}10A21",
            CountInScan,
            f"The scan's ({ai}) says that it holds '25' items, so it is no single pack: scan the packs inside, "
            "or type --product, --lot, --expires and --quantity.",
        )
        for ai in ("30", "37")
    ),
    *(
        (scan, RepeatedElement, f"The scan has more than one {what}: scan the packs one at a time.")
        for scan, what in (
            (f"{BASE}10A21{GS}10B07", "lot ('A21' and 'B07')"),
            (f"{BASE}10A21{GS}10A21", "lot ('A21' and 'A21')"),
            (f"01{GTIN}{BASE}10A21", f"GTIN ('{GTIN}' and '{GTIN}')"),
            (f"{BASE}1727103010A21", "expiry ('271031' and '271030')"),
            (f"{BASE}10A21{GS}21S1{GS}21S2", "serial number ('S1' and 'S2')"),
            (f"{BASE}10A21{GS}{BASE}10B07", f"GTIN ('{GTIN}' and '{GTIN}')"),
            (f"{BASE}91A{GS}91B{GS}10A21", "(91) ('A' and 'B')"),
        )
    ),
    *(
        (
            scan,
            MissingElement,
            f"The scan has no {what}: scan the pack's 2D code, or type --product, --lot and --expires "
            "from what is printed.",
        )
        for scan, what in (
            ("1727103110A21", "GTIN"),
            (f"01{GTIN}10A21", "expiry"),
            (f"{BASE}", "lot"),
            (f"{BASE}21SER9", "lot"),
        )
    ),
    *(
        (
            f"01{GTIN}17{digits}10A21",
            ImpossibleExpiry,
            f"The scan's expiry '{digits}' (year, month, day) is no date: scan again, or read the pack "
            "and type --expires.",
        )
        for digits in ("270230", "271301", "270001", "270000", "270532", "270229", "999999")
    ),
]


@pytest.mark.parametrize(("scan", "kind", "sentence"), REFUSALS)
def test_says_why_a_scan_is_refused(scan, kind, sentence):
    refusal = refused(scan)
    assert type(refusal) is kind
    assert str(refusal) == sentence


def test_refuses_ten_megabytes_at_once():
    for text in ("0" * 10_000_000, "]d2" + BASE + "10" + "A" * 10_000_000):
        start = time.process_time()
        assert isinstance(refused(text), ScanTooLong)
        assert time.process_time() - start < 1


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
    gtin=st.builds(gtin_of_ndc, st.from_regex(r"[0-9]{5}-[0-9]{3}-[0-9]{2}", fullmatch=True), st.integers(0, 8)),
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
