"""Where the units of a lot went: every patient who got some, and every other movement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from dispensary.errors import quoted
from dispensary.lookup import NotFound
from dispensary.reports.disclosed import Disclosed
from dispensary.rules.numbers import Record
from dispensary.rules.place import PlaceKind
from dispensary.schema.catalogue import product
from dispensary.schema.people import patient
from dispensary.schema.prescribing import dispense, dispense_return, prescription
from dispensary.schema.stock import lot as lots
from dispensary.schema.stock import movement, place
from dispensary.schema.trust import request


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Units that a dispense handed to a patient; what came back later stands among the other movements."""

    dispense: str
    patient: str
    units: int
    on: date


@dataclass(frozen=True, slots=True)
class OtherMovement:
    """Units that moved otherwise. `kind` is the command, such as `return`; `dispense` the one it takes back."""

    kind: str
    dispense: str | None
    units: int
    from_: str
    to: str
    on: date


@dataclass(frozen=True, slots=True)
class Trace:
    """The story of one lot: units received, units on hand, and where the others went, oldest first."""

    lot: str
    product: str
    received: int
    on_hand: int
    dispensed: tuple[HandedOver, ...]
    other: tuple[OtherMovement, ...]


_from = place.alias("from_place")
_to = place.alias("to_place")
_undone = dispense.alias("undone")
_MOVEMENTS = (
    select(
        lots.c.id.label("lot_id"),
        lots.c.number.label("lot"),
        product.c.code,
        movement.c.units,
        movement.c.at,
        request.c.kind,
        _from.c.code.label("from_"),
        _from.c.kind.label("from_kind"),
        _to.c.code.label("to"),
        _to.c.kind.label("to_kind"),
        dispense.c.number.label("dispense"),
        _undone.c.number.label("undone"),
        patient.c.number.label("patient"),
    )
    .join(product, product.c.id == lots.c.product_id)
    .join(movement, movement.c.lot_id == lots.c.id)
    .join(request, request.c.id == movement.c.request_id)
    .join(_from, _from.c.id == movement.c.from_place_id)
    .join(_to, _to.c.id == movement.c.to_place_id)
    .outerjoin(dispense, dispense.c.request_id == request.c.id)
    .outerjoin(dispense_return, dispense_return.c.request_id == request.c.id)
    .outerjoin(_undone, _undone.c.id == dispense_return.c.dispense_id)
    .outerjoin(prescription, prescription.c.id == func.coalesce(dispense.c.prescription_id, _undone.c.prescription_id))
    .outerjoin(patient, patient.c.id == prescription.c.patient_id)
    .where(lots.c.number == bindparam("lot"), request.c.site_id == bindparam("site"))
    .order_by(lots.c.id, movement.c.id)
)


def trace(db: Connection, site_id: int, lot: str, on: datetime) -> Disclosed[tuple[Trace, ...]]:
    """The lot's story, once for each product that has a lot of this number.

    Days are those of the zone of `on`, the pharmacy's own. Raises NotFound.
    """
    rows: list[Any] = list(db.execute(_MOVEMENTS, {"site": site_id, "lot": lot.strip()}))
    if not rows:
        raise NotFound(what="lot", given=quoted(lot), way_out="`dispensary stock` shows the lots on hand")
    traces = [_trace(list(group), on) for _, group in groupby(rows, key=lambda row: row.lot_id)]
    patients = frozenset(row.patient for row in rows if row.patient is not None)
    return Disclosed(tuple(sorted(traces, key=lambda found: found.product)), patients)


def _trace(rows: list[Row[Any]], on: datetime) -> Trace:
    # Derived from the movements that are listed, so that the lines account for what is on hand.
    into = sum(row.units for row in rows if row.to_kind.stocked)
    out = sum(row.units for row in rows if row.from_kind.stocked)
    return Trace(
        lot=rows[0].lot,
        product=rows[0].code,
        received=sum(row.units for row in rows if row.from_kind is PlaceKind.SUPPLIER),
        on_hand=into - out,
        dispensed=tuple(_handed_over([row for row in rows if row.dispense is not None], on)),
        other=tuple(
            OtherMovement(
                kind=row.kind,
                dispense=row.undone and Record.DISPENSE.number(row.undone),
                units=row.units,
                from_=row.from_,
                to=row.to,
                on=row.at.astimezone(on.tzinfo).date(),
            )
            for row in rows
            if row.dispense is None and row.from_kind is not PlaceKind.SUPPLIER
        ),
    )


def _handed_over(rows: list[Row[Any]], on: datetime) -> Iterable[HandedOver]:
    """One line a dispense, also where it took the lot from two places."""
    for number, group in groupby(rows, key=lambda row: row.dispense):
        movements = list(group)
        yield HandedOver(
            dispense=Record.DISPENSE.number(number),
            patient=Record.PATIENT.number(movements[0].patient),
            units=sum(row.units for row in movements),
            on=movements[0].at.astimezone(on.tzinfo).date(),
        )
