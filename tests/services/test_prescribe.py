from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.directions import NotAnInterval
from dispensary.rules.grammar import render
from dispensary.rules.grammar.amounts import AmbiguousDirections
from dispensary.rules.grammar.refused import IntravenousRoute, MisreadAbbreviation, NotDirections
from dispensary.rules.numbers import NotANumber
from dispensary.rules.product import Form, Route
from dispensary.rules.quantity import BareGram, Dose, NotADose
from dispensary.rules.safety import StoppedByChecks
from dispensary.schema import prescribing, trust
from dispensary.services.prescribing.prescribe import NewPrescription, NotAPrescription, prescribe
from tests.build import a_patient, a_prescriber, an_rx, the_rx
from tests.owning import past
from tests.refusing import nothing_written


@pytest.fixture
def known(shop):
    a_patient(shop)
    a_prescriber(shop)
    return shop


def written(shop, **more):
    return an_rx(shop, patient="P1", prescriber="PR1", **more)


def test_a_prescription_is_kept_as_read_and_as_written(known):
    number = written(known, directions="1mg intramuscularly every week.", indication="pernicious")
    rx = the_rx(known, number)
    assert number == "RX1"
    assert (rx.directions_as_written, render(rx.directions)) == ("1mg intramuscularly every week.", "1 mg IM weekly")
    assert [(phase.dose, phase.route) for phase in rx.directions.phases] == [(Dose(1000), Route.IM)]
    assert (rx.form, rx.quantity_units, rx.days, rx.refills) == (Form.CYANOCOBALAMIN, 4, None, 2)
    assert (rx.patient.number, rx.prescriber, rx.prescriber_number) == (1, "Dr. Ida Berg", 1)
    assert (rx.written, rx.valid_until, rx.indication) == (date(2026, 11, 20), date(2027, 11, 20), "pernicious")


def test_nothing_of_it_is_dispensed_yet(known):
    assert the_rx(known, written(known)).standing.left.units == 12
    by_days = the_rx(known, written(known, days=28, refills=1)).standing.left
    assert (by_days.fills, by_days.refills, by_days.units) == (2, 1, None)


def test_it_is_valid_for_a_year_unless_the_prescriber_says_otherwise(known):
    assert the_rx(known, written(known, valid_until="2026-12-24")).valid_until == date(2026, 12, 24)
    assert the_rx(known, written(known)).valid_until == date(2027, 11, 20)
    known.practice = replace(known.practice, validity_months=6)
    assert the_rx(known, written(known)).valid_until == date(2027, 5, 20)


def test_patient_and_prescriber_are_named_by_any_of_their_numbers(known):
    an_rx(known, patient="MRN-1", prescriber="1234567893")
    assert the_rx(known, "rx1").patient.number == 1


def test_a_prescription_of_today_that_ends_today_is_taken(known):
    written(known, written="2026-11-21", valid_until="2026-11-21")
    assert the_rx(known, "1").valid_until == known.today


def test_the_same_key_enters_it_once(known):
    new = NewPrescription(
        "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", 4, None, 2, date(2026, 11, 20), None, ""
    )
    assert known.do(prescribe, new, practice=known.practice) == known.do(prescribe, new, practice=known.practice)
    count = known.read(lambda db: len(db.execute(select(prescribing.prescription)).all()))
    assert count == 1


def test_refuses_a_key_that_came_with_another_prescription(known):
    def entered(units):
        new = NewPrescription(
            "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", units, None, 2, date(2026, 11, 20), None, ""
        )
        return known.do(prescribe, new, practice=known.practice)

    entered(4)
    nothing_written(known, KeyReused, lambda: entered(5))


def test_the_event_says_what_was_prescribed_and_not_to_whom(known):
    written(known, indication="secret reason")
    event = known.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert (event.kind, event.subject) == ("rx add", "RX1")
    assert "1 mg IM weekly" in event.canonical
    assert "Kari" not in event.canonical
    assert "secret" not in event.canonical


@pytest.mark.parametrize(
    "directions",
    [
        "1 g IM weekly",
        "1000 g IM weekly",
        "2 G daily",
        "0.001 g subcut daily",
    ],
)
def test_refuses_a_bare_gram(known, directions):
    nothing_written(known, BareGram, lambda: written(known, directions=directions))


