"""What has expired and what will soon, by bands of days left."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Connection

from dispensary.reports.stock.stock import StockRow, stock
from dispensary.rules.shelf import BANDS, band


@dataclass(frozen=True, slots=True)
class ExpiringRow(StockRow):
    """A row of stock with its band: `expired`, `30`, `60`, `90`, `180`, or None for more days left than that."""

    band: str | None


def expiring(db: Connection, site_id: int, today: date, within: int = BANDS[-1]) -> tuple[ExpiringRow, ...]:
    """The stock that has expired or has at most `within` days left (0 or more), soonest first."""
    return expiring_of(stock(db, site_id, today), today, within)


def expiring_of(rows: Iterable[StockRow], today: date, within: int = BANDS[-1]) -> tuple[ExpiringRow, ...]:
    """Those of the rows that have expired or have at most `within` days left, soonest first."""
    found = [
        ExpiringRow(**{field.name: getattr(row, field.name) for field in fields(row)}, band=band(row.expires, today))
        for row in rows
        if row.days_left <= within
    ]
    return tuple(sorted(found, key=lambda row: (row.expires, row.product, row.lot, row.place)))
