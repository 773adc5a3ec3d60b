"""What directions can and cannot be, whatever text they came from."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.rules.directions import (
    LONGEST,
    MOST,
    MOST_PHASES,
    MOST_TIMES,
    SITES,
    Directions,
    Duration,
    EndlessPhase,
    Interval,
    NotADuration,
    NotAnInterval,
    Ongoing,
    Phase,
    PhasesOutOfOrder,
    Site,
    SiteNotForRoute,
    Unit,
)
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose
from tests.refusing import refused
from tests.rules.directions_strategy import some_directions

WEEKLY = Interval(Unit.WEEK, 1, 1)
FOUR_WEEKS = Duration(Unit.WEEK, 4, 4)


def a_phase(lasting: Duration | date | Ongoing | None = FOUR_WEEKS, route: Route = Route.IM) -> Phase:
    return Phase(Dose(1000), route, WEEKLY, lasting)


@pytest.mark.parametrize("unit", MOST)
def test_an_interval_goes_up_to_the_most_of_its_unit(unit):
    Interval(unit, MOST[unit], MOST[unit])
    Interval(unit, 1, 1, MOST_TIMES[unit])
    for least, most, times in (
        (0, 1, 1),
        (2, 1, 1),
        (1, MOST[unit] + 1, 1),
        (1, 1, 0),
        (1, 1, MOST_TIMES[unit] + 1),
        (2, 2, 2),
    ):
        with pytest.raises(NotAnInterval):
            Interval(unit, least, most, times)


def test_an_interval_is_not_counted_in_doses():
    refusal = refused(NotAnInterval, lambda: Interval(Unit.DOSE, 1, 1))
    assert str(refusal).startswith("1 times every 1 to 1 doses is not an interval, and more than once a day")


@pytest.mark.parametrize("unit", LONGEST)
def test_a_duration_goes_up_to_the_longest_of_its_unit(unit):
    Duration(unit, 0, 1)
    Duration(unit, LONGEST[unit], LONGEST[unit])
    for least, most in ((0, 0), (-1, 1), (2, 1), (1, LONGEST[unit] + 1)):
        with pytest.raises(NotADuration):
            Duration(unit, least, most)


@given(some_directions())
def test_only_the_last_phase_may_have_no_end(directions):
    assert all(phase.ends for phase in directions.phases[:-1])


@pytest.mark.parametrize("lasting", [None, Ongoing.LIFE])
def test_a_phase_without_an_end_is_the_last(lasting):
    assert not a_phase(lasting).ends
    Directions((a_phase(), a_phase(lasting)))
    refused(EndlessPhase, lambda: Directions((a_phase(lasting), a_phase())))


@pytest.mark.parametrize("lasting", [FOUR_WEEKS, date(2027, 3, 1)])
def test_a_phase_with_an_end_may_be_followed(lasting):
    assert a_phase(lasting).ends
    Directions((a_phase(lasting), a_phase()))


@given(st.dates(), st.dates())
def test_the_last_days_of_the_phases_are_in_their_order(one, other):
    phases = (a_phase(one), a_phase(), a_phase(other))
    if one < other:
        Directions(phases)
    else:
        with pytest.raises(PhasesOutOfOrder):
            Directions(phases)


@pytest.mark.parametrize("site", Site)
@pytest.mark.parametrize("route", Route)
def test_a_site_is_for_its_routes(site, route):
    phases = (a_phase(route=route),)
    if site in SITES[route]:
        Directions(phases, site=site)
    else:
        with pytest.raises(SiteNotForRoute):
            Directions(phases, site=site)


def test_a_site_is_for_the_routes_of_all_phases():
    with pytest.raises(SiteNotForRoute):
        Directions((a_phase(route=Route.SUBCUT), a_phase()), site=Site.ABDOMEN)


@pytest.mark.parametrize("count", [0, MOST_PHASES + 1])
def test_directions_have_one_to_the_most_phases(count):
    with pytest.raises(AssertionError):
        Directions((a_phase(),) * count)
