"""Fills as other systems are told of them: what was handed over of which lots, for which prescription."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dispensary import lookup
from dispensary.database import streamed
from dispensary.lookup import NotFound
from dispensary.reports.disclosed import Disclosed
from dispensary.reports.period import Period
from dispensary.rules.directions import Directions
from dispensary.rules.grammar import from_canonical
from dispensary.rules.numbers import Record, parse_number
from dispensary.rules.product import Product
from dispensary.schema.catalogue import pack
from dispensary.schema.people import patient, prescriber, user
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import lot, movement

BATCH = 1000
"""Rows that are fetched at a time."""


@dataclass(frozen=True, slots=True)
class ToldLot:
    """Units of one lot."""

    lot: str
    expires: date
    units: int


@dataclass(frozen=True, slots=True)
class ToldReturn:
    """Units of a fill that came back, or never left."""

    number: str
    units: int
    undelivered: bool


@dataclass(frozen=True, slots=True)
class ToldPatient:
    """Whom a fill was for; nothing but the number where the record was erased."""

    number: str
    identifier: str | None
    name: str | None
    born: date | None


@dataclass(frozen=True, slots=True)
class ToldFill:
    """One fill. `substituted` is None where the prescriber named no product."""

    number: str
    rx: str
    at: datetime
    by: str
    product: Product
    gtins: tuple[str, ...]
    lots: tuple[ToldLot, ...]
    units: int
    days_supply: int
    substituted: bool | None
    directions: Directions
    returns: tuple[ToldReturn, ...]
    patient: ToldPatient


_FILLS = (
    select(
        dispense.c.id,
        dispense.c.number,
        dispense.c.at,
        dispense.c.units.label("of_the_fill"),
        dispense.c.days_supply,
        dispense.c.product_id,
        prescription.c.number.label("rx"),
        prescription.c.product_id.label("named_id"),
        prescription.c.directions,
        patient.c.number.label("patient"),
        patient.c.identifier,
        patient.c.name,
        patient.c.born,
        patient.c.erased_at,
        user.c.name.label("by"),
        lot.c.number.label("lot"),
        lot.c.expires,
        movement.c.units,
    )
    .join(prescription, prescription.c.id == dispense.c.prescription_id)
    .join(patient, patient.c.id == prescription.c.patient_id)
    .join(user, user.c.id == dispense.c.by_id)
    .join(movement, movement.c.request_id == dispense.c.request_id)
    .join(lot, lot.c.id == movement.c.lot_id)
    .where(dispense.c.site_id == bindparam("site"))
    .order_by(dispense.c.number, movement.c.id)
)
_RETURNS = (
    select(
        dispense_return.c.dispense_id,
        dispense_return.c.number,
        dispense_return.c.units,
        dispense_return.c.undelivered,
    )
    .join(dispense, dispense.c.id == dispense_return.c.dispense_id)
    .where(dispense.c.site_id == bindparam("site"))
    .order_by(dispense_return.c.number)
)
_CONCERNED = (
    select(patient.c.number)
    .distinct()
    .join(prescription, prescription.c.patient_id == patient.c.id)
    .join(dispense, dispense.c.prescription_id == prescription.c.id)
    .where(dispense.c.site_id == bindparam("site"))
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which fills: one by its number (D5), or those of a period. `last` is the number up to which they are told."""

    period: Period
    dispense: str | None = None
    last: int | None = None

    def where(self, on: datetime) -> list[Any]:
        """The conditions; raises NotANumber."""
        found = list(self.period.where(dispense.c.at, on.tzinfo))
        if self.dispense is not None:
            found.append(dispense.c.number == parse_number(Record.DISPENSE, self.dispense))
        if self.last is not None:
            found.append(dispense.c.number <= self.last)
        return found


def last_fill(db: Connection, site_id: int, asked: Asked) -> int:
    """The number of the site's last fill, 0 before the first; raises NotFound for a fill that is not there."""
    query = select(func.coalesce(func.max(dispense.c.number), 0)).where(dispense.c.site_id == site_id)
    if asked.dispense is not None:
        query = query.where(dispense.c.number == parse_number(Record.DISPENSE, asked.dispense))
    last = int(db.execute(query).scalar_one())
    if asked.dispense is not None and not last:
        number = Record.DISPENSE.number(parse_number(Record.DISPENSE, asked.dispense))
        raise NotFound(what="dispense", given=number, way_out="`dispensary rx show` shows the fills of a prescription")
    return last


