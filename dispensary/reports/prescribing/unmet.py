"""Fills that could not be handed over for want of stock."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from dispensary.rules.numbers import Record
from dispensary.schema.catalogue import product
from dispensary.schema.people import user
from dispensary.schema.prescribing import prescription, unmet_demand


@dataclass(frozen=True, slots=True)
class Unmet:
    """Units of a product that a prescription wanted, and how many were usable then."""

    rx: str
    product: str
    units: int
    usable_units: int
    by: str


_UNMET = (
    select(
        prescription.c.number,
        product.c.code,
        unmet_demand.c.units,
        unmet_demand.c.usable_units,
        user.c.name,
    )
    .join(prescription, prescription.c.id == unmet_demand.c.prescription_id)
    .join(product, product.c.id == unmet_demand.c.product_id)
    .join(user, user.c.id == unmet_demand.c.by_id)
    .where(
        prescription.c.site_id == bindparam("site"),
        unmet_demand.c.at >= bindparam("start"),
        unmet_demand.c.at < bindparam("end"),
    )
    .order_by(unmet_demand.c.at, unmet_demand.c.id)
)


def unmet(db: Connection, site_id: int, start: datetime, end: datetime) -> tuple[Unmet, ...]:
    """The demand that was noted from `start` to before `end`, in its order."""
    rows = db.execute(_UNMET, {"site": site_id, "start": start, "end": end})
    return tuple(
        Unmet(Record.PRESCRIPTION.number(row.number), row.code, row.units, row.usable_units, row.name) for row in rows
    )
