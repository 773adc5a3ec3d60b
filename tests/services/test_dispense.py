from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.allocation import ShortStock
from dispensary.rules.choosing import MoreThanPrescribed
from dispensary.rules.identifiers import gtin_of_ndc
from dispensary.rules.people import Role
from dispensary.rules.quantity import NotAWholeMicrolitre
from dispensary.rules.safety import NotAnOverride, StoppedByChecks
from dispensary.rules.scan import Pack
from dispensary.rules.shelf import State
from dispensary.rules.supply import TooFewUnits
from dispensary.schema import prescribing, stock, trust
from dispensary.services.dispense import Dispensed, Line, NoStock, SkippedLot
from dispensary.services.on_hand import PackMismatch, SeveralProducts, UnknownLot
from dispensary.services.register import NewUser, add_user
from tests.build import a_lot, a_patient, a_prescriber, an_rx, dispensed, in_state, returned, units_at
from tests.refusing import everything, nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def picks(receipt):
    return [(line.lot, line.units) for line in receipt.lines]


def later(shop, days):
    return shop.at(shop.on + timedelta(days=days))


def codes(refusal):
    return [finding.code for finding in refusal.findings]


def sensitive(shop, *sensitivities, form="cyanocobalamin"):
    return an_rx(shop, patient=a_patient(shop, sensitivities=sensitivities), form=form)


def suffering(shop, *conditions):
    return an_rx(shop, patient=a_patient(shop, conditions=conditions))


def technician(shop):
    shop.do(add_user, NewUser(shop.key(), "tess", Role.TECHNICIAN))
    other = shop.at(shop.on)
    other.user = "tess"
    return other


# What is taken


def test_takes_the_units_from_the_lot(shop):
    a_lot(shop, units=10)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("A1", 4)]
    assert units_at(shop, "A1") == 6


def test_the_receipt_says_what_was_handed_over(shop):
    a_lot(shop, units=10)
    receipt = dispensed(shop, an_rx(shop, units=4, refills=2), key="k")
    event = shop.read(
        lambda db: db.execute(select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())).first()
    )
    assert (event.kind, event.subject, event.actor) == ("dispense", "D1", "alex")
    assert receipt == Dispensed(
        dispense="D1",
        rx="RX1",
        key="k",
        fill=1,
        lines=(Line("US-CY-ARG1", "A1", date(2027, 11, 30), 4),),
        units=4,
        days_supply=28,
        last_injection=date(2026, 12, 12),
        next_fill_on=date(2026, 12, 19),
        refills_left=2,
        findings=(),
        skipped=(),
        audit=receipt.audit,
    )
    assert (receipt.audit.sequence, receipt.audit.hash) == (event.sequence, event.hash)


def test_every_movement_names_the_person_the_time_and_the_places(shop):
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop, units=4))
    source, target = stock.place.alias(), stock.place.alias()
    last = shop.read(
        lambda db: db.execute(
            select(source.c.code, target.c.code, stock.movement.c.units, stock.movement.c.at, stock.movement.c.by_id)
            .join(source, source.c.id == stock.movement.c.from_place_id)
            .join(target, target.c.id == stock.movement.c.to_place_id)
            .order_by(stock.movement.c.id.desc())
        ).first()
    )
    assert last == ("shelf", "patients", 4, shop.on, shop.by().user_id)


def test_prefers_the_lot_that_expires_first(shop):
    a_lot(shop, lot="LATE", expires="2028-05-31")
    a_lot(shop, lot="SOON", expires="2027-05-31")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("SOON", 4)]


def test_prefers_the_lot_that_came_first_where_they_expire_together(shop):
    a_lot(shop, lot="Z9")
    a_lot(shop, lot="A1")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("Z9", 4)]


def test_splits_over_as_many_lots_as_it_needs(shop):
    a_lot(shop, lot="C", expires="2027-07-31", units=10)
    a_lot(shop, lot="A", expires="2027-05-31", units=1)
    a_lot(shop, lot="B", expires="2027-06-30", units=2)
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("A", 1), ("B", 2), ("C", 1)]
    assert [units_at(shop, lot) for lot in "ABC"] == [0, 0, 9]


def test_takes_from_shelf_and_refrigerator(shop):
    a_lot(shop, units=3, place="refrigerator")
    a_lot(shop, units=3, place="shelf")
    assert dispensed(shop, an_rx(shop, units=4)).units == 4
    assert units_at(shop, "A1") + units_at(shop, "A1", "refrigerator") == 2


