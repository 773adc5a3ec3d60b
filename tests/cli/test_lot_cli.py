"""`lot` and `recall` at the counter: what is printed, and that whose records are shown is an event."""

import csv
import io
import json
from datetime import timedelta

import pytest

from dispensary.cli import context
from dispensary.rules.formulary import COLUMNS
from tests.build import NOW
from tests.cli.counter import Counter
from tests.cli.test_repack_cli import HOUSE, MAKING, OF_POWDER

NOTICE = ("--class", "I", "--reference", "D-0600-2018", "--reason", "not sterile")
LOT = "01052018@46"


def received(counter, lot="A1", product="US-CY-ARG1", units="10"):
    counter.done("receive", "--product", product, "--lot", lot, "--expires", "2027-11-30", "--quantity", units)


def patient_with(counter, rx_units="4"):
    counter.done("patient", "add", "--id", "MRN-1", "--name", "Kari Nordmann", "--born", "1961-04-03")
    counter.done("prescriber", "add", "--name", "Dr. Ida Berg", "--npi", "1234567893")
    counter.done(
        "rx", "add", "--patient", "P1", "--prescriber", "PR1", "--form", "methylcobalamin",
        "--directions", "1 mg subcut weekly", "--quantity", rx_units, "--written", "2026-11-20",
    )  # fmt: skip
    counter.done("dispense", "RX1")


@pytest.fixture
def compounded(counter: Counter) -> Counter:
    """P1 has a vial of the lot with the at sign."""
    received(counter, LOT, "US-ME-CMP10", "3")
    patient_with(counter, "1")
    return counter


def test_a_lot_is_held_and_released_with_every_reason(counter):
    received(counter)
    assert counter.done("lot", "hold", "A1", "--reason", "cracked vials") == ("Lot A1 of US-CY-ARG1 is held now.\n")
    held = counter.json("lot", "hold", "A1", "--reason", "too warm", "--key", "k")
    assert (held["from"], held["state"], held["key"]) == ("held", "held", "k")
    assert counter.done("lot", "release", "A1", "--reason", "fit").splitlines() == [
        "Lot A1 of US-CY-ARG1 is available now.",
        "",
        "RELEASED FROM  ACT   BY    WHY",
        "2026-11-21     hold  alex  cracked vials",
        "2026-11-21     hold  alex  too warm",
    ]
    assert "which is available" in counter.refused("lot", "release", "A1", "--reason", "again")


def test_lots_are_listed_by_state_with_the_reason(counter):
    received(counter)
    received(counter, "B7")
    counter.done("lot", "hold", "B7", "--reason", "cracked vials")
    assert counter.done("lot", "list").splitlines() == [
        "PRODUCT     LOT  EXPIRES     STATE      UNITS  OPENED  WHY",
        "US-CY-ARG1  A1   2027-11-30  available     10       0",
        "US-CY-ARG1  B7   2027-11-30  held          10       0  cracked vials",
    ]
    (row,) = counter.json("lot", "list", "--state", "held", "--product", "us-cy-arg1")
    assert (row["lot"], row["state"], row["units"], row["why"]) == ("B7", "held", 10, "cracked vials")
    assert "choose" in counter.refused("lot", "list", "--state", "lost")


def test_a_lot_of_which_nothing_is_left_is_listed_on_demand(counter):
    received(counter, "A1", "US-ME-CMP10", "1")
    patient_with(counter, "1")
    assert counter.json("lot", "list") == []
    assert [row["lot"] for row in counter.json("lot", "list", "--all")] == ["A1"]


def test_a_lot_shows_what_was_decided_about_it(counter):
    received(counter)
    counter.done("lot", "hold", "A1", "--reason", "cracked vials")
    counter.done("lot", "recall", "--lot", "A1", "--class", "II", "--reference", "D-0792-2026", "--reason", "cracked")
    shown = counter.done("lot", "show", "A1")
    assert "hold 2026-11-21 09:30    alex: cracked vials" in shown
    assert "recall 2026-11-21 09:30  alex: cracked (RC1)" in shown
    (lot,) = counter.json("lot", "show", "A1")
    assert [each["act"] for each in lot["acts"]] == ["hold", "recall"]
    assert (lot["state"], lot["vials"], lot["batch"]) == ("recalled", [], None)


