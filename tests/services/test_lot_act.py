from datetime import timedelta

import pytest
from sqlalchemy import select

from dispensary import lots
from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.allocation import ShortStock
from dispensary.rules.lot_life import LotAct, NotFromThisLotState
from dispensary.rules.people import Role
from dispensary.rules.shelf import State
from dispensary.schema import recalls, stock, trust
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.recalls.lot_act import Answered, Decided, LotActDone, MadeLot, act
from tests.build import a_lot, a_recall, an_rx, dispensed, in_state, later, rows
from tests.refusing import everything, nothing_written
from tests.services.test_repack import house_products, made


def decided(shop, name, lot="A1", reason="cracked vials", product=None, key=None):
    return shop.do(act, Decided(key or shop.key(), lot, LotAct(name), reason, product))


def acting(shop, name, role):
    shop.do(add_user, NewUser(shop.key(), name, role))
    other = shop.at(shop.on)
    other.user = name
    return other


def state(shop, lot="A1"):
    return shop.read(lambda db: db.execute(select(stock.lot.c.state).where(stock.lot.c.number == lot)).scalar_one())


def newest_event(shop):
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(statement).first())


@pytest.fixture
def stocked(shop):
    a_lot(shop, units=10)
    return shop


def test_anybody_holds_a_lot_and_nothing_of_it_is_dispensed(stocked):
    done = decided(acting(stocked, "sam", Role.TECHNICIAN), "hold", key="k")
    assert done == LotActDone(
        lot="A1",
        product="US-CY-ARG1",
        expires=done.expires,
        key="k",
        act=LotAct.HOLD,
        from_=State.AVAILABLE,
        state=State.HELD,
        reason="cracked vials",
        answered=(),
    )
    assert state(stocked) is State.HELD
    rx = an_rx(stocked)
    nothing_written(stocked, ShortStock, lambda: dispensed(stocked, rx))


def test_one_release_answers_every_hold_since_the_last_one(stocked):
    decided(stocked, "hold", reason="old")
    decided(stocked, "release", reason="looked at")
    decided(stocked, "hold", reason="cracked vials")
    decided(acting(stocked, "sam", Role.TECHNICIAN), "hold", reason="too warm")
    done = decided(stocked, "release", reason="maker says fit for use")
    assert (done.from_, done.state) == (State.HELD, State.AVAILABLE)
    assert done.answered == (
        Answered(LotAct.HOLD, stocked.today, "alex", "cracked vials"),
        Answered(LotAct.HOLD, stocked.today, "sam", "too warm"),
    )
    assert dispensed(stocked, an_rx(stocked)).units == 4
    assert stocked.read(verify).ok


def test_the_event_tells_the_old_and_the_new_state(stocked):
    decided(stocked, "hold", key="h")
    event = newest_event(stocked)
    assert (event.kind, event.subject, event.request_key, event.patient) == ("lot hold", "A1", "h", "")
    for told in ('"from":"available"', '"to":"held"', '"reason":"cracked vials"', '"product":"US-CY-ARG1"'):
        assert told in event.canonical
    decided(stocked, "release", reason="fit")
    event = newest_event(stocked)
    assert event.kind == "lot release"
    assert '"answered":[["hold","2026-11-21","alex","cracked vials"]]' in event.canonical


def test_the_same_key_gives_the_same_receipt_and_acts_once(stocked):
    first = decided(stocked, "hold", key="k")
    before = everything(stocked)
    assert decided(stocked, "hold", key="k") == first
    assert everything(stocked) == before
    assert rows(stocked, recalls.lot_act) == 1
    nothing_written(stocked, KeyReused, lambda: decided(stocked, "hold", reason="other", key="k"))
    released = decided(stocked, "release", key="r")
    assert decided(stocked, "release", key="r") == released


def test_a_released_lot_may_have_expired(stocked):
    decided(stocked, "hold")
    after = stocked.at(stocked.on + timedelta(days=400))
    assert decided(after, "release").state is State.EXPIRED
    assert state(stocked) is State.AVAILABLE


def test_a_pharmacist_releases(stocked):
    decided(stocked, "hold")
    sam = acting(stocked, "sam", Role.TECHNICIAN)
    nothing_written(sam, NotAllowed, lambda: decided(sam, "release"))


def test_an_auditor_holds_nothing(stocked):
    kim = acting(stocked, "kim", Role.AUDITOR)
    nothing_written(kim, NotAllowed, lambda: decided(kim, "hold"))


def test_what_is_not_held_is_not_released(stocked):
    nothing_written(stocked, NotFromThisLotState, lambda: decided(stocked, "release"))


@pytest.mark.parametrize("name", ["hold", "release"])
def test_a_recalled_lot_is_neither_held_nor_released(stocked, name):
    in_state(stocked, "A1", State.RECALLED)
    nothing_written(stocked, NotFromThisLotState, lambda: decided(stocked, name))


def test_refuses_an_unknown_lot(stocked):
    nothing_written(stocked, NotFound, lambda: decided(stocked, "hold", "NOPE"))
    nothing_written(stocked, NotFound, lambda: decided(stocked, "hold", product="us-cy-vit30"))


