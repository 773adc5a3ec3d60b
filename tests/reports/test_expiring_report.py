from datetime import date, timedelta

from dispensary.reports.stock.expiring import expiring
from tests.build import a_lot, later


def test_each_band_holds_its_last_day(shop):
    today = later(shop, 5).today
    for days in (-1, 0, 30, 31, 60, 61, 90, 91, 180, 181):
        a_lot(shop, lot=f"L{days}", expires=str(today + timedelta(days=days)))
    assert [(row.lot, row.band) for row in shop.read(expiring, 1, today)] == [
        ("L-1", "expired"),
        ("L0", "30"),
        ("L30", "30"),
        ("L31", "60"),
        ("L60", "60"),
        ("L61", "90"),
        ("L90", "90"),
        ("L91", "180"),
        ("L180", "180"),
    ]


def test_within_bounds_the_days_and_keeps_the_expired(shop):
    today = later(shop, 5).today
    for days in (-1, 10, 20):
        a_lot(shop, lot=f"L{days}", expires=str(today + timedelta(days=days)))
    assert [row.lot for row in shop.read(expiring, 1, today, 10)] == ["L-1", "L10"]
    assert [row.lot for row in shop.read(expiring, 1, today, 0)] == ["L-1"]


def test_beyond_the_widest_band_there_is_none(shop):
    a_lot(shop, expires="2027-11-21")
    assert [(row.days_left, row.band) for row in shop.read(expiring, 1, shop.today, 365)] == [(365, None)]


def test_the_day_decides(shop):
    a_lot(shop, expires="2027-11-30")
    assert shop.read(expiring, 1, shop.today) == ()
    (row,) = shop.read(expiring, 1, date(2027, 12, 1))
    assert (row.band, row.days_left) == ("expired", -1)