def concerned(db: Connection, site_id: int, asked: Asked, on: datetime) -> Disclosed[int]:
    """The number of the last fill to tell, beside the patients of those that are asked for; raises NotFound."""
    last = last_fill(db, site_id, asked)
    numbers = db.execute(_CONCERNED.where(*asked.where(on)), {"site": site_id}).scalars()
    return Disclosed(last, frozenset(numbers))


def fills(db: Connection, site_id: int, asked: Asked, on: datetime) -> Iterator[ToldFill]:
    """The fills in the order of their numbers; in memory are a thousand rows at a time, and what came back of any."""
    products, gtins = lookup.products(db), gtins_of(db)
    rows = streamed(db, _FILLS.where(*asked.where(on)), {"site": site_id}, BATCH)
    returned = _returns(db, site_id, asked, on)
    for _, group in groupby(rows, key=lambda row: int(row.id)):
        found = list(group)
        yield _fill(found, products, gtins, returned.get(found[0].id, ()), on)


def gtins_of(db: Connection) -> dict[int, tuple[str, ...]]:
    """The GTINs of the packs of every product, by its id."""
    found: dict[int, tuple[str, ...]] = {}
    query = select(pack.c.product_id, pack.c.gtin).where(pack.c.gtin.is_not(None)).order_by(pack.c.gtin)
    for row in db.execute(query):
        found[row.product_id] = (*found.get(row.product_id, ()), row.gtin)
    return found


def _returns(db: Connection, site_id: int, asked: Asked, on: datetime) -> Mapping[int, Sequence[ToldReturn]]:
    found: dict[int, list[ToldReturn]] = {}
    for row in db.execute(_RETURNS.where(*asked.where(on)), {"site": site_id}):
        told = ToldReturn(Record.RETURN.number(row.number), row.units, row.undelivered)
        found.setdefault(row.dispense_id, []).append(told)
    return found


def _fill(
    rows: Sequence[Any],
    products: Mapping[int, Product],
    gtins: Mapping[int, tuple[str, ...]],
    returns: Sequence[ToldReturn],
    on: datetime,
) -> ToldFill:
    first = rows[0]
    lots: dict[tuple[str, date], int] = {}
    for row in rows:
        lots[row.lot, row.expires] = lots.get((row.lot, row.expires), 0) + row.units
    erased = first.erased_at is not None
    return ToldFill(
        number=Record.DISPENSE.number(first.number),
        rx=Record.PRESCRIPTION.number(first.rx),
        at=first.at.astimezone(on.tzinfo),
        by=first.by,
        product=products[first.product_id],
        gtins=gtins.get(first.product_id, ()),
        lots=tuple(ToldLot(number, expires, units) for (number, expires), units in lots.items()),
        units=first.of_the_fill,
        days_supply=first.days_supply,
        substituted=None if first.named_id is None else first.named_id != first.product_id,
        directions=from_canonical(first.directions),
        returns=tuple(returns),
        patient=ToldPatient(
            Record.PATIENT.number(first.patient),
            None if erased else first.identifier,
            None if erased else first.name,
            None if erased else first.born,
        ),
    )


@dataclass(frozen=True, slots=True)
class ToldPrescriber:
    """Who wrote a prescription, with one of NPI and HPR number."""

    number: str
    name: str
    npi: str | None
    hpr: str | None


def prescriber_of(db: Connection, site_id: int, number: int) -> ToldPrescriber:
    """The prescriber of that number."""
    row = db.execute(select(prescriber).where(prescriber.c.site_id == site_id, prescriber.c.number == number)).one()
    return ToldPrescriber(Record.PRESCRIBER.number(row.number), row.name, row.npi, row.hpr)


def products_told(db: Connection) -> dict[str, tuple[Product, tuple[str, ...]]]:
    """Every product with the GTINs of its packs, by its code."""
    gtins = gtins_of(db)
    return {told.code: (told, gtins.get(key, ())) for key, told in lookup.products(db).items()}
