"""Opened vials from the command line: opened, drawn from, held, moved, discarded and listed."""

from datetime import timedelta

import pytest

from dispensary.cli import context
from dispensary.cli.vial import DrawNotConfirmed, NotADraw
from dispensary.rules.safety import NotAnOverride
from dispensary.rules.text import NotCleanText
from dispensary.rules.vial import VialNotUsable
from tests.build import NOW
from tests.cli.test_day import an_rx
from tests.refusing import code, require_golden

KEYS = {"vial", "product", "lot", "opened_at", "discard_at", "volume_ul", "remaining_ul", "state"}


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


def received(counter, product="US-CY-DOD10", lot="D1"):
    counter.done("receive", "--product", product, "--lot", lot, "--expires", "2028-03-31", "--quantity", "5", "--units")


@pytest.fixture
def opened(counter):
    """V1 of 10 mL, and RX1 of 1 mg a week."""
    received(counter)
    an_rx(counter, "--quantity", "1", "--refills", "1", "--product", "US-CY-DOD10")
    counter.done("vial", "open", "--product", "US-CY-DOD10")
    return counter


def test_a_vial_from_the_first_needle_to_the_waste(counter):
    received(counter)
    an_rx(counter, "--quantity", "1", "--refills", "1", "--product", "US-CY-DOD10")
    first = counter.json("vial", "open", "--lot", "D1", "--key", "k")
    assert set(first) >= KEYS
    assert (first["vial"], first["state"], first["discard_at"]) == ("V1", "open", "2026-12-19T09:30:00-05:00")
    assert counter.json("vial", "open", "--lot", "D1", "--key", "k") == first
    drawn = counter.json("vial", "draw", "V1", "--rx", "RX1", "--syringe")
    assert set(drawn) >= KEYS
    assert (drawn["draw"], drawn["remaining_ul"], drawn["given_as"]) == ("DR1", 9000, "syringe")
    assert counter.json("vial", "hold", "V1", "--reason", "cloudy")["state"] == "held"
    assert counter.json("vial", "release", "V1", "--reason", "clear")["state"] == "open"
    assert counter.json("vial", "move", "V1", "--to", "quarantine")["place"] == "quarantine"
    (row,) = counter.json("vial", "list")
    assert set(row) >= KEYS
    assert (row["remaining_ul"], row["place"], row["dedicated"]) == (9000, "quarantine", False)
    assert counter.json("vial", "discard", "V1", "--reason", "dropped")["wasted_ul"] == 9000
    assert counter.json("vial", "list") == []
    assert [row["state"] for row in counter.json("vial", "list", "--all")] == ["discarded"]


def test_receipts_and_lists_read_well_in_80_columns(opened):
    received(opened, "NO-CY-TAK1", "T-77")
    said = [
        opened.done("vial", "open", "--product", "NO-CY-TAK1"),
        opened.done("vial", "draw", "V1", "--rx", "RX1"),
        opened.done("vial", "draw", "V1", "--rx", "RX1", "--override", "early_refill=travel"),
        opened.done("vial", "hold", "V1", "--reason", "cloudy"),
        opened.done("vial", "list"),
        opened.done("vial", "move", "V2", "--to", "refrigerator"),
        opened.done("vial", "discard", "V1", "--reason", "cloudy"),
    ]
    assert max(len(line) for each in said for line in each.splitlines()) <= 80
    assert "Note: Nothing of it is kept: it serves one draw, and the rest is waste." in said[0]
    assert "It held 10 mL; 9 mL left, to be used before 2026-12-19 09:30 (672 hours)." in said[1]
    assert said[4].splitlines() == [
        "VIAL  PRODUCT      LOT   PLACE  ML LEFT  HOURS  DISCARD BY        STATE",
        "V1    US-CY-DOD10  D1    shelf  8 of 10      0  2026-12-19 09:30  held",
        "V2    NO-CY-TAK1   T-77  shelf  1 of 1       1  2026-11-21 10:30  open",
    ]
    assert opened.done("vial", "list", "--product", "US-CY-DOD10") == "No vial is open.\n"


def test_the_list_is_csv_too(opened):
    head, row = opened.done("vial", "list", "--format", "csv").splitlines()
    assert head.startswith("vial,product,name,lot,")
    assert row.startswith("V1,US-CY-DOD10,")


def test_at_a_terminal_what_is_left_is_shown_first(opened, monkeypatch):
    monkeypatch.setattr(context, "interactive", lambda: True)
    said = opened("vial", "draw", "V1", "--rx", "RX1", stdin="n\n")
    assert said.status == 1
    assert "10 mL of 10 mL left, to be used before 2026-12-19 09:30 (672 hours)." in " ".join(said.out.split())
    require_golden(f"{code(DrawNotConfirmed)}: {' '.join(said.err.split()).partition('Refused: ')[2]}")
    assert opened.json("vial", "list")[0]["remaining_ul"] == 10_000
    assert "9 mL left" in opened.done("vial", "draw", "V1", "--rx", "RX1", stdin="y\n")
    again = opened("vial", "draw", "V1", "--rx", "RX1", "--yes", "--override", "early_refill=travel")
    assert (again.status, "Draw from it?" in again.err) == (0, False)


def test_the_hour_counts_at_which_somebody_says_yes(opened, monkeypatch):
    moments = iter([NOW + timedelta(days=27, hours=23, minutes=59), NOW + timedelta(days=28)])
    monkeypatch.setattr(context, "interactive", lambda: True)
    monkeypatch.setattr(context, "now", lambda timezone: next(moments))
    said = opened("vial", "draw", "V1", "--rx", "RX1", stdin="y\n")
    assert said.status == 1
    assert "was to be used before 2026-12-19 09:30 and it is 2026-12-19 09:30" in " ".join(said.err.split())


def test_a_dose_that_nobody_has_prescribed_needs_patient_and_reason(opened):
    dose = ("vial", "draw", "V1", "--dose", "500 mcg", "--patient", "P1")
    told(opened, NotADraw, *dose)
    told(opened, NotADraw, "vial", "draw", "V1")
    told(opened, NotADraw, *dose, "--reason", "ordered by telephone", "--rx", "RX1")
    drawn = opened.json(*dose, "--reason", "ordered by telephone", "--route", "im")
    assert (drawn["rx"], drawn["drawn_ul"], drawn["next_injection"]) == (None, 500, None)


def test_what_is_refused_is_one_sentence(opened):
    told(opened, VialNotUsable, "vial", "release", "V1", "--reason", "clear")
    told(opened, NotCleanText, "vial", "hold", "V1", "--reason", "\x1b[31m")
    told(opened, NotAnOverride, "vial", "draw", "V1", "--rx", "RX1", "--override", "travel")


def test_the_list_names_the_lot_that_keeps_a_vial_from_being_used(opened):
    opened.done("lot", "hold", "D1", "--reason", "a letter of the maker")
    assert "lot held" in opened.done("vial", "list")
