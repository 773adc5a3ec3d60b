from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from dispensary.lookup import NotFound
from dispensary.lots import WhichProduct
from dispensary.request import KeyReused
from dispensary.rules.access import NotAllowed
from dispensary.rules.allocation import ShortStock
from dispensary.rules.people import Role
from dispensary.rules.place import PlaceKind
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.rules.vial import Standing
from dispensary.schema import catalogue, stock, trust, vials
from dispensary.services.people.register import NewUser, add_user
from dispensary.services.vials.open_vial import NothingNamed, NothingToOpen
from tests.build import a_lot, in_state, rows, units_at
from tests.refusing import everything, nothing_written
from tests.vials import AMPOULE, MULTI, a_vial, require_reconciled, the_vial


def acting(shop, name, role):
    shop.do(add_user, NewUser(shop.key(), name, role))
    return replace(shop, user=name)


def test_a_unit_becomes_microlitres_until_an_hour(shop):
    a_lot(shop, MULTI, "D1", units=3)
    receipt = a_vial(shop)
    assert (receipt.vial, receipt.product, receipt.lot, receipt.place) == ("V1", MULTI, "D1", "shelf")
    assert (receipt.opened_at, receipt.discard_at) == ("2026-11-21T09:30:00-05:00", "2026-12-19T09:30:00-05:00")
    assert (receipt.volume_ul, receipt.remaining_ul, receipt.state) == (10_000, 10_000, Standing.OPEN)
    assert (receipt.usable_hours, receipt.by, receipt.notes) == (672, "alex", ())
    assert (receipt.preservative, receipt.protect_from_light) == ("benzyl alcohol 15 mg/mL", True)
    assert units_at(shop, "D1") == 2
    row = the_vial(shop)
    assert (row.volume_ul, row.remaining_ul, row.patient_id) == (10_000, 10_000, None)
    assert row.discard_at - row.opened_at == timedelta(days=28)
    require_reconciled(shop)


def test_the_unit_moves_from_its_place_to_the_opened_ones(shop):
    a_lot(shop, MULTI, "D1", units=3)
    a_vial(shop)
    there, whither = stock.place.alias(), stock.place.alias()
    query = (
        select(there.c.kind, whither.c.kind, stock.movement.c.units)
        .join(there, there.c.id == stock.movement.c.from_place_id)
        .join(whither, whither.c.id == stock.movement.c.to_place_id)
        .where(stock.movement.c.request_id == the_vial(shop).request_id)
    )
    assert shop.read(lambda db: db.execute(query).all()) == [(PlaceKind.SHELF, PlaceKind.OPENED, 1)]


def test_the_event_tells_what_the_rows_hold(shop):
    a_lot(shop, MULTI, "D1", units=3)
    a_vial(shop)
    newest = select(trust.audit_event).order_by(trust.audit_event.c.sequence.desc())
    event = shop.read(lambda db: db.execute(newest).first())
    assert (event.kind, event.subject, event.actor, event.patient) == ("vial open", "V1", "alex", "")
    assert f'"lines":[["{MULTI}","D1","2027-11-30","shelf",1]]' in event.canonical
    assert '"discard_at":"2026-12-19T14:30:00.000000+00:00"' in event.canonical
    assert '"volume_ul":10000' in event.canonical


def test_the_same_key_opens_once(shop):
    a_lot(shop, MULTI, "D1")
    first = a_vial(shop, key="k")
    before = everything(shop)
    assert a_vial(shop, key="k") == first
    assert everything(shop) == before
    nothing_written(shop, KeyReused, lambda: a_vial(shop, lot="D1", key="k"))


def test_the_lot_that_expires_first_is_opened_and_what_is_not_available_is_passed_over(shop):
    a_lot(shop, MULTI, "LATE", "2028-01-31")
    a_lot(shop, MULTI, "HELD", "2027-01-31")
    a_lot(shop, MULTI, "EARLY", "2027-06-30")
    a_lot(shop, MULTI, "ASIDE", "2026-12-31", place="quarantine")
    in_state(shop, "HELD", State.HELD)
    assert a_vial(shop).lot == "EARLY"


