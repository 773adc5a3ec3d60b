from datetime import UTC, datetime, timedelta

import pytest

from dispensary.rules.light import (
    MOST_MINUTES,
    Exposure,
    NotMinutes,
    parse_minutes,
    reached,
    total_of_lot,
    total_of_vial,
)
from tests.refusing import refused

OPENED = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def an_exposure(minutes, hours=0, of_vial=False):
    return Exposure(minutes, OPENED + timedelta(hours=hours), of_vial)


def test_minutes_of_a_lot_add_up_without_those_of_its_vials():
    assert total_of_lot([an_exposure(10), an_exposure(20, of_vial=True), an_exposure(5, hours=9)]) == 15


def test_a_vial_has_its_own_minutes_and_those_of_its_lot_until_it_was_opened():
    exposures = [an_exposure(10, -5), an_exposure(20), an_exposure(40, 1), an_exposure(80, 2, of_vial=True)]
    assert total_of_vial(exposures, OPENED) == 110


@pytest.mark.parametrize(
    ("total", "limit", "is_reached"), [(59, 60, False), (60, 60, True), (61, 60, True), (9, None, False)]
)
def test_a_limit_is_reached_at_its_minute(total, limit, is_reached):
    assert reached(total, limit) is is_reached


def test_minutes_are_whole_and_above_zero():
    assert (parse_minutes("1"), parse_minutes(str(MOST_MINUTES))) == (1, MOST_MINUTES)
    for given in ("0", "", "1.5", "-5", "1_0", "٣", "10081", "1e3", "9" * 1000):
        refused(NotMinutes, lambda given=given: parse_minutes(given))
