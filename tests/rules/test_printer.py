import pytest

from dispensary.rules.printer import (
    DOTS_PER_INCH,
    JobState,
    NoPrinter,
    NotAPrinter,
    Printer,
    Way,
    printer_for,
    printer_named,
    read_printers,
    written,
)
from tests.refusing import refused

COUNTER = {"to": "cups:Brother_QL820NWB", "designs": ["dispense-100x62"]}
ZEBRA = {"to": "zpl://10.0.0.5:9100", "designs": ["dispense-4x2in", "mine/flag.toml"], "dots_per_inch": 203}
OFFICE = {"to": "pdf://[fe80::1]", "designs": ["leaflet-a4"]}
ALL = {"counter": COUNTER, "zebra": ZEBRA, "office": OFFICE}
KINDS = {"dispense-100x62": "dispense", "dispense-4x2in": "dispense", "mine/flag.toml": "vial", "leaflet-a4": "leaflet"}


def test_printers_are_read_in_their_order():
    assert read_printers(ALL) == (
        Printer("counter", Way.CUPS, "Brother_QL820NWB", None, ("dispense-100x62",)),
        Printer("zebra", Way.ZPL, "10.0.0.5", 9100, ("dispense-4x2in", "mine/flag.toml"), 203),
        Printer("office", Way.PDF, "fe80::1", 9100, ("leaflet-a4",)),
    )
    assert read_printers({}) == ()


def test_what_is_written_reads_back():
    printers = read_printers(ALL)
    assert read_printers({printer.name: written(printer) for printer in printers}) == printers


@pytest.mark.parametrize("to", ["pdf://printer", "pdf://label-1.pharmacy.example:515", "pdf://[::1]:9100"])
def test_a_host_is_a_name_or_an_address(to):
    (printer,) = read_printers({"one": {"to": to, "designs": ["leaflet-a4"]}})
    assert printer.to.startswith(to)


@pytest.mark.parametrize(
    "to",
    [
        "", 7, None, True, ["cups:Roll"], "Roll", "cups:", "cups:-o", "cups:a b", "cups:Roll;rm", "cups:Rølle",
        "cups:host/Roll", "cups:" + "a" * 128, "CUPS:Roll", "ipp://host", "zpl:host", "zpl://", "pdf://:9100",
        "pdf://host:0", "pdf://host:65536", "pdf://host:999999", "pdf://host:-1", "pdf://host:٩١٠٠", "pdf://host/queue",
        "pdf://user@host", "pdf://ho st", "pdf://-host", "pdf://host-", "pdf://a..b", "pdf://host.", "pdf://høst",
        "pdf://10.0.0.256", "pdf://10.0.5", "pdf://1", "pdf://[10.0.0.1]", "pdf://[fe80::1", "pdf://fe80::1",
        "pdf://[::1%eth0]", "pdf://" + "a" * 64, "pdf://host\n", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(to):
    with pytest.raises(NotAPrinter):
        read_printers({"counter": COUNTER | {"to": to}})


@pytest.mark.parametrize("to", ["cups:-o", "pdf://høst", "pdf://10.0.0.256", "pdf://host:0"])
def test_why_it_is_no_address(to):
    refused(NotAPrinter, lambda: read_printers({"counter": COUNTER | {"to": to}}))


@pytest.mark.parametrize("dots", DOTS_PER_INCH)
def test_zpl_is_drawn_in_the_dots_of_its_printer(dots):
    (printer,) = read_printers({"zebra": ZEBRA | {"dots_per_inch": dots}})
    assert printer.dots_per_inch == dots


@pytest.mark.parametrize("dots", [-203, 0, 204, 203.0, "203", True, None, [203]])
def test_other_dots_are_refused(dots):
    with pytest.raises(NotAPrinter, match="cannot be dots_per_inch of the printer zebra: give one of 152, 203"):
        read_printers({"zebra": ZEBRA | {"dots_per_inch": dots}})


@pytest.mark.parametrize("designs", [[], "dispense-100x62", None, [1], [""], [" "], ["a\nb"], ["a" * 201]])
def test_other_designs_are_refused(designs):
    with pytest.raises(NotAPrinter, match=r"cannot be designs of the printer counter: (give a list such as|name a)"):
        read_printers({"counter": COUNTER | {"designs": designs}})


@pytest.mark.parametrize("name", ["", " ", "a b", "-counter", "tresenø", "a" * 33, "../counter", "a.b"])
def test_other_names_are_refused(name):
    with pytest.raises(NotAPrinter, match="cannot be the name of a printer: write 1 to 32 letters"):
        read_printers({name: COUNTER})


@pytest.mark.parametrize(
    "given",
    [
        "cups:Roll",
        [COUNTER],
        {"counter": "cups:Roll"},
        {"counter": COUNTER | {"copies": 2}},
        {"counter": COUNTER | {"dots_per_inch": 203}},
        {"counter": {"to": "cups:Roll"}},
        {"counter": COUNTER | {"designs": [" "]}},
        {"counter": COUNTER | {"designs": ["a", "a"]}},
        {"zebra": ZEBRA | {"dots_per_inch": 204}},
        {"a.b": COUNTER},
        {"counter": COUNTER, "Counter": OFFICE},
    ],
)
def test_what_is_no_table_of_printers_is_refused(given):
    refused(NotAPrinter, lambda: read_printers(given))


def test_the_first_printer_with_such_a_design_prints():
    printers = read_printers(ALL)
    assert printer_for(printers, "dispense", KINDS.__getitem__) == (printers[0], "dispense-100x62")
    assert printer_for(printers, "vial", KINDS.__getitem__) == (printers[1], "mine/flag.toml")
    assert printer_for(printers, "dispense", KINDS.__getitem__, "zebra") == (printers[1], "dispense-4x2in")


def test_where_none_prints_them_what_there_is_is_named():
    printers = read_printers(ALL)
    refused(NoPrinter, lambda: printer_for(printers, "shelf", KINDS.__getitem__))
    refused(NoPrinter, lambda: printer_for(printers, "leaflet", KINDS.__getitem__, "counter"))
    refused(NoPrinter, lambda: printer_for((), "shelf", KINDS.__getitem__))
    refused(NoPrinter, lambda: printer_for(printers, "shelf", KINDS.__getitem__, "cellar"))
    refused(NoPrinter, lambda: printer_named((), "counter"))


def test_what_failed_waits_and_what_is_unknown_does_not():
    assert {state for state in JobState if state.waits} == {JobState.WAITING, JobState.FAILED}
