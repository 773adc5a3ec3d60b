from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from dispensary.errors import Refused
from dispensary.lookup import NotFound
from dispensary.lots import RecallWithdrawn, WhichProduct
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.allocation import ShortStock
from dispensary.rules.beyond_use import Start
from dispensary.rules.lot_life import LotAct
from dispensary.rules.numbers import NotANumber
from dispensary.rules.people import Role
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from dispensary.rules.recall import Contact, NoticeFromTheFuture, RecallClass, RecalledBeforeReceived, Scope
from dispensary.rules.shelf import ALLOWED, LotNotUsable, Operation, State
from dispensary.schema import stock, trust
from dispensary.services.compounding.used_up import FromLot
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.recalls import recall as recall_service
from dispensary.services.recalls.lot_act import Decided, act
from dispensary.services.recalls.recall import (
    AlreadyRecalled,
    CoveredLot,
    Notice,
    Recalled,
    Withdrawal,
    recall,
    withdraw,
)
from dispensary.services.recalls.recall_contact import Called, ContactNoted, NotConcerned, note_contact
from dispensary.services.stock.receive import Delivery, Typed, receive
from dispensary.services.vials.draw import Draw, Unprescribed, draw
from dispensary.services.vials.open_vial import Opening, open_vial
from tests.build import a_lot, a_patient, an_rx, dispensed, in_state, units_at
from tests.refusing import everything, nothing_written
from tests.services.test_repack import house_products, made, of_powder

# FDA enforcement reports: American Regent, cracked vials; and a compounder's methylcobalamin.
CRACKED = ("1662", "1679", "1683")
COMPOUNDED = "01052018@46"


def recalled(shop, lot=None, product=None, expires_from=None, expires_to=None, key=None, **notice):
    given = {"class_": RecallClass.II, "reference": "D-0792-2026", "dated": shop.today, "reason": "cracked vials"}
    scope = Scope(product, lot, expires_from, expires_to)
    return shop.do(recall, Notice(key=key or shop.key(), scope=scope, **{**given, **notice}))


def withdrawn(shop, number="RC1", reason="entered in error", key=None):
    return shop.do(withdraw, Withdrawal(key or shop.key(), number, reason))


def called(shop, patient="P1", contact="reached", note="", key=None, number="RC1"):
    return shop.do(note_contact, Called(key or shop.key(), number, patient, Contact(contact), note))


def acting(shop, name="sam", role=Role.TECHNICIAN):
    shop.do(add_user, NewUser(shop.key(), name, role))
    other = shop.at(shop.on)
    other.user = name
    return other


def states(shop):
    query = select(stock.lot.c.number, stock.lot.c.state).order_by(stock.lot.c.id)
    return {row.number: row.state for row in shop.read(lambda db: db.execute(query).all())}


def newest_event(shop):
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(statement).first())


@pytest.fixture
def cracked(shop):
    """The American Regent lots and one that is not recalled."""
    for lot in (*CRACKED, "1700"):
        a_lot(shop, lot=lot, units=10)
    return shop


def test_a_lot_is_recalled_and_nothing_of_it_is_dispensed(shop):
    a_lot(shop, lot="1662", units=10)
    done = recalled(shop, "1662", key="k")
    assert done == Recalled(
        recall="RC1",
        key="k",
        class_=RecallClass.II,
        reference="D-0792-2026",
        dated=shop.today,
        covers="lot 1662",
        reason="cracked vials",
        lots=(CoveredLot("US-CY-ARG1", "1662", date(2027, 11, 30), State.AVAILABLE, State.RECALLED),),
    )
    rx = an_rx(shop)
    nothing_written(shop, ShortStock, lambda: dispensed(shop, rx))
    assert shop.read(verify).ok


def test_a_lot_number_with_an_at_sign_is_a_lot_number(shop):
    a_lot(shop, "US-ME-CMP10", lot=COMPOUNDED, units=3)
    done = recalled(shop, COMPOUNDED, class_=RecallClass.I, reference="D-0600-2018", reason="not sterile")
    assert [each.lot for each in done.lots] == [COMPOUNDED]
    assert states(shop) == {COMPOUNDED: State.RECALLED}


