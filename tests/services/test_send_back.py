from datetime import date

import pytest
from sqlalchemy import select

from dispensary.lookup import NotFound
from dispensary.places import NotAStockPlace
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.shelf import State
from dispensary.schema import stock, trust
from dispensary.services.stock.send_back import SendBack, SentBack, send_back
from dispensary.services.stock.stock_act import NotSoManyThere
from tests.build import a_lot, in_state, units_at
from tests.refusing import everything, nothing_written


def sent(shop, lot="A1", place="shelf", reason="recalled", **order):
    return shop.do(send_back, SendBack(order.pop("key", None) or shop.key(), lot, place, reason, **order))


@pytest.fixture
def stocked(shop):
    a_lot(shop, units=10)
    return shop


def test_units_go_back_to_the_supplier_under_its_reference(stocked):
    assert sent(stocked, units=3, reference="RMA-7", key="k") == SentBack(
        send_back="S1",
        key="k",
        product="US-CY-ARG1",
        lot="A1",
        expires=date(2027, 11, 30),
        units=3,
        place="shelf",
        reason="recalled",
        reference="RMA-7",
    )
    assert units_at(stocked, "A1") == 7
    assert stocked.read(verify).ok


def test_a_recalled_lot_goes_back_and_the_event_tells_why(stocked):
    in_state(stocked, "A1", State.RECALLED)
    assert sent(stocked, reference="RMA-7").units == 10
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = stocked.read(lambda db: db.execute(statement).first())
    assert (event.kind, event.subject) == ("send back", "S1")
    assert '"reference":"RMA-7"' in event.canonical
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","shelf","supplier",10]]' in event.canonical
    act = stocked.read(lambda db: db.execute(select(stock.stock_act)).one())
    assert (act.kind, act.reason, act.reference) == ("send back", "recalled", "RMA-7")


def test_the_same_key_sends_back_once(stocked):
    first = sent(stocked, units=3, key="k")
    before = everything(stocked)
    assert sent(stocked, units=3, key="k") == first
    assert everything(stocked) == before
    nothing_written(stocked, KeyReused, lambda: sent(stocked, units=4, key="k"))


def test_refuses_what_is_not_there(stocked):
    nothing_written(stocked, NotSoManyThere, lambda: sent(stocked, units=11))
    nothing_written(stocked, NotFound, lambda: sent(stocked, lot="B7"))
    nothing_written(stocked, NotAStockPlace, lambda: sent(stocked, place="supplier"))
