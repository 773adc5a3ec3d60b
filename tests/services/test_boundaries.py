"""The hour at which an opened vial is over, to the microsecond, where the clocks change meanwhile."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispensary.rules.shelf import LotNotUsable
from dispensary.rules.vial import VialTooOld
from tests.build import a_lot, a_patient
from tests.refusing import nothing_written
from tests.vials import AMPOULE, MULTI, a_vial, given

NEW_YORK, OSLO = ZoneInfo("America/New_York"), ZoneInfo("Europe/Oslo")
MICROSECOND = timedelta(microseconds=1)


def in_zone(shop, zone, opened):
    return shop.at(datetime.fromisoformat(opened).replace(tzinfo=zone))


def given_until(shop, discard, after):
    """A dose just before the moment, and none at it."""
    end = shop.at(datetime.fromisoformat(discard).astimezone(shop.on.tzinfo))
    nothing_written(end, after, lambda: given(end))
    just_before = end.on.astimezone(UTC) - MICROSECOND
    assert given(end.at(just_before.astimezone(end.on.tzinfo))).usable_hours == 0


@pytest.mark.parametrize(
    ("zone", "opened", "discard"),
    [
        # The clocks go back: 28 days later it is an hour earlier by the clock.
        (NEW_YORK, "2027-10-20 09:30", "2027-11-17T08:30:00-05:00"),
        (OSLO, "2027-10-10 09:30", "2027-11-07T08:30:00+01:00"),
        # And forward.
        (NEW_YORK, "2027-03-01 09:30", "2027-03-29T10:30:00-04:00"),
        (OSLO, "2027-03-10 09:30", "2027-04-07T10:30:00+02:00"),
        # The hour of discarding is one that comes twice, or that the clocks leave out.
        (OSLO, "2027-10-03 02:30", "2027-10-31T02:30:00+02:00"),
        (NEW_YORK, "2027-02-14 02:30", "2027-03-14T03:30:00-04:00"),
    ],
)
def test_28_days_are_672_hours_whatever_the_clocks_do(shop, zone, opened, discard):
    at = in_zone(shop, zone, opened)
    a_lot(at, MULTI, "D1", expires="2028-12-31")
    a_patient(at)
    receipt = a_vial(at)
    assert (receipt.discard_at, receipt.usable_hours) == (discard, 672)
    given_until(at, discard, VialTooOld)


@pytest.mark.parametrize(
    ("zone", "opened", "expires", "discard"),
    [
        (NEW_YORK, "2027-11-01 09:30", "2027-11-07", "2027-11-08T00:00:00-05:00"),
        (OSLO, "2027-10-20 09:30", "2027-10-31", "2027-11-01T00:00:00+01:00"),
        (OSLO, "2027-03-20 09:30", "2027-03-28", "2027-03-29T00:00:00+02:00"),
    ],
)
def test_the_midnight_of_the_pharmacy_ends_the_last_day_of_the_lot(shop, zone, opened, expires, discard):
    """On that very day the clocks change."""
    at = in_zone(shop, zone, opened)
    a_lot(at, MULTI, "D1", expires=expires)
    a_patient(at)
    assert a_vial(at).discard_at == discard
    given_until(at, discard, LotNotUsable)


def test_the_hour_of_an_ampoule_is_an_hour_while_the_clocks_go_back(shop):
    at = in_zone(shop, OSLO, "2027-10-31 02:30")
    a_lot(at, AMPOULE, "T1", expires="2028-12-31")
    a_patient(at)
    # It is 02:30 once more.
    assert a_vial(at, AMPOULE).discard_at == "2027-10-31T02:30:00+01:00"
    given_until(at, "2027-10-31T02:30:00+01:00", VialTooOld)


@pytest.mark.parametrize(("product", "opened"), [(MULTI, "2027-10-03 02:30"), (AMPOULE, "2027-10-31 01:30")])
def test_the_hour_that_comes_twice_does_not_come_twice_for_a_vial(shop, product, opened):
    at = in_zone(shop, OSLO, opened)
    a_lot(at, product, "D1", expires="2028-12-31")
    a_patient(at)
    assert a_vial(at, product).discard_at == "2027-10-31T02:30:00+02:00"
    # By the clock it is before the hour, and three quarters of an hour have passed since it.
    again = at.at(datetime(2027, 10, 31, 2, 15, tzinfo=OSLO, fold=1))
    nothing_written(again, VialTooOld, lambda: given(again))


def test_a_unit_is_opened_through_the_last_day_and_its_hour_is_midnight(shop):
    a_lot(shop, MULTI, "D1", expires=shop.today.isoformat())
    last = shop.at(datetime.combine(shop.today, datetime.max.time(), shop.on.tzinfo))
    receipt = a_vial(last)
    assert (receipt.discard_at, receipt.usable_hours) == ("2026-11-22T00:00:00-05:00", 0)
    assert receipt.expires == date(2026, 11, 21)
    tomorrow = shop.at(last.on + MICROSECOND)
    nothing_written(tomorrow, LotNotUsable, lambda: a_vial(tomorrow, None, "D1"))
