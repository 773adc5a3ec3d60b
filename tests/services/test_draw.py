from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from dispensary import database, prescriptions
from dispensary.errors import Refused
from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.safety import NotAnOverride, StoppedByChecks
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.rules.vial import (
    DedicatedToAnother,
    GivenAs,
    Standing,
    VialNotUsable,
    VialSetAside,
    VialTooLittle,
    VialTooOld,
    WhichRoute,
)
from dispensary.schema import trust, vials
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.prescribing.prescription_act import Act, Decided, act
from tests.build import a_lot, a_patient, a_prescriber, an_rx, codes, dispensed, in_state, later, returned, rows, the_rx
from tests.faults.counter import pause
from tests.refusing import everything, nothing_written
from tests.vials import (
    AMPOULE,
    MULTI,
    a_vial,
    acted,
    drawn,
    entries,
    given,
    moved,
    require_reconciled,
    the_vial,
)


@pytest.fixture
def desk(shop):
    """V1, a newly opened vial of 10 mL, and RX1, 1 mg a week, of 1 unit with one refill."""
    a_lot(shop, MULTI, "D1", units=5)
    an_rx(shop, units=1, refills=1, product=MULTI)
    a_vial(shop)
    return shop


def acting(shop, name, role):
    shop.do(add_user, NewUser(shop.key(), name, role))
    return replace(shop, user=name)


def another_rx(shop, identifier="MRN-2", **more):
    return an_rx(shop, a_patient(shop, identifier), "PR1", units=1, refills=1, **more)


def newest_event(shop):
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(newest).first())


def test_a_draw_is_the_next_injection_of_the_prescription(desk):
    receipt = drawn(desk, key="k")
    assert (receipt.draw, receipt.vial, receipt.rx, receipt.product, receipt.lot) == ("DR1", "V1", "RX1", MULTI, "D1")
    assert (receipt.dose_mcg, receipt.drawn_ul, receipt.wasted_ul) == (1000, 1000, 0)
    assert (receipt.volume_ul, receipt.before_ul, receipt.remaining_ul) == (10_000, 10_000, 9000)
    assert (receipt.opened_at, receipt.discard_at) == ("2026-11-21T09:30:00-05:00", "2026-12-19T09:30:00-05:00")
    assert (receipt.state, receipt.usable_hours) == (Standing.OPEN, 672)
    assert (receipt.given_as, receipt.next_injection, receipt.notes) == (GivenAs.ADMINISTERED, date(2026, 11, 28), ())
    assert entries(desk) == [("draw", 1000, None)]
    require_reconciled(desk)


def test_the_event_tells_what_the_rows_hold_and_the_patient_only_as_a_commitment(desk):
    desk.practice = replace(desk.practice, dead_volume_ul=75)
    drawn(desk, given_as=GivenAs.SYRINGE)
    told = newest_event(desk)
    assert (told.kind, told.subject, told.actor, len(told.patient)) == ("vial draw", "DR1", "alex", 64)
    for value in (
        '"vial":"V1"',
        '"rx":"RX1"',
        '"dose_mcg":1000',
        '"volume_ul":1000',
        '"given_as":"syringe"',
        '"next_injection":"2026-11-28"',
        '"wasted":[[75,"dead volume"]]',
        '"remaining_ul":8925',
        '"findings":[["level_missing","note",null,null,"',
    ):
        assert value in told.canonical
    assert "Kari" not in told.canonical
    assert "P1" not in told.canonical


def test_the_same_key_draws_once(desk):
    first = drawn(desk, key="k")
    before = everything(desk)
    assert drawn(desk, key="k") == first
    assert everything(desk) == before
    nothing_written(desk, KeyReused, lambda: drawn(desk, key="k", given_as=GivenAs.SYRINGE))


def test_the_dose_follows_the_phases_of_the_directions(shop):
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    rx = an_rx(shop, directions="1 mg IM daily for 2 doses, then 0.5 mg IM monthly", units=1, product=MULTI)
    days = (0, 1, 2)
    receipts = [drawn(later(shop, day), rx) for day in days]
    assert [receipt.dose_mcg for receipt in receipts] == [1000, 1000, 500]
    assert receipts[-1].next_injection == date(2026, 12, 23)


def test_dead_volume_is_wasted_with_every_draw_as_far_as_there_is_any(shop):
    a_lot(shop, "US-CY-ARG1", "A1")
    shop.practice = replace(shop.practice, dead_volume_ul=75)
    rx = an_rx(shop, directions="0.5 mg IM weekly", units=4)
    a_vial(shop, "US-CY-ARG1")
    first = drawn(shop, rx)
    assert (first.wasted_ul, first.remaining_ul) == (75, 425)
    assert first.notes == ("0.425 mL is left, which is less than another dose of 500 mcg (0.5 mL).",)
    nothing_written(shop, VialTooLittle, lambda: drawn(later(shop, 7), rx))
    assert entries(shop) == [("draw", 500, None), ("waste", 75, "dead volume")]
    require_reconciled(shop)