def test_asks_for_the_product_where_two_have_such_a_lot(stocked):
    a_lot(stocked, "US-CY-VIT30", units=1)
    nothing_written(stocked, WhichProduct, lambda: decided(stocked, "hold"))
    assert decided(stocked, "hold", product="us-cy-vit30").product == "US-CY-VIT30"
    found = stocked.read(lambda db: db.execute(select(stock.lot.c.state).order_by(stock.lot.c.id)).scalars().all())
    assert found == [State.AVAILABLE, State.HELD]


@pytest.fixture
def house(stocked):
    """H1 and a day later H3 are made of A1, and H2 of H1."""
    stocked.do(add_user, NewUser(stocked.key(), "sam", Role.PHARMACIST))
    house_products(stocked)
    made(stocked, "HS-BR1", units=6, made=6)
    made(stocked, "HS-BR1", main=FromLot("H1", 2), made=2)
    tomorrow = later(stocked, 1)
    made(tomorrow, "HS-BR1", units=2, made=2)
    return tomorrow


def states(shop):
    query = select(stock.lot.c.number, stock.lot.c.state)
    return {row.number: row.state for row in shop.read(lambda db: db.execute(query).all())}


def ids(shop, *numbers):
    query = select(stock.lot.c.id).where(stock.lot.c.number.in_(numbers)).order_by(stock.lot.c.id)
    return shop.read(lambda db: db.execute(query).scalars().all())


def test_what_was_made_of_lots_is_found_through_what_was_made_of_it(house):
    a1, h1, none = ids(house, "A1"), ids(house, "H1"), ids(house, "H2")
    assert house.read(lots.made_of, a1) == ids(house, "H1", "H2", "H3")
    assert house.read(lots.made_of, h1) == ids(house, "H2")
    assert (house.read(lots.made_of, none), house.read(lots.made_of, [])) == ([], [])
    first = house.on - timedelta(days=1)
    assert house.read(lots.made_of, a1, first) == ids(house, "H1", "H2", "H3")
    assert house.read(lots.made_of, a1, first + timedelta(seconds=1)) == ids(house, "H3")


def test_a_hold_also_holds_what_was_made_of_the_lot(house):
    done = decided(house, "hold", key="k")
    assert [(each.lot, each.product, each.from_, each.state) for each in done.made] == [
        (number, "HS-BR1", State.AVAILABLE, State.HELD) for number in ("H1", "H2", "H3")
    ]
    assert set(states(house).values()) == {State.HELD}
    query = select(recalls.lot_act.c.reason, recalls.lot_act.c.request_id).order_by(recalls.lot_act.c.id)
    acts = house.read(lambda db: db.execute(query).all())
    assert [each.reason for each in acts] == ["cracked vials", *["cracked vials; made of lot A1"] * 3]
    assert len({each.request_id for each in acts}) == 1
    told = f'["HS-BR1","H2","{done.made[1].expires}","available","held","cracked vials; made of lot A1"]'
    assert told in newest_event(house).canonical
    before = everything(house)
    assert decided(house, "hold", key="k") == done
    assert everything(house) == before


def test_the_books_of_a_hold_with_what_was_made_agree(house):
    decided(house, "hold")
    assert house.read(verify).ok


def test_a_hold_leaves_recalled_lots_and_those_that_it_was_not_made_into(house):
    a_recall(house, "H2", "HS-BR1")
    done = decided(house, "hold", "H1")
    assert (done.made, states(house)["A1"], states(house)["H3"]) == ((), State.AVAILABLE, State.AVAILABLE)
    done = decided(house, "hold")
    assert [(each.lot, each.from_) for each in done.made] == [("H1", State.HELD), ("H3", State.AVAILABLE)]
    assert states(house)["H2"] is State.RECALLED


def test_a_release_frees_the_one_lot_and_names_those_that_stay_held(house):
    decided(house, "hold")
    done = decided(house, "release", "H1", reason="fit")
    assert [(each.reason, each.by) for each in done.answered] == [("cracked vials; made of lot A1", "alex")]
    assert [each.lot for each in done.made] == ["H2"]
    done = decided(house, "release", key="r")
    h2, h3 = done.made
    assert h2 == MadeLot("H2", "HS-BR1", h2.expires, State.HELD, State.HELD)
    assert h3.lot == "H3"
    assert states(house) == {"A1": State.AVAILABLE, "H1": State.AVAILABLE, "H2": State.HELD, "H3": State.HELD}
    assert decided(house, "release", key="r") == done


def test_what_was_made_meanwhile_is_held_too(house, monkeypatch):
    """A batch of a lot that is not locked yet may come in between: the hold begins anew, and finds it."""
    looks = []
    really = lots.made_of

    def made_of(*given):
        looks.append(really(*given))
        return [] if len(looks) == 1 else looks[-1]

    monkeypatch.setattr(lots, "made_of", made_of)
    assert [each.lot for each in decided(house, "hold").made] == ["H1", "H2", "H3"]
    assert len(looks) == 4
