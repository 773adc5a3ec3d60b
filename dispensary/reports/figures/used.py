"""What patients got of each product, day by day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from sqlalchemy import Connection, bindparam, exists, select

from dispensary.database import streamed
from dispensary.prescriptions import RETURNED
from dispensary.rules.figures.span import Span
from dispensary.rules.moments import day_in
from dispensary.schema.prescribing import dispense
from dispensary.schema.stock import lot, stock_act
from dispensary.schema.vials import draw, vial

AT_ONCE = 5000
"""Rows in memory at a time, where there are as many as fills or movements."""

# What came back counts against the fill that it came back of, whenever that was.
_DISPENSED = select(
    dispense.c.product_id,
    dispense.c.at,
    (dispense.c.units - RETURNED).label("units"),
).where(dispense.c.site_id == bindparam("site"), dispense.c.at >= bindparam("start"), dispense.c.at < bindparam("end"))
_earlier = draw.alias("earlier")
_FIRST_DRAWS = (
    select(lot.c.product_id, draw.c.at)
    .join(vial, vial.c.id == draw.c.vial_id)
    .join(lot, lot.c.id == vial.c.lot_id)
    .where(
        draw.c.site_id == bindparam("site"),
        draw.c.at >= bindparam("start"),
        draw.c.at < bindparam("end"),
        ~exists().where(_earlier.c.vial_id == draw.c.vial_id, _earlier.c.id < draw.c.id),
    )
)


def moments(span: Span, zone: tzinfo | None) -> dict[str, datetime]:
    """The beginning and the end of the days by the pharmacy's clock, as `start` and `end` of a statement."""
    return {
        "start": datetime.combine(span.first, time(), zone),
        "end": datetime.combine(span.end, time(), zone),
    }


def used(db: Connection, site_id: int, span: Span, zone: tzinfo | None) -> dict[int, Mapping[date, int]]:
    """Units by product id and day: dispensed less what came back of those fills, and vials by their first draw."""
    given = {"site": site_id, **moments(span, zone)}
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in streamed(db, _DISPENSED, given, AT_ONCE):
        found[row.product_id][day_in(row.at, zone)] += int(row.units)
    for opened in db.execute(_FIRST_DRAWS, given):
        found[opened.product_id][day_in(opened.at, zone)] += 1
    return {product_id: dict(days) for product_id, days in found.items()}


_BEFORE = [
    select(table.c.request_id).where(table.c.at < bindparam("moment")).order_by(table.c.at.desc()).limit(1)
    for table in (dispense, draw, stock_act)
]


def first_request(db: Connection, moment: datetime) -> int:
    """A request before which nothing happened at the moment or later: movements have no index of their time.

    Requests are numbered as they come, so it is the last one with a document of its own a day earlier;
    the day is for counters whose clocks differ.
    """
    given = {"moment": moment - timedelta(days=1)}
    return max((db.execute(statement, given).scalar() or 0 for statement in _BEFORE), default=0)