def test_a_vial_that_is_drawn_empty_is_discarded(shop):
    a_lot(shop, "US-CY-ARG1", "A1")
    shop.practice = replace(shop.practice, dead_volume_ul=75)
    rx = an_rx(shop)
    a_vial(shop, "US-CY-ARG1")
    receipt = drawn(shop, rx)
    assert (receipt.wasted_ul, receipt.remaining_ul, receipt.state) == (0, 0, Standing.DISCARDED)
    nothing_written(shop, VialNotUsable, lambda: drawn(later(shop, 7), rx))
    require_reconciled(shop)


def test_of_an_ampoule_one_dose_is_drawn_and_the_rest_is_waste(shop):
    a_lot(shop, AMPOULE, "T1")
    rx = an_rx(shop, directions="0.4 mg IM weekly")
    a_vial(shop, AMPOULE)
    receipt = drawn(shop.at(shop.on + timedelta(minutes=59)), rx)
    assert (receipt.drawn_ul, receipt.wasted_ul, receipt.remaining_ul) == (400, 600, 0)
    assert (receipt.state, receipt.usable_hours, receipt.notes) == (Standing.DISCARDED, 0, ())
    assert entries(shop) == [("draw", 400, None), ("waste", 600, "nothing of it is kept")]
    require_reconciled(shop)


def test_an_ampoule_is_too_old_an_hour_after_it_was_opened(shop):
    a_lot(shop, AMPOULE, "T1")
    an_rx(shop)
    a_vial(shop, AMPOULE)
    late = shop.at(shop.on + timedelta(hours=1))
    nothing_written(late, VialTooOld, lambda: drawn(late))


def test_a_dose_at_exactly_the_28th_day_is_too_late(desk):
    end = desk.at(desk.on + timedelta(days=28))
    assert drawn(end.at(end.on - timedelta(microseconds=1))).usable_hours == 0
    nothing_written(end, VialTooOld, lambda: drawn(end))


def test_no_dose_is_drawn_after_the_last_day_of_the_lot(shop):
    a_lot(shop, MULTI, "D1", "2026-11-30")
    an_rx(shop, units=1, refills=1, product=MULTI)
    a_vial(shop)
    midnight = shop.at(shop.on.replace(day=30, hour=0, minute=0) + timedelta(days=1))
    nothing_written(midnight, LotNotUsable, lambda: drawn(midnight))
    drawn(midnight.at(midnight.on - timedelta(minutes=1)))


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_a_held_or_recalled_lot_freezes_its_vials(desk, state):
    in_state(desk, "D1", state)
    nothing_written(desk, LotNotUsable, lambda: drawn(desk))
    in_state(desk, "D1", State.AVAILABLE)
    drawn(desk)


def test_a_held_vial_and_one_that_was_set_aside_are_not_drawn_from(desk):
    acted(desk, "hold")
    nothing_written(desk, VialNotUsable, lambda: drawn(desk))
    acted(desk, "release")
    moved(desk, "quarantine")
    nothing_written(desk, VialSetAside, lambda: drawn(desk))
    moved(desk, "shelf", reason="looked at")
    drawn(desk)


def test_a_dose_above_what_a_unit_holds_is_refused(shop):
    a_lot(shop, AMPOULE, "T1")
    an_rx(shop, directions="2 mg IM weekly")
    a_vial(shop, AMPOULE)
    nothing_written(shop, VialTooLittle, lambda: drawn(shop))


def test_a_dedicated_vial_serves_the_patient_of_its_first_draw(desk):
    other = another_rx(desk)
    desk.practice = replace(desk.practice, dedicated_vials=True)
    drawn(desk)
    assert the_vial(desk).patient_id is not None
    nothing_written(desk, DedicatedToAnother, lambda: drawn(desk, other))
    drawn(later(desk, 7))
    # It was promised to one patient, whatever is set now.
    desk.practice = replace(desk.practice, dedicated_vials=False)
    nothing_written(desk, DedicatedToAnother, lambda: drawn(desk, other))


def test_a_vial_that_served_others_is_not_dedicated_any_more(desk):
    other = another_rx(desk)
    drawn(desk)
    drawn(desk, other)
    assert the_vial(desk).patient_id is None
    desk.practice = replace(desk.practice, dedicated_vials=True)
    week = later(desk, 7)
    nothing_written(week, DedicatedToAnother, lambda: drawn(week))


