from datetime import date

import pytest

from dispensary.rules.directions import parse
from dispensary.rules.formulary import read_rows
from dispensary.rules.people import Condition, History
from dispensary.rules.product import Form, Sensitivity
from dispensary.rules.safety import (
    Case,
    Finding,
    NotAnOverride,
    Severity,
    StoppedByChecks,
    findings,
    overridden,
    read_override,
    stops,
    thousandfold,
)
from dispensary.rules.text import NotCleanText
from tests.build import FORMULARY
from tests.refusing import refused

TODAY = date(2026, 11, 21)
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}
LEBER = Finding("leber", Severity.OVERRIDE, "Leber.")
KIDNEYS = Finding("kidney_failure", Severity.OVERRIDE, "Kidneys.")
NOTE = Finding("note", Severity.NOTE, "A note.")
STOP = Finding("stop", Severity.STOP, "Stop.")


def a_case(
    product="US-CY-ARG1",
    form="cyanocobalamin",
    directions="1 mg IM weekly",
    valid_until=TODAY,
    fills_left=1,
    sensitivities=(),
    conditions=(),
):
    return Case(
        today=TODAY,
        form=Form(form),
        directions=parse(directions),
        valid_until=valid_until,
        fills_left=fills_left,
        history=History(frozenset(map(Sensitivity, sensitivities)), frozenset(map(Condition, conditions))),
        product=PRODUCTS[product],
        preservative_free="none",
    )


def codes(**case):
    return [finding.code for finding in findings(a_case(**case))]


def test_finds_nothing_where_nothing_is_wrong():
    assert codes() == []


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"valid_until": date(2026, 11, 20)}, "prescription_expired"),
        ({"fills_left": 0}, "prescription_exhausted"),
        ({"fills_left": -1}, "prescription_exhausted"),
        ({"sensitivities": ("cobalamin",)}, "cobalamin_hypersensitivity"),
        ({"directions": "1000 mg IM weekly"}, "thousandfold_dose"),
        ({"directions": "10 mcg IM weekly"}, "thousandfold_dose"),
        ({"product": "NO-HY-TAK1"}, "wrong_form"),
        (
            {"product": "US-HY-ACT30", "form": "hydroxocobalamin", "directions": "1 mg subcut weekly"},
            "route_not_labelled",
        ),
        ({"sensitivities": ("benzyl alcohol",)}, "preservative_sensitivity"),
    ],
    ids=str,
)
def test_a_stop_ends_it(case, code):
    (finding,) = findings(a_case(**case))
    assert (finding.code, finding.severity) == (code, Severity.STOP)
    assert finding.message.endswith(".")


@pytest.mark.parametrize("form", Form)
def test_no_form_is_exchanged_for_another(form):
    for product in PRODUCTS.values():
        found = codes(product=product.code, form=form)
        assert ("wrong_form" in found) == (product.form is not form)


@pytest.mark.parametrize(
    ("product", "sensitivity", "found"),
    [
        ("US-CY-ARG1", "benzyl alcohol", True),
        ("US-CY-ARG1", "parabens", False),
        ("US-CY-SOM1", "benzyl alcohol", True),
        ("US-CY-LIF1", "benzyl alcohol", True),
        ("US-CY-LIF1", "parabens", True),
        ("NO-CY-TAK1", "benzyl alcohol", False),
        ("NO-CY-TAK1", "parabens", False),
        ("US-HY-ACT30", "parabens", True),
        ("US-HY-ACT30", "benzyl alcohol", False),
        ("US-ME-CMP10", "parabens", True),
    ],
)
def test_what_is_in_the_product_or_not_known_provokes(product, sensitivity, found):
    case = {"product": product, "form": PRODUCTS[product].form, "sensitivities": (sensitivity,)}
    assert codes(**case) == (["preservative_sensitivity"] if found else [])


def test_each_sensitivity_is_told_with_what_the_product_holds():
    found = findings(a_case(product="US-CY-LIF1", sensitivities=("parabens", "benzyl alcohol")))
    assert [finding.message for finding in found] == [
        "The patient reacts to benzyl alcohol and US-CY-LIF1 has preservatives that are not known; "
        "preservative-free on hand: none.",
        "The patient reacts to parabens and US-CY-LIF1 has preservatives that are not known; "
        "preservative-free on hand: none.",
    ]


