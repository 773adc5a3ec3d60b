"""The places where stock stands: how each keeps it, how much there is, and what was measured."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dispensary.places import StockPlace, stock_place, stock_places
from dispensary.reports.storage.excursions import ExcursionRow, excursions_of
from dispensary.rules.mean_kinetic import WINDOW, mean_of
from dispensary.rules.moments import from_second
from dispensary.rules.place import PlaceKind
from dispensary.rules.product import Temperature
from dispensary.rules.vial import VialState
from dispensary.schema.catalogue import product
from dispensary.schema.stock import balance, lot
from dispensary.schema.storage import place_log, reading
from dispensary.schema.vials import vial


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with its class, its units, its opened vials, and its last reading in hundredths of a degree Celsius."""

    place: str
    kind: PlaceKind
    temperature: Temperature | None
    dark: bool | None
    units: int
    opened_vials: int
    last_reading_at: datetime | None
    last_centidegrees: int | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured in the last 30 days that there are readings of, in hundredths of a degree Celsius."""

    since: datetime
    until: datetime
    readings: int
    lowest_centidegrees: int
    highest_centidegrees: int
    mean_kinetic_centidegrees: int


@dataclass(frozen=True, slots=True)
class FileRow:
    """A logger's file that was imported; `readings` are those that were new."""

    file: str
    at: datetime
    readings: int
    repeated: int
    gaps: int


@dataclass(frozen=True, slots=True)
class PlaceDetail(PlaceRow):
    """A place with its readings. `unjudged` are lots there of which only frost and excessive heat are judged."""

    measured: Measured | None
    excursions: tuple[ExcursionRow, ...]
    files: tuple[FileRow, ...]
    unjudged: tuple[str, ...]


_UNITS = select(balance.c.place_id, func.sum(balance.c.units).label("units")).group_by(balance.c.place_id)
_VIALS = (
    select(vial.c.place_id, func.count().label("vials"))
    .where(vial.c.state != VialState.DISCARDED)
    .group_by(vial.c.place_id)
)
_LAST = (
    select(reading.c.second, reading.c.centidegrees)
    .where(reading.c.place_id == bindparam("place"))
    .order_by(reading.c.second.desc())
    .limit(1)
)
_READINGS = (
    select(reading.c.second, reading.c.centidegrees)
    .where(reading.c.place_id == bindparam("place"), reading.c.second > bindparam("since"))
    .order_by(reading.c.second)
)
_FILES = select(place_log).where(place_log.c.place_id == bindparam("place")).order_by(place_log.c.id)
_CLASSLESS = (
    select(product.c.code, lot.c.number)
    .join(lot, lot.c.product_id == product.c.id)
    .join(balance, balance.c.lot_id == lot.c.id)
    .where(balance.c.place_id == bindparam("place"), balance.c.units > 0, product.c.temperature == Temperature.BATCH)
    .order_by(product.c.code, lot.c.number)
)


def places(db: Connection, site_id: int, zone: tzinfo | None) -> tuple[PlaceRow, ...]:
    """Every place of the site where stock stands, as they were entered."""
    return tuple(PlaceRow(**facts) for facts in _facts(db, stock_places(db, site_id), zone))


def show_place(db: Connection, site_id: int, code: str, zone: tzinfo | None) -> PlaceDetail:
    """The place of this code with what was measured and found there; raises NotFound and NotAStockPlace."""
    found = stock_place(db, site_id, code)
    (facts,) = _facts(db, [found], zone)
    given = {"place": found.id}
    return PlaceDetail(
        **facts,
        measured=_measured(db, found.id, zone),
        excursions=excursions_of(db, found.id, zone),
        files=tuple(
            FileRow(row.file, row.at.astimezone(zone), row.readings, row.repeated, row.gaps)
            for row in db.execute(_FILES, given)
        ),
        unjudged=tuple(f"{row.number} of {row.code}" for row in db.execute(_CLASSLESS, given)),
    )


def _facts(db: Connection, found: list[StockPlace], zone: tzinfo | None) -> list[dict[str, Any]]:
    units = {row.place_id: int(row.units) for row in db.execute(_UNITS)}
    vials = {row.place_id: row.vials for row in db.execute(_VIALS)}
    facts = []
    for each in found:
        last = db.execute(_LAST, {"place": each.id}).first()
        facts.append(
            {
                "place": each.code,
                "kind": each.kind,
                "temperature": each.climate and each.climate.temperature,
                "dark": each.climate and each.climate.dark,
                "units": units.get(each.id, 0),
                "opened_vials": vials.get(each.id, 0),
                "last_reading_at": last and from_second(last.second, zone),
                "last_centidegrees": last and last.centidegrees,
            }
        )
    return facts


def _measured(db: Connection, place_id: int, zone: tzinfo | None) -> Measured | None:
    last = db.execute(_LAST, {"place": place_id}).first()
    if last is None:
        return None
    given = {"place": place_id, "since": last.second - WINDOW}
    readings = [(row.second, row.centidegrees) for row in db.execute(_READINGS, given)]
    degrees = [centidegrees for _, centidegrees in readings]
    return Measured(
        from_second(readings[0][0], zone),
        from_second(last.second, zone),
        len(readings),
        min(degrees),
        max(degrees),
        mean_of(readings),
    )
