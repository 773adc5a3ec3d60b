"""A data logger's readings into the books, the excursions that they show, and the holds that follow."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection, bindparam, insert, select

from dispensary import audit, database, places, request
from dispensary.errors import Refused
from dispensary.rules.logger import Measured
from dispensary.rules.mean_kinetic import WINDOW, Reading, gaps
from dispensary.rules.moments import with_offset
from dispensary.rules.people import Person
from dispensary.rules.storage import celsius, digested
from dispensary.schema.storage import place_log, reading
from dispensary.services.storage.excursions import Found, Judged, Source, judge


class ReadingInTheFuture(Refused):
    """A reading that has not been yet: another clock, or another time zone."""

    sentence = (
        "{file} holds a reading of {at}, later than now: nothing was imported; "
        "look at the logger's clock and at --timezone."
    )
    file: str
    at: str


class ReadingDiffers(Refused):
    """Two readings of one place at one moment."""

    sentence = (
        "{file} has {celsius} °C at {at} and {place} has {known} °C in the books: nothing was imported; "
        "look whether the file is of this place and in this time zone."
    )
    file: str
    place: str
    at: str
    celsius: str
    known: str


@dataclass(frozen=True, slots=True)
class Log:
    """What a file holds, and of which place; `timezone` is what was said of times without an offset."""

    key: str
    place: str
    file: str
    timezone: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Logged:
    """The receipt.

    `readings` are new and `repeated` were in the books; `duplicates` stood twice in the file, and of
    the `missing` the file has only the time. `held` counts the lots that were held; `unjudged` are lots kept as
    their batch record says, for which neither frost nor excessive heat was found.
    """

    place: str
    file: str
    key: str
    first: str
    last: str
    readings: int
    repeated: int
    duplicates: int
    missing: int
    gaps: int
    longest_gap_from: str | None
    longest_gap_minutes: int
    excursions: tuple[Found, ...]
    held: int
    unjudged: tuple[str, ...]


_KNOWN = select(reading.c.second, reading.c.centidegrees).where(
    reading.c.place_id == bindparam("place"),
    reading.c.second >= bindparam("since"),
    reading.c.second <= bindparam("to"),
)
# A million readings are ten loggers' year: the driver alone takes them, as rows or as two arrays.
_INSERT = {
    "sqlite": "INSERT INTO reading (place_id, second, centidegrees, log_id) VALUES (?, ?, ?, ?)",
    "postgresql": "INSERT INTO reading (place_id, second, centidegrees, log_id) "
    "SELECT %s, unnest(%s::bigint[]), unnest(%s::integer[]), %s",
}


def log_readings(db: Connection, log: Log, *, on: datetime, by: Person) -> Logged:
    """Keep the readings, record the excursions that they show, and hold the lots that were there.

    Raises NotFound, NotAStockPlace, ReadingInTheFuture, ReadingDiffers and Contended.
    """
    readings = log.measured.readings
    told = {"place": log.place, "file": log.file, "timezone": log.timezone, "readings": _digest(readings)}
    claimed = request.claim(db, "place log", log.key, told, on=on, by=by)
    if isinstance(claimed, str):
        return request.again(claimed, Logged)
    zone = on.tzinfo
    place = places.stock_place(db, by.site_id, log.place)
    code = place.code
    first, last = readings[0][0], readings[-1][0]
    if last > on.timestamp():
        raise ReadingInTheFuture(file=log.file, at=with_offset(last, zone))
    # Two imports for one place wait for each other, and see what the other one brought.
    database.hold(db, "log of place", place.id)
    known = _known(db, place.id, first - WINDOW, last + WINDOW)
    new = _new(log, code, known, zone)
    without = gaps([second for second, _ in readings])
    row = {
        "place_id": place.id,
        "request_id": claimed,
        "file": log.file,
        "timezone": log.timezone,
        "first": first,
        "last": last,
        "readings": len(new),
        "repeated": len(readings) - len(new),
        "gaps": len(without),
        "digest": _digest(new),
    }
    log_id = db.execute(insert(place_log).values(**row, at=on, by_id=by.user_id).returning(place_log.c.id)).scalar_one()
    _insert(db, place.id, log_id, new)
    source = Source(place.id, code, log_id, claimed)
    judged = _judged(db, source, known, new, on, by)
    logged = _receipt(log, code, len(new), judged, without, zone)
    values = {name: value for name, value in row.items() if not name.endswith("_id")} | {
        "duplicates": log.measured.duplicates,
        "missing": log.measured.missing,
        "excursions": judged.told,
        "held": judged.acts,
    }
    audit.record(db, audit.take(db, by.site_id), audit.Event("place log", code, log.key, values), on=on, by=by)
    request.keep(db, claimed, logged)
    return logged


def _known(db: Connection, place_id: int, since: int, to: int) -> dict[int, int]:
    given = {"place": place_id, "since": since, "to": to}
    return {row.second: row.centidegrees for row in db.execute(_KNOWN, given)}


def _new(log: Log, code: str, known: Mapping[int, int], zone: tzinfo | None) -> list[Reading]:
    """The readings that the books lack; raises ReadingDiffers."""
    new = []
    for second, centidegrees in log.measured.readings:
        there = known.get(second)
        if there is None:
            new.append((second, centidegrees))
        elif there != centidegrees:
            raise ReadingDiffers(
                file=log.file,
                place=code,
                at=with_offset(second, zone),
                celsius=celsius(centidegrees),
                known=celsius(there),
            )
    return new


def _insert(db: Connection, place_id: int, log_id: int, new: Sequence[Reading]) -> None:
    statement = _INSERT[db.dialect.name]
    if not new:
        return
    if db.dialect.name == "sqlite":
        db.exec_driver_sql(statement, [(place_id, second, centidegrees, log_id) for second, centidegrees in new])
    else:
        seconds, degrees = map(list, zip(*new, strict=True))
        db.exec_driver_sql(statement, (place_id, seconds, degrees, log_id))


def _judged(
    db: Connection, source: Source, known: Mapping[int, int], new: Sequence[Reading], on: datetime, by: Person
) -> Judged:
    """What the readings show with what was known within 30 days of them; nothing where none is new."""
    if not new:
        return Judged((), (), (), ())
    return judge(db, source, sorted([*known.items(), *new]), since=new[0][0], on=on, by=by)


def _receipt(
    log: Log, code: str, new: int, judged: Judged, without: Sequence[tuple[int, int]], zone: tzinfo | None
) -> Logged:
    readings = log.measured.readings
    longest = max(without, key=lambda gap: gap[1] - gap[0], default=None)
    return Logged(
        place=code,
        file=log.file,
        key=log.key,
        first=with_offset(readings[0][0], zone),
        last=with_offset(readings[-1][0], zone),
        readings=new,
        repeated=len(readings) - new,
        duplicates=log.measured.duplicates,
        missing=log.measured.missing,
        gaps=len(without),
        longest_gap_from=None if longest is None else with_offset(longest[0], zone),
        longest_gap_minutes=0 if longest is None else (longest[1] - longest[0]) // 60,
        excursions=judged.excursions,
        held=len(judged.acts),
        unjudged=judged.unjudged,
    )


def _digest(readings: Sequence[Reading]) -> str:
    """SHA-256 of the readings, as the books and the event keep it."""
    return hashlib.sha256(digested(readings)).hexdigest()
