"""The calendar of the next injections: read back from its lines and rings, day by day."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispensary.labelling.calendar import room, weeks_of
from dispensary.labelling.design import MM, Calendar, Design
from dispensary.labelling.designs import load
from dispensary.labelling.layout import LabelDoesNotFit, Line
from dispensary.labelling.page import faces, laid_out
from dispensary.labelling.preview import rows
from dispensary.labelling.shapes import Bar, Disc, Drawing
from dispensary.labelling.wording import load as words
from dispensary.rules.people import Language
from tests.labelling.package_facts import a_package
from tests.labelling.printed import printed
from tests.refusing import refused

ENGLISH, BOKMAAL = Language.ENGLISH, Language.BOKMAAL
DESIGN = load("dispense-160x62")
START = date(2026, 11, 21)
# Six points: a week is 2.96 mm high and 30.8 mm wide.
PLACE = Calendar(x_mm=10, y_mm=20, width_mm=38, height_mm=26, font="text", marked="bold", size_pt=6)
WITH_CALENDARS = ("dispense-160x62", "leaflet-a4")


def weekly(many: int, start: date = START) -> tuple[date, ...]:
    return tuple(start + timedelta(weeks=week) for week in range(many))


@dataclass(frozen=True)
class Seen:
    """A calendar as somebody reads it: each row by the year above it and its month, and what is said at the end."""

    title: str
    heads: str
    weeks: tuple[tuple[date, ...], ...]
    ringed: tuple[date, ...]
    more: str
    columns: int
    gaps: tuple[date, ...]
    """The first days of the weeks with a stroke above them."""


def middle(line: Line, design: Design) -> float:
    face = next(each for each in faces(design).values() if each.name == line.face)
    return line.x_pt + face.width(line.text) * line.size_pt / 2


def seen(lines: list[Line], drawings: list[Drawing], design: Design = DESIGN, language: Language = ENGLISH) -> Seen:
    """The calendar from what is drawn of it."""
    say = words(language).say
    months = {say(f"calendar.month_{number}"): number for number in range(1, 13)}
    title, *others = lines
    more = [line for line in others if len(line.text) > 6]
    others = [line for line in others if line not in more]
    lefts = sorted({line.x_pt for line in others if re.fullmatch("[0-9]{4}", line.text)})
    weeks, ringed, heads, gaps = [], [], set(), []
    for left, right in pairwise([*lefts, float("inf")]):
        column = [line for line in others if left <= line.x_pt < right]
        for level in sorted({line.y_pt for line in column}, reverse=True):
            before, *row = sorted((line for line in column if line.y_pt == level), key=lambda line: line.x_pt)
            if before.text not in months:
                year, initials = int(before.text), {round(middle(line, design), 3): line.text for line in row}
                assert len(initials) == 7
                heads.add("".join(initials.values()))
                continue
            days = {date(year, months[before.text], int(line.text)): line for line in row}
            for day, line in days.items():
                assert initials[round(middle(line, design), 3)] == say(f"calendar.weekday_{day.isoweekday()}")
            weeks.append(tuple(days))
            ringed += [day for day, line in days.items() if any(_about(ring, line, design) for ring in drawings)]
            gaps += [min(days) for gap in drawings if gap.x_pt == left and 0 < gap.y_pt - level < 1.4 * before.size_pt]
    assert len(ringed) + len(gaps) == len(drawings)
    (first_heads,) = heads
    return Seen(
        title.text,
        first_heads,
        tuple(weeks),
        tuple(ringed),
        "".join(line.text for line in more),
        len(lefts),
        tuple(gaps),
    )


def _about(ring: Drawing, line: Line, design: Design) -> bool:
    across, up = ring.x_pt - middle(line, design), ring.y_pt - line.y_pt
    return abs(across) < 0.01 and 0.2 * line.size_pt < up < 0.5 * line.size_pt


def drawn(injections, place=PLACE, language=ENGLISH, design=DESIGN):
    return weeks_of(injections, place, design, faces(design), words(language))


def seen_of(injections, place=PLACE, language=ENGLISH):
    return seen(*drawn(injections, place, language), language=language)


def require_inside(place: Calendar, lines: list[Line], drawings: list[Drawing], design: Design = DESIGN) -> None:
    left, right = place.x_mm * MM, (place.x_mm + place.width_mm) * MM
    top = (design.paper.height_mm - place.y_mm) * MM
    bottom = top - place.height_mm * MM
    by_name = {face.name: face for face in faces(design).values()}
    hair = 0.001
    for line in lines:
        assert line.x_pt >= left - hair
        assert line.x_pt + by_name[line.face].width(line.text) * line.size_pt <= right + hair
        assert line.y_pt + 0.84 * line.size_pt <= top + hair
        assert line.y_pt - 0.16 * line.size_pt >= bottom - hair
    for drawing in drawings:
        (shape,) = drawing.shapes
        if isinstance(shape, Bar):
            shape = Disc(shape.x + shape.width / 2, shape.y + shape.height / 2, shape.height / 2)
        reach = (shape.radius + (shape.ring or 0) / 2) * drawing.side_pt
        x, y = drawing.x_pt + shape.x * drawing.side_pt, drawing.y_pt + shape.y * drawing.side_pt
        assert left <= x - reach
        assert x + reach <= right
        assert bottom - hair <= y - reach
        assert y + reach <= top


def days_from(first: date, many: int = 7) -> tuple[date, ...]:
    return tuple(first + timedelta(number) for number in range(many))


def test_each_day_of_an_injection_has_a_ring_and_no_other():
    assert seen_of(weekly(3)) == Seen(
        title="Inject on the marked days:",
        heads="SMTWTFS",
        weeks=(days_from(date(2026, 11, 15)), days_from(date(2026, 11, 22)), days_from(date(2026, 12, 1), 5)),
        ringed=weekly(3),
        more="",
        columns=1,
        gaps=(),
    )


def test_weeks_begin_on_monday_in_norwegian():
    found = seen_of(weekly(2), language=BOKMAAL)
    assert found.title == "Sett sprøyten på de merkede dagene:"
    assert found.heads == "MTOTFLS"
    assert found.weeks == (days_from(date(2026, 11, 16)), days_from(date(2026, 11, 23)))
    assert found.ringed == weekly(2)


@pytest.mark.parametrize(("language", "first"), [(ENGLISH, date(2026, 11, 22)), (BOKMAAL, date(2026, 11, 16))])
def test_the_first_day_of_a_week_is_in_that_week(language, first):
    for day in days_from(first):
        found = seen_of([day], language=language)
        assert (found.weeks, found.ringed) == ((days_from(first),), (day,))


def test_the_days_before_the_first_of_a_month_stand_in_a_row_of_their_own():
    """Beside the name of the next month, 30 November would be read as 30 December."""
    found = seen_of(days_from(date(2026, 11, 30), 2))
    assert found.weeks == (days_from(date(2026, 11, 29), 2), days_from(date(2026, 12, 1), 5))
    assert found.ringed == days_from(date(2026, 11, 30), 2)
    assert found.gaps == ()


def test_a_year_ends_and_a_new_one_begins_below_its_number():
    found = seen_of(weekly(3, date(2026, 12, 26)))
    assert found.weeks == (days_from(date(2026, 12, 20)), days_from(date(2027, 1, 1), 2), days_from(date(2027, 1, 3)))
    assert found.ringed == weekly(3, date(2026, 12, 26))
    assert [line.text for line in drawn(weekly(3, date(2026, 12, 26)))[0] if len(line.text) == 4] == ["2026", "2027"]


@pytest.mark.parametrize("year", [2027, 2028])
def test_february_has_the_days_that_it_has(year):
    last = date(year, 3, 1) - timedelta(1)
    found = seen_of([last, last + timedelta(1)])
    assert found.ringed == (last, date(year, 3, 1))
    assert [week[0].month for week in found.weeks] == [2, 3]


def test_a_schedule_of_every_day_has_rings_that_do_not_touch():
    days = days_from(START, 20)
    lines, rings = drawn(days)
    assert seen(lines, rings).ringed == days
    for number, ring in enumerate(rings):
        for other in rings[number + 1 :]:
            apart = ((ring.x_pt - other.x_pt) ** 2 + (ring.y_pt - other.y_pt) ** 2) ** 0.5
            (disc,) = ring.shapes
            assert apart > 2 * (disc.radius + disc.ring / 2) * ring.side_pt


def test_weeks_without_an_injection_are_left_out_below_a_stroke():
    monthly = (date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 31))
    found = seen_of(monthly)
    assert found.ringed == monthly
    assert [(week[0].month, week[-1].month) for week in found.weeks] == [(number, number) for number in range(8, 13)]
    assert found.gaps == tuple(week[0] for week in found.weeks[1:])


@pytest.mark.parametrize(
    ("language", "said"),
    [(ENGLISH, "and 5 more, the last on 23 Jan 2027"), (BOKMAAL, "og 5 til, den siste 23.01.2027")],
)
def test_what_is_more_than_the_place_holds_is_said(language, said):
    assert room(PLACE) == (1, 5)
    found = seen_of(weekly(10), language=language)
    assert (found.ringed, found.more) == (weekly(5), said)


def test_a_calendar_that_just_fits_says_no_more():
    found = seen_of(weekly(6))
    assert (found.ringed, found.more) == (weekly(6), "")
    assert seen_of(weekly(7)).more == "and 2 more, the last on 2 Jan 2027"


def test_a_wide_place_has_several_columns_filled_one_after_the_other():
    wide = replace(PLACE, width_mm=110)
    assert room(wide) == (3, 5)
    assert [seen_of(weekly(many), wide).columns for many in (6, 7, 15)] == [1, 2, 3]
    found = seen_of(weekly(15), wide)
    assert found.ringed == weekly(15)
    assert seen_of(weekly(30), wide).more


def test_without_an_injection_there_is_nothing():
    assert drawn(()) == ([], [])


def test_the_title_is_never_cut_and_never_beyond_its_place():
    narrow = replace(PLACE, width_mm=31)
    assert seen_of(weekly(1), narrow).title == "Inject on the marked days:"
    refused(LabelDoesNotFit, lambda: drawn(weekly(1), narrow, BOKMAAL))


def test_a_place_that_holds_no_week_beside_what_is_more_is_refused():
    low = replace(PLACE, height_mm=9)
    assert room(low) == (1, 0)
    assert seen_of(weekly(1), low).ringed == weekly(1)
    refused(LabelDoesNotFit, lambda: drawn(weekly(2), low))


@given(
    start=st.dates(date(1990, 1, 1), date(2090, 12, 31)),
    gaps=st.lists(st.integers(1, 40), max_size=30),
    width=st.integers(38, 130),
    height=st.integers(12, 60),
    language=st.sampled_from(Language),
)
def test_every_day_of_any_schedule_has_a_ring_or_is_counted_inside_the_place(start, gaps, width, height, language):
    days = [start]
    for gap in gaps:
        days.append(days[-1] + timedelta(gap))
    place = replace(PLACE, width_mm=width, height_mm=height)
    lines, rings = drawn(days, place, language)
    require_inside(place, lines, rings)
    found = seen(lines, rings, language=language)
    assert found.ringed == tuple(days[: len(found.ringed)])
    assert all(set(week) & set(days) for week in found.weeks)
    rest = len(days) - len(found.ringed)
    said = words(language).say("calendar.more", days=rest, last=words(language).day(days[-1]))
    assert found.more == (said if rest else "")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", WITH_CALENDARS)
def test_a_shipped_calendar_holds_every_month_and_title_in_both_languages(name, language):
    design = load(name)
    (place,) = (label.calendar for label in design.labels if label.calendar is not None)
    for year in (2026, 2028):
        days = [date(year, 1, 1) + timedelta(day) for day in range(366)]
        for first in range(0, 366, 28):
            lines, rings = drawn(days[first:], place, language, design)
            require_inside(place, lines, rings, design)
            shown = seen(lines, rings, design, language)
            assert bool(shown.more) is (len(shown.ringed) < 366 - first)


def test_a_printed_calendar_is_that_of_the_fill():
    (page,) = laid_out([a_package(injections=weekly(4)).said()], load("dispense-160x62"))
    (label,) = printed([page])
    assert "Inject on the marked days:" in label.text
    ringed = [drawing for drawing in page.drawings if any(isinstance(shape, Disc) for shape in drawing.shapes[:1])]
    place = page.label.calendar
    within = [run.text.strip() for run in label.runs if run.left_mm >= place.x_mm and run.top_mm >= place.y_mm - 0.1]
    assert within[-8:] == ["Dec", "6", "7", "8", "9", "10", "11", "12"]
    assert len([ring for ring in ringed if ring.x_pt > place.x_mm * MM]) == 4


def test_a_terminal_brackets_the_same_days():
    """Also where the days beside it have one digit, and stand close to the ring."""
    days = (*weekly(4, date(2026, 12, 4)), date(2026, 12, 26))
    pages = laid_out([a_package(injections=days).said()], load("dispense-160x62"))
    said = "\n".join(rows(pages))
    assert re.findall(r"\[([0-9]+)\]", said) == ["4", "11", "18", "25", "26"]
    many = laid_out([a_package(injections=weekly(10)).said()], load("dispense-160x62"))
    assert "and 5 more, the last on 23 Jan 2027" in "\n".join(rows(many))