def test_a_product_is_recalled_with_all_its_lots(cracked):
    a_lot(cracked, "US-CY-VIT30", lot="V1", units=1)
    done = recalled(cracked, product="US-CY-ARG1")
    assert [each.lot for each in done.lots] == [*CRACKED, "1700"]
    assert states(cracked)["V1"] is State.AVAILABLE


def test_a_range_of_expiries_takes_both_its_days(shop):
    for lot, expires in (("a", "2027-05-30"), ("b", "2027-05-31"), ("c", "2027-06-30"), ("d", "2027-07-01")):
        a_lot(shop, lot=lot, expires=expires)
    done = recalled(shop, product="US-CY-ARG1", expires_from=date(2027, 5, 31), expires_to=date(2027, 6, 30))
    assert [each.lot for each in done.lots] == ["b", "c"]
    assert done.covers == "US-CY-ARG1 expiring from 2027-05-31 to 2027-06-30"


def test_one_notice_after_the_other(cracked):
    numbers = [recalled(cracked, lot).recall for lot in CRACKED]
    assert numbers == ["RC1", "RC2", "RC3"]
    assert states(cracked) == {**dict.fromkeys(CRACKED, State.RECALLED), "1700": State.AVAILABLE}


def test_nothing_in_the_books_is_covered_and_the_notice_stands(shop):
    a_lot(shop)
    done = recalled(shop, "55150-364", class_=RecallClass.III, reference="D-0766-2022", reason="subpotent")
    assert done.lots == ()
    nothing_written(shop, RecalledBeforeReceived, lambda: a_lot(shop, lot="55150-364"))


def test_the_case_of_the_number_hides_no_lot(shop):
    a_lot(shop, lot="AB12")
    assert [each.lot for each in recalled(shop, "ab12").lots] == ["AB12"]


def test_held_and_expired_lots_are_recalled_too(shop):
    a_lot(shop, lot="H1")
    a_lot(shop, lot="E1", expires="2026-11-30")
    in_state(shop, "H1", State.HELD)
    later = shop.at(shop.on + timedelta(days=30))
    done = recalled(later, product="US-CY-ARG1")
    assert [(each.lot, each.from_, each.state) for each in done.lots] == [
        ("H1", State.HELD, State.RECALLED),
        ("E1", State.AVAILABLE, State.RECALLED),
    ]


def test_an_opened_vial_is_frozen_with_its_lot(shop):
    a_lot(shop, "US-CY-VIT30", units=2)
    shop.do(open_vial, Opening(shop.key(), lot="A1"))
    patient = a_patient(shop)
    recalled(shop, "A1")
    wanted = Unprescribed(patient, Dose(1000), "asked for", Route.IM)
    nothing_written(shop, LotNotUsable, lambda: shop.do(draw, Draw(shop.key(), "V1", wanted), practice=shop.practice))


def test_the_event_tells_everything(shop):
    a_lot(shop, lot="1662")
    recalled(shop, "1662", product="US-CY-ARG1", dated=date(2026, 11, 2), key="k")
    event = newest_event(shop)
    assert (event.kind, event.subject, event.request_key, event.patient) == ("lot recall", "RC1", "k", "")
    for told in (
        '"class":"II"',
        '"dated":"2026-11-02"',
        '"reference":"D-0792-2026"',
        '"lot":"1662"',
        '"product":"US-CY-ARG1"',
        '"expires_from":null',
        '"lots":[["US-CY-ARG1","1662","2027-11-30","available","recalled"]]',
    ):
        assert told in event.canonical


