"""A data logger's CSV: its header found, its times turned into seconds, its temperatures into hundredths of a degree.

A line that cannot be read is refused with its number.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from functools import cache

from dispensary.errors import quoted
from dispensary.rules.logger_times import Moments, NotALog, Order, order_shown
from dispensary.rules.mean_kinetic import Reading
from dispensary.rules.storage import celsius

MOST_BYTES = 50_000_000
_HEADER_WITHIN = 100
"""Lines in which the header is looked for: before it, loggers write of themselves."""
_LEAST, _MOST = -9000, 9000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a file holds: readings in time order, each moment once, at least one."""

    readings: tuple[Reading, ...]
    duplicates: int
    """Lines that said again what another had said."""
    missing: int
    """Lines with a time and no temperature: the sensor had failed."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a line has its date, its time (the same column where they are one) and its temperature."""

    date: int
    time: int
    temperature: int
    fahrenheit: bool
    delimiter: str
    line: int
    width: int


_MOMENT = {
    "date/time",
    "date time",
    "date and time",
    "datetime",
    "dato/tid",
    "dato tid",
    "dato og tid",
    "log time",
    "measured at",
    "recorded at",
    "tid",
    "tidspunkt",
    "time",
    "time stamp",
    "timestamp",
}
_DATE = {"date", "dato"}
_TIME = {"klokkeslett", "tid", "time"}
_TEMPERATURE = {
    "ch1",
    "ch 1",
    "ch1 temp",
    "ch1 temperature",
    "channel 1",
    "celsius",
    "fahrenheit",
    "temp",
    "temp 1",
    "temp1",
    "temperatur",
    "temperature",
    "temperature 1",
    "temperature1",
}
_FAILED = {"", "-", "--", "---", "----", "err", "err.", "error", "feil", "n/a", "na"}
"""What loggers write for a sensor that gave nothing."""

_NUMBER = re.compile(r"([+-]?)(\d{1,4})(?:[.,](\d{1,6}))?(?: ?[°º]?([CF]))?", re.ASCII | re.IGNORECASE)
_UNIT = re.compile(r"[\[(].*|[°º].*|,.*")


def read_log(data: bytes, file: str, *, zone: tzinfo | None, order: Order | None) -> Measured:
    """The readings in a data logger's CSV; `zone` is that of times without an offset. Raises NotALog with the line."""
    text = _decoded(data, file)
    columns = _header(text, file)
    rows = list(_rows(text, file, columns))
    moments = Moments(file, zone, order or order_shown(rows, file))
    # Some loggers write the latest first. The repeated hour of autumn is told apart by what came before.
    if len(rows) > 1 and moments.naive(*rows[0][:2]) > moments.naive(*rows[-1][:2]):
        rows.reverse()
    temperature = _temperatures(columns.fahrenheit)
    found: dict[int, int] = {}
    read = missing = 0
    for line, when, measured in rows:
        second = moments.second(line, when)
        centidegrees = temperature(measured)
        if centidegrees is None:
            if measured.lower() not in _FAILED:
                raise NotALog(file=file, line=line, problem=_why_not(measured))
            missing += 1
        elif found.setdefault(second, centidegrees) != centidegrees:
            raise NotALog(
                file=file,
                line=line,
                problem=f"{when} is {celsius(centidegrees)} °C here and {celsius(found[second])} °C on another line",
            )
        else:
            read += 1
    if not found:
        raise NotALog(file=file, line=columns.line, problem="there is no temperature below this header")
    return Measured(tuple(sorted(found.items())), read - len(found), missing)


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MOST_BYTES:
        raise NotALog(file=file, line=1, problem=f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # Without a mark at its start, a degree sign in one byte is of Windows.
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise NotALog(file=file, line=1, problem="it is not text in UTF-8 or UTF-16; export it as CSV once more")


def _header(text: str, file: str) -> _Columns:
    for line, row in enumerate(io.StringIO(text, newline=None), start=1):
        if line > _HEADER_WITHIN:
            break
        for delimiter in ";\t,":
            columns = _columns([cell.strip() for cell in _cells(row, delimiter)], delimiter, line, file)
            if columns is not None:
                return columns
    problem = (
        f"in its first {_HEADER_WITHIN} lines there is no header with a time (such as Timestamp) and a Temperature"
    )
    raise NotALog(file=file, line=1, problem=problem)


def _cells(row: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([row], delimiter=delimiter), [])
    except csv.Error:
        return []


def _columns(cells: Sequence[str], delimiter: str, line: int, file: str) -> _Columns | None:
    names = [_UNIT.sub("", cell).strip().lower() for cell in cells]
    temperatures = [i for i, name in enumerate(names) if name in _TEMPERATURE or cells[i].lower() in ("°c", "°f")]
    dates = [i for i, name in enumerate(names) if name in _DATE]
    times = [i for i, name in enumerate(names) if name in (_TIME if dates else _MOMENT)]
    if not temperatures or not times:
        return None
    if len(temperatures) > 1:
        given = " and ".join(quoted(cells[i]) for i in temperatures)
        raise NotALog(file=file, line=line, problem=f"{given} are temperatures; leave that of this place in the file")
    temperature = temperatures[0]
    fahrenheit = re.search(r"[°º\[(]f\b|fahrenheit", cells[temperature].lower()) is not None
    return _Columns((dates or times)[0], times[0], temperature, fahrenheit, delimiter, line=line, width=len(cells))


def _rows(text: str, file: str, columns: _Columns) -> Iterator[tuple[int, str, str]]:
    """The lines below the header that are not empty: number, moment and temperature as written."""
    lines = io.StringIO(text, newline="")
    for _ in range(columns.line):
        lines.readline()
    reader = csv.reader(lines, delimiter=columns.delimiter, strict=True)
    date, time, temperature, width = columns.date, columns.time, columns.temperature, columns.width
    apart = date != time
    least = max(date, time, temperature) + 1
    try:
        for cells in reader:
            if len(cells) != width:
                if not any(cells):
                    continue
                if len(cells) < least or any(cells[width:]):
                    problem = f"the header has {width} fields and this line {len(cells)}"
                    raise NotALog(file=file, line=columns.line + reader.line_num, problem=problem)
            when = f"{cells[date].strip()} {cells[time].strip()}" if apart else cells[date].strip()
            if when.strip() or cells[temperature].strip():
                yield columns.line + reader.line_num, when, cells[temperature].strip()
    except csv.Error as problem:
        raise NotALog(file=file, line=columns.line + reader.line_num, problem=f"it is not CSV ({problem})") from None


def _temperatures(fahrenheit: bool) -> Callable[[str], int | None]:
    """Reads a temperature as hundredths of a degree Celsius, None where it is none or none that a place can have."""

    @cache
    def read(text: str) -> int | None:
        parts = _NUMBER.fullmatch(text)
        if parts is None:
            return None
        sign, whole, decimals, unit = parts.groups()
        exact = Fraction(f"{sign}{whole}.{decimals or 0}")
        if unit.upper() == "F" if unit else fahrenheit:
            exact = (exact - 32) * 5 / 9
        centidegrees = round(exact * 100)
        return centidegrees if _LEAST <= centidegrees <= _MOST else None

    return read


def _why_not(measured: str) -> str:
    if _NUMBER.fullmatch(measured):
        return (
            f"{quoted(measured)} is beyond -90 to 90 °C, which no place is; mend the line, or look at the header's unit"
        )
    return f"{quoted(measured)} is not a temperature such as 4.5; mend the line, or leave the field empty"
