"""A patient's record and a second person's check, from the command line."""

import json
from datetime import date
from pathlib import Path

import pytest

from dispensary import auditor
from dispensary.reports.period import NotAPeriod
from dispensary.rules.erasure import AlreadyErased, NamesThePatient, PatientErased
from dispensary.rules.identifiers import BornOtherwise
from dispensary.rules.level import NotALevel
from dispensary.rules.numbers import NotANumber
from dispensary.rules.scan import element_string
from dispensary.services.people.patients import NothingToChange, NothingToCorrect
from dispensary.services.prescribing.hand_over import SamePerson
from tests.refusing import code, require_golden

KARI = ("patient", "add", "--id", "MRN-1", "--name", "Kari Nordmann", "--born", "1961-04-03")


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


@pytest.fixture
def kari(counter):
    counter.done(*KARI, "--sensitivity", "parabens", "--medicine", "Folic acid", "--medicine", "Metformin")
    return counter


def test_a_record_is_entered_edited_and_shown(kari):
    changes = ("--condition", "liver-disease", "--condition", "lactation", "--no-medicine", "metformin")
    said = kari.done("patient", "edit", "P1", "--no-sensitivity", "parabens", "--name", "Kari Hansen", *changes)
    assert said == "Patient P1: changed name, sensitivities, conditions, medicines.\n"
    kari.done("patient", "level", "P1", "148 pmol/L", "--on", "2026-05-02")
    said = kari.done("patient", "level", "MRN-1", "200 pg/ml")
    assert said == "Patient P1: level of 2026-11-21 is recorded.\n"
    shown = kari.done("patient", "show", "P1")
    for fact in (
        "Kari Hansen",
        "none recorded",
        "lactation, liver-disease",
        "Folic acid\n",
        "200 pg/mL on 2026-11-21; 148 pmol/L on 2026-05-02",
    ):
        assert fact in shown
    assert kari.json("patient", "show", "P1") == {
        "patient": "P1",
        "identifier": "MRN-1",
        "name": "Kari Hansen",
        "born": "1961-04-03",
        "language": "en",
        "sensitivities": [],
        "conditions": ["lactation", "liver-disease"],
        "medicines": ["Folic acid"],
        "levels": [
            {"taken_on": "2026-11-21", "level": "200 pg/mL"},
            {"taken_on": "2026-05-02", "level": "148 pmol/L"},
        ],
        "erased_on": None,
        "changes": [
            {"on": "2026-11-21", "by": "alex", "fact": fact, "old": old, "new": new}
            for fact, old, new in (
                ("name", "Kari Nordmann", "Kari Hansen"),
                ("sensitivities", "parabens", ""),
                ("conditions", "", "lactation; liver-disease"),
                ("medicines", "Folic acid; Metformin", "Folic acid"),
            )
        ],
    }
    assert "Folic acid" in kari.done("patient", "show", "P1", "--format", "csv")
    kari.done("verify")


def test_what_a_record_said_before_is_shown(kari):
    assert "->" not in kari.done("patient", "show", "P1")
    kari.done("patient", "edit", "P1", "--born", "1961-04-04", "--no-sensitivity", "parabens")
    kari.done("patient", "level", "P1", "1480 pmol/L", "--on", "2026-05-02")
    said = kari.done("patient", "level", "P1", "148 pmol/L", "--on", "2026-05-02", "--correct")
    assert said == "Patient P1: level of 2026-05-02 is corrected.\n"
    assert kari.done("patient", "show", "P1").splitlines()[-3:] == [
        "2026-11-21 alex: born 1961-04-03 -> 1961-04-04",
        "2026-11-21 alex: sensitivities parabens -> none",
        "2026-11-21 alex: level of 2026-05-02 1480 pmol/L -> 148 pmol/L",
    ]
    told(kari, NothingToCorrect, "patient", "level", "P1", "148 pmol/L", "--correct")


