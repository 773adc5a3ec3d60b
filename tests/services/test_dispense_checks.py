import pytest
from sqlalchemy import select

from dispensary.rules.access import NotAllowed
from dispensary.rules.finding import Severity
from dispensary.rules.people import Role
from dispensary.rules.safety import NotAnOverride, StoppedByChecks
from dispensary.rules.shelf import State
from dispensary.schema import prescribing, trust
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot, a_patient, a_prescriber, an_rx, codes, dispensed, in_state, later, picks
from tests.refusing import nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def sensitive(shop, *sensitivities, form="cyanocobalamin"):
    return an_rx(shop, patient=a_patient(shop, sensitivities=sensitivities), form=form)


def suffering(shop, *conditions):
    return an_rx(shop, patient=a_patient(shop, conditions=conditions))


def technician(shop):
    shop.do(add_user, NewUser(shop.key(), "tess", Role.TECHNICIAN))
    other = shop.at(shop.on)
    other.user = "tess"
    return other


def test_refuses_the_wrong_form_of_a_named_lot(shop):
    a_lot(shop, "NO-HY-TAK1", lot="H1")
    a_lot(shop, "US-CY-ARG1", lot="A1")
    rx = an_rx(shop)
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx, lot="H1"))
    assert codes(refusal) == ["wrong_form"]


def test_routes_a_sensitive_patient_to_what_is_preservative_free(shop):
    a_lot(shop, "US-CY-ARG1", lot="BENZYL", expires="2027-01-31")
    a_lot(shop, "US-CY-LIF1", lot="UNKNOWN", expires="2027-02-28")
    a_lot(shop, PLAIN, lot="PLAIN", expires="2028-01-31")
    assert picks(dispensed(shop, sensitive(shop, "benzyl alcohol"))) == [("PLAIN", 4)]


def test_benzyl_alcohol_does_not_bother_who_reacts_to_parabens(shop):
    a_lot(shop, "US-CY-ARG1", lot="BENZYL")
    assert picks(dispensed(shop, sensitive(shop, "parabens"))) == [("BENZYL", 4)]


def test_an_unknown_preservative_counts_as_present(shop):
    a_lot(shop, "US-CY-LIF1", lot="UNKNOWN")
    rx = sensitive(shop, "parabens")
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["preservative_sensitivity"]


def test_the_refusal_of_a_named_lot_names_the_preservative_free_stock(shop):
    a_lot(shop, "US-CY-ARG1", lot="BENZYL")
    a_lot(shop, PLAIN, lot="N1", units=7, place="refrigerator")
    a_lot(shop, PLAIN, lot="N2", units=5)
    a_lot(shop, PLAIN, lot="N3", units=90)
    in_state(shop, "N3", State.RECALLED)
    rx = sensitive(shop, "benzyl alcohol")
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx, lot="BENZYL"))
    assert "12 of NO-CY-TAK1 (1 mL ampoule)" in str(refusal)


def test_the_refusal_names_every_product_and_that_nothing_is_free_of_preservative(shop):
    a_lot(shop, "US-CY-ARG1", lot="BENZYL")
    a_lot(shop, "US-CY-LIF1", lot="UNKNOWN")
    rx = sensitive(shop, "benzyl alcohol")
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["preservative_sensitivity", "preservative_sensitivity"]


def test_parabens_are_refused_to_who_reacts_to_them(shop):
    a_lot(shop, "US-HY-ACT30", lot="H1")
    rx = sensitive(shop, "parabens", form="hydroxocobalamin")
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))


def test_refuses_cobalamin_to_who_is_hypersensitive_to_it(shop):
    a_lot(shop)
    rx = sensitive(shop, "cobalamin")
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx, overrides={"leber": "no"}))
    assert codes(refusal) == ["cobalamin_hypersensitivity"]


