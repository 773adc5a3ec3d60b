from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.formulary import read_rows
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Preservatives, Route
from dispensary.rules.quantity import Dose, NotAWholeMicrolitre
from dispensary.rules.vial import (
    ALLOWED,
    Named,
    Standing,
    VialNotUsable,
    VialOperation,
    VialSetAside,
    VialState,
    VialTooLittle,
    VialTooOld,
    WhichRoute,
    discard_at,
    hours_left,
    in_time,
    one_dose,
    require,
    require_at_hand,
    require_drawable,
    standing_at,
    taken,
    too_little_for_more,
)
from tests.build import FORMULARY
from tests.refusing import refused

NEW_YORK, OSLO = ZoneInfo("America/New_York"), ZoneInfo("Europe/Oslo")
PRODUCTS = {row.product.code: row.product for row in read_rows(FORMULARY.read_bytes(), "formulary.csv")}
MULTI, AMPOULE = PRODUCTS["US-CY-DOD10"], PRODUCTS["NO-CY-TAK1"]
FAR = date(2029, 12, 31)
NAMED = Named("V1", "A1", "US-CY-DOD10")
MINUTE = timedelta(minutes=1)


def at(text, zone=NEW_YORK):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def until(opened, product=MULTI, expires=FAR, zone=NEW_YORK):
    return discard_at(at(opened, zone), product, expires, zone).isoformat(timespec="minutes")


def test_a_preserved_vial_is_used_for_28_days():
    assert until("2026-11-21 09:30") == "2026-12-19T09:30-05:00"


def test_the_makers_own_limit_goes_before_the_28_days():
    assert until("2026-11-21 09:30", replace(MULTI, in_use_days=7)) == "2026-11-28T09:30-05:00"


@pytest.mark.parametrize(
    ("opened", "zone", "discard"),
    [
        ("2026-10-20 09:30", NEW_YORK, "2026-11-17T08:30-05:00"),
        ("2027-03-01 09:30", NEW_YORK, "2027-03-29T10:30-04:00"),
        ("2026-10-10 09:30", OSLO, "2026-11-07T08:30+01:00"),
        ("2027-03-10 09:30", OSLO, "2027-04-07T10:30+02:00"),
    ],
)
def test_28_days_are_672_hours_whatever_the_clocks_do(opened, zone, discard):
    assert until(opened, zone=zone) == discard
    begun, end = at(opened, zone), datetime.fromisoformat(discard)
    assert hours_left(begun, end) == 28 * 24
    assert in_time(end - MINUTE, end)
    assert not in_time(end, end)


@pytest.mark.parametrize(("fold", "discard"), [(0, "2026-11-29T00:30-05:00"), (1, "2026-11-29T01:30-05:00")])
def test_the_hour_that_comes_twice_is_two_hours(fold, discard):
    opened = at("2026-11-01 01:30").replace(fold=fold)
    assert discard_at(opened, MULTI, FAR, NEW_YORK).isoformat(timespec="minutes") == discard


def test_the_hour_that_comes_twice_is_told_apart():
    def half_past_one(fold):
        return at("2026-11-01 01:30").replace(fold=fold)

    quarter_past, quarter_to = at("2026-11-01 01:15"), at("2026-11-01 01:45")
    assert in_time(quarter_past, half_past_one(0))
    assert not in_time(quarter_past.replace(fold=1), half_past_one(0))
    assert in_time(quarter_to, half_past_one(1))
    assert not in_time(quarter_to.replace(fold=1), half_past_one(1))


def test_no_vial_outlasts_the_last_day_of_its_lot():
    assert until("2026-11-21 09:30", expires=date(2026, 11, 30)) == "2026-12-01T00:00-05:00"
    assert until("2026-11-30 23:59", expires=date(2026, 11, 30)) == "2026-12-01T00:00-05:00"
    # The clocks go back on that very day, which has 25 hours.
    assert until("2026-10-20 09:30", expires=date(2026, 10, 25), zone=OSLO) == "2026-10-26T00:00+01:00"
    assert until("2026-11-02 09:30", expires=date(2026, 11, 30)) == "2026-11-30T09:30-05:00"


@pytest.mark.parametrize(
    "product",
    [
        AMPOULE,
        PRODUCTS["US-CY-SOM1"],  # a vial of which nobody knows whether it is for several doses
        replace(MULTI, preservatives=Preservatives.parse("none")),
    ],
)
def test_what_is_never_kept_has_an_hour(product):
    assert until("2026-11-21 09:30", product) == "2026-11-21T10:30-05:00"


@given(st.integers(0, 10**8), st.sampled_from([NEW_YORK, OSLO]), st.sampled_from([MULTI, AMPOULE]))
def test_the_hour_of_discarding_never_moves_with_the_clocks(second, zone, product):
    begun = datetime.fromtimestamp(1_770_000_000 + second, zone)
    kept = timedelta(days=28) if product.kept_days else timedelta(hours=1)
    assert discard_at(begun, product, date(2099, 1, 1), zone).timestamp() - begun.timestamp() == kept.total_seconds()


