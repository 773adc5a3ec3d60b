from datetime import date, timedelta
from itertools import islice, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.errors import Refused
from dispensary.rules.directions import (
    AmbiguousDirections,
    Directions,
    DoseIsAVolume,
    Interval,
    IntravenousRoute,
    MisreadRoute,
    NotAnInterval,
    NotDirections,
    Pace,
    Phase,
    Unit,
    injections,
    parse,
    render,
)
from dispensary.rules.product import Route
from dispensary.rules.quantity import BareGram, Dose, NotADose

DAILY = Interval(Unit.DAY, 1, 1)
WEEKLY = Interval(Unit.WEEK, 1, 1)
MONTHLY = Interval(Unit.MONTH, 1, 1)

_LONGEST = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 24}


@st.composite
def an_interval(draw: st.DrawFn) -> Interval:
    unit = draw(st.sampled_from(Unit))
    least, most = sorted(draw(st.tuples(*[st.integers(1, _LONGEST[unit])] * 2)))
    times = draw(st.integers(1, 7)) if unit is Unit.WEEK and most == 1 else 1
    return Interval(unit, least, most, times)


def some_directions() -> st.SearchStrategy[Directions]:
    doses = st.one_of(st.integers(1, 20_000), st.integers(1, 9_999_999_999)).map(Dose)
    return st.builds(Phase, doses, st.sampled_from(Route), an_interval()).map(lambda phase: Directions((phase,)))


def directions(*, interval: Interval = WEEKLY, mcg: int = 1000, route: Route = Route.IM) -> Directions:
    return Directions((Phase(Dose(mcg), route, interval),))


def dates(text: str, *, start: str, count: int, pace: Pace = Pace.QUICK) -> list[str]:
    found = islice(injections(parse(text), date.fromisoformat(start), pace=pace), count)
    return [day.isoformat() for day in found]


@given(some_directions())
def test_reads_back_what_it_writes(given: Directions) -> None:
    assert parse(render(given)) == given


@given(some_directions(), st.randoms(use_true_random=False))
def test_case_blanks_and_a_final_point_do_not_matter(given: Directions, random: Random) -> None:
    letters = [random.choice((c.upper(), c.lower())) if c != " " else " " * random.randint(1, 4) for c in render(given)]
    assert parse(f"  {''.join(letters)} . ") == given


def outcome(text: str) -> Directions | Refused:
    try:
        return parse(text)
    except Refused as refused:
        return refused


_WORDS = [
    "1",
    "2 mg",
    "g",
    "mL",
    "IM",
    "SC",
    "daily",
    "every",
    "to",
    "3",
    "days",
    "times a",
    "week",
    "twice",
    "then",
    "0",
]
_ANY_WORDS = st.lists(st.sampled_from(_WORDS), max_size=12)


@given(st.one_of(st.text(max_size=60), _ANY_WORDS.map(" ".join)))
def test_any_text_is_directions_or_one_sentence(text: str) -> None:
    found = outcome(text)
    if isinstance(found, Refused):
        assert str(found).isprintable()
        assert str(found).endswith(".")
    else:
        assert parse(render(found)) == found


@pytest.mark.parametrize(
    ("words", "interval"),
    [
        ("daily", DAILY),
        ("once daily", DAILY),
        ("every day", DAILY),
        ("every 1 day", DAILY),
        ("every 10 days", Interval(Unit.DAY, 10, 10)),
        ("every two days", Interval(Unit.DAY, 2, 2)),
        ("every 2 to 3 days", Interval(Unit.DAY, 2, 3)),
        ("every 3-4 days", Interval(Unit.DAY, 3, 4)),
        ("every 3 - 4 days", Interval(Unit.DAY, 3, 4)),
        ("alternate days", Interval(Unit.DAY, 2, 2)),
        ("on alternate days", Interval(Unit.DAY, 2, 2)),
        ("every other day", Interval(Unit.DAY, 2, 2)),
        ("weekly", WEEKLY),
        ("once a week", WEEKLY),
        ("every week", WEEKLY),
        ("every 2 weeks", Interval(Unit.WEEK, 2, 2)),
        ("every 1 to 2 weeks", Interval(Unit.WEEK, 1, 2)),
        ("twice a week", Interval(Unit.WEEK, 1, 1, 2)),
        ("twice weekly", Interval(Unit.WEEK, 1, 1, 2)),
        ("three times a week", Interval(Unit.WEEK, 1, 1, 3)),
        ("3 times a week", Interval(Unit.WEEK, 1, 1, 3)),
        ("3 times per week", Interval(Unit.WEEK, 1, 1, 3)),
        ("3x a week", Interval(Unit.WEEK, 1, 1, 3)),
        ("7 x weekly", Interval(Unit.WEEK, 1, 1, 7)),
        ("monthly", MONTHLY),
        ("every month", MONTHLY),
        ("every 2 months", Interval(Unit.MONTH, 2, 2)),
        ("every 2 to 3 months", Interval(Unit.MONTH, 2, 3)),
    ],
)
def test_reads_intervals(words: str, interval: Interval) -> None:
    assert parse(f"1 mg IM {words}") == directions(interval=interval)


