from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.lot_life import LotAct
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.rules.vial import VialOperation
from dispensary.schema import recalls, stock, storage, trust, vials
from dispensary.services.catalogue.formulary import ProductEdit, edit_product
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.recalls import lot_act
from dispensary.services.storage.light import Exposed, InTheLight, LotOrVial, VialGone, expose
from dispensary.services.vials import vial_act
from dispensary.services.vials.discard_vial import Discard, discard
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, in_state, later, rows
from tests.refusing import everything, nothing_written


def exposed(shop, subject="A1", minutes=20, **order):
    return shop.do(expose, InTheLight(order.pop("key", None) or shop.key(), subject, minutes, **order))


def limited(shop, minutes, product="US-CY-ARG1"):
    shop.do(edit_product, ProductEdit(shop.key(), product, light_minutes=minutes))


def lot_state(shop, lot="A1"):
    return shop.read(lambda db: db.execute(select(stock.lot.c.state).where(stock.lot.c.number == lot)).scalar_one())


def vial_state(shop):
    return shop.read(lambda db: db.execute(select(vials.vial.c.state)).scalar_one()).value


@pytest.fixture
def lit(shop):
    """Lot A1, whose product may be an hour in the light."""
    a_lot(shop)
    limited(shop, 60)
    return shop


def test_minutes_add_up_and_the_limit_holds_the_lot(lit):
    assert exposed(lit, minutes=40, note="left on the counter", key="k") == Exposed(
        "US-CY-ARG1", "A1", None, "k", 40, 40, 60, held=False, note="left on the counter"
    )
    assert (exposed(lit, minutes=19).held, lot_state(lit)) == (False, State.AVAILABLE)
    done = exposed(lit, minutes=1)
    assert (done.total_minutes, done.held, lot_state(lit)) == (60, True, State.HELD)
    reason = lit.read(lambda db: db.execute(select(recalls.lot_act.c.reason)).scalar_one())
    assert reason == "60 of 60 minutes in the light"
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = lit.read(lambda db: db.execute(newest).first())
    assert (event.kind, event.subject) == ("light", "A1")
    assert '"held":["available","held","60 of 60 minutes in the light"]' in event.canonical
    assert lit.read(verify).ok


def test_the_same_key_counts_once(lit):
    first = exposed(lit, minutes=60, key="k")
    before = everything(lit)
    assert exposed(lit, minutes=60, key="k") == first
    assert everything(lit) == before
    nothing_written(lit, KeyReused, lambda: exposed(lit, minutes=61, key="k"))


def test_a_product_without_a_limit_is_never_held_for_light(shop):
    a_lot(shop)
    done = exposed(shop, minutes=10_000)
    assert (done.limit_minutes, done.held, lot_state(shop)) == (None, False, State.AVAILABLE)


def test_a_vial_brings_the_minutes_of_its_lot_and_is_held_alone(lit):
    exposed(lit, minutes=30)
    after = later(lit, 1)
    after.do(open_vial, Opening(lit.key(), lot="A1"))
    exposed(later(lit, 2), minutes=25)
    assert exposed(later(lit, 3), "V1", 20).total_minutes == 50
    done = exposed(later(lit, 3), "v1", 10)
    assert (done.vial, done.lot, done.total_minutes, done.held) == ("V1", "A1", 60, True)
    assert (vial_state(lit), lot_state(lit)) == ("held", State.AVAILABLE)
    # Its own minutes are not those of the lot.
    assert exposed(later(lit, 4), minutes=1).total_minutes == 56
    assert lit.read(verify).ok


def test_a_vial_that_was_released_is_held_again_by_more_light(lit):
    lit.do(open_vial, Opening(lit.key(), lot="A1"))
    exposed(lit, "V1", 60)
    lit.do(vial_act.act, vial_act.Decided(lit.key(), "V1", VialOperation.RELEASE, "still clear and red"))
    assert vial_state(lit) == "open"
    assert exposed(lit, "V1", 1).held
    assert vial_state(lit) == "held"


def test_a_vial_past_its_hour_is_recorded_and_not_held(lit):
    lit.do(open_vial, Opening(lit.key(), lot="A1"))
    done = exposed(lit.at(lit.on + timedelta(days=29)), "V1", 90)
    assert (done.total_minutes, done.held, vial_state(lit)) == (90, False, "open")


def test_a_held_lot_is_held_for_the_light_too_and_a_recalled_one_stays_recalled(lit):
    lit.do(lot_act.act, lot_act.Decided(lit.key(), "A1", LotAct.HOLD, "odd colour"))
    assert exposed(lit, minutes=60).held
    assert rows(lit, recalls.lot_act) == 2
    in_state(lit, "A1", State.RECALLED)
    done = exposed(lit, minutes=60)
    assert (done.held, lot_state(lit), rows(lit, recalls.lot_act)) == (False, State.RECALLED, 3)
    assert rows(lit, storage.light_exposure) == 2


def test_nothing_is_recorded_of_what_is_not_there(lit):
    nothing_written(lit, NotFound, lambda: exposed(lit, "B2"))
    nothing_written(lit, NotFound, lambda: exposed(lit, "V9"))
    lit.do(open_vial, Opening(lit.key(), lot="A1"))
    lit.do(discard, Discard(lit.key(), "V1", "cloudy"))
    nothing_written(lit, VialGone, lambda: exposed(lit, "V1"))


def test_a_number_that_may_be_two_things_is_asked_about(lit):
    a_lot(lit, product="US-CY-FK1", lot="A1")
    nothing_written(lit, WhichProduct, lambda: exposed(lit))
    assert exposed(lit, product="us-cy-fk1").product == "US-CY-FK1"
    a_lot(lit, lot="V1")
    assert exposed(lit, "V1").vial is None
    lit.do(open_vial, Opening(lit.key(), lot="V1"))
    nothing_written(lit, LotOrVial, lambda: exposed(lit, "V1"))
    assert exposed(lit, "v1").vial == "V1"
    assert exposed(lit, "V1", product="US-CY-ARG1").vial is None


def test_an_auditor_records_nothing(lit):
    lit.do(add_user, NewUser(lit.key(), "ada", Role.AUDITOR))
    lit.user = "ada"
    nothing_written(lit, NotAllowed, lambda: exposed(lit))
