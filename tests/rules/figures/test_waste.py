from datetime import UTC, datetime, timedelta

import pytest

from dispensary.rules.figures.waste import DoseGiven, Drawing, drawing, may_stand_in, other_sizes
from dispensary.rules.quantity import Dose
from tests.rules.figures.generated import IDS, PRODUCTS

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = START + timedelta(days=365)
TEN = PRODUCTS[IDS["US-CY-DOD10"]]
THIRTY = PRODUCTS[IDS["US-CY-VIT30"]]
ONE = PRODUCTS[IDS["US-CY-ARG1"]]
AMPOULE = PRODUCTS[IDS["NO-CY-TAK1"]]


def doses(many: int, every_days: int = 7, mcg: int = 1000) -> list[DoseGiven]:
    return [DoseGiven(START + timedelta(days=every_days * number), Dose(mcg)) for number in range(many)]


def test_a_vial_is_discarded_after_its_days_and_the_next_one_opened():
    """By hand, 1 mL weekly from 10 mL: doses on days 0, 7, 14, 21; day 28 is too late, so 6 mL are left over.

    The second vial gives 4 as well, and its rest is over at the end.
    """
    assert drawing(doses(8), TEN, 0, LATER) == Drawing(2, 8000, 0, 12_000, 0)


def test_what_is_left_in_time_is_not_waste_yet():
    assert drawing(doses(4), TEN, 0, START + timedelta(days=27)) == Drawing(1, 4000, 0, 0, 6000)
    assert drawing(doses(4), TEN, 0, START + timedelta(days=28)) == Drawing(1, 4000, 0, 6000, 0)


def test_the_dead_volume_is_lost_at_each_draw_as_far_as_there_is_any():
    """By hand, 1 mL daily and 75 uL: nine draws take 9.675 mL, 0.325 mL are too little; 10 more go on."""
    assert drawing(doses(10, 1), TEN, 75, START) == Drawing(2, 10_000, 750, 325, 8925)
    assert drawing(doses(1), ONE, 75, START) == Drawing(1, 1000, 0, 0, 0)


def test_of_what_is_never_kept_each_dose_opens_its_own():
    assert drawing(doses(3, 1, 400), AMPOULE, 75, START) == Drawing(3, 1200, 225, 1575, 0)


def test_no_doses_open_nothing():
    assert drawing([], TEN, 75, LATER) == Drawing(0, 0, 0, 0, 0)


def test_a_dose_that_a_unit_cannot_give_is_no_comparison():
    assert drawing(doses(1, mcg=2000), ONE, 0, LATER) is None


def test_a_year_of_weekly_doses_in_other_sizes():
    """By hand: 52 doses; 13 vials of 10 mL waste 6 mL each, 52 of 1 mL nothing, 13 of 30 mL waste 26 mL each."""
    wasted = {size: drawing(doses(52), size, 0, LATER) for size in (ONE, TEN, THIRTY)}
    found = [(each.units, each.wasted_ul) for each in wasted.values() if each is not None]
    assert found == [(52, 0), (13, 78_000), (13, 338_000)]


@pytest.mark.parametrize(
    ("other", "product", "may"),
    [
        ("US-CY-VIT30", "US-CY-DOD10", True),
        # Preserved with benzyl alcohol, or nobody knows with what, in place of nothing.
        ("US-CY-DOD10", "NO-CY-TAK1", False),
        ("US-CY-GLA10", "US-CY-DOD10", False),
        ("NO-CY-TAK1", "US-CY-DOD10", True),
        ("US-CY-DOD10", "US-CY-GLA10", True),
        # Another form.
        ("US-HY-ACT30", "US-CY-DOD10", False),
        # Another route.
        ("NO-HY-TAK1", "US-HY-ACT30", False),
        ("NO-HY-TAK1", "NO-HY-ORI1", True),
    ],
)
def test_only_what_nobody_reacts_to_any_more_may_stand_in(other, product, may):
    assert may_stand_in(PRODUCTS[IDS[other]], PRODUCTS[IDS[product]]) is may


def test_other_sizes_are_named_once_each():
    found = other_sizes(TEN, PRODUCTS.values())
    # The ampoule of 1 mL is never kept, and so another size than the vial of 1 mL that is.
    assert [each.code for each in found] == ["NO-CY-TAK1", "US-CY-ARG1", "US-CY-VIT30"]