def test_each_lot_outlasts_the_last_injection_that_it_serves(shop):
    # Weekly from Saturday 2026-11-21: the third injection is on 12-05.
    a_lot(shop, lot="SOON", expires="2026-12-05", units=10)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=10)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("SOON", 3), ("LATE", 1)]
    assert receipt.last_injection == date(2026, 12, 12)


def test_a_lot_is_used_on_its_last_day_and_not_after_it(shop):
    a_lot(shop, lot="TODAY", expires="2026-11-21", units=10)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=10)
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("TODAY", 1), ("LATE", 3)]
    tomorrow = later(shop, 1)
    receipt = dispensed(tomorrow, an_rx(shop, "MRN-1", "PR1", units=4))
    assert picks(receipt) == [("LATE", 4)]
    assert receipt.skipped == (SkippedLot("TODAY", "expired on 2026-11-21"),)


def test_names_the_lots_that_it_passed_over_and_why(shop):
    a_lot(shop, lot="OLD", expires="2026-11-21", units=5)
    a_lot(shop, lot="BAD", expires="2027-01-31", units=5)
    a_lot(shop, lot="HELD", expires="2027-02-28", units=5)
    a_lot(shop, lot="GOOD", expires="2027-11-30", units=5)
    in_state(shop, "BAD", State.RECALLED)
    in_state(shop, "HELD", State.HELD)
    receipt = dispensed(later(shop, 1), an_rx(shop, units=4))
    assert picks(receipt) == [("GOOD", 4)]
    assert receipt.skipped == (
        SkippedLot("OLD", "expired on 2026-11-21"),
        SkippedLot("BAD", "recalled"),
        SkippedLot("HELD", "held"),
    )


def test_a_lot_that_gives_nothing_before_its_expiry_is_named(shop):
    a_lot(shop, lot="SOON", expires="2026-11-25", units=1)
    a_lot(shop, lot="BRIEF", expires="2026-11-27", units=9)
    a_lot(shop, lot="LATE", expires="2027-05-31", units=9)
    receipt = dispensed(shop, an_rx(shop, units=4))
    assert picks(receipt) == [("SOON", 1), ("LATE", 3)]
    assert receipt.skipped == (SkippedLot("BRIEF", "expires 2026-11-27, before the injection of 2026-11-28"),)


def test_what_stands_in_quarantine_is_never_dispensed(shop):
    a_lot(shop, units=10, place="quarantine")
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, lot="A1"))


def test_what_came_back_is_never_dispensed_again(shop):
    a_lot(shop, units=4)
    rx = an_rx(shop, units=4)
    returned(shop, dispensed(shop, rx).dispense)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_lot_that_is_not_available_is_never_dispensed(shop, state):
    a_lot(shop, units=10)
    in_state(shop, "A1", state)
    rx = an_rx(shop)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx, lot="A1"))


def test_an_expired_lot_is_never_dispensed(shop):
    a_lot(shop, units=10, expires="2026-11-21")
    rx = an_rx(shop)
    tomorrow = later(shop, 1)
    nothing_written(tomorrow, ShortStock, lambda: dispensed(tomorrow, rx, lot="A1"))


def test_the_pharmacys_own_midnight_ends_a_lot(shop):
    a_lot(shop, units=10, expires="2026-11-21")
    rx = an_rx(shop, units=1)
    last_minute = shop.at(datetime(2026, 11, 21, 23, 59, tzinfo=shop.on.tzinfo))
    # In UTC this is the 22nd already.
    assert dispensed(last_minute, rx).units == 1
    midnight = shop.at(datetime(2026, 11, 22, 0, 0, tzinfo=shop.on.tzinfo))
    nothing_written(midnight, ShortStock, lambda: dispensed(midnight, rx))


# Short stock, and products


def test_refuses_a_form_that_is_not_on_hand(shop):
    a_lot(shop, "NO-HY-TAK1")
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx))


def test_refuses_short_stock_whole_and_says_what_is_there(shop):
    a_lot(shop, lot="A1", units=2)
    a_lot(shop, lot="B2", units=1, expires="2028-01-31")
    rx = an_rx(shop, units=4)
    refusal = nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    assert (refusal.wanted, refusal.available) == (4, 3)
    assert dispensed(shop, rx, units=3).units == 3