def test_a_recall_is_answered_with_units_and_patients(compounded):
    assert compounded.done("lot", "recall", "--lot", LOT, *NOTICE).splitlines() == [
        "Recall RC1, class I: D-0600-2018 of 2026-11-21, covering lot 01052018@46;",
        "entered on 2026-11-21 by alex (not sterile).",
        "",
        "LOT          PRODUCT      EXPIRES     STATE     MADE INTO",
        "01052018@46  US-ME-CMP10  2027-11-30  recalled",
        "",
        "Lot 01052018@46 of US-ME-CMP10: 3 received = 2 on hand + 1 with patients; 0",
        "unaccounted for.",
        "",
        "LOT          PRODUCT      STANDS IN  UNITS",
        "01052018@46  US-ME-CMP10  shelf          2",
        "",
        "PATIENT  NAME           ID     FILL  ON          LOT          KEPT  DOSES LEFT",
        "P1       Kari Nordmann  MRN-1  D1    2026-11-21  01052018@46     1           4",
        "",
        "1 patient: 0 reached, 0 declined, 0 not reached, 1 not called yet. Units kept:",
        "1, with 4 doses due today or later; units that came back since the recall: 0.",
    ]


def test_who_reads_the_patients_of_a_recall_is_an_event(compounded):
    compounded.done("lot", "recall", "--lot", LOT, *NOTICE)
    compounded.done("recall", "show", "RC1")
    compounded.done("audit", "export", "--out", "chain.jsonl")
    events = [json.loads(line) for line in (compounded.folder / "chain.jsonl").read_text().splitlines()]
    reads = [each for each in events if "patient read" in json.dumps(each) and "recall show RC1" in json.dumps(each)]
    assert len(reads) == 2


def test_a_recall_as_json_and_the_list_for_calling_as_csv(compounded):
    document = compounded.json("lot", "recall", "--lot", LOT, *NOTICE, "--key", "k")
    assert document["notice"]["recall"] == "RC1"
    assert document["notice"]["class"] == "I"
    assert document["lots"][0]["unaccounted"] == 0
    assert document["patients"][0]["fills"][0]["doses_at_home"] == 4
    assert compounded.json("lot", "recall", "--lot", LOT, *NOTICE, "--key", "k")["notice"]["recall"] == "RC1"
    (line,) = csv.DictReader(io.StringIO(compounded.done("recall", "show", "RC1", "--format", "csv")))
    assert (line["patient"], line["name"], line["got"], line["lot"]) == ("P1", "Kari Nordmann", "D1", LOT)


def test_calls_are_noted_and_shown(compounded):
    compounded.done("lot", "recall", "--lot", LOT, *NOTICE)
    said = compounded.done("recall", "contact", "RC1", "--patient", "P1", "--outcome", "not reached", "--note", "voice")
    assert said == "RC1: P1 was called and was not reached.\n"
    compounded.done("recall", "contact", "RC1", "--patient", "P1", "--outcome", "declined")
    shown = compounded.done("recall", "show", "RC1")
    assert "2026-11-21 09:30  P1       not reached  alex  voice" in shown
    assert "1 patient: 0 reached, 1 declined, 0 not reached, 0 not called yet." in shown


def test_a_recall_is_listed_and_withdrawn(compounded):
    compounded.done("lot", "recall", "--lot", LOT, *NOTICE)
    assert compounded.done("recall", "withdraw", "RC1", "--reason", "entered in error").splitlines() == [
        "RC1 is withdrawn; it covered 1 lot.",
        "",
        "LOT          PRODUCT      EXPIRES     NOW",
        "01052018@46  US-ME-CMP10  2027-11-30  held",
    ]
    assert compounded.done("recall", "list").splitlines() == [
        "RECALL  CLASS  REFERENCE    DATED       COVERS           LOTS  WITHDRAWN",
        "RC1     I      D-0600-2018  2026-11-21  lot 01052018@46     1  2026-11-21",
    ]
    assert "Withdrawn on 2026-11-21 by alex (entered in error)." in compounded.done("recall", "show", "RC1")


def test_a_recall_of_nothing_in_the_books_says_so_and_keeps_it_out(counter):
    said = counter.done("lot", "recall", "--product", "US-CY-ARG1", "--expires-to", "2027-11", *NOTICE)
    assert "Nothing in the books is covered." in " ".join(said.split())
    wanted = ("receive", "--product", "US-CY-ARG1", "--lot", "1662", "--expires", "2027-11-30")
    assert "is recalled by D-0600-2018 (RC1)" in counter.refused(*wanted)
    assert "needs a lot or a product" in counter.refused("lot", "recall", *NOTICE)


def test_a_place_that_does_not_fit_needs_a_reason(counter):
    wanted = ("receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-11-30", "--place", "refrigerator")
    assert "give the reason with --reason" in counter.refused(*wanted)
    counter.done(*wanted, "--reason", "no room on the shelf")


