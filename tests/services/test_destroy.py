from datetime import date

import pytest
from sqlalchemy import select, update

from dispensary.lookup import NotFound
from dispensary.places import NotAStockPlace
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.people import Role
from dispensary.schema import people, stock, trust
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.people.second_person import NotAnotherPerson
from dispensary.services.stock.destroy import Destroy, Destroyed, destroy
from dispensary.services.stock.stock_act import NotSoManyThere
from tests.build import a_lot, an_rx, dispensed, returned, units_at
from tests.refusing import everything, nothing_written


def destroyed(shop, lot="A1", place="shelf", reason="broken", witness="sam", **order):
    return shop.do(destroy, Destroy(order.pop("key", None) or shop.key(), lot, place, reason, witness, **order))


@pytest.fixture
def stocked(shop):
    """10 units of lot A1; sam may be the witness."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.TECHNICIAN))
    a_lot(shop, units=10)
    return shop


def test_a_pharmacist_destroys_before_a_witness(stocked):
    assert destroyed(stocked, units=3, key="k") == Destroyed(
        destroy="S1",
        key="k",
        product="US-CY-ARG1",
        lot="A1",
        expires=date(2027, 11, 30),
        units=3,
        place="shelf",
        reason="broken",
        destroyed_by="alex",
        witness="sam",
    )
    assert units_at(stocked, "A1") == 7
    assert destroyed(stocked).units == 7
    assert stocked.read(verify).ok


def test_the_act_and_its_event_name_the_witness(stocked):
    destroyed(stocked, units=3)
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = stocked.read(lambda db: db.execute(statement).first())
    assert (event.kind, event.subject, event.actor) == ("destroy", "S1", "alex")
    assert '"witness":"sam"' in event.canonical
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","shelf","waste",3]]' in event.canonical
    act = stocked.read(lambda db: db.execute(select(stock.stock_act)).one())
    sam = stocked.read(lambda db: db.execute(select(people.user.c.id).where(people.user.c.name == "sam")).scalar())
    assert (act.kind, act.reason, act.witness_id) == ("destroy", "broken", sam)


def test_what_patients_brought_back_is_destroyed(stocked):
    dispensed(stocked, an_rx(stocked, units=4))
    returned(stocked, "D1")
    assert destroyed(stocked, place="returned").units == 4
    assert units_at(stocked, "A1", "returned") == 0


def test_the_same_key_destroys_once(stocked):
    first = destroyed(stocked, units=3, key="k")
    before = everything(stocked)
    assert destroyed(stocked, units=3, key="k") == first
    assert everything(stocked) == before
    nothing_written(stocked, KeyReused, lambda: destroyed(stocked, units=3, key="k", reason="expired"))


def test_the_witness_is_another_person_of_the_pharmacy(stocked):
    nothing_written(stocked, NotAnotherPerson, lambda: destroyed(stocked, witness="alex"))
    nothing_written(stocked, NotAnotherPerson, lambda: destroyed(stocked, witness="nobody"))
    gone = update(people.user).where(people.user.c.name == "sam").values(disabled_at=stocked.on)
    stocked.write(lambda db: db.execute(gone))
    nothing_written(stocked, NotAnotherPerson, lambda: destroyed(stocked))


def test_an_auditor_is_no_witness(stocked):
    stocked.do(add_user, NewUser(stocked.key(), "ada", Role.AUDITOR))
    nothing_written(stocked, NotAnotherPerson, lambda: destroyed(stocked, witness="ada"))


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.MANAGER])
def test_only_a_pharmacist_destroys(stocked, role):
    stocked.do(add_user, NewUser(stocked.key(), "tom", role))
    stocked.user = "tom"
    nothing_written(stocked, NotAllowed, lambda: destroyed(stocked))


def test_refuses_what_is_not_there(stocked):
    nothing_written(stocked, NotSoManyThere, lambda: destroyed(stocked, units=11))
    nothing_written(stocked, NotFound, lambda: destroyed(stocked, lot="B7"))
    nothing_written(stocked, NotAStockPlace, lambda: destroyed(stocked, place="waste"))
