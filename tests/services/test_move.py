from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from dispensary import ledger, lots, places
from dispensary.ledger import Movement
from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.places import NotAStockPlace
from dispensary.reports.verify import verify
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.fit import PlaceDoesNotFit
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.rules.stock_act import NotFromPatients, PatientsHadThem, ReleaseNeedsReason
from dispensary.schema import stock, trust
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.stock.move import Move, Moved, SamePlace, move
from dispensary.services.stock.stock_act import NotSoManyThere
from tests.build import a_lot, an_rx, dispensed, in_state, returned, rows, units_at
from tests.owning import past
from tests.refusing import everything, nothing_written


def moved(shop, source="shelf", target="quarantine", lot="A1", **order):
    return shop.do(move, Move(order.pop("key", None) or shop.key(), lot, source, target, **order))


def back(shop, source="quarantine", target="shelf", **order):
    """What was set aside goes back, with a reason."""
    return moved(shop, source, target, reason="looked at", **order)


def newest(shop):
    statement = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    return shop.read(lambda db: db.execute(statement).first())


def from_patients(shop, units, place="quarantine", lot="A1"):
    """Units that came back before there was a place for what patients had."""

    def post(db):
        by = shop.by()
        claimed = db.execute(select(trust.request.c.id)).scalars().first()
        found = lots.named(db, 1, lot)
        source = places.place_of_kind(db, by.site_id, PlaceKind.PATIENTS)
        target = places.place_by_code(db, by.site_id, place)
        came = Movement(found.id, found.product_id, found.expires, source, target, units)
        ledger.post(db, [came], request_id=claimed, on=shop.on, by=by)

    shop.write(post)


@pytest.fixture
def stocked(shop):
    a_lot(shop, units=10)
    return shop


def test_units_go_from_one_place_to_another_under_a_number(stocked):
    assert moved(stocked, units=4, key="k") == Moved(
        move="S1",
        key="k",
        product="US-CY-ARG1",
        lot="A1",
        expires=date(2027, 11, 30),
        units=4,
        from_="shelf",
        to="quarantine",
        reason=None,
        misfits=(),
    )
    assert (units_at(stocked, "A1"), units_at(stocked, "A1", "quarantine")) == (6, 4)
    assert (moved(stocked).move, back(stocked).units) == ("S2", 10)
    assert stocked.read(verify).ok


def test_the_event_tells_from_where_to_where_and_why(stocked):
    moved(stocked, target="refrigerator", units=4, reason="heat wave")
    event = newest(stocked)
    assert (event.kind, event.subject, event.patient) == ("move", "S1", "")
    assert '"lines":[["US-CY-ARG1","A1","2027-11-30","shelf","refrigerator",4]]' in event.canonical
    assert '"from":"shelf"' in event.canonical
    assert '"reason":"heat wave"' in event.canonical
    assert "keeps 2-8 °C and the product needs 20-25 °C" in event.canonical


def test_a_place_that_does_not_fit_needs_a_reason(stocked):
    nothing_written(stocked, PlaceDoesNotFit, lambda: moved(stocked, target="refrigerator"))
    past(stocked, lambda db: db.execute(update(stock.place).where(stock.place.c.code == "transit").values(dark=False)))
    nothing_written(stocked, PlaceDoesNotFit, lambda: moved(stocked, target="transit"))
    assert len(moved(stocked, target="transit", reason="to the branch").misfits) == 1


def test_the_same_key_moves_once(stocked):
    first = moved(stocked, units=4, key="k")
    before = everything(stocked)
    assert moved(stocked, units=4, key="k") == first
    assert everything(stocked) == before
    nothing_written(stocked, KeyReused, lambda: moved(stocked, units=5, key="k"))


def test_refuses_more_than_stands_there(stocked):
    moved(stocked, units=4)
    nothing_written(stocked, NotSoManyThere, lambda: moved(stocked, units=7))
    nothing_written(stocked, NotSoManyThere, lambda: moved(stocked, source="transit"))


def test_a_lot_that_is_gone_stands_nowhere(stocked):
    dispensed(stocked, an_rx(stocked, units=10, directions="1 mg IM daily"))
    nothing_written(stocked, NotSoManyThere, lambda: moved(stocked))