@pytest.mark.parametrize(
    ("word", "route"),
    [
        ("IM", Route.IM),
        ("intramuscular", Route.IM),
        ("intramuscularly", Route.IM),
        ("subcut", Route.SUBCUT),
        ("subcutaneous", Route.SUBCUT),
        ("Subcutaneously", Route.SUBCUT),
    ],
)
def test_reads_routes(word: str, route: Route) -> None:
    assert parse(f"1 mg {word} weekly") == directions(route=route)


@pytest.mark.parametrize("text", ["1 mg weekly IM", "IM 1 mg weekly", "weekly 1mg IM", "1000 µg IM weekly"])
def test_reads_the_pieces_in_any_order(text: str) -> None:
    assert parse(text) == directions()


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (WEEKLY, "1 mg IM weekly"),
        (Interval(Unit.DAY, 2, 3), "1 mg IM every 2 to 3 days"),
        (Interval(Unit.WEEK, 1, 1, 3), "1 mg IM 3 times a week"),
        (Interval(Unit.MONTH, 3, 3), "1 mg IM every 3 months"),
        (DAILY, "1 mg IM daily"),
        (MONTHLY, "1 mg IM monthly"),
    ],
)
def test_writes_the_canonical_english(interval: Interval, text: str) -> None:
    assert render(directions(interval=interval)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no dose"),
        ("IM weekly", "it has no dose"),
        ("1 mg weekly", "it has no route"),
        ("1 mg IM", "it has no interval"),
        ("1 mg IM daily for 7 days", "the part 'for 7 days' is not known"),
        ("1 mg IM twice daily", "the part 'twice' is not known"),
        ("1-2 mg IM weekly", "the part '1-2 mg' is not known"),
        ("1m g IM weekly", "the part '1m g' is not known"),
        ("1 mg/mL IM weekly", "the part '1 mg/mL' is not known"),
        ("-1 mg IM weekly", "the part '-1 mg' is not known"),
        ("１ mg IM weekly", "the part '\\uff11 mg' is not known"),
        ("1 mg IM weekly\n", "the part 'weekly\\n' is not known"),
        ("1 mg IM biweekly", "the part 'biweekly' is not known"),
        ("1 mg IM every 2 to days", "the part 'every 2 to days' is not known"),
    ],
)
def test_refuses_what_it_cannot_read(text: str, problem: str) -> None:
    with pytest.raises(NotDirections) as refused:
        parse(text)
    assert str(refused.value) == (
        f"{text!a} is not understood as directions: {problem}; write one dose, one route and one interval, "
        "such as 1 mg IM weekly or 3 mg subcut every 2 to 3 days."
    )


def test_refuses_a_text_without_end_at_once() -> None:
    with pytest.raises(NotDirections, match="it is longer than 200 characters"):
        parse("1 mg IM weekly " * 1_000_000)


@pytest.mark.parametrize(
    ("text", "what", "found"),
    [
        ("1 mg 2 mg IM weekly", "dose", "'1 mg' and '2 mg'"),
        ("1 mg 1 mg IM weekly", "dose", "'1 mg' and '1 mg'"),
        ("1 mg IM subcut weekly", "route", "'IM' and 'subcut'"),
        ("1 mg IM daily weekly", "interval", "'daily' and 'weekly'"),
        ("1 mg IM every 2 days twice weekly", "interval", "'every 2 days' and 'twice weekly'"),
    ],
)
def test_refuses_two_of_a_kind(text: str, what: str, found: str) -> None:
    with pytest.raises(AmbiguousDirections) as refused:
        parse(text)
    assert str(refused.value) == (
        f"{text!a} names more than one {what} ({found}); ask the prescriber which is meant and give that one only."
    )


@pytest.mark.parametrize(
    "text", ["1 g IM weekly", "2g daily IM", "2 g daglig", "1 G IM weekly and more", "1 mg 1 g IM weekly"]
)
def test_refuses_a_bare_gram_whatever_stands_around_it(text: str) -> None:
    with pytest.raises(BareGram, match="is refused: B12 is never dosed in grams"):
        parse(text)


@pytest.mark.parametrize("dose", ["1,5 mg", "0 mg", "01 mg", "1.0.0 mg", "0.5 mcg", "99999999 mg"])
def test_refuses_a_dose_that_is_none(dose: str) -> None:
    with pytest.raises(NotADose):
        parse(f"{dose} IM weekly")


