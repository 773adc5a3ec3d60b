"""The record of a batch: who made and checked it, of what, how much it gave, and until when it may be used."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, bindparam, select

from dispensary import lookup
from dispensary.reports.stock.lot_story import ingredient_rows
from dispensary.reports.stock.stock import product_columns
from dispensary.reports.stock.trace import MadeFrom, made_from
from dispensary.rules.beyond_use import Category, Start
from dispensary.rules.compounding import yield_percent
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.product import Container, Form, Route, Temperature
from dispensary.schema.compounding import batch
from dispensary.schema.people import user
from dispensary.schema.stock import lot


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch with what its label says. `expires` is the beyond-use date, `yield_` the units made of those expected."""

    batch: str
    product: str
    name: str
    form: Form
    strength_mcg_per_ml: int
    container: Container
    fill_ml: Decimal
    preservative: str
    temperature: Temperature
    protect_from_light: bool
    routes: tuple[Route, ...]
    lot: str
    made_at: datetime
    made_by: str
    checked_by: str
    category: Category
    start: Start
    stability_days: int | None
    stability_source: str | None
    expires: date
    limited_by: str
    units: int
    expected_units: int
    yield_: str
    ingredients: tuple[MadeFrom, ...]
    calculation: tuple[str, ...]


_checker = user.alias("checker")
_BATCH = (
    select(
        batch,
        lot.c.number.label("lot"),
        lot.c.expires,
        lot.c.product_id,
        user.c.name.label("made_by"),
        _checker.c.name.label("checked_by"),
    )
    .join(lot, lot.c.id == batch.c.lot_id)
    .join(user, user.c.id == batch.c.by_id)
    .join(_checker, _checker.c.id == batch.c.checked_by_id)
    .where(batch.c.site_id == bindparam("site"), batch.c.number == bindparam("number"))
)


def batch_record(db: Connection, site_id: int, given: str, on: datetime) -> BatchRecord:
    """The batch of this number (B12), its moment in the zone of `on`; raises NotFound and NotANumber."""
    number = parse_number(Record.BATCH, given)
    row = db.execute(_BATCH, {"site": site_id, "number": number}).first()
    if row is None:
        raise lookup.no_such(Record.BATCH, number)
    made = lookup.product_by_id(db, row.product_id)
    columns = product_columns(made) | {
        "strength_mcg_per_ml": row.strength_mcg_per_ml,
        "preservative": row.preservative,
    }
    return BatchRecord(
        batch=Record.BATCH.number(number),
        **columns,
        routes=tuple(sorted(made.routes)),
        lot=row.lot,
        made_at=row.at.astimezone(on.tzinfo),
        made_by=row.made_by,
        checked_by=row.checked_by,
        category=row.category,
        start=row.start,
        stability_days=row.stability_days,
        stability_source=row.stability_source,
        expires=row.expires,
        limited_by=row.limited_by,
        units=row.units,
        expected_units=row.expected_units,
        yield_=yield_percent(row.units, row.expected_units),
        ingredients=tuple(map(made_from, ingredient_rows(db, site_id, [row.lot_id]))),
        calculation=tuple(row.calculation.split("\n")),
    )