def test_a_named_place_is_opened_from(shop):
    a_lot(shop, MULTI, "COLD", "2028-01-31", place="refrigerator")
    a_lot(shop, MULTI, "EARLY", "2027-06-30")
    receipt = a_vial(shop, place="refrigerator")
    assert (receipt.lot, receipt.place) == ("COLD", "refrigerator")
    a_lot(shop, MULTI, "EARLY", "2027-06-30", place="refrigerator")
    assert a_vial(shop, None, "EARLY", "refrigerator").place == "refrigerator"
    assert (units_at(shop, "EARLY", "refrigerator"), units_at(shop, "EARLY")) == (9, 10)


def test_a_named_lot_is_opened_though_another_expires_first(shop):
    a_lot(shop, MULTI, "EARLY", "2027-06-30")
    a_lot(shop, MULTI, "LATE", "2028-01-31")
    assert a_vial(shop, None, "LATE").lot == "LATE"


def test_a_lot_number_of_two_products_needs_its_product(shop):
    a_lot(shop, MULTI, "X1")
    a_lot(shop, AMPOULE, "X1")
    nothing_written(shop, WhichProduct, lambda: a_vial(shop, None, "X1"))
    assert a_vial(shop, AMPOULE, "X1").product == AMPOULE


@pytest.mark.parametrize("state", [State.HELD, State.RECALLED])
def test_only_available_lots_are_opened(shop, state):
    a_lot(shop, MULTI, "D1")
    in_state(shop, "D1", state)
    nothing_written(shop, LotNotUsable, lambda: a_vial(shop, None, "D1"))
    nothing_written(shop, ShortStock, lambda: a_vial(shop))


def test_a_lot_is_opened_on_its_last_day_until_midnight_and_not_after(shop):
    a_lot(shop, MULTI, "D1", "2026-11-30")
    last = shop.at(datetime(2026, 11, 30, 23, 59, tzinfo=ZoneInfo("America/New_York")))
    assert a_vial(last).discard_at == "2026-12-01T00:00:00-05:00"
    next_day = shop.at(datetime(2026, 12, 1, 0, 0, tzinfo=ZoneInfo("America/New_York")))
    nothing_written(next_day, LotNotUsable, lambda: a_vial(next_day, None, "D1"))
    nothing_written(next_day, ShortStock, lambda: a_vial(next_day))


def test_what_is_never_kept_has_an_hour_and_says_so(shop):
    a_lot(shop, AMPOULE, "T1")
    receipt = a_vial(shop, AMPOULE)
    assert (receipt.discard_at, receipt.usable_hours) == ("2026-11-21T10:30:00-05:00", 1)
    assert receipt.notes == ("Nothing of it is kept: it serves one draw, and the rest is waste.",)


def test_the_makers_own_limit_counts(shop):
    a_lot(shop, MULTI, "D1")
    limit = update(catalogue.product).where(catalogue.product.c.code == MULTI).values(in_use_days=7)
    shop.write(lambda db: db.execute(limit))
    assert a_vial(shop).discard_at == "2026-11-28T09:30:00-05:00"


def test_refuses_what_stands_where_nothing_is_opened(shop):
    a_lot(shop, MULTI, "D1", place="quarantine")
    nothing_written(shop, NothingToOpen, lambda: a_vial(shop, None, "D1"))
    nothing_written(shop, NothingToOpen, lambda: a_vial(shop, None, "D1", "quarantine"))
    nothing_written(shop, ShortStock, lambda: a_vial(shop))


def test_refuses_the_last_unit_twice(shop):
    a_lot(shop, MULTI, "D1", units=1)
    a_vial(shop)
    nothing_written(shop, ShortStock, lambda: a_vial(shop))
    assert rows(shop, vials.vial) == 1


def test_refuses_what_names_nothing_and_what_there_is_not(shop):
    nothing_written(shop, NothingNamed, lambda: a_vial(shop, None))
    nothing_written(shop, NotFound, lambda: a_vial(shop, "US-XX"))
    nothing_written(shop, NotFound, lambda: a_vial(shop, None, "D9"))
    nothing_written(shop, NotFound, lambda: a_vial(shop, place="attic"))


def test_a_technician_opens_and_an_auditor_does_not(shop):
    a_lot(shop, MULTI, "D1")
    assert a_vial(acting(shop, "tess", Role.TECHNICIAN)).by == "tess"
    ada = acting(shop, "ada", Role.AUDITOR)
    nothing_written(shop, NotAllowed, lambda: a_vial(ada))
