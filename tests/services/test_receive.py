from datetime import date

import pytest
from sqlalchemy import event, select

from dispensary.lookup import NotFound
from dispensary.places import NotAStockPlace
from dispensary.request import KeyReused
from dispensary.rules.fit import PlaceDoesNotFit
from dispensary.rules.lot_life import SameLot
from dispensary.rules.recall import RecalledBeforeReceived
from dispensary.rules.scan import read_pack
from dispensary.rules.shelf import LotNotUsable, State
from dispensary.schema import stock, trust
from dispensary.services.catalogue.formulary import NewPack, add_pack
from dispensary.services.stock.receive import (
    Delivery,
    NotForDeliveries,
    Scanned,
    SerialQuantity,
    SerialReceived,
    TooManyUnits,
    Typed,
    UnknownGtin,
    receive,
)
from dispensary.services.stock.received_lot import ExpiryTooFar, LotConflict
from tests.build import a_lot, an_rx, dispensed, in_state, units_at
from tests.refusing import nothing_written

GS = "\x1d"
CARTON = "00305170031251"
VIAL = "00305170031015"


def scan(lot="A23", expires="271130", serial=None, gtin=CARTON):
    """What the scanner types for a pack: symbology prefix, and FNC1 as GS."""
    tail = f"{GS}21{serial}" if serial else ""
    return f"]d201{gtin}17{expires}10{lot}{tail}"


def scanned(shop, quantity=1, units=False, **pack):
    return Scanned(read_pack(scan(**pack), today=shop.today), quantity, units)


def typed(product="US-CY-ARG1", lot="A23", expires=date(2027, 11, 30), units=10, month_only=False):
    return Typed(product, lot, expires, units, month_only)


def delivered(shop, *lines, place="shelf", cost=None, key=None, reason=None):
    return shop.do(receive, Delivery(key or shop.key(), lines, place, cost, reason))


def receipt_lines(shop):
    return shop.read(lambda db: db.execute(select(stock.receipt_line).order_by(stock.receipt_line.c.id)).all())


def lots(shop):
    return shop.read(lambda db: db.execute(select(stock.lot).order_by(stock.lot.c.id)).all())


def test_a_carton_of_25_is_25_units(shop):
    receipt = delivered(shop, scanned(shop))
    (line,) = receipt.lines
    assert receipt.receipt == "R1"
    assert (line.product, line.lot, line.expires, line.units) == ("US-CY-ARG1", "A23", date(2027, 11, 30), 25)
    assert units_at(shop, "A23") == 25


def test_two_cartons_are_50_units_and_units_are_units(shop):
    delivered(shop, scanned(shop, quantity=2))
    delivered(shop, scanned(shop, quantity=7, units=True))
    assert units_at(shop, "A23") == 57


def test_a_vial_that_was_added_as_a_pack_is_one_unit(shop):
    shop.do(add_pack, NewPack(shop.key(), "US-CY-ARG1", VIAL, 1))
    delivered(shop, scanned(shop), scanned(shop, gtin=VIAL))
    assert units_at(shop, "A23") == 26


def test_stock_comes_from_the_supplier_to_the_place_that_was_named(shop):
    delivered(shop, scanned(shop), place="refrigerator", reason="no room on the shelf")
    assert (units_at(shop, "A23", "refrigerator"), units_at(shop, "A23")) == (25, 0)
    source, target = stock.place.alias(), stock.place.alias()
    moved = shop.read(
        lambda db: db.execute(
            select(source.c.code, target.c.code, stock.movement.c.units, stock.movement.c.at)
            .join(source, source.c.id == stock.movement.c.from_place_id)
            .join(target, target.c.id == stock.movement.c.to_place_id)
        ).all()
    )
    assert moved == [("supplier", "refrigerator", 25, shop.on)]


def test_the_cost_of_a_unit_is_kept_with_each_line(shop):
    delivered(shop, scanned(shop), scanned(shop, lot="B7"), cost=3_250_000)
    assert [row.unit_cost_micros for row in receipt_lines(shop)] == [3_250_000, 3_250_000]


def test_a_delivery_has_one_receipt_and_one_event(shop):
    receipt = delivered(shop, scanned(shop), scanned(shop, lot="B7"), typed("NO-CY-TAK1", "N1"))
    assert [line.lot for line in receipt.lines] == ["A23", "B7", "N1"]
    assert len({row.receipt_id for row in receipt_lines(shop)}) == 1
    assert delivered(shop, typed(lot="C1")).receipt == "R2"
    events = shop.read(
        lambda db: (
            db.execute(
                select(trust.audit_event.c.subject).where(trust.audit_event.c.kind == "receive").order_by("sequence")
            )
            .scalars()
            .all()
        )
    )
    assert events == ["R1", "R2"]


def test_packs_of_one_lot_in_one_delivery_add_up(shop):
    delivered(shop, scanned(shop, serial="S1"), scanned(shop, serial="S2"), typed(units=3))
    assert units_at(shop, "A23") == 53
    assert [row.serial for row in receipt_lines(shop)] == ["S1", "S2", None]


