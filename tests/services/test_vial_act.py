from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.places import NotAStockPlace
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.fit import PlaceDoesNotFit
from dispensary.rules.people import Role
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.rules.stock_act import ReleaseNeedsReason
from dispensary.rules.vial import Standing, VialNotUsable
from dispensary.schema import trust, vials
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.vials.vial_act import NotForVials, StandsThere
from tests.build import a_lot, in_state
from tests.refusing import everything, nothing_written
from tests.vials import AMPOULE, MULTI, a_vial, acted, discarded, entries, moved, require_reconciled, the_vial


@pytest.fixture
def desk(shop):
    """V1, a newly opened vial of 10 mL."""
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    return shop


def acting(shop, name, role):
    shop.do(add_user, NewUser(shop.key(), name, role))
    return replace(shop, user=name)


def newest_event(shop):
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(newest).first())


def test_anybody_holds_and_a_pharmacist_releases(desk):
    tess = acting(desk, "tess", Role.TECHNICIAN)
    assert acted(tess, "hold", reason="cloudy").state is Standing.HELD
    # A second reason; one release answers both.
    acted(tess, "hold", reason="warm")
    nothing_written(desk, NotAllowed, lambda: acted(tess, "release"))
    receipt = acted(desk, "release", reason="clear in the light")
    assert (receipt.vial, receipt.place, receipt.state) == ("V1", "shelf", Standing.OPEN)
    assert entries(desk) == [("hold", 0, "cloudy"), ("hold", 0, "warm"), ("release", 0, "clear in the light")]
    require_reconciled(desk)


def test_the_events_tell_old_and_new(desk):
    acted(desk, "hold", reason="cloudy")
    event = newest_event(desk)
    assert (event.kind, event.subject) == ("vial hold", "V1")
    assert '"from":"open"' in event.canonical
    assert '"reason":"cloudy"' in event.canonical
    assert '"to":"held"' in event.canonical
    moved(desk, "quarantine")
    event = newest_event(desk)
    assert (event.kind, event.subject) == ("vial move", "V1")
    assert '"from":"shelf"' in event.canonical
    assert '"to":"quarantine"' in event.canonical


def test_the_same_key_acts_once(desk):
    first, second = acted(desk, "hold", key="k"), moved(desk, "quarantine", key="m")
    before = everything(desk)
    assert (acted(desk, "hold", key="k"), moved(desk, "quarantine", key="m")) == (first, second)
    assert everything(desk) == before
    nothing_written(desk, KeyReused, lambda: acted(desk, "hold", key="k", reason="another"))


def test_a_release_of_what_is_on_no_hold_is_refused(desk):
    nothing_written(desk, VialNotUsable, lambda: acted(desk, "release"))


def test_a_release_does_not_bring_back_an_hour_that_has_passed(desk):
    acted(desk, "hold")
    late = desk.at(desk.on + timedelta(days=28))
    nothing_written(late, VialNotUsable, lambda: acted(late, "release"))
    nothing_written(late, VialNotUsable, lambda: acted(late, "hold"))
    assert moved(late, "quarantine").state is Standing.EXPIRED


def test_nothing_is_done_to_what_was_discarded(desk):
    discarded(desk)
    for name in ("hold", "release"):
        nothing_written(desk, VialNotUsable, lambda name=name: acted(desk, name))
    nothing_written(desk, VialNotUsable, lambda: moved(desk, "quarantine"))


def test_a_vial_is_set_aside_and_comes_back(desk):
    receipt = moved(desk, "quarantine")
    assert (receipt.came_from, receipt.place, receipt.reason) == ("shelf", "quarantine", None)
    moved(desk, "shelf", reason="looked at")
    table = vials.vial_entry
    rows = desk.read(lambda db: db.execute(table.select().order_by(table.c.id)).all())
    assert [row.kind.value for row in rows] == ["move", "move"]
    assert (rows[0].from_place_id, rows[0].to_place_id) == (rows[1].to_place_id, rows[1].from_place_id)
    assert the_vial(desk).place_id == rows[1].to_place_id
    require_reconciled(desk)


@pytest.mark.parametrize("to", ["shelf", "refrigerator", "transit"])
def test_a_pharmacist_lets_go_what_was_set_aside_and_says_why(desk, to):
    tess = acting(desk, "tess", Role.TECHNICIAN)
    moved(tess, "quarantine")
    nothing_written(desk, NotAllowed, lambda: moved(tess, to, reason="looked at"))
    nothing_written(desk, ReleaseNeedsReason, lambda: moved(desk, to))
    assert moved(desk, to, reason="looked at").place == to


def test_anybody_puts_on_the_shelf_what_arrives(desk):
    tess = acting(desk, "tess", Role.TECHNICIAN)
    moved(tess, "transit")
    assert moved(tess, "shelf").place == "shelf"


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_what_is_not_available_goes_aside_and_not_back(desk, state):
    in_state(desk, "D1", state)
    moved(desk, "quarantine")
    nothing_written(desk, LotNotUsable, lambda: moved(desk, "shelf"))


def test_a_place_that_does_not_fit_needs_a_reason(desk):
    nothing_written(desk, PlaceDoesNotFit, lambda: moved(desk, "refrigerator"))
    assert moved(desk, "refrigerator", reason="the cupboard is broken").reason == "the cupboard is broken"
    assert entries(desk) == [("move", 0, "the cupboard is broken")]


def test_a_place_that_fits_needs_none(shop):
    a_lot(shop, AMPOULE, "T1")
    a_vial(shop, AMPOULE)
    assert moved(shop, "refrigerator").place == "refrigerator"


def test_refuses_places_where_no_opened_vial_belongs(desk):
    nothing_written(desk, StandsThere, lambda: moved(desk, "shelf"))
    nothing_written(desk, NotForVials, lambda: moved(desk, "returned"))
    nothing_written(desk, NotAStockPlace, lambda: moved(desk, "waste"))
    nothing_written(desk, NotFound, lambda: moved(desk, "attic"))


def test_refuses_an_auditor_and_a_number_of_nothing(desk):
    ada = acting(desk, "ada", Role.AUDITOR)
    nothing_written(desk, NotAllowed, lambda: acted(ada, "hold"))
    nothing_written(desk, NotAllowed, lambda: moved(ada, "quarantine"))
    nothing_written(desk, NotFound, lambda: acted(desk, "hold", "V9"))
    nothing_written(desk, NotFound, lambda: moved(desk, "quarantine", "V9"))
