"""Dosage and directions: each says what the other says."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from dispensary.exports.fhir.dosage import dosage as written
from dispensary.exports.json_text import compact
from dispensary.rules.fhir.document import FhirFault, Node, read_document
from dispensary.rules.fhir.dosage import directions_of, is_read, read_instructions
from dispensary.rules.grammar import parse, render
from dispensary.rules.quantity import Strength
from tests.exchange.documents import SNOMED, dosage, quantity
from tests.refusing import refused
from tests.rules.directions_strategy import some_directions


def instructions(*given):
    document = {"resourceType": "MedicationRequest", "dosageInstruction": [*given]}
    root = read_document(compact_of(document), "rx.json")
    return read_instructions(root.each("dosageInstruction"), root)


def compact_of(document):
    try:
        return json.dumps(document).encode()
    except TypeError:
        return compact(document).encode()


def meant(*given, strengths=()):
    return render(directions_of(instructions(*given), strengths))


def phased(*given):
    return [{**each, "sequence": number} for number, each in enumerate(given, start=1)]


WEEKS_2 = quantity(2, "wk")
DAYS_2_TO_6 = {"low": quantity(2, "d"), "high": quantity(6, "d")}
FOR_LIFE = "1 mg IM weekly for life, self-injected"

MEANT = [
    ("1 mg IM weekly", dosage(frequency=1, period=1, periodUnit="wk")),
    ("1 mg IM daily", dosage(period=1, periodUnit="d")),
    ("1 mg IM every 2 to 3 days", dosage(period=2, periodMax=3, periodUnit="d")),
    ("1 mg IM every 3 months", dosage(period=3, periodUnit="mo")),
    ("1 mg IM 3 times a week", dosage(frequency=3, period=1, periodUnit="wk")),
    ("1 mg IM 4 times a year", dosage(frequency=4, period=1, periodUnit="a")),
    ("1 mg IM once", dosage(count=1)),
    ("1 mg IM daily for 5 doses", dosage(count=5, period=1, periodUnit="d")),
    ("1 mg IM daily for 5 to 7 doses", dosage(count=5, countMax=7, period=1, periodUnit="d")),
    ("1 mg IM daily for 2 weeks", dosage(boundsDuration=WEEKS_2, period=1, periodUnit="d")),
    ("1 mg IM daily for up to 2 weeks", dosage(boundsRange={"high": WEEKS_2}, period=1, periodUnit="d")),
    ("1 mg IM daily for 2 to 6 days", dosage(boundsRange=DAYS_2_TO_6, period=1, periodUnit="d")),
    ("1 mg IM daily until 2026-12-24", dosage(boundsPeriod={"end": "2026-12-24"}, period=1, periodUnit="d")),
    ("1 mg IM weekly, in the morning", dosage(period=1, periodUnit="wk", when=["MORN"])),
    ("1 mg IM as needed, at most weekly", {**dosage(period=1, periodUnit="wk"), "asNeededBoolean": True}),
    (FOR_LIFE, {**dosage(period=1, periodUnit="wk"), "text": FOR_LIFE}),
    ("1 mg IM weekly", {**dosage(period=1, periodUnit="wk"), "text": "1 mg im ukentlig"}),
    ("1 mg IM weekly", {"text": "1 mg i.m. every week"}),
    ("1 mg IM daily for 7 days, then 1 mg IM weekly", {"text": "1 mg IM daily for 7 days, then weekly"}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "given"), MEANT, ids=[f"{n}-{each[0]}" for n, each in enumerate(MEANT)])
def test_an_instruction_means(sentence, given):
    assert meant(given) == sentence


def test_instructions_are_phases_in_the_order_of_their_sequence():
    first = dosage(boundsDuration=quantity(7, "d"), period=1, periodUnit="d")
    second = dosage(period=1, periodUnit="mo")
    sentence = "1 mg IM daily for 7 days, then 1 mg IM monthly"
    assert meant(*phased(first, second)) == sentence
    assert meant(*reversed(phased(first, second))) == sentence


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("QD", "daily"), ("QOD", "every 2 days"), ("WK", "weekly"), ("MO", "monthly")],
)
def test_a_code_of_timing_says_the_interval(code, sentence):
    given = dosage()
    system = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
    given["timing"] = {"code": {"coding": [{"system": system, "code": code}]}}
    assert meant(given) == f"1 mg IM {sentence}"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (quantity(1, "mg"), "1 mg"),
        (quantity(0.5, "mg"), "500 mcg"),
        (quantity(250, "ug"), "250 mcg"),
        (quantity(250, "mcg"), "250 mcg"),
        (quantity(1.5, "mL"), "1.5 mg"),
    ],
)
def test_doses(amount, said):
    given = dosage(period=1, periodUnit="wk")
    given["doseAndRate"] = [{"doseQuantity": amount}]
    assert meant(given, strengths={Strength(1000)}) == f"{said} IM weekly"


def test_a_volume_is_of_no_strength_that_would_alone_leave_a_whole_dose():
    given = dosage(period=1, periodUnit="wk")
    given["doseAndRate"] = [{"doseQuantity": quantity(0.001, "mL")}]
    refusal = refused(FhirFault, lambda: meant(given, strengths={Strength(1000), Strength(1500)}))
    assert refusal.path == "MedicationRequest.dosageInstruction[0].doseAndRate[0].doseQuantity"


def test_a_volume_in_several_strengths_is_refused():
    given = dosage(period=1, periodUnit="wk")
    given["doseAndRate"] = [{"doseQuantity": quantity(1, "mL")}]
    for strengths in ({Strength(1000), Strength(5000)}, set()):
        refusal = refused(FhirFault, lambda strengths=strengths: meant(given, strengths=strengths))
        assert refusal.path == "MedicationRequest.dosageInstruction[0].doseAndRate[0].doseQuantity"


def test_routes_and_sites():
    given = dosage(period=1, periodUnit="wk")
    given["route"]["coding"][0]["code"] = "34206005"
    given["site"] = {"coding": [{"system": SNOMED, "code": "113345001"}]}
    assert meant(given) == "1 mg subcut weekly, into the abdomen"


def test_a_site_that_the_route_does_not_reach_is_refused():
    given = dosage(period=1, periodUnit="wk")
    given["site"] = {"coding": [{"system": SNOMED, "code": "113345001"}]}
    assert refused(FhirFault, lambda: meant(given)).path == "MedicationRequest.dosageInstruction[0]"


def test_phases_that_differ_in_what_holds_for_all_are_refused():
    first = dosage(boundsDuration=quantity(7, "d"), period=1, periodUnit="d", when=["MORN"])
    second = dosage(period=1, periodUnit="mo")
    refusal = refused(FhirFault, lambda: meant(*phased(first, second)))
    assert refusal.path == "MedicationRequest.dosageInstruction[1]"


def test_several_phases_in_the_text_of_one_of_several_are_refused():
    several = {"text": "1 mg IM daily for 7 days, then weekly for 4 weeks"}
    refusal = refused(FhirFault, lambda: meant(*phased(several, dosage(period=1, periodUnit="mo"))))
    assert refusal.path == "MedicationRequest.dosageInstruction[0]"


def test_a_text_that_no_rule_reads_is_told_from_one_that_was_compared():
    read, unread, none = (
        instructions({**dosage(period=1, periodUnit="wk"), **({"text": text} if text else {})})[0]
        for text in ("1 mg IM weekly", "on Fridays", "")
    )
    assert [is_read(each, ()) for each in (read, unread, none)] == [True, False, True]


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200, deadline=None)
@given(some_directions())
def test_whatever_directions_we_write_are_read_as_they_were(directions):
    assert directions_of(instructions(*written(directions)), ()) == directions


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200, deadline=None)
@given(some_directions())
def test_the_elements_alone_say_all_but_what_has_no_element(directions):
    """Without the text only a life-long phase, self-injection and `up to so many doses` are lost."""
    said = [{name: value for name, value in each.items() if name != "text"} for each in written(directions)]
    if any("timing" not in each for each in said):
        return
    told = render(directions_of(instructions(*said), ()))
    lost = render(directions).replace(" for life", "").replace(", self-injected", "")
    assert told == render(parse(lost))


def test_nodes_show_what_they_hold():
    assert str(Node([], "a").wrong("text is wanted")).startswith("a is an array: text is wanted: nothing was written")