def test_a_patient_who_reacts_to_the_preservative_gets_nothing_of_it(desk):
    rx = an_rx(desk, a_patient(desk, "MRN-2", sensitivities=("benzyl alcohol",)), "PR1")
    refusal = nothing_written(desk, StoppedByChecks, lambda: drawn(desk, rx))
    assert codes(refusal) == ["preservative_sensitivity"]
    nothing_written(desk, StoppedByChecks, lambda: given(desk, patient="P2"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"form": "hydroxocobalamin"}, "wrong_form"),
        ({"product": "US-CY-VIT30", "as_written": True}, "substitution_not_allowed"),
    ],
)
def test_the_vial_must_hold_what_was_prescribed(desk, more, code):
    rx = another_rx(desk, **more)
    assert codes(nothing_written(desk, StoppedByChecks, lambda: drawn(desk, rx))) == [code]


def test_a_route_that_the_label_does_not_name_is_refused(shop):
    a_lot(shop, "US-HY-ACT30", "H1")
    rx = an_rx(shop, form="hydroxocobalamin", directions="1 mg subcut weekly", units=1)
    a_vial(shop, "US-HY-ACT30")
    assert codes(nothing_written(shop, StoppedByChecks, lambda: drawn(shop, rx))) == ["route_not_labelled"]


def test_a_prescription_that_is_held_serves_nobody(desk):
    desk.do(act, Decided(desk.key(), "RX1", Act.HOLD, "asked back"))
    assert codes(nothing_written(desk, StoppedByChecks, lambda: drawn(desk))) == ["prescription_held"]


def test_an_override_needs_a_pharmacists_reason_which_is_kept(desk):
    drawn(desk)
    tess = acting(desk, "tess", Role.TECHNICIAN)
    nothing_written(desk, StoppedByChecks, lambda: drawn(desk))
    nothing_written(desk, NotAllowed, lambda: drawn(tess, overrides={"early_refill": "travel"}))
    nothing_written(later(desk, 7), NotAnOverride, lambda: drawn(later(desk, 7), overrides={"early_refill": "travel"}))
    drawn(desk, overrides={"early_refill": "travel"})
    reasons = select(vials.draw_finding.c.code, vials.draw_finding.c.reason_code).where(
        vials.draw_finding.c.reason.is_not(None)
    )
    assert desk.read(lambda db: db.execute(reasons).all()) == [("early_refill", "travel")]
    assert '["early_refill","override","travel","travel","' in newest_event(desk).canonical


def test_a_draw_while_vials_at_home_last_is_early(desk):
    dispensed(desk, "RX1")
    assert codes(nothing_written(desk, StoppedByChecks, lambda: drawn(desk))) == ["early_refill"]


def test_a_dispense_after_a_draw_is_early_until_the_next_injection(desk):
    drawn(desk)
    assert codes(nothing_written(desk, StoppedByChecks, lambda: dispensed(desk, "RX1"))) == ["early_refill"]
    receipt = dispensed(later(desk, 7), "RX1")
    assert (receipt.last_injection, receipt.next_fill_on) == (date(2026, 12, 19), date(2026, 12, 26))


def test_a_list_of_prescriptions_counts_their_draws(desk):
    another = another_rx(desk)
    drawn(desk)
    listed = desk.read(lambda db: list(prescriptions.all_of_site(db, 1, zone=desk.on.tzinfo)))
    assert [(rx.rx, rx.standing.next_injection) for rx in listed] == [("RX1", date(2026, 11, 28)), (another, None)]
    assert [rx.draws for rx in listed] == [the_rx(desk, "RX1").draws, ()]


def test_a_return_moves_the_draw_that_came_after_it(desk):
    filled = dispensed(desk, "RX1")
    drawn(desk, overrides={"early_refill": "lost_or_broken"})
    assert the_rx(desk, "RX1").standing.next_injection == date(2026, 12, 26)
    returned(desk, filled.dispense)
    assert the_rx(desk, "RX1").standing.next_injection == date(2026, 11, 28)


def test_draws_use_up_the_units_of_the_prescription_vial_by_vial(shop):
    a_lot(shop, MULTI, "D1")
    an_rx(shop, directions="5 mg IM weekly", units=1, refills=0, product=MULTI)
    a_vial(shop)
    drawn(shop)
    # The one unit is begun: nothing is left to dispense, and its other half is left to draw.
    week = later(shop, 7)
    assert codes(nothing_written(week, StoppedByChecks, lambda: dispensed(week, "RX1"))) == ["prescription_exhausted"]
    drawn(week)
    a_vial(week)
    two = later(shop, 14)
    refusal = nothing_written(two, StoppedByChecks, lambda: drawn(two, vial="V2"))
    assert codes(refusal) == ["prescription_exhausted"]