def test_the_same_key_gives_the_same_receipt_and_recalls_once(shop):
    a_lot(shop, lot="1662")
    first = recalled(shop, "1662", key="k")
    before = everything(shop)
    assert recalled(shop, "1662", key="k") == first
    assert everything(shop) == before
    nothing_written(shop, KeyReused, lambda: recalled(shop, "1679", key="k"))
    ended = withdrawn(shop, key="w")
    assert withdrawn(shop, key="w") == ended


def test_the_same_notice_is_entered_once(shop):
    a_lot(shop, lot="1662")
    recalled(shop, "1662")
    nothing_written(shop, AlreadyRecalled, lambda: recalled(shop, "1662"))
    assert recalled(shop, "1662", reference="D-0793-2026").recall == "RC2"


def test_a_pharmacist_recalls_and_withdraws(shop):
    a_lot(shop, lot="1662")
    sam = acting(shop)
    nothing_written(sam, NotAllowed, lambda: recalled(sam, "1662"))
    recalled(shop, "1662")
    nothing_written(sam, NotAllowed, lambda: withdrawn(sam))


def test_asks_for_the_product_where_two_have_such_a_lot(shop):
    a_lot(shop, lot="1662")
    a_lot(shop, "US-CY-VIT30", lot="1662", units=1)
    nothing_written(shop, WhichProduct, lambda: recalled(shop, "1662"))
    assert [each.product for each in recalled(shop, "1662", "US-CY-VIT30").lots] == ["US-CY-VIT30"]


def test_refuses_an_unknown_product_and_a_notice_from_tomorrow(shop):
    nothing_written(shop, NotFound, lambda: recalled(shop, product="US-XX-NOPE"))
    tomorrow = shop.today + timedelta(days=1)
    nothing_written(shop, NoticeFromTheFuture, lambda: recalled(shop, "1662", dated=tomorrow))


def test_a_delivery_that_comes_in_between_is_found(shop, monkeypatch):
    """The lots are looked for again once the head is held: a lot that was not there before is recalled too."""
    a_lot(shop, lot="1662")
    looks = []
    really = recall_service._covered

    def covered(*given):
        looks.append(really(*given))
        return [] if len(looks) == 1 else looks[-1]

    monkeypatch.setattr(recall_service, "_covered", covered)
    assert [each.lot for each in recalled(shop, "1662").lots] == ["1662"]
    assert len(looks) == 4


def while_under_way(shop, service, order, other):
    """What `other` comes to, begun on another counter before the service's transaction is committed."""
    by = shop.by()
    outcome = []

    def work():
        try:
            outcome.append(other())
        except Refused as refusal:
            outcome.append(refusal)

    counter = Thread(target=work)
    with shop.engine.connect().execution_options(writes=True) as db, db.begin():
        service(db, order, on=shop.on, by=by)
        if shop.engine.dialect.name != "sqlite":
            counter.start()
            counter.join(0.3)
            assert counter.is_alive(), "the other counter waits"
    # A SQLite file has one writer at a time: there the other one begins when this one has ended.
    if shop.engine.dialect.name == "sqlite":
        counter.start()
    counter.join()
    return outcome[0]


def test_a_new_lot_that_is_just_coming_in_is_recalled_too(shop):
    line = Typed("US-CY-ARG1", "1662", date(2027, 11, 30), 10, month_only=False)
    delivery = Delivery(shop.key(), (line,), "shelf")
    done = while_under_way(shop, receive, delivery, lambda: recalled(shop, "1662"))
    assert [each.lot for each in done.lots] == ["1662"]
    assert states(shop) == {"1662": State.RECALLED}


def test_a_delivery_that_meets_a_recall_is_refused(shop):
    scope = Scope(None, "1662")
    notice = Notice(shop.key(), scope, RecallClass.II, "D-0792-2026", shop.today, "cracked vials")
    refusal = while_under_way(shop, recall, notice, lambda: a_lot(shop, lot="1662"))
    assert isinstance(refusal, RecalledBeforeReceived)
    assert states(shop) == {}


