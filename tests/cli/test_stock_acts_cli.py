"""Moves, destructions, returns and counts through the commands, as scripts see them."""

import pytest

from tests.refusing import require_golden


@pytest.fixture
def stocked(counter):
    """10 units of lot A23 on the shelf; sam is there too."""
    received(counter, "A23", 10)
    counter.done("user", "add", "sam", "--role", "technician")
    return counter


def received(counter, lot, units):
    what = ("--product", "US-CY-ARG1", "--lot", lot, "--expires", "2027-11-30", "--quantity", str(units))
    counter.done("receive", *what)


def units(counter):
    return {(row["lot"], row["place"]): row["units"] for row in counter.json("stock")}


def a_fill(counter):
    patient = counter.json("patient", "add", "--id", "MRN-1", "--name", "Kari", "--born", "1961-04-03")["patient"]
    prescriber = counter.json("prescriber", "add", "--name", "Ida Berg", "--npi", "1234567893")["prescriber"]
    what = ("--form", "cyanocobalamin", "--directions", "1 mg IM weekly", "--quantity", "4")
    rx = counter.json("rx", "add", "--patient", patient, "--prescriber", prescriber, *what)["rx"]
    return counter.json("dispense", rx)["dispense"]


def refused(counter, *words):
    said = counter.refused(*words)
    code = counter(*words, "--format", "json").err.split('"code": "')[1].split('"')[0]
    require_golden(f"{code}: {said}")
    return said


def test_a_move_names_both_places(stocked):
    moved = stocked.json("move", "A23", "--from", "shelf", "--to", "quarantine", "--quantity", "4", "--key", "k")
    assert moved == {
        "move": "S1",
        "key": "k",
        "product": "US-CY-ARG1",
        "lot": "A23",
        "expires": "2027-11-30",
        "units": 4,
        "from": "shelf",
        "to": "quarantine",
        "reason": None,
        "misfits": [],
    }
    assert units(stocked) == {("A23", "shelf"): 6, ("A23", "quarantine"): 4}
    said = stocked.done("move", "A23", "--from", "quarantine", "--to", "shelf", "--quantity", "1", "--reason", "seen")
    assert " ".join(said.split()) == (
        "Moved S2: 1 unit of lot A23 of US-CY-ARG1 (expires 2027-11-30), from quarantine to shelf."
    )


def test_a_move_to_a_place_that_does_not_fit_says_so(stocked):
    where = ("move", "A23", "--from", "shelf", "--to", "refrigerator")
    assert refused(stocked, *where).startswith("refrigerator does not fit US-CY-ARG1")
    said = stocked.done(*where, "--reason", "heat wave")
    assert said.endswith("Note: refrigerator keeps 2-8 °C and the product needs 20-25 °C.\n")


def test_what_was_set_aside_goes_back_with_a_pharmacists_reason(stocked):
    stocked.done("move", "A23", "--from", "shelf", "--to", "quarantine", "--as", "sam")
    where = ("move", "A23", "--from", "quarantine", "--to", "shelf")
    assert "set aside" in refused(stocked, *where)
    assert "needs a pharmacist" in refused(stocked, *where, "--reason", "seen", "--as", "sam")
    assert "what patients brought back" in refused(stocked, *where[:-1], "returned")


def test_a_destruction_names_both_persons(stocked):
    where = ("destroy", "A23", "--place", "shelf", "--reason", "broken", "--quantity", "3")
    done = stocked.json(*where, "--witness", "sam")
    assert (done["destroy"], done["units"], done["destroyed_by"], done["witness"]) == ("S1", 3, "alex", "sam")
    assert refused(stocked, *where, "--witness", "alex").startswith("alex cannot witness")
    assert "by alex, seen by sam." in " ".join(stocked.done(*where, "--witness", "sam").split())
    assert stocked("destroy", "A23", "--place", "shelf", "--reason", "broken").status == 2


def test_a_return_to_the_supplier_has_its_reference(stocked):
    where = ("send-back", "A23", "--place", "shelf", "--reason", "recalled")
    assert stocked.json(*where, "--quantity", "3", "--reference", "RMA-7")["reference"] == "RMA-7"
    said = " ".join(stocked.done(*where).split())
    assert said == "Sent back S2: 7 units of lot A23 of US-CY-ARG1 (expires 2027-11-30) from shelf to the supplier."
    assert units(stocked) == {}


def test_an_undelivered_fill_goes_back_to_the_shelf(stocked):
    fill = a_fill(stocked)
    back = ("return", fill, "--reason", "never collected", "--undelivered")
    refused(stocked, *back, "--quantity", "2")
    assert "4 units of D1, back to where they came from." in stocked.done(*back)
    assert units(stocked) == {("A23", "shelf"): 10}


