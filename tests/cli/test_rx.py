"""Prescriptions from the command line: planned, entered, held, owed, refused and told whole."""

import pytest

from dispensary.cli import context
from dispensary.cli.rx import NotConfirmed
from dispensary.reports.prescribing.plan import OtherForm
from dispensary.rules.plan import PlanTooLong
from dispensary.rules.safety import StoppedByChecks
from tests.cli.test_day import an_rx, people
from tests.refusing import code, require_golden

LOADING = "1 mg IM daily for 7 days, then 1 mg weekly for 4 weeks, then monthly"


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


def received(counter, product="NO-CY-TAK1", lot="T77", units="60"):
    counter.done(
        "receive", "--product", product, "--lot", lot, "--expires", "2028-03-31", "--quantity", units, "--units"
    )


def test_a_plan_says_what_directions_mean_and_saves_nothing(counter):
    plan = counter.json("rx", "plan", LOADING, "--from", "2026-12-01", "--days", "60")
    # Seven daily ones from 1 December, four weekly ones from the 8th, the monthly ones from 5 January.
    assert [each["on"] for each in plan["injections"]][6:] == [
        "2026-12-07",
        "2026-12-08",
        "2026-12-15",
        "2026-12-22",
        "2026-12-29",
        "2027-01-05",
    ]
    assert (plan["total_mcg"], plan["volume_ul"], plan["units"], plan["product"]) == (12_000, None, None, None)
    assert [phase["lasting"] for phase in plan["phases"]] == ["for 7 days", "for 4 weeks", ""]
    assert counter.json("rx", "list") == []


def test_a_plan_with_a_product_says_what_it_needs_of_it(counter):
    plan = counter.json("rx", "plan", "1 mL IM weekly", "--product", "US-CY-DOD10", "--days", "28")
    assert plan["sentence"] == "Inject 1 mg (1 mL) into a muscle once a week."
    assert plan["injections"][0] == {"on": "2026-11-21", "dose_mcg": 1000, "volume_ul": 1000}
    # Four doses of a 10 mL vial before its 28 days are over.
    assert (plan["units"], plan["volume_ul"], plan["waste_ul"]) == (1, 4000, 6000)
    assert (plan["days_supply"], plan["last_injection"]) == (28, "2026-12-12")


def test_a_plan_with_a_form_takes_what_wastes_least_of_what_is_on_hand(counter):
    received(counter, "US-CY-DOD10", "D1", "5")
    received(counter, "US-CY-ARG1", "A1", "50")
    plan = counter.json("rx", "plan", "1 mg IM weekly", "--form", "cyanocobalamin", "--days", "28")
    assert (plan["product"], plan["units"], plan["waste_ul"]) == ("US-CY-ARG1", 4, 0)
    assert plan["why"] == "US-CY-ARG1 (1 mL): 4 units, nothing wasted; US-CY-DOD10 (10 mL) would waste 6 mL."


def test_a_plan_without_stock_still_says_what_it_needs(counter):
    plan = counter.json("rx", "plan", "1 mg IM weekly", "--form", "hydroxocobalamin", "--days", "28")
    assert (plan["product"], plan["units"], plan["volume_ul"], plan["waste_ul"]) == ("NO-HY-ORI1", 4, 4000, 0)
    assert plan["why"] == "No hydroxocobalamin is on hand. Planned with NO-HY-ORI1 (1 mL)."
    received(counter, "US-HY-ACT30", "H1", "1")
    rx = an_rx(counter, "--quantity", "1", "--product", "US-HY-ACT30", form="hydroxocobalamin")
    counter.done("dispense", rx)
    again = counter.json("rx", "plan", "1 mg IM weekly", "--form", "hydroxocobalamin", "--days", "28")
    assert (again["product"], again["units"], again["waste_ul"]) == ("US-HY-ACT30", 1, 26_000)


def test_a_plan_speaks_norwegian(counter):
    given = ("rx", "plan", "0,5 mg subkutant annenhver dag i 1 uke, deretter ukentlig", "--language", "nb")
    assert counter.json(*given)["sentence"] == (
        "500 mikrogram subkutant hver 2. dag i 1 uke, deretter 500 mikrogram subkutant ukentlig"
    )


def test_a_plan_reads_well_in_80_columns(counter):
    said = counter.done("rx", "plan", LOADING, "--product", "NO-CY-TAK1")
    assert max(map(len, said.splitlines())) <= 80
    assert "and 1 more, the last on 2027-01-26" in said
    assert "In all 13 injections, 13 mg, 13 mL. 13 of NO-CY-TAK1 last at least 97 days" in " ".join(said.split())


def test_refuses_a_plan_that_nobody_reads(counter):
    told(counter, PlanTooLong, "rx", "plan", "1 mg IM weekly", "--days", "3661")


def test_entering_shows_what_the_directions_mean(counter):
    patient, prescriber = people(counter)
    said = counter.done(
        "rx", "add", "--patient", patient, "--prescriber", prescriber, "--form", "cyanocobalamin",
        "--directions", LOADING, "--days", "28", "--refills", "Reit-III",
    )  # fmt: skip
    assert "2026-12-05" in said
    assert "Prescription RX1 is entered" in said
    shown = counter.json("rx", "show", "RX1")
    assert (shown["refills"], shown["state"], shown["fills"]) == (3, "active", [])


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_somebody_at_a_terminal_is_asked_before_it_is_saved(counter, monkeypatch, answer):
    patient, prescriber = people(counter)
    monkeypatch.setattr(context, "interactive", lambda: True)
    words = (
        "rx", "add", "--patient", patient, "--prescriber", prescriber, "--form", "cyanocobalamin",
        "--directions", "1 mg IM weekly", "--quantity", "4",
    )  # fmt: skip
    said = counter(*words, stdin=answer)
    assert "INJECTION" in said.out
    assert [row["rx"] for row in counter.json("rx", "list")] == (["RX1"] if answer == "y\n" else [])
    if answer == "n\n":
        assert said.status == 1
        sentence = " ".join(said.err.split("Enter it? [y/N]:")[-1].split()).partition(": ")[2]
        require_golden(f"{code(NotConfirmed)}: {sentence}")


