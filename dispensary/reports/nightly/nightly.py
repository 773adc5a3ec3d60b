"""The pharmacy's day in one report: what needs a person, the stock, and what happened."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, literal, select

from dispensary.audit import Entry
from dispensary.reports.chain import head_of
from dispensary.reports.figures.due import DueRow
from dispensary.reports.figures.figures import figures
from dispensary.reports.figures.forecast import ForecastRow
from dispensary.reports.figures.reorder import ReorderRow
from dispensary.reports.figures.usage import Usage
from dispensary.reports.figures.value import ExpiryRow, ValueRow
from dispensary.reports.nightly import day as day_of
from dispensary.reports.nightly import safety, stock_day
from dispensary.reports.nightly.attention import BelowMinimum, Overridden, Seen, sentences
from dispensary.reports.nightly.checks import Checks, checks
from dispensary.reports.nightly.day import DispensedLine, DrawnLine, ReturnedLine
from dispensary.reports.nightly.exceptional import exceptional
from dispensary.reports.nightly.expiry import BandLine, bands, costs_of
from dispensary.reports.nightly.owed import OwedLine, owed
from dispensary.reports.nightly.safety import ExcursionLine, HoldLine, RecallLine
from dispensary.reports.nightly.stock_day import CountedLine, LotActLine, ReceivedLine, StockActLine
from dispensary.reports.nightly.unfinished import unfinished
from dispensary.reports.prescribing.unchecked import unchecked
from dispensary.reports.prescribing.unmet import Unmet, unmet
from dispensary.reports.stock.expiring import ExpiringRow, expiring_of
from dispensary.reports.stock.stock import StockRow, stock, stock_by
from dispensary.reports.verify import Verified, verify
from dispensary.reports.vials.vials import VialRow, opened_vials
from dispensary.rules.numbers import Record
from dispensary.rules.practice import Practice
from dispensary.rules.product import Form
from dispensary.rules.safety import OTHER
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.prescribing import dispense, finding
from dispensary.schema.vials import draw, draw_finding


@dataclass(frozen=True, slots=True)
class StockGroup:
    """Units of one form, vial size and preservative."""

    form: Form
    fill_ml: Decimal
    preservative: str
    units: int
    usable_units: int


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """How often a finding was overridden on the day, by its code and the code of the reason."""

    code: str
    reason_code: str
    times: int


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site beside the others: its stock, what it has cost, and how much there is to do.

    `value_micros` is in millionths of the currency, None where no cost is known. `to_order` are products
    at or below their reorder point, `expiring_lots` those that have expired or do within 30 days,
    `unused_units` what will expire unused, `needs_a_person` the sentences of the site's own report.
    """

    site: str
    units: int
    usable_units: int
    value_micros: int | None
    to_order: int
    expiring_lots: int
    unused_units: int
    dispensed_units: int
    needs_a_person: int


@dataclass(frozen=True, slots=True)
class Nightly:
    """One pharmacy-local day; the stock, the figures and `audit`, the end of the chain, are of the moment `at`.

    It is told to the minute. The end of the chain, kept elsewhere, shows whether the chain was altered
    later. `unused` are the lots of which something will expire unused, `reorder` the products at or below
    their reorder point. `sites` are all that the reader may see, empty where there is one alone.
    """

    day: date
    at: datetime
    needs_a_person: tuple[str, ...]
    stock: tuple[StockGroup, ...]
    expiring: tuple[ExpiringRow, ...]
    below_minimum: tuple[BelowMinimum, ...]
    dispensed: tuple[DispensedLine, ...]
    drawn: tuple[DrawnLine, ...]
    returned: tuple[ReturnedLine, ...]
    received: tuple[ReceivedLine, ...]
    stock_acts: tuple[StockActLine, ...]
    counted: tuple[CountedLine, ...]
    lot_acts: tuple[LotActLine, ...]
    overrides: tuple[OverrideCount, ...]
    unmet: tuple[Unmet, ...]
    audit: Entry
    bands: tuple[BandLine, ...]
    unused: tuple[ExpiryRow, ...]
    value: tuple[ValueRow, ...]
    vials: tuple[VialRow, ...]
    owed: tuple[OwedLine, ...]
    reorder: tuple[ReorderRow, ...]
    excursions: tuple[ExcursionLine, ...]
    holds: tuple[HoldLine, ...]
    recalls: tuple[RecallLine, ...]
    usage: Usage
    forecast: tuple[ForecastRow, ...]
    due: tuple[DueRow, ...]
    checks: Checks
    sites: tuple[SiteLine, ...]

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must look at something (exit status 4)."""
        return bool(self.needs_a_person)


def _overridden(record: Record, given: Table, found: Table, of: ColumnElement[Any]) -> Select[Any]:
    """The findings of what was given on the day that a pharmacist overrode."""
    return (
        select(
            literal(record).label("record"),
            given.c.number,
            found.c.code,
            found.c.message,
            found.c.reason,
            func.coalesce(found.c.reason_code, OTHER).label("reason_code"),
            user.c.name.label("by"),
        )
        .join(given, given.c.id == of)
        .join(user, user.c.id == given.c.by_id)
        .where(
            given.c.site_id == bindparam("site"),
            given.c.at >= bindparam("start"),
            given.c.at < bindparam("end"),
            found.c.reason.is_not(None),
        )
        .order_by(given.c.number, found.c.id)
    )


_OVERRIDDEN = (
    _overridden(Record.DISPENSE, dispense, finding, finding.c.dispense_id),
    _overridden(Record.DRAW, draw, draw_finding, draw_finding.c.draw_id),
)
_MINIMA = select(product.c.code, product.c.name, product.c.minimum_units).where(product.c.minimum_units.is_not(None))


MORNING = time(6)
"""Before this hour, by the pharmacy's clock, the day that a report is about is the one that has just ended."""


