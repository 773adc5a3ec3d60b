"""Movements carry the balances along, in the order of the lots, and never below zero."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from dispensary import ledger, places, request
from dispensary.errors import Contended
from dispensary.ledger import Movement
from dispensary.rules.place import PlaceKind
from dispensary.schema.stock import balance, lot, movement
from tests.build import Shop, a_lot, units_at


def moves(shop: Shop, db, *wanted: tuple[str, str, str, int]) -> list[Movement]:
    """Movements from (lot, source, target, units)."""
    by = shop.by()
    made = []
    for number, source, target, units in wanted:
        row = db.execute(select(lot).where(lot.c.number == number)).one()
        ends = [places.place_of_kind(db, by.site_id, PlaceKind(kind)) for kind in (source, target)]
        made.append(Movement(row.id, row.product_id, row.expires, *ends, units))
    return made


def posted(shop: Shop, *wanted: tuple[str, str, str, int]) -> None:
    by = shop.by()

    def work(db):
        claimed = request.claim(db, "move", shop.key(), wanted, on=shop.on, by=by)
        ledger.post(db, moves(shop, db, *wanted), request_id=claimed, on=shop.on, by=by)

    shop.write(work)


def once(shop: Shop, *wanted: tuple[str, str, str, int]) -> None:
    """Post without deciding anew."""
    by = shop.by()
    with shop.engine.connect().execution_options(writes=True) as db, db.begin():
        claimed = request.claim(db, "move", shop.key(), wanted, on=shop.on, by=by)
        ledger.post(db, moves(shop, db, *wanted), request_id=claimed, on=shop.on, by=by)


def test_units_go_from_one_place_to_another(shop):
    a_lot(shop, units=10)
    posted(shop, ("A1", "shelf", "refrigerator", 4))
    assert (units_at(shop, "A1"), units_at(shop, "A1", "refrigerator")) == (6, 4)


def test_ends_have_no_balance(shop):
    a_lot(shop, units=10)
    posted(shop, ("A1", "shelf", "waste", 3), ("A1", "shelf", "patients", 3), ("A1", "shelf", "variance", 3))
    assert units_at(shop, "A1") == 1
    assert len(shop.read(lambda db: db.execute(select(balance)).all())) == 1


def test_a_balance_knows_the_lots_product_and_expiry(shop):
    a_lot(shop, expires="2027-11-30")
    posted(shop, ("A1", "shelf", "quarantine", 2))
    for row in shop.read(lambda db: db.execute(select(balance)).all()):
        assert row.expires == date(2027, 11, 30)


def test_movements_say_who_when_and_for_what(shop):
    a_lot(shop, units=10)
    row = shop.read(lambda db: db.execute(select(movement)).one())
    assert (row.units, row.at, row.by_id, row.reverses_id) == (10, shop.on, shop.by().user_id, None)


@pytest.mark.parametrize("units", [11, 1_000_000])
def test_more_than_there_is_is_contended_and_moves_nothing(shop, units):
    a_lot(shop, units=10)
    with pytest.raises(Contended):
        once(shop, ("A1", "shelf", "patients", units))
    assert units_at(shop, "A1") == 10
    assert len(shop.read(lambda db: db.execute(select(movement)).all())) == 1


def test_a_place_without_a_balance_is_contended(shop):
    a_lot(shop, units=10)
    with pytest.raises(Contended):
        once(shop, ("A1", "refrigerator", "patients", 1))


def test_the_last_unit_may_go_and_the_balance_stays_at_zero(shop):
    a_lot(shop, units=10)
    posted(shop, ("A1", "shelf", "patients", 10))
    assert units_at(shop, "A1") == 0
    with pytest.raises(Contended):
        once(shop, ("A1", "shelf", "patients", 1))


def test_movements_of_one_lot_count_together(shop):
    a_lot(shop, units=10)
    with pytest.raises(Contended):
        once(shop, ("A1", "shelf", "patients", 6), ("A1", "shelf", "waste", 6))
    assert units_at(shop, "A1") == 10


def test_one_lot_too_short_moves_none_of_the_others(shop):
    a_lot(shop, lot="A1", units=10)
    a_lot(shop, lot="B2", units=1)
    with pytest.raises(Contended):
        once(shop, ("A1", "shelf", "patients", 5), ("B2", "shelf", "patients", 2))
    assert (units_at(shop, "A1"), units_at(shop, "B2")) == (10, 1)


def test_balances_are_changed_in_the_order_of_the_lots(shop):
    for number in ("C", "A", "B"):
        a_lot(shop, lot=number, units=10)
    changed = []

    def note(_connection, clause, _many, params, _options):
        if clause is ledger._TAKE:
            changed.append(params["lot"])

    event.listen(shop.engine, "before_execute", note)
    posted(shop, *((number, "shelf", "patients", 1) for number in ("B", "C", "A")))
    assert changed == sorted(changed)
    assert len(changed) == 3


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(
        st.tuples(
            st.sampled_from(["A1", "B2"]),
            st.sampled_from(list(PlaceKind)),
            st.sampled_from(list(PlaceKind)),
            st.integers(1, 6),
        ).filter(lambda move: move[1] != move[2]),
        min_size=1,
        max_size=4,
    )
)
def test_balances_are_the_sum_of_the_movements_whatever_is_posted(shop, wanted):
    if not units_at(shop, "A1"):
        a_lot(shop, lot="A1", units=10)
        a_lot(shop, lot="B2", units=5)
    with suppress(Contended):
        once(shop, *wanted)
    signed = {}
    for side, sign in ((movement.c.to_place_id, 1), (movement.c.from_place_id, -1)):
        query = select(movement.c.lot_id, side, func.sum(movement.c.units)).group_by(movement.c.lot_id, side)
        for lot_id, place_id, units in shop.read(lambda db, query=query: db.execute(query).all()):
            signed[lot_id, place_id] = signed.get((lot_id, place_id), 0) + sign * int(units)
    for row in shop.read(lambda db: db.execute(select(balance)).all()):
        assert row.units == signed[row.lot_id, row.place_id] >= 0