@pytest.fixture
def house(counter: Counter) -> Counter:
    """H1 is made with powder P1, H2 is made of it, and P1 has one of H2."""
    (counter.folder / "house.csv").write_text(f"{','.join(COLUMNS)}\n{HOUSE},,,own\n")
    counter.done("product", "import", "house.csv")
    counter.done("user", "add", "sam", "--role", "pharmacist")
    counter.done("repack", "hs-pf1", *OF_POWDER)
    counter.done("repack", "hs-pf1", "--from", "H1", "--units", "1", "--made", "1", *MAKING)
    counter.done("patient", "add", "--id", "MRN-1", "--name", "Kari Nordmann", "--born", "1961-04-03")
    counter.done("prescriber", "add", "--name", "Dr. Ida Berg", "--npi", "1234567893")
    counter.done(
        "rx", "add", "--patient", "P1", "--prescriber", "PR1", "--form", "cyanocobalamin",
        "--directions", "1 mg IM weekly", "--quantity", "1", "--product", "HS-PF1",
    )  # fmt: skip
    counter.done("dispense", "RX1", "--lot", "H2")
    return counter


def test_a_recalled_powder_is_followed_to_the_patient(house):
    said = house.done("lot", "recall", "--lot", "p1", *NOTICE)
    assert "Lot H1 of HS-PF1, made with P1: 48 made = 47 on hand + 1 used in batches; 0" in said
    assert "Kari Nordmann" in said
    document = house.json("recall", "show", "RC1")
    assert [(lot["lot"], lot["made_with"]) for lot in document["lots"]] == [("H1", "P1"), ("H2", None)]


def test_the_trace_of_a_powder_names_what_was_made_with_it_and_who_got_it(house):
    said = house.done("report", "trace", "P1")
    assert said.startswith(
        "Lot P1 is a powder or a diluent, which is not stock: what was made with it\nfollows.\n\n"
        "Made into lot H1 of HS-PF1 on 2026-11-21 (B1): used 50 mg of lot P1, made 48. No\npatient got any.\n\n"
        "Made into lot H2 of HS-PF1 on 2026-11-21 (B2): used 1 of lot H1, made 1.\n\n"
    )
    assert house.json("report", "trace", "P1")["product"] is None
    rows = list(csv.DictReader(io.StringIO(house.done("report", "trace", "P1", "--format", "csv"))))
    assert [(row["kind"], row["number"], row["lot"], row["patient"], row["of_lot"]) for row in rows] == [
        ("repack", "B1", "H1", "", "P1"),
        ("repack", "B2", "H2", "", "H1"),
        ("dispense", "D1", "H2", "P1", ""),
    ]


def test_what_was_made_of_a_held_lot_is_held_with_it_and_released_by_itself(house):
    assert house.done("lot", "hold", "H1", "--reason", "cracked vials").splitlines() == [
        "Lot H1 of HS-PF1 is held now.",
        "",
        "What was made of lot H1 is held with it, until each lot is released:",
        "",
        "LOT  PRODUCT  EXPIRES     WAS",
        "H2   HS-PF1   2026-11-24  available",
    ]
    said = house.done("lot", "release", "H1", "--reason", "fit")
    assert "What was made of lot H1 stays held; release each lot that is fit:\n\nLOT" in said
    (row,) = house.json("lot", "list", "--state", "held", "--all")
    assert (row["lot"], row["why"]) == ("H2", "cracked vials; made of lot H1")
    assert house.json("lot", "release", "H2", "--reason", "fit")["made"] == []


def test_a_vial_past_its_hour_is_told_in_words(counter, monkeypatch):
    received(counter, product="US-CY-DOD10", units="1")
    counter.done("vial", "open", "--lot", "A1")
    counter.done("lot", "recall", "--lot", "A1", *NOTICE)
    shown = counter.done("recall", "show", "RC1")
    assert "V1    A1   shelf      open   10 mL" in shown
    monkeypatch.setattr(context, "now", lambda timezone: NOW + timedelta(days=28))
    shown = counter.done("recall", "show", "RC1")
    assert "V1    A1   shelf      past its hour  10 mL" in shown


def test_one_unit_is_one_unit(counter):
    said = counter.done("receive", "--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-11-30")
    assert said.startswith("Received R1: 1 unit.\n")
    shown = counter.done("lot", "show", "A1")
    assert "in shelf             1 unit, 1 usable" in shown
    assert "received 2026-11-21  1 unit, R1" in shown
    assert counter.done("report", "trace", "A1") == "Lot A1 of US-CY-ARG1: 1 unit received, 1 on hand.\n"