def test_a_delivery_of_a_known_lot_that_meets_a_recall_names_the_notice(shop):
    a_lot(shop, lot="1662")
    notice = Notice(shop.key(), Scope(None, "1662"), RecallClass.II, "D-0792-2026", shop.today, "cracked vials")
    refusal = while_under_way(shop, recall, notice, lambda: a_lot(shop, lot="1662"))
    assert isinstance(refusal, RecalledBeforeReceived)
    assert (refusal.reference, refusal.recall) == ("D-0792-2026", "RC1")


@pytest.fixture
def house(shop):
    """H1 is made with powder P1 and diluent N1, and H2 of it; H3 is made of the stock's lot A1."""
    shop.do(add_user, NewUser(shop.key(), "sam", Role.PHARMACIST))
    house_products(shop)
    a_lot(shop, units=10)
    of_powder(shop, product="HS-BR1", start=Start.NON_STERILE)
    made(shop, "HS-BR1", main=FromLot("H1", 2), made=2)
    made(shop, "HS-BR1", units=2, made=2)
    return shop


@pytest.mark.parametrize("ingredient", ["P1", "n1"])
def test_what_was_made_with_a_recalled_powder_or_diluent_is_recalled(house, ingredient):
    done = recalled(house, ingredient, key="k")
    assert [(each.lot, each.state, each.made_with) for each in done.lots] == [
        ("H1", State.RECALLED, ingredient.upper()),
        ("H2", State.RECALLED, None),
    ]
    assert (states(house)["H3"], states(house)["A1"]) == (State.AVAILABLE, State.AVAILABLE)
    assert recalled(house, ingredient, key="k") == done
    ended = withdrawn(house)
    assert [(each.lot, each.state, each.made_with) for each in ended.lots] == [
        ("H1", State.HELD, ingredient.upper()),
        ("H2", State.HELD, None),
    ]
    assert house.read(verify).ok


def test_a_lot_number_of_stock_and_of_a_powder_recalls_both(house):
    a_lot(house, lot="P1")
    done = recalled(house, "P1")
    assert [(each.lot, each.made_with) for each in done.lots] == [("H1", "P1"), ("H2", None), ("P1", None)]


def test_a_recall_with_a_product_is_about_stock(house):
    assert recalled(house, "P1", "HS-BR1").lots == ()
    assert [each.lot for each in recalled(house, product="US-CY-ARG1").lots] == ["A1", "H3"]


def test_a_withdrawn_recall_leaves_its_lots_held_until_they_are_released(cracked):
    recalled(cracked, "1662")
    done = withdrawn(cracked)
    assert [(each.lot, each.from_, each.state) for each in done.lots] == [("1662", State.RECALLED, State.HELD)]
    released = cracked.do(act, Decided(cracked.key(), "1662", LotAct.RELEASE, "fit"))
    assert [(each.act, each.reason) for each in released.answered] == [(LotAct.WITHDRAW, "entered in error")]
    assert states(cracked)["1662"] is State.AVAILABLE
    assert cracked.read(verify).ok


def test_a_lot_of_two_notices_stays_recalled_until_both_are_withdrawn(cracked):
    recalled(cracked, "1662")
    recalled(cracked, product="US-CY-ARG1")
    first = withdrawn(cracked, "RC1")
    assert [(each.lot, each.state) for each in first.lots] == [("1662", State.RECALLED)]
    second = withdrawn(cracked, "RC2")
    assert {each.state for each in second.lots} == {State.HELD}
    assert set(states(cracked).values()) == {State.HELD}


def test_the_event_of_a_withdrawal_tells_the_lots(shop):
    a_lot(shop, lot="1662")
    recalled(shop, "1662")
    withdrawn(shop)
    event = newest_event(shop)
    assert (event.kind, event.subject) == ("recall withdraw", "RC1")
    assert '"lots":[["US-CY-ARG1","1662","2027-11-30","recalled","held"]]' in event.canonical
    assert '"reason":"entered in error"' in event.canonical