def test_the_same_key_gives_the_same_receipt_and_receives_once(shop):
    first = delivered(shop, scanned(shop, serial="S1"), key="k")
    assert delivered(shop, scanned(shop, serial="S1"), key="k") == first
    assert units_at(shop, "A23") == 25


def test_refuses_a_key_that_came_with_another_delivery(shop):
    delivered(shop, scanned(shop), key="k")
    nothing_written(shop, KeyReused, lambda: delivered(shop, scanned(shop, quantity=2), key="k"))


def test_a_month_only_expiry_that_was_typed_is_remembered(shop):
    delivered(shop, typed(expires=date(2027, 5, 31), month_only=True), typed(lot="B7"))
    assert [(lot.number, lot.expires, lot.month_only) for lot in lots(shop)] == [
        ("A23", date(2027, 5, 31), True),
        ("B7", date(2027, 11, 30), False),
    ]


def test_day_00_is_the_last_of_the_month_with_a_note(shop):
    receipt = delivered(shop, scanned(shop, expires="280200"), scanned(shop, lot="B7"))
    assert receipt.lines[0].expires == date(2028, 2, 29)
    assert receipt.notes == (
        "The pack of lot A23 gives no day of expiry: 2028-02-29 was taken, the last day of the month.",
    )
    assert [lot.month_only for lot in lots(shop)] == [True, False]


def test_a_pack_that_expires_today_may_still_come_in(shop):
    delivered(shop, typed(expires=shop.today))
    assert units_at(shop, "A23") == 10


def test_a_lot_number_may_belong_to_two_products(shop):
    delivered(shop, typed(), typed("NO-CY-TAK1", expires=date(2028, 1, 31)))
    assert [lot.expires for lot in lots(shop)] == [date(2027, 11, 30), date(2028, 1, 31)]


def test_more_of_a_held_lot_comes_in_and_is_held_with_it(shop):
    a_lot(shop, lot="A23", units=10)
    in_state(shop, "A23", State.HELD)
    delivered(shop, typed(units=5))
    assert units_at(shop, "A23") == 15
    assert [lot.state for lot in lots(shop)] == [State.HELD]


def test_a_serial_belongs_to_its_gtin(shop):
    delivered(shop, scanned(shop, serial="S1"))
    delivered(shop, scanned(shop, serial="S1", gtin="00363323044442"))
    assert len(receipt_lines(shop)) == 2


def test_a_serial_with_units_is_a_part_of_its_pack(shop):
    delivered(shop, scanned(shop, serial="S1", quantity=25, units=True))
    assert units_at(shop, "A23") == 25


def test_refuses_more_units_than_a_pack_with_a_serial_holds(shop):
    nothing_written(shop, SerialQuantity, lambda: delivered(shop, scanned(shop, serial="S1", quantity=26, units=True)))


def test_refuses_a_serial_with_a_quantity(shop):
    nothing_written(shop, SerialQuantity, lambda: delivered(shop, scanned(shop, serial="S1", quantity=2)))


def test_refuses_the_same_serial_twice_in_a_delivery(shop):
    twice = (scanned(shop, serial="S1"), scanned(shop, serial="S1"))
    nothing_written(shop, SerialReceived, lambda: delivered(shop, *twice))


def test_refuses_a_serial_of_an_earlier_delivery(shop):
    delivered(shop, scanned(shop, serial="S1"))
    nothing_written(shop, SerialReceived, lambda: delivered(shop, scanned(shop, serial="S1", lot="B7")))


def test_a_serial_stays_known_when_its_units_are_gone(shop):
    delivered(shop, scanned(shop, serial="S1", quantity=4, units=True))
    dispensed(shop, an_rx(shop, units=4))
    assert units_at(shop, "A23") == 0
    nothing_written(shop, SerialReceived, lambda: delivered(shop, scanned(shop, serial="S1")))


def test_the_first_known_serial_of_a_delivery_is_named(shop):
    delivered(shop, scanned(shop, serial="S1"))
    again = [scanned(shop, serial=f"S{number}") for number in (0, 1, 2, 2)]
    refusal = nothing_written(shop, SerialReceived, lambda: delivered(shop, *again))
    assert (refusal.serial, refusal.receipt) == ("S1", "receipt R1")


