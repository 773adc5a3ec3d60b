"""A pharmacist makes small vials without preservative out of a powder, and follows them both ways."""

import pytest

from dispensary.cli.repack import WhatItIsMadeOf
from dispensary.rules.formulary import COLUMNS
from dispensary.rules.ingredient import NotAnIngredient
from dispensary.rules.product import NotAChoice
from tests.cli.counter import Counter
from tests.refusing import code, require_golden

HOUSE = "HS-PF1,Cyanocobalamin without preservative,house,cyanocobalamin,1000,single-dose vial,1,1,none,2-8,yes,IM,none"
POWDER = "Cyanocobalamin USP;P1;2027-05;50 mg"
SALINE = "Sodium chloride 0.9%;N1;2026-11-30;50 mL;none"
MAKING = ("--category", "2", "--start", "non-sterile", "--checked-by", "sam", "--place", "refrigerator")
OF_POWDER = ("--powder", POWDER, "--diluent", SALINE, "--made", "48", *MAKING)


@pytest.fixture
def house(counter: Counter) -> Counter:
    (counter.folder / "house.csv").write_text(f"{','.join(COLUMNS)}\n{HOUSE},,,own\n")
    counter.done("product", "import", "house.csv")
    counter.done("user", "add", "sam", "--role", "pharmacist")
    return counter


def refused(house, kind, *words):
    require_golden(f"{code(kind)}: {house.refused(*words)}")


def test_a_batch_from_powder_to_its_record(house):
    said = house.done("repack", "hs-pf1", *OF_POWDER)
    assert said.startswith(
        "Made B1: 48 of 50 units (96%) of HS-PF1 as lot H1, to be used through\n2026-11-24.\n\nMADE OF"
    )
    page = house.done("report", "batch", "B1")
    for line in (
        "preservative  none",
        "made          2026-11-21 09:30 by alex",
        "checked by    sam",
        "yield         48 of 50 units, 96%",
        "Sodium chloride 0.9%  N1   2026-11-30  50 mL",
        "   3  Mixture: 50 mg in 50 mL: 1,000 mcg/mL",
    ):
        assert f"\n{line}" in page, page
    assert all(len(line) <= 80 for line in (said + page).splitlines())
    record = house.json("report", "batch", "B1")
    assert (record["yield"], record["expires"], record["checked_by"]) == ("96%", "2026-11-24", "sam")


def test_receipts_and_traces_as_json(house):
    house.done("receive", "--product", "HS-PF1", "--lot", "X1", "--expires", "2026-12", "--place", "refrigerator")
    made = house.json(
        "repack", "HS-PF1", "--from", "X1", "--units", "1", "--made", "1", *MAKING, "--from-place", "refrigerator"
    )
    assert (made["batch"], made["lot"], made["yield"], made["ingredients"][0]["lot"]) == ("B1", "H1", "100%", "X1")
    assert house.json("repack", "HS-PF1", *OF_POWDER, "--key", "k") == house.json(
        "repack", "HS-PF1", *OF_POWDER, "--key", "k"
    )
    assert [line["made_from"][0]["lot"] for line in [house.json("report", "trace", "H1")]] == ["X1"]
    assert [line["lot"] for line in house.json("report", "trace", "X1")["made_into"]] == ["H1"]
    assert house.done("report", "batch", "B2", "--format", "csv").splitlines()[1].startswith("B2,Cyanocobalamin USP")


def test_the_trace_of_a_source_names_who_got_what_was_made_of_it(house):
    house.done("receive", "--product", "HS-PF1", "--lot", "X1", "--expires", "2026-12", "--place", "refrigerator")
    house.done("repack", "HS-PF1", "--from", "X1", "--units", "1", "--made", "1", *MAKING)
    house.done("patient", "add", "--id", "MRN-1", "--name", "Kari Nordmann", "--born", "1961-04-03")
    house.done("prescriber", "add", "--name", "Dr. Ida Berg", "--npi", "1234567893")
    house.done(
        *("rx", "add", "--patient", "MRN-1", "--prescriber", "PR1", "--form", "cyanocobalamin"),
        *("--directions", "1 mg IM weekly", "--quantity", "1", "--product", "HS-PF1"),
    )
    house.done("dispense", "RX1")
    said = house.done("report", "trace", "X1")
    assert "\n\nMade into lot H1 of HS-PF1 on 2026-11-21 (B1): used 1 of lot X1, made 1.\n\n" in said
    assert "2026-11-21  D1        P1           1\n" in said
    assert "2026-11-21  repack  B1                      1  refrigerator  compounding" in said
    assert house.done("report", "trace", "H1").startswith("Lot H1 of HS-PF1: made in B1, 0 on hand.\n\nMADE OF")
    house.done("verify")


def test_a_batch_needs_a_lot_or_a_powder(house):
    made = ("--made", "1", *MAKING)
    refused(house, WhatItIsMadeOf, "repack", "HS-PF1", *made)
    refused(house, WhatItIsMadeOf, "repack", "HS-PF1", "--from", "X1", *made)
    refused(house, WhatItIsMadeOf, "repack", "HS-PF1", "--from", "X1", "--units", "1", "--powder", POWDER, *made)
    refused(house, NotAnIngredient, "repack", "HS-PF1", "--powder", "cyanocobalamin", *made)
    refused(house, NotAChoice, "repack", "HS-PF1", "--powder", POWDER, *made, "--category", "3")
    refused(house, NotAChoice, "repack", "HS-PF1", "--powder", POWDER, *made, "--start", "clean")