def reported_day(on: datetime) -> date:
    """The day that a report made at this moment is about, so that a job at 02:00 tells of yesterday."""
    return on.date() - timedelta(days=1) if on.time() < MORNING else on.date()


def nightly(
    db: Connection,
    site_id: int,
    on: datetime,
    day: date | None = None,
    *,
    practice: Practice | None = None,
    verified: Verified | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Nightly:
    """What happened on `day` (else the day of `on`), and the stock as it stands at `on`.

    `on` is an aware moment in the pharmacy's own time zone. Where the practice asks for a second check,
    fills that no second person has scanned need somebody. The books, which all sites have together, are
    checked unless `verified` says what came of it. The sites side by side are `with_sites`. `told` hears
    what is at work.
    """
    practice = practice or Practice()
    day = on.date() if day is None else day
    start = datetime.combine(day, time.min, on.tzinfo)
    end = datetime.combine(day + timedelta(days=1), time.min, on.tzinfo)
    given = {"site": site_id, "start": start, "end": end}
    rows = stock(db, site_id, on.date())
    told("figures")
    found = figures(db, site_id, on, practice)
    verified = verify(db, told) if verified is None else verified
    below_minimum = _below_minimum(rows, db.execute(_MINIMA))
    answered = [row for statement in _OVERRIDDEN for row in db.execute(statement, given)]
    seen = Seen(
        below_minimum=below_minimum,
        overridden=tuple(
            Overridden(Record(row.record).number(row.number), row.message, row.reason, row.by) for row in answered
        ),
        unmet=unmet(db, site_id, start, end),
        unchecked=unchecked(db, site_id, start, end) if practice.second_check else (),
        unfinished=unfinished(db, site_id, on),
        verified=verified,
        exceptional=exceptional(db, given),
    )
    return Nightly(
        day=day,
        at=on.replace(second=0, microsecond=0),
        needs_a_person=sentences(rows, seen),
        stock=tuple(StockGroup(**group) for group in stock_by(rows, ("form", "fill_ml", "preservative"))),
        expiring=expiring_of(rows, on.date()),
        below_minimum=below_minimum,
        dispensed=day_of.dispensed(db, given),
        drawn=day_of.drawn(db, given),
        returned=day_of.returned(db, given),
        received=stock_day.received(db, given),
        stock_acts=stock_day.stock_acts(db, given),
        counted=stock_day.counted(db, given),
        lot_acts=stock_day.lot_acts(db, given),
        overrides=_counted(answered),
        unmet=seen.unmet,
        audit=head_of(db, site_id),
        bands=bands(rows, costs_of(db, site_id), found.expiry),
        unused=tuple(row for row in found.expiry if row.unused_units),
        value=found.value,
        vials=opened_vials(db, site_id, on),
        owed=owed(db, site_id, on),
        reorder=tuple(row for row in found.reorder if row.below),
        excursions=safety.excursions(db, given, on.tzinfo),
        holds=safety.holds(rows),
        recalls=seen.unfinished.recalls,
        usage=found.usage,
        forecast=found.forecast.rows,
        due=found.due,
        checks=checks(db, verified, given, on.tzinfo),
        sites=(),
    )


def _counted(answered: Iterable[Any]) -> tuple[OverrideCount, ...]:
    counts = Counter((row.code, row.reason_code) for row in answered)
    return tuple(OverrideCount(*codes, times) for codes, times in sorted(counts.items()))


def _below_minimum(rows: Sequence[StockRow], minima: Iterable[Any]) -> tuple[BelowMinimum, ...]:
    """The products with fewer usable units than their minimum, by code; also those with none at all."""
    usable = {group["product"]: group["usable_units"] for group in stock_by(rows, ("product",))}
    below = [
        BelowMinimum(row.code, row.name, row.minimum_units, usable.get(row.code, 0))
        for row in minima
        if usable.get(row.code, 0) < row.minimum_units
    ]
    return tuple(sorted(below, key=lambda found: found.product))