@pytest.mark.parametrize("text", ["1 mL IM weekly", "0.5ml subcut daily", "1 mg 1 mL IM weekly"])
def test_refuses_a_volume(text: str) -> None:
    with pytest.raises(DoseIsAVolume) as refused:
        parse(text)
    assert str(refused.value) == (
        f"'{text}' gives the dose as a volume, which is a different dose for each strength; "
        "write it in mg or mcg, such as 1 mg IM weekly."
    )


@pytest.mark.parametrize("word", ["SC", "sq", "s.c.", "subq", "sub q"])
def test_refuses_abbreviations_that_are_misread(word: str) -> None:
    with pytest.raises(MisreadRoute) as refused:
        parse(f"1 mg {word} weekly")
    assert str(refused.value) == (
        f"'{word}' in '1 mg {word} weekly' is refused: it is misread on prescriptions (ISMP); "
        "write subcut, such as 3 mg subcut weekly."
    )


@pytest.mark.parametrize("word", ["IV", "i.v.", "intravenously"])
def test_refuses_the_vein(word: str) -> None:
    with pytest.raises(IntravenousRoute) as refused:
        parse(f"1 mg {word} weekly")
    assert str(refused.value) == (
        f"'1 mg {word} weekly' is refused: vitamin B12 is injected IM or subcut, never into a vein; "
        "ask the prescriber for the route."
    )


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("every 0 days", "every 0 days"),
        ("every 366 days", "every 366 days"),
        ("every 2 to 366 days", "every 2 to 366 days"),
        ("every 53 weeks", "every 53 weeks"),
        ("every 25 months", "every 25 months"),
        ("8 times a week", "8 times a week"),
        ("0 times a week", "0 times a week"),
        ("every 3 to 2 days", "'every 3 to 2 days'"),
        ("every 2 to 2 days", "'every 2 to 2 days'"),
    ],
)
def test_refuses_intervals_out_of_bounds(words: str, given: str) -> None:
    with pytest.raises(NotAnInterval) as refused:
        parse(f"1 mg IM {words}")
    assert str(refused.value) == (
        f"{given} is not an interval: give 1 to 365 days, 1 to 52 weeks, 1 to 24 months or 1 to 7 times a week, "
        "the lower number first, such as every 2 to 3 days."
    )


def test_several_times_is_for_a_single_week() -> None:
    with pytest.raises(NotAnInterval, match="3 times every 2 weeks is not an interval"):
        Interval(Unit.WEEK, 2, 2, times=3)


def test_injects_on_the_start_and_then_at_the_interval() -> None:
    assert dates("1 mg IM weekly", start="2026-12-25", count=3) == ["2026-12-25", "2027-01-01", "2027-01-08"]


def test_a_range_has_a_quick_and_a_slow_pace() -> None:
    text = "3 mg subcut every 2 to 3 days"
    assert dates(text, start="2026-01-01", count=3) == ["2026-01-01", "2026-01-03", "2026-01-05"]
    assert dates(text, start="2026-01-01", count=3, pace=Pace.SLOW) == ["2026-01-01", "2026-01-04", "2026-01-07"]


def test_months_are_counted_from_the_start() -> None:
    assert dates("1 mg IM monthly", start="2027-01-31", count=4) == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
    ]
    assert dates("1 mg IM monthly", start="2028-01-31", count=2)[1] == "2028-02-29"
    assert dates("1 mg IM every 3 months", start="2026-11-30", count=2)[1] == "2027-02-28"
    assert dates("1 mg IM every 12 months", start="2028-02-29", count=5)[1:] == [
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


def test_three_times_a_week_is_spread_over_the_week() -> None:
    start = date(2026, 3, 2)
    days = islice(injections(parse("1 mg IM 3 times a week"), start, pace=Pace.SLOW), 6)
    assert [(day - start).days for day in days] == [0, 2, 4, 7, 9, 11]


@given(some_directions(), st.dates(), st.sampled_from(Pace))
def test_injections_start_on_the_start_and_only_advance(given: Directions, start: date, pace: Pace) -> None:
    days = list(islice(injections(given, start, pace=pace), 30))
    assert days[0] == start
    assert all(earlier < later for earlier, later in pairwise(days))


@given(some_directions(), st.dates(min_value=date.max - timedelta(days=800)), st.sampled_from(Pace))
def test_injections_end_with_the_calendar(given: Directions, start: date, pace: Pace) -> None:
    days = list(injections(given, start, pace=pace))
    assert 1 <= len(days) <= 801


@given(an_interval().filter(lambda i: i.times == 1 and i.unit is not Unit.MONTH), st.dates(max_value=date(2100, 1, 1)))
def test_the_paces_are_the_ends_of_the_interval(interval: Interval, start: date) -> None:
    days = {Unit.DAY: 1, Unit.WEEK: 7}[interval.unit]
    for pace, gap in ((Pace.QUICK, interval.least), (Pace.SLOW, interval.most)):
        first, second = islice(injections(directions(interval=interval), start, pace=pace), 2)
        assert (second - first).days == gap * days