def test_a_prescription_added_says_all_that_scripts_read(counter):
    patient, prescriber = people(counter)
    words = ("rx", "add", "--patient", patient, "--prescriber", prescriber, "--form", "cyanocobalamin")
    added = counter.json(*words, "--directions", "1 mg IM weekly", "--quantity", "4", "--refills", "2", "--key", "k")
    wanted = {
        "rx", "patient", "prescriber", "form", "directions", "phases", "written", "valid_until", "refills",
        "refills_left", "fills", "state",
    }  # fmt: skip
    assert wanted <= added.keys()
    assert wanted <= counter.json("rx", "show", added["rx"]).keys()
    again = counter.json(*words, "--directions", "1 mg IM weekly", "--quantity", "4", "--refills", "2", "--key", "k")
    assert again == added
    other = counter.json(*words, "--directions", "1 mg IM monthly", "--quantity", "1")
    assert other["notes"] == ["The patient has another active B12 prescription: RX1, cyanocobalamin, 1 mg IM weekly."]


def test_a_prescription_is_held_released_cancelled(counter):
    received(counter)
    rx = an_rx(counter)
    assert counter.json("rx", "hold", rx, "--reason", "level first")["state"] == "held"
    assert "level first" in counter.refused("dispense", rx)
    assert counter.json("rx", "release", rx, "--reason", "measured")["state"] == "active"
    counter.done("dispense", rx)
    said = counter.done("rx", "transfer", rx, "--to", "Harbour Pharmacy", "--reason", "moves")
    assert said == "RX1 is transferred to Harbour Pharmacy with 4 units left.\n"
    assert "is transferred and cannot be cancelled" in counter.refused("rx", "cancel", rx, "--reason", "x")
    assert counter.json("rx", "list")[0]["state"] == "transferred"


def test_what_is_owed_is_told_and_collected(counter):
    received(counter)
    rx = an_rx(counter)
    first = counter.json("dispense", rx, "--quantity", "1")
    assert (first["owed"], counter.json("rx", "show", rx)["owed_units"]) == (3, 3)
    second = counter.json("dispense", rx)
    assert (second["units"], second["completes"], second["owed"]) == (3, "D1", 0)
    said = " ".join(counter.done("rx", "show", rx).split())
    assert "D2 is what D1 owed." in said
    assert "Not today: The next fill is due on 2026-12-12" in said
    today = counter.json("rx", "show", rx)["today"]
    assert (today["possible"], today["earliest"]) == (False, "2026-12-12")


def test_demand_that_cannot_be_met_is_noted(counter):
    rx = an_rx(counter)
    assert f"dispensary rx owe {rx}" in counter.refused("dispense", rx)
    noted = counter.json("rx", "owe", rx, "--product", "US-CY-ARG1")
    assert (noted["product"], noted["units"], noted["usable_units"]) == ("US-CY-ARG1", 4, 0)
    assert "4 of US-CY-ARG1 wanted, 0 usable" in counter.done("rx", "show", rx)


def test_the_pharmacist_chooses_otherwise(counter):
    received(counter, "US-CY-ARG1", "A1", "50")
    received(counter, "US-CY-DOD10", "D1", "5")
    rx = an_rx(counter, "--days", "28")
    assert counter.json("rx", "show", rx)["today"]["product"] == "US-CY-ARG1"
    done = counter.json("dispense", rx, "--product", "us-cy-dod10")
    assert done["lines"] == [{"product": "US-CY-DOD10", "lot": "D1", "expires": "2028-03-31", "units": 1}]


def test_a_named_product_is_not_exchanged_where_the_prescriber_forbids_it(counter):
    received(counter, "US-CY-FK1", "F1", "50")
    rx = an_rx(counter, "--quantity", "4", "--product", "US-CY-ARG1", "--as-written")
    assert "US-CY-ARG1" in counter.refused("dispense", rx)


def test_the_page_of_a_prescription_fits_80_columns(counter):
    received(counter)
    rx = an_rx(counter, "--days", "28", directions=LOADING, condition="leber")
    counter.done("dispense", rx, "--override", "leber=prescriber_consulted: Dr. Berg, 10:15")
    said = counter.done("rx", "show", rx)
    assert max(map(len, said.splitlines())) <= 80
    assert "(prescriber_consulted: Dr. Berg, 10:15)" in " ".join(said.split())


def test_a_plan_stops_what_a_prescription_would(counter):
    told(counter, StoppedByChecks, "rx", "plan", "1000 mg IM weekly")
    told(counter, OtherForm, "rx", "plan", "1 mg IM weekly", "--form", "cyanocobalamin", "--product", "US-HY-ACT30")


def test_a_second_check_is_asked_for_where_the_practice_wants_one(counter):
    received(counter)
    file = next(counter.folder.rglob("*.toml"))
    file.write_text(file.read_text().replace("second_check = false", "second_check = true"))
    assert "dispensary rx check D1" in counter.done("dispense", an_rx(counter))
