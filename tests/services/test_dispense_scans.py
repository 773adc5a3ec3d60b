from datetime import date

from dispensary.on_hand import PackMismatch, SeveralProducts, UnknownLot
from dispensary.rules.safety import StoppedByChecks
from dispensary.rules.scan import Pack
from tests.build import (
    a_lot,
    an_rx,
    codes,
    dispensed,
    picks,
)
from tests.refusing import nothing_written

ARG_CARTON = "00305170031251"
FK_CARTON = "00363323044442"
PLAIN = "NO-CY-TAK1"
"""Cyanocobalamin in ampoules without preservative."""


def a_pack(lot="A1", gtin=ARG_CARTON, expires=date(2027, 11, 30)):
    return Pack(gtin, lot, expires)


def test_a_scan_vouches_for_its_own_product_only(shop):
    a_lot(shop, lot="A1")
    rx = an_rx(shop)
    thirty_ml = a_pack(gtin="00369680121307")
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, packs=(a_pack(), thirty_ml)))


def test_a_scanned_pack_fixes_the_lot(shop):
    a_lot(shop, lot="SOON", expires="2027-05-31")
    a_lot(shop, lot="A1")
    assert picks(dispensed(shop, an_rx(shop), packs=(a_pack(),))) == [("A1", 4)]


def test_several_scanned_packs_are_all_taken(shop):
    a_lot(shop, lot="A1", units=3)
    a_lot(shop, lot="B2", units=3, expires="2028-01-31")
    both = (a_pack(), a_pack("B2", expires=date(2028, 1, 31)))
    assert picks(dispensed(shop, an_rx(shop, units=4), packs=both)) == [("A1", 3), ("B2", 1)]


def test_refuses_a_scanned_pack_that_the_fill_does_not_take(shop):
    a_lot(shop, lot="A1", units=10)
    a_lot(shop, lot="B2", units=3, expires="2028-01-31")
    rx = an_rx(shop, units=4)
    both = (a_pack(), a_pack("B2", expires=date(2028, 1, 31)))
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=both))


def test_refuses_a_scanned_pack_of_an_unknown_gtin(shop):
    a_lot(shop)
    rx = an_rx(shop)
    pack = a_pack(gtin="00305170031015")
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=(pack,)))


def test_refuses_a_scanned_pack_with_another_expiry(shop):
    a_lot(shop)
    rx = an_rx(shop)
    pack = a_pack(expires=date(2027, 12, 31))
    nothing_written(shop, PackMismatch, lambda: dispensed(shop, rx, packs=(pack,)))


def test_refuses_a_scanned_lot_that_the_product_does_not_have(shop):
    a_lot(shop, "US-CY-FK1", lot="A1")
    rx = an_rx(shop)
    nothing_written(shop, UnknownLot, lambda: dispensed(shop, rx, packs=(a_pack(),)))


def test_refuses_scanned_packs_of_two_products(shop):
    a_lot(shop, "US-CY-ARG1", lot="A1", units=2)
    a_lot(shop, "US-CY-FK1", lot="F1", units=2)
    rx = an_rx(shop, units=4)
    both = (a_pack(), a_pack("F1", gtin=FK_CARTON))
    nothing_written(shop, SeveralProducts, lambda: dispensed(shop, rx, packs=both))


def test_refuses_a_scanned_pack_of_the_wrong_form(shop):
    a_lot(shop, "US-HY-ACT30", lot="H1")
    rx = an_rx(shop, units=1)
    refusal = nothing_written(
        shop, StoppedByChecks, lambda: dispensed(shop, rx, packs=(a_pack("H1", gtin="00305912888303"),))
    )
    assert codes(refusal) == ["wrong_form"]