def test_a_course_that_is_completed_is_not_drawn_for(desk):
    rx = another_rx(desk, directions="1 mg IM weekly for 1 dose")
    drawn(desk, rx)
    week = later(desk, 7)
    assert codes(nothing_written(week, StoppedByChecks, lambda: drawn(week, rx))) == ["course_completed"]


def test_an_expired_prescription_whose_draw_still_lasts_is_another_supply(desk):
    old = an_rx(desk, "P1", "PR1", directions="1 mg IM monthly", units=1, product=MULTI, valid_until="2026-11-21")
    drawn(desk, old)
    tomorrow = later(desk, 1)
    assert codes(nothing_written(tomorrow, StoppedByChecks, lambda: drawn(tomorrow))) == ["duplicate_supply"]


def test_a_pharmacist_gives_a_dose_that_nobody_has_prescribed(desk):
    a_patient(desk, "MRN-2")
    receipt = given(desk, "0.5 mg", "P2", key="k")
    assert (receipt.rx, receipt.dose_mcg, receipt.drawn_ul, receipt.next_injection) == (None, 500, 500, None)
    assert given(desk, "0.5 mg", "P2", key="k") == receipt
    told = newest_event(desk)
    assert '"reason":"ordered by telephone"' in told.canonical
    assert '"route":"IM"' in told.canonical
    assert len(told.patient) == 64
    row = desk.read(lambda db: db.execute(select(vials.draw)).one())
    assert (row.prescription_id, row.reason) == (None, "ordered by telephone")


def test_an_unprescribed_dose_is_checked_too(desk):
    a_patient(desk, "MRN-2", conditions=("leber",))
    refusal = nothing_written(desk, StoppedByChecks, lambda: given(desk, patient="P2"))
    assert codes(refusal) == ["leber"]
    assert codes(nothing_written(desk, StoppedByChecks, lambda: given(desk, "30 mg", "P2"))) == [
        "thousandfold_dose",
        "weekly_total",
        "leber",
    ]
    found = given(desk, "2 mg", "P2", overrides={"leber": "prescriber_consulted"}).findings
    assert [each.code for each in found] == ["level_missing", "high_dose", "leber"]


def test_an_unprescribed_dose_beside_a_supply_needs_a_reason(desk):
    drawn(desk)
    assert codes(nothing_written(desk, StoppedByChecks, lambda: given(desk))) == ["duplicate_supply"]


def test_an_unprescribed_dose_names_its_route_unless_there_is_but_one(desk):
    nothing_written(desk, WhichRoute, lambda: given(desk, route=None))
    a_lot(desk, "US-HY-ACT30", "H1")
    a_vial(desk, "US-HY-ACT30")
    nothing_written(desk, StoppedByChecks, lambda: given(desk, vial="V2", route="subcut"))
    given(desk, vial="V2", route=None)


def test_only_a_pharmacist_gives_what_nobody_has_prescribed(desk):
    tess, ada = acting(desk, "tess", Role.TECHNICIAN), acting(desk, "ada", Role.AUDITOR)
    nothing_written(desk, NotAllowed, lambda: given(tess))
    nothing_written(desk, NotAllowed, lambda: drawn(ada))
    drawn(tess)


def test_refuses_numbers_of_nothing(desk):
    nothing_written(desk, NotFound, lambda: drawn(desk, vial="V9"))
    nothing_written(desk, NotANumber, lambda: drawn(desk, vial="DR1"))
    nothing_written(desk, NotFound, lambda: drawn(desk, "RX9"))
    nothing_written(desk, NotFound, lambda: given(desk, patient="P9"))


def test_two_counters_never_draw_the_same_microlitre(shop, url):
    patient = database.open_engine(database.parse_url(url), pause)
    a_lot(shop, MULTI, "D1")
    a_prescriber(shop)
    a_vial(shop)
    each = [an_rx(shop, a_patient(shop, f"MRN-{n}"), "PR1", directions="2.5 mg IM weekly", units=1) for n in range(6)]

    counter = replace(shop, engine=patient)

    def outcome(rx):
        try:
            return drawn(counter, rx, key=f"draw-{rx}")
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(3) as threads:
        outcomes = list(threads.map(outcome, each))
    patient.dispose()
    refusals = [each for each in outcomes if isinstance(each, Refused)]
    assert [type(each) for each in refusals] == [VialNotUsable, VialNotUsable]
    assert (rows(shop, vials.draw), the_vial(shop).remaining_ul) == (4, 0)
    require_reconciled(shop)


def test_a_dispense_asks_for_draws_only_where_there_are_any(shop):
    a_lot(shop, MULTI, "D1")
    an_rx(shop, units=1, product=MULTI)
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    dispensed(shop, "RX1")
    assert not [statement for statement in asked if "draw.volume_ul" in statement]
