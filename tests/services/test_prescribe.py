from datetime import date

import pytest
from sqlalchemy import select

from dispensary import lookup
from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.directions import (
    AmbiguousDirections,
    DoseIsAVolume,
    IntravenousRoute,
    MisreadRoute,
    NotAnInterval,
    NotDirections,
)
from dispensary.rules.numbers import NotANumber
from dispensary.rules.product import Form, Route
from dispensary.rules.quantity import BareGram, Dose, NotADose
from dispensary.rules.safety import StoppedByChecks
from dispensary.schema import prescribing, trust
from dispensary.services.prescribe import NewPrescription, NotAPrescription, default_validity, prescribe
from tests.build import a_patient, a_prescriber, an_rx
from tests.refusing import nothing_written


@pytest.fixture
def known(shop):
    a_patient(shop)
    a_prescriber(shop)
    return shop


def written(shop, **more):
    return an_rx(shop, patient="P1", prescriber="PR1", **more)


def found(shop, rx):
    return shop.read(lambda db: lookup.prescription_by_number(db, shop.by().site_id, rx))


def test_a_prescription_is_kept_as_read_and_as_written(known):
    number = written(known, directions="1mg intramuscularly every week.", indication="pernicious")
    rx = found(known, number)
    assert number == "RX1"
    assert (rx.directions_as_written, str(rx.directions.phase)) == ("1mg intramuscularly every week.", "1 mg IM weekly")
    assert (rx.directions.phase.dose, rx.directions.phase.route) == (Dose(1000), Route.IM)
    assert (rx.form, rx.quantity_units, rx.days, rx.refills) == (Form.CYANOCOBALAMIN, 4, None, 2)
    assert (rx.patient.number, rx.prescriber, rx.prescriber_number) == (1, "Dr. Ida Berg", 1)
    assert (rx.written, rx.valid_until, rx.indication) == (date(2026, 11, 20), date(2027, 11, 20), "pernicious")


def test_nothing_of_it_is_dispensed_yet(known):
    assert found(known, written(known)).left.units == 12
    by_days = found(known, written(known, days=28, refills=1)).left
    assert (by_days.fills, by_days.refills, by_days.units) == (2, 1, None)


def test_it_is_valid_for_a_year_unless_the_prescriber_says_otherwise(known):
    assert found(known, written(known, valid_until="2026-12-24")).valid_until == date(2026, 12, 24)
    assert default_validity(date(2026, 11, 20)) == date(2027, 11, 20)
    assert default_validity(date(2028, 2, 29)) == date(2029, 2, 28)


def test_patient_and_prescriber_are_named_by_any_of_their_numbers(known):
    an_rx(known, patient="MRN-1", prescriber="1234567893")
    assert found(known, "rx1").patient.number == 1


def test_a_prescription_of_today_that_ends_today_is_taken(known):
    written(known, written="2026-11-21", valid_until="2026-11-21")
    assert found(known, "1").valid_until == known.today


def test_the_same_key_enters_it_once(known):
    new = NewPrescription(
        "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", 4, None, 2, date(2026, 11, 20), None, ""
    )
    assert known.do(prescribe, new) == known.do(prescribe, new)
    count = known.read(lambda db: len(db.execute(select(prescribing.prescription)).all()))
    assert count == 1


def test_refuses_a_key_that_came_with_another_prescription(known):
    def entered(units):
        new = NewPrescription(
            "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", units, None, 2, date(2026, 11, 20), None, ""
        )
        return known.do(prescribe, new)

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
        (DoseIsAVolume, "1 mL IM weekly"),
        (MisreadRoute, "1 mg SC weekly"),
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


def test_refuses_units_and_days_together(known):
    new = NewPrescription(
        "k", "P1", "PR1", Form.CYANOCOBALAMIN, "1 mg IM weekly", 4, 28, 2, date(2026, 11, 20), None, ""
    )
    nothing_written(known, NotAPrescription, lambda: known.do(prescribe, new))


def test_refuses_whom_it_does_not_know(known):
    nothing_written(known, NotFound, lambda: an_rx(known, patient="P9", prescriber="PR1"))
    nothing_written(known, NotFound, lambda: an_rx(known, patient="P1", prescriber="PR9"))


def test_refuses_an_unknown_prescription(known):
    nothing_written(known, NotFound, lambda: found(known, "RX9"))
    nothing_written(known, NotANumber, lambda: found(known, "D9"))
