"""The counter's day through the commands, as scripts see it."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pypdfium2

from dispensary.cli import context
from dispensary.rules.scan import element_string
from tests.build import NOW
from tests.cli.counter import PROGRAM
from tests.labelling.printed import flowing
from tests.refusing import require_golden

TODAY = NOW.date()
CARTON = "00305170031251"


def scan(lot="A23", expires="2027-10-31", gtin=CARTON, serial=None):
    from datetime import date

    return "]d2" + element_string(gtin, date.fromisoformat(expires), lot, serial)


def people(counter, **patient):
    extra = [word for name, value in patient.items() for word in (f"--{name}", value)]
    who = counter.json("patient", "add", "--id", "MRN-1", "--name", "Kari O'Brien", "--born", "1961-04-03", *extra)
    prescriber = counter.json("prescriber", "add", "--name", "Ida Berg", "--npi", "1234567893")
    return who["patient"], prescriber["prescriber"]


def an_rx(counter, *more, form="cyanocobalamin", directions="1 mg IM weekly", **patient):
    patient, prescriber = people(counter, **patient)
    return counter.json(
        "rx", "add", "--patient", patient, "--prescriber", prescriber, "--form", form, "--directions", directions,
        *(more or ("--quantity", "4", "--refills", "1")),
    )["rx"]  # fmt: skip


def test_a_carton_by_scan_becomes_25_units_of_stock(counter):
    received = counter.json("receive", scan(), "--cost", "3.25", "--key", "d-1")
    assert set(received) >= {"receipt", "key", "lines"}
    assert received["key"] == "d-1"
    assert received["lines"] == [
        {"product": "US-CY-ARG1", "lot": "A23", "expires": "2027-10-31", "serial": None, "units": 25, "place": "shelf"}
    ]
    (row,) = counter.json("stock")
    assert (row["product"], row["lot"], row["units"], row["usable_units"]) == ("US-CY-ARG1", "A23", 25, 25)


def test_scans_are_read_from_standard_input_with_their_separators(counter):
    lines = "\n".join([scan(serial="S1"), scan(serial="S2")])
    counter.done("receive", "-", stdin=lines)
    assert counter.json("stock", "--by", "form,fill_ml,preservative") == [
        {
            "form": "cyanocobalamin",
            "fill_ml": 1,
            "preservative": "benzyl alcohol 15 mg/mL",
            "units": 50,
            "usable_units": 50,
        }
    ]


def test_a_dispense_is_printed_traced_and_returned(counter):
    counter.done("receive", scan())
    rx = an_rx(counter)
    done = counter.json("dispense", rx, "--label", "label.pdf", "--key", "k1")
    assert set(done) >= {
        "dispense", "rx", "key", "lines", "units", "days_supply", "next_fill_on", "findings", "label", "audit",
    }  # fmt: skip
    assert done["lines"] == [{"product": "US-CY-ARG1", "lot": "A23", "expires": "2027-10-31", "units": 4}]
    assert (done["days_supply"], done["next_fill_on"], done["label"]) == (28, "2026-12-19", "label.pdf")
    assert set(done["audit"]) == {"sequence", "hash"}
    page = pypdfium2.PdfDocument(counter.folder / "label.pdf")[0].get_textpage().get_text_range()
    assert "Kari O'Brien" in page
    assert "A23" in page
    trace = counter.json("report", "trace", "A23")
    assert (trace["received"], trace["on_hand"]) == (25, 21)
    assert trace["dispensed"] == [{"dispense": "D1", "patient": "P1", "units": 4, "on": str(TODAY)}]
    back = counter.json("return", "D1", "--reason", "not collected")
    assert back["return"] == "RT1"
    shown = counter.json("rx", "show", rx)
    assert (shown["state"], shown["refills_left"]) == ("active", 1)
    assert "at most 0" in counter.refused("return", "D1", "--reason", "again")


def test_the_same_key_gives_the_same_receipt(counter):
    counter.done("receive", scan())
    rx = an_rx(counter)
    first = counter.json("dispense", rx, "--key", "k1")
    assert counter.json("dispense", rx, "--key", "k1") == first
    assert "was used on" in counter.refused("dispense", rx, "--key", "k1", "--quantity", "1")
    assert counter.json("stock")[0]["units"] == 21


def test_a_label_that_cannot_be_printed_keeps_the_medicine_on_the_shelf(counter):
    counter.done("receive", scan())
    rx = an_rx(counter, "--quantity", "4", "--indication", "貧血")
    before = counter.json("stock")
    assert "which its font cannot print" in counter.refused("dispense", rx, "--label", "label.pdf")
    assert counter.json("stock") == before
    assert not (counter.folder / "label.pdf").exists()


def test_a_label_is_never_written_over_another_file(counter):
    counter.done("receive", scan())
    rx = an_rx(counter)
    (counter.folder / "label.pdf").write_text("mine")
    assert "--force" in counter.refused("dispense", rx, "--label", "label.pdf")
    assert counter.json("stock")[0]["units"] == 25
    counter.done("dispense", rx, "--label", "label.pdf", "--force")
    assert (counter.folder / "label.pdf").read_bytes().startswith(b"%PDF")


def test_a_name_that_no_disk_can_hold_is_not_saved(counter):
    counter.done("receive", scan())
    said = counter("dispense", an_rx(counter), "--label", "x" * 300 + ".pdf")
    assert said.status == 3
    assert "File name too long" in said.err
    assert counter.json("stock")[0]["units"] == 25


def test_labels_are_printed_again_from_the_books(counter):
    counter.done("receive", scan())
    counter.done("dispense", an_rx(counter), "--label", "first.pdf")
    counter.done("label", "dispense", "D1", "--out", "again.pdf")
    first, again = (flowing((counter.folder / name).read_bytes()).split() for name in ("first.pdf", "again.pdf"))
    assert sorted(again) == sorted([*first, "Copy", "2"])


def test_expiring_says_so_by_its_exit_status_when_strict(counter):
    counter.done("receive", scan(expires="2026-12-15"))
    (row,) = counter.json("expiring", "--within", "30")
    assert (row["band"], row["days_left"]) == ("30", 24)
    assert counter("expiring", "--strict").status == 4
    assert counter("expiring", "--within", "3", "--strict").status == 0


def test_the_night_leaves_three_files_and_a_status(counter):
    counter.done("receive", scan(expires="2026-12-15"))
    counter.done("product", "edit", "US-CY-VIT30", "--minimum", "2")
    said = counter("report", "nightly", "--out", "night")
    assert said.status == 4
    names = sorted(path.name for path in (counter.folder / "night").iterdir())
    assert names == [f"nightly-{TODAY}.csv", f"nightly-{TODAY}.json", f"nightly-{TODAY}.pdf"]
    assert json.loads((counter.folder / "night" / f"nightly-{TODAY}.json").read_text())["needs_a_person"]


def test_the_audit_is_exported_and_verified(counter):
    counter.done("receive", scan())
    counter.done("audit", "export", "--out", "audit.jsonl")
    whole = counter.json("audit", "verify", "audit.jsonl")
    assert set(whole) == {"ok", "events", "head", "problem"}
    assert whole == counter.json("audit", "verify")
    assert counter.json("audit", "verify", "audit.csv") == whole
    text = (counter.folder / "audit.jsonl").read_text()
    (counter.folder / "bad.jsonl").write_text(text.replace("A23", "A24", 1))
    assert counter("audit", "verify", "bad.jsonl").status == 4


def test_reading_a_patients_record_is_an_event(counter):
    rx = an_rx(counter)
    before = counter.json("audit", "verify")["events"]
    for words in (("patient", "show", "P1"), ("patient", "list"), ("rx", "show", rx), ("rx", "list")):
        counter.done(*words)
    assert counter.json("audit", "verify")["events"] == before + 4


def test_verify_is_green_after_the_day(counter):
    counter.done("receive", scan())
    counter.done("dispense", an_rx(counter))
    counter.done("return", "D1", "--quantity", "1", "--reason", "undelivered")
    assert counter.json("verify")["ok"] is True


def test_another_user_acts_by_name(counter):
    counter.done("user", "add", "robin", "--role", "technician")
    counter.done("--as", "robin", "receive", scan())
    assert "There is no user 'nobody'" in counter.refused("stock", "--as", "nobody")


def test_a_technician_cannot_override(counter):
    counter.done("user", "add", "robin", "--role", "technician")
    counter.done("receive", scan())
    rx = an_rx(counter, condition="leber")
    reason = ("--override", "leber=ophthalmologist agrees")
    assert "Leber" in counter.refused("dispense", rx)
    assert "a pharmacist" in counter.refused("--as", "robin", "dispense", rx, *reason)
    done = counter.json("dispense", rx, *reason)
    assert [(f["code"], f["reason"]) for f in done["findings"] if f["reason"]] == [("leber", "ophthalmologist agrees")]


def test_a_report_at_two_in_the_morning_tells_of_the_day_that_ended(counter, monkeypatch):
    counter.done("receive", scan())
    later = (NOW + timedelta(days=1)).replace(hour=2)
    monkeypatch.setattr(context, "now", lambda timezone: later)
    counter("report", "nightly", "--out", "night")
    told = json.loads((counter.folder / "night" / f"nightly-{TODAY}.json").read_text())
    assert [line["receipt"] for line in told["received"]] == ["R1"]
    counter("report", "nightly", "--day", str(later.date()), "--out", "night")
    assert json.loads((counter.folder / "night" / f"nightly-{later.date()}.json").read_text())["received"] == []


def test_a_result_that_cannot_be_printed_is_done_and_says_so(counter):
    words = ["receive", scan(), "--key", "k1"]
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert said.returncode == 4
    sentence = " ".join(said.stderr.split()).partition(": ")[2]
    assert sentence == (
        "The work is done and its result could not be printed (No space left on device); "
        "run the same command again with --key k1 to see it again."
    )
    require_golden(f"not_printed: {sentence}")
    assert counter.json(*words)["receipt"] == "R1"