def test_refuses_places_where_no_stock_stands_and_lots_that_are_not_there(stocked):
    for place in ("waste", "supplier", "patients", "variance", "opened", "compounding"):
        nothing_written(stocked, NotAStockPlace, lambda place=place: moved(stocked, target=place))
        nothing_written(stocked, NotAStockPlace, lambda place=place: moved(stocked, source=place))
    nothing_written(stocked, NotFound, lambda: moved(stocked, target="cellar"))
    nothing_written(stocked, NotFound, lambda: moved(stocked, lot="B7"))
    nothing_written(stocked, SamePlace, lambda: moved(stocked, target=" Shelf "))


def test_two_products_may_have_a_lot_of_one_number(stocked):
    a_lot(stocked, product="NO-CY-TAK1", units=3)
    nothing_written(stocked, WhichProduct, lambda: moved(stocked))
    assert moved(stocked, product="no-cy-tak1", reason="set aside").units == 3


def test_refuses_an_auditor(stocked):
    stocked.do(add_user, NewUser(stocked.key(), "ada", Role.AUDITOR))
    stocked.user = "ada"
    nothing_written(stocked, NotAllowed, lambda: moved(stocked))


def test_a_held_lot_is_set_aside_and_not_shelved(stocked):
    in_state(stocked, "A1", State.HELD)
    moved(stocked)
    back(stocked, target="transit")
    nothing_written(stocked, LotNotUsable, lambda: moved(stocked, "transit", "shelf"))
    in_state(stocked, "A1", State.AVAILABLE)
    assert moved(stocked, "transit", "shelf").units == 10


def test_what_patients_had_goes_nowhere_but_among_its_like(stocked):
    dispensed(stocked, an_rx(stocked, units=4))
    returned(stocked, "D1")
    for target in ("shelf", "refrigerator", "quarantine", "transit"):
        nothing_written(stocked, PatientsHadThem, lambda to=target: moved(stocked, "returned", to, reason="unopened"))


@pytest.mark.parametrize("target", ["shelf", "refrigerator", "transit"])
def test_a_pharmacist_lets_go_what_was_set_aside_and_says_why(stocked, target):
    stocked.do(add_user, NewUser(stocked.key(), "tom", Role.TECHNICIAN))
    tom = replace(stocked, user="tom")
    moved(tom)
    nothing_written(stocked, NotAllowed, lambda: back(tom, target=target))
    nothing_written(stocked, ReleaseNeedsReason, lambda: moved(stocked, "quarantine", target))
    assert back(stocked, target=target).reason == "looked at"


def test_anybody_puts_on_the_shelf_what_arrives(stocked):
    stocked.do(add_user, NewUser(stocked.key(), "tom", Role.TECHNICIAN))
    tom = replace(stocked, user="tom")
    moved(tom, target="transit")
    assert moved(tom, "transit", "shelf").units == 10


def test_the_pharmacys_own_does_not_go_among_what_patients_had(stocked):
    for source in ("shelf", "transit", "quarantine"):
        if source != "shelf":
            moved(stocked, target=source, units=3)
        nothing_written(stocked, NotFromPatients, lambda source=source: moved(stocked, source, "returned", units=1))
    from_patients(stocked, 2)
    nothing_written(stocked, NotFromPatients, lambda: moved(stocked, "quarantine", "returned"))
    assert moved(stocked, "quarantine", "returned", units=2).units == 2


def test_what_came_back_into_quarantine_before_is_not_shelved(stocked):
    moved(stocked, units=6)
    from_patients(stocked, 4)
    nothing_written(stocked, PatientsHadThem, lambda: moved(stocked, "quarantine", "shelf", units=7))
    nothing_written(stocked, PatientsHadThem, lambda: moved(stocked, "quarantine", "transit"))
    back(stocked, units=2)
    nothing_written(stocked, PatientsHadThem, lambda: moved(stocked, "quarantine", "shelf", units=5))
    moved(stocked, "quarantine", "returned", units=4)
    assert back(stocked).units == 4
    nothing_written(stocked, PatientsHadThem, lambda: moved(stocked, "returned", "quarantine"))


def test_an_undelivered_fill_on_the_shelf_moves_as_before(stocked):
    dispensed(stocked, an_rx(stocked, units=4))
    returned(stocked, "D1", undelivered=True)
    moved(stocked)
    assert back(stocked).units == 10
    assert rows(stocked, stock.stock_act) == 2