def test_a_delivery_asks_no_more_of_the_database_for_more_packs_of_a_lot(shop):
    """One delivery may be 10,000 scans, and on SQLite every other counter waits for it."""
    asked = []
    event.listen(shop.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def questions(serials):
        before = len(asked)
        delivered(shop, *(scanned(shop, serial=f"S{number}") for number in serials))
        return len(asked) - before

    assert questions(range(2)) == questions(range(2, 40))


def test_refuses_an_unknown_gtin(shop):
    nothing_written(shop, UnknownGtin, lambda: delivered(shop, scanned(shop, gtin=VIAL)))


def test_refuses_an_unknown_product(shop):
    nothing_written(shop, NotFound, lambda: delivered(shop, typed("US-XX-NOPE")))


def test_refuses_an_unknown_place_and_names_those_there_are(shop):
    nothing_written(shop, NotFound, lambda: delivered(shop, typed(), place="cellar"))


@pytest.mark.parametrize("place", ["supplier", "patients", "waste", "variance"])
def test_refuses_a_place_where_no_stock_stands(shop, place):
    nothing_written(shop, NotAStockPlace, lambda: delivered(shop, typed(), place=place))


@pytest.mark.parametrize("place", ["returned", "transit"])
def test_refuses_a_place_that_no_delivery_goes_to(shop, place):
    nothing_written(shop, NotForDeliveries, lambda: delivered(shop, typed(), place=place))


def test_refuses_a_place_that_does_not_fit_the_product(shop):
    nothing_written(shop, PlaceDoesNotFit, lambda: delivered(shop, typed(), place="refrigerator"))


def test_a_reason_for_such_a_place_is_recorded(shop):
    delivered(shop, typed(), place="refrigerator", reason="no room on the shelf")
    newest = select(trust.audit_event.c.canonical).order_by(trust.audit_event.c.sequence.desc())
    assert '"reason":"no room on the shelf"' in shop.read(lambda db: db.execute(newest).scalar())


def test_refuses_a_lot_that_differs_only_in_case_from_a_known_one(shop):
    delivered(shop, typed(lot="A23"))
    nothing_written(shop, SameLot, lambda: delivered(shop, typed(lot="a23")))
    nothing_written(shop, SameLot, lambda: delivered(shop, scanned(shop, lot="a23")))


def test_refuses_two_spellings_of_one_new_lot_in_a_delivery(shop):
    nothing_written(shop, SameLot, lambda: delivered(shop, typed(lot="b7"), scanned(shop, lot="B7")))


def test_a_number_in_another_case_with_another_expiry_or_product_is_another_lot(shop):
    delivered(shop, typed(lot="A23"))
    delivered(shop, typed(lot="a23", expires=date(2028, 1, 31)), typed("NO-CY-TAK1", lot="a23"))
    assert [lot.number for lot in lots(shop)] == ["A23", "a23", "a23"]


def test_refuses_an_expired_pack(shop):
    nothing_written(shop, LotNotUsable, lambda: delivered(shop, scanned(shop, expires="261120")))


def test_refuses_a_recalled_lot(shop):
    a_lot(shop, lot="A23")
    in_state(shop, "A23", State.RECALLED)
    nothing_written(shop, RecalledBeforeReceived, lambda: delivered(shop, scanned(shop)))


def test_refuses_a_held_lot_once_it_has_expired(shop):
    a_lot(shop, lot="A23", expires="2026-11-21")
    in_state(shop, "A23", State.HELD)
    later = shop.at(shop.on.replace(month=12))
    nothing_written(later, LotNotUsable, lambda: delivered(later, typed(expires=date(2026, 11, 21))))


def test_refuses_another_expiry_for_a_known_lot_and_keeps_the_stored_one(shop):
    a_lot(shop, lot="A23", expires="2027-11-30")
    nothing_written(shop, LotConflict, lambda: delivered(shop, scanned(shop, expires="280531")))
    assert [lot.expires for lot in lots(shop)] == [date(2027, 11, 30)]


def test_refuses_two_expiries_of_one_new_lot_in_a_delivery(shop):
    nothing_written(
        shop, LotConflict, lambda: delivered(shop, scanned(shop), scanned(shop, expires="280531", lot="A23"))
    )


def test_refuses_more_units_than_a_line_can_hold(shop):
    nothing_written(shop, TooManyUnits, lambda: delivered(shop, scanned(shop, quantity=1_000_000)))


def test_one_bad_line_keeps_the_whole_delivery_out(shop):
    lines = (scanned(shop), typed("NO-CY-TAK1", "N1"), scanned(shop, lot="OLD", expires="261031"))
    nothing_written(shop, LotNotUsable, lambda: delivered(shop, *lines))
    # The numbers that were taken for it are given to the next.
    assert delivered(shop, *lines[:2]).receipt == "R1"


def test_a_refused_delivery_leaves_its_key_free(shop):
    nothing_written(shop, UnknownGtin, lambda: delivered(shop, scanned(shop, gtin=VIAL), key="k"))
    assert delivered(shop, scanned(shop), key="k").receipt == "R1"


@pytest.mark.parametrize("expires", ["2037-01-31", "2126-11-20", "2199-12-31"])
def test_refuses_an_expiry_that_no_maker_gives(shop, expires):
    nothing_written(shop, ExpiryTooFar, lambda: a_lot(shop, expires=expires))


def test_takes_an_expiry_of_ten_years(shop):
    assert a_lot(shop, expires="2036-12-31").lines[0].units == 10
