"""The weeks that have an injection, one a row, with a ring about each day on which there is one.

Nobody may count wrongly on it: a row has the days of one month only, whose name it begins with, the year stands
above, and what does not fit is said in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dispensary.errors import quoted
from dispensary.labelling.design import MM, Calendar, Design
from dispensary.labelling.fonts import Face
from dispensary.labelling.layout import LabelDoesNotFit, Line
from dispensary.labelling.shapes import Bar, Disc, Drawing
from dispensary.labelling.wording import Wording

# In parts of the size of the days: a day's width, a week's height, the month's name before a week, what parts columns.
_DAY, _WEEK, _MONTH, _BETWEEN = 1.75, 1.4, 2.3, 1.5
_DAYS_A_WEEK = 7
# As high as a week at most, so that rings touch neither one another nor the edge of the place.
_RING = (Disc(0, 0, 0.655, ring=0.07),)
_RING_MIDDLE = 0.33
# Above the month's name only, clear of the rings; thick enough for a printer of 203 dots an inch.
_GAP = (Bar(0, -0.06, 0.8 * _MONTH, 0.12),)
# The baseline of a week below its top, in parts of its height.
_BASE = 0.74


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands at a column and a line below the title: the injections' week, or the year above such weeks."""

    column: int
    line: int
    before: str
    """The month's name, or the year."""
    days: tuple[date, ...] = ()
    """The days of the week that are in that month; none below a year, where the initials of the days stand."""
    after_gap: bool = False
    """Whether weeks without an injection are left out above it."""


def room(place: Calendar) -> tuple[int, int]:
    """The columns that the place holds, and the weeks in each between its title and a line that says what is more."""
    columns, lines = _room(place)
    return columns, max(lines - 2, 0)


def weeks_of(
    injections: Sequence[date], place: Calendar, design: Design, faces: Mapping[str, Face], wording: Wording
) -> tuple[list[Line], list[Drawing]]:
    """The lines, and the rings with the strokes where weeks are left out; nothing where there is no injection.

    Every day of the injections has a ring, or the last line says how many more there are and until when. A
    place that is wide enough has the weeks in several columns. Raises LabelDoesNotFit where the title or the
    last line is too wide, or the place too low for one week.
    """
    if not injections:
        return [], []
    marked, face = frozenset(injections), faces[place.marked]
    lines = [_across(wording.say("calendar.title"), 0, place, design, face)]
    columns, deep = _room(place)
    rows = _rows(marked, columns, deep, wording)
    missing = _missing(marked, rows)
    if missing:
        rows = _rows(marked, columns, deep - 1, wording)
        missing = _missing(marked, rows)
        more = wording.say("calendar.more", days=len(missing), last=wording.day(max(missing)))
        if not rows:
            raise LabelDoesNotFit(field="calendar", text=quoted(more), design=design.name)
        lines.append(_across(more, deep, place, design, face))
    drawings: list[Drawing] = []
    for row in rows:
        _add(row, marked, place, design, faces, wording, lines, drawings)
    return lines, drawings


def is_ringed(line: Line, drawings: Sequence[Drawing], face: Face) -> bool:
    """Whether the line, which is set in `face`, is a day with one of the calendar's rings about it."""
    middle = line.x_pt + face.width(line.text) * line.size_pt / 2
    level = line.y_pt + _RING_MIDDLE * line.size_pt
    return any(
        ring.shapes == _RING and abs(ring.x_pt - middle) + abs(ring.y_pt - level) < 0.01 * line.size_pt
        for ring in drawings
    )


def _room(place: Calendar) -> tuple[int, int]:
    """The columns that the place holds, and the lines below its title."""
    width, height = (_MONTH + _DAYS_A_WEEK * _DAY + _BETWEEN) * place.size_pt, _WEEK * place.size_pt
    columns = (place.width_mm * MM + _BETWEEN * place.size_pt) // width
    return max(int(columns), 0), max(int(place.height_mm * MM // height) - 1, 0)


def _first_weekday(wording: Wording) -> int:
    return int(wording.say("calendar.first_weekday"))


def _rows(marked: frozenset[date], columns: int, deep: int, wording: Wording) -> list[_Row]:
    """As many weeks as columns of so many lines hold, each column and each year below its year."""
    if deep < 2:
        return []
    rows: list[_Row] = []
    column = line = year = before = 0
    shown: tuple[date, ...] = ()
    for day in sorted(marked):
        if day in shown:
            continue
        # As ordinals, since the years that a date can hold end within a week.
        start = day.toordinal() - (day.weekday() - _first_weekday(wording)) % _DAYS_A_WEEK
        if line + 1 + (day.year != year) > deep:
            column, line, year = column + 1, 0, 0
        if column == columns:
            break
        after_gap = day.year == year and start - before > _DAYS_A_WEEK
        if day.year != year:
            rows.append(_Row(column, line, str(day.year)))
            line, year = line + 1, day.year
        shown = tuple(_of_month(start, day))
        rows.append(_Row(column, line, wording.say(f"calendar.month_{day.month}"), shown, after_gap))
        line, before = line + 1, start
    return rows


def _of_month(start: int, day: date) -> Iterator[date]:
    """The days of the week from that ordinal on that are in the day's own month."""
    for number in range(max(start, 1), min(start + _DAYS_A_WEEK, date.max.toordinal() + 1)):
        found = date.fromordinal(number)
        if found.month == day.month:
            yield found


def _missing(marked: frozenset[date], rows: Sequence[_Row]) -> frozenset[date]:
    return marked.difference(*(row.days for row in rows))


def _across(text: str, line: int, place: Calendar, design: Design, face: Face) -> Line:
    """Words from the left edge of the place, that many lines below its first; raises LabelDoesNotFit."""
    if face.width(text) * place.size_pt > place.width_mm * MM:
        raise LabelDoesNotFit(field="calendar", text=quoted(text), design=design.name)
    base = _top(line, place, design) - _BASE * _WEEK * place.size_pt
    return Line(face.name, place.size_pt, place.x_mm * MM, base, text)


def _top(line: int, place: Calendar, design: Design) -> float:
    return (design.paper.height_mm - place.y_mm) * MM - line * _WEEK * place.size_pt


def _add(
    row: _Row,
    marked: frozenset[date],
    place: Calendar,
    design: Design,
    faces: Mapping[str, Face],
    wording: Wording,
    lines: list[Line],
    drawings: list[Drawing],
) -> None:
    """The lines and drawings of one row."""
    size, first_weekday = place.size_pt, _first_weekday(wording)
    x = place.x_mm * MM + row.column * (_MONTH + _DAYS_A_WEEK * _DAY + _BETWEEN) * size
    top = _top(row.line + 1, place, design)
    base = top - _BASE * _WEEK * size
    lines.append(Line(faces[place.marked].name, size, x, base, row.before))
    if row.after_gap:
        drawings.append(Drawing(_GAP, x, top, size))

    def put(text: str, weekday: int, key: str) -> float:
        """Centred below the initial of that weekday, counted from Monday as 0."""
        middle = x + (_MONTH + ((weekday - first_weekday) % _DAYS_A_WEEK + 0.5) * _DAY) * size
        lines.append(Line(faces[key].name, size, middle - faces[key].width(text) * size / 2, base, text))
        return middle

    if not row.days:
        for weekday in range(_DAYS_A_WEEK):
            put(wording.say(f"calendar.weekday_{weekday + 1}"), weekday, place.font)
    for day in row.days:
        middle = put(str(day.day), day.weekday(), place.marked if day in marked else place.font)
        if day in marked:
            drawings.append(Drawing(_RING, middle, base + _RING_MIDDLE * size, size))