def test_a_return_by_a_patient_is_not_sold_again(stocked):
    fill = a_fill(stocked)
    done = stocked.json("return", fill, "--reason", "not needed")
    assert (done["return"], done["undelivered"], done["lines"][0]["place"]) == ("RT1", False, "returned")


def test_one_unit_is_not_several(stocked):
    fill = a_fill(stocked)
    told = stocked.done("return", fill, "--quantity", "1", "--reason", "not needed")
    assert told.startswith("Returned RT1: 1 unit of D1, ")
    number = stocked.json("count", "start", "--place", "shelf")["count"]
    told = stocked.done("count", "enter", number, "A23", "1")
    assert "1 unit of lot A23 of US-CY-ARG1 (expires 2027-11-30) at shelf" in " ".join(told.split())
    added = stocked.done("product", "pack", "US-CY-ARG1", "--gtin", "00305170031015", "--units", "1")
    assert added == "GTIN 00305170031015 is 1 unit of US-CY-ARG1.\n"
    assert "00305170031015: 1 unit\n" in stocked.done("product", "show", "US-CY-ARG1")


def test_a_count_from_sheet_to_correction(stocked):
    received(stocked, "B07", 5)
    started = stocked.json("count", "start", "--place", "shelf")
    assert started["lines"][0] == {"product": "US-CY-ARG1", "lot": "A23", "expires": "2027-11-30", "place": "shelf"}
    stocked.done("count", "enter", "C1", "A23", "10")
    assert refused(stocked, "count", "close", "C1").startswith("C1 cannot be closed, since nobody counted lot B07")
    assert set(stocked.json("count", "enter", "C1", "B07", "0")) == {
        "count", "key", "product", "lot", "expires", "place", "units",
    }  # fmt: skip
    refused(stocked, "count", "close", "C1", "--reason", "stolen")
    stocked.done("count", "enter", "C1", "B07", "0", "--as", "sam")
    assert "large variance" in refused(stocked, "count", "close", "C1", "--reason", "stolen", "--as", "sam")
    shown = stocked.done("count", "show", "C1")
    assert "VARIANCE" not in shown
    assert "BOOKS" not in shown
    assert "C1 is closed: 1 of 2 lots differed from the books." in stocked.done(
        "count", "close", "C1", "--reason", "stolen"
    )
    assert units(stocked) == {("A23", "shelf"): 10}
    assert [(line["lot"], line["variance"]) for line in stocked.json("count", "show", "C1")["lines"]] == [
        ("A23", 0),
        ("B07", -5),
    ]
    assert stocked.done("count", "show", "C1", "--format", "csv").splitlines()[0] == (
        "product,lot,expires,place,counted_by,counted_units,book_units,variance"
    )
    assert stocked.json("verify")["ok"]


def test_a_count_is_given_up(stocked):
    assert stocked.done("count", "start", "--product", "US-CY-ARG1").startswith("Count C1 of US-CY-ARG1 is open")
    refused(stocked, "count", "close", "C1", "--abandon")
    assert stocked.done("count", "close", "C1", "--abandon", "--reason", "fire alarm") == (
        "C1 is abandoned: nothing was changed.\n"
    )
    refused(stocked, "count", "enter", "C1", "A23", "10")
    refused(stocked, "count", "start")
    refused(stocked, "count", "enter", "C1", "A23", "ten")


@pytest.mark.parametrize(
    "words",
    [
        ("move", "A23", "--from", "shelf", "--to", "quarantine", "--quantity", "0"),
        ("move", "A23", "--from", "shelf", "--to", "quarantine", "--quantity", "1.5"),
        ("move", "A\x1b23", "--from", "shelf", "--to", "quarantine"),
        ("move", "A23", "--from", "shelf", "--to", "'; drop table place"),
        ("move", "A23", "--from", "shelf", "--to", "quarantine", "--reason", "\u202eevil"),
        ("destroy", "A23", "--place", "shelf", "--reason", " ", "--witness", "sam"),
        ("destroy", "A23", "--place", "shelf", "--reason", "broken", "--witness", "s" * 100_000),
        ("send-back", "A23", "--place", "shelf", "--reason", "x", "--reference", "r" * 201),
        ("count", "start", "--place", "s" * 100_000),
        ("count", "enter", "C0", "A23", "1"),
        ("count", "enter", "C1", "A23", "٣"),
        ("count", "show", "1" * 5000),
    ],
)
def test_bad_input_moves_nothing(stocked, words):
    stocked.done("count", "start", "--place", "shelf")
    before = units(stocked)
    assert stocked.refused(*words)
    assert units(stocked) == before
