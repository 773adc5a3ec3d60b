"""Every Directions that a text can say: up to the most phases, every interval, duration, time and site."""

from datetime import date

from hypothesis import strategies as st

from dispensary.rules.directions import (
    LONGEST,
    MOST,
    MOST_PHASES,
    MOST_TIMES,
    SITES,
    Directions,
    Duration,
    Interval,
    Ongoing,
    Phase,
    TimeOfDay,
    Unit,
)
from dispensary.rules.product import Route
from dispensary.rules.quantity import Dose

MOST_MCG = 9_999_999_999
ONCE = (Interval(Unit.DAY, 1, 1), Duration(Unit.DOSE, 1, 1))
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


@st.composite
def an_interval(draw: st.DrawFn) -> Interval:
    unit = draw(st.sampled_from(list(MOST)))
    least, most = sorted(draw(st.tuples(*[st.integers(1, MOST[unit])] * 2)))
    if draw(st.booleans()):
        least = most = draw(st.integers(1, min(3, MOST[unit])))
    times = draw(st.integers(1, MOST_TIMES[unit])) if most == 1 else 1
    return Interval(unit, least, most, times)


@st.composite
def a_duration(draw: st.DrawFn) -> Duration:
    unit = draw(st.sampled_from(list(LONGEST)))
    least, most = sorted(draw(st.tuples(st.integers(0, LONGEST[unit]), st.integers(1, LONGEST[unit]))))
    return Duration(unit, draw(st.sampled_from([0, least, most])), most)


def a_dose() -> st.SearchStrategy[Dose]:
    return st.one_of(st.integers(1, 20_000), st.integers(1, MOST_MCG)).map(Dose)


@st.composite
def some_directions(draw: st.DrawFn, most_phases: int = MOST_PHASES) -> Directions:
    """Directions of 1 to `most_phases` phases, each but the last with an end, their dates in order."""
    count = draw(st.integers(1, most_phases))
    days = iter(sorted(draw(st.sets(st.dates(FIRST_DAY, LAST_DAY), min_size=count, max_size=count))))
    phases = []
    for number in range(count):
        day = next(days)
        ends = st.one_of(a_duration(), st.just(day))
        if draw(st.integers(0, 4)) == 0:
            phases.append(Phase(draw(a_dose()), draw(st.sampled_from(Route)), *ONCE, draw(st.booleans())))
            continue
        lasting = ends if number < count - 1 else st.one_of(ends, st.none(), st.just(Ongoing.LIFE))
        phases.append(
            Phase(draw(a_dose()), draw(st.sampled_from(Route)), draw(an_interval()), draw(lasting), draw(st.booleans()))
        )
    sites = set.intersection(*(set(SITES[phase.route]) for phase in phases))
    return Directions(
        tuple(phases),
        time=draw(st.none() | st.sampled_from(TimeOfDay)),
        site=draw(st.none() | st.sampled_from(sorted(sites))),
        self_injected=draw(st.booleans()),
    )