def test_refuses_a_route_that_the_product_does_not_have(shop):
    a_lot(shop, "US-HY-ACT30", lot="H1")
    rx = an_rx(shop, form="hydroxocobalamin", directions="1 mg subcut weekly", units=1)
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["route_not_labelled"]


def test_refuses_an_expired_prescription(shop):
    a_lot(shop)
    rx = an_rx(shop, valid_until="2026-11-25", refills=5)
    assert dispensed(later(shop, 4), rx).fill == 1
    after = later(shop, 5)
    refusal = nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx))
    assert codes(refusal) == ["prescription_expired"]


def test_several_stops_are_told_together(shop):
    a_lot(shop, "US-HY-ACT30", lot="H1")
    rx = an_rx(shop, directions="1 mg subcut weekly", valid_until="2026-11-25")
    after = later(shop, 5)
    refusal = nothing_written(after, StoppedByChecks, lambda: dispensed(after, rx, lot="H1"))
    assert codes(refusal) == ["prescription_expired", "wrong_form", "route_not_labelled"]


@pytest.mark.parametrize(("condition", "code"), [("leber", "leber"), ("kidney-failure", "kidney_failure")])
def test_waits_for_a_pharmacists_reason_and_keeps_it(shop, condition, code):
    a_lot(shop)
    rx = suffering(shop, condition)
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    receipt = dispensed(shop, rx, overrides={code: "talked to Dr. Berg"})
    (finding,) = [finding for finding in receipt.findings if finding.reason]
    assert (finding.code, finding.reason) == (code, "talked to Dr. Berg")
    table = prescribing.finding
    kept = shop.read(lambda db: db.execute(select(table).where(table.c.reason.is_not(None))).one())
    assert (kept.code, kept.severity, kept.message, kept.source, kept.reason, kept.reason_code) == (
        code,
        "override",
        finding.message,
        finding.source,
        "talked to Dr. Berg",
        "other",
    )
    event = shop.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert "talked to Dr. Berg" in event.canonical


def test_each_finding_needs_its_own_reason(shop):
    a_lot(shop)
    rx = suffering(shop, "leber", "kidney-failure")
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx, overrides={"leber": "judged"}))
    both = {"leber": "judged", "kidney_failure": "judged too"}
    found = dispensed(shop, rx, overrides=both).findings
    assert [finding.reason for finding in found if finding.reason] == ["judged", "judged too"]


def test_only_a_pharmacist_overrides(shop):
    a_lot(shop)
    rx = suffering(shop, "leber")
    tess = technician(shop)
    nothing_written(tess, NotAllowed, lambda: dispensed(tess, rx, overrides={"leber": "I think so"}))


def test_a_technician_dispenses_where_nothing_is_found(shop):
    a_lot(shop)
    rx = an_rx(shop)
    assert dispensed(technician(shop), rx).fill == 1


def test_hydroxocobalamin_needs_no_override(shop):
    a_lot(shop, "NO-HY-TAK1", lot="H1")
    patient = a_patient(shop, conditions=("leber", "kidney-failure"))
    found = dispensed(shop, an_rx(shop, patient=patient, form="hydroxocobalamin")).findings
    assert {finding.severity for finding in found} == {Severity.NOTE}


def test_refuses_a_reason_that_answers_nothing(shop):
    a_lot(shop)
    rx = suffering(shop, "leber")
    nothing_written(shop, NotAnOverride, lambda: dispensed(shop, rx, overrides={"leber": "ok", "kidney_failure": "ok"}))
    other = an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber="PR1")
    nothing_written(shop, NotAnOverride, lambda: dispensed(shop, other, overrides={"leber": "ok"}))


def test_the_books_of_two_patients_do_not_mix(shop):
    a_lot(shop, units=50)
    kari = an_rx(shop, patient=a_patient(shop, identifier="MRN-1", sensitivities=("cobalamin",)))
    ola = an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber=a_prescriber(shop, npi="1558598797"))
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, kari))
    assert dispensed(shop, ola).rx == ola
