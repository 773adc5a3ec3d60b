"""Labels to a printer, from `dispensary dispense` and `dispensary label`: alive, dead, and asked twice."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dispensary.cli.desk import Desk
from dispensary.cli.dispense import CannotBeLabelled
from dispensary.labelling.designs import NotADesign
from dispensary.labelling.zpl import NotForALabelPrinter
from dispensary.reports.verify import verify
from dispensary.rules.printer import SENDING_TAKES, NoPrinter
from dispensary.services.printing.print_label import Print, print_with
from dispensary.services.printing.send import NotToBeSent, claim
from tests.cli.labels import DEAD, events, needs_a_person, printer, told, without_printers
from tests.cli.test_day import an_rx, scan
from tests.labelling.printed import flowing, page
from tests.labelling.zpl_reader import printed as zpl
from tests.refusing import require_golden


def test_a_dispense_is_printed_at_once(counter, sink):
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "leaflet-a5", "dispense-100x62")
    counter.done("receive", scan())
    rx = an_rx(counter)
    done = counter.json("dispense", rx, "--print", "--key", "k")
    assert (done["printed"]["job"], done["printed"]["state"], done["label"]) == ("PJ1", "sent", None)
    (got,) = sink.got
    assert "Lot A23" in flowing(got)
    assert counter.json("dispense", rx, "--print", "--key", "k") == done
    assert counter.done("dispense", rx, "--print", "--key", "k").endswith("\nPrinted on counter: PJ1.\n")
    assert len(sink.got) == 1
    assert counter.json("stock")[0]["units"] == 21
    assert counter.done("label", "queue") == "Every label is printed.\n"


def test_a_label_is_printed_on_the_printer_that_is_named(filled, sink):
    printer("first", DEAD, "dispense-100x62")
    printer("second", f"pdf://127.0.0.1:{sink.port}", "dispense-4x2in", "dispense-100x62")
    done = filled.json("label", "dispense", "D1", "--printer", "second")
    assert (done["printer"], done["design"], done["file"]) == ("second", "dispense-4x2in", None)
    assert done["sent"]["state"] == "sent"
    other = filled.done("label", "dispense", "D1", "--printer", "second", "--design", "dispense-100x62")
    assert other == "PJ2: dispense D1, copy 2: second\n"
    sizes = [round(page(got).get_width() / 72 * 25.4, 1) for got in sink.got]
    assert sizes == [101.6, 100]


def test_no_printer_has_such_labels(filled):
    told(filled, NoPrinter, "label", "dispense", "D1", "--print")
    printer("counter", DEAD, "dispense-100x62")
    told(filled, NoPrinter, "label", "leaflet", "D1", "--print")
    told(filled, NoPrinter, "label", "dispense", "D1", "--printer", "cellar")
    told(filled, NoPrinter, "label", "dispense", "D1", "--print", "--design", "dispense-4x2in")
    told(filled, NoPrinter, "label", "dispense", "D1", "--printer", "counter", "--design", "dispense-4x2in")
    told(filled, NoPrinter, "dispense", "RX1", "--printer", "cellar", "--design", "dispense-4x2in")
    assert filled.json("label", "queue") == []
    assert filled.json("stock")[0]["units"] == 21


def test_a_design_that_is_not_there_stops_no_other(filled, sink):
    printer("first", DEAD, "gone.toml")
    printer("second", f"pdf://127.0.0.1:{sink.port}", "gone.toml", "dispense-100x62")
    assert filled.json("label", "dispense", "D1", "--print")["printer"] == "second"
    told(filled, NotADesign, "label", "dispense", "D1", "--printer", "first")
    told(filled, NotADesign, "label", "bag", "D1", "--print")
    assert len(sink.got) == 1


@pytest.mark.parametrize("ago", [timedelta(0), SENDING_TAKES])
def test_a_dispense_again_after_a_kill_says_one_thing(counter, sink, shop, ago):
    printer("counter", DEAD, "dispense-100x62")
    counter.done("receive", scan())
    rx = an_rx(counter)
    counter.done("dispense", rx, "--key", "k")
    work = Print("k", "dispense", "D1", "dispense-100x62", "counter")
    shop.do(print_with, work)
    shop.at(shop.on - ago).do(claim, "PJ1")
    said = counter("dispense", rx, "--print", "--key", "k")
    assert "Printed on" not in said.out
    assert needs_a_person(said, counter.folder).startswith("PJ1 is not printed: ")


def test_a_label_that_is_not_printed_is_not_said_to_be(filled, pauses):
    printer("counter", DEAD, "dispense-100x62")
    said = filled("label", "dispense", "D1", "--print")
    assert (said.status, said.out) == (4, "PJ1: dispense D1 is not printed by counter: failed\n")


def test_a_printer_of_zpl_gets_zpl(filled, sink):
    printer("zebra", f"zpl://127.0.0.1:{sink.port}", "dispense-4x2in", "dispense-letter-2x5", dots=203)
    filled.done("label", "dispense", "D1", "--print")
    filled.done("label", "dispense", "D1", "--print")
    first, copy = (" ".join(field.text for field in zpl(got).labels[0].fields) for got in sink.got)
    assert "Lot A23" in first
    assert ("Copy 2" in first, "Copy 2" in copy) == (False, True)
    told(filled, NotForALabelPrinter, "label", "dispense", "D1", "--print", "--design", "dispense-letter-2x5")
    assert filled.json("label", "queue") == []


def test_a_design_of_ones_own_is_found_beside_the_settings(filled, sink, monkeypatch):
    beside = Desk(os.environ["DISPENSARY_DATABASE"], None).settings_file.parent
    filled.done("label", "copy", "dispense-100x62", str(beside / "own.toml"))
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "own.toml")
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert filled.json("label", "dispense", "D1", "--print")["design"] == "own.toml"
    assert "Lot A23" in flowing(sink.got[0])


def test_a_dead_printer_keeps_the_label_and_the_fill_is_in_the_books(counter, sink, pauses, shop):
    printer("counter", DEAD, "dispense-100x62")
    counter.done("receive", scan())
    rx = an_rx(counter)
    said = counter("dispense", rx, "--print", "--key", "k")
    assert "Dispensed D1" in said.out
    assert "Printed on" not in said.out
    sentence = needs_a_person(said, counter.folder)
    require_golden(f"still_waiting: {sentence}")
    assert counter.json("stock")[0]["units"] == 21
    assert [(each["job"], each["state"]) for each in counter.json("label", "queue")] == [("PJ1", "failed")]
    without_printers()
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "dispense-100x62")
    assert counter.done("label", "send") == "PJ1: counter took it.\n"
    (got,) = sink.got
    assert "Copy" not in flowing(got)
    assert counter.json("dispense", rx, "--print", "--key", "k")["printed"]["state"] == "sent"
    assert len(sink.got) == 1
    assert shop.read(verify).ok


def test_the_same_dispense_again_sends_what_still_waits(counter, sink, pauses):
    printer("counter", DEAD, "dispense-100x62")
    counter.done("receive", scan())
    rx = an_rx(counter)
    assert counter("dispense", rx, "--print", "--key", "k").status == 4
    without_printers()
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "dispense-100x62")
    assert counter.json("dispense", rx, "--print", "--key", "k")["printed"]["job"] == "PJ1"
    assert len(sink.got) == 1
    assert counter.json("stock")[0]["units"] == 21


def test_a_label_goes_into_a_file_and_to_a_printer(counter, sink):
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "dispense-100x62")
    counter.done("receive", scan())
    done = counter.json("dispense", an_rx(counter), "--label", "a.pdf", "--print")
    assert (done["label"], done["printed"]["job"]) == ("a.pdf", "PJ1")
    assert Path("a.pdf").read_bytes() == sink.got[0]


def test_a_dispense_with_a_file_is_not_printed_by_asking_again(counter, sink):
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "dispense-100x62")
    counter.done("receive", scan())
    rx = an_rx(counter)
    counter.done("dispense", rx, "--label", "a.pdf", "--key", "k")
    told(counter, NotToBeSent, "dispense", rx, "--print", "--key", "k")
    assert sink.got == []


@pytest.mark.parametrize("to", [("--label", "a.pdf"), ("--print",), ("--printer", "zebra")])
def test_what_cannot_be_labelled_is_not_dispensed(counter, sink, to):
    printer("counter", f"pdf://127.0.0.1:{sink.port}", "dispense-100x62")
    printer("zebra", f"zpl://127.0.0.1:{sink.port}", "dispense-4x2in", dots=203)
    counter.done("receive", scan())
    rx = an_rx(counter, "--quantity", "4", "--indication", "貧血")
    before = events(counter)
    told(counter, CannotBeLabelled, "dispense", rx, *to)
    assert (events(counter), counter.json("stock")[0]["units"]) == (before, 25)
    assert (sink.got, Path("a.pdf").exists(), counter.json("label", "queue")) == ([], False, [])