def test_whole_hours_are_left():
    end = at("2026-11-21 12:00")
    left = [
        hours_left(at(f"2026-11-21 {time}"), end) for time in ("09:59", "10:00", "11:00", "11:01", "12:00", "12:01")
    ]
    assert left == [2, 2, 1, 0, 0, 0]


END = at("2026-12-19 09:30")


@pytest.mark.parametrize(
    ("state", "before", "from_then_on"),
    [
        (VialState.OPEN, Standing.OPEN, Standing.EXPIRED),
        (VialState.HELD, Standing.HELD, Standing.EXPIRED),
        (VialState.DISCARDED, Standing.DISCARDED, Standing.DISCARDED),
    ],
)
def test_the_clock_ends_what_is_not_empty(state, before, from_then_on):
    assert standing_at(state, END, END - timedelta(microseconds=1)) is before
    assert standing_at(state, END, END) is from_then_on


DRAW, DISCARD, MOVE, HOLD, RELEASE = VialOperation
TABLE = {
    Standing.OPEN: {DRAW, DISCARD, MOVE, HOLD},
    Standing.HELD: {DISCARD, MOVE, HOLD, RELEASE},
    Standing.DISCARDED: set(),
    Standing.EXPIRED: {DISCARD, MOVE},
}


@pytest.mark.parametrize("operation", VialOperation)
@pytest.mark.parametrize("standing", Standing)
def test_the_table_answers_for_every_standing_and_operation(standing, operation):
    assert ALLOWED[standing, operation] == (operation in TABLE[standing])
    if operation in TABLE[standing]:
        require(operation, standing, NAMED)
    else:
        refused(VialNotUsable, lambda: require(operation, standing, NAMED))


def test_a_dose_at_exactly_the_hour_is_too_late():
    require_drawable(VialState.OPEN, END, END - MINUTE, NAMED)
    refused(VialTooOld, lambda: require_drawable(VialState.OPEN, END, END, NAMED))
    refused(VialTooOld, lambda: require_drawable(VialState.HELD, END, END, NAMED))
    refused(VialNotUsable, lambda: require_drawable(VialState.HELD, END, END - MINUTE, NAMED))
    refused(VialNotUsable, lambda: require_drawable(VialState.DISCARDED, END, END, NAMED))


@pytest.mark.parametrize("kind", [kind for kind in PlaceKind if kind.stocked])
def test_nothing_is_drawn_from_what_was_set_aside(kind):
    if kind.saleable:
        require_at_hand(kind.value, kind, NAMED)
    else:
        refused(VialSetAside, lambda: require_at_hand(kind.value, kind, NAMED))


def test_a_draw_loses_the_dead_volume_as_far_as_there_is_any():
    def drawn(remaining):
        out = taken(remaining, Dose(1000), MULTI, 75, NAMED)
        return out.dose_ul, out.dead_ul, out.rest_ul, out.remaining_ul

    assert drawn(10_000) == (1000, 75, 0, 8925)
    assert drawn(1050) == (1000, 50, 0, 0)
    assert drawn(1000) == (1000, 0, 0, 0)


def test_the_rest_of_what_is_never_kept_is_waste():
    out = taken(1000, Dose(500), AMPOULE, 75, NAMED)
    assert (out.dose_ul, out.dead_ul, out.rest_ul, out.remaining_ul) == (500, 75, 425, 0)


def test_a_dose_above_what_is_left_is_refused():
    refused(VialTooLittle, lambda: taken(999, Dose(1000), MULTI, 0, NAMED))
    refused(VialTooLittle, lambda: taken(1000, Dose(2000), AMPOULE, 0, replace(NAMED, product="NO-CY-TAK1")))


def test_a_dose_that_no_syringe_measures_is_refused():
    strong = replace(MULTI, strength=replace(MULTI.strength, mcg_per_ml=3000))
    refused(NotAWholeMicrolitre, lambda: taken(9000, Dose(1000), strong, 0, NAMED))


@given(st.integers(1, 30_000), st.integers(1, 30_000), st.integers(0, 500), st.sampled_from([MULTI, AMPOULE]))
def test_no_microlitre_is_lost_or_made(remaining, dose, dead, product):
    if dose > remaining:
        return
    out = taken(remaining, Dose(dose), product, dead, NAMED)
    assert out.dose_ul + out.dead_ul + out.rest_ul + out.remaining_ul == remaining
    assert min(out.dead_ul, out.rest_ul, out.remaining_ul) >= 0
    assert out.remaining_ul == 0 or product.kept_days


def test_what_is_left_and_too_little_is_told():
    assert too_little_for_more(1000, Dose(1000), 1000) is None
    assert too_little_for_more(0, Dose(1000), 1000) is None
    assert (
        too_little_for_more(999, Dose(1000), 1000)
        == "0.999 mL is left, which is less than another dose of 1 mg (1 mL)."
    )


def test_one_dose_goes_by_the_only_route_or_by_the_one_that_is_said():
    only_im = PRODUCTS["US-HY-ACT30"]
    assert one_dose(Dose(1000), only_im, None).phases[0].route is Route.IM
    assert one_dose(Dose(1000), MULTI, Route.SUBCUT).phases[0].route is Route.SUBCUT
    refused(WhichRoute, lambda: one_dose(Dose(1000), MULTI, None))
