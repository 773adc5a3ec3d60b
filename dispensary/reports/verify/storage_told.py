"""Files of readings, the excursions that they show and time in the light as events tell of them; the readings too."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Row, case, literal, select

from dispensary.reports.verify.agreement import agrees
from dispensary.reports.verify.differences import SHOWN
from dispensary.reports.verify.told import Parts, Told, ToldParts, Values, listed, number_of, rows_of
from dispensary.rules.moments import utc_measured
from dispensary.rules.numbers import Record
from dispensary.rules.storage import digested
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.stock import lot, place
from dispensary.schema.storage import excursion, light_exposure, place_log, reading
from dispensary.schema.trust import request
from dispensary.schema.vials import vial

_AT_ONCE = 10_000
_V = number_of(Record.VIAL, vial.c.number)


def _excursion(row: Row[Any]) -> tuple[object, ...]:
    began, ended = utc_measured(row.began), utc_measured(row.ended)
    return (began, row.temperature, ended, row.lowest, row.highest, row.mean_kinetic, row.why, row.code)


def _told_excursions(values: Values, _kept: Sequence[Row[Any]]) -> Parts:
    return Counter(
        (began, temperature, *more, values["subject"]) for temperature, began, *more, _ in listed(values, "excursions")
    )


LOGS = Told(
    place_log,
    ("place log",),
    literal("place log"),
    rows_of(
        place_log,
        place.c.code,
        place_log.c.at,
        user.c.name.label("by"),
        place_log.c.file,
        place_log.c.timezone,
        place_log.c.first,
        place_log.c.last,
        place_log.c.readings,
        place_log.c.repeated,
        place_log.c.gaps,
        place_log.c.digest,
    )
    .join(place, place.c.id == place_log.c.place_id)
    .join(user, user.c.id == place_log.c.by_id),
    parts=(
        ToldParts(
            "excursion of",
            select(
                request.c.key,
                excursion.c.temperature,
                excursion.c.began,
                excursion.c.ended,
                excursion.c.lowest,
                excursion.c.highest,
                excursion.c.mean_kinetic,
                excursion.c.why,
                place.c.code,
            )
            .join(place_log, place_log.c.request_id == request.c.id)
            .join(excursion, excursion.c.log_id == place_log.c.id)
            .join(place, place.c.id == excursion.c.place_id),
            _excursion,
            _told_excursions,
        ),
    ),
)
LIGHT = Told(
    light_exposure,
    ("light",),
    literal("light"),
    rows_of(
        light_exposure,
        case((light_exposure.c.vial_id.is_(None), lot.c.number), else_=_V),
        light_exposure.c.at,
        user.c.name.label("by"),
        product.c.code.label("product"),
        lot.c.number.label("lot"),
        lot.c.expires,
        _V.label("vial"),
        light_exposure.c.minutes,
        light_exposure.c.note,
    )
    .join(lot, lot.c.id == light_exposure.c.lot_id)
    .join(product, product.c.id == lot.c.product_id)
    .join(user, user.c.id == light_exposure.c.by_id)
    .outerjoin(vial, vial.c.id == light_exposure.c.vial_id),
)

_BROUGHT = (
    select(
        place_log.c.id, place_log.c.place_id, place_log.c.file, place_log.c.readings, place_log.c.digest, place.c.code
    )
    .join(place, place.c.id == place_log.c.place_id)
    .order_by(place_log.c.id)
)
# In the order in which they are stored, so that nothing is sorted; those of one file are in time order then.
_READINGS = select(reading.c.place_id, reading.c.log_id, reading.c.second, reading.c.centidegrees).order_by(
    reading.c.place_id, reading.c.second
)


def _readings(db: Connection) -> list[str]:
    """Readings that are not those that their file brought, by number and digest; a million of them in seconds."""
    return list(islice(_changed(db), SHOWN + 1))


def _changed(db: Connection) -> Iterator[str]:
    there: Counter[tuple[int, int]] = Counter()
    digests: dict[tuple[int, int], Any] = {}
    with db.execution_options(yield_per=_AT_ONCE).execute(_READINGS) as rows:
        for (place_id, log_id), of_log in groupby(rows, key=lambda row: (row[0], row[1])):
            readings = [(row[2], row[3]) for row in of_log]
            there[place_id, log_id] += len(readings)
            digests.setdefault((place_id, log_id), hashlib.sha256()).update(digested(readings))
    for log in db.execute(_BROUGHT).all():
        whose = (log.place_id, log.id)
        digest = digests.pop(whose, hashlib.sha256()).hexdigest()
        if there[whose] != log.readings:
            yield f"{log.code}: {log.file} brought {log.readings} readings, and {there[whose]} are there"
        elif digest != log.digest:
            yield f"{log.code}: the readings are not those that {log.file} brought"
    for whose in digests:
        yield f"{there[whose]} readings are of no file of their place"


AGREEMENTS: tuple[tuple[str, str, Callable[[Connection], list[str]]], ...] = (
    (
        "storage records",
        "Every file of readings, excursion and time in the light is what its event tells of.",
        partial(agrees, (LOGS, LIGHT)),
    ),
    ("readings", "Every reading is what its file brought.", _readings),
)
"""Name, what is so where nothing differs, and the function that looks."""