def test_refuses_a_lot_that_does_not_outlast_the_injections(shop):
    a_lot(shop, expires="2026-12-05", units=10)
    rx = an_rx(shop, units=4)
    refusal = nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    assert refusal.available == 3


def test_never_mixes_two_products_in_a_fill(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=3)
    a_lot(shop, "US-CY-FK1", lot="F1", units=3)
    rx = an_rx(shop, units=4)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))


def test_takes_the_product_that_serves_the_whole_fill(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=3, expires="2027-01-31")
    a_lot(shop, "US-CY-FK1", lot="F1", units=4, expires="2028-01-31")
    assert picks(dispensed(shop, an_rx(shop, units=4))) == [("F1", 4)]


def test_takes_the_product_that_expires_first_where_they_serve_alike(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", expires="2028-01-31")
    a_lot(shop, "US-CY-FK1", lot="F1", expires="2027-06-30")
    a_lot(shop, "US-CY-ARG1", lot="OLD", expires="2026-11-21")
    # The day after, the expired lot no longer makes its product the older one.
    assert picks(dispensed(later(shop, 1), an_rx(shop, units=4))) == [("F1", 4)]


def test_refuses_two_products_that_were_named(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1")
    a_lot(shop, "US-CY-FK1", lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, SeveralProducts, lambda: dispensed(shop, rx, lot="A1"))
    fresenius = Pack(FK_CARTON, "A1", date(2027, 11, 30))
    assert dispensed(shop, rx, lot="A1", packs=(fresenius,)).lines[0].product == "US-CY-FK1"


def test_refuses_units_that_do_not_hold_a_dose(shop):
    a_lot(shop, PLAIN, lot="N1")
    rx = an_rx(shop, directions="5 mg IM weekly", units=4)
    nothing_written(shop, TooFewUnits, lambda: dispensed(shop, rx))


def test_a_dose_takes_as_many_ampoules_as_hold_it(shop):
    a_lot(shop, PLAIN, lot="N1", units=10)
    receipt = dispensed(shop, an_rx(shop, directions="2 mg IM weekly", units=4))
    assert (receipt.units, receipt.days_supply) == (4, 14)


def test_a_lot_named_by_the_pharmacist_goes_before_fefo(shop):
    a_lot(shop, lot="SOON", expires="2027-05-31")
    a_lot(shop, lot="LATE", expires="2028-05-31")
    assert picks(dispensed(shop, an_rx(shop, units=4), lot="LATE")) == [("LATE", 4)]


def test_refuses_a_named_lot_that_is_not_on_hand(shop):
    a_lot(shop, lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, lot="B2"))


def test_refuses_a_named_lot_that_is_too_small_although_others_are_there(shop):
    a_lot(shop, lot="A1", units=2)
    a_lot(shop, lot="B2", units=10)
    rx = an_rx(shop, units=4)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx, lot="A1"))


# The checks


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
    (finding,) = receipt.findings
    assert (finding.code, finding.reason) == (code, "talked to Dr. Berg")
    kept = shop.read(lambda db: db.execute(select(prescribing.finding)).one())
    assert (kept.code, kept.severity, kept.message, kept.reason) == (
        code,
        "override",
        finding.message,
        "talked to Dr. Berg",
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
    assert [finding.reason for finding in dispensed(shop, rx, overrides=both).findings] == ["judged", "judged too"]


def test_only_a_pharmacist_overrides(shop):
    a_lot(shop)
    rx = suffering(shop, "leber")
    tess = technician(shop)
    nothing_written(tess, StoppedByChecks, lambda: dispensed(tess, rx, overrides={"leber": "I think so"}))


def test_a_technician_dispenses_where_nothing_is_found(shop):
    a_lot(shop)
    rx = an_rx(shop)
    assert dispensed(technician(shop), rx).fill == 1


def test_hydroxocobalamin_needs_no_override(shop):
    a_lot(shop, "NO-HY-TAK1", lot="H1")
    patient = a_patient(shop, conditions=("leber", "kidney-failure"))
    assert dispensed(shop, an_rx(shop, patient=patient, form="hydroxocobalamin")).findings == ()


def test_refuses_a_reason_that_answers_nothing(shop):
    a_lot(shop)
    rx = suffering(shop, "leber")
    nothing_written(shop, NotAnOverride, lambda: dispensed(shop, rx, overrides={"leber": "ok", "kidney_failure": "ok"}))
    other = an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber="PR1")
    nothing_written(shop, NotAnOverride, lambda: dispensed(shop, other, overrides={"leber": "ok"}))