def test_a_recall_is_withdrawn_once(shop):
    recalled(shop, "1662")
    withdrawn(shop)
    nothing_written(shop, RecallWithdrawn, lambda: withdrawn(shop))
    nothing_written(shop, NotFound, lambda: withdrawn(shop, "RC7"))
    nothing_written(shop, NotANumber, lambda: withdrawn(shop, "RX1"))


def test_after_a_withdrawal_the_lot_may_come_in_again(shop):
    recalled(shop, "1662")
    nothing_written(shop, RecalledBeforeReceived, lambda: a_lot(shop, lot="1662"))
    withdrawn(shop)
    assert a_lot(shop, lot="1662").lines[0].units == 10


def test_a_delivery_with_one_recalled_pack_stays_out_and_names_the_notice(cracked):
    recalled(cracked, product="US-CY-ARG1", expires_to=date(2027, 11, 30))
    refusal = nothing_written(cracked, RecalledBeforeReceived, lambda: a_lot(cracked, lot="NEW"))
    assert (refusal.reference, refusal.recall, refusal.state) == ("D-0792-2026", "RC1", "recalled")
    assert a_lot(cracked, lot="NEW", expires="2027-12-31").lines[0].units == 10


@pytest.mark.parametrize("state", State)
def test_receiving_in_each_state_is_as_the_table_says(shop, state):
    a_lot(shop, expires="2026-11-30", units=10)
    day = shop.at(shop.on + timedelta(days=30)) if state is State.EXPIRED else shop
    if state is State.HELD:
        shop.do(act, Decided(shop.key(), "A1", LotAct.HOLD, "cracked vials"))
    if state is State.RECALLED:
        recalled(shop, "A1")
    if ALLOWED[state, Operation.RECEIVE]:
        a_lot(day, expires="2026-11-30", units=5)
        assert units_at(shop, "A1") == 15
        return
    kind = RecalledBeforeReceived if state is State.RECALLED else LotNotUsable
    nothing_written(day, kind, lambda: a_lot(day, expires="2026-11-30", units=5))


@pytest.fixture
def kari(shop):
    """P1, who got 4 units of the lot that was recalled."""
    a_lot(shop, units=10)
    dispensed(shop, an_rx(shop))
    recalled(shop, "A1")
    return shop


def test_a_call_is_noted_with_what_came_of_it(kari):
    sam = acting(kari)
    noted = called(sam, "MRN-1", "not reached", "no answer", key="c")
    assert noted == ContactNoted("RC1", "P1", "c", Contact.NOT_REACHED, "no answer")
    event = newest_event(kari)
    assert (event.kind, event.subject, event.actor, len(event.patient)) == ("recall contact", "RC1", "sam", 64)
    assert '"contact":"not reached","note":"no answer"' in event.canonical
    assert "MRN" not in event.canonical
    before = everything(kari)
    assert called(sam, "MRN-1", "not reached", "no answer", key="c") == noted
    assert everything(kari) == before


def test_a_patient_who_got_a_drawn_dose_is_concerned(shop):
    a_lot(shop, "US-CY-VIT30", units=2)
    shop.do(open_vial, Opening(shop.key(), lot="A1"))
    wanted = Unprescribed(a_patient(shop), Dose(1000), "asked for", Route.IM)
    shop.do(draw, Draw(shop.key(), "V1", wanted), practice=shop.practice)
    recalled(shop, "A1")
    assert called(shop).patient == "P1"


def test_refuses_a_patient_who_got_nothing_of_it(kari):
    a_patient(kari, "MRN-2", "Ola Nordmann")
    nothing_written(kari, NotConcerned, lambda: called(kari, "P2"))
    nothing_written(kari, NotFound, lambda: called(kari, "P9"))


def test_refuses_calls_for_a_withdrawn_recall_and_by_an_auditor(kari):
    kim = acting(kari, "kim", Role.AUDITOR)
    nothing_written(kim, NotAllowed, lambda: called(kim))
    withdrawn(kari)
    nothing_written(kari, RecallWithdrawn, lambda: called(kari))
