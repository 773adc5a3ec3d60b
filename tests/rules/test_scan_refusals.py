import time

import pytest

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
)
from dispensary.rules.identifiers import NotAGtin, WrongCheckDigit
from dispensary.rules.scan import CountInScan, ImpossibleExpiry, MissingElement, NotOnAPack, RepeatedElement
from tests.rules.scanned import BASE, GTIN, refused


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
