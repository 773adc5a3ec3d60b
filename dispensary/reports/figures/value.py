"""What the stock has cost, and what of it will expire unused."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, func, select

from dispensary.reports.figures.basis import Basis
from dispensary.rules.figures.rundown import LotLeft, run_down
from dispensary.rules.product import Form
from dispensary.rules.shelf import band, days_left
from dispensary.schema.stock import lot


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A product's units at the site and what they have cost, in millionths of the pharmacy's currency.

    `unknown_units` have no known cost and are in no value: they are not worth nothing. The values are
    None where there are such units alone. The usable ones may be dispensed today.
    """

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str
    units: int
    unknown_units: int
    value_micros: int | None
    usable_units: int
    usable_unknown_units: int
    usable_value_micros: int | None


@dataclass(frozen=True, slots=True)
class ExpiryRow:
    """Usable units of a lot, and how many of them the forecast use will leave when it expires.

    `band` is `30`, `60`, `90`, `180` or None for more days left. `unused_value_micros` is in millionths
    of the currency, None where the lot's cost is not known.
    """

    product: str
    name: str
    form: Form
    fill_ml: Decimal
    preservative: str
    lot: str
    expires: date
    days_left: int
    band: str | None
    units: int
    unused_units: int
    unused_value_micros: int | None


_priced = select(func.max(lot.c.id).label("id")).where(lot.c.unit_cost_micros.is_not(None)).group_by(lot.c.product_id)
_LATEST = select(lot.c.product_id, lot.c.unit_cost_micros).where(lot.c.id.in_(_priced))


def latest_costs(db: Connection) -> dict[int, int]:
    """What a unit of each product cost in its newest lot with a known cost, in millionths, by product id."""
    return {row.product_id: int(row.unit_cost_micros) for row in db.execute(_LATEST)}


def values(basis: Basis) -> tuple[ValueRow, ...]:
    """The value of every product that stands at the site, by code."""
    rows = []
    for product_id, stands in basis.stands_of.items():
        units = [(each.units, each.unit_cost_micros) for each in stands]
        usable = [(each.usable, each.unit_cost_micros) for each in stands]
        rows.append(
            ValueRow(
                **basis.facts(product_id),
                units=sum(count for count, _ in units),
                unknown_units=_unknown(units),
                value_micros=_value(units),
                usable_units=sum(count for count, _ in usable),
                usable_unknown_units=_unknown(usable),
                usable_value_micros=_value(usable),
            )
        )
    return tuple(sorted(rows, key=lambda row: row.product))


def _unknown(units: list[tuple[int, int | None]]) -> int:
    return sum(count for count, cost in units if cost is None)


def _value(units: list[tuple[int, int | None]]) -> int | None:
    known = [count * cost for count, cost in units if count and cost is not None]
    return sum(known) if known or not _unknown(units) else None


def expiries(basis: Basis) -> tuple[ExpiryRow, ...]:
    """Every lot of which anything is usable, the first to expire first: what is left of it by the forecast."""
    rows = []
    for product_id, standing in basis.stands_of.items():
        of = {each.lot_id: each for each in standing if each.usable}
        lots = [LotLeft(each.lot_id, each.expires, each.usable, each.lot_id) for each in of.values()]
        for left in run_down(lots, basis.forecasts.get(product_id), basis.today):
            stands = of[left.lot.lot_id]
            cost = stands.unit_cost_micros
            rows.append(
                ExpiryRow(
                    **basis.facts(product_id),
                    lot=stands.lot,
                    expires=stands.expires,
                    days_left=days_left(stands.expires, basis.today),
                    band=band(stands.expires, basis.today),
                    units=left.lot.units,
                    unused_units=left.unused,
                    unused_value_micros=None if cost is None else left.unused * cost,
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.expires, row.product, row.lot)))
