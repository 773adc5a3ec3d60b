"""FHIR and EPCIS from the command line: files in and out, who is told, and what the audit says of it."""

import json
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from dispensary.cli.product import UnreadableFile
from dispensary.exports.files import FileExists
from dispensary.reports.period import NotAPeriod
from dispensary.rules.fhir.document import FhirFault, NotAFhirFile
from dispensary.rules.gln import NotAGln
from dispensary.rules.product import NotAChoice
from tests.exchange.documents import CLINIC, a_bundle, changed
from tests.refusing import code, require_golden


def told(counter, kind, *words):
    require_golden(f"{code(kind)}: {counter.refused(*words)}")


def readings(counter):
    """What was read of whom, by the audit."""
    return [row["what"] for row in counter.json("report", "access")]


@pytest.fixture
def sent(counter):
    Path("rx.json").write_text(json.dumps(a_bundle()))
    return counter


def test_prescriptions_are_taken_in_and_said(sent):
    said = sent.done("fhir", "import", "rx.json", "--patients-of", CLINIC, "--add-people")
    assert said.splitlines() == [
        "P1 is entered.",
        "PR1 is entered.",
        "RX1 for P1: cyanocobalamin 1 mg IM weekly, valid until 2027-11-20 (2026-0815).",
    ]
    again = sent.done("fhir", "import", "rx.json", "--patients-of", CLINIC)
    assert again.splitlines() == said.splitlines()[2:]
    assert len(sent.json("rx", "list")) == 1
    document = sent.json("fhir", "import", "rx.json", "--patients-of", CLINIC)
    assert [each["rx"] for each in document["imported"]] == ["RX1"]
    assert sent.done("fhir", "import", "rx.json", "--patients-of", CLINIC, "--format", "csv").count("\n") == 2
    assert sent("verify").status == 0


def test_what_a_person_must_read_is_said(sent):
    with_note = changed(lambda _, request: request.update(note=[{"text": "Call me first"}]))
    Path("rx.json").write_text(json.dumps(with_note))
    said = sent.done("fhir", "import", "rx.json", "--patients-of", CLINIC, "--add-people")
    assert "RX1, to be read by a person: Call me first" in said


def test_numbers_of_a_system_that_nobody_named_are_nobodys(sent):
    told(sent, FhirFault, "fhir", "import", "rx.json", "--add-people")
    assert sent.json("patient", "list") == []


def test_files_that_are_none_are_refused(sqlite_counter):
    Path("broken.json").write_bytes(b"{")
    told(sqlite_counter, NotAFhirFile, "fhir", "import", "broken.json")
    told(sqlite_counter, UnreadableFile, "fhir", "import", "nowhere.json")
    assert sqlite_counter("fhir", "import", ".").status == 1


def test_fills_go_out_without_patients_unless_asked_for(filled):
    filled.done("fhir", "export", "--out", "fills.json")
    data = Path("fills.json").read_bytes()
    assert Bundle.model_validate_json(data).entry
    assert b"O'Brien" not in data
    assert readings(filled) == []
    filled.done("fhir", "export", "--out", "whom.json", "--patients")
    assert b"O'Brien" in Path("whom.json").read_bytes()
    assert readings(filled) == ["fhir export"]
    assert Path("whom.json").stat().st_mode & 0o777 == 0o600


def test_a_file_that_could_not_be_written_is_no_reading(filled):
    Path("whom.json").write_text("mine")
    told(filled, FileExists, "fhir", "export", "--out", "whom.json", "--patients")
    told(filled, FileExists, "fhir", "prescription", "RX1", "--out", "whom.json")
    assert readings(filled) == []
    assert Path("whom.json").read_text() == "mine"
    filled.done("fhir", "export", "--out", "whom.json", "--force")


def test_one_fill_and_lines(filled):
    filled.done("fhir", "export", "--out", "d1.ndjson", "--dispense", "D1", "--type", "ndjson")
    kinds = [json.loads(line)["resourceType"] for line in Path("d1.ndjson").read_text().splitlines()]
    assert kinds == ["Medication", "MedicationDispense"]
    told(filled, NotAChoice, "fhir", "export", "--out", "x.json", "--type", "xml")
    told(filled, NotAPeriod, "fhir", "export", "--out", "x.json", "--since", "2026-11-22", "--until", "2026-11-21")
    assert not Path("x.json").exists()


def test_a_prescription_goes_out_and_is_a_reading(filled):
    assert filled.done("fhir", "prescription", "rx1", "--out", "rx.json") == "RX1 in rx.json\n"
    assert Bundle.model_validate_json(Path("rx.json").read_bytes()).entry
    assert readings(filled) == ["fhir prescription"]
    told(filled, FhirFault, "fhir", "import", "rx.json")


def test_the_stock_goes_out(filled):
    assert filled.done("fhir", "stock", "--out", "stock.json").endswith(" resources in stock.json\n")
    report = json.loads(Path("stock.json").read_text())["entry"][-1]["resource"]
    assert (report["resourceType"], report["countType"]) == ("InventoryReport", "snapshot")


def test_events_go_out(filled):
    assert filled.done("epcis", "export", "--out", "epcis.json", "--gln", "7080000000005") == "2 events in epcis.json\n"
    events = json.loads(Path("epcis.json").read_text())["epcisBody"]["eventList"]
    assert [each["bizStep"] for each in events] == ["receiving", "dispensing"]
    told(filled, NotAGln, "epcis", "export", "--out", "x.json", "--gln", "7080000000006")
    assert not Path("x.json").exists()