# Fills and refills


def test_refuses_when_every_fill_was_dispensed(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=2)
    assert [(each.fill, each.refills_left) for each in (dispensed(shop, rx) for _ in range(3))] == [
        (1, 2),
        (2, 1),
        (3, 0),
    ]
    refusal = nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))
    assert codes(refusal) == ["prescription_exhausted"]


def test_a_refill_goes_on_where_the_last_one_ends(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    assert dispensed(shop, rx).next_fill_on == date(2026, 12, 19)
    second = dispensed(later(shop, 20), rx)
    assert (second.last_injection, second.next_fill_on) == (date(2027, 1, 9), date(2027, 1, 16))


def test_a_refill_after_a_gap_begins_on_its_day(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4)
    dispensed(shop, rx)
    assert dispensed(later(shop, 60), rx).last_injection == date(2027, 2, 10)


def test_a_partial_fill_leaves_its_rest(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    given = [dispensed(shop, rx, units=units) for units in (1, 3, 4)]
    assert [(each.units, each.refills_left) for each in given] == [(1, 1), (3, 1), (4, 0)]
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx, units=1))


def test_the_last_fill_is_what_is_left(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=1)
    for units in (3, 4):
        dispensed(shop, rx, units=units)
    refusal = nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=2))
    assert refusal.most == 1
    assert dispensed(shop, rx).units == 1


def test_refuses_more_units_than_a_fill_may_hold(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=5)
    nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=5))


def test_days_become_the_units_that_last_so_long(shop):
    a_lot(shop, PLAIN, lot="N1", units=50)
    receipt = dispensed(shop, an_rx(shop, directions="1 mg IM every 2 to 3 days", days=28, refills=0))
    # Every second day, the shorter end: 14 injections.
    assert (receipt.units, receipt.days_supply) == (14, 28)


def test_a_prescription_by_days_counts_its_fills(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, days=28, refills=1)
    assert [(each.units, each.refills_left) for each in (dispensed(shop, rx), dispensed(shop, rx))] == [(4, 1), (4, 0)]
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))


def test_refuses_more_units_than_the_days_need(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, days=28)
    nothing_written(shop, MoreThanPrescribed, lambda: dispensed(shop, rx, units=5))


def test_what_came_back_may_be_dispensed_again(shop):
    a_lot(shop, units=50)
    rx = an_rx(shop, units=4, refills=0)
    returned(shop, dispensed(shop, rx).dispense, units=3)
    assert dispensed(shop, rx).units == 3
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, rx))


def test_refuses_a_prescription_that_is_not_there(shop):
    nothing_written(shop, NotFound, lambda: dispensed(shop, "RX9"))


def test_refuses_a_dose_that_no_syringe_measures(shop):
    a_lot(shop, PLAIN, lot="N1")
    # 1,111 mcg of 1,000 mcg/mL is 1,111 microlitres; the strengths of the formulary all measure whole mcg.
    assert dispensed(shop, an_rx(shop, directions="1111 mcg IM weekly", units=2)).units == 2
    shop.write(lambda db: db.exec_driver_sql("UPDATE product SET strength_mcg_per_ml = 3000 WHERE code = 'NO-CY-TAK1'"))
    rx = an_rx(shop, "MRN-1", "PR1", directions="1 mg IM weekly")
    nothing_written(shop, NotAWholeMicrolitre, lambda: dispensed(shop, rx))


# Keys


def test_the_same_key_gives_the_same_receipt_and_dispenses_once(shop):
    a_lot(shop, lot="SOON", expires="2026-11-25", units=2)
    a_lot(shop, lot="LATE", units=10)
    rx = an_rx(shop, patient=a_patient(shop, conditions=("leber",)), units=4)
    order = {"key": "k", "overrides": {"leber": "judged"}}
    first = dispensed(shop, rx, **order)
    before = everything(shop)
    again = dispensed(shop, rx, **order)
    assert again == first
    assert everything(shop) == before


