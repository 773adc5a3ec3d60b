from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.rules.vial import Standing, VialNotUsable
from dispensary.schema import trust
from dispensary.services.people.register import NewUser, add_user
from tests.build import a_lot, an_rx, in_state
from tests.refusing import everything, nothing_written
from tests.vials import MULTI, a_vial, acted, discarded, drawn, entries, moved, require_reconciled, the_vial


@pytest.fixture
def desk(shop):
    """V1, a newly opened vial of 10 mL."""
    a_lot(shop, MULTI, "D1")
    a_vial(shop)
    return shop


def test_what_is_left_goes_to_waste_with_a_reason(desk):
    drawn(desk, an_rx(desk, units=1, product=MULTI))
    receipt = discarded(desk, reason="the cap came off")
    assert (receipt.vial, receipt.product, receipt.lot) == ("V1", MULTI, "D1")
    assert (receipt.volume_ul, receipt.wasted_ul, receipt.remaining_ul) == (10_000, 9000, 0)
    assert (receipt.was, receipt.state, receipt.reason) == (Standing.OPEN, Standing.DISCARDED, "the cap came off")
    assert entries(desk) == [("draw", 1000, None), ("waste", 9000, "the cap came off")]
    require_reconciled(desk)


def test_the_event_tells_what_the_rows_hold(desk):
    discarded(desk)
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = desk.read(lambda db: db.execute(newest).first())
    assert (event.kind, event.subject, event.patient) == ("vial discard", "V1", "")
    for value in ('"from":"open"', '"to":"discarded"', '"wasted":[[10000,"dropped"]]', '"remaining_ul":0'):
        assert value in event.canonical


def test_the_same_key_discards_once(desk):
    first = discarded(desk, key="k")
    before = everything(desk)
    assert discarded(desk, key="k") == first
    assert everything(desk) == before
    nothing_written(desk, KeyReused, lambda: discarded(desk, key="k", reason="another"))


@pytest.mark.parametrize("state", State)
def test_it_is_discarded_whatever_the_state_of_its_lot(desk, state):
    on = desk
    if state is State.EXPIRED:
        on = desk.at(desk.on + timedelta(days=800))
    else:
        in_state(desk, "D1", state)
    assert discarded(on).remaining_ul == 0


@pytest.mark.parametrize(
    ("before", "was"),
    [
        (lambda desk: desk, Standing.OPEN),
        (lambda desk: acted(desk, "hold"), Standing.HELD),
        (lambda desk: moved(desk, "quarantine"), Standing.OPEN),
    ],
)
def test_it_is_discarded_whether_held_or_set_aside(desk, before, was):
    before(desk)
    assert discarded(desk).was is was


def test_it_is_discarded_after_its_hour(desk):
    assert discarded(desk.at(desk.on + timedelta(days=28))).was is Standing.EXPIRED


def test_refuses_what_is_empty_already(desk):
    discarded(desk)
    nothing_written(desk, VialNotUsable, lambda: discarded(desk))


def test_refuses_an_auditor_and_a_number_of_nothing(desk):
    desk.do(add_user, NewUser(desk.key(), "ada", Role.AUDITOR))
    nothing_written(desk, NotAllowed, lambda: discarded(replace(desk, user="ada")))
    nothing_written(desk, NotFound, lambda: discarded(desk, "V9"))
    assert the_vial(desk).remaining_ul == 10_000