def test_receipts_repeat_nothing_of_the_record(kari):
    edited = kari.json("patient", "edit", "P1", "--name", "Kari Hansen", "--key", "k")
    assert edited == {"patient": "P1", "key": "k", "changed": ["name"]}
    levelled = kari.json("patient", "level", "P1", "148 pmol/L", "--key", "l")
    assert levelled == {"patient": "P1", "key": "l", "taken_on": "2026-11-21", "corrected": False}


def test_an_edit_that_says_nothing_or_cannot_be_read_is_refused(kari):
    told(kari, NothingToChange, "patient", "edit", "P1")
    told(kari, NotALevel, "patient", "level", "P1", "148")
    for words in (
        ("edit", "P1", "--condition", "flu"),
        ("edit", "P1", "--no-sensitivity", "nuts"),
        ("edit", "P1", "--medicine", ""),
        ("edit", "P1", "--name", "a\x1bb"),
        ("edit", "P1", "--born", "2026-11-22"),
        ("edit", "P1", "--language", "sv"),
        ("level", "P1", "148 pmol/L", "--on", "03/04/26"),
    ):
        assert kari.refused("patient", *words)


def test_what_was_typed_to_find_a_patient_stays_out_of_the_chain(counter):
    counter.done(*KARI[:3], "15108695088", *KARI[4:])
    counter.done("patient", "show", "15108695088")
    counter.done("patient", "edit", "15108695088", "--name", "Kari Hansen")
    counter.done("patient", "level", "15108695088", "148 pmol/L")
    counter.done("audit", "export", "--out", "audit.jsonl")
    exported = Path("audit.jsonl").read_text(encoding="utf-8")
    assert "15108695088" not in exported
    assert "Hansen" not in exported
    kinds = [json.loads(line).get("kind") for line in exported.splitlines()]
    assert {"patient add", "patient read", "patient edit", "patient level"} <= set(kinds)


def test_in_norway_the_birth_date_is_checked_against_the_number(sqlite_counter):
    file = Path("pharmacy.toml")
    file.write_text(file.read_text(encoding="utf-8").replace('country = "us"', 'country = "no"'), encoding="utf-8")
    add = ("patient", "add", "--name", "Ola", "--id", "15108695088", "--born")
    told(sqlite_counter, BornOtherwise, *add, "1986-10-16")
    sqlite_counter.done(*add, "1986-10-15")
    told(sqlite_counter, BornOtherwise, "patient", "edit", "P1", "--born", "1986-10-16")


@pytest.mark.parametrize("command", ["add", "edit", "level", "erase", "list", "show"])
def test_every_patient_command_explains_itself(empty, command):
    helped = empty.done("patient", command, "--help")
    assert all(len(line) <= 80 for line in helped.splitlines())
    if command in ("add", "edit"):
        words = " ".join(helped.split())
        assert "prematurity" in words
        assert '"benzyl alcohol"' in words


def test_a_record_is_erased_and_says_so_wherever_it_is_shown(kari):
    """After the years that records are kept, or where nothing was ever dispensed."""
    told(kari, NamesThePatient, "patient", "erase", "P1", "--reason", "Kari Nordmann wants it")
    told(kari, NotANumber, "patient", "erase", "MRN-1", "--reason", "wants it")
    said = kari.done("patient", "erase", "P1", "--reason", "wants it", "--key", "k")
    assert said == ("The record of P1 is erased. Earlier backups still have it: docs/erasure.md says\nwhat to do.\n")
    again = kari.json("patient", "erase", "P1", "--reason", "wants it", "--key", "k")
    assert again == {"patient": "P1", "key": "k", "erased_on": "2026-11-21"}
    assert kari.done("patient", "show", "P1") == (
        "PATIENT       P1\nerased on     2026-11-21\nwhat is left  prescriptions, fills and doses by number\n"
    )
    (listed,) = kari.json("patient", "list")
    assert (listed["name"], listed["born"], listed["erased_on"]) == ("(erased)", None, "2026-11-21")
    assert "P1                   (erased)" in kari.done("patient", "list")
    assert kari.refused("patient", "show", "MRN-1").startswith("There is no patient 'MRN-1'")
    told(kari, AlreadyErased, "patient", "erase", "P1", "--reason", "wants it")
    told(kari, PatientErased, "patient", "edit", "P1", "--name", "Kari Hansen")
    kari.done("verify")
    kari.done("audit", "verify")
    kari.done("audit", "export", "--out", "audit.jsonl")
    kari.done("audit", "verify", "audit.jsonl")
    assert auditor.read("audit.jsonl").ok