def test_the_receipt_comes_again_when_nothing_could_be_dispensed_any_more(shop):
    a_lot(shop, units=4)
    rx = an_rx(shop, units=4, refills=0)
    first = dispensed(shop, rx, key="k")
    in_state(shop, "A1", State.RECALLED)
    assert dispensed(later(shop, 900), rx, key="k") == first


@pytest.mark.parametrize("other", [{"units": 3}, {"lot": "A1"}, {"overrides": {"leber": "x"}}], ids=str)
def test_refuses_a_key_that_came_with_another_order(shop, other):
    a_lot(shop, units=50)
    rx = an_rx(shop)
    dispensed(shop, rx, key="k")
    nothing_written(shop, KeyReused, lambda: dispensed(shop, rx, key="k", **other))


def test_a_refused_dispense_leaves_its_key_free(shop):
    rx = an_rx(shop)
    nothing_written(shop, NoStock, lambda: dispensed(shop, rx, key="k"))
    a_lot(shop)
    assert dispensed(shop, rx, key="k").dispense == "D1"


# Scanned packs


def a_pack(lot="A1", gtin=ARG_CARTON, expires=date(2027, 11, 30)):
    return Pack(gtin, lot, expires)


def test_a_scan_vouches_for_its_own_product_only(shop):
    a_lot(shop, lot="A1")
    rx = an_rx(shop)
    thirty_ml = a_pack(gtin="00369680121307")
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, packs=(a_pack(), thirty_ml)))


def test_a_scanned_pack_fixes_the_lot(shop):
    a_lot(shop, lot="SOON", expires="2027-05-31")
    a_lot(shop, lot="A1")
    assert picks(dispensed(shop, an_rx(shop), packs=(a_pack(),))) == [("A1", 4)]


def test_several_scanned_packs_are_all_taken(shop):
    a_lot(shop, lot="A1", units=3)
    a_lot(shop, lot="B2", units=3, expires="2028-01-31")
    both = (a_pack(), a_pack("B2", expires=date(2028, 1, 31)))
    assert picks(dispensed(shop, an_rx(shop, units=4), packs=both)) == [("A1", 3), ("B2", 1)]


def test_refuses_a_scanned_pack_that_the_fill_does_not_take(shop):
    a_lot(shop, lot="A1", units=10)
    a_lot(shop, lot="B2", units=3, expires="2028-01-31")
    rx = an_rx(shop, units=4)
    both = (a_pack(), a_pack("B2", expires=date(2028, 1, 31)))
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=both))


def test_refuses_a_scanned_pack_of_an_unknown_gtin(shop):
    a_lot(shop)
    rx = an_rx(shop)
    pack = a_pack(gtin=gtin_of_ndc("0517-0031-01"))
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=(pack,)))


def test_refuses_a_scanned_pack_with_another_expiry(shop):
    a_lot(shop)
    rx = an_rx(shop)
    pack = a_pack(expires=date(2027, 12, 31))
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=(pack,)))


def test_refuses_a_scanned_lot_that_the_product_does_not_have(shop):
    a_lot(shop, "US-CY-FK1", lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, packs=(a_pack(),)))


def test_refuses_scanned_packs_of_two_products(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=2)
    a_lot(shop, "US-CY-FK1", lot="F1", units=2)
    rx = an_rx(shop, units=4)
    both = (a_pack(), a_pack("F1", gtin=FK_CARTON))
    nothing_written(shop, SeveralProducts, lambda: dispensed(shop, rx, packs=both))


def test_refuses_a_scanned_pack_of_the_wrong_form(shop):
    a_lot(shop, "US-HY-ACT30", lot="H1")
    rx = an_rx(shop, units=1)
    refusal = nothing_written(
        shop, StoppedByChecks, lambda: dispensed(shop, rx, packs=(a_pack("H1", gtin="00305912888303"),))
    )
    assert codes(refusal) == ["wrong_form"]


def test_the_books_of_two_patients_do_not_mix(shop):
    a_lot(shop, units=50)
    kari = an_rx(shop, patient=a_patient(shop, identifier="MRN-1", sensitivities=("cobalamin",)))
    ola = an_rx(shop, patient=a_patient(shop, identifier="MRN-2"), prescriber=a_prescriber(shop, npi="1558598797"))
    nothing_written(shop, StoppedByChecks, lambda: dispensed(shop, kari))
    assert dispensed(shop, ola).rx == ola