@pytest.mark.parametrize(("condition", "code"), [("leber", "leber"), ("kidney-failure", "kidney_failure")])
def test_cyanocobalamin_needs_a_reason_in_these_conditions(condition, code):
    (finding,) = findings(a_case(conditions=(condition,)))
    assert (finding.code, finding.severity) == (code, Severity.OVERRIDE)
    for form, product in (("hydroxocobalamin", "NO-HY-TAK1"), ("methylcobalamin", "US-ME-CMP10")):
        assert codes(product=product, form=form, conditions=(condition,)) == []


def test_pregnancy_alone_is_no_finding():
    assert codes(conditions=("pregnancy",)) == []


@pytest.mark.parametrize("dose", ["11 mcg", "30 mcg", "100 mcg", "1 mg", "5 mg", "15 mg", "29.999 mg"])
def test_no_dose_in_use_is_a_slip(dose):
    assert list(thousandfold(parse(f"{dose} IM weekly"))) == []


@pytest.mark.parametrize("mcg", [30, 50, 100, 250, 500, 1000, 2000, 2500, 3000, 5000])
def test_every_dose_in_use_is_a_slip_a_thousandfold_up_or_down(mcg):
    for slip in [f"{mcg} mg"] + [f"{mcg // 1000} mcg"] * (mcg % 1000 == 0):
        (finding,) = thousandfold(parse(f"{slip} IM weekly"))
        assert finding.code == "thousandfold_dose"


def test_all_findings_are_collected_in_one_order():
    assert codes(
        product="US-HY-ACT30",
        directions="1000 mg subcut weekly",
        valid_until=date(2026, 1, 1),
        fills_left=0,
        sensitivities=("cobalamin", "parabens"),
    ) == [
        "prescription_expired",
        "prescription_exhausted",
        "cobalamin_hypersensitivity",
        "thousandfold_dose",
        "wrong_form",
        "route_not_labelled",
        "preservative_sensitivity",
    ]


def test_only_stops_are_stops():
    assert stops((LEBER, STOP, NOTE)) == (STOP,)


def test_a_note_ends_nothing():
    assert overridden((NOTE,), {}, may_override=False) == (NOTE,)


def test_the_pharmacists_reason_stands_with_its_finding():
    found = overridden((LEBER, NOTE), {"leber": "judged"}, may_override=True)
    assert found == (Finding("leber", Severity.OVERRIDE, "Leber.", "judged"), NOTE)


def test_nobody_overrides_a_stop():
    refusal = refused(
        StoppedByChecks, lambda: overridden((STOP, LEBER), {"stop": "x", "leber": "y"}, may_override=True)
    )
    assert refusal.findings == (STOP, LEBER)


@pytest.mark.parametrize(
    ("reasons", "may_override"),
    [({}, True), ({"leber": "judged"}, True), ({"leber": "judged", "kidney_failure": "judged"}, False)],
)
def test_every_override_waits_for_a_pharmacists_reason(reasons, may_override):
    refused(StoppedByChecks, lambda: overridden((LEBER, NOTE, KIDNEYS), reasons, may_override=may_override))


def test_refuses_a_reason_that_answers_nothing():
    refused(NotAnOverride, lambda: overridden((LEBER, KIDNEYS), {"note": "x"}, may_override=True))
    refused(NotAnOverride, lambda: overridden((), {"leber": "x"}, may_override=True))


def test_reads_a_code_and_its_reason():
    assert read_override("leber=talked to Dr. Berg = agreed ") == ("leber", "talked to Dr. Berg = agreed")


@pytest.mark.parametrize("text", ["leber", "=reason", "Leber=x", "le ber=x", "", "x" * 41 + "=reason"])
def test_refuses_what_is_no_override(text):
    refused(NotAnOverride, lambda: read_override(text))


@pytest.mark.parametrize("text", ["leber=", "leber=  ", "leber=a\x1b[0m", "leber=" + "x" * 201])
def test_refuses_a_reason_that_cannot_be_kept(text):
    refused(NotCleanText, lambda: read_override(text))