@pytest.mark.parametrize("directions", ["1000 mg IM weekly", "30 mg IM weekly", "1 mcg IM weekly", "10 mcg IM daily"])
def test_refuses_a_thousandfold_slip_both_ways(known, directions):
    refusal = nothing_written(known, StoppedByChecks, lambda: written(known, directions=directions))
    assert [finding.code for finding in refusal.findings] == ["thousandfold_dose"]


@pytest.mark.parametrize("directions", ["30 mcg IM daily", "100 mcg IM daily", "1000 mcg IM weekly", "5 mg IM weekly"])
def test_takes_every_dose_that_is_in_use(known, directions):
    assert written(known, directions=directions) == "RX1"


@pytest.mark.parametrize(
    ("kind", "directions"),
    [
        (NotDirections, "as directed"),
        (NotDirections, "1 mg weekly"),
        (AmbiguousDirections, "1 mg 2 mg IM weekly"),
        (MisreadAbbreviation, "1 mg SC weekly"),
        (IntravenousRoute, "1 mg IV weekly"),
        (NotAnInterval, "1 mg IM every 0 days"),
        (NotADose, "1.0000001 mg IM weekly"),
    ],
)
def test_refuses_directions_that_are_not_understood(known, kind, directions):
    nothing_written(known, kind, lambda: written(known, directions=directions))


@pytest.mark.parametrize(
    "wrong",
    [
        {"written": "2026-11-22"},
        {"written": "1960-01-01"},
        {"valid_until": "2026-11-19"},
        {"written": "2025-11-20"},
        {"written": "2026-10-01", "valid_until": "2026-11-20"},
        {"refills": 100},
        {"units": 1001},
        {"days": 367},
        {"units": None},
    ],
    ids=str,
)
def test_refuses_a_prescription_that_cannot_be(known, wrong):
    nothing_written(known, NotAPrescription, lambda: written(known, **wrong))


def test_a_dose_in_ml_is_read_in_the_one_strength_of_the_form(known):
    rx = the_rx(known, written(known, directions="0.5 mL IM weekly"))
    assert (render(rx.directions), rx.directions_as_written) == ("500 mcg IM weekly", "0.5 mL IM weekly")


def test_a_dose_in_ml_of_two_strengths_is_read_with_a_product_only(known):
    past(
        known, lambda db: db.exec_driver_sql("UPDATE product SET strength_mcg_per_ml = 5000 WHERE code = 'NO-CY-TAK1'")
    )
    nothing_written(known, AmbiguousDirections, lambda: written(known, directions="0.5 mL IM weekly"))
    rx = the_rx(known, written(known, directions="0.5 mL IM weekly", product="NO-CY-TAK1"))
    assert render(rx.directions) == "2.5 mg IM weekly"


def test_the_product_and_its_makers_are_kept(known):
    rx = the_rx(known, written(known, product="US-CY-ARG1", as_written=True))
    assert (rx.product, rx.as_written) == ("US-CY-ARG1", True)


def test_refuses_a_product_of_another_form_and_as_written_without_a_product(known):
    nothing_written(known, NotAPrescription, lambda: written(known, product="US-HY-ACT30"))
    nothing_written(known, NotAPrescription, lambda: written(known, as_written=True))


def test_another_active_prescription_is_noticed(known):
    written(known)
    new = NewPrescription(
        "k", "P1", "PR1", Form.HYDROXOCOBALAMIN, "1 mg IM monthly", 1, None, 0, date(2026, 11, 20), None, ""
    )
    added = known.do(prescribe, new, practice=known.practice)
    assert added.notes == ("The patient has another active B12 prescription: RX1, cyanocobalamin, 1 mg IM weekly.",)


def test_refills_end_where_the_practice_says(known):
    known.practice = replace(known.practice, most_refills=3)
    nothing_written(known, NotAPrescription, lambda: written(known, refills=4))


def test_refuses_units_and_days_together(known):
    new = NewPrescription(
        "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", 4, 28, 2, date(2026, 11, 20), None, ""
    )
    nothing_written(known, NotAPrescription, lambda: known.do(prescribe, new, practice=known.practice))


def test_refuses_whom_it_does_not_know(known):
    nothing_written(known, NotFound, lambda: an_rx(known, patient="P9", prescriber="PR1"))
    nothing_written(known, NotFound, lambda: an_rx(known, patient="P1", prescriber="PR9"))


def test_refuses_an_unknown_prescription(known):
    nothing_written(known, NotFound, lambda: the_rx(known, "RX9"))
    nothing_written(known, NotANumber, lambda: the_rx(known, "D9"))