def test_who_looked_at_whom_is_told(kari):
    kari.done("patient", "show", "P1")
    kari.done("patient", "list")
    told_of = ["report", "access", "--patient", "P1"]
    assert kari.done(*told_of) == (
        "AT                UTC               USER  WHAT          PATIENTS\n"
        "2026-11-21 09:30  2026-11-21 14:30  alex  patient show  P1\n"
        "2026-11-21 09:30  2026-11-21 14:30  alex  patient list  P1\n"
    )
    assert kari.json(*told_of, "--since", "2026-11-21", "--until", "2026-11-21", "--user", "alex")[0] == {
        "at": "2026-11-21T14:30:00+00:00",
        "local": "2026-11-21T09:30:00-05:00",
        "user": "alex",
        "act": "patient read",
        "what": "patient show",
        "patients": ["P1"],
    }
    assert kari.done(*told_of, "--all-acts", "--format", "csv").splitlines()[:2] == [
        "at,local,user,act,what,patient",
        "2026-11-21T14:30:00+00:00,2026-11-21T09:30:00-05:00,alex,patient add,P1,P1",
    ]
    assert "patient add P1" in kari.done(*told_of, "--all-acts")
    told(kari, NotAPeriod, *told_of, "--since", "2026-11-22", "--until", "2026-11-21")
    # To read who looked is to look at nobody.
    assert len(kari.json("report", "access")) == 2


def test_a_list_of_many_is_told_by_its_first_ones(kari):
    for number in range(2, 7):
        kari.done("patient", "add", "--id", f"MRN-{number}", "--name", f"Patient {number}", "--born", "1961-04-03")
    kari.done("patient", "list")
    shown = kari.done("report", "access")
    assert "P1, P2, P3 and 3 more" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


@pytest.fixture
def filled(kari):
    """D1, that alex dispensed: 4 of lot A1; and sam, who may check it."""
    typed = ("--product", "US-CY-ARG1", "--lot", "A1", "--expires", "2027-05-31", "--quantity", "10")
    kari.done("receive", *typed)
    kari.done("prescriber", "add", "--name", "Ida", "--npi", "1234567893")
    directions = ("--form", "cyanocobalamin", "--directions", "1 mg IM weekly", "--quantity", "4")
    kari.done("rx", "add", "--patient", "P1", "--prescriber", "PR1", *directions)
    kari.done("dispense", "RX1")
    kari.done("user", "add", "sam", "--role", "technician")
    return kari


CARTON = "]d2" + element_string("00305170031251", date(2027, 5, 31), "A1", "S1")


def test_another_person_checks_a_fill_before_it_is_handed_over(filled):
    told(filled, SamePerson, "rx", "check", "D1", "--scan", CARTON)
    said = filled.done("--as", "sam", "rx", "check", "D1", "--scan", CARTON, "--key", "k")
    assert said.splitlines()[0] == "Checked D1: 4 units of US-CY-ARG1, by sam."
    assert filled.json("--as", "sam", "rx", "check", "D1", "--scan", CARTON, "--key", "k") == {
        "dispense": "D1",
        "rx": "RX1",
        "key": "k",
        "product": "US-CY-ARG1",
        "dispensed_by": "alex",
        "checked_by": "sam",
        "packs": [
            {
                "gtin": "00305170031251",
                "lot": "A1",
                "expires": "2027-05-31",
                "serial": "S1",
                "units": 4,
                "pack_units": 25,
            }
        ],
        "units": 4,
    }
    filled.done("verify")
